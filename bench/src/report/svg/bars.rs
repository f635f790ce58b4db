//! Bars from zero, each with its name and figure above it and a whisker from the least to the greatest round. Ceilings stand apart, below a
//! dashed line, and are hatched: nobody offers them.

use super::Name;
use super::canvas::{Anchor, Canvas, LEFT, RIGHT, WIDTH};
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

/// How figures are drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As bars from zero, whose length is the figure.
    Bars,
    /// As dots, whose scale may be logarithmic: for figures that lie so far apart that bars would hide the small ones.
    Dots,
}

/// One chart of bars.
pub(crate) struct Bars {
    /// Its name.
    pub name: Name,
    /// What stands below the scale: `requests a second`.
    pub axis: &'static str,
    /// How a figure is written at the scale.
    pub tick: fn(f64) -> String,
    /// How they are drawn.
    pub shape: Shape,
    /// The bars, from the top.
    pub all: Vec<Bar>,
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
    /// What stands at its end, in smaller letters.
    pub after: String,
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
        let most = self.all.iter().map(Bar::reach).fold(0.0, f64::max);
        let scale = match self.shape {
            Shape::Bars => Scale::from_zero(most),
            Shape::Dots => Scale::for_dots(self.all.iter().map(Bar::length).fold(f64::MAX, f64::min), most),
        };
        let apart = self.apart();
        let foot = self.top(self.all.len());
        let mut canvas = Canvas::new();
        let ticks = scale.ticks();
        for tick in &ticks {
            let x = scale.place(*tick);
            // The lines stop at the names, which would be hard to read across them.
            for place in 0..self.all.len() {
                let y = self.top(place) + ABOVE;
                canvas.line(
                    (x, y - 3.0),
                    (x, y + THICK + 3.0),
                    if *tick == 0.0 { "zero" } else { "grid" },
                );
            }
            let (x, anchor) = if x < LEFT + 1.0 {
                (0.0, Anchor::Start)
            } else {
                (x, Anchor::Middle)
            };
            canvas.text(x, foot + 15.0, "tick", anchor, &(self.tick)(*tick));
        }
        let axis = format!("{}{}", self.axis, scale.words());
        canvas.text(0.0, foot + 33.0, "axis", Anchor::Start, &axis);
        if let Some(place) = apart {
            let y = self.top(place) - APART / 2.0 - 2.0;
            canvas.line((0.0, y), (WIDTH, y), "apart");
        }
        for (place, bar) in self.all.iter().enumerate() {
            one(&mut canvas, &scale, self.shape, bar, self.top(place));
        }
        canvas.finish(&self.name, foot + 40.0)
    }

    /// The place of the first ceiling, if something stands above it.
    fn apart(&self) -> Option<usize> {
        self.all
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

fn one(canvas: &mut Canvas, scale: &Scale, shape: Shape, bar: &Bar, top: f64) {
    canvas.open(&format!("tone-{}", bar.tone), &bar.tip);
    // Pointing between the name and the bar is pointing at the bar.
    canvas.rect((0.0, top), (WIDTH, PITCH - 4.0), "touch");
    canvas.text(0.0, top + 13.0, "name", Anchor::Start, &bar.label);
    canvas.text(WIDTH, top + 13.0, "value", Anchor::End, &bar.value);
    let room = WIDTH - wide(&bar.value, 9.0) - 5.0;
    // More about it only where it does not touch the name.
    if !bar.aside.is_empty() && wide(&bar.label, 8.0) + wide(&bar.aside, 7.5) < room {
        canvas.text(room, top + 13.0, "aside", Anchor::End, &bar.aside);
    }
    let y = top + ABOVE;
    let mut sum = 0.0;
    for part in &bar.parts {
        let (value, class) = match part {
            Part::Full(value) => (*value, "full"),
            Part::Pale(value) => (*value, "pale"),
        };
        let (from, to) = (scale.place(sum), scale.place(sum + value));
        match shape {
            Shape::Bars if to > from => canvas.rect((from, y), (to - from, THICK), class),
            Shape::Bars => {}
            Shape::Dots => canvas.disc(to, y + THICK / 2.0),
        }
        sum += value;
    }
    if let Some((least, most)) = bar.ends {
        canvas.whisker(scale.place(least), scale.place(most), y + THICK / 2.0);
    }
    if !bar.after.is_empty() {
        let x = scale.place(bar.reach()) + 6.0;
        canvas.text(x, y + THICK - 2.0, "aside", Anchor::Start, &bar.after);
    }
    if let Some((limit, words)) = &bar.limit {
        let x = scale.place(*limit);
        canvas.line((x, y - 3.0), (x, y + THICK + 3.0), "limit");
        // Beside the mark, on the side where neither the figure nor the end of the chart is.
        let (x, anchor) = if x > RIGHT - 70.0 || (shape == Shape::Dots && bar.length() > *limit && x > 70.0) {
            (x - 5.0, Anchor::End)
        } else {
            (x + 5.0, Anchor::Start)
        };
        canvas.text(x, y + THICK - 2.5, "limit-words", anchor, words);
    }
    canvas.close();
}

/// About how wide a text gets. Fonts differ, so letters are taken to be wide ones.
#[allow(clippy::cast_precision_loss, reason = "a name has some dozen letters")]
fn wide(text: &str, letter: f64) -> f64 {
    text.chars().count() as f64 * letter
}
