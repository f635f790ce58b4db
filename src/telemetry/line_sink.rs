//! Where log lines go: into memory at once, to the writer soon after, by a thread of its own.
//!
//! A line is formatted straight into a buffer that belongs to few threads, usually one, so that it costs no system call,
//! no allocation and no wake-up. The writing thread sleeps while there is nothing to write, without any timer; the first
//! line wakes it, it lets lines gather for [`GATHERING`], and writes each buffer in one piece. Nobody ever waits for the
//! writer (rule 23): past [`BUFFER_LIMIT`] lines are dropped and counted. Lines of one thread keep their order.

use super::Cells;
use super::metrics::{MOST_LANES, my_lane};
use std::io::{ErrorKind, Write};
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use std::{fmt, io};

/// How many buffers there are; more threads than this share them.
const BUFFERS: usize = MOST_LANES;
/// Where a buffer takes no further line: a mebibyte with the line that goes past it.
const BUFFER_LIMIT: usize = 1_024 * 1_024 - 16 * 1_024;
/// A buffer this full is written without waiting for more.
const HURRY: usize = 256 * 1_024;
/// What a buffer begins with: room for the longest line of the access log.
const FIRST: usize = 8 * 1_024;
/// The largest empty buffer that is kept while nothing is logged.
const KEPT: usize = 16 * 1_024;
/// How long lines gather: nobody who reads along notices, and a busy worker is rarely interrupted.
const GATHERING: Duration = Duration::from_millis(10);
/// How long a writer that takes nothing for now is left in peace.
const BUSY_WRITER: Duration = Duration::from_millis(10);
/// How long the end of the program waits for a writer that is stuck.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The writing thread is parked until there is a line.
const ASLEEP: u8 = 0;
/// It lets lines gather, or writes.
const AWAKE: u8 = 1;
/// It has to write now.
const HURRIED: u8 = 2;

/// Takes lines. Cloning gives another handle on the same buffers.
#[derive(Clone)]
pub(super) struct LineSink {
    buffers: Arc<Buffers>,
    writing: Thread,
}

/// Writes out what is buffered when dropped; keep it until the program ends.
#[derive(Debug)]
#[must_use = "lines are lost when the guard is dropped early"]
pub struct SinkGuard(Vec<Ending>);

/// The end of one sink.
#[derive(Debug)]
struct Ending {
    sink: LineSink,
    ended: Receiver<()>,
}

impl LineSink {
    /// Lines go to `writer`, written by a thread called `name`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn to(writer: impl Write + Send + 'static, name: &str) -> io::Result<(Self, SinkGuard)> {
        let buffers = Arc::new(Buffers::new());
        let (end, ended) = mpsc::channel();
        let of_thread = Arc::clone(&buffers);
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
            of_thread.write_until_closed(writer);
            drop(end);
        })?;
        let sink = Self {
            buffers,
            writing: thread.thread().clone(),
        };
        let ending = Ending {
            sink: sink.clone(),
            ended,
        };
        Ok((sink, SinkGuard(vec![ending])))
    }

    /// Takes one line. `write` appends it with its line feed, and must not log anything itself.
    pub(super) fn line(&self, write: impl FnOnce(&mut String)) {
        let (before, after) = {
            let Some(mut lines) = self.buffers.mine() else { return };
            let before = lines.len();
            if before >= BUFFER_LIMIT {
                drop(lines);
                self.buffers.dropped.add(0, 1);
                return;
            }
            if lines.capacity() == 0 {
                lines.reserve_exact(FIRST);
            }
            write(&mut lines);
            (before, lines.len())
        };
        if before == 0 {
            self.advance(ASLEEP, AWAKE);
        } else if before < HURRY && after >= HURRY {
            self.advance(AWAKE, HURRIED);
        }
    }

    /// How many lines were dropped.
    pub(super) fn dropped(&self) -> Arc<Cells<1>> {
        Arc::clone(&self.buffers.dropped)
    }

    /// Wakes the writing thread if it is as `from` says; of many threads that want it, one does.
    fn advance(&self, from: u8, to: u8) {
        let pace = &self.buffers.pace;
        if pace
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
        {
            self.writing.unpark();
        }
    }
}

impl fmt::Debug for LineSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineSink").finish_non_exhaustive()
    }
}

impl SinkGuard {
    /// A guard of several sinks in one.
    pub fn and(mut self, mut other: Self) -> Self {
        self.0.append(&mut other.0);
        self
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.sink.buffers.closing.store(true, Ordering::Release);
        self.sink.writing.unpark();
        // The thread says nothing: either it ends, or its writer is stuck and the lines are lost.
        let _ = self.ended.recv_timeout(LAST_LINES);
    }
}

/// The lines of the threads of one lane, in cache lines that no other lane shares.
#[repr(align(128))]
#[derive(Default)]
struct Buffer(Mutex<String>);

impl Buffer {
    /// A lock that outlives a panic elsewhere: lines are worth writing all the same.
    fn lock(&self) -> MutexGuard<'_, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the threads that log share with the one that writes.
struct Buffers {
    lanes: [Buffer; BUFFERS],
    pace: AtomicU8,
    closing: AtomicBool,
    dropped: Arc<Cells<1>>,
}

impl Buffers {
    fn new() -> Self {
        Self {
            lanes: Default::default(),
            pace: AtomicU8::new(AWAKE),
            closing: AtomicBool::new(false),
            dropped: Arc::new(Cells::new()),
        }
    }

    fn mine(&self) -> Option<MutexGuard<'_, String>> {
        self.lanes.get(my_lane() % BUFFERS).map(Buffer::lock)
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// The life of the writing thread.
    fn write_until_closed(&self, mut writer: impl Write) {
        let mut spare = String::new();
        while !self.is_closing() {
            self.rest(&mut spare);
            self.write_all(&mut writer, &mut spare);
        }
        // Whatever was logged before the guard was dropped is in the buffers now.
        self.write_all(&mut writer, &mut spare);
    }

    /// Waits until there is something to write: for the first line as long as it takes, then for more, though not for long.
    fn rest(&self, spare: &mut String) {
        // Said before the buffers are looked at: a line that comes after the look finds the thread asleep and wakes it.
        self.pace.store(ASLEEP, Ordering::Release);
        match self.fullest() {
            0 => {
                self.give_back(spare);
                while self.pace.load(Ordering::Acquire) == ASLEEP && !self.is_closing() {
                    thread::park();
                }
            }
            // Refused when a worker has woken it meanwhile, or even hurried it.
            full => {
                let pace = if full < HURRY { AWAKE } else { HURRIED };
                let _ = self
                    .pace
                    .compare_exchange(ASLEEP, pace, Ordering::AcqRel, Ordering::Relaxed);
            }
        }
        let begun = Instant::now();
        while self.pace.load(Ordering::Acquire) == AWAKE && !self.is_closing() {
            let Some(left) = GATHERING.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) else {
                return;
            };
            thread::park_timeout(left);
        }
    }

    /// How many bytes the fullest buffer holds.
    fn fullest(&self) -> usize {
        let bytes = self.lanes.iter().map(|lane| lane.lock().len());
        bytes.max().unwrap_or_default()
    }

    /// Lets go of the memory that busy times took.
    fn give_back(&self, spare: &mut String) {
        if spare.capacity() > KEPT {
            *spare = String::new();
        }
        for lane in &self.lanes {
            let mut lines = lane.lock();
            if lines.is_empty() && lines.capacity() > KEPT {
                *lines = String::new();
            }
        }
    }

    /// Writes what every buffer holds. Each gets the one written before it in exchange, so that none has to grow anew.
    fn write_all(&self, writer: &mut impl Write, spare: &mut String) {
        for lane in &self.lanes {
            let mut lines = lane.lock();
            if lines.is_empty() {
                continue;
            }
            let full = mem::replace(&mut *lines, mem::take(spare));
            drop(lines);
            write(writer, full.as_bytes());
            *spare = full;
            spare.clear();
        }
    }
}

/// Writes one buffer. What a closed or broken writer refuses is lost, as it has to be.
fn write(writer: &mut impl Write, mut lines: &[u8]) {
    while !lines.is_empty() {
        match writer.write(lines) {
            Ok(0) => return,
            Ok(written) => lines = lines.get(written..).unwrap_or_default(),
            Err(error) => {
                if !is_worth_another_try(&error) {
                    return;
                }
            }
        }
    }
    while writer.flush().is_err_and(|error| is_worth_another_try(&error)) {}
}

/// A pipe that another program has set to non-blocking says so when it is full; it gets time to run dry.
fn is_worth_another_try(error: &io::Error) -> bool {
    match error.kind() {
        ErrorKind::Interrupted => true,
        ErrorKind::WouldBlock => {
            thread::sleep(BUSY_WRITER);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
