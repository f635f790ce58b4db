//! Runs the real binary with a configuration of the test's own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a start or an end may take on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running gateway; ended when dropped.
pub struct Evergate {
    child: Child,
    /// The public listener.
    pub address: SocketAddr,
    /// The admin listener.
    pub admin: SocketAddr,
    /// The configuration file.
    pub config: PathBuf,
    stdout: Lines,
    stderr: Lines,
    secrets: Vec<(String, String)>,
    _folder: TempDir,
}

/// What a process has printed so far.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<String>>);

impl Lines {
    fn of(mut from: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        let sink = lines.clone();
        thread::spawn(move || {
            let mut reader = BufReader::new(&mut from);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
                sink.0.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        lines
    }

    /// Everything so far.
    pub fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

/// `address` and `admin` lines that make the gateway pick free ports. The API is open when `ADMIN_TOKEN` is set, to events when
/// `EVENTS_TOKEN` is.
pub const FREE_PORTS: &str = "listen: 127.0.0.1:0\nadmin: { listen: 127.0.0.1:0, token: \"${ADMIN_TOKEN:-}\", events_token: \"${EVENTS_TOKEN:-}\" }\nlog: { format: json }\n";

/// A command that runs the binary with nothing of this process's environment but what it can't do without.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evergate"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    for name in ["PATH", "HOME", "TMPDIR", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

impl Evergate {
    /// Starts `serve` with [`FREE_PORTS`] and `yaml`, and waits until it listens.
    pub fn start(yaml: &str) -> Self {
        Self::start_with(yaml, &[])
    }

    /// As [`Self::start`], with environment variables.
    pub fn start_with(yaml: &str, environment: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let config = folder.path().join("config.yaml");
        std::fs::write(&config, format!("{FREE_PORTS}{yaml}")).unwrap();
        let mut command = command(&["serve", "--config", config.to_str().unwrap()]);
        command.envs(environment.iter().copied()).current_dir(folder.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = Lines::of(child.stdout.take().unwrap());
        let stderr = Lines::of(child.stderr.take().unwrap());
        let (address, admin) = wait_until_listening(&mut child, &stderr);
        Self {
            child,
            address,
            admin,
            config,
            stdout,
            stderr,
            secrets: secrets(environment),
            _folder: folder,
        }
    }

    /// Standard output so far: the access log.
    pub fn access_log(&self) -> String {
        self.stdout.text()
    }

    /// Standard error so far: everything else.
    pub fn log(&self) -> String {
        self.stderr.text()
    }

    /// Waits until `done` says so of the log.
    pub fn wait_for_log(&self, what: &str) {
        wait_until(&format!("{what:?} in the log"), || self.log().contains(what));
    }

    /// Replaces the configuration (behind [`FREE_PORTS`]) as an editor does: write beside, rename over.
    pub fn rewrite_config(&self, yaml: &str) {
        let beside = self.config.with_extension("new");
        std::fs::write(&beside, format!("{FREE_PORTS}{yaml}")).unwrap();
        std::fs::rename(beside, &self.config).unwrap();
    }

    /// Memory that it holds, in bytes: resident, without the pages of the program's own file, of which a debug build alone
    /// has 40 MiB.
    pub fn held(&self) -> u64 {
        status_field(self.child.id(), "RssAnon:")
    }

    /// The highest resident memory so far, in bytes.
    pub fn resident_peak(&self) -> u64 {
        status_field(self.child.id(), "VmHWM:")
    }

    /// Sends a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success(), "kill -{name}");
    }

    /// Waits for the process to end by itself.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for_end(&mut self.child)
    }
}

impl Drop for Evergate {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!(
                "--- the gateway's log ---\n{}--- its access log ---\n{}",
                self.log(),
                self.access_log()
            );
            return;
        }
        // Rule 9, in every test that starts a gateway: what it was given in secret is in none of its lines.
        for (name, value) in &self.secrets {
            let told = [self.log(), self.access_log()].concat();
            assert!(!told.contains(value.as_str()), "{name} is in a log:\n{told}");
        }
    }
}

/// The variables that hold secrets, by their names.
fn secrets(environment: &[(&str, &str)]) -> Vec<(String, String)> {
    let is_secret = |name: &str| ["SECRET", "TOKEN"].iter().any(|word| name.contains(word));
    environment
        .iter()
        .filter(|(name, value)| is_secret(name) && value.len() >= 8)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Waits for a process to end by itself.
pub fn wait_for_end(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("the process did not end");
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits for a condition.
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn status_field(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

fn wait_until_listening(child: &mut Child, stderr: &Lines) -> (SocketAddr, SocketAddr) {
    let begun = Instant::now();
    loop {
        if let Some(addresses) = addresses(&stderr.text()) {
            return addresses;
        }
        if let Some(status) = child.try_wait().unwrap() {
            thread::sleep(Duration::from_millis(100));
            panic!(
                "the gateway ended with {status} instead of listening:\n{}",
                stderr.text()
            );
        }
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("the gateway does not listen:\n{}", stderr.text());
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Finds the two `listening` events: `{"message":"listening","listener":"public","address":…}`.
fn addresses(log: &str) -> Option<(SocketAddr, SocketAddr)> {
    let of = |listener: &str| {
        log.lines().find_map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).ok()?;
            (event.get("message")? == "listening" && event.get("listener")? == listener).then_some(())?;
            event.get("address")?.as_str()?.parse().ok()
        })
    };
    Some((of("public")?, of("admin")?))
}
