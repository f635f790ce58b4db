//! A body that arrives once and is read by many, each from where it likes, from the first byte on. Rule 21.
//!
//! The writer runs at the origin's pace and waits for no reader, since the whole body fits into its lease. A reader gets what
//! is there and is woken when there is more. What breaks off breaks off for all of them (rule 19).

use super::budget::Lease;
use bytes::{Bytes, BytesMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A body of a known length on its way. `E` is why it may end early.
#[derive(Debug)]
pub struct SharedBody<E> {
    length: u64,
    state: Mutex<State<E>>,
}

#[derive(Debug)]
struct State<E> {
    /// What has come, each piece with where it begins.
    pieces: Vec<(u64, Bytes)>,
    received: u64,
    broken: Option<E>,
    /// Counts up each time that readers are woken: a reader knows by it whether its waker is still listed.
    round: u64,
    readers: Vec<Waker>,
    lease: Option<Lease>,
}

impl<E: Clone> SharedBody<E> {
    /// Begins a body of `length` bytes within `lease`; it ends with `abandoned` when its writer is dropped early.
    #[must_use]
    pub fn begin(length: u64, lease: Lease, abandoned: E) -> (Arc<Self>, BodyWriter<E>) {
        let body = Arc::new(Self {
            length,
            state: Mutex::new(State {
                pieces: Vec::new(),
                received: 0,
                broken: None,
                round: 0,
                readers: Vec::new(),
                lease: Some(lease),
            }),
        });
        let writer = BodyWriter {
            body: Arc::clone(&body),
            abandoned: Some(abandoned),
            last: Bytes::new(),
        };
        (body, writer)
    }

    /// Returns the body's length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Returns a reader of the bytes from `first` up to, but not including, `end`; at most the whole body.
    #[must_use]
    pub fn reader(self: &Arc<Self>, first: u64, end: u64) -> BodyReader<E> {
        BodyReader {
            at: first,
            end: end.min(self.length),
            body: Arc::clone(self),
            listed: None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E> State<E> {
    /// Lists who is to be woken next time, once a round.
    fn list(&mut self, listed: &mut Option<(u64, usize)>, waker: &Waker) {
        let known = listed.filter(|(round, _)| *round == self.round);
        if let Some(known) = known.and_then(|(_, at)| self.readers.get_mut(at)) {
            known.clone_from(waker);
            return;
        }
        *listed = Some((self.round, self.readers.len()));
        self.readers.push(waker.clone());
    }

    fn take_readers(&mut self) -> Vec<Waker> {
        self.round = self.round.wrapping_add(1);
        std::mem::take(&mut self.readers)
    }
}

/// The one end that a body is written at.
#[derive(Debug)]
pub struct BodyWriter<E: Clone> {
    body: Arc<SharedBody<E>>,
    /// Why it ended, if it is dropped before it has.
    abandoned: Option<E>,
    /// The last bytes, which are held back until the body is published.
    last: Bytes,
}

impl<E: Clone> BodyWriter<E> {
    /// Adds the next bytes. Readers see the last of them when the body is published, and not before.
    pub fn write(&mut self, bytes: Bytes) {
        let readers = {
            let mut state = self.body.lock();
            let at = state.received;
            if at.saturating_add(bytes.len() as u64) == self.body.length {
                self.last = bytes;
                return;
            }
            state.received = at.saturating_add(bytes.len() as u64);
            state.pieces.push((at, bytes));
            state.take_readers()
        };
        readers.into_iter().for_each(Waker::wake);
    }

    /// Ends the body, whose readers get `why` behind what has come.
    pub fn break_off(mut self, why: E) {
        self.abandoned = None;
        self.end_with(why);
    }

    /// Ends the body; `None` when it is not as long as was said, which breaks it off.
    #[must_use]
    pub fn finish(mut self) -> Option<WholeBody<E>> {
        let (mut lease, pieces) = {
            let mut state = self.body.lock();
            let received = state.received.saturating_add(self.last.len() as u64);
            let lease = state.lease.take().filter(|_| received == self.body.length)?;
            (lease, state.pieces.clone())
        };
        let mut whole = BytesMut::with_capacity(usize::try_from(self.body.length).unwrap_or_default());
        for (_, piece) in &pieces {
            whole.extend_from_slice(piece);
        }
        whole.extend_from_slice(&self.last);
        lease.shrink_to(self.body.length);
        self.abandoned = None;
        Some(WholeBody {
            body: Arc::clone(&self.body),
            whole: lease.around(whole.freeze()),
        })
    }

    fn end_with(&self, why: E) {
        let readers = {
            let mut state = self.body.lock();
            state.broken = Some(why);
            state.take_readers()
        };
        readers.into_iter().for_each(Waker::wake);
    }
}

impl<E: Clone> Drop for BodyWriter<E> {
    fn drop(&mut self) {
        if let Some(why) = self.abandoned.take() {
            self.end_with(why);
        }
    }
}

/// A body that has come, in one piece and with its lease. Dropping it publishes it: then readers get their last bytes. Whoever keeps
/// it does so before, so that a reader who has all of it finds it kept.
#[derive(Debug)]
pub struct WholeBody<E: Clone> {
    body: Arc<SharedBody<E>>,
    whole: Bytes,
}

impl<E: Clone> WholeBody<E> {
    /// Returns all of its bytes.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.whole
    }
}

impl<E: Clone> Drop for WholeBody<E> {
    fn drop(&mut self) {
        let readers = {
            let mut state = self.body.lock();
            // In place of the pieces: they may be parts of larger buffers.
            state.pieces = vec![(0, std::mem::take(&mut self.whole))];
            state.received = self.body.length;
            state.take_readers()
        };
        readers.into_iter().for_each(Waker::wake);
    }
}

/// Reads a part of a shared body, as it arrives.
#[derive(Debug)]
pub struct BodyReader<E> {
    body: Arc<SharedBody<E>>,
    at: u64,
    end: u64,
    listed: Option<(u64, usize)>,
}

impl<E: Clone> BodyReader<E> {
    /// Returns how many bytes are still to be read.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }

    /// Returns the next bytes; `None` at the end of what was asked for.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, E>>> {
        if self.left() == 0 {
            return Poll::Ready(None);
        }
        let mut state = self.body.lock();
        if let Some(bytes) = next(&state.pieces, self.at, self.end) {
            self.at = self.at.saturating_add(bytes.len() as u64);
            return Poll::Ready(Some(Ok(bytes)));
        }
        if let Some(why) = &state.broken {
            let why = why.clone();
            drop(state);
            self.at = self.end;
            return Poll::Ready(Some(Err(why)));
        }
        state.list(&mut self.listed, context.waker());
        Poll::Pending
    }
}

/// Whoever goes away before more has come leaves nothing behind: a waker holds all that its task was made of.
impl<E> Drop for BodyReader<E> {
    fn drop(&mut self) {
        let Some((round, at)) = self.listed else { return };
        let _gone = {
            let mut state = self.body.state.lock().unwrap_or_else(PoisonError::into_inner);
            let known = (state.round == round).then(|| state.readers.get_mut(at)).flatten();
            known.map(|waker| std::mem::replace(waker, Waker::noop().clone()))
        };
    }
}

/// What there is of `pieces` from `at` on, up to `end` at the most.
fn next(pieces: &[(u64, Bytes)], at: u64, end: u64) -> Option<Bytes> {
    let behind = pieces.partition_point(|(begin, _)| *begin <= at);
    let (begin, piece) = pieces.get(behind.checked_sub(1)?)?;
    let from = usize::try_from(at.checked_sub(*begin)?).ok()?;
    let to = usize::try_from(end.checked_sub(*begin)?).ok()?.min(piece.len());
    (from < to).then(|| piece.slice(from..to))
}

#[cfg(test)]
#[path = "shared_body_tests.rs"]
mod tests;
