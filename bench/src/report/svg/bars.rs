//! Bars from zero, each with its name and figure above it and a whisker from the least to the greatest round. Ceilings stand apart, below a
//! dashed line, and are hatched: nobody offers them.

use super::Name;
use super::canvas::{Anchor, Canvas, RIGHT, WIDTH};
use super::scale::Scale;
use crate::report::contender::Role;

/// From one bar to the next.
const PITCH: f64 = 40.0;
/// From the top of a bar's place to the bar, which leaves room for its name.
const ABOVE: f64 = 18.0;
/// How thick a bar is.
const THICK: f64 = 13.0;
/// What is left free before the ceilings.
const APART: f64 = 16.0;

/// One chart of bars.
pub(crate) struct Bars {
    /// Its name.
    pub name: Name,
    /// What stands below the scale: `requests a second`.
    pub axis: &'static str,
    /// How a figure is written at the scale.
    pub tick: fn(f64) -> String,
    /// The bars, from the top.
    pub bars: Vec<Bar>,
}

/// One bar.
pub(crate) struct Bar {
    /// Whose it is.
    pub label: String,
    /// The class of its colour.
    pub tone: &'static str,
    /// Ceilings are drawn apart.
    pub role: Role,
    /// Its parts, from zero.
    pub parts: Vec<Part>,
    /// The least and the greatest, unless there is only one.
    pub ends: Option<(f64, f64)>,
    /// Its figure in words.
    pub value: String,
    /// More about it, in smaller letters before the figure.
    pub aside: String,
    /// A limit, and what it is called.
    pub limit: Option<(f64, String)>,
    /// What is said when it is pointed at.
    pub tip: String,
}

/// A part of a bar.
pub(crate) enum Part {
    /// In full colour.
    Full(f64),
    /// In pale colour with an outline.
    Pale(f64),
}

impl Bar {
    fn length(&self) -> f64 {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Full(value) | Part::Pale(value) => value,
            })
            .sum()
    }

    fn reach(&self) -> f64 {
        let limit = self.limit.as_ref().map_or(0.0, |(limit, _)| *limit);
        self.ends.map_or(0.0, |(_, most)| most).max(self.length()).max(limit)
    }
}

impl Bars {
    /// The chart as one element.
    pub(crate) fn draw(&self) -> String {
        let scale = Scale::from_zero(self.bars.iter().map(Bar::reach).fold(0.0, f64::max));
        let apart = self.apart();
        let foot = self.top(self.bars.len());
        let mut canvas = Canvas::new();
        let ticks = scale.ticks();
        for tick in &ticks {
            let x = scale.place(*tick);
            // The lines stop at the names, which would be hard to read across them.
            for place in 0..self.bars.len() {
                let y = self.top(place) + ABOVE;
                canvas.line(
                    (x, y - 3.0),
                    (x, y + THICK + 3.0),
                    if *tick == 0.0 { "zero" } else { "grid" },
                );
            }
            let (x, anchor) = if *tick == 0.0 {
                (0.0, Anchor::Start)
            } else {
                (x, Anchor::Middle)
            };
            canvas.text(x, foot + 15.0, "tick", anchor, &(self.tick)(*tick));
        }
        canvas.text(0.0, foot + 33.0, "axis", Anchor::Start, self.axis);
        if let Some(place) = apart {
            let y = self.top(place) - APART / 2.0 - 2.0;
            canvas.line((0.0, y), (WIDTH, y), "apart");
        }
        for (place, bar) in self.bars.iter().enumerate() {
            one(&mut canvas, &scale, bar, self.top(place));
        }
        canvas.finish(&self.name, foot + 40.0)
    }

    /// The place of the first ceiling, if something stands above it.
    fn apart(&self) -> Option<usize> {
        self.bars
            .iter()
            .position(|bar| bar.role == Role::Ceiling)
            .filter(|place| *place > 0)
    }

    #[allow(clippy::cast_precision_loss, reason = "nobody draws 2^53 bars")]
    fn top(&self, place: usize) -> f64 {
        let gap = if self.apart().is_some_and(|first| place >= first) {
            APART
        } else {
            0.0
        };
        place as f64 * PITCH + gap + 2.0
    }
}

fn one(canvas: &mut Canvas, scale: &Scale, bar: &Bar, top: f64) {
    canvas.open(&format!("tone-{}", bar.tone), &bar.tip);
    // Pointing between the name and the bar is pointing at the bar.
    canvas.rect((0.0, top), (WIDTH, PITCH - 4.0), "touch");
    canvas.text(0.0, top + 13.0, "name", Anchor::Start, &bar.label);
    canvas.text(WIDTH, top + 13.0, "value", Anchor::End, &bar.value);
    if !bar.aside.is_empty() {
        // The figure's width is not known here; eight units a letter is room enough.
        #[allow(clippy::cast_precision_loss, reason = "a figure has a dozen letters")]
        let room = bar.value.chars().count() as f64 * 8.0 + 6.0;
        canvas.text(WIDTH - room, top + 13.0, "aside", Anchor::End, &bar.aside);
    }
    let y = top + ABOVE;
    let mut sum = 0.0;
    for part in &bar.parts {
        let (value, class) = match part {
            Part::Full(value) => (*value, "full"),
            Part::Pale(value) => (*value, "pale"),
        };
        let (from, to) = (scale.place(sum), scale.place(sum + value));
        if to > from {
            canvas.rect((from, y), (to - from, THICK), class);
        }
        sum += value;
    }
    if let Some((least, most)) = bar.ends {
        canvas.whisker(scale.place(least), scale.place(most), y + THICK / 2.0);
    }
    if let Some((limit, words)) = &bar.limit {
        let x = scale.place(*limit);
        canvas.line((x, y - 3.0), (x, y + THICK + 3.0), "limit");
        // Beside the mark, on the side where there is room.
        let (x, anchor) = if x > RIGHT - 70.0 {
            (x - 5.0, Anchor::End)
        } else {
            (x + 5.0, Anchor::Start)
        };
        canvas.text(x, y + THICK - 2.5, "limit-words", anchor, words);
    }
    canvas.close();
}
