//! A report as one page that needs no other file: what was reached, how many images broke, a chart of throughput, of CPU time and of
//! latency a scenario, and the figures behind them. Made for light and dark, for wide and narrow, and for those who do not see it.

mod charts;

use super::columns::{Cell, filled};
use super::contender;
use super::numbers;
use super::rows::{conditions, notes, rows};
use super::targets::{self, Judged, Verdict};
use super::terminal::counted;
use crate::result::{BrokenImages, Report, Scenario};
use askama::Template;

/// The page's model.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    title: &'a str,
    began: &'a str,
    machine: String,
    versions: &'a [String],
    remarks: &'a [String],
    tally: Vec<(Verdict, usize)>,
    targets: Vec<Judged>,
    /// Targets of which the report holds nothing.
    absent: Vec<Judged>,
    broken: Vec<Broken>,
    scenarios: Vec<Section<'a>>,
    micro: Option<String>,
}

/// One run of the broken-image test.
struct Broken {
    /// What is different in it; empty for the first.
    heading: &'static str,
    chart: String,
    ways: Vec<Way>,
}

/// One way of showing images.
struct Way {
    name: String,
    views: String,
    broken: String,
    by_storage: String,
    causes: String,
    meanwhile: String,
}

/// One scenario.
struct Section<'a> {
    id: String,
    name: &'a str,
    /// What tells it from others of the same name.
    short: String,
    title: &'a str,
    conditions: String,
    charts: Vec<Figure>,
    heads: Vec<&'static str>,
    lines: Vec<Line>,
    notes: Vec<String>,
}

/// A chart and its heading.
struct Figure {
    heading: String,
    svg: String,
}

/// The figures of one contender; `None` where there is none.
struct Line {
    label: String,
    tone: &'static str,
    cells: Vec<Option<Cell>>,
}

/// The whole page.
pub(super) fn html(report: &Report) -> Result<String, askama::Error> {
    let judged = targets::judge(report);
    let judged = if targets::concerned(&judged) {
        judged
    } else {
        Vec::new()
    };
    let tally = [Verdict::Reached, Verdict::NotReached, Verdict::NotMeasured];
    let tally = tally.map(|verdict| {
        (
            verdict,
            judged.iter().filter(|judged| judged.verdict == verdict).count(),
        )
    });
    let (absent, judged): (Vec<Judged>, Vec<Judged>) = judged.into_iter().partition(Judged::is_absent);
    let compared = report.scenarios.iter().any(|scenario| scenario.contenders.len() > 1);
    let sections = report.scenarios.iter().enumerate();
    let scenarios: Vec<Section<'_>> = sections.map(|(place, scenario)| section(place, scenario)).collect();
    let page = Page {
        title: if compared {
            "Evergate beside what people would use instead"
        } else {
            "What evergate-bench measured"
        },
        began: &report.began,
        machine: machine(report),
        versions: &report.versions,
        remarks: &report.remarks,
        tally: tally.to_vec(),
        targets: judged,
        absent,
        broken: broken(&report.broken),
        scenarios,
        micro: (!report.micro.is_empty()).then(|| charts::micro(&report.micro)),
    };
    page.render()
}

/// What a report was measured on, in one line; empty if nobody looked.
pub(super) fn machine(report: &Report) -> String {
    let machine = &report.machine;
    let mut words = Vec::new();
    if !machine.processor.is_empty() {
        words.push(machine.processor.clone());
    }
    if machine.cores > 0 {
        words.push(format!("{} cores", machine.cores));
    }
    if machine.memory > 0 {
        words.push(numbers::memory(machine.memory));
    }
    if !machine.kernel.is_empty() {
        words.push(format!("Linux {}", machine.kernel));
    }
    words.join(", ")
}

/// What the names of ways end with where origins were down for a while.
const OUTAGES: &str = ", with outages";

/// The runs of the test: the one with outages apart, without saying so in each line.
fn broken(ways: &[BrokenImages]) -> Vec<Broken> {
    let (down, calm): (Vec<_>, Vec<_>) = ways.iter().cloned().partition(|way| way.way.ends_with(OUTAGES));
    let down = down.into_iter().map(|way| BrokenImages {
        way: way.way.trim_end_matches(OUTAGES).to_owned(),
        ..way
    });
    let runs = [
        ("", calm),
        (
            "With outages: for a second now and then, the storage refuses everybody",
            down.collect(),
        ),
    ];
    let filled = runs.into_iter().filter(|(_, ways)| !ways.is_empty());
    filled.map(|(heading, ways)| broken_run(heading, &ways)).collect()
}

fn broken_run(heading: &'static str, ways: &[BrokenImages]) -> Broken {
    let lines = ways.iter().map(|way| Way {
        name: contender::way(&way.way),
        views: numbers::count(numbers::real(way.views)),
        broken: numbers::count(numbers::real(way.broken)),
        by_storage: numbers::count(numbers::real(way.by_storage)),
        causes: counted(&way.causes),
        meanwhile: counted(&way.disturbances),
    });
    Broken {
        heading,
        chart: charts::broken(if heading.is_empty() { "broken" } else { "broken-outages" }, ways),
        ways: lines.collect(),
    }
}

fn section(place: usize, scenario: &Scenario) -> Section<'_> {
    let rows = rows(scenario);
    let columns = filled(&rows);
    let measured = rows.iter().filter(|row| row.figures.is_some());
    let lines = measured.map(|row| Line {
        label: row.look.label.clone(),
        tone: row.look.tone,
        cells: columns.iter().map(|column| column.cell(row)).collect(),
    });
    let id = format!("s{place}");
    Section {
        name: &scenario.name,
        short: short(scenario),
        title: &scenario.title,
        conditions: conditions(scenario),
        charts: charts::of(&id, scenario, &rows),
        heads: columns.iter().map(|column| column.head).collect(),
        lines: lines.collect(),
        notes: notes(scenario, &rows),
        id,
    }
}

fn short(scenario: &Scenario) -> String {
    let mut words = Vec::new();
    words.extend(scenario.object_bytes.map(numbers::object));
    if scenario.server_cores > 1 {
        words.push(format!("{} cores", scenario.server_cores));
    }
    if scenario.rate.is_some() {
        words.push("fixed rate".to_owned());
    } else if scenario.connections > 0 {
        let connections = numbers::count(numbers::real(scenario.connections));
        words.push(format!("{connections} connections"));
    }
    words.join(", ")
}
