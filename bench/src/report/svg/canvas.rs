//! The elements of a chart, as text. What comes from a report is escaped here.

use super::Name;
use std::fmt::Write;

/// The width of every chart.
pub(super) const WIDTH: f64 = 400.0;
/// Where the scale begins, and where it ends: a label in the middle of either end must fit.
pub(super) const LEFT: f64 = 2.0;
/// See [`LEFT`].
pub(super) const RIGHT: f64 = WIDTH - 22.0;

/// A chart being drawn.
pub(super) struct Canvas {
    body: String,
}

/// Where a text stands from its place.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    pub(super) fn new() -> Self {
        Self { body: String::new() }
    }

    pub(super) fn text(&mut self, x: f64, y: f64, class: &str, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        self.put(format_args!(
            r#"<text x="{x:.1}" y="{y:.1}" class="{class}" text-anchor="{anchor}">{text}</text>"#
        ));
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.put(format_args!(
            r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" class="{class}"/>"#
        ));
    }

    pub(super) fn rect(&mut self, at: (f64, f64), size: (f64, f64), class: &str) {
        let ((x, y), (width, height)) = (at, size);
        let width = width.max(0.0);
        self.put(format_args!(
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" class="{class}"/>"#
        ));
    }

    pub(super) fn path(&mut self, path: &str, class: &str) {
        self.put(format_args!(r#"<path d="{path}" class="{class}"/>"#));
    }

    /// The sign of a figure that is a point.
    pub(super) fn disc(&mut self, x: f64, y: f64) {
        let path = format!("M{:.1} {y:.1}a5 5 0 1 0 10 0a5 5 0 1 0-10 0z", x - 5.0);
        self.path(&path, "sign");
    }

    /// The least and the greatest around a median, with ends that are seen on every ground.
    pub(super) fn whisker(&mut self, from: f64, to: f64, y: f64) {
        let path = format!(
            "M{from:.1} {:.1}v8M{from:.1} {y:.1}H{to:.1}M{to:.1} {:.1}v8",
            y - 4.0,
            y - 4.0
        );
        self.path(&path, "halo");
        self.path(&path, "whisker");
    }

    /// Begins a group that says more when it is pointed at.
    pub(super) fn open(&mut self, class: &str, tip: &str) {
        let tip = escape(tip);
        self.put(format_args!(r#"<g class="{class}"><title>{tip}</title>"#));
    }

    pub(super) fn close(&mut self) {
        self.put(format_args!("</g>"));
    }

    /// The chart as one element.
    pub(super) fn finish(self, name: &Name, height: f64) -> String {
        let (title, description) = (escape(&name.title), escape(&name.description));
        let (id, body) = (escape(&name.id), self.body);
        format!(
            r#"<svg class="chart" viewBox="0 0 {WIDTH:.0} {height:.0}" role="img" aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>{body}</svg>"#
        )
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.body.write_fmt(element);
    }
}

/// Text as it may stand in an element or an attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character => escaped.push(character),
        }
    }
    escaped
}
