//! Latencies: a line for each contender from its median to its slowest request, with a sign at every percentile and a pale band from the
//! least to the greatest round. The scale is logarithmic where they lie further apart than a decade, and says so.

use super::Name;
use super::canvas::{Anchor, Canvas, LEFT, WIDTH};
use super::scale::Scale;
use crate::report::contender::Role;
use crate::report::figures::PERCENTILES;
use crate::report::numbers;
use crate::report::spread::Spread;

/// From one contender to the next, as in charts of bars.
const PITCH: f64 = 40.0;
/// From the top of a contender's place to its line.
const LINE: f64 = 26.0;
/// The names of the signs stand above all lines.
const HEAD: f64 = 24.0;
/// What is left free before the ceilings.
const APART: f64 = 16.0;

/// One chart of latencies.
pub(crate) struct LatencyChart {
    /// Its name.
    pub name: Name,
    /// The contenders, from the top.
    pub rows: Vec<LatencyRow>,
}

/// One contender.
pub(crate) struct LatencyRow {
    /// Its name.
    pub label: String,
    /// The class of its colour.
    pub tone: &'static str,
    /// Ceilings are drawn apart.
    pub role: Role,
    /// Its latencies in the order of [`PERCENTILES`], in microseconds.
    pub latency: [Spread; 5],
}

impl LatencyChart {
    /// The chart as one element.
    pub(crate) fn draw(&self) -> String {
        let all = || self.rows.iter().flat_map(|row| row.latency);
        let least = all().map(|spread| spread.min).fold(f64::MAX, f64::min);
        let scale = Scale::for_dots(least, all().map(|spread| spread.max).fold(1.0, f64::max));
        let mut canvas = Canvas::new();
        legend(&mut canvas);
        let foot = self.top(self.rows.len());
        for tick in scale.ticks() {
            let x = scale.place(tick);
            // The lines stop at the names, which would be hard to read across them.
            for place in 0..self.rows.len() {
                let y = self.top(place) + LINE;
                canvas.line((x, y - 8.0), (x, y + 8.0), if tick == 0.0 { "zero" } else { "grid" });
            }
            let (x, anchor) = if tick == 0.0 {
                (0.0, Anchor::Start)
            } else {
                (x, Anchor::Middle)
            };
            canvas.text(x, foot + 15.0, "tick", anchor, &label(tick));
        }
        canvas.text(
            0.0,
            foot + 33.0,
            "axis",
            Anchor::Start,
            &format!("latency{}", scale.words()),
        );
        if let Some(place) = self.apart() {
            let y = self.top(place) - APART / 2.0 - 2.0;
            canvas.line((0.0, y), (WIDTH, y), "apart");
        }
        for (place, row) in self.rows.iter().enumerate() {
            one(&mut canvas, &scale, row, self.top(place));
        }
        canvas.finish(&self.name, foot + 40.0)
    }

    fn apart(&self) -> Option<usize> {
        self.rows
            .iter()
            .position(|row| row.role == Role::Ceiling)
            .filter(|place| *place > 0)
    }

    #[allow(clippy::cast_precision_loss, reason = "nobody draws 2^53 lines")]
    fn top(&self, place: usize) -> f64 {
        let gap = if self.apart().is_some_and(|first| place >= first) {
            APART
        } else {
            0.0
        };
        HEAD + place as f64 * PITCH + gap + 2.0
    }
}

/// What the signs mean, and the figures at the right.
fn legend(canvas: &mut Canvas) {
    canvas.text(WIDTH, 14.5, "tick", Anchor::End, "p50 · p99.9");
    let mut x = LEFT + 6.0;
    for (place, (name, _)) in PERCENTILES.iter().enumerate() {
        canvas.path(&sign(place, x, 10.0), "sign");
        canvas.text(x + 10.0, 14.5, "tick", Anchor::Start, name);
        x += if name.len() > 3 { 74.0 } else { 62.0 };
    }
}

fn one(canvas: &mut Canvas, scale: &Scale, row: &LatencyRow, top: f64) {
    let figures: Vec<String> = PERCENTILES
        .iter()
        .zip(&row.latency)
        .map(|((name, _), spread)| format!("{name} {}", numbers::micros(spread.median)))
        .collect();
    canvas.open(
        &format!("tone-{}", row.tone),
        &format!("{}: {}", row.label, figures.join(", ")),
    );
    canvas.rect((0.0, top), (WIDTH, PITCH - 4.0), "touch");
    canvas.text(0.0, top + 13.0, "name", Anchor::Start, &row.label);
    let [p50, .., p999, max] = &row.latency;
    let ends = format!("{} · {}", numbers::micros(p50.median), numbers::micros(p999.median));
    canvas.text(WIDTH, top + 13.0, "value", Anchor::End, &ends);
    let y = top + LINE;
    canvas.line((scale.place(p50.median), y), (scale.place(max.median), y), "track");
    for spread in &row.latency {
        let (from, to) = (scale.place(spread.min), scale.place(spread.max));
        canvas.rect((from, y - 5.0), (to - from, 10.0), "band");
    }
    for (place, spread) in row.latency.iter().enumerate() {
        canvas.path(&sign(place, scale.place(spread.median), y), "sign");
    }
    canvas.close();
}

/// The sign of a percentile: a disc, a bar, a lozenge, a square, an end.
fn sign(place: usize, x: f64, y: f64) -> String {
    match place {
        0 => format!("M{:.1} {y:.1}a5 5 0 1 0 10 0a5 5 0 1 0-10 0z", x - 5.0),
        1 => format!("M{:.1} {:.1}h3v10h-3z", x - 1.5, y - 5.0),
        2 => format!("M{x:.1} {:.1}l5.5 5.5l-5.5 5.5l-5.5-5.5z", y - 5.5),
        3 => format!("M{:.1} {:.1}h9v9h-9z", x - 4.5, y - 4.5),
        _ => format!("M{:.1} {:.1}l6 5l-6 5z", x - 3.0, y - 5.0),
    }
}

/// A figure at the scale: `1 ms`, without the digits after the point that ticks never need.
fn label(tick: f64) -> String {
    match tick {
        v if v < 1e3 => format!("{v:.0} µs"),
        v if v < 1e6 => format!("{} ms", v / 1e3),
        v => format!("{} s", v / 1e6),
    }
}
