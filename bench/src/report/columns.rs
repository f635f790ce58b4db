//! The columns of a scenario's table, for the terminal and the page.

use super::figures::{Figures, PERCENTILES};
use super::numbers;
use super::rows::Row;
use super::spread::Spread;

/// A column.
pub(crate) struct Column {
    /// What stands above it.
    pub(crate) head: &'static str,
    cell: fn(&Row, &Figures) -> Option<Cell>,
    /// Where there is room for it.
    pub(crate) room: Room,
}

/// Where a column is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// Everywhere, the terminal with its range beside it.
    Ranged,
    /// Everywhere.
    Everywhere,
    /// On the page alone.
    Page,
}

/// A median as it is shown, with its range.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    /// The median.
    pub(crate) value: String,
    /// The least and the greatest; empty if they look the same.
    pub(crate) range: String,
}

impl Cell {
    fn of(spread: Spread, words: fn(f64) -> String) -> Self {
        Self {
            value: words(spread.median),
            range: numbers::span(&words(spread.min), &words(spread.max)),
        }
    }

    fn plain(value: String) -> Self {
        let range = String::new();
        Self { value, range }
    }

    /// With the sign of figures that say nothing.
    fn marked(mut self, row: &Row) -> Self {
        self.value.push_str(if row.idle() { "†" } else { "" });
        self
    }
}

/// All columns, from the left.
static COLUMNS: [Column; 14] = [
    Column {
        head: "req/s",
        cell: |row, figures| Some(Cell::of(figures.rate?, numbers::per_second).marked(row)),
        room: Room::Ranged,
    },
    Column {
        head: "Evergate is",
        cell: |row, _| Some(Cell::of(row.beside?, numbers::ratio)),
        room: Room::Everywhere,
    },
    Column {
        head: "MB/s",
        cell: |_, figures| {
            // A redirect's few bytes are nobody's throughput.
            let bytes = figures.bytes.filter(|bytes| bytes.median >= 1e6)?;
            Some(Cell::of(bytes.times(1e-6), numbers::per_second))
        },
        room: Room::Everywhere,
    },
    Column {
        head: "CPU µs",
        cell: |row, figures| Some(Cell::of(figures.cpu?, numbers::cpu).marked(row)),
        room: Room::Everywhere,
    },
    Column {
        head: "of it user",
        cell: |_, figures| Some(Cell::of(figures.user?, numbers::cpu)),
        room: Room::Everywhere,
    },
    percentile::<0>(Room::Everywhere),
    percentile::<1>(Room::Page),
    percentile::<2>(Room::Everywhere),
    percentile::<3>(Room::Everywhere),
    percentile::<4>(Room::Page),
    Column {
        head: "memory",
        cell: |_, figures| Some(Cell::of(figures.peak?, numbers::bytes)),
        room: Room::Everywhere,
    },
    Column {
        head: "a connection",
        cell: |_, figures| Some(Cell::of(figures.each?, numbers::bytes)),
        room: Room::Everywhere,
    },
    Column {
        head: "busy",
        cell: |_, figures| Some(Cell::of(figures.busy?, numbers::share)),
        room: Room::Everywhere,
    },
    Column {
        head: "failed",
        cell: |_, figures| Some(Cell::plain(failures(figures))),
        room: Room::Everywhere,
    },
];

const fn percentile<const PLACE: usize>(room: Room) -> Column {
    Column {
        head: PERCENTILES[PLACE].0,
        cell: |_, figures| Some(Cell::of(figures.latency?[PLACE], numbers::micros)),
        room,
    }
}

/// The columns that have a figure in any of these rows.
pub(crate) fn filled(rows: &[Row]) -> Vec<&'static Column> {
    let filled = |column: &&Column| rows.iter().any(|row| column.cell(row).is_some());
    COLUMNS.iter().filter(filled).collect()
}

impl Column {
    /// What stands in the column for a contender; `None` where there is no figure.
    pub(crate) fn cell(&self, row: &Row) -> Option<Cell> {
        row.figures.as_ref().and_then(|figures| (self.cell)(row, figures))
    }
}

/// Requests that failed: `0`, `12`, `12 + 3 wrong`.
fn failures(figures: &Figures) -> String {
    let failed = numbers::count(numbers::real(figures.failed));
    match figures.wrong {
        0 => failed,
        wrong => format!("{failed} + {} wrong", numbers::count(numbers::real(wrong))),
    }
}
