//! The signing window: the time slice in which every replica makes the same URL (DESIGN §4.2, rule 25).
//!
//! A window is a pure function of the time, the object's key, the configured expiry and the credential's end. So
//! all replicas with one credential agree without talking to each other, and the URL changes at the window's turn
//! and not before.
//!
//! - The sign time is the window's start. Windows are min(15 min, expiry / 2) long, in whole seconds and at least
//!   1 s; where they start is staggered by a hash of the key (XXH3), so that not every URL turns at once.
//! - A URL lives for the configured expiry, but never past the credential's end − 60 s. Where that cap bites,
//!   windows are halved until a URL handed out at a window's last instant has half of its own life left; one
//!   exists, since a credential with under 120 s left signs nothing.
//! - The time is the origin's, as far as it is known to differ from ours (rule 26). So a replica whose clock is wrong
//!   makes the URLs that all others make, as soon as it has learned how wrong; before, the origin would have refused
//!   them. An offset moves by no less than 30 s, and windows turn with it only then.
//! - The clock reads whole seconds, as SigV4 does: at a reading of `now` up to one more second may have passed.
//!   "Half left" counts that second. An expiry of 2 s gives windows of 1 s, and more than 1 s of life. **An expiry
//!   of 1 s can't be helped:** such a URL may be dead on arrival, since it was signed up to a second ago.

use super::PresignError;
use crate::clock::Timestamp;
use std::time::Duration;
use twox_hash::XxHash3_64;

/// No window is longer.
const LONGEST: Duration = Duration::from_mins(15);
/// How long before its credential's end a URL ends at the latest, so that clocks may differ a little.
const MARGIN: Duration = Duration::from_mins(1);
/// A credential with less left than this never signs a redirect.
const SHORTEST_CREDENTIAL: Duration = Duration::from_mins(2);

/// One signing window of one object.
#[allow(
    clippy::struct_field_names,
    reason = "named as the fields of SignedUrl that they become"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// The sign time: the window's start, never later than the time that it was asked for.
    pub(super) signed_at: Timestamp,
    /// The first second of the next window.
    pub(super) turns_at: Timestamp,
    /// When the URL ends.
    pub(super) expires_at: Timestamp,
}

impl Window {
    /// Returns the window that `now` lies in, for URLs of `key` that live `expiry` under a credential that ends at
    /// `credential_ends` (`None` for never).
    ///
    /// # Errors
    /// [`PresignError::CredentialEndsSoon`] with under 120 s of the credential left.
    pub(super) fn at(
        now: Timestamp,
        key: &str,
        expiry: Duration,
        credential_ends: Option<Timestamp>,
    ) -> Result<Self, PresignError> {
        check_credential(now, credential_ends)?;
        let expiry = expiry.as_secs().max(1);
        let limit = credential_ends.map(|end| end.minus(MARGIN));
        let stagger = XxHash3_64::oneshot(key.as_bytes());
        let mut length = (expiry / 2).clamp(1, LONGEST.as_secs());
        loop {
            let window = Self::of_length(length, stagger, now, expiry, limit);
            if length == 1 || window.leaves_half() {
                return Ok(window);
            }
            length = (length / 2).max(1);
        }
    }

    fn of_length(length: u64, stagger: u64, now: Timestamp, expiry: u64, limit: Option<Timestamp>) -> Self {
        let phase = stagger % length;
        let into = (now.as_unix() % length + length - phase) % length;
        let signed_at = now.minus(Duration::from_secs(into));
        let asked = signed_at.plus(Duration::from_secs(expiry));
        Self {
            signed_at,
            turns_at: signed_at.plus(Duration::from_secs(length)),
            expires_at: limit.map_or(asked, |limit| asked.min(limit)),
        }
    }

    // Judged at the window's end, not at the time asked for: the answer must be the same all through the window.
    fn leaves_half(&self) -> bool {
        self.expires_at.since(self.turns_at) >= self.expires_at.since(self.signed_at) / 2
    }
}

/// Refuses a credential that ends too soon for a redirect.
///
/// # Errors
/// [`PresignError::CredentialEndsSoon`] with under 120 s left.
pub(super) fn check_credential(now: Timestamp, ends: Option<Timestamp>) -> Result<(), PresignError> {
    match ends {
        Some(end) if end.since(now) < SHORTEST_CREDENTIAL => Err(PresignError::CredentialEndsSoon),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: u64 = 3600;

    fn at(now: u64, key: &str, expiry: u64, end: Option<u64>) -> Result<Window, PresignError> {
        let end = end.map(Timestamp::from_unix);
        Window::at(Timestamp::from_unix(now), key, Duration::from_secs(expiry), end)
    }

    #[test]
    fn the_hash_is_xxh3_without_a_seed_for_ever() {
        // From the reference implementation; another hash would make replicas of two versions disagree.
        assert_eq!(XxHash3_64::oneshot(b""), 0x2d06_8005_38d3_94c2);
        assert_eq!(XxHash3_64::oneshot(b"a"), 0xe6c6_32b6_1e96_4e1f);
        assert_eq!(XxHash3_64::oneshot(b"abc"), 0x78af_5f94_892f_3950);
    }

    #[test]
    fn keys_turn_at_different_times() {
        let starts: std::collections::HashSet<_> = (0..200)
            .map(|n| at(1_800_000_000, &format!("images/u{n}.png"), 7 * 24 * HOUR, None).map(|w| w.signed_at))
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(starts.len() > 150, "{} different starts", starts.len());
    }

    #[test]
    fn two_seconds_leave_more_than_one() {
        for now in 1_800_000_000..1_800_000_010 {
            let window = at(now, "k", 2, None).unwrap();
            assert_eq!(window.signed_at.as_unix(), now);
            assert_eq!(window.expires_at.as_unix(), now + 2);
        }
    }

    #[test]
    fn the_epoch_and_the_end_of_time_do_not_wrap() {
        let early = at(3, "k", 7 * 24 * HOUR, None).unwrap();
        assert!(early.signed_at.as_unix() <= 3);
        let late = at(u64::MAX, "k", 120, None).unwrap();
        assert!(late.signed_at.as_unix() > u64::MAX - 60);
    }

    #[test]
    fn a_credential_near_its_end_signs_nothing() {
        assert_eq!(at(1000, "k", 60, Some(1119)), Err(PresignError::CredentialEndsSoon));
        assert_eq!(at(1000, "k", 60, Some(900)), Err(PresignError::CredentialEndsSoon));
        assert!(at(1000, "k", 60, Some(1120)).is_ok());
    }

    #[test]
    fn walking_to_the_credentials_end_every_url_is_stable_in_its_window_and_good_to_its_end() {
        let end = 1_800_000_000;
        for expiry in [1, 2, 3, 7, 120, 121, 900, 1799, HOUR, 12 * HOUR, 7 * 24 * HOUR] {
            let mut held: Option<Window> = None;
            for now in end - 3 * HOUR..=end - 120 {
                let window = at(now, "images/u1.png", expiry, Some(end)).unwrap();
                if let Some(held) = held {
                    let turned = now >= held.turns_at.as_unix();
                    assert_eq!(turned, held != window, "at {now}, expiry {expiry}: {held:?} {window:?}");
                }
                held = Some(window);
            }
        }
    }

    proptest! {
        #[test]
        fn a_window_holds_its_promises(
            now in 1_000_000_000_u64..4_000_000_000,
            expiry in prop_oneof![1_u64..10, 1_u64..4000, 1_u64..=604_800],
            key in "[a-z/]{1,20}",
            left in prop_oneof![Just(None), (120_u64..2000).prop_map(Some), (120_u64..700_000).prop_map(Some)],
        ) {
            let end = left.map(|left| now + left);
            let window = at(now, &key, expiry, end).unwrap();
            let (signed, turns, expires) =
                (window.signed_at.as_unix(), window.turns_at.as_unix(), window.expires_at.as_unix());
            prop_assert!(signed <= now && now < turns);
            prop_assert!(expires - signed <= expiry);
            prop_assert!(expires > now);
            if let Some(end) = end {
                prop_assert!(expires <= end - 60);
            }
            if expiry > 1 {
                // A whole second may have passed since the clock's reading, and still half is left.
                prop_assert!(2 * (expires - now - 1) >= expires - signed);
            }
            if left.is_none() {
                prop_assert_eq!(expires - signed, expiry);
            }
            // The same all through the window, as far as the credential still signs.
            for other in [now.midpoint(turns), turns - 1] {
                if other < turns && end.is_none_or(|end| end.saturating_sub(other) >= 120) {
                    prop_assert_eq!(at(other, &key, expiry, end).unwrap(), window);
                }
            }
        }
    }
}
