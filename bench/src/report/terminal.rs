//! A report as text: one table a scenario, then broken images, micro benches and targets.

use super::figures::Figures;
use super::rows::{Row, conditions, notes, rows};
use super::spread::Spread;
use super::{numbers, targets};
use crate::result::{BrokenImages, Micro, Report, Scenario};
use comfy_table::{CellAlignment, ContentArrangement, Table, TableComponent, presets};
use std::fmt::Write;

/// Shown where there is no figure.
const NONE: &str = "–";

/// A column of a scenario's table: what is above it, and what stands in it.
type Column = (&'static str, fn(&Row, &Figures) -> Option<String>);

const COLUMNS: [Column; 12] = [
    ("req/s", |row, figures| {
        Some(format!("{}{}", numbers::per_second(figures.rate?.median), mark(row)))
    }),
    ("least–most", |_, figures| range(figures.rate?, numbers::per_second)),
    ("Evergate is", |row, _| Some(numbers::ratio(row.beside?.median))),
    ("MB/s", |_, figures| {
        // A redirect's few bytes are nobody's throughput.
        let bytes = figures.bytes.filter(|bytes| bytes.median >= 1e6)?;
        Some(numbers::per_second(bytes.median / 1e6))
    }),
    ("CPU µs", |row, figures| Some(format!("{}{}", numbers::cpu(figures.cpu?.median), mark(row)))),
    ("of it user", |_, figures| Some(numbers::cpu(figures.user?.median))),
    ("p50", |_, figures| Some(numbers::micros(figures.latency?[0].median))),
    ("p99", |_, figures| Some(numbers::micros(figures.latency?[2].median))),
    ("p99.9", |_, figures| Some(numbers::micros(figures.latency?[3].median))),
    ("memory", |_, figures| Some(numbers::bytes(figures.peak?.median))),
    ("busy", |_, figures| Some(numbers::share(figures.busy?.median))),
    ("failed", |_, figures| Some(failures(figures))),
];

/// The whole report, with a line end at its end.
pub fn text(report: &Report) -> String {
    let mut sections = Vec::new();
    sections.extend(head(report));
    sections.extend(report.scenarios.iter().map(scenario));
    sections.extend((!report.broken.is_empty()).then(|| broken(&report.broken)));
    sections.extend((!report.micro.is_empty()).then(|| micro(&report.micro)));
    let judged = targets::judge(report);
    sections.extend(targets::concerned(&judged).then(|| judgement(&judged)));
    sections.join("\n")
}

fn head(report: &Report) -> Option<String> {
    let mut text = String::new();
    let machine = super::page::machine(report);
    for line in [report.began.clone(), machine, report.versions.join(", ")]
        .iter()
        .chain(&report.remarks)
    {
        if !line.is_empty() {
            let _ = writeln!(text, "{line}");
        }
    }
    (!text.is_empty()).then_some(text)
}

fn scenario(scenario: &Scenario) -> String {
    let rows = rows(scenario);
    let shown = |(_, cell): &&Column| rows.iter().any(|row| row.figures.as_ref().is_some_and(|figures| cell(row, figures).is_some()));
    let columns: Vec<&Column> = COLUMNS.iter().filter(shown).collect();
    let mut table = table(std::iter::once("").chain(columns.iter().map(|(name, _)| *name)));
    for row in &rows {
        if let Some(figures) = &row.figures {
            let cells = columns.iter().map(|(_, cell)| cell(row, figures).unwrap_or_else(|| NONE.to_owned()));
            table.add_row(std::iter::once(row.look.label.clone()).chain(cells));
        }
    }
    let mut text = format!("{}: {}\n{}\n", scenario.name, scenario.title, conditions(scenario));
    if !columns.is_empty() {
        let _ = writeln!(text, "\n{}", trimmed(&table));
    }
    for note in notes(scenario, &rows) {
        let _ = writeln!(text, "{note}");
    }
    text
}

fn broken(ways: &[BrokenImages]) -> String {
    let mut table = table(["", "views", "broken", "per million", "why"]);
    for way in ways {
        table.add_row([
            way.way.clone(),
            numbers::count(numbers::real(way.views)),
            numbers::count(numbers::real(way.broken)),
            per_million(way).map_or_else(|| NONE.to_owned(), |broken| numbers::count(broken.ceil())),
            counted(&way.causes),
        ]);
    }
    left(&mut table, 4);
    let mut text = format!("Broken images\n\n{}\n", trimmed(&table));
    for way in ways.iter().filter(|way| !way.disturbances.is_empty()) {
        let _ = writeln!(text, "Meanwhile, {}: {}.", way.way, counted(&way.disturbances));
    }
    text
}

fn micro(benches: &[Micro]) -> String {
    let mut table = table(["", "time", "allocations"]);
    for bench in benches {
        table.add_row([
            bench.name.clone(),
            numbers::nanos(bench.nanos),
            bench.allocations.map_or_else(|| NONE.to_owned(), |allocations| format!("{allocations}")),
        ]);
    }
    format!("One operation at a time\n\n{}\n", trimmed(&table))
}

fn judgement(judged: &[targets::Judged]) -> String {
    let mut table = table(["", "", "target", "is", "least–most", ""]);
    for judged in judged {
        table.add_row([
            format!("{} {}", judged.verdict.sign(), judged.verdict.words()),
            judged.figure.to_owned(),
            judged.target.clone(),
            if judged.value.is_empty() { NONE.to_owned() } else { judged.value.clone() },
            judged.range.clone(),
            judged.reason.clone(),
        ]);
    }
    left(&mut table, 1);
    left(&mut table, 5);
    let tally = [targets::Verdict::Reached, targets::Verdict::NotReached, targets::Verdict::NotMeasured]
        .map(|verdict| format!("{} {}", judged.iter().filter(|judged| judged.verdict == verdict).count(), verdict.words()));
    format!("Targets: {}\n\n{}\n", tally.join(", "), trimmed(&table))
}

/// Broken images of a million views; `None` without views.
pub(super) fn per_million(way: &BrokenImages) -> Option<f64> {
    (way.views > 0).then(|| numbers::real(way.broken) / numbers::real(way.views) * 1e6)
}

/// Things with how often they happened: `403: 1,204, timeout: 3`.
pub(super) fn counted(things: &[(String, u64)]) -> String {
    let words = things.iter().map(|(thing, times)| format!("{thing}: {}", numbers::count(numbers::real(*times))));
    words.collect::<Vec<_>>().join(", ")
}

/// Requests that failed: `0`, `12`, `12 + 3 wrong`.
pub(super) fn failures(figures: &Figures) -> String {
    let failed = numbers::count(numbers::real(figures.failed));
    match figures.wrong {
        0 => failed,
        wrong => format!("{failed} + {} wrong", numbers::count(numbers::real(wrong))),
    }
}

/// The least and the most, unless they look the same.
pub(super) fn range(spread: Spread, words: fn(f64) -> String) -> Option<String> {
    let (min, max) = (words(spread.min), words(spread.max));
    (min != max).then(|| format!("{min}–{max}"))
}

/// The sign at figures that say nothing.
pub(super) fn mark(row: &Row) -> &'static str {
    if row.idle() { "†" } else { "" }
}

/// An empty table: figures to the right, what they are of to the left.
fn table<'a>(head: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_style(TableComponent::HeaderLines, '─');
    table.set_style(TableComponent::MiddleHeaderIntersections, '─');
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head);
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_cell_alignment(if place == 0 { CellAlignment::Left } else { CellAlignment::Right });
    }
    table
}

fn left(table: &mut Table, place: usize) {
    if let Some(column) = table.column_mut(place) {
        column.set_cell_alignment(CellAlignment::Left);
    }
}

fn trimmed(table: &Table) -> String {
    table.trim_fmt()
}
