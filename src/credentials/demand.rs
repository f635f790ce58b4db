//! How a request asks the renewal for a newer credential than the one that the origin refused, and hears that it has
//! tried. However many ask, the source is called once.

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Notify, watch};

/// Asked by any thread, served by the renewal.
#[derive(Debug)]
pub(super) struct Demand {
    asked: AtomicU64,
    poke: Notify,
    served: watch::Sender<u64>,
}

/// One asking.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket(u64);

impl Demand {
    pub(super) fn new() -> Self {
        Self {
            asked: AtomicU64::new(0),
            poke: Notify::new(),
            served: watch::Sender::new(0),
        }
    }

    /// Asks the renewal to load.
    pub(super) fn ask(&self) -> Ticket {
        let ticket = Ticket(self.asked.fetch_add(1, Ordering::AcqRel) + 1);
        self.poke.notify_one();
        ticket
    }

    /// Waits until the renewal has loaded, or declined to, after `ticket` was taken.
    pub(super) async fn served(&self, ticket: Ticket) {
        let mut served = self.served.subscribe();
        // The sender lives as long as this.
        let _ = served.wait_for(|served| *served >= ticket.0).await;
    }

    /// Waits until somebody asks who has not been served.
    pub(super) async fn asked(&self) {
        while self.asked.load(Ordering::Acquire) <= *self.served.borrow() {
            self.poke.notified().await;
        }
    }

    /// Tells everybody who has asked so far that there is nothing more to wait for.
    pub(super) fn serve(&self) {
        self.served.send_replace(self.asked.load(Ordering::Acquire));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn all_who_ask_are_served_at_once_and_nobody_twice() {
        let demand = Demand::new();
        let soon = Duration::from_millis(20);
        assert!(timeout(soon, demand.asked()).await.is_err());
        let tickets = [demand.ask(), demand.ask()];
        demand.asked().await;
        assert!(timeout(soon, demand.served(tickets[0])).await.is_err());
        demand.serve();
        for ticket in tickets {
            demand.served(ticket).await;
        }
        assert!(
            timeout(soon, demand.asked()).await.is_err(),
            "one poke is left, and nobody behind it"
        );
        let late = demand.ask();
        assert!(timeout(soon, demand.served(late)).await.is_err());
    }
}
