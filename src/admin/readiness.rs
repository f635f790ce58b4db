//! Whether the gateway should be sent requests, check by check.

use crate::telemetry::redact;
use serde_json::{Value, json};

/// Tells how things stand now; asked at each probe, so it must not wait.
pub trait Readiness: Send + Sync + 'static {
    /// One check each for what a request needs: the credentials of each bucket, not draining.
    fn report(&self) -> Report;
}

impl<F: Fn() -> Report + Send + Sync + 'static> Readiness for F {
    fn report(&self) -> Report {
        self()
    }
}

/// The checks of one probe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    checks: Vec<Check>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Check {
    name: String,
    fault: Option<String>,
}

impl Report {
    /// Adds a check, which holds or fails with a reason. Every prober reads that, so it must hold no secret.
    #[must_use]
    pub fn check(mut self, name: impl Into<String>, result: Result<(), impl ToString>) -> Self {
        self.checks.push(Check {
            name: name.into(),
            fault: result.err().map(|error| error.to_string()),
        });
        self
    }

    /// Whether every check holds.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.checks.iter().all(|check| check.fault.is_none())
    }

    /// The report as the body of `/readyz`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let check = |check: &Check| match &check.fault {
            None => json!({ "name": check.name, "ok": true }),
            // It may quote what a provider's library said.
            Some(reason) => json!({ "name": check.name, "ok": false, "reason": redact(reason) }),
        };
        let checks: Vec<_> = self.checks.iter().map(check).collect();
        json!({ "ready": self.is_ready(), "checks": checks })
    }
}
