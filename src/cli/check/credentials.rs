//! Whose credentials there are: who gave them, how long they are good, and what STS calls their owner.

use super::bucket::Subjects;
use super::identity::{self, Identity};
use super::lines::{Level, Lines, Subject};
use crate::cli::Exit;
use crate::clock::Timestamp;
use crate::config::CredentialsConfig;
use crate::credentials::{self, Snapshot};
use crate::telemetry::BucketMetrics;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long to wait for credentials that come from elsewhere.
const PATIENCE: Duration = Duration::from_secs(10);
/// A credential with less left signs no redirect.
const SHORTEST_CREDENTIAL: Duration = Duration::from_mins(2);

/// Returns what there is to sign with, or why there is nothing.
pub(super) async fn load(subjects: Subjects<'_>) -> Result<Arc<Snapshot>, Arc<str>> {
    let (config, server) = (subjects.config, subjects.server);
    let metrics = Arc::new(BucketMetrics::new(config.id.as_str()));
    let (region, source) = (&server.region, &server.credentials);
    let held = credentials::start(
        &config.id,
        region,
        source,
        subjects.kit.clock,
        &metrics,
        &Handle::current(),
    );
    let ready = async {
        while !held.ready() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    // What is missing is said below.
    let _ = tokio::time::timeout(PATIENCE, ready).await;
    held.current().map_err(|unavailable| unavailable.reason)
}

/// Says what was loaded.
pub(super) fn tell(subjects: Subjects<'_>, loaded: Result<&Snapshot, &str>, lines: &mut Lines) {
    let snapshot = match loaded {
        Ok(snapshot) => snapshot,
        Err(reason) => {
            let advice = match subjects.server.credentials {
                CredentialsConfig::Chain => "give this machine a role or a profile, or write a key pair here",
                CredentialsConfig::Profile(_) => "is this the profile's name, in the files of this user?",
                CredentialsConfig::AssumeRole(_) => "may the source assume this role, and does STS answer?",
                CredentialsConfig::Static(_) | CredentialsConfig::Files(_) | CredentialsConfig::Anonymous => {
                    "look at what is written here"
                }
            };
            lines
                .add(
                    Subject::Credentials,
                    Level::Fail(Exit::NoPermission),
                    format!("none: {reason}"),
                )
                .remedy(subjects.settings.at("credentials", advice));
            return;
        }
    };
    let Some(credential) = snapshot.signing.credential() else {
        lines.add(Subject::Credentials, Level::Info, "none: requests are not signed");
        return;
    };
    let now = subjects.kit.clock.now();
    let whose = format!("{} from {}", credential.access_key_id().as_str(), snapshot.provider());
    let (level, life) = match snapshot.expires_at().map(|end| end.since(now)) {
        None => (Level::Ok, "without an end".to_owned()),
        Some(left) => (
            if left < SHORTEST_CREDENTIAL {
                Level::Warn
            } else {
                Level::Ok
            },
            format!("good for {}", humantime::format_duration(left)),
        ),
    };
    lines.add(Subject::Credentials, level, format!("{whose}, {life}"));
}

/// A line that is still to be written.
pub(super) struct Told(Level, String);

impl Told {
    pub(super) fn write(self, lines: &mut Lines) {
        lines.add(Subject::Identity, self.0, self.1);
    }
}

/// Asks STS, at `now` by the origin's clock.
pub(super) async fn tell_identity(subjects: Subjects<'_>, snapshot: &Snapshot, now: Timestamp) -> Told {
    let Some(credential) = snapshot.signing.credential() else {
        return Told(Level::Info, "nobody: requests are not signed".to_owned());
    };
    match identity::ask(credential, subjects.server, subjects.env, subjects.kit.prober, now).await {
        Identity::Known(arn, host) => Told(Level::Ok, format!("{arn}, says {host}")),
        Identity::Untold(why) => Told(Level::Warn, format!("unknown: {why}")),
        Identity::NotAsked(why) => Told(Level::Info, why),
    }
}
