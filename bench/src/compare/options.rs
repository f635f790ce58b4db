//! The command line of `compare`, and what it comes to on this machine.

use super::scenario::{Run, Scenario};
use crate::contenders::Contender;
use crate::error::BenchError;
use crate::load::Waiting;
use crate::process::Cores;
use clap::ValueHint;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// How long it takes to start one contender, to check it, and to fill its caches.
const SETTING_UP: Duration = Duration::from_secs(2);

/// Compares the gateway with what people would use instead: everybody is started on loopback, checked, and measured in turn.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Scenarios, files of scenarios, or `all`; with commas between them
    #[arg(long, value_delimiter = ',', default_value = "redirect-hit")]
    scenario: Vec<String>,
    /// Only these contenders, with commas between them
    #[arg(long, value_delimiter = ',')]
    contenders: Vec<String>,
    /// Repetitions: a figure takes five, and scenarios without one that is judged may have fewer; with 0, everybody is started and checked, and nothing is measured
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each is measured, in seconds; a fifth of it, and at most a second, is the warm-up
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// The cores of the servers, such as 0 or 0,1; a scenario on one core takes the first
    #[arg(long, default_value = "0,1")]
    server_cores: Cores,
    /// The cores of the load
    #[arg(long, default_value = "2,3")]
    load_cores: Cores,
    /// The cores of the origins; otherwise those that a file's scenarios leave, or the load's
    #[arg(long)]
    origin_cores: Option<Cores>,
    /// The program `evergate`, built for release; otherwise the one beside this program
    #[arg(long)]
    gateway: Option<PathBuf>,
    /// A fiftieth of the objects and a twentieth of the idle connections: for a first look
    #[arg(long)]
    quick: bool,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    json: Option<PathBuf>,
    /// Write the report as a page with charts
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    html: Option<PathBuf>,
}

/// What the command line comes to.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// The scenarios' names.
    pub(super) scenarios: Vec<String>,
    contenders: Vec<Contender>,
    /// Repetitions.
    pub(super) rounds: usize,
    /// How long each is measured.
    pub(super) duration: Duration,
    server_cores: Cores,
    /// The cores of the load.
    pub(super) load_cores: Cores,
    /// The cores of the origins, where they are named.
    origin_cores: Option<Cores>,
    /// All cores that there are.
    all_cores: Cores,
    /// The program `evergate`.
    pub(super) gateway: PathBuf,
    /// Whether scenarios are made small.
    pub(super) quick: bool,
    /// Where the report is written as JSON.
    pub(super) json: Option<PathBuf>,
    /// Where it is written as a page.
    pub(super) html: Option<PathBuf>,
}

impl Options {
    /// Judges the command line.
    ///
    /// # Errors
    /// When a contender is unknown, there is no gateway, or times and cores make no sense.
    pub(super) fn of(arguments: Arguments) -> Result<Self, BenchError> {
        let contenders = arguments
            .contenders
            .iter()
            .map(|name| contender(name))
            .collect::<Result<_, _>>()?;
        if !(arguments.seconds.is_finite() && (0.1..=3600.0).contains(&arguments.seconds)) {
            return Err(BenchError::said("--seconds takes 0.1 to 3600"));
        }
        if arguments.rounds > 1000 {
            return Err(BenchError::said("--rounds takes 0 to 1000"));
        }
        let Arguments {
            server_cores,
            load_cores,
            ..
        } = arguments;
        let gateway = arguments.gateway.or_else(beside).ok_or_else(|| {
            BenchError::said(
                "there is no program evergate beside this one; build it for release and name it with --gateway",
            )
        })?;
        Ok(Self {
            scenarios: arguments.scenario,
            contenders,
            rounds: arguments.rounds,
            duration: Duration::from_secs_f64(arguments.seconds),
            server_cores,
            load_cores,
            origin_cores: arguments.origin_cores,
            all_cores: Cores::available()?,
            gateway,
            quick: arguments.quick,
            json: arguments.json,
            html: arguments.html,
        })
    }

    /// Whether this contender takes part.
    pub(super) fn wants(&self, contender: Contender) -> bool {
        self.contenders.is_empty() || self.contenders.contains(&contender)
    }

    /// How long the load lasts before it is measured.
    pub(super) fn warm_up(&self) -> Duration {
        (self.duration / 5).min(Duration::from_secs(1))
    }

    /// The first `count` of the servers' cores.
    pub(super) fn server_cores(&self, count: usize) -> Cores {
        self.server_cores
            .split(count)
            .map_or_else(|_| self.server_cores.clone(), |(first, _)| first)
    }

    /// The cores of the origins, where servers take up to `count` of theirs.
    pub(super) fn origin_cores(&self, count: usize) -> Cores {
        let left = || left_over(&self.all_cores, &self.server_cores(count), &self.load_cores);
        self.origin_cores.clone().unwrap_or_else(left)
    }

    /// What the load's threads do while they wait: nobody else may need their cores.
    pub(super) fn waiting(&self, scenario: &Scenario, count: usize) -> Waiting {
        let load = &self.load_cores;
        let needed = self.server_cores(count).overlaps(load)
            || scenario.asks_origins() && self.origin_cores(count).overlaps(load);
        if needed { Waiting::Asleep } else { Waiting::Awake }
    }

    /// Says why a scenario for `count` cores can't be run; `None` when it can.
    pub(super) fn too_few_cores(&self, count: usize) -> Option<String> {
        (count > self.server_cores.count())
            .then(|| format!("it takes {count} cores, and --server-cores names {}", self.server_cores))
    }

    /// What whoever reads the figures must know about the cores that `runs` took.
    pub(super) fn remarks(&self, runs: &[Run]) -> Vec<String> {
        let load = &self.load_cores;
        let mut remarks = Vec::new();
        let counts: BTreeSet<usize> = runs
            .iter()
            .map(|run| run.server_cores().min(self.server_cores.count()))
            .collect();
        for count in counts {
            let (server, origin) = (self.server_cores(count), self.origin_cores(count));
            let (of, words) = (server.count(), if server.count() == 1 { "core" } else { "cores" });
            remarks.push(format!(
                "Files whose servers have up to {of} {words}: servers on {words} {server}, load on {load}, origins on {origin}."
            ));
            if server.overlaps(load) {
                remarks.push("Servers and load share cores: throughput says nothing.".to_owned());
            }
            let asks = |run: &&Run| run.server_cores().min(self.server_cores.count()) == count && run.asks_origins();
            if (origin.overlaps(&server) || origin.overlaps(load)) && runs.iter().any(|run| asks(&run)) {
                remarks.push(
                    "The origins share cores with servers or load: bodies that come from the origin say little."
                        .to_owned(),
                );
            }
        }
        if self.quick {
            remarks.push(
                "A quick run, with a fiftieth of the objects and a twentieth of the idle connections.".to_owned(),
            );
        }
        remarks
    }

    /// About how long `runs` take, in words.
    pub(super) fn time(&self, runs: &[Run]) -> String {
        let scenarios = runs.iter().flat_map(|run| &run.scenarios);
        let lanes = |scenario: &Scenario| {
            scenario
                .contenders
                .iter()
                .filter(|contender| self.wants(**contender))
                .count()
        };
        let time: Duration = scenarios
            .map(|scenario| {
                let rounds = u32::try_from(scenario.rounds(self.rounds)).unwrap_or(u32::MAX);
                let each = (self.duration + self.warm_up()).saturating_mul(rounds) + SETTING_UP;
                each.saturating_mul(u32::try_from(lanes(scenario)).unwrap_or(u32::MAX))
            })
            .sum();
        humantime::format_duration(Duration::from_secs(time.as_secs())).to_string()
    }
}

/// Tells people how it goes.
pub(super) fn say(what: &str) {
    // Nothing can be done about a closed terminal.
    let _ = writeln!(std::io::stderr(), "{what}");
}

fn contender(name: &str) -> Result<Contender, BenchError> {
    let found = Contender::ALL.into_iter().find(|contender| contender.as_str() == name);
    found.ok_or_else(|| {
        let all = Contender::ALL.map(Contender::as_str).join(", ");
        BenchError::said(format!("there is no contender {name}; there are: {all}"))
    })
}

fn beside() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let beside = own.parent()?.join("evergate");
    beside.is_file().then_some(beside)
}

/// Cores with which nobody else is busy; the load's where there are none.
fn left_over(all: &Cores, server: &Cores, load: &Cores) -> Cores {
    let is_taken = |core: &usize| server.numbers().contains(core) || load.numbers().contains(core);
    let free: Vec<String> = all
        .numbers()
        .iter()
        .filter(|core| !is_taken(core))
        .map(usize::to_string)
        .collect();
    free.join(",").parse().unwrap_or_else(|_| load.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cores(text: &str) -> Cores {
        text.parse().unwrap()
    }

    #[test]
    fn origins_take_what_is_left_or_share_with_the_load() {
        assert_eq!(left_over(&cores("0-3"), &cores("0"), &cores("2,3")), cores("1"));
        assert_eq!(left_over(&cores("0-3"), &cores("0,1"), &cores("2,3")), cores("2,3"));
    }

    /// Servers on 0 and 1, the load on 2 and 3, the origins on `origin`.
    fn options(origin: &str) -> Options {
        Options {
            scenarios: Vec::new(),
            contenders: Vec::new(),
            rounds: 1,
            duration: Duration::from_secs(1),
            server_cores: cores("0,1"),
            load_cores: cores("2,3"),
            origin_cores: Some(cores(origin)),
            all_cores: cores("0-3"),
            gateway: PathBuf::new(),
            quick: false,
            json: None,
            html: None,
        }
    }

    fn runs(names: [&str; 2]) -> Vec<Run> {
        super::super::scenario::find(&names.map(str::to_owned)).unwrap()
    }

    #[test]
    fn the_load_stays_awake_where_nobody_else_needs_its_cores() {
        let redirect = &runs(["redirect-hit", "stream-miss"])[0].scenarios[0];
        let miss = &runs(["redirect-hit", "stream-miss"])[1].scenarios[0];
        assert_eq!(options("1").waiting(miss, 1), Waiting::Awake);
        assert_eq!(
            options("3").waiting(miss, 1),
            Waiting::Asleep,
            "the origin is asked, on core 3"
        );
        assert_eq!(
            options("3").waiting(redirect, 2),
            Waiting::Awake,
            "it is there, and nobody asks"
        );
        let sharing = Options {
            load_cores: cores("1-3"),
            ..options("3")
        };
        assert_eq!(sharing.waiting(redirect, 1), Waiting::Awake);
        assert_eq!(
            sharing.waiting(redirect, 2),
            Waiting::Asleep,
            "the server has core 1 too"
        );
    }

    #[test]
    fn origins_are_doubted_only_where_they_are_asked_on_shared_cores() {
        // In the way of every server.
        let options = options("0");
        let doubts = |runs: &[Run]| {
            options
                .remarks(runs)
                .iter()
                .filter(|told| told.contains("origins share"))
                .count()
        };
        assert_eq!(doubts(&runs(["redirect-hit", "redirect-cold"])), 0);
        let mut asking = runs(["redirect-cold", "stream-miss"]);
        for scenario in &mut asking[1].scenarios {
            scenario.server_cores = 2;
        }
        assert_eq!(doubts(&asking), 1);
        assert_eq!(
            options.remarks(&asking)[0],
            "Files whose servers have up to 1 core: servers on core 0, load on 2,3, origins on 0."
        );
    }

    #[test]
    fn contenders_are_known_by_their_names() {
        assert_eq!(contender("nginx-302").unwrap(), Contender::NginxRedirect);
        let error = contender("apache").unwrap_err().to_string();
        assert!(
            error.starts_with("there is no contender apache; there are: evergate, "),
            "{error}"
        );
    }
}
