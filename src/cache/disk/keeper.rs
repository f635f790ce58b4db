//! The thread of the disk tier: it opens, looks after, and opens again. Rules 23 and 28.
//!
//! Each opening has a runtime of its own, which ends when all of its reads and writes have: only then are foyer's files
//! closed. A number that a write still uses must not become another file's.

use super::counts::{Count, Counts};
use super::entry::Name;
use super::events;
use super::layout::Layout;
use super::session::{End, Pace, Session};
use super::store::{Missed, Store, Writing};
use super::{DiskError, DiskHit, DiskObject, Moment, ObjectName};
use crate::config::DiskCacheConfig;
use crate::telemetry::DiskReading;
use arc_swap::ArcSwapOption;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use tracing::dispatcher::{self, Dispatch};

/// How many reads and writes are with the system at once.
const THREADS: usize = 8;
/// How long [`Keeper::close`] waits.
const CLOSE_DEADLINE: Duration = Duration::from_secs(8);

/// What workers and the thread share.
#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    layout: Layout,
    pace: Pace,
    counts: Counts,
    open: ArcSwapOption<Store>,
}

/// The workers' end.
#[derive(Debug)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    over: watch::Receiver<()>,
}

type Opened = oneshot::Sender<Result<(), DiskError>>;

impl Keeper {
    pub(super) async fn open(config: &DiskCacheConfig, max_object: u64) -> Result<Self, DiskError> {
        Self::open_at(config, max_object, Pace::USUAL).await
    }

    pub(super) async fn open_at(config: &DiskCacheConfig, max_object: u64, pace: Pace) -> Result<Self, DiskError> {
        let shared = Arc::new(Shared {
            folder: config.folder.clone(),
            layout: Layout::new(config.max_bytes, max_object)?,
            pace,
            counts: Counts::new(config.max_bytes),
            open: ArcSwapOption::empty(),
        });
        let (stop, stopped) = oneshot::channel();
        let (opened, result) = oneshot::channel();
        let (running, over) = watch::channel(());
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("evergate-disk".to_owned())
            .spawn(move || {
                keep(&theirs, stopped, opened);
                drop(running);
            })
            .map_err(DiskError::Thread)?;
        result.await.unwrap_or_else(|_| {
            Err(DiskError::Store {
                folder: config.folder.clone(),
                reason: "its thread ended in a panic, which is a defect; please report it".to_owned(),
            })
        })?;
        events::opened(&config.folder, shared.counts.reading(0).bytes, config.max_bytes);
        Ok(Self {
            shared,
            stop: Mutex::new(Some(stop)),
            over,
        })
    }

    pub(super) async fn get(&self, name: &ObjectName) -> Option<DiskHit> {
        let counts = &self.shared.counts;
        let store = self.shared.open.load_full();
        let found = match store {
            Some(store) => store.get(Name::of(name), name.as_query().space.number()).await,
            None => Err(Missed::Absent),
        };
        counts.add(if found.is_ok() { Count::Hits } else { Count::Misses }, 1);
        match found {
            Err(Missed::Damaged) => counts.add(Count::Damaged, 1),
            Err(Missed::Failed) => counts.add(Count::Errors, 1),
            _ => {}
        }
        found.ok()
    }

    pub(super) fn put(&self, name: &ObjectName, object: DiskObject, since: Moment) {
        let store = self.shared.open.load();
        let written = store
            .as_ref()
            .map_or(Writing::No, |store| store.put(name, object, since));
        if written == Writing::No {
            self.shared.counts.add(Count::Dropped, 1);
        }
    }

    pub(super) fn remove(&self, name: &ObjectName) {
        if let Some(store) = self.shared.open.load().as_ref() {
            store.remove(&Name::of(name));
        }
    }

    pub(super) fn reading(&self) -> DiskReading {
        let waiting = self.shared.open.load().as_ref().map_or(0, |store| store.waiting());
        self.shared.counts.reading(waiting as u64)
    }

    pub(super) async fn close(&self) {
        drop(self.stop.lock().unwrap_or_else(PoisonError::into_inner).take());
        let mut over = self.over.clone();
        let _ = tokio::time::timeout(CLOSE_DEADLINE, async move { while over.changed().await.is_ok() {} }).await;
    }
}

/// Runs until `stop` is told or dropped.
fn keep(shared: &Shared, mut stop: oneshot::Receiver<()>, opened: Opened) {
    let mut opened = Some(opened);
    let mut pause = None;
    loop {
        let start = Instant::now();
        let end = open_once(shared, pause, &mut stop, &mut opened);
        // What went well for so long has nothing to do with what comes.
        let last = pause.filter(|_| start.elapsed() < shared.pace.longest);
        let next = last.map_or(shared.pace.pause, |last: Duration| last.saturating_mul(2));
        let next = next.min(shared.pace.longest);
        pause = Some(next);
        match end {
            End::Stopped => return,
            End::Unopened(error) => {
                shared.counts.add(Count::Errors, 1);
                // Whoever opens is told once, and then there is nobody to keep it for.
                if let Some(opened) = opened.take() {
                    let _ = opened.send(Err(error));
                    return;
                }
                events::out_of_order(&error, next);
                if wait(next, &mut stop) {
                    return;
                }
            }
            End::Broken(reason) => {
                shared.counts.add(Count::Errors, 1);
                events::not_written(&shared.folder, &reason, next);
            }
        }
    }
}

fn open_once(
    shared: &Shared,
    pause: Option<Duration>,
    stop: &mut oneshot::Receiver<()>,
    opened: &mut Option<Opened>,
) -> End {
    let log = dispatcher::get_default(Clone::clone);
    // foyer says each failure many times over; the thread says it once.
    let _quiet = dispatcher::set_default(&Dispatch::none());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .max_blocking_threads(THREADS)
        .thread_name("evergate-disk")
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return End::Unopened(DiskError::Thread(error)),
    };
    let mut device = None;
    let session = Session {
        folder: &shared.folder,
        layout: shared.layout,
        pace: shared.pace,
        counts: &shared.counts,
        open: &shared.open,
        pause,
        device: &mut device,
        log,
    };
    let end = runtime.block_on(session.run(stop, || {
        if let Some(opened) = opened.take() {
            // Whoever opened may have gone away; then `stop` says so.
            let _ = opened.send(Ok(()));
        }
    }));
    // Waits for what is with the system.
    drop(runtime);
    drop(device);
    end
}

/// Waits, and returns whether it was stopped meanwhile.
fn wait(pause: Duration, stop: &mut oneshot::Receiver<()>) -> bool {
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() {
        return runtime.block_on(async { tokio::time::timeout(pause, stop).await.is_ok() });
    }
    std::thread::sleep(pause);
    stop.try_recv() != Err(oneshot::error::TryRecvError::Empty)
}

#[cfg(test)]
impl Keeper {
    pub(super) fn store(&self) -> Arc<Store> {
        self.shared.open.load_full().unwrap()
    }
}
