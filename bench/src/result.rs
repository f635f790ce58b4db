//! What was measured, as it is kept in JSON and as reports are made of. Times are in microseconds and sizes in bytes unless a
//! name says otherwise.

use serde::{Deserialize, Serialize};

/// One run of the program.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Report {
    /// When it began, RFC 3339.
    pub began: String,
    /// What it ran on: processor, cores, memory, kernel.
    pub machine: Machine,
    /// Programs and their versions, such as `nginx 1.22.1`.
    pub versions: Vec<String>,
    /// What whoever reads the figures must know: that logs went to a file, that the machine was shared.
    pub remarks: Vec<String>,
    /// The scenarios, in the order in which they were run.
    pub scenarios: Vec<Scenario>,
    /// The broken-image test.
    pub broken: Vec<BrokenImages>,
    /// The micro benches.
    pub micro: Vec<Micro>,
}

/// What a run ran on.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Logical cores.
    pub cores: usize,
    /// Memory.
    pub memory: u64,
    /// The kernel's release.
    pub kernel: String,
}

/// One scenario: the same load on every contender.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Scenario {
    /// Its name in `bench/scenarios/`, such as `redirect-hit`.
    pub name: String,
    /// The sentence that says what is asked for.
    pub title: String,
    /// How the load is made: `closed, 64 connections, HTTP/1.1`.
    pub load: String,
    /// Which run it belongs to: scenarios of one run took turns, and only their figures may be compared. Joined reports have
    /// [`Report::began`] before it, as two of them may call their runs the same.
    pub run: String,
    /// What it is about.
    pub subject: Subject,
    /// How many cores the server has.
    pub server_cores: usize,
    /// Connections of the load.
    pub connections: u64,
    /// Requests a second, where the rate is fixed (open loop); `None` where every answer brings the next request (closed loop).
    pub rate: Option<f64>,
    /// The size of the objects, where all have the same; a redirect's do not matter.
    pub object_bytes: Option<u64>,
    /// Those who were compared.
    pub contenders: Vec<Contender>,
}

/// What a scenario is about.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// How many requests are answered, how fast, and for how much.
    #[default]
    Answers,
    /// What connections cost that are held: nothing is said of throughput.
    Memory,
}

/// How one contender did in one scenario.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Contender {
    /// Its name, such as `evergate`, `nginx-302`, `ceiling-302`.
    pub name: String,
    /// Why it was not measured, such as `varnishd is not installed`.
    pub missing: Option<String>,
    /// What was measured, in the order of the rounds.
    pub rounds: Vec<Round>,
}

/// One repetition.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Round {
    /// How long it was measured, in seconds, after the warm-up.
    pub seconds: f64,
    /// Requests that were answered as they should be.
    pub answered: u64,
    /// Requests that were not answered, or with another status than expected.
    pub failed: u64,
    /// Answers whose bytes were wrong.
    pub wrong: u64,
    /// Body bytes received.
    pub bytes: u64,
    /// The latencies, from when a request was due (open loop) or sent (closed loop) to its last byte.
    pub latency: Latency,
    /// What the server's processes used; `None` for servers that are not on this machine.
    pub server: Option<ServerUse>,
}

/// Percentiles of latencies, in microseconds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Latency {
    /// Half of the requests took no longer.
    pub p50: u64,
    /// 90 of 100.
    pub p90: u64,
    /// 99 of 100.
    pub p99: u64,
    /// 999 of 1,000.
    pub p999: u64,
    /// The longest.
    pub max: u64,
}

/// What the processes of a server used in one round.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ServerUse {
    /// CPU time in user mode, in microseconds.
    pub user_micros: u64,
    /// CPU time in the kernel, in microseconds.
    pub system_micros: u64,
    /// The part of its cores' time that it used, 0 to 1.
    pub utilisation: f64,
    /// Resident memory before the first connection of the round; `None` where nobody looked.
    pub resident_before: Option<u64>,
    /// Resident memory at the end, while the connections are still open.
    pub resident: u64,
    /// The most resident memory seen.
    pub resident_peak: u64,
}

/// One way of showing images, and how many of them broke.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct BrokenImages {
    /// Such as `presigned URLs`, `refreshed on some endpoints`, `evergate, stream`.
    pub way: String,
    /// Image views.
    pub views: u64,
    /// Views that did not bring the right bytes to the last one.
    pub broken: u64,
    /// Those of them that broke by a failure of the storage which the viewer met itself, behind a link that was good.
    pub by_storage: u64,
    /// Why they broke, with how often.
    pub causes: Vec<(String, u64)>,
    /// What was done to the links and to the origin meanwhile, with how often: `URLs expired`, `credentials rotated`,
    /// `origin hiccups`. No views break where nothing happens.
    pub disturbances: Vec<(String, u64)>,
}

/// One micro bench.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Micro {
    /// Its name, such as `presign/cold`.
    pub name: String,
    /// The median time of one operation, in nanoseconds.
    pub nanos: f64,
    /// Allocations of one operation.
    pub allocations: Option<f64>,
}
