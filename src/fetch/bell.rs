//! What a connection wakes its user with, but for what the user does itself.
//!
//! Whoever takes a chunk of a body out of hyper's hands wakes the connection that it came by, for there is room for more now.
//! That is the very task that takes it, which would be run once more, for nothing.

use futures_util::task::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Poll, Wake, Waker};

/// Rings are heard at once.
const LOUD: u8 = 0;
/// They are noted.
const MUFFLED: u8 = 1;
/// One was.
const NOTED: u8 = 2;

/// Wakes one task, the last that it was told of.
#[derive(Debug, Default)]
pub(super) struct Bell {
    task: AtomicWaker,
    state: AtomicU8,
}

impl Bell {
    /// From now on it is this task that is woken.
    pub(super) fn rings_for(&self, task: &Waker) {
        self.task.register(task);
    }

    /// From now on nobody is woken, and no task is held.
    pub(super) fn rings_for_nobody(&self) {
        drop(self.task.take());
    }

    /// Lets `poll` ring without being heard, where something comes of it: then it is asked again in any case. Where nothing
    /// does, a ring meanwhile may have been somebody else's, and is heard after all.
    pub(super) fn muffled<T>(&self, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        self.state.store(MUFFLED, Ordering::SeqCst);
        let polled = poll();
        if self.state.swap(LOUD, Ordering::SeqCst) == NOTED && polled.is_pending() {
            self.task.wake();
        }
        polled
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let noted = self
            .state
            .compare_exchange(MUFFLED, NOTED, Ordering::SeqCst, Ordering::SeqCst);
        if noted == Err(LOUD) {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn only_what_brings_nothing_lets_a_ring_through() {
        let (bell, woken) = (Arc::new(Bell::default()), Arc::new(Woken::default()));
        let (ring, task) = (Waker::from(Arc::clone(&bell)), Waker::from(Arc::clone(&woken)));
        let times = || woken.0.load(Ordering::Relaxed);
        bell.rings_for(&task);
        ring.wake_by_ref();
        assert_eq!(times(), 1);
        bell.rings_for(&task);
        let ready = bell.muffled(|| {
            ring.wake_by_ref();
            Poll::Ready(())
        });
        assert!(ready.is_ready());
        assert_eq!(times(), 1, "it will be asked again");
        let pending: Poll<()> = bell.muffled(|| {
            ring.wake_by_ref();
            ring.wake_by_ref();
            Poll::Pending
        });
        assert!(pending.is_pending());
        assert_eq!(times(), 2, "nobody else would tell");
        bell.rings_for(&task);
        bell.rings_for_nobody();
        ring.wake_by_ref();
        assert_eq!(times(), 2);
        drop(task);
        assert_eq!(Arc::strong_count(&woken), 1, "an idle connection holds no task");
    }
}
