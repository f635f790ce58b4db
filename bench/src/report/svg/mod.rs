//! Charts as inline SVG. All are 400 units wide and stand in one grid, so that text has the same size in all of them. Colours come from
//! the page's style sheet by class; `title` and `desc` say in words what a chart shows.
//!
//! `canvas` writes the elements, `scale` turns figures into places, `bars` and `latency` are the two kinds of chart.

mod bars;
mod canvas;
mod latency;
mod scale;

pub(super) use bars::{Bar, Bars, Part, Shape};
pub(super) use latency::{LatencyChart, LatencyRow};

/// How a chart is named to those who do not see it.
pub(super) struct Name {
    /// Unique in the page.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// Its figures in words.
    pub description: String,
}
