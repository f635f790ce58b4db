//! One target looked up in a report: the scenario, the contenders, whether their figures say anything, and what they say.

use super::{ABSENT, Entry, Judged, Measure, Memory, Pace, Pick, Quantity, REPETITIONS, Target, Verdict};
use crate::report::contender::look;
use crate::report::figures::{self, Basis, Figures, beside};
use crate::report::numbers::{self, real};
use crate::report::spread::Spread;
use crate::result::{Contender, Micro, Report, Scenario};

/// Fewer answers in a round than this leave less than ten beyond p99.9.
const TAIL_ANSWERS: u64 = 10_000;
/// The part of a fixed rate that must have been kept.
const KEPT: f64 = 0.99;

/// What a report says of a figure.
enum Finding {
    /// Its value, and what it is made of.
    Value(Spread, String),
    /// Its value, which says nothing, and why.
    Weak(Spread, String),
    /// That the target is not reached, whatever the value is, and why.
    Spoilt(String),
    /// Nothing, and why.
    Nothing(String),
}

use Finding::{Nothing, Spoilt, Value, Weak};

/// Judges one target.
pub(super) fn target(report: &Report, target: &Target) -> Judged {
    let finding = match target.measure {
        Measure::Beside { what, of, beside } => ratio(report, what, of, beside),
        Measure::Memory { what, of } => memory(report, what, of),
        Measure::Micro(name) => micro(report, name),
        Measure::Allocations(names) => allocations(report, names),
        Measure::MicroBeside(one, other) => micro_beside(report, one, other),
        Measure::Broken(way) => broken(report, way),
    };
    let (spread, verdict, reason) = match finding {
        Value(spread, reason) if target.bound.holds(spread.median, target.unit) => {
            (Some(spread), Verdict::Reached, reason)
        }
        Value(spread, reason) => (Some(spread), Verdict::NotReached, reason),
        Weak(spread, reason) => (Some(spread), Verdict::NotMeasured, reason),
        Spoilt(reason) => (None, Verdict::NotReached, reason),
        Nothing(reason) => (None, Verdict::NotMeasured, reason),
    };
    Judged {
        figure: target.figure,
        target: target.bound.words(target.unit),
        value: spread
            .map(|spread| target.unit.words(spread.median))
            .unwrap_or_default(),
        range: spread.map(|spread| target.unit.range(spread)).unwrap_or_default(),
        verdict,
        reason,
    }
}

/// A contender that was measured.
struct Found<'a> {
    scenario: &'a Scenario,
    contender: &'a Contender,
    figures: Figures,
    label: String,
}

fn find(report: &Report, entry: Entry) -> Result<Found<'_>, String> {
    let scenario = scenario(report, entry.pick).ok_or_else(|| format!("{ABSENT} scenario {}", words(entry.pick)))?;
    let label = look(entry.who).label;
    let contender = scenario
        .contenders
        .iter()
        .find(|contender| contender.name == entry.who)
        .ok_or_else(|| format!("{label} was not in {}", scenario.name))?;
    if let Some(missing) = &contender.missing {
        return Err(format!("{label} is missing: {missing}"));
    }
    if contender.rounds.is_empty() {
        return Err(format!("{label} has no rounds in {}", scenario.name));
    }
    Ok(Found {
        scenario,
        contender,
        figures: Figures::of(scenario, contender),
        label,
    })
}

fn scenario(report: &Report, pick: Pick) -> Option<&Scenario> {
    let named = |scenario: &&Scenario| {
        let rest = scenario.name.strip_prefix(pick.name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let asked = |scenario: &&Scenario| {
        pick.cores.is_none_or(|cores| cores == scenario.server_cores)
            && pick
                .connections
                .is_none_or(|connections| connections == scenario.connections)
            && pick.object.is_none_or(|bytes| Some(bytes) == scenario.object_bytes)
            && match pick.pace {
                Pace::Closed => scenario.rate.is_none(),
                Pace::Fixed => scenario.rate.is_some(),
                Pace::Any => true,
            }
    };
    report.scenarios.iter().filter(named).find(asked)
}

fn words(pick: Pick) -> String {
    let mut words = vec![format!("“{}”", pick.name)];
    words.extend(pick.object.map(|bytes| format!("of {}", numbers::object(bytes))));
    words.extend(pick.cores.map(|cores| format!("on {}", cores_words(cores))));
    words.extend(
        pick.connections
            .map(|count| format!("with {} connections", numbers::count(real(count)))),
    );
    if pick.pace == Pace::Fixed {
        words.push("at a fixed rate".to_owned());
    }
    words.join(" ")
}

fn cores_words(cores: usize) -> String {
    if cores == 1 {
        "1 core".to_owned()
    } else {
        format!("{cores} cores")
    }
}

fn ratio(report: &Report, what: Quantity, of: Entry, other: Entry) -> Finding {
    let (one, other) = match (find(report, of), find(report, other)) {
        (Ok(one), Ok(other)) => (one, other),
        (Err(reason), _) | (_, Err(reason)) => return Nothing(reason),
    };
    if one.scenario.run != other.scenario.run {
        return Nothing("the two were measured in different runs".to_owned());
    }
    if let Some(finding) = spoilt(&one, &other) {
        return finding;
    }
    if let (Quantity::Tail, Some(behind), None) = (what, behind(&one), behind(&other)) {
        return Spoilt(behind);
    }
    let same = std::ptr::eq(one.scenario, other.scenario);
    let figure = match what {
        Quantity::Rate => figures::rate,
        Quantity::UserCpu => figures::user,
        Quantity::Cpu => figures::cpu,
        Quantity::Tail => figures::tail,
    };
    let spread = beside((one.scenario, one.contender), (other.scenario, other.contender), figure);
    let Some(spread) = spread else {
        return Nothing(format!("{} or {} has no such figure", one.label, other.label));
    };
    let doubt = match what {
        Quantity::Rate | Quantity::UserCpu | Quantity::Cpu => [&one, &other].into_iter().find_map(doubt),
        Quantity::Tail => [&one, &other].into_iter().find_map(tail_doubt),
    };
    match doubt {
        Some(doubt) => Weak(spread, doubt),
        None => Value(spread, made_of(what, &one, &other, same)),
    }
}

/// What went wrong. On our side that is a target missed; on the other side there is nothing to be beside.
fn spoilt(one: &Found<'_>, other: &Found<'_>) -> Option<Finding> {
    let wrong = |found: &Found<'_>| {
        let (failed, wrong) = (found.figures.failed, found.figures.wrong);
        let count = |count: u64, what: &str| (count > 0).then(|| format!("{} {what}", numbers::count(real(count))));
        let faults = [count(failed, "requests failed"), count(wrong, "answers were wrong")];
        let faults: Vec<String> = faults.into_iter().flatten().collect();
        (!faults.is_empty()).then(|| format!("{}: {}", found.label, faults.join(", ")))
    };
    wrong(one).map(Spoilt).or_else(|| wrong(other).map(Nothing))
}

/// Why a contender's throughput says nothing, if it does not.
fn doubt(found: &Found<'_>) -> Option<String> {
    let Figures {
        basis, rounds, busy, ..
    } = &found.figures;
    let label = &found.label;
    match basis {
        Basis::Unknown => Some(format!("nobody knows how busy {label} was")),
        Basis::Idle => {
            let busy = busy.map(|busy| numbers::share(busy.max)).unwrap_or_default();
            Some(format!(
                "{label} used at most {busy} of its cores; below 95 % its throughput says nothing"
            ))
        }
        Basis::All | Basis::Some { .. } if found.figures.counted() < REPETITIONS => {
            let counted = found.figures.counted();
            let of = if counted == *rounds {
                String::new()
            } else {
                format!(" of {rounds}")
            };
            Some(format!(
                "{counted}{of} {} of {label} {}; it takes {REPETITIONS}",
                if *rounds == 1 { "repetition" } else { "repetitions" },
                if counted == 1 { "counts" } else { "count" }
            ))
        }
        Basis::All | Basis::Some { .. } => None,
    }
}

/// How far a contender fell behind a fixed rate, if it did.
fn behind(found: &Found<'_>) -> Option<String> {
    let rate = found.scenario.rate?;
    let kept = found.figures.rate.map_or(0.0, |kept| kept.median);
    (kept < rate * KEPT).then(|| {
        let (kept, rate) = (numbers::per_second(kept), numbers::per_second(rate));
        format!("{} answered {kept} requests a second of {rate}", found.label)
    })
}

/// Why a contender's p99.9 says nothing, if it does not.
fn tail_doubt(found: &Found<'_>) -> Option<String> {
    if found.figures.rounds < REPETITIONS {
        return Some(too_few(found.figures.rounds));
    }
    if let Some(behind) = behind(found) {
        return Some(behind);
    }
    (found.figures.answered < TAIL_ANSWERS).then(|| {
        let answered = numbers::count(real(found.figures.answered));
        format!(
            "{answered} answers in a round are too few for p99.9; it takes {}",
            numbers::count(real(TAIL_ANSWERS))
        )
    })
}

fn too_few(rounds: usize) -> String {
    let words = if rounds == 1 { "repetition" } else { "repetitions" };
    format!("{rounds} {words}; it takes {REPETITIONS}")
}

/// What a ratio is made of: `84,100 beside 82,140 requests a second`.
fn made_of(what: Quantity, one: &Found<'_>, other: &Found<'_>, same: bool) -> String {
    let median = |spread: Option<Spread>| spread.map_or(0.0, |spread| spread.median);
    let tail = |found: &Found<'_>| found.figures.latency.map_or(0.0, |[.., p999, _]| p999.median);
    let made_of = match what {
        Quantity::Rate => {
            let (one, other) = (median(one.figures.rate), median(other.figures.rate));
            format!(
                "{} beside {} requests a second",
                numbers::per_second(one),
                numbers::per_second(other)
            )
        }
        Quantity::UserCpu => {
            let (one, other) = (median(one.figures.user), median(other.figures.user));
            format!("{} beside {} µs", numbers::cpu(one), numbers::cpu(other))
        }
        Quantity::Cpu => {
            let (one, other) = (median(one.figures.cpu), median(other.figures.cpu));
            format!("{} beside {} µs", numbers::cpu(one), numbers::cpu(other))
        }
        Quantity::Tail => format!("{} beside {}", numbers::micros(tail(one)), numbers::micros(tail(other))),
    };
    if same {
        made_of
    } else {
        format!("{made_of}, in two scenarios of one run")
    }
}

fn memory(report: &Report, what: Memory, of: Entry) -> Finding {
    let found = match find(report, of) {
        Ok(found) => found,
        Err(reason) => return Nothing(reason),
    };
    let figures = &found.figures;
    if figures.failed + figures.wrong > 0 {
        let failed = numbers::count(real(figures.failed + figures.wrong));
        return Spoilt(format!("{failed} requests or connections failed"));
    }
    let spread = match what {
        Memory::Resident => figures.resident,
        Memory::Peak => figures.peak,
        Memory::PerConnection => figures.each,
    };
    let rounds = figures.rounds;
    match spread {
        Some(spread) if rounds < REPETITIONS => Weak(spread, too_few(rounds)),
        Some(spread) => Value(spread, format!("{rounds} repetitions of {}", found.scenario.name)),
        None => Nothing("nobody looked at its memory".to_owned()),
    }
}

fn find_micro<'a>(report: &'a Report, name: &str) -> Result<&'a Micro, String> {
    let found = report.micro.iter().find(|micro| micro.name == name);
    found.ok_or_else(|| format!("{ABSENT} micro bench “{name}”"))
}

fn micro(report: &Report, name: &str) -> Finding {
    match find_micro(report, name) {
        Ok(micro) => Value(Spread::exact(micro.nanos), format!("micro bench {name}")),
        Err(reason) => Nothing(reason),
    }
}

fn micro_beside(report: &Report, one: &str, other: &str) -> Finding {
    match (find_micro(report, one), find_micro(report, other)) {
        (Ok(one), Ok(other)) if other.nanos > 0.0 => {
            let made_of = format!("{} beside {}", numbers::nanos(one.nanos), numbers::nanos(other.nanos));
            Value(Spread::exact(one.nanos / other.nanos), made_of)
        }
        (Ok(_), Ok(other)) => Nothing(format!("micro bench {} took no time", other.name)),
        (Err(reason), _) | (_, Err(reason)) => Nothing(reason),
    }
}

fn allocations(report: &Report, names: &[&str]) -> Finding {
    let mut most: Option<(f64, &str)> = None;
    for name in names {
        let allocations = match find_micro(report, name) {
            Ok(micro) => micro.allocations,
            Err(reason) => return Nothing(reason),
        };
        let Some(allocations) = allocations else {
            return Nothing(format!("nobody counted the allocations of {name}"));
        };
        if most.is_none_or(|(most, _)| allocations > most) {
            most = Some((allocations, name));
        }
    }
    most.map_or_else(
        || Nothing("no micro benches are named".to_owned()),
        |(most, name)| Value(Spread::exact(most), format!("micro bench {name}")),
    )
}

fn broken(report: &Report, way: &str) -> Finding {
    let Some(images) = report.broken.iter().find(|images| images.way == way) else {
        return Nothing(format!("{ABSENT} broken-image test of “{way}”"));
    };
    if images.views == 0 {
        return Nothing("nobody viewed an image".to_owned());
    }
    let (broken, views) = (real(images.broken), real(images.views));
    let of = format!("{} of {} views", numbers::count(broken), numbers::count(views));
    let spread = Spread::exact(broken / views * 1e6);
    if let Some((idle, _)) = images.disturbances.iter().find(|(_, times)| *times == 0)
        && images.broken == 0
    {
        return Weak(spread, format!("{of}, but meanwhile there was nothing of this: {idle}"));
    }
    let made_of = match images.broken {
        // The rule of three: what was not seen once in n views happens, with 95 % confidence, at most three times in n.
        0 => format!(
            "{of}: with 95 % confidence at most {} per million",
            numbers::count((3e6 / views).ceil())
        ),
        all if all == images.by_storage => format!(
            "{of}, each by a failure of the storage that the viewer met itself, behind a good link; none by the gateway, none by a link"
        ),
        _ if images.by_storage > 0 => {
            let storage = numbers::count(real(images.by_storage));
            format!(
                "{of}, {storage} of them by a failure of the storage that the viewer met itself, behind a good link"
            )
        }
        _ => of,
    };
    Value(spread, made_of)
}

#[cfg(test)]
mod tests {
    use crate::report::targets::{Bound, Unit};

    #[test]
    fn a_ratio_is_judged_as_it_is_shown() {
        assert!(Bound::AtLeast(1.0).holds(0.9951, Unit::Ratio));
        assert!(!Bound::AtLeast(1.0).holds(0.9949, Unit::Ratio));
        assert!(!Bound::AtMost(1_000.0).holds(1_000.1, Unit::Nanos));
        assert!(Bound::AtMost(0.0).holds(0.0, Unit::PerMillion));
        assert!(!Bound::AtMost(0.0).holds(0.2, Unit::PerMillion));
    }
}
