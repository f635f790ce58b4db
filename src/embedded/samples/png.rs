//! Draws a [`Picture`] as a PNG of [`SIDE`] × [`SIDE`] pixels, transparent outside the circle.

use super::picture::{Colour, Form, Picture, Shape, Spot};
use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LinearGradient, Mask, Paint, Path, PathBuilder, Pixmap, Point, Rect,
    Shader, SpreadMode, Stroke, Transform,
};

/// Width and height in pixels.
const SIDE: u32 = 256;

/// Returns the PNG file; `None` when there is no memory for it.
pub(super) fn render(picture: &Picture) -> Option<Vec<u8>> {
    let mut canvas = Pixmap::new(SIDE, SIDE)?;
    let grid = Transform::from_scale(2.56, 2.56);
    let disc = PathBuilder::from_circle(50.0, 50.0, 50.0)?;
    let mut inside = Mask::new(SIDE, SIDE)?;
    inside.fill_path(&disc, FillRule::Winding, true, grid);

    canvas.fill_path(&disc, &ground(picture)?, FillRule::Winding, grid, None);
    for shape in picture.shapes {
        draw(&mut canvas, shape, grid, &inside)?;
    }
    canvas.encode_png().ok()
}

fn ground(picture: &Picture) -> Option<Paint<'static>> {
    let stops = vec![
        GradientStop::new(0.0, colour(picture.top)),
        GradientStop::new(1.0, colour(picture.bottom)),
    ];
    let (start, end) = (Point::from_xy(50.0, 0.0), Point::from_xy(50.0, 100.0));
    Some(Paint {
        shader: LinearGradient::new(start, end, stops, SpreadMode::Pad, Transform::identity())?,
        anti_alias: true,
        ..Paint::default()
    })
}

fn draw(canvas: &mut Pixmap, shape: &Shape, grid: Transform, inside: &Mask) -> Option<()> {
    let paint = Paint {
        shader: Shader::SolidColor(colour(shape.colour)),
        anti_alias: true,
        ..Paint::default()
    };
    match &shape.form {
        Form::Line { from, via, to, width } => {
            let mut path = PathBuilder::new();
            path.move_to(from.0, from.1);
            path.quad_to(via.0, via.1, to.0, to.1);
            let stroke = Stroke {
                width: *width,
                line_cap: LineCap::Round,
                ..Stroke::default()
            };
            canvas.stroke_path(&path.finish()?, &paint, &stroke, grid, Some(inside));
        }
        Form::Oval {
            middle,
            across,
            down,
            turn,
        } => {
            let bounds = Rect::from_xywh(middle.0 - across, middle.1 - down, across * 2.0, down * 2.0)?;
            let turned = grid.pre_concat(Transform::from_rotate_at(*turn, middle.0, middle.1));
            let path = PathBuilder::from_oval(bounds)?;
            canvas.fill_path(&path, &paint, FillRule::Winding, turned, Some(inside));
        }
        Form::Polygon(corners) => {
            canvas.fill_path(&polygon(corners)?, &paint, FillRule::Winding, grid, Some(inside));
        }
        Form::Card { corner, size, round } => {
            let path = rounded(*corner, *size, *round)?;
            canvas.fill_path(&path, &paint, FillRule::Winding, grid, Some(inside));
        }
    }
    Some(())
}

fn polygon(corners: &[Spot]) -> Option<Path> {
    let (first, rest) = corners.split_first()?;
    let mut path = PathBuilder::new();
    path.move_to(first.0, first.1);
    for corner in rest {
        path.line_to(corner.0, corner.1);
    }
    path.close();
    path.finish()
}

fn rounded((x, y): Spot, (width, height): (f32, f32), round: f32) -> Option<Path> {
    let (right, low) = (x + width, y + height);
    let mut path = PathBuilder::new();
    path.move_to(x + round, y);
    path.line_to(right - round, y);
    path.quad_to(right, y, right, y + round);
    path.line_to(right, low - round);
    path.quad_to(right, low, right - round, low);
    path.line_to(x + round, low);
    path.quad_to(x, low, x, low - round);
    path.line_to(x, y + round);
    path.quad_to(x, y, x + round, y);
    path.close();
    path.finish()
}

fn colour(colour: Colour) -> Color {
    let [_, red, green, blue] = colour.to_be_bytes();
    Color::from_rgba8(red, green, blue, 255)
}
