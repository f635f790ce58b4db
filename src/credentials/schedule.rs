//! When to ask the source again.

use crate::clock::Timestamp;
use std::time::Duration;

/// The wait after the first failure; doubled by each further one.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// No wait after a failure is longer.
const LONGEST_RETRY: Duration = Duration::from_mins(1);
/// With nothing valid to sign with, no wait is longer: what counts then is to be back within seconds of the source.
const LONGEST_RETRY_WITH_NOTHING: Duration = Duration::from_secs(2);
/// No wait after a failure is shorter.
const SHORTEST_RETRY: Duration = Duration::from_millis(100);
/// No wait between two successful loads is shorter.
const SHORTEST_RENEWAL: Duration = Duration::from_secs(1);

/// What is held while the source is asked in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reserve {
    /// Nothing valid.
    Nothing,
    /// A credential that is good for so long.
    For(Duration),
    /// A credential without an end, from a source that is looked at this often.
    Endless(Duration),
}

/// Returns how long to wait after a load that gave a credential ending at `expires_at`: half of the life left, ± 10 %
/// so that a fleet does not ask all at once. A credential without an end is asked for again after `look_again`, or
/// never.
///
/// A source that gives the same credential until shortly before its end (IMDS does) is asked ever more often.
pub(super) fn after_success(
    expires_at: Option<Timestamp>,
    now: Timestamp,
    look_again: Option<Duration>,
) -> Option<Duration> {
    let Some(end) = expires_at else {
        return look_again;
    };
    let jitter = fastrand::u32(450..=550);
    Some((end.since(now) / 1000).saturating_mul(jitter).max(SHORTEST_RENEWAL))
}

/// Returns how long to wait after the `failures`-th failure in a row, which `took` so long: 1 s, 2 s, 4 s and so on up
/// to 60 s, of which at random between half and all is taken. It is at most half of what the credential held is still
/// good for, and 2 s with nothing valid; what the load took counts as waited then.
pub(super) fn after_failure(failures: u32, reserve: Reserve, took: Duration) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
    let (bound, waited) = match reserve {
        Reserve::Nothing => (LONGEST_RETRY_WITH_NOTHING, took),
        Reserve::For(left) => ((left / 2).max(FIRST_RETRY), Duration::ZERO),
        Reserve::Endless(look) => (look, Duration::ZERO),
    };
    let ceiling = FIRST_RETRY.saturating_mul(doubled).min(LONGEST_RETRY).min(bound);
    let wait = (ceiling / 1000).saturating_mul(fastrand::u32(500..=1000));
    wait.saturating_sub(waited).max(SHORTEST_RETRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Reserve = Reserve::For(Duration::from_hours(1));

    fn secs(n: u64) -> Timestamp {
        Timestamp::from_unix(n)
    }

    #[test]
    fn renewal_comes_at_half_of_the_life_left_give_or_take_a_tenth() {
        for _ in 0..1000 {
            let wait = after_success(Some(secs(4600)), secs(1000), None).unwrap();
            assert!((1620..=1980).contains(&wait.as_secs()), "{wait:?}");
        }
        assert!(after_success(Some(secs(1001)), secs(1000), None).unwrap() >= SHORTEST_RENEWAL);
    }

    #[test]
    fn a_credential_without_an_end_is_asked_for_as_often_as_its_source_says() {
        assert_eq!(after_success(None, secs(1000), None), None);
        let minute = Duration::from_mins(1);
        assert_eq!(after_success(None, secs(1000), Some(minute)), Some(minute));
    }

    #[test]
    fn back_off_doubles_and_is_capped() {
        for (failures, ceiling) in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (1000, 60), (u32::MAX, 60)] {
            for _ in 0..100 {
                let wait = after_failure(failures, LONG, Duration::from_secs(4));
                let ceiling = Duration::from_secs(ceiling);
                assert!(wait <= ceiling && wait >= ceiling / 2, "{failures}: {wait:?}");
            }
        }
    }

    #[test]
    fn back_off_is_short_where_there_is_little_left_or_nothing() {
        for _ in 0..100 {
            let at = |reserve, took| after_failure(9, reserve, Duration::from_millis(took));
            assert!(at(Reserve::For(Duration::from_secs(20)), 0) <= Duration::from_secs(10));
            assert!(at(Reserve::For(Duration::ZERO), 0) <= Duration::from_secs(1));
            assert!(at(Reserve::Endless(Duration::from_secs(3)), 0) <= Duration::from_secs(3));
            let nothing = at(Reserve::Nothing, 0);
            assert!((1..=2).contains(&nothing.as_secs()), "{nothing:?}");
            // A load that ran into its deadline has been wait enough.
            assert_eq!(at(Reserve::Nothing, 4_000), SHORTEST_RETRY);
        }
    }
}
