//! Runs the clients, which are programs: a job on standard input or in the environment, a line on standard output for each step
//! (`ok STEP` or `FAILED STEP: why`), a bounded time.

use crate::support::radosgw::variable;
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long one program may take on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// How a program went.
#[derive(Debug)]
pub struct Report {
    program: String,
    success: bool,
    pub stdout: String,
    stderr: String,
}

impl Report {
    /// The steps that failed.
    pub fn failed(&self) -> Vec<&str> {
        let step = |line: &'_ str| Some(line.strip_prefix("FAILED ")?.split(':').next()?.len());
        self.stdout
            .lines()
            .filter_map(|line| line.get(7..7 + step(line)?))
            .collect()
    }

    /// Fails unless at least `steps` steps went well and none badly.
    #[track_caller]
    pub fn assert_ok(&self, steps: usize) {
        let passed = self.stdout.lines().filter(|line| line.starts_with("ok ")).count();
        assert!(
            self.success && self.failed().is_empty() && passed >= steps,
            "{}: {passed} of {steps} steps went well\n{}--- stderr ---\n{}",
            self.program,
            self.stdout,
            self.stderr
        );
    }
}

/// A JavaScript program of `tests/clients/js`.
pub fn javascript(script: &str, job: &Value) -> Report {
    let mut node = Command::new("node");
    node.arg(folder().join("js").join(script));
    run(script, node, job, "nodejs")
}

/// A Python program of `tests/clients/python`.
pub fn python(script: &str, job: &Value) -> Report {
    let mut python = Command::new(variable("EVERGATE_TEST_PYTHON"));
    // No byte code beside the sources.
    python.arg("-B").arg(folder().join("python").join(script));
    run(script, python, job, "python3")
}

/// A shell script of `tests/clients/sh`.
pub fn shell(script: &str, job: &Value) -> Report {
    let mut bash = Command::new("bash");
    bash.arg(folder().join("sh").join(script));
    run(script, bash, job, "bash")
}

/// One of the clients of `tests/clients/rust`.
pub fn rust(client: &str, job: &Value) -> Report {
    let mut program = Command::new(variable("EVERGATE_TEST_RUST_CLIENTS"));
    program.arg(client);
    run(client, program, job, "rust-clients")
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients"))
}

fn run(name: &str, mut command: Command, job: &Value, package: &str) -> Report {
    let home = TempDir::new().unwrap();
    command.env_clear().env("HOME", home.path()).env("TMPDIR", home.path());
    command
        .env("LC_ALL", "C.UTF-8")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    for name in ["PATH", "EVERGATE_TEST_NPM"] {
        command.env(name, variable(name));
    }
    command.env("PYTHON", variable("EVERGATE_TEST_PYTHON"));
    let fields = [
        ("ENDPOINT", "endpoint"),
        ("BUCKET", "bucket"),
        ("AWS_REGION", "region"),
        ("AWS_ACCESS_KEY_ID", "access_key_id"),
        ("AWS_SECRET_ACCESS_KEY", "secret_access_key"),
    ];
    for (variable, field) in fields {
        command.env(variable, job[field].as_str().unwrap());
    }
    command.env("CA", job["ca"].as_str().unwrap_or_default());
    command.env("LISTS_ENCODED", job["lists_encoded"].to_string());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // A group of its own, so that it ends with all that it has started.
    command.process_group(0);
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}; run make test, which installs {package}"));
    let mut stdin = child.stdin.take().unwrap();
    // One that ends without reading its job says why by itself.
    let _ = stdin.write_all(job.to_string().as_bytes());
    drop(stdin);
    let stdout = collect(child.stdout.take().unwrap());
    let stderr = collect(child.stderr.take().unwrap());
    let success = wait(&mut child);
    Report {
        program: name.to_owned(),
        success: success == Some(true),
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap()
            + if success.is_none() {
                "\nIt took longer than it may"
            } else {
                ""
            },
    }
}

fn collect(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Whether it ended well; nothing when it had to be ended.
fn wait(child: &mut Child) -> Option<bool> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.success());
        }
        if begun.elapsed() > PATIENCE {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            let _ = child.wait();
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
}
