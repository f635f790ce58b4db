//! Writes a [`Picture`] as an SVG file: shapes only, no script, no reference to anything outside.

use super::picture::{Form, Picture, Shape};
use std::fmt::Write;

/// Returns the SVG file.
pub(super) fn render(picture: &Picture) -> String {
    let shapes: String = picture.shapes.iter().map(element).collect();
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256" viewBox="0 0 100 100">
<defs>
<linearGradient id="ground" x2="0" y2="1"><stop stop-color="#{:06x}"/><stop offset="1" stop-color="#{:06x}"/></linearGradient>
<clipPath id="disc"><circle cx="50" cy="50" r="50"/></clipPath>
</defs>
<g clip-path="url(#disc)">
<rect width="100" height="100" fill="url(#ground)"/>
{shapes}</g>
</svg>
"##,
        picture.top, picture.bottom
    )
}

fn element(shape: &Shape) -> String {
    let mut out = String::new();
    let written = match &shape.form {
        Form::Oval {
            middle: (x, y),
            across,
            down,
            turn,
        } => write!(
            out,
            r#"<ellipse cx="{x}" cy="{y}" rx="{across}" ry="{down}" transform="rotate({turn} {x} {y})""#
        ),
        Form::Polygon(corners) => {
            let points: Vec<String> = corners.iter().map(|(x, y)| format!("{x},{y}")).collect();
            write!(out, r#"<polygon points="{}""#, points.join(" "))
        }
        Form::Card {
            corner: (x, y),
            size: (width, height),
            round,
        } => write!(
            out,
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{round}""#
        ),
        Form::Line { from, via, to, width } => write!(
            out,
            r#"<path d="M{} {} Q{} {} {} {}" stroke-width="{width}" stroke-linecap="round""#,
            from.0, from.1, via.0, via.1, to.0, to.1
        ),
    };
    let paint = match &shape.form {
        Form::Line { .. } => writeln!(out, r##" fill="none" stroke="#{:06x}"/>"##, shape.colour),
        _ => writeln!(out, r##" fill="#{:06x}"/>"##, shape.colour),
    };
    debug_assert!(written.is_ok() && paint.is_ok(), "writing to a String never fails");
    out
}
