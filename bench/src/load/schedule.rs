//! When requests are due, and who makes them: tickets.
//!
//! In an open loop tickets are released on time into a queue, whether or not a connection is free; a connection that becomes
//! free takes the oldest. So no request is left out because the server was slow, and the time that it waited counts. In a closed
//! loop there is a ticket whenever someone asks for one.

use super::Pace;
use super::ledger::LATE;
use super::timer::Timer;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// The times of a load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// When the first request is due.
    pub(super) start: Instant,
    /// When measuring begins.
    pub(super) begin: Instant,
    /// When the last request is due.
    pub(super) end: Instant,
    /// When what was due and not sent is given up.
    pub(super) give_up: Instant,
}

impl Times {
    pub(super) fn new(start: Instant, warm_up: Duration, duration: Duration, timeout: Duration) -> Self {
        let begin = later(start, warm_up);
        let end = later(begin, duration);
        Self {
            start,
            begin,
            end,
            give_up: later(end, duration.min(timeout)),
        }
    }
}

/// What all threads of a load share: whether it is over early.
#[derive(Debug)]
pub(super) struct Bounds {
    /// How many requests may still be measured.
    left: Option<AtomicU64>,
    stopped: AtomicBool,
}

impl Bounds {
    pub(super) fn new(most_requests: Option<u64>) -> Self {
        Self {
            left: most_requests.map(AtomicU64::new),
            stopped: AtomicBool::new(false),
        }
    }

    /// Lets nobody have another ticket.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Says whether requests are counted.
    pub(super) fn are_set(&self) -> bool {
        self.left.is_some()
    }

    /// Counts one more request that is measured; says whether it still may be. The load is over with the first that may not.
    fn count(&self) -> bool {
        let Some(left) = &self.left else { return true };
        let counted = left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .is_ok();
        if !counted {
            self.stop();
        }
        counted
    }
}

/// A request that is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    /// When it is due; `None`: as soon as possible.
    pub(super) due: Option<Instant>,
    /// Whether it is due before measuring begins. In a closed loop: begins before it.
    pub(super) warms_up: bool,
}

/// The tickets of one thread.
#[derive(Debug)]
pub(super) struct Tickets {
    times: Times,
    /// Nanoseconds between two, and until the first, in an open loop.
    open: Option<Steps>,
    released: Semaphore,
    taken: AtomicU64,
    held_up: AtomicU64,
}

#[derive(Clone, Copy, Debug)]
struct Steps {
    nanos: f64,
    first: f64,
}

impl Tickets {
    /// Makes the tickets of a thread that holds `own` of all connections, and of which `before` are held by threads before it.
    pub(super) fn new(pace: Pace, times: Times, own: usize, before: usize, all: usize) -> Self {
        let count = |connections: usize| f64::from(u32::try_from(connections).unwrap_or(u32::MAX));
        let open = match pace {
            Pace::Closed => None,
            Pace::Open { rate } => {
                let nanos = 1e9 / rate * count(all) / count(own).max(1.0);
                // Threads take turns instead of all sending at once.
                Some(Steps {
                    nanos,
                    first: nanos * count(before) / count(all).max(1.0),
                })
            }
        };
        Self {
            times,
            open,
            released: Semaphore::new(0),
            taken: AtomicU64::new(0),
            held_up: AtomicU64::new(0),
        }
    }

    /// Waits for the next ticket. Returns `None` when there are no more.
    pub(super) async fn next(&self, bounds: &Bounds) -> Option<Ticket> {
        if self.open.is_some() {
            self.released.acquire().await.ok()?.forget();
        }
        if bounds.is_stopped() {
            return None;
        }
        let due = self.open.map(|_| self.due(self.taken.fetch_add(1, Ordering::Relaxed)));
        let at = due.unwrap_or_else(Instant::now);
        let warms_up = at < self.times.begin;
        if at >= self.times.end || !(warms_up || bounds.count()) {
            return None;
        }
        Some(Ticket { due, warms_up })
    }

    /// Releases the tickets on time, and then one for each of `takers` that tells it that there are no more. A task of its own in
    /// an open loop; returns at once in a closed one.
    ///
    /// # Errors
    /// When the kernel gives no timer.
    pub(super) async fn release(&self, takers: usize, bounds: &Bounds) -> io::Result<()> {
        if self.open.is_none() {
            return Ok(());
        }
        let timer = Timer::new()?;
        let mut next = 0_u64;
        while !bounds.is_stopped() {
            let due = self.due(next);
            if due >= self.times.end {
                break;
            }
            timer.until(due).await?;
            // All that are due by now: this task may have been held up, too.
            let now = Instant::now();
            let mut count = 0_usize;
            let mut held_up = 0;
            loop {
                let due = self.due(next);
                if due > now || due >= self.times.end {
                    break;
                }
                held_up += u64::from(due >= self.times.begin && now.duration_since(due) > LATE);
                next = next.saturating_add(1);
                count = count.saturating_add(1);
            }
            self.released.add_permits(count);
            self.held_up.fetch_add(held_up, Ordering::Relaxed);
        }
        self.released.add_permits(takers);
        Ok(())
    }

    /// Returns how many tickets were released late, warm-up left out: whoever releases them did not get its core in time.
    pub(super) fn held_up(&self) -> u64 {
        self.held_up.load(Ordering::Relaxed)
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "nanoseconds of a load's life, far below 2^53"
    )]
    fn due(&self, ticket: u64) -> Instant {
        let Some(steps) = self.open else {
            return self.times.start;
        };
        let nanos = steps.nanos.mul_add(ticket as f64, steps.first);
        later(self.times.start, Duration::from_nanos(nanos as u64))
    }
}

/// Adds, and stays where a clock could not go further.
fn later(instant: Instant, time: Duration) -> Instant {
    instant.checked_add(time).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Pace = Pace::Open { rate: 1_000.0 };

    fn times(start: Instant, warm_up: u64, duration: u64) -> Times {
        let millis = Duration::from_millis;
        Times::new(start, millis(warm_up), millis(duration), millis(1_000))
    }

    async fn all(tickets: &Tickets, bounds: &Bounds) -> Vec<Ticket> {
        let mut found = Vec::new();
        while let Some(ticket) = tickets.next(bounds).await {
            found.push(ticket);
        }
        found
    }

    #[tokio::test]
    async fn an_open_loop_releases_every_ticket_however_late_it_is_asked() {
        let start = Instant::now();
        let times = times(start, 50, 100);
        let tickets = Tickets::new(RATE, times, 1, 0, 1);
        let bounds = Bounds::new(None);
        tickets.release(1, &bounds).await.expect("a timer");
        assert!(Instant::now() >= start + Duration::from_millis(149));
        // Nobody took one until all were due.
        let found = all(&tickets, &bounds).await;
        assert_eq!(found.len(), 150);
        assert_eq!(found.iter().filter(|ticket| ticket.warms_up).count(), 50);
        for (index, ticket) in found.iter().enumerate() {
            let due = ticket.due.expect("is due").duration_since(start);
            assert!(
                due.abs_diff(Duration::from_millis(index as u64)) < Duration::from_micros(2),
                "{due:?}"
            );
        }
    }

    #[test]
    fn threads_share_a_rate_by_their_connections_and_take_turns() {
        let start = Instant::now();
        let times = times(start, 0, 1_000);
        let of_three = [(2, 0), (1, 2)].map(|(own, before)| Tickets::new(RATE, times, own, before, 3));
        let due = |thread: usize, ticket| of_three[thread].due(ticket).duration_since(start).as_micros();
        assert_eq!([due(0, 0), due(0, 1), due(0, 2)], [0, 1_500, 3_000]);
        assert_eq!([due(1, 0), due(1, 1), due(1, 2)], [2_000, 5_000, 8_000]);
    }

    #[tokio::test]
    async fn most_requests_bounds_what_is_measured_and_not_the_warm_up() {
        let times = times(Instant::now(), 20, 1_000);
        let bounds = Bounds::new(Some(7));
        let tickets = Tickets::new(RATE, times, 1, 0, 1);
        let (released, found) = tokio::join!(tickets.release(1, &bounds), all(&tickets, &bounds));
        released.expect("a timer");
        assert_eq!(found.iter().filter(|ticket| !ticket.warms_up).count(), 7);
        assert_eq!(found.len(), 27);
        assert!(Instant::now() < times.end, "it does not wait for the end");
    }

    #[tokio::test]
    async fn a_closed_loop_has_tickets_until_its_end() {
        let times = times(Instant::now(), 0, 30);
        let tickets = Tickets::new(Pace::Closed, times, 1, 0, 1);
        let bounds = Bounds::new(None);
        tickets.release(1, &bounds).await.expect("nothing to do");
        let first = tickets.next(&bounds).await;
        assert_eq!(
            first,
            Some(Ticket {
                due: None,
                warms_up: false
            })
        );
        tokio::time::sleep_until(times.end.into()).await;
        assert_eq!(tickets.next(&bounds).await, None);
    }
}
