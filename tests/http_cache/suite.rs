//! The suite as a program: it tells the addresses of its buckets, is told the gateway's, and tells what came of its tests.

use crate::support::radosgw::variable;
use serde::Deserialize;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// How long the suite may take on a loaded machine. Alone it takes half a minute, most of which it waits.
const PATIENCE: Duration = Duration::from_secs(110);

/// What came of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Outcome {
    #[serde(rename = "passed")]
    Passed,
    #[serde(rename = "failed")]
    Failed,
    /// What the test relies on before it tests anything was not so.
    #[serde(rename = "set-up failed")]
    SetUpFailed,
    #[serde(rename = "harness failed")]
    HarnessFailed,
    /// It says nothing, since a test that it builds on did not pass.
    #[serde(rename = "dependency failed")]
    DependencyFailed,
    /// The cache asked again, so that it says nothing.
    #[serde(rename = "retried")]
    Retried,
    /// It is for browsers.
    #[serde(rename = "untested")]
    Untested,
}

/// One test, and what came of it.
#[derive(Debug, Deserialize)]
pub struct Test {
    pub id: String,
    pub group: String,
    pub kind: String,
    pub outcome: Outcome,
    pub message: String,
    /// It is about a field that the gateway does not pass on, which one that it does pass on stands in for.
    pub stands_in: bool,
}

impl Test {
    pub fn is_required(&self) -> bool {
        self.kind == "required"
    }
}

/// What came of all tests, here and, as the package tells, elsewhere.
#[derive(Debug, Deserialize)]
pub struct Results {
    evergate: Vec<Test>,
    nginx: Vec<Test>,
    varnish: Vec<Test>,
}

impl Results {
    pub fn evergate(&self) -> &[Test] {
        &self.evergate
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &[Test])> {
        [
            ("evergate", &*self.evergate),
            ("nginx", &self.nginx),
            ("varnish", &self.varnish),
        ]
        .into_iter()
    }
}

/// The suite; ended when dropped.
#[derive(Debug)]
pub struct Suite {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
    buckets: Vec<String>,
}

impl Suite {
    /// Starts it and waits until its buckets can be asked.
    pub fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http_cache/run.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .env_clear()
            .env("PATH", variable("PATH"))
            .env("EVERGATE_TEST_NPM", variable("EVERGATE_TEST_NPM"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{script}: {error}; run make test, which installs nodejs"));
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        // The suite's own server prints warnings among what is told here.
        thread::spawn(move || {
            let told = |line: &String| line.starts_with(['{', '[']);
            for line in stdout.lines().map_while(Result::ok).filter(told) {
                let _ = sender.send(line);
            }
        });
        let mut suite = Self {
            child,
            stdin,
            lines,
            buckets: Vec::new(),
        };
        suite.buckets = serde_json::from_str(&suite.line()).unwrap();
        suite
    }

    /// The addresses that the gateway is to know as buckets.
    pub fn buckets(&self) -> &[String] {
        &self.buckets
    }

    /// Runs all tests against the gateway, with a key pair of its; those of `expected` need not pass.
    pub fn run(&mut self, gateway: SocketAddr, writer: (&str, &str), expected: &[&str]) -> Results {
        let writer = json!({ "accessKeyId": writer.0, "secretAccessKey": writer.1 });
        let job = json!({ "gateway": gateway, "writer": writer, "expected": expected });
        writeln!(self.stdin, "{job}").unwrap();
        serde_json::from_str(&self.line()).unwrap()
    }

    fn line(&self) -> String {
        self.lines
            .recv_timeout(PATIENCE)
            .expect("a line from the suite in time")
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
