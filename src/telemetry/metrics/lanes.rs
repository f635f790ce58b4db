//! Which lane a thread works in, so that workers change no memory that another one changes.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Lanes are shared beyond this many threads; it bounds the memory of what there is once for each. A power of two, as every
/// number of lanes.
pub(in crate::telemetry) const MOST_LANES: usize = 16;

/// How many lanes there are: a power of two.
pub(super) fn lanes() -> usize {
    static LANES: OnceLock<usize> = OnceLock::new();
    *LANES.get_or_init(|| {
        std::thread::available_parallelism()
            .map_or(1, std::num::NonZero::get)
            .next_power_of_two()
            .min(MOST_LANES)
    })
}

/// This thread's number: threads are counted as they first ask.
pub(in crate::telemetry) fn my_lane() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static MINE: Cell<Option<usize>> = const { Cell::new(None) });
    MINE.with(|mine| {
        mine.get().unwrap_or_else(|| {
            let lane = NEXT.fetch_add(1, Ordering::Relaxed);
            mine.set(Some(lane));
            lane
        })
    })
}

/// Handles on one thing, for requests that hold on to it for as long as they last. Were there one count of references for all
/// workers, they would fight over it; so each lane has one, in cache lines of its own.
#[derive(Debug)]
pub(in crate::telemetry) struct Handles<T> {
    first: Arc<Handle<T>>,
    others: Box<[Arc<Handle<T>>]>,
}

/// One lane's handle.
#[repr(align(128))]
#[derive(Clone, Debug)]
pub(in crate::telemetry) struct Handle<T>(T);

impl<T: Clone> Handles<T> {
    /// Makes handles on `thing`.
    pub(in crate::telemetry) fn on(thing: T) -> Self {
        let first = Handle(thing);
        Self {
            others: (1..lanes()).map(|_| Arc::new(first.clone())).collect(),
            first: Arc::new(first),
        }
    }
}

impl<T> Handles<T> {
    /// The handle of this thread's lane.
    pub(in crate::telemetry) fn mine(&self) -> &Arc<Handle<T>> {
        // There is a power of two of them, one of which is the first: how many others there are is the mask.
        let other = (my_lane() & self.others.len()).checked_sub(1);
        other.and_then(|place| self.others.get(place)).unwrap_or(&self.first)
    }
}

impl<T> Deref for Handle<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_thread_has_one_handle_and_threads_have_several() {
        let handles = Handles::on("thing");
        assert!(Arc::ptr_eq(handles.mine(), handles.mine()));
        let seen: BTreeSet<_> = (0..4 * MOST_LANES)
            .map(|_| {
                let handle = || std::ptr::from_ref(&***handles.mine()).addr();
                std::thread::scope(|scope| scope.spawn(handle).join().unwrap())
            })
            .collect();
        assert_eq!(seen.len(), lanes());
        assert!(handles.others.iter().all(|handle| ***handle == "thing"));
    }
}
