//! When to load the configuration again: on SIGHUP, and when one of its files has other contents.
//!
//! Files are read and compared every two seconds. Contents say what events and times don't: a Kubernetes ConfigMap
//! changes by a swapped symlink two folders up, an editor renames a new file over the old one, network folders send
//! no events at all; and a mere `touch` is no change. It knows nothing of the app: it is given paths and calls back.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

/// The most of a file that is read and compared: no configuration or certificate comes near it.
const MOST_BYTES: u64 = 4 * 1_024 * 1_024;
/// How often files that do not come to rest are looked at before they are taken as they are.
const MOST_LOOKS: usize = 20;

/// Why it is time to load again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// SIGHUP came.
    Signal,
    /// These files have other contents, or have come or gone.
    Files(Vec<PathBuf>),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal => f.write_str("SIGHUP"),
            Self::Files(paths) => {
                let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
                write!(f, "changed: {}", paths.join(", "))
            }
        }
    }
}

/// How often files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The time between two looks.
    pub look: Duration,
    /// How long changed files must rest before they are loaded: a writer may be half way through.
    pub rest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            look: Duration::from_secs(2),
            rest: Duration::from_millis(500),
        }
    }
}

/// The files that are looked at, with the contents last seen. Cloning gives another handle on the same list.
#[derive(Clone, Debug)]
pub struct WatchedFiles(Arc<Mutex<BTreeMap<PathBuf, Contents>>>);

/// What was seen in a file; compared, never read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contents {
    /// No such file, or it can't be read.
    None,
    /// Some bytes, by hash and length.
    Bytes(u64, u64),
}

impl WatchedFiles {
    /// Looks at `files`. Make it before they are loaded, so that no change falls between.
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let seen = files.into_iter().map(|path| (path.clone(), contents(&path)));
        Self(Arc::new(Mutex::new(seen.collect())))
    }

    /// Watches `files` from now on, and no others; of those watched before, what was last seen stays.
    pub fn set(&self, files: impl IntoIterator<Item = PathBuf>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let look = |path: PathBuf| {
            let contents = seen.get(&path).copied().unwrap_or_else(|| contents(&path));
            (path, contents)
        };
        *seen = files.into_iter().map(look).collect();
    }

    fn seen(&self) -> BTreeMap<PathBuf, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn look(&self) -> BTreeMap<PathBuf, Contents> {
        self.seen()
            .into_keys()
            .map(|path| (path.clone(), contents(&path)))
            .collect()
    }

    /// Takes `now` as seen; returns what it changes.
    fn accept(&self, now: &BTreeMap<PathBuf, Contents>) -> Vec<PathBuf> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = Vec::new();
        for (path, old) in seen.iter_mut() {
            if let Some(new) = now.get(path).filter(|new| *new != old) {
                *old = *new;
                changed.push(path.clone());
            }
        }
        changed
    }
}

fn contents(path: &Path) -> Contents {
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        io::Result::Ok(Contents::Bytes(hasher.finish(), bytes.len() as u64))
    };
    read().unwrap_or(Contents::None)
}

/// SIGHUP, caught. Take it first of all: from then on the signal no longer ends the process, and one that comes while the
/// program starts is a reload right after.
#[derive(Debug)]
pub struct Hangups {
    runtime: Runtime,
    signal: Signal,
}

impl Hangups {
    /// Catches the signal.
    ///
    /// # Errors
    /// When the system lets no handler be set.
    pub fn catch() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let signal = runtime.block_on(async { signal(SignalKind::hangup()) })?;
        Ok(Self { runtime, signal })
    }
}

/// The watch on a thread of its own. Dropping it ends it, once a reload under way is done.
#[derive(Debug)]
pub struct ReloadWatch {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ReloadWatch {
    /// Calls `reload` on its own thread, outside any async runtime, each time it is due; never twice at once. One that
    /// panics is told, and the watch goes on.
    ///
    /// # Errors
    /// When the thread can't be had.
    pub fn start(
        hangups: Hangups,
        files: WatchedFiles,
        pace: Pace,
        reload: impl FnMut(Cause) + Send + 'static,
    ) -> io::Result<Self> {
        let Hangups { runtime, signal } = hangups;
        let (stop, stopped) = oneshot::channel();
        let watch = Watch {
            files,
            pace,
            hangups: signal,
        };
        let thread = thread::Builder::new()
            .name("evergate-reload".into())
            .spawn(move || watch.run(&runtime, stopped, reload))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for ReloadWatch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It contains the panics of reloads; one of its own has been told on standard error already.
            let _ = thread.join();
        }
    }
}

struct Watch {
    files: WatchedFiles,
    pace: Pace,
    hangups: Signal,
}

impl Watch {
    fn run(mut self, runtime: &Runtime, mut stopped: oneshot::Receiver<()>, mut reload: impl FnMut(Cause)) {
        loop {
            let cause = runtime.block_on(async {
                tokio::select! {
                    cause = self.due() => Some(cause),
                    _ = &mut stopped => None,
                }
            });
            let Some(cause) = cause else { return };
            // Were the thread to end here, the gateway would be deaf to its operator without anybody knowing.
            if panic::catch_unwind(AssertUnwindSafe(|| reload(cause))).is_err() {
                tracing::error!("a reload ended in a panic, which is a defect; please report it");
            }
        }
    }

    /// Waits until a reload is due.
    async fn due(&mut self) -> Cause {
        loop {
            if let Ok(Some(())) = timeout(self.pace.look, self.hangups.recv()).await {
                self.swallow_hangups().await;
                let _ = self.files.accept(&self.files.look());
                return Cause::Signal;
            }
            let now = self.files.look();
            if now == self.files.seen() {
                continue;
            }
            let changed = self.files.accept(&self.at_rest(now).await);
            if !changed.is_empty() {
                return Cause::Files(changed);
            }
        }
    }

    /// Lets further signals of the same burst pass.
    async fn swallow_hangups(&mut self) {
        for _ in 0..MOST_LOOKS {
            if timeout(self.pace.rest, self.hangups.recv()).await.is_err() {
                return;
            }
        }
    }

    /// Looks again until nothing changes any more; a file that never rests is taken as it is.
    async fn at_rest(&self, mut now: BTreeMap<PathBuf, Contents>) -> BTreeMap<PathBuf, Contents> {
        for _ in 0..MOST_LOOKS {
            sleep(self.pace.rest).await;
            let next = self.files.look();
            if next == now {
                break;
            }
            now = next;
        }
        now
    }
}

#[cfg(test)]
mod tests;
