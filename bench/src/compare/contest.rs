//! One run of scenarios: everybody is started and checked, then measured in turn, round for round.

use super::idle;
use super::interrupted;
use super::options::{Options, say};
use super::scenario::{Meanwhile, Run, Scenario};
use crate::contenders::{Contender, Ground, Origins, Stage, Work};
use crate::error::BenchError;
use crate::load::{self, Outcome, Pace, Part, Pick, Plan, Target, Turn};
use crate::origin::Object;
use crate::result;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// Between two changes of a configuration.
const CHANGE: Duration = Duration::from_millis(500);

/// The longest that caches are filled.
const FILLING: Duration = Duration::from_mins(2);

/// A scenario with those who take part.
struct Cell<'a> {
    scenario: &'a Scenario,
    stages: Vec<(Stage, usize)>,
    report: result::Scenario,
}

/// Runs the scenarios of one file. Remarks are what whoever reads the figures must know.
///
/// # Errors
/// When a contender does not start, answers wrongly, or the load can't be made.
pub(super) fn run(
    run: &Run,
    options: &Options,
    remarks: &mut BTreeSet<String>,
) -> Result<Vec<result::Scenario>, BenchError> {
    let folder = tempfile::Builder::new().prefix("evergate-bench-").tempdir();
    let folder = folder.map_err(|error| BenchError::said(format!("no temporary folder can be made: {error}")))?;
    let origins = Origins::start(folder.path(), &options.origin_cores, &files(run, options))?;
    let ground = origins.ground(folder.path(), &options.gateway)?;
    let mut cells = Vec::new();
    for scenario in &run.scenarios {
        cells.push(Cell::prepare(scenario, &ground, options, remarks)?);
    }
    for round in 0..options.rounds {
        for cell in &mut cells {
            cell.round(round, &ground, options, remarks)?;
        }
    }
    Ok(cells.into_iter().map(|cell| cell.report).collect())
}

/// What the unsigned origin must hold.
fn files(run: &Run, options: &Options) -> Vec<Object> {
    let sizes: BTreeSet<(usize, u64)> = run
        .scenarios
        .iter()
        .filter(|scenario| {
            let mut asked = scenario
                .contenders
                .iter()
                .filter(|contender| options.wants(**contender));
            asked.any(|contender| contender.needs_plain_origin())
        })
        .map(|scenario| (scenario.objects.bytes, scenario.objects.count))
        .collect();
    let of = |(bytes, count): (usize, u64)| (0..count).map(move |number| Object::new(bytes, number));
    sizes.into_iter().flat_map(of).collect()
}

impl<'a> Cell<'a> {
    fn prepare(
        scenario: &'a Scenario,
        ground: &Ground,
        options: &Options,
        remarks: &mut BTreeSet<String>,
    ) -> Result<Self, BenchError> {
        let mut cell = Self {
            scenario,
            stages: Vec::new(),
            report: result::Scenario {
                name: scenario.name.clone(),
                title: scenario.title.clone(),
                load: String::new(),
                run: String::new(),
                server_cores: scenario.server_cores,
                connections: scenario.connections as u64,
                rate: scenario.rate,
                object_bytes: Some(scenario.objects.bytes as u64).filter(|_| !is_redirect(scenario.work)),
                contenders: Vec::new(),
            },
        };
        for &contender in scenario
            .contenders
            .iter()
            .filter(|contender| options.wants(**contender))
        {
            interrupted()?;
            let missing = contender
                .missing()
                .or_else(|| options.too_few_cores(scenario.server_cores));
            if missing.is_none() {
                let stage = cell.start(contender, ground, options, remarks)?;
                cell.stages.push((stage, cell.report.contenders.len()));
            }
            cell.report.contenders.push(result::Contender {
                name: contender.to_string(),
                missing,
                rounds: Vec::new(),
            });
        }
        Ok(cell)
    }

    fn start(
        &mut self,
        contender: Contender,
        ground: &Ground,
        options: &Options,
        remarks: &mut BTreeSet<String>,
    ) -> Result<Stage, BenchError> {
        let Scenario { work, objects, .. } = *self.scenario;
        let protocol = self.scenario.protocol();
        let name = format!("{}-{contender}", self.scenario.name);
        let cores = options.server_cores(self.scenario.server_cores);
        let stage = Stage::start(ground, &name, contender, work, protocol, &cores)?;
        let plan = self.plan(&stage, ground, options, 0)?;
        self.report.load = plan.describe();
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
            self.fill(&stage, ground, plan, remarks)?;
        }
        Ok(stage)
    }

    /// Asks for every object once, so that caches hold what they can.
    fn fill(
        &self,
        stage: &Stage,
        ground: &Ground,
        plan: Plan,
        remarks: &mut BTreeSet<String>,
    ) -> Result<(), BenchError> {
        let Scenario { work, objects, .. } = *self.scenario;
        let asks = stage.asked(ground, objects.bytes).asks(work, objects.count)?;
        let filling = Plan {
            mix: vec![Part::all(asks, Pick::InOrder)],
            pace: Pace::Closed,
            requests_per_connection: None,
            warm_up: Duration::ZERO,
            duration: FILLING,
            most_requests: Some(objects.count),
            ..plan
        };
        let outcome = load::run(&filling, &mut |_| going_on())?;
        interrupted()?;
        note_faults(&self.scenario.name, stage.contender, &outcome, remarks);
        Ok(())
    }

    fn round(
        &mut self,
        round: usize,
        ground: &Ground,
        options: &Options,
        remarks: &mut BTreeSet<String>,
    ) -> Result<(), BenchError> {
        let mut stages = std::mem::take(&mut self.stages);
        for (stage, place) in &mut stages {
            interrupted()?;
            stage.check()?;
            let measured = self.measure(stage, round, ground, options, remarks)?;
            let rate = if measured.seconds > 0.0 {
                f64::from(u32::try_from(measured.answered).unwrap_or(u32::MAX)) / measured.seconds
            } else {
                0.0
            };
            let wrong = measured.failed + measured.wrong;
            say(&format!(
                "{} {}: round {} of {}: {rate:.0} a second, p99 {} µs, {wrong} failed",
                self.scenario.name,
                stage.contender,
                round + 1,
                options.rounds,
                measured.latency.p99
            ));
            if let Some(contender) = self.report.contenders.get_mut(*place) {
                contender.rounds.push(measured);
            }
        }
        self.stages = stages;
        Ok(())
    }

    fn measure(
        &self,
        stage: &mut Stage,
        round: usize,
        ground: &Ground,
        options: &Options,
        remarks: &mut BTreeSet<String>,
    ) -> Result<result::Round, BenchError> {
        let Scenario {
            work,
            objects,
            connections,
            meanwhile,
            ..
        } = *self.scenario;
        if meanwhile == Meanwhile::Idle {
            let asks = stage.asked(ground, objects.bytes).asks(work, objects.count)?;
            return idle::measure(stage, &asks, connections);
        }
        let plan = self.plan(stage, ground, options, round)?;
        let before = stage.asked_of_origin(ground)?;
        let outcome = changing(stage, meanwhile, &plan)?;
        interrupted()?;
        let asked = asked_since(stage, ground, before)?;
        note_faults(&self.scenario.name, stage.contender, &outcome, remarks);
        self.note_origin(stage.contender, &outcome, asked, remarks);
        Ok(outcome.round())
    }

    fn plan(&self, stage: &Stage, ground: &Ground, options: &Options, round: usize) -> Result<Plan, BenchError> {
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
        plan.server = Some(stage.watch());
        Ok(plan)
    }

    /// Hits must come from the cache and misses from the origin, or other things are measured than the name says.
    fn note_origin(&self, contender: Contender, outcome: &Outcome, asked: Option<u64>, remarks: &mut BTreeSet<String>) {
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
            remarks.insert(format!(
                "{} in {}: the origin was asked for {:.0} % of the answers, where {:.0} % were meant",
                contender,
                self.scenario.name,
                share * 100.0,
                expected * 100.0
            ));
        }
    }
}

/// Makes the load while the contender's configuration changes, if it shall.
fn changing(stage: &mut Stage, meanwhile: Meanwhile, plan: &Plan) -> Result<Outcome, BenchError> {
    let change = match meanwhile {
        Meanwhile::Nothing | Meanwhile::Idle => return Ok(load::run(plan, &mut |_| going_on())?),
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
        let outcome = load::run(plan, &mut |_| going_on());
        drop(done);
        match changer.join() {
            Ok(ended) => ended?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
        Ok(outcome?)
    })
}

fn going_on() -> ControlFlow<()> {
    if interrupted().is_ok() {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    }
}

fn asked_since(stage: &Stage, ground: &Ground, before: Option<u64>) -> Result<Option<u64>, BenchError> {
    // nginx counts the question itself.
    let own = u64::from(!stage.contender.is_gateway());
    let now = stage.asked_of_origin(ground)?;
    Ok(now
        .zip(before)
        .map(|(now, before)| now.saturating_sub(before).saturating_sub(own)))
}

fn note_faults(scenario: &str, contender: Contender, outcome: &Outcome, remarks: &mut BTreeSet<String>) {
    for (fault, times) in &outcome.faults {
        remarks.insert(format!("{contender} in {scenario}: {fault}, {times} times in a round"));
    }
}

const fn is_redirect(work: Work) -> bool {
    matches!(work, Work::Redirect | Work::ColdRedirect | Work::Refresh)
}

fn as_float(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
