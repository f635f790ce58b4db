//! When a request may be sent again, how often, and after which pause. Rule 24; RFC 9110 §9.2.2.
//!
//! The pause is drawn at random from the upper half of a span that doubles, so that requests which failed together do not come
//! back together (AWS Architecture Blog, "Exponential Backoff And Jitter", equal jitter).

use http::Method;
use std::time::Duration;

/// The bound on repeats of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryBounds {
    /// How often one request is sent again at most.
    pub most: u32,
    /// The longest pause before the first repeat; it doubles with each.
    pub pause: Duration,
    /// The same, where the origin has asked for fewer requests.
    pub busy_pause: Duration,
}

impl Default for RetryBounds {
    fn default() -> Self {
        Self {
            most: 2,
            pause: Duration::from_millis(100),
            busy_pause: Duration::from_millis(400),
        }
    }
}

/// What of a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeatable {
    /// All of it, whatever became of the first: doing it twice is the same as doing it once.
    Always,
    /// What the origin can't have acted upon.
    Undone,
    /// Nothing: its body is gone.
    Never,
}

impl Repeatable {
    /// A request of this method, with its whole body at hand. Methods are idempotent as RFC 9110 §9.2.2 says, which holds for
    /// S3: a second `PUT` leaves the same object, a second `CompleteMultipartUpload` finds no upload.
    pub(super) fn of(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD | Method::PUT | Method::DELETE => Self::Always,
            _ => Self::Undone,
        }
    }
}

/// The pause before repeat number `repeat`, counted from 0, of a span that begins with `span`.
pub(super) fn pause(span: Duration, repeat: u32, random: &mut fastrand::Rng) -> Duration {
    let longest = span.saturating_mul(1_u32.checked_shl(repeat).unwrap_or(u32::MAX));
    let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random.u64(micros / 2..=micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_differ() {
        let mut random = fastrand::Rng::with_seed(7);
        let span = Duration::from_millis(100);
        for (repeat, shortest, longest) in [(0, 50, 100), (1, 100, 200), (2, 200, 400)] {
            let drawn: Vec<_> = (0..100).map(|_| pause(span, repeat, &mut random)).collect();
            let bounds = Duration::from_millis(shortest)..=Duration::from_millis(longest);
            assert!(drawn.iter().all(|pause| bounds.contains(pause)), "{drawn:?}");
            assert!(drawn.windows(2).any(|pair| pair[0] != pair[1]));
        }
        assert!(pause(Duration::MAX, 99, &mut random) >= Duration::from_secs(1));
    }

    #[test]
    fn rule_24_only_what_is_idempotent_is_repeated() {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
            assert_eq!(Repeatable::of(&method), Repeatable::Always, "{method}");
        }
        assert_eq!(Repeatable::of(&Method::POST), Repeatable::Undone);
    }
}
