//! When to ask the source again.

use crate::clock::Timestamp;
use std::time::Duration;

/// The wait after the first failure; doubled by each further one.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// No wait after a failure is longer.
const LONGEST_RETRY: Duration = Duration::from_mins(1);
/// No wait between two successful loads is shorter.
const SHORTEST_RENEWAL: Duration = Duration::from_secs(1);

/// Returns how long to wait after a load that gave a credential ending at `expires_at`: half of the life left, ± 10 %
/// so that a fleet does not ask all at once. `None` for a credential without an end, which is not asked for again.
///
/// A source that gives the same credential until shortly before its end (IMDS does) is asked ever more often.
pub(super) fn after_success(expires_at: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    let left = expires_at?.since(now);
    let jitter = fastrand::u32(450..=550);
    Some((left / 1000).saturating_mul(jitter).max(SHORTEST_RENEWAL))
}

/// Returns how long to wait after the `failures`-th failure in a row: 1 s, 2 s, 4 s and so on up to 60 s, of which
/// at random between half and all is taken.
pub(super) fn after_failure(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
    let ceiling = FIRST_RETRY.saturating_mul(doubled).min(LONGEST_RETRY);
    (ceiling / 1000).saturating_mul(fastrand::u32(500..=1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> Timestamp {
        Timestamp::from_unix(n)
    }

    #[test]
    fn renewal_comes_at_half_of_the_life_left_give_or_take_a_tenth() {
        for _ in 0..1000 {
            let wait = after_success(Some(secs(4600)), secs(1000)).unwrap();
            assert!((1620..=1980).contains(&wait.as_secs()), "{wait:?}");
        }
        assert!(after_success(Some(secs(1001)), secs(1000)).unwrap() >= SHORTEST_RENEWAL);
    }

    #[test]
    fn a_credential_without_an_end_is_not_asked_for_again() {
        assert_eq!(after_success(None, secs(1000)), None);
    }

    #[test]
    fn back_off_doubles_and_is_capped() {
        for (failures, ceiling) in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (1000, 60), (u32::MAX, 60)] {
            for _ in 0..100 {
                let wait = after_failure(failures);
                let ceiling = Duration::from_secs(ceiling);
                assert!(wait <= ceiling && wait >= ceiling / 2, "{failures}: {wait:?}");
            }
        }
    }
}
