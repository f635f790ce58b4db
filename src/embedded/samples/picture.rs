//! What a sample picture is made of: a round, shaded ground and shapes on it, on a grid of 100 × 100 units.
//!
//! One picture can become a PNG ([`mod@super::png`]) or an SVG ([`mod@super::svg`]); both look the same.

/// A colour, `0xRRGGBB`.
pub(super) type Colour = u32;

/// A point on the grid; (0, 0) is the top left corner.
pub(super) type Spot = (f32, f32);

/// A round picture: two colours that run from top to bottom, and shapes on top, the first at the back.
#[derive(Debug)]
pub(super) struct Picture {
    /// The ground's colour at the top.
    pub(super) top: Colour,
    /// The ground's colour at the bottom.
    pub(super) bottom: Colour,
    /// What is drawn on it.
    pub(super) shapes: &'static [Shape],
}

/// A shape in one colour.
#[derive(Debug)]
pub(super) struct Shape {
    /// Its outline.
    pub(super) form: Form,
    /// Its colour.
    pub(super) colour: Colour,
}

/// The outline of a [`Shape`].
#[derive(Debug)]
pub(super) enum Form {
    /// A filled ellipse, turned clockwise by `turn` degrees.
    Oval {
        /// Its middle.
        middle: Spot,
        /// Half its width.
        across: f32,
        /// Half its height.
        down: f32,
        /// Degrees.
        turn: f32,
    },
    /// A filled polygon.
    Polygon(&'static [Spot]),
    /// A filled rectangle with round corners.
    Card {
        /// Its top left corner.
        corner: Spot,
        /// Its width and height.
        size: (f32, f32),
        /// The radius of its corners.
        round: f32,
    },
    /// A line with round ends, bent towards `via`.
    Line {
        /// Where it starts.
        from: Spot,
        /// What bends it.
        via: Spot,
        /// Where it ends.
        to: Spot,
        /// How thick it is.
        width: f32,
    },
}

/// A circle.
pub(super) const fn dot(x: f32, y: f32, radius: f32, colour: Colour) -> Shape {
    oval(x, y, radius, radius, 0.0, colour)
}

/// A turned ellipse.
pub(super) const fn oval(x: f32, y: f32, across: f32, down: f32, turn: f32, colour: Colour) -> Shape {
    let middle = (x, y);
    Shape {
        form: Form::Oval {
            middle,
            across,
            down,
            turn,
        },
        colour,
    }
}

/// A polygon.
pub(super) const fn polygon(corners: &'static [Spot], colour: Colour) -> Shape {
    Shape {
        form: Form::Polygon(corners),
        colour,
    }
}

/// A rectangle with round corners.
pub(super) const fn card(corner: Spot, size: (f32, f32), round: f32, colour: Colour) -> Shape {
    Shape {
        form: Form::Card { corner, size, round },
        colour,
    }
}

/// A bent line.
pub(super) const fn line(from: Spot, via: Spot, to: Spot, width: f32, colour: Colour) -> Shape {
    Shape {
        form: Form::Line { from, via, to, width },
        colour,
    }
}
