//! Starting servers, and ending them. A server is pinned to its cores before its first instruction, has a process group of its
//! own, and is told to end when the harness does, however that ends: by a drop (an error, a panic, Ctrl-C), or by the kernel's
//! parent-death signal when the harness was killed.
//!
//! Pinning and the death signal must be set by the server's own process. Between fork and exec that takes `unsafe` code, so
//! this program starts itself (`evergate-bench launch`), sets both, and becomes the server.

use crate::error::BenchError;
use crate::process::{Cores, pin_this_thread};
use rustix::process::{Pid, Signal, getppid, kill_process_group, set_parent_process_death_signal};
use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// This very program, even if another one was built in its place meanwhile.
pub(super) const OWN_PROGRAM: &str = "/proc/self/exe";

/// How long a server has to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// How often it is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(10);

/// How much of its complaints is shown.
const SHOWN: usize = 2_000;

/// How a server is started.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// The program.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Variables of its environment, beside those of the harness.
    pub environment: Vec<(&'static str, String)>,
    /// What becomes of its standard error.
    pub complaints: Complaints,
}

/// What becomes of what a server writes to standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Complaints {
    /// Kept, and shown when it ends too early.
    Kept,
    /// Dropped: it writes there for every request.
    Dropped,
}

impl Program {
    /// A program without variables of its own.
    pub(super) fn new<A: Into<OsString>>(path: impl Into<PathBuf>, arguments: impl IntoIterator<Item = A>) -> Self {
        Self {
            path: path.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: Vec::new(),
            complaints: Complaints::Kept,
        }
    }
}

/// A server's process, ended when dropped.
#[derive(Debug)]
pub(super) struct Server {
    name: String,
    child: Child,
    complaints: PathBuf,
}

impl Server {
    /// Starts `program` on these cores. What it says on standard output goes to `/dev/null`, where access logs go;
    /// what it complains about is kept in `folder`. The calling thread must live as long as the server: the kernel takes its
    /// end for the harness's.
    ///
    /// # Errors
    /// When it can't be started.
    pub(super) fn start(name: &str, program: &Program, cores: &Cores, folder: &Path) -> Result<Self, BenchError> {
        let failed = |error: std::io::Error| BenchError::said(format!("{name} can't be started: {error}"));
        let complaints = folder.join(format!("{name}.stderr"));
        let child = Command::new(OWN_PROGRAM)
            .arg("launch")
            .args([
                "--parent",
                &std::process::id().to_string(),
                "--cores",
                &cores.to_string(),
                "--",
            ])
            .arg(&program.path)
            .args(&program.arguments)
            .envs(program.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(match program.complaints {
                Complaints::Kept => File::create(&complaints).map_err(failed)?.into(),
                Complaints::Dropped => Stdio::null(),
            })
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        Ok(Self {
            name: name.to_owned(),
            child,
            complaints,
        })
    }

    /// Its process, which its further ones are children of.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Fails when it has ended already, with what it said.
    pub(super) fn check(&mut self) -> Result<(), BenchError> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(self.ended(status)),
            Err(error) => Err(BenchError::said(format!("{} is lost: {error}", self.name))),
        }
    }

    /// Makes it load its configuration again.
    pub(super) fn hang_up(&self) -> Result<(), BenchError> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        pid.ok_or(rustix::io::Errno::SRCH)
            .and_then(|pid| rustix::process::kill_process(pid, Signal::HUP))
            .map_err(|error| BenchError::said(format!("{} can't be told to reload: {error}", self.name)))
    }

    fn ended(&self, status: ExitStatus) -> BenchError {
        let mut said = String::new();
        // Without its complaints there is the status still.
        let _ = File::open(&self.complaints).and_then(|mut file| file.read_to_string(&mut said));
        let start = said.len().saturating_sub(SHOWN);
        let shown = said.get(start..).unwrap_or(&said).trim();
        BenchError::said(format!("{} has ended ({status}), saying: {shown}", self.name))
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // Gone already is as good.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            thread::sleep(PAUSE);
        }
        // Whoever of its group is left.
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Becomes another program on some cores; how the harness starts its servers.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The harness's process; when it ends, so does the program
    #[arg(long)]
    parent: i32,
    /// The cores
    #[arg(long)]
    cores: Cores,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

/// Becomes the program; returns only when it can't.
#[must_use]
pub fn become_server(arguments: &Arguments) -> BenchError {
    let Some((path, words)) = arguments.program.split_first() else {
        return BenchError::said("launch takes the program that is to be started");
    };
    if let Err(error) = pin_this_thread(&arguments.cores) {
        return error.into();
    }
    if let Err(error) = set_parent_process_death_signal(Some(Signal::TERM)) {
        return BenchError::said(format!("the death signal can't be set: {error}"));
    }
    // It may have ended before the signal was set.
    if getppid().map(Pid::as_raw_pid) != Some(arguments.parent) {
        return BenchError::said("the harness is gone");
    }
    let error = Command::new(path).args(words).exec();
    BenchError::said(format!("{} can't be started: {error}", Path::new(path).display()))
}

/// Finds a program where packages put them; `None` when it is not installed.
pub(super) fn find_program(name: &str) -> Option<PathBuf> {
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"]
        .into_iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|file| file.is_file())
}
