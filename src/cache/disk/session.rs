//! One opening of the disk tier, from the folder's lock to the end: by the program's wish, or because nothing is written any more.

use super::DiskError;
use super::counts::{Count, Counts};
use super::events;
use super::folder::Folder;
use super::layout::Layout;
use super::pending::Settled;
use super::store::{Store, Writing};
use crate::telemetry::DiskState;
use arc_swap::ArcSwapOption;
use foyer::{Device, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tracing::dispatcher::{self, Dispatch};

/// How long writing what waits may take at the end.
const CLOSE_DEADLINE: Duration = Duration::from_secs(5);
/// Nothing was written for so long, although something waits: foyer, or the disk, is stuck.
const STUCK_AFTER: Duration = Duration::from_mins(1);
/// What the disk must take before entries are written again.
const TRIAL_BYTES: usize = 1024 * 1024;

/// How often the tier looks after itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How often it looks how much is on disk, and whether it is stuck.
    pub(super) look: Duration,
    /// How long it writes nothing after a write failed. Twice as long after the next one, and so on.
    pub(super) pause: Duration,
    /// The longest pause.
    pub(super) longest: Duration,
}

impl Pace {
    pub(super) const USUAL: Self = Self {
        look: Duration::from_secs(5),
        pause: Duration::from_secs(30),
        longest: Duration::from_mins(10),
    };
}

/// How an opening ended.
#[derive(Debug)]
pub(super) enum End {
    /// The program wants no more.
    Stopped,
    /// It could not be opened.
    Unopened(DiskError),
    /// Something was not written, for this reason.
    Broken(String),
}

/// Why foyer does not open.
enum Unread {
    /// It makes nothing of what is in the files.
    Nonsense(String),
    /// The system refuses: too many open files, say.
    System(String),
}

/// What an opening needs.
pub(super) struct Session<'a> {
    pub(super) folder: &'a Path,
    pub(super) layout: Layout,
    pub(super) pace: Pace,
    pub(super) counts: &'a Counts,
    /// Where the workers find it.
    pub(super) open: &'a ArcSwapOption<Store>,
    /// How long nothing is written after it was opened.
    pub(super) pause: Option<Duration>,
    /// foyer's files, which are to be closed once the runtime is gone.
    pub(super) device: &'a mut Option<Arc<dyn Device>>,
    /// Where the program's log goes: nothing that foyer says on this thread goes there.
    pub(super) log: Dispatch,
}

impl Session<'_> {
    /// Opens, tells `opened`, and looks after it until `stop` or until it breaks.
    pub(super) async fn run(mut self, stop: &mut oneshot::Receiver<()>, opened: impl FnOnce()) -> End {
        let (told, settled) = unbounded_channel();
        let (folder, store) = match self.open(told).await {
            Ok(open) => open,
            Err(error) => return End::Unopened(error),
        };
        self.measure(&folder);
        self.tell_state(&store);
        self.open.store(Some(Arc::clone(&store)));
        opened();
        let broken = tokio::select! {
            _ = stop => None,
            why = self.look_after(&store, &folder, settled) => Some(why),
        };
        self.open.store(None);
        self.counts.set_state(DiskState::Out);
        // When it broke, whatever waits would fail as well, and nobody knows how far foyer is.
        let Some(why) = broken else {
            let _ = timeout(CLOSE_DEADLINE, store.close()).await;
            return End::Stopped;
        };
        let reason = folder.try_to_write(TRIAL_BYTES).err();
        End::Broken(reason.map_or(why, |error| error.to_string()))
    }

    /// What is there is read; when foyer makes nothing of it, it is deleted, and the cache begins cold.
    async fn open(&mut self, told: UnboundedSender<Settled>) -> Result<(Arc<Folder>, Arc<Store>), DiskError> {
        let folder = Arc::new(Folder::take(self.folder, &self.layout)?);
        let first = match self.attempt(&folder, &told).await {
            Err(Unread::Nonsense(_)) if folder.clear().is_ok() => self.attempt(&folder, &told).await,
            first => first,
        };
        let (store, device) =
            first.map_err(|(Unread::Nonsense(reason) | Unread::System(reason))| DiskError::Store {
                folder: self.folder.to_path_buf(),
                reason,
            })?;
        *self.device = Some(device);
        Ok((folder, Arc::new(store)))
    }

    async fn attempt(
        &self,
        folder: &Arc<Folder>,
        told: &UnboundedSender<Settled>,
    ) -> Result<(Store, Arc<dyn Device>), Unread> {
        let (folder, told, layout) = (Arc::clone(folder), told.clone(), self.layout);
        let writing = if self.pause.is_some() {
            Writing::No
        } else {
            Writing::Yes
        };
        // A task of its own, so that a panic over a damaged file is only an error.
        let opening = tokio::spawn(async move { Store::open(&folder, layout, writing, told).await });
        match opening.await {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(error)) if error.kind() == ErrorKind::Io => Err(Unread::System(error.to_string())),
            Ok(Err(error)) => Err(Unread::Nonsense(error.to_string())),
            Err(panic) => Err(Unread::Nonsense(panic.to_string())),
        }
    }

    /// Returns why it can't go on.
    async fn look_after(&self, store: &Store, folder: &Arc<Folder>, mut settled: UnboundedReceiver<Settled>) -> String {
        let mut look = interval(self.pace.look);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut resume = self.pause.map(|pause| Instant::now() + pause);
        let mut moved = Instant::now();
        loop {
            tokio::select! {
                Some(write) = settled.recv() => {
                    moved = Instant::now();
                    match store.settle(&write) {
                        Some(false) => return "the disk did not take what was written".to_owned(),
                        Some(true) => {
                            self.counts.add(Count::Written, 1);
                            self.counts.add(Count::WrittenBytes, write.bytes as u64);
                        }
                        None => {}
                    }
                }
                now = look.tick() => {
                    self.measure(folder);
                    if store.waiting() == 0 {
                        moved = now;
                    } else if now.saturating_duration_since(moved) > STUCK_AFTER {
                        return "the disk takes nothing any more".to_owned();
                    }
                    if resume.is_some_and(|resume| now >= resume) && takes_a_trial(folder).await {
                        resume = None;
                        store.set_writing(Writing::Yes);
                        self.tell_state(store);
                        dispatcher::with_default(&self.log, events::writes_again);
                    }
                }
            }
        }
    }

    fn measure(&self, folder: &Folder) {
        if let Ok(bytes) = folder.bytes() {
            self.counts.set_bytes(bytes);
        }
    }

    fn tell_state(&self, store: &Store) {
        self.counts.set_state(match store.writing() {
            Writing::Yes => DiskState::Works,
            Writing::No => DiskState::ReadsOnly,
        });
    }
}

async fn takes_a_trial(folder: &Arc<Folder>) -> bool {
    let folder = Arc::clone(folder);
    let trial = tokio::task::spawn_blocking(move || folder.try_to_write(TRIAL_BYTES));
    matches!(trial.await, Ok(Ok(())))
}
