//! A lane: one request after the other over one connection, or over one stream of it. A task.

use super::choose::{Chosen, Mix};
use super::follow::{Follower, Redirected};
use super::judge::{Asked, Followed, Judge, Seen};
use super::ledger::{Done, Ledger};
use super::link::{Connector, Link, Standing};
use super::request::{build, decide};
use super::schedule::{Bounds, Ticket, Tickets, Times};
use super::{Fault, Follow, Plan};
use http::Method;
use rand::rngs::SmallRng;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// After a connection could not be made: a server that is away is not hammered at.
const PAUSE: Duration = Duration::from_millis(10);

/// What the lanes of one thread share.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) plan: Arc<Plan>,
    pub(super) times: Times,
    pub(super) mix: Arc<Mix>,
    pub(super) bounds: Arc<Bounds>,
    pub(super) tickets: Tickets,
    pub(super) connector: Connector,
    pub(super) ledger: Arc<Ledger>,
}

/// One lane.
#[derive(Debug)]
pub(super) struct Lane {
    desk: Arc<Desk>,
    link: Link,
    follower: Follower,
    chance: SmallRng,
}

impl Lane {
    pub(super) fn new(desk: Arc<Desk>, link: Link, chance: SmallRng) -> Self {
        Self {
            desk,
            link,
            follower: Follower::default(),
            chance,
        }
    }

    /// Makes requests until there are no more tickets.
    pub(super) async fn run(mut self) {
        let desk = Arc::clone(&self.desk);
        while let Some(ticket) = desk.tickets.next(&desk.bounds).await {
            let Some(chosen) = desk.mix.choose(&mut self.chance) else {
                return;
            };
            let fault = self.turn(&desk, ticket, &chosen).await;
            if matches!(fault, Err(Fault::Connect | Fault::Tls)) {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Makes one request and writes down what came of it.
    async fn turn(&mut self, desk: &Desk, ticket: Ticket, chosen: &Chosen<'_>) -> Result<(), Fault> {
        let began = Instant::now();
        if ticket.due.is_some() && began >= desk.times.give_up {
            desk.ledger
                .record(&desk.times, &desk.bounds, &Done::never_sent(ticket, began));
            return Err(Fault::NotSent);
        }
        let seen = if chosen.learns {
            desk.ledger.seen(chosen.name)
        } else {
            None
        };
        let asked = decide(chosen, seen.as_ref(), &mut self.chance);
        let mut judge = Judge::new(&chosen.ask.expect, asked, &chosen.ask.method, seen.as_ref());
        let mut resent = 0;
        let result = {
            // Pinned where it is: it is large, and would be moved about.
            let attempt = pin!(self.attempt(desk, chosen, asked, seen.as_ref(), &mut judge, &mut resent));
            timeout(desk.plan.timeout, attempt).await.unwrap_or(Err(Fault::Timeout))
        };
        if result == Err(Fault::Timeout) {
            // It was left somewhere within an exchange: nothing else can go over these connections.
            self.link.give_up();
            self.follower.give_up();
        }
        if let (true, Ok(()), Some(found)) = (chosen.learns, result, judge.to_remember())
            && seen.as_ref() != Some(&found)
        {
            desk.ledger.remember(chosen.name, found);
        }
        let done = Done {
            ticket,
            began,
            ended: Instant::now(),
            result,
            status: judge.first_status(),
            bytes: judge.total(),
            followed: self.follower.take_followed(),
            resent,
        };
        desk.ledger.record(&desk.times, &desk.bounds, &done);
        result
    }

    async fn attempt(
        &mut self,
        desk: &Desk,
        chosen: &Chosen<'_>,
        asked: Asked,
        seen: Option<&Seen>,
        judge: &mut Judge<'_>,
        resent: &mut u64,
    ) -> Result<(), Fault> {
        let plan = &desk.plan;
        loop {
            let standing = self.link.ensure(&desk.connector, &plan.target).await?;
            let request = build(chosen, asked, seen, &plan.target, plan.protocol)?;
            let Err(fault) = self.link.exchange(request, judge).await else {
                break;
            };
            self.link.give_up();
            // As every client does (RFC 9112 §9.3.1): it may have been closed while it was idle.
            let again = standing == Standing::Used && judge.answers() == 0 && chosen.ask.method.is_idempotent();
            if !again || *resent > 0 {
                return Err(fault);
            }
            *resent = 1;
        }
        let from = Redirected {
            target: &plan.target,
            path: &chosen.ask.path,
            method: &chosen.ask.method,
            asked,
            seen,
        };
        let may = plan.follow == Follow::Always && matches!(*from.method, Method::GET | Method::HEAD);
        if !may || judge.location().is_none() {
            return judge.verdict(Followed::No);
        }
        judge.verdict(Followed::No)?;
        self.follower.follow(from, &desk.connector, judge).await?;
        judge.verdict(Followed::Yes)
    }
}
