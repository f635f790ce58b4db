//! foyer, opened once: look-ups and writes of one run. `session.rs` opens it and looks after it.

use super::entry::{self, Mark, Name};
use super::folder::Folder;
use super::layout::Layout;
use super::pending::{Ended, Lease, Pending, Settled};
use super::{DiskHit, DiskObject, Moment, ObjectName, WrittenBy};
use bytes::Bytes;
use foyer::{
    BlockEngineConfig, Code, Device, DeviceBuilder, FsDeviceBuilder, HybridCache, HybridCacheBuilder,
    HybridCachePolicy, HybridCacheProperties, Load, PsyncIoEngineConfig, RecoverMode, Spawner,
};
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

/// A look-up waits no longer; the origin answers sooner than a disk that is this far behind.
pub(super) const READ_DEADLINE: Duration = Duration::from_secs(1);
/// How many reads may be under way, and how many bytes; one more is a miss.
const MOST_READS: usize = 16;
const MOST_READ_BYTES: usize = 16 * 1024 * 1024;
/// foyer's own memory tier holds nothing: moka does that, before anybody asks here.
const NO_MEMORY: usize = 1;
/// More is no entry of ours, whatever a damaged header makes of it.
const LARGEST_VALUE: u64 = 32 * 1024 * 1024;

/// foyer's value: an entry on its way to the disk, or the bytes that were found there.
#[derive(Debug)]
pub(super) enum Record {
    Put(Box<Put>),
    Read(Bytes),
}

/// An entry on its way to the disk.
#[derive(Debug)]
pub(super) struct Put {
    name: Name,
    mark: Mark,
    object: DiskObject,
    _lease: Lease,
}

impl Code for Name {
    fn encode(&self, writer: &mut impl Write) -> foyer::Result<()> {
        Ok(writer.write_all(self.as_bytes())?)
    }

    fn decode(reader: &mut impl Read) -> foyer::Result<Self> {
        let mut bytes = Vec::new();
        reader.take(LARGEST_VALUE).read_to_end(&mut bytes)?;
        Ok(Self::from_bytes(bytes))
    }

    fn estimated_size(&self) -> usize {
        self.as_bytes().len()
    }
}

impl Code for Record {
    fn encode(&self, writer: &mut impl Write) -> foyer::Result<()> {
        match self {
            Self::Put(put) => {
                writer.write_all(&entry::head(&put.name, put.mark, &put.object))?;
                writer.write_all(&put.object.body)?;
            }
            Self::Read(bytes) => writer.write_all(bytes)?,
        }
        Ok(())
    }

    fn decode(reader: &mut impl Read) -> foyer::Result<Self> {
        let mut bytes = Vec::new();
        reader.take(LARGEST_VALUE).read_to_end(&mut bytes)?;
        Ok(Self::Read(bytes.into()))
    }

    fn estimated_size(&self) -> usize {
        match self {
            Self::Put(put) => entry::size(&put.name, &put.object),
            Self::Read(bytes) => bytes.len(),
        }
    }
}

/// Why a look-up found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missed {
    /// Nothing is there, or too many look-ups are under way.
    Absent,
    /// Something is there that is not as it was written.
    Damaged,
    /// The disk failed, or did not answer in time.
    Failed,
}

/// Whether entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    Yes,
    No,
}

/// foyer, and what goes with it.
#[derive(Debug)]
pub(super) struct Store {
    cache: HybridCache<Name, Record>,
    runtime: Handle,
    run: u64,
    layout: Layout,
    pending: Mutex<Pending>,
    told: UnboundedSender<Settled>,
    reads: Arc<Semaphore>,
    writes: AtomicBool,
}

impl Store {
    /// Opens what is in `folder` on the runtime that this is called on. The device is to outlive that runtime: foyer's reads
    /// and writes use its file descriptors by number.
    pub(super) async fn open(
        folder: &Folder,
        layout: Layout,
        writing: Writing,
        told: UnboundedSender<Settled>,
    ) -> Result<(Self, Arc<dyn Device>), foyer::Error> {
        let runtime = Handle::current();
        let device = FsDeviceBuilder::new(folder.objects())
            .with_capacity(layout.capacity)
            .build()?;
        let engine = BlockEngineConfig::new(Arc::clone(&device))
            .with_block_size(layout.block)
            .with_buffer_pool_size(layout.buffer)
            .with_submit_queue_size_threshold(usize::MAX)
            .with_clean_block_threshold(2);
        let cache = HybridCacheBuilder::new()
            .with_policy(HybridCachePolicy::WriteOnInsertion)
            .with_flush_on_close(false)
            .memory(NO_MEMORY)
            .with_shards(1)
            .storage()
            .with_io_engine_config(PsyncIoEngineConfig::new())
            .with_engine_config(engine)
            .with_recover_mode(RecoverMode::Quiet)
            .with_spawner(Spawner::from(runtime.clone()))
            .build()
            .await?;
        let store = Self {
            cache,
            runtime,
            // Seeded by the system; another for each opening.
            run: RandomState::new().hash_one(std::process::id()),
            layout,
            pending: Mutex::default(),
            told,
            reads: Arc::new(Semaphore::new(
                (MOST_READ_BYTES / layout.entry.max(1)).clamp(2, MOST_READS),
            )),
            writes: AtomicBool::new(writing == Writing::Yes),
        };
        Ok((store, device))
    }

    /// Looks `name` up for a space of that `number`; waits for at most [`READ_DEADLINE`].
    pub(super) async fn get(&self, name: Name, number: u64) -> Result<DiskHit, Missed> {
        let permit = Arc::clone(&self.reads)
            .try_acquire_owned()
            .map_err(|_| Missed::Absent)?;
        let newest = self.pending().newest(&name);
        let cache = self.cache.clone();
        let run = self.run;
        // Whoever asks may go away, and the read goes on: so it keeps the permit.
        let load = self.runtime.spawn(async move {
            let loaded = read(&cache, &name).await;
            drop(permit);
            let (mark, object) = loaded?;
            if newest.is_some_and(|newest| mark.run != run || mark.stamp < newest) {
                return Err(Missed::Absent);
            }
            let written = if (mark.run, mark.space) == (run, number) {
                WrittenBy::ThisRun { since: mark.since }
            } else {
                WrittenBy::EarlierRun
            };
            Ok(DiskHit { object, written })
        });
        match tokio::time::timeout(READ_DEADLINE, load).await {
            Ok(Ok(found)) => found,
            // The runtime is being shut down.
            Ok(Err(error)) if error.is_cancelled() => Err(Missed::Absent),
            _ => Err(Missed::Failed),
        }
    }

    /// Hands `object` to foyer, if it takes any more; whatever was kept under `name` is gone either way.
    pub(super) fn put(&self, name: &ObjectName, object: DiskObject, since: Moment) -> Writing {
        let space = name.as_query().space.number();
        let name = &Name::of(name);
        let size = self.layout.taken_by(entry::size(name, &object));
        let mut pending = self.pending();
        let stamp = size
            .filter(|_| self.writing() == Writing::Yes)
            .and_then(|size| Some((size, pending.begin(name, size, self.layout.buffer)?)));
        let Some((bytes, stamp)) = stamp else {
            self.forget(&mut pending, name);
            return Writing::No;
        };
        self.delete(name);
        let run = self.run;
        let settled = Settled {
            name: name.clone(),
            stamp,
            bytes,
        };
        let put = Put {
            name: name.clone(),
            mark: Mark {
                run,
                space,
                stamp,
                since,
            },
            object,
            _lease: Lease::new(settled, self.told.clone()),
        };
        // The lock is held until foyer has its place in the queue, so that two writes of one name keep their order.
        let writer = self.cache.storage_writer(name.clone()).force();
        let entry = writer.insert(Record::Put(Box::new(put)));
        drop(entry);
        Writing::Yes
    }

    /// Nothing is kept under `name` from now on.
    pub(super) fn remove(&self, name: &Name) {
        self.forget(&mut self.pending(), name);
    }

    fn forget(&self, pending: &mut Pending, name: &Name) {
        pending.supersede(name);
        self.delete(name);
    }

    /// Takes `name` out of foyer's index at once. foyer is told of names that it knows alone, so that no queue of
    /// deletions grows.
    fn delete(&self, name: &Name) {
        if self.knows(name) {
            self.cache.storage().delete(name);
        }
    }

    /// Takes note that foyer has let go of a write. `None` when nothing is to be found of it, `Some(false)` when something is
    /// to be found and is not: it was not written.
    pub(super) fn settle(&self, settled: &Settled) -> Option<bool> {
        match self.pending().end(settled) {
            Ended::Newest => Some(self.knows(&settled.name)),
            Ended::Superseded => None,
        }
    }

    fn knows(&self, name: &Name) -> bool {
        self.cache.storage().may_contains(name)
    }

    /// How many bytes wait to be written.
    pub(super) fn waiting(&self) -> usize {
        self.pending().bytes()
    }

    /// Begins to write, or ceases.
    pub(super) fn set_writing(&self, writing: Writing) {
        self.writes.store(writing == Writing::Yes, Ordering::Relaxed);
    }

    pub(super) fn writing(&self) -> Writing {
        if self.writes.load(Ordering::Relaxed) {
            Writing::Yes
        } else {
            Writing::No
        }
    }

    /// Writes what waits.
    pub(super) async fn close(&self) {
        self.set_writing(Writing::No);
        // What can't be written is no worse than what never was.
        let _ = self.cache.close().await;
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(cache: &HybridCache<Name, Record>, name: &Name) -> Result<(Mark, DiskObject), Missed> {
    let known = cache.storage().may_contains(name);
    let loaded: Result<Load<Name, Record, HybridCacheProperties>, _> = cache.storage().load(name).await;
    let parsed = match loaded {
        Ok(Load::Entry {
            value: Record::Read(bytes),
            ..
        }) => entry::parse(name, &bytes),
        Ok(Load::Piece { piece, .. }) => match piece.value() {
            Record::Put(put) => Some((put.mark, put.object.clone())),
            Record::Read(bytes) => entry::parse(name, bytes),
        },
        // foyer drops what its own checksum does not fit, and says that there was nothing.
        Ok(_) if known && !cache.storage().may_contains(name) => None,
        Ok(_) => return Err(Missed::Absent),
        Err(_) => {
            // It would fail again.
            cache.storage().delete(name);
            return Err(Missed::Failed);
        }
    };
    if parsed.is_none() {
        cache.storage().delete(name);
    }
    parsed.ok_or(Missed::Damaged)
}

#[cfg(test)]
impl Store {
    /// The runtime of the disk's thread, for tests that hold it up.
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// As though a write of `name` had left no trace.
    pub(super) fn lose_a_write(&self, name: &ObjectName) {
        let name = Name::of(name);
        let stamp = self.pending().begin(&name, 1, usize::MAX).unwrap();
        let bytes = 1;
        self.told.send(Settled { name, stamp, bytes }).unwrap();
    }
}
