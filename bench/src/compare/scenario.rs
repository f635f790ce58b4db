//! Scenario files: what is asked of whom, and how. One file is one run: its scenarios take turns, so that their figures may be
//! compared with each other.

use crate::contenders::{Contender, Work};
use crate::error::BenchError;
use crate::load::{Pace, Pick, Protocol};
use crate::result::{self, Subject};
use serde::Deserialize;
use std::num::NonZeroUsize;

/// The files of `bench/scenarios/`, by name.
const SHIPPED: [(&str, &str); 10] = [
    ("redirect-hit", include_str!("../../scenarios/redirect-hit.yaml")),
    ("redirect-cold", include_str!("../../scenarios/redirect-cold.yaml")),
    ("fixed-rate", include_str!("../../scenarios/fixed-rate.yaml")),
    ("stream-hit", include_str!("../../scenarios/stream-hit.yaml")),
    ("stream-miss", include_str!("../../scenarios/stream-miss.yaml")),
    ("s3-endpoint", include_str!("../../scenarios/s3-endpoint.yaml")),
    ("chat-page", include_str!("../../scenarios/chat-page.yaml")),
    ("mixed", include_str!("../../scenarios/mixed.yaml")),
    ("idle", include_str!("../../scenarios/idle.yaml")),
    ("changes", include_str!("../../scenarios/changes.yaml")),
];

/// A file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    /// Its scenarios, in the order of their turns.
    pub(super) scenarios: Vec<Scenario>,
}

/// One scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    /// Its name in reports.
    pub(super) name: String,
    /// The sentence that says what is asked for.
    pub(super) title: String,
    /// What is asked for.
    pub(super) work: Work,
    /// Who is asked.
    pub(super) contenders: Vec<Contender>,
    /// How many cores each of them has.
    #[serde(default = "one")]
    pub(super) server_cores: usize,
    /// The objects.
    pub(super) objects: Objects,
    /// Connections of the load.
    pub(super) connections: usize,
    /// Streams on each connection; without it HTTP/1.1 is spoken.
    pub(super) http2_streams: Option<NonZeroUsize>,
    /// Requests a second; without it every answer brings the next request.
    pub(super) rate: Option<f64>,
    /// Of all requests, those that ask for a range: 0 to 1.
    #[serde(default)]
    pub(super) ranges: f64,
    /// Those that ask whether what was seen before has changed.
    #[serde(default)]
    pub(super) conditionals: f64,
    /// Those that ask for what no cache holds, where the work is [`Work::Hit`].
    #[serde(default)]
    pub(super) misses: f64,
    /// After so many requests a connection is closed and a new one is made.
    pub(super) requests_per_connection: Option<u64>,
    /// What happens meanwhile.
    #[serde(default)]
    pub(super) meanwhile: Meanwhile,
    /// The most repetitions, where no target is about it; otherwise as many as are asked for.
    most_rounds: Option<usize>,
}

const fn one() -> usize {
    1
}

/// The objects of a scenario.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Objects {
    /// Their size in bytes.
    pub(super) bytes: usize,
    /// How many there are.
    pub(super) count: u64,
    /// Which is next.
    pub(super) pick: Picked,
}

/// Which object is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Picked {
    /// The n-th is asked for in proportion to 1/n.
    Zipf,
    /// One after the other.
    InOrder,
}

/// What happens while a contender is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Meanwhile {
    /// Nothing.
    #[default]
    Nothing,
    /// All connections but one are idle: memory is measured, not speed.
    Idle,
    /// The configuration is loaded anew, twice a second.
    Reloads,
    /// The gateway is given another key pair for the origin, twice a second.
    Rotations,
}

impl Meanwhile {
    /// Whether the configuration changes.
    pub(super) const fn is_change(self) -> bool {
        matches!(self, Self::Reloads | Self::Rotations)
    }
}

impl Run {
    /// The most cores that a server has in it.
    pub(super) fn server_cores(&self) -> usize {
        let cores = self.scenarios.iter().map(|scenario| scenario.server_cores);
        cores.max().unwrap_or(1)
    }

    /// Whether origins are asked for anything while it is measured.
    pub(super) fn asks_origins(&self) -> bool {
        self.scenarios.iter().any(Scenario::asks_origins)
    }
}

impl Scenario {
    /// Whether origins are asked for anything while it is measured.
    pub(super) fn asks_origins(&self) -> bool {
        matches!(self.work, Work::Miss | Work::Get | Work::Put) || self.misses > 0.0
    }

    /// What a report says of it before anything was measured.
    pub(super) fn reported(&self) -> result::Scenario {
        let is_redirect = matches!(self.work, Work::Redirect | Work::ColdRedirect | Work::Refresh);
        result::Scenario {
            name: self.name.clone(),
            title: self.title.clone(),
            load: String::new(),
            run: String::new(),
            subject: match self.meanwhile {
                Meanwhile::Idle => Subject::Memory,
                Meanwhile::Nothing | Meanwhile::Reloads | Meanwhile::Rotations => Subject::Answers,
            },
            server_cores: self.server_cores,
            connections: self.connections as u64,
            rate: self.rate,
            object_bytes: Some(self.objects.bytes as u64).filter(|_| !is_redirect),
            contenders: Vec::new(),
        }
    }

    /// How often it is repeated, where `asked` repetitions are asked for.
    pub(super) fn rounds(&self, asked: usize) -> usize {
        self.most_rounds.map_or(asked, |most| most.min(asked))
    }

    /// How connections are spoken over.
    pub(super) fn protocol(&self) -> Protocol {
        self.http2_streams
            .map_or(Protocol::Http1, |streams| Protocol::Http2 { streams })
    }

    /// How fast.
    pub(super) fn pace(&self) -> Pace {
        self.rate.map_or(Pace::Closed, |rate| Pace::Open { rate })
    }

    /// Which object is next.
    pub(super) fn pick(&self) -> Pick {
        match self.objects.pick {
            Picked::Zipf => Pick::Zipf { exponent: 1.0 },
            Picked::InOrder => Pick::InOrder,
        }
    }

    /// Makes it small enough for a first look: a fiftieth of the objects, and few idle connections.
    pub(super) fn shrink(&mut self) {
        self.objects.count = (self.objects.count / 50).max(self.objects.count.min(8));
        if self.meanwhile == Meanwhile::Idle {
            self.connections = (self.connections / 20).max(1);
        }
    }
}

/// Finds runs by the names of files or of scenarios in them, or by `all`; a name that ends in `.yaml` is a file of one's own. Each run has the scenarios that were asked for.
///
/// # Errors
/// When a name is unknown, or a file can't be read.
pub(super) fn find(names: &[String]) -> Result<Vec<Run>, BenchError> {
    let mut shipped = Vec::new();
    for (name, text) in SHIPPED {
        shipped.push((name, read(name, text)?));
    }
    if names.iter().any(|name| name == "all") {
        return Ok(shipped.into_iter().map(|(_, run)| run).collect());
    }
    let mut found = Vec::new();
    let mut known = vec![false; names.len()];
    for (file, run) in shipped {
        let asked = |known: &mut [bool], candidates: [&str; 2]| {
            let mut any = false;
            for (name, known) in names.iter().zip(known) {
                if candidates.contains(&name.as_str()) {
                    *known = true;
                    any = true;
                }
            }
            any
        };
        let scenarios: Vec<_> = run
            .scenarios
            .into_iter()
            .filter(|scenario| asked(&mut known, [file, &scenario.name]))
            .collect();
        if !scenarios.is_empty() {
            found.push(Run { scenarios });
        }
    }
    for (name, known) in names.iter().zip(known) {
        if known {
            continue;
        }
        if std::path::Path::new(name)
            .extension()
            .is_none_or(|extension| extension != "yaml")
        {
            return Err(BenchError::said(format!(
                "there is no scenario {name}; there are: {}",
                all_names()?
            )));
        }
        let text = std::fs::read_to_string(name).map_err(|source| BenchError::File {
            what: format!("{name} can't be read"),
            source,
        })?;
        found.push(read(name, &text)?);
    }
    Ok(found)
}

/// The names that can be asked for, in one line.
///
/// # Errors
/// When a shipped file can't be read, which a test excludes.
pub(super) fn all_names() -> Result<String, BenchError> {
    let mut lines = Vec::new();
    for (file, text) in SHIPPED {
        let names: Vec<String> = read(file, text)?
            .scenarios
            .into_iter()
            .map(|scenario| scenario.name)
            .collect();
        lines.push(format!("{file} ({})", names.join(", ")));
    }
    Ok(lines.join("; "))
}

fn read(name: &str, text: &str) -> Result<Run, BenchError> {
    serde_saphyr::from_str(text)
        .map_err(|error| BenchError::said(format!("the scenario file {name} can't be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_scenarios_are_read_and_have_names_of_their_own() {
        let runs = find(&["all".to_owned()]).unwrap();
        let names: Vec<_> = runs
            .iter()
            .flat_map(|run| &run.scenarios)
            .map(|scenario| scenario.name.clone())
            .collect();
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), distinct.len());
        for scenario in runs.iter().flat_map(|run| &run.scenarios) {
            assert!(
                !scenario.contenders.is_empty() && scenario.objects.count > 0,
                "{}",
                scenario.name
            );
            assert!(
                scenario.ranges + scenario.conditionals + scenario.misses <= 1.0,
                "{}",
                scenario.name
            );
            assert!(
                scenario.objects.bytes <= crate::origin::Object::new(usize::MAX, 0).size(),
                "{}",
                scenario.name
            );
        }
    }

    #[test]
    fn a_file_brings_all_its_scenarios_and_a_scenario_itself() {
        let of = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            find(&names).map(|runs| runs.iter().map(|run| run.scenarios.len()).collect::<Vec<_>>())
        };
        assert_eq!(of(&["stream-hit"]).unwrap(), [4]);
        assert_eq!(of(&["stream-hit-4k"]).unwrap(), [1]);
        assert_eq!(
            of(&["stream-hit-4k", "stream-miss-4k", "stream-hit-16k"]).unwrap(),
            [2, 1]
        );
        let error = of(&["stream-hut"]).unwrap_err().to_string();
        assert!(
            error.starts_with("there is no scenario stream-hut; there are: redirect-hit ("),
            "{error}"
        );
    }
}
