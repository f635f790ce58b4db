//! From figures to places: a scale that begins at zero, and one that is logarithmic.

use super::canvas::{LEFT, RIGHT};

/// Figures that lie further apart than this, the greatest divided by the least, take a logarithmic scale.
const DECADE: f64 = 10.0;

/// How wide a label at the scale may get, with what must be free beside it.
const LABEL: f64 = 50.0;

/// Turns a figure into its place between the left and the right end.
#[derive(Clone, Debug)]
pub(super) enum Scale {
    /// From zero to this.
    Linear(f64),
    /// From the first to the second.
    Logarithmic(f64, f64),
}

impl Scale {
    /// A scale from zero, for bars: their length is the figure.
    pub(super) fn from_zero(max: f64) -> Self {
        let step = step(max);
        Self::Linear((max / step).ceil().max(1.0) * step)
    }

    /// A scale for dots: from zero unless they lie further apart than a decade.
    pub(super) fn for_dots(min: f64, max: f64) -> Self {
        let min = min.max(1.0);
        if max / min < DECADE {
            return Self::from_zero(max);
        }
        let ends = [1.0, 2.0, 5.0, 10.0];
        let low = decade(min);
        let high = decade(max);
        let low = ends
            .iter()
            .rev()
            .map(|end| end * low)
            .find(|end| *end <= min)
            .unwrap_or(low);
        let high = ends
            .iter()
            .map(|end| end * high)
            .find(|end| *end >= max)
            .unwrap_or(high * 10.0);
        Self::Logarithmic(low, high)
    }

    /// The place of a figure.
    pub(super) fn place(&self, value: f64) -> f64 {
        let part = match self {
            Self::Linear(max) => value / max,
            Self::Logarithmic(low, high) => (value.max(*low) / low).ln() / (high / low).ln(),
        };
        let left = self.left();
        left + part.clamp(0.0, 1.0) * (RIGHT - left)
    }

    /// Where the scale begins. One that does not begin at zero has no line there to stand on, but a label in the middle of its end.
    fn left(&self) -> f64 {
        match self {
            Self::Linear(_) => LEFT,
            Self::Logarithmic(..) => LABEL / 2.0,
        }
    }

    /// The figures that are written at the scale.
    pub(super) fn ticks(&self) -> Vec<f64> {
        match self {
            Self::Linear(max) => {
                let step = step(*max);
                let mut ticks = vec![0.0];
                while let Some(next) = ticks
                    .last()
                    .map(|last| last + step)
                    .filter(|next| *next <= max + step / 2.0)
                {
                    ticks.push(next);
                }
                ticks
            }
            Self::Logarithmic(low, high) => {
                // As many of a decade as leave room for their labels.
                let decade_width = (RIGHT - self.left()) / (high / low).log10();
                let steps: [&[f64]; 3] = [&[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
                let closest = [2_f64, 3.0, 10.0];
                let fits = |factor: &f64| factor.log10() * decade_width >= LABEL;
                let within = steps[closest.iter().position(fits).unwrap_or(2)];
                let mut ticks = Vec::new();
                let mut from = decade(*low);
                while from <= *high {
                    ticks.extend(within.iter().map(|times| times * from));
                    from *= 10.0;
                }
                ticks.retain(|tick| (low * 0.999..=high * 1.001).contains(tick));
                ticks
            }
        }
    }

    /// What must be said of it, if anything.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::Linear(_) => "",
            Self::Logarithmic(..) => ", logarithmic scale",
        }
    }
}

/// The power of ten that is no greater.
fn decade(value: f64) -> f64 {
    10_f64.powf(value.log10().floor())
}

/// A step of 1, 2 or 5 times a power of ten that leaves three to five of them.
fn step(max: f64) -> f64 {
    let max = if max > 0.0 { max } else { 1.0 };
    let rough = max / 4.0;
    let decade = decade(rough);
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    steps
        .iter()
        .map(|step| step * decade)
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(rough)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_begin_at_zero_and_end_at_a_round_figure() {
        let scale = Scale::from_zero(92_400.0);
        assert_eq!(scale.ticks(), [0.0, 25_000.0, 50_000.0, 75_000.0, 100_000.0]);
        assert!((scale.place(0.0) - LEFT).abs() < 1e-6);
        assert!((scale.place(100_000.0) - RIGHT).abs() < 1e-6);
        assert_eq!(Scale::from_zero(0.0).ticks().first(), Some(&0.0));
    }

    #[test]
    fn dots_that_lie_decades_apart_take_a_logarithmic_scale() {
        assert!(Scale::for_dots(200.0, 900.0).words().is_empty());
        let scale = Scale::for_dots(180.0, 41_000.0);
        assert_eq!(scale.words(), ", logarithmic scale");
        assert_eq!(scale.ticks(), [100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0]);
        assert!((scale.place(100.0) - (LABEL / 2.0)).abs() < 1e-6);
        assert!((scale.place(50_000.0) - RIGHT).abs() < 1e-6);
        let wide = Scale::for_dots(40.0, 3_000_000.0);
        assert!(wide.ticks().iter().all(|tick| (tick.log10().fract()).abs() < 1e-9));
    }
}
