//! A load from its beginning to its end: threads, phases, progress.

use super::choose::{Mix, chance};
use super::lane::{Desk, Lane};
use super::ledger::{Ledger, Recent};
use super::link::{Connector, Link, Shared, Single};
use super::outcome::{Outcome, Snapshot, percentiles};
use super::schedule::{Bounds, Tickets, Times};
use super::{Follow, LoadError, Pace, Plan, Protocol, Scheme, Waiting};
use crate::process::{allow_open_files, pin_this_thread};
use crate::result::ServerUse;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// From the order to start until the first request: threads and runtimes are made meanwhile.
const LEAD: Duration = Duration::from_millis(20);

/// How often progress is told.
const TICK: Duration = Duration::from_millis(200);

/// Files beside the connections.
const OTHER_FILES: u64 = 256;

/// Makes the load that `plan` asks for, and returns when it is over. Blocks: in a runtime, call it by `spawn_blocking`.
///
/// `progress` is called about five times a second on the calling thread; [`ControlFlow::Break`] ends the load early, and what was
/// measured until then is returned.
///
/// # Errors
/// When the plan can't be carried out at all. A server that does not answer is no error.
pub fn run(plan: &Plan, progress: &mut dyn FnMut(&Snapshot) -> ControlFlow<()>) -> Result<Outcome, LoadError> {
    plan.check()?;
    let mix = Arc::new(Mix::new(&plan.mix)?);
    let files = u64::try_from(plan.connections).unwrap_or(u64::MAX);
    let followed = if plan.follow == Follow::Always { 2 } else { 1 };
    allow_open_files(files.saturating_mul(followed).saturating_add(OTHER_FILES))?;
    let cut = CancellationToken::new();
    // However this function is left, no thread is left behind for long.
    let _guard = cut.clone().drop_guard();
    let resident_before = match plan.server {
        Some(server) => Some(server.tree.usage()?.resident),
        None => None,
    };
    let connector = connector(plan)?;
    let start = Instant::now().checked_add(LEAD).unwrap_or_else(Instant::now);
    let times = Times::new(start, plan.warm_up, plan.duration, plan.timeout);
    let bounds = Arc::new(Bounds::new(plan.most_requests));
    let (done, all_done) = channel();
    let plan = Arc::new(plan.clone());
    let crew = (0..threads(&plan))
        .map(|index| {
            let (own, before) = share(plan.connections, threads(&plan), index);
            let desk = Arc::new(Desk {
                times,
                mix: Arc::clone(&mix),
                bounds: Arc::clone(&bounds),
                tickets: Tickets::new(plan.pace, times, own, before, plan.connections),
                connector: connector.fresh(),
                ledger: Arc::new(Ledger::new()?),
                plan: Arc::clone(&plan),
            });
            Worker::start(desk, index, own, before, cut.clone(), done.clone())
        })
        .collect::<Result<Vec<_>, _>>()?;
    drop(done);
    let watched = watch(&plan, &times, &bounds, &crew, &all_done, progress)?;
    if watched.end == End::Cut {
        cut.cancel();
    }
    let mut outcome = finish(crew, &watched)?;
    if let Some(server) = &mut outcome.server {
        server.resident_before = resident_before;
    }
    Ok(outcome)
}

/// How many threads make the load.
fn threads(plan: &Plan) -> usize {
    let cores = match &plan.cores {
        Some(cores) => cores.count(),
        None => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
    };
    cores.min(plan.connections).max(1)
}

/// Returns how many connections a thread holds, and how many those before it do.
fn share(connections: usize, threads: usize, index: usize) -> (usize, usize) {
    let up_to = |index: usize| connections.saturating_mul(index) / threads.max(1);
    let before = up_to(index);
    (up_to(index.saturating_add(1)).saturating_sub(before), before)
}

fn connector(plan: &Plan) -> Result<Connector, LoadError> {
    match (plan.target.scheme, plan.follow) {
        (Scheme::Http, Follow::Never) => Ok(Connector::plain()),
        (Scheme::Https, _) | (_, Follow::Always) => Ok(Connector::with_tls()?),
    }
}

/// A thread of the load.
struct Worker {
    desk: Arc<Desk>,
    thread: JoinHandle<Result<(), LoadError>>,
}

impl Worker {
    fn start(
        desk: Arc<Desk>,
        index: usize,
        own: usize,
        before: usize,
        cut: CancellationToken,
        done: Sender<()>,
    ) -> Result<Self, LoadError> {
        let at = Arc::clone(&desk);
        let thread = std::thread::Builder::new()
            .name(format!("load-{index}"))
            .spawn(move || {
                // Dropped when the thread ends, panic or not: whoever waits for all of them learns of it.
                let _done = done;
                if let Some(cores) = &at.plan.cores {
                    pin_this_thread(&cores.one(index))?;
                }
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async {
                    if at.plan.waiting == Waiting::Awake {
                        tokio::spawn(stay_awake());
                    }
                    tokio::select! {
                        ended = lanes(&at, own, before) => ended,
                        () = cut.cancelled() => Ok(()),
                    }
                })
            })?;
        Ok(Self { desk, thread })
    }
}

/// Keeps a runtime from sleeping: it has something to do whenever it has looked at its sockets.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

/// Runs the lanes of one thread to their end.
async fn lanes(desk: &Arc<Desk>, own: usize, before: usize) -> Result<(), LoadError> {
    let plan = &desk.plan;
    let requests = plan.requests_per_connection.unwrap_or(u64::MAX);
    let streams = match plan.protocol {
        Protocol::Http1 => 1,
        Protocol::Http2 { streams } => streams.get(),
    };
    tokio::time::sleep_until(desk.times.start.into()).await;
    let mut tasks = JoinSet::new();
    for connection in 0..own {
        let shared = Shared::new(requests);
        for stream in 0..streams {
            let link = match plan.protocol {
                Protocol::Http1 => Link::Single(Box::new(Single::new(requests))),
                Protocol::Http2 { .. } => Link::Shared(shared.clone()),
            };
            let number = before
                .saturating_add(connection)
                .saturating_mul(streams)
                .saturating_add(stream);
            let chance = chance(plan.seed, u64::try_from(number).unwrap_or(u64::MAX));
            tasks.spawn(Lane::new(Arc::clone(desk), link, chance).run());
        }
    }
    desk.tickets.release(own.saturating_mul(streams), &desk.bounds).await?;
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
    Ok(())
}

/// How a load ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// By its plan: what is under way is waited for.
    Done,
    /// Because whoever is shown the progress wants it so.
    Cut,
}

/// What was read while the load went on.
struct Watched {
    end: End,
    measured: Duration,
    server: Option<ServerUse>,
}

/// Tells progress and reads what the server uses, until the load is over.
fn watch(
    plan: &Plan,
    times: &Times,
    bounds: &Bounds,
    crew: &[Worker],
    all_done: &Receiver<()>,
    progress: &mut dyn FnMut(&Snapshot) -> ControlFlow<()>,
) -> Result<Watched, LoadError> {
    let usage = |plan: &Plan| plan.server.map(|server| server.tree.usage()).transpose();
    let mut show = Show::new(times)?;
    let mut before = None;
    let mut next_tick = times.start;
    let mut ended = None;
    let mut end = End::Done;
    loop {
        let now = Instant::now();
        if before.is_none() && now >= times.begin {
            before = Some((usage(plan)?, now));
        }
        let over = match (plan.pace, ended) {
            (_, Some(_)) if bounds.is_stopped() => true,
            (Pace::Closed, Some(_)) => true,
            (_, Some(_)) | (Pace::Closed, None) => now >= times.end,
            (Pace::Open { .. }, None) => false,
        };
        if over {
            break;
        }
        if now >= next_tick {
            next_tick = now.checked_add(TICK).unwrap_or(now);
            if progress(&show.snapshot(crew, now)?).is_break() {
                bounds.stop();
                end = End::Cut;
                break;
            }
        }
        let wakes = [next_tick, times.begin, times.end];
        let wake = wakes.into_iter().filter(|at| *at > now).min().unwrap_or(next_tick);
        let pause = wake.saturating_duration_since(now);
        match (ended, all_done.recv_timeout(pause)) {
            (None, Err(RecvTimeoutError::Disconnected)) => ended = Some(Instant::now()),
            (Some(_), Err(RecvTimeoutError::Disconnected)) => std::thread::sleep(pause),
            _ => {}
        }
    }
    let now = Instant::now();
    // A closed loop counts what ends within its time; an open one waits for the last that was due.
    let until = if plan.pace == Pace::Closed {
        now.min(times.end)
    } else {
        now
    };
    let server = before.and_then(|(first, since)| {
        // A server that is gone by now has left its requests unanswered: the outcome tells.
        let last = usage(plan).ok().flatten()?;
        let cores = plan.server.map_or(0, |server| server.cores);
        Some(last.since(&first?, now.saturating_duration_since(since), cores))
    });
    Ok(Watched {
        end,
        measured: until.saturating_duration_since(times.begin),
        server,
    })
}

/// Adds up what the threads have found.
fn finish(crew: Vec<Worker>, watched: &Watched) -> Result<Outcome, LoadError> {
    let mut outcome = Outcome::empty()?;
    for worker in crew {
        match worker.thread.join() {
            Ok(ended) => ended?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
        let mut own = worker.desk.ledger.take_outcome()?;
        own.connects = worker.desk.connector.take_made();
        own.held_up = worker.desk.tickets.held_up();
        outcome.add(&own)?;
    }
    outcome.measured = watched.measured;
    outcome.server = watched.server;
    Ok(outcome)
}

/// Makes snapshots.
struct Show {
    times: Times,
    spare: Recent,
    sum: Recent,
    faults: u64,
    last: Instant,
}

impl Show {
    fn new(times: &Times) -> Result<Self, LoadError> {
        Ok(Self {
            times: *times,
            spare: Recent::empty()?,
            sum: Recent::empty()?,
            faults: 0,
            last: times.start,
        })
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of a fifth of a second, shown to people"
    )]
    fn snapshot(&mut self, crew: &[Worker], now: Instant) -> Result<Snapshot, LoadError> {
        for worker in crew {
            worker.desk.ledger.swap_recent(&mut self.spare);
            self.sum.drain(&mut self.spare)?;
        }
        let seconds = now.saturating_duration_since(self.last).as_secs_f64().max(0.001);
        self.faults = self.faults.saturating_add(self.sum.faults);
        let snapshot = Snapshot {
            elapsed: now.saturating_duration_since(self.times.start),
            total: self.times.end.saturating_duration_since(self.times.start),
            warming_up: now < self.times.begin,
            rate: self.sum.requests as f64 / seconds,
            bytes_per_second: self.sum.bytes as f64 / seconds,
            faults: self.faults,
            latency: percentiles(&self.sum.latency),
        };
        self.last = now;
        self.sum = Recent::empty()?;
        Ok(snapshot)
    }
}
