//! One scenario with those who take part in it.

use super::contest::Contest;
use super::idle;
use super::interrupted;
use super::options::say;
use super::scenario::{Meanwhile, Scenario};
use crate::contenders::{Contender, Ground, Stage, Work};
use crate::error::BenchError;
use crate::load::{self, Outcome, Pace, Part, Pick, Plan, Target, Turn, Waiting};
use crate::progress::Progress;
use crate::report::lacks_few;
use crate::result;
use std::ops::ControlFlow;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// Between two changes of a configuration.
const CHANGE: Duration = Duration::from_millis(500);

/// The longest that caches are filled.
const FILLING: Duration = Duration::from_mins(2);

/// Counts lines that the gateway's access log lost.
const LOST_LINES: &str = "evergate_log_lines_dropped_total{log=\"access\"}";

/// Counts reloads of the gateway's configuration.
const RELOADS: &str = "evergate_config_reloads_total{result=\"ok\"}";

/// A scenario with those who take part.
pub(super) struct Cell<'a> {
    scenario: &'a Scenario,
    /// Those who run, with their places in the report.
    stages: Vec<(Stage, usize)>,
    report: result::Scenario,
}

impl<'a> Cell<'a> {
    /// Starts and checks everybody. Who is not installed, does not start or answers wrongly is named as missing, with the reason;
    /// where it is the gateway itself, that is a failure of the contest.
    ///
    /// # Errors
    /// When the program is told to end.
    pub(super) fn prepare(scenario: &'a Scenario, contest: &mut Contest<'_>) -> Result<Self, BenchError> {
        let mut cell = Self {
            scenario,
            stages: Vec::new(),
            report: scenario.reported(),
        };
        let options = contest.options;
        let wanted = |contender: &&Contender| options.wants(**contender);
        for &contender in scenario.contenders.iter().filter(wanted) {
            interrupted()?;
            let mut missing = contender
                .missing()
                .or_else(|| options.too_few_cores(scenario.server_cores));
            if missing.is_none() {
                match cell.start(contender, 0, contest) {
                    Ok(stage) => cell.stages.push((stage, cell.report.contenders.len())),
                    Err(error) if interrupted().is_err() => return Err(error),
                    Err(error) => {
                        if contender.is_gateway() {
                            contest.fail(&scenario.name, contender, &error);
                        }
                        missing = Some(error.to_string());
                    }
                }
            }
            if let Some(missing) = &missing {
                say(&format!("{}: {contender} is missing: {missing}", scenario.name));
            }
            cell.report.contenders.push(result::Contender {
                name: contender.to_string(),
                missing,
                rounds: Vec::new(),
            });
        }
        Ok(cell)
    }

    /// Ends everybody.
    pub(super) fn end(&mut self) {
        self.stages.clear();
    }

    /// What was measured.
    pub(super) fn into_report(self) -> result::Scenario {
        self.report
    }

    /// Starts one for the rounds from `round` on, checks it, and lets its caches fill.
    fn start(&mut self, contender: Contender, round: usize, contest: &mut Contest<'_>) -> Result<Stage, BenchError> {
        let Contest { ground, options, .. } = *contest;
        let Scenario { work, objects, .. } = *self.scenario;
        let protocol = self.scenario.protocol();
        let name = format!("{}-{contender}-{round}", self.scenario.name);
        let cores = options.server_cores(self.scenario.server_cores);
        let stage = Stage::start(ground, &name, contender, work, protocol, &cores)?;
        let plan = self.plan(&stage, contest, 0)?;
        self.report.load = match self.scenario.meanwhile {
            Meanwhile::Idle => format!("{} idle connections, HTTP/1.1", self.scenario.connections),
            _ => plan.describe(),
        };
        stage.verify(ground, work, objects.bytes, protocol)?;
        if work == Work::Hit {
            // Once more, now without the origin.
            let before = stage.asked_of_origin(ground)?;
            stage.verify(ground, work, objects.bytes, protocol)?;
            if asked_since(&stage, ground, before)?.is_some_and(|asked| asked > 0) {
                let name = &self.scenario.name;
                return Err(BenchError::said(format!(
                    "{name}: {contender} asks the origin for what its cache should hold"
                )));
            }
        }
        say(&format!("{}: {contender} answers as it should", self.scenario.name));
        if options.rounds > 0 && matches!(work, Work::Redirect | Work::Hit) {
            self.fill(&stage, plan, contest)?;
        }
        Ok(stage)
    }

    /// Asks for every object once, so that caches hold what they can.
    fn fill(&self, stage: &Stage, plan: Plan, contest: &mut Contest<'_>) -> Result<(), BenchError> {
        let Scenario { work, objects, .. } = *self.scenario;
        let asks = stage.asked(contest.ground, objects.bytes).asks(work, objects.count)?;
        let filling = Plan {
            mix: vec![Part::all(asks, Pick::InOrder)],
            pace: Pace::Closed,
            connections: plan.connections.min(64),
            requests_per_connection: None,
            warm_up: Duration::ZERO,
            duration: FILLING,
            most_requests: Some(objects.count),
            // The origin may be on these cores.
            waiting: Waiting::Asleep,
            ..plan
        };
        let outcome = shown(
            &format!("{} {}, filling", self.scenario.name, stage.contender),
            &filling,
        )?;
        interrupted()?;
        self.note_faults(stage.contender, &outcome, contest);
        Ok(())
    }

    /// Measures everybody once, as often as this scenario takes it. Who fails is left out from then on; what was measured of it stays.
    ///
    /// # Errors
    /// When the program is told to end.
    pub(super) fn round(&mut self, round: usize, contest: &mut Contest<'_>) -> Result<(), BenchError> {
        let rounds = self.scenario.rounds(contest.options.rounds);
        if round >= rounds {
            return Ok(());
        }
        self.turns(round, rounds, contest)
    }

    /// Measures everybody once more, where a server was not busy in some rounds and a figure lacks a few of those that it takes.
    ///
    /// # Errors
    /// When the program is told to end.
    pub(super) fn one_more(&mut self, contest: &mut Contest<'_>) -> Result<(), BenchError> {
        if !lacks_few(&self.report) {
            return Ok(());
        }
        let contenders = self.report.contenders.iter();
        let done = contenders
            .map(|contender| contender.rounds.len())
            .max()
            .unwrap_or_default();
        self.turns(done, done + 1, contest)
    }

    fn turns(&mut self, round: usize, rounds: usize, contest: &mut Contest<'_>) -> Result<(), BenchError> {
        for (mut stage, place) in std::mem::take(&mut self.stages) {
            interrupted()?;
            let contender = stage.contender;
            let measured = match self.turn(&mut stage, round, contest) {
                Ok(measured) => measured,
                Err(error) if interrupted().is_err() => return Err(error),
                Err(error) => {
                    contest.fail(&self.scenario.name, contender, &error);
                    continue;
                }
            };
            say(&told(&self.scenario.name, contender, (round + 1, rounds), &measured));
            if let Some(contender) = self.report.contenders.get_mut(place) {
                contender.rounds.push(measured);
            }
            self.stages.push((stage, place));
        }
        Ok(())
    }

    fn turn(
        &mut self,
        stage: &mut Stage,
        round: usize,
        contest: &mut Contest<'_>,
    ) -> Result<result::Round, BenchError> {
        if self.scenario.meanwhile == Meanwhile::Idle && round > 0 {
            // Memory that was used and given back does not grow a second time.
            *stage = self.start(stage.contender, round, contest)?;
        }
        stage.check()?;
        let measured = self.measure(stage, round, contest)?;
        // One that has ended meanwhile was not measured.
        stage.check()?;
        Ok(measured)
    }

    fn measure(&self, stage: &mut Stage, round: usize, contest: &mut Contest<'_>) -> Result<result::Round, BenchError> {
        let ground = contest.ground;
        let Scenario { work, objects, .. } = *self.scenario;
        // Where the kernel refuses, the peak is that of the server's whole life.
        let _ = stage.watch().tree.forget_peak()?;
        if self.scenario.meanwhile == Meanwhile::Idle {
            let asks = stage.asked(ground, objects.bytes).asks(work, objects.count)?;
            return idle::measure(stage, &asks, self.scenario.connections);
        }
        let plan = self.plan(stage, contest, round)?;
        let asked = stage.asked_of_origin(ground)?;
        let (lost, reloaded) = (stage.metric(LOST_LINES)?, stage.metric(RELOADS)?);
        let name = format!("{} {}", self.scenario.name, stage.contender);
        let outcome = changing(&name, stage, self.scenario.meanwhile, &plan)?;
        interrupted()?;
        let asked = asked_since(stage, ground, asked)?;
        self.note_origin(stage.contender, &outcome, asked, contest);
        self.note_faults(stage.contender, &outcome, contest);
        let since = |before: Option<f64>, now: Option<f64>| now.zip(before).map(|(now, before)| now - before);
        let mut note = |what: String| {
            let place = format!("{} in {}", stage.contender, self.scenario.name);
            contest.notes.remarks.insert(format!("{place}: {what}."));
        };
        if let Some(lost) = since(lost, stage.metric(LOST_LINES)?).filter(|lost| *lost > 0.0) {
            note(format!("{lost} lines of the access log were lost in a round"));
        }
        let reloaded = since(reloaded, stage.metric(RELOADS)?);
        if self.scenario.meanwhile.is_change() && reloaded.is_some_and(|times| times < 1.0) {
            note("the configuration was not loaded anew in a round".to_owned());
        }
        Ok(outcome.round())
    }

    fn plan(&self, stage: &Stage, contest: &Contest<'_>, round: usize) -> Result<Plan, BenchError> {
        let Contest { ground, options, .. } = *contest;
        let scenario = self.scenario;
        let asked = stage.asked(ground, scenario.objects.bytes);
        let asks = asked.asks(scenario.work, scenario.objects.count)?;
        let unchanged = 1.0 - scenario.ranges - scenario.conditionals - scenario.misses;
        let part = |share, turn| Part {
            share,
            asks: asks.clone(),
            pick: scenario.pick(),
            turn,
        };
        let mut mix = vec![
            part(unchanged, Turn::AsIs),
            part(scenario.ranges, Turn::Range),
            part(scenario.conditionals, Turn::Conditional),
        ];
        if scenario.misses > 0.0 {
            mix.push(Part {
                share: scenario.misses,
                asks: asked.asks(Work::Miss, scenario.objects.count)?,
                pick: scenario.pick(),
                turn: Turn::AsIs,
            });
        }
        mix.retain(|part| part.share > 0.0);
        let mut plan = Plan::new(Target::local(stage.address), mix);
        plan.protocol = scenario.protocol();
        plan.connections = scenario.connections;
        plan.pace = scenario.pace();
        plan.requests_per_connection = scenario.requests_per_connection;
        plan.warm_up = options.warm_up();
        plan.duration = options.duration;
        plan.seed = u64::try_from(round).unwrap_or_default() + 1;
        plan.cores = Some(options.load_cores.clone());
        plan.waiting = options.waiting(scenario, contest.most_cores);
        plan.server = Some(stage.watch());
        Ok(plan)
    }

    fn note_faults(&self, contender: Contender, outcome: &Outcome, contest: &mut Contest<'_>) {
        for (fault, times) in &outcome.faults {
            let place = format!("{contender} in {}", self.scenario.name);
            contest
                .notes
                .remarks
                .insert(format!("{place}: {fault}, {times} times in a round."));
        }
    }

    /// Hits must come from the cache and misses from the origin, or other things are measured than the name says.
    fn note_origin(&self, contender: Contender, outcome: &Outcome, asked: Option<u64>, contest: &mut Contest<'_>) {
        let Some(asked) = asked else { return };
        let whole: u64 = outcome.statuses.values().sum();
        let (real, whole) = (as_float(asked), as_float(whole.max(1)));
        let share = real / whole;
        let expected = match self.scenario.work {
            Work::Redirect | Work::ColdRedirect | Work::Refresh => 0.0,
            Work::Hit => self.scenario.misses,
            Work::Miss | Work::Get | Work::Put => 1.0,
        };
        // The warm-up's requests are seen by the origin and not by the outcome.
        let is_off = if expected > 0.5 {
            share < 0.98
        } else {
            share > expected * 1.5 + 0.02
        };
        if is_off {
            contest.notes.remarks.insert(format!(
                "{contender} in {}: the origin was asked for {:.0} % of the answers, where {:.0} % were meant.",
                self.scenario.name,
                share * 100.0,
                expected * 100.0
            ));
        }
    }
}

/// Makes the load while the contender's configuration changes, if it shall.
fn changing(name: &str, stage: &mut Stage, meanwhile: Meanwhile, plan: &Plan) -> Result<Outcome, BenchError> {
    let change = match meanwhile {
        Meanwhile::Nothing | Meanwhile::Idle => return shown(name, plan),
        Meanwhile::Reloads => Stage::reload,
        Meanwhile::Rotations => Stage::rotate,
    };
    let (done, is_done) = channel::<()>();
    thread::scope(|scope| {
        let changer = scope.spawn(move || {
            while is_done.recv_timeout(CHANGE) == Err(RecvTimeoutError::Timeout) {
                change(stage)?;
            }
            Ok::<(), BenchError>(())
        });
        let outcome = shown(name, plan);
        drop(done);
        match changer.join() {
            Ok(ended) => ended?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
        outcome
    })
}

/// Makes the load, with a bar that says how it goes.
fn shown(name: &str, plan: &Plan) -> Result<Outcome, BenchError> {
    let mut progress = Progress::new(name);
    let outcome = load::run(plan, &mut |snapshot| {
        if interrupted().is_err() {
            return ControlFlow::Break(());
        }
        progress.show(snapshot)
    });
    progress.end();
    Ok(outcome?)
}

fn told(name: &str, contender: Contender, (round, rounds): (usize, usize), measured: &result::Round) -> String {
    let rate = if measured.seconds > 0.0 {
        as_float(measured.answered) / measured.seconds
    } else {
        0.0
    };
    let (p99, failed) = (measured.latency.p99, measured.failed + measured.wrong);
    format!("{name} {contender}: round {round} of {rounds}: {rate:.0} a second, p99 {p99} µs, {failed} failed")
}

fn asked_since(stage: &Stage, ground: &Ground, before: Option<u64>) -> Result<Option<u64>, BenchError> {
    // nginx counts the question itself.
    let own = u64::from(!stage.contender.is_gateway());
    let now = stage.asked_of_origin(ground)?;
    Ok(now
        .zip(before)
        .map(|(now, before)| now.saturating_sub(before).saturating_sub(own)))
}

fn as_float(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
