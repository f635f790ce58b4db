//! `expected.yaml`: the required tests that do not pass, grouped by reason.

use crate::suite::{Outcome, Test};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// The list.
#[derive(Debug)]
pub struct Expected {
    groups: Vec<Group>,
}

/// What does not pass for one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    reason: String,
    tests: Vec<String>,
}

impl Expected {
    /// Reads the list.
    pub fn load() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/http_cache/expected.yaml");
        let groups: Vec<Group> = serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert!(
            groups.iter().all(|group| !group.reason.trim().is_empty()),
            "a reason is missing"
        );
        Self { groups }
    }

    /// The ids of the tests, in the order of the list.
    pub fn ids(&self) -> Vec<&str> {
        self.groups
            .iter()
            .flat_map(|group| &group.tests)
            .map(String::as_str)
            .collect()
    }

    /// Fails unless exactly the listed tests, of those that are required and can be run, did not pass.
    #[track_caller]
    pub fn assert_honest(&self, tests: &[Test], report: &str) {
        let listed = self.ids();
        let once: BTreeSet<&str> = listed.iter().copied().collect();
        let mut wrong = String::new();
        if once.len() != listed.len() {
            wrong.push_str("a test is listed twice\n");
        }
        let required: Vec<&Test> = tests.iter().filter(|test| test.is_required()).collect();
        for name in &once {
            if !required.iter().any(|test| test.id == *name) {
                let _ = writeln!(wrong, "{name} is listed and is no required test");
            }
        }
        for test in required.iter().filter(|test| test.outcome != Outcome::Untested) {
            let Test {
                id,
                group,
                outcome,
                message,
                ..
            } = test;
            match (once.contains(id.as_str()), outcome) {
                (true, Outcome::Passed) => {
                    let _ = writeln!(wrong, "{group} {id} passed and is listed");
                }
                (false, outcome) if *outcome != Outcome::Passed => {
                    let _ = writeln!(wrong, "{group} {id} is not listed: {outcome:?}: {message}");
                }
                _ => {}
            }
        }
        assert!(
            wrong.is_empty(),
            "{report}\ntests/http_cache/expected.yaml is not the truth:\n{wrong}"
        );
    }
}
