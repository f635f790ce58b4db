//! A report as text: one table a scenario, then broken images, micro benches and targets.

use super::columns::{Column, Room, filled};
use super::contender::way;
use super::numbers;
use super::rows::{conditions, notes, rows};
use super::targets::{self, Judged, Verdict};
use crate::result::{BrokenImages, Micro, Report, Scenario};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use std::fmt::Write;

/// Shown where there is no figure.
const NONE: &str = "–";

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
    let columns: Vec<&Column> = filled(&rows)
        .into_iter()
        .filter(|column| column.room != Room::Page)
        .collect();
    let heads = columns.iter().flat_map(|column| match column.room {
        Room::Ranged => vec![column.head, "least–most"],
        Room::Everywhere | Room::Page => vec![column.head],
    });
    let mut table = table(std::iter::once("").chain(heads));
    for row in rows.iter().filter(|row| row.figures.is_some()) {
        let mut cells = vec![row.look.label.clone()];
        for column in &columns {
            let cell = column.cell(row);
            let (value, range) = cell.map_or_else(|| (NONE.to_owned(), String::new()), |cell| (cell.value, cell.range));
            cells.push(value);
            cells.extend((column.room == Room::Ranged).then_some(range));
        }
        table.add_row(cells);
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
    let mut table = table(["", "views", "broken", "per million", "of these by the storage", "why"]);
    for images in ways {
        table.add_row([
            way(&images.way),
            numbers::count(numbers::real(images.views)),
            numbers::count(numbers::real(images.broken)),
            per_million(images).map_or_else(|| NONE.to_owned(), |broken| numbers::count(broken.ceil())),
            numbers::count(numbers::real(images.by_storage)),
            counted(&images.causes),
        ]);
    }
    left(&mut table, 5);
    let mut text = format!("Broken images\n\n{}\n", trimmed(&table));
    for images in ways.iter().filter(|images| !images.disturbances.is_empty()) {
        let _ = writeln!(
            text,
            "{}, meanwhile: {}.",
            way(&images.way),
            counted(&images.disturbances)
        );
    }
    text
}

fn micro(benches: &[Micro]) -> String {
    let mut table = table(["", "time", "allocations"]);
    for bench in benches {
        table.add_row([
            bench.name.clone(),
            numbers::nanos(bench.nanos),
            bench
                .allocations
                .map_or_else(|| NONE.to_owned(), |allocations| format!("{allocations}")),
        ]);
    }
    format!("One operation at a time\n\n{}\n", trimmed(&table))
}

fn judgement(judged: &[Judged]) -> String {
    let mut table = table(["", "", "target", "is"]);
    for judged in judged.iter().filter(|judged| !judged.is_absent()) {
        let figure = match judged.verdict {
            Verdict::Reached => judged.figure.to_owned(),
            Verdict::NotReached | Verdict::NotMeasured => format!("{}\n  {}", judged.figure, judged.reason),
        };
        let range = if judged.range.is_empty() {
            String::new()
        } else {
            format!(" ({})", judged.range)
        };
        table.add_row([
            format!("{} {}", judged.verdict.sign(), judged.verdict.words()),
            figure,
            judged.target.clone(),
            if judged.value.is_empty() {
                NONE.to_owned()
            } else {
                format!("{}{range}", judged.value)
            },
        ]);
    }
    left(&mut table, 1);
    let tally = [Verdict::Reached, Verdict::NotReached, Verdict::NotMeasured].map(|verdict| {
        format!(
            "{} {}",
            judged.iter().filter(|judged| judged.verdict == verdict).count(),
            verdict.words()
        )
    });
    let absent = judged.iter().filter(|judged| judged.is_absent()).count();
    let absent = match absent {
        0 => String::new(),
        1 => "1 more target is about what this report does not hold.\n".to_owned(),
        more => format!("{more} more targets are about what this report does not hold.\n"),
    };
    format!("Targets: {}\n\n{}\n{absent}", tally.join(", "), trimmed(&table))
}

/// Broken images of a million views; `None` without views.
pub(super) fn per_million(way: &BrokenImages) -> Option<f64> {
    (way.views > 0).then(|| numbers::real(way.broken) / numbers::real(way.views) * 1e6)
}

/// Things with how often they happened: `403: 1,204, timeout: 3`.
pub(super) fn counted(things: &[(String, u64)]) -> String {
    let words = things
        .iter()
        .map(|(thing, times)| format!("{thing}: {}", numbers::count(numbers::real(*times))));
    words.collect::<Vec<_>>().join(", ")
}

/// An empty table: figures to the right, what they are of to the left.
fn table<'a>(head: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')));
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head);
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_cell_alignment(if place == 0 {
            CellAlignment::Left
        } else {
            CellAlignment::Right
        });
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
