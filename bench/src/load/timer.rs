//! A timer that is exact to microseconds: timerfd_create(2). The runtime's own counts milliseconds, which would be the half of
//! what a redirect takes.

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use std::fs::File;
use std::io;
use std::time::{Duration, Instant};
use tokio::net::unix::pipe::Receiver;

/// Below this the kernel wakes a thread too late, and it is better to ask the clock again.
const SPIN: Duration = Duration::from_micros(30);

/// Wakes a task on time. A timer is read like a pipe into which the kernel writes eight bytes when it is time; the runtime's
/// reader of pipes owns its file, as its reader of any file can't promise.
#[derive(Debug)]
pub(super) struct Timer(Receiver);

impl Timer {
    /// Makes one within a runtime.
    ///
    /// # Errors
    /// When there is no file left for it.
    pub(super) fn new() -> io::Result<Self> {
        let file = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        Ok(Self(Receiver::from_file_unchecked(File::from(file))?))
    }

    /// Waits until `at`. Returns at once when that is past.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(super) async fn until(&self, at: Instant) -> io::Result<()> {
        loop {
            let left = at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            if left <= SPIN {
                tokio::task::yield_now().await;
                continue;
            }
            self.sleep(left.saturating_sub(SPIN / 2)).await?;
        }
    }

    async fn sleep(&self, time: Duration) -> io::Result<()> {
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        let once = Itimerspec {
            it_interval: never,
            it_value: Timespec::try_from(time).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?,
        };
        timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
        loop {
            self.0.readable().await?;
            match self.0.try_read(&mut [0_u8; 8]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read.map(|_| ()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_wakes_on_time_and_not_before() {
        let timer = Timer::new().expect("a timer");
        let mut best = Duration::MAX;
        for micros in [50, 300, 1_000, 2_500, 700, 90, 400, 600, 800, 1_100] {
            let at = Instant::now() + Duration::from_micros(micros);
            timer.until(at).await.expect("waits");
            best = best.min(Instant::now().checked_duration_since(at).expect("not before"));
        }
        assert!(best < Duration::from_millis(1), "the best of ten was {best:?} late");
        timer.until(Instant::now()).await.expect("returns at once");
    }
}
