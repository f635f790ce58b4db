//! The charts of a report: which figures are drawn, and what is said of them in words.

use super::Figure;
use crate::report::contender::{self, Role};
use crate::report::figures::{Basis, PERCENTILES};
use crate::report::numbers;
use crate::report::rows::Row;
use crate::report::spread::Spread;
use crate::report::svg::{Bar, Bars, LatencyChart, LatencyRow, Name, Part, Shape};
use crate::report::targets;
use crate::report::terminal::{counted, per_million};
use crate::result::{BrokenImages, Micro, Scenario};

/// Figures further apart than this, the greatest divided by the least, leave nothing to see of the least as a bar.
const TOO_FAR: f64 = 50.0;

/// The charts of a scenario: throughput, CPU time, latency; those that there are figures for.
pub(super) fn of(id: &str, scenario: &Scenario, rows: &[Row]) -> Vec<Figure> {
    let charts = match scenario.rate {
        // At a fixed rate all answer the same number of requests, and what is asked is how long that took.
        Some(_) => [latency(id, scenario, rows), cpu(id, scenario, rows), None],
        None => [
            throughput(id, scenario, rows),
            cpu(id, scenario, rows),
            latency(id, scenario, rows),
        ],
    };
    let charts: Vec<Figure> = charts.into_iter().flatten().collect();
    if charts.is_empty() {
        return [each(id, scenario, rows), memory(id, scenario, rows)]
            .into_iter()
            .flatten()
            .collect();
    }
    charts
}

/// The broken images of every way, of a million views; `id` tells the chart from others.
pub(super) fn broken(id: &str, ways: &[BrokenImages]) -> String {
    let bars = ways.iter().filter_map(|way| {
        let broken = per_million(way)?;
        let ours = way.way.to_lowercase().starts_with("evergate");
        let share = if broken >= 500.0 {
            format!("{:.1} %", broken / 1e4)
        } else {
            String::new()
        };
        let of = format!("{} of {} views", words(way.broken), words(way.views));
        Some(Bar {
            label: contender::way(&way.way),
            tone: if ours { "evergate" } else { "rose" },
            role: Role::Rival,
            parts: vec![Part::Full(broken)],
            ends: None,
            value: numbers::count(broken.ceil()),
            aside: String::new(),
            after: share,
            limit: None,
            tip: if way.causes.is_empty() {
                of
            } else {
                format!("{of}: {}", counted(&way.causes))
            },
        })
    });
    let bars: Vec<Bar> = bars.collect();
    let name = name(id, "Broken images of a million views", &bars);
    let (axis, tick) = ("broken images of a million views", numbers::count);
    let shape = Shape::Bars;
    Bars {
        name,
        axis,
        tick,
        shape,
        all: bars,
    }
    .draw()
}

/// The time of every micro bench, with its limit where it has one.
pub(super) fn micro(benches: &[Micro]) -> String {
    let bars = benches.iter().map(|bench| {
        let limit = targets::limit(&bench.name);
        let allocations = bench.allocations.map(|count| match format!("{count}").as_str() {
            "1" => "1 allocation".to_owned(),
            count => format!("{count} allocations"),
        });
        Bar {
            label: bench.name.clone(),
            tone: "evergate",
            role: Role::Evergate,
            parts: vec![Part::Full(bench.nanos)],
            ends: None,
            value: numbers::nanos(bench.nanos),
            aside: allocations.unwrap_or_default(),
            after: String::new(),
            tip: format!("{}: {}", bench.name, numbers::nanos(bench.nanos)),
            limit,
        }
    });
    let bars: Vec<Bar> = bars.collect();
    let ends = Spread::of(benches.iter().map(|bench| bench.nanos)).unwrap_or(Spread::exact(0.0));
    let shape = if ends.max > ends.min * TOO_FAR {
        Shape::Dots
    } else {
        Shape::Bars
    };
    let name = name("micro", "Time of one operation", &bars);
    Bars {
        name,
        axis: "time of one operation",
        tick: |nanos| numbers::round(&numbers::nanos(nanos)),
        shape,
        all: bars,
    }
    .draw()
}

fn throughput(id: &str, scenario: &Scenario, rows: &[Row]) -> Option<Figure> {
    let bars: Vec<Bar> = rows
        .iter()
        .filter_map(|row| {
            let figures = row.figures.as_ref()?;
            let rate = figures.rate?;
            let beside = row
                .beside
                .map(|beside| format!("Evergate {}", numbers::ratio(beside.median)));
            let part = if figures.basis == Basis::Idle {
                Part::Pale
            } else {
                Part::Full
            };
            Some(Bar {
                parts: vec![part(rate.median)],
                value: format!("{}{}", numbers::per_second(rate.median), dagger(row)),
                aside: beside.unwrap_or_default(),
                ..bar(row, rate, numbers::per_second, "requests a second")
            })
        })
        .collect();
    figure(
        id,
        scenario,
        "Throughput",
        "requests a second; more is better",
        numbers::count,
        bars,
    )
}

fn cpu(id: &str, scenario: &Scenario, rows: &[Row]) -> Option<Figure> {
    let bars: Vec<Bar> = rows
        .iter()
        .filter_map(|row| {
            let figures = row.figures.as_ref()?;
            let (cpu, user) = (figures.cpu?, figures.user?);
            Some(Bar {
                // Medians of parts need not add up to the median of their sum; the bar ends where the sum does.
                parts: vec![Part::Full(user.median), Part::Pale((cpu.median - user.median).max(0.0))],
                value: format!("{} µs{}", numbers::cpu(cpu.median), dagger(row)),
                aside: format!("{} user", numbers::cpu(user.median)),
                ..bar(row, cpu, numbers::cpu, "µs of CPU time a request")
            })
        })
        .collect();
    let axis = "µs a request: full colour in user mode, pale in the kernel";
    figure(id, scenario, "CPU time of a request", axis, numbers::count, bars)
}

fn each(id: &str, scenario: &Scenario, rows: &[Row]) -> Option<Figure> {
    let each = |row: &Row| Some(bar(row, row.figures.as_ref()?.each?, numbers::bytes, "a connection"));
    let bars: Vec<Bar> = rows.iter().filter_map(each).collect();
    let axis = "resident memory that each connection brings; less is better";
    figure(id, scenario, "A connection", axis, round_bytes, bars)
}

fn memory(id: &str, scenario: &Scenario, rows: &[Row]) -> Option<Figure> {
    let bars: Vec<Bar> = rows
        .iter()
        .filter_map(|row| {
            let resident = row.figures.as_ref()?.resident?;
            Some(bar(row, resident, numbers::bytes, "of resident memory"))
        })
        .collect();
    figure(
        id,
        scenario,
        "Resident memory",
        "resident memory of all its processes; less is better",
        round_bytes,
        bars,
    )
}

fn latency(id: &str, scenario: &Scenario, rows: &[Row]) -> Option<Figure> {
    let rows: Vec<LatencyRow> = rows
        .iter()
        .filter_map(|row| {
            Some(LatencyRow {
                label: row.look.label.clone(),
                tone: row.look.tone,
                role: row.look.role,
                latency: row.figures.as_ref()?.latency?,
            })
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let said = rows.iter().map(|row| {
        let figures = PERCENTILES.iter().zip(row.latency);
        let figures = figures.map(|((name, _), spread)| format!("{name} {}", numbers::micros(spread.median)));
        format!("{}: {}", row.label, figures.collect::<Vec<_>>().join(", "))
    });
    let chart = LatencyChart {
        name: Name {
            id: format!("{id}-latency"),
            title: format!("Latency, {}", scenario.name),
            description: said.collect::<Vec<_>>().join("; "),
        },
        rows,
    };
    Some(Figure {
        heading: "Latency".to_owned(),
        svg: chart.draw(),
    })
}

/// A bar of one contender, with one part.
fn bar(row: &Row, spread: Spread, words: fn(f64) -> String, unit: &str) -> Bar {
    let [median, min, max] = [spread.median, spread.min, spread.max].map(words);
    let label = row.look.label.clone();
    Bar {
        tip: format!("{label}: {median} {unit}, least {min}, most {max}"),
        label,
        tone: row.look.tone,
        role: row.look.role,
        parts: vec![Part::Full(spread.median)],
        ends: (spread.min < spread.max).then_some((spread.min, spread.max)),
        value: median,
        aside: String::new(),
        after: String::new(),
        limit: None,
    }
}

fn figure(
    id: &str,
    scenario: &Scenario,
    heading: &str,
    axis: &'static str,
    tick: fn(f64) -> String,
    bars: Vec<Bar>,
) -> Option<Figure> {
    if bars.is_empty() {
        return None;
    }
    let id = format!("{id}-{}", heading.split(' ').next().unwrap_or_default().to_lowercase());
    let name = name(&id, &format!("{heading}, {}", scenario.name), &bars);
    let shape = Shape::Bars;
    let svg = Bars {
        name,
        axis,
        tick,
        shape,
        all: bars,
    }
    .draw();
    Some(Figure {
        heading: heading.to_owned(),
        svg,
    })
}

fn name(id: &str, title: &str, bars: &[Bar]) -> Name {
    let said = bars.iter().map(|bar| format!("{}: {}", bar.label, bar.value));
    Name {
        id: id.to_owned(),
        title: title.to_owned(),
        description: said.collect::<Vec<_>>().join("; "),
    }
}

fn dagger(row: &Row) -> &'static str {
    if row.idle() { "†" } else { "" }
}

fn words(count: u64) -> String {
    numbers::count(numbers::real(count))
}

/// A size at a scale: `75 MB`.
fn round_bytes(bytes: f64) -> String {
    numbers::round(&numbers::bytes(bytes))
}
