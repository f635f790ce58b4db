//! The table of what is done about a failure: each cause, each state that a request can be in.

use super::*;
use crate::telemetry::RetryReason::{Broken, Clock, Closed, Credentials, Region as Place, Throttled, Unreachable};

const BOUNDS: RetryBounds = RetryBounds {
    most: 2,
    pause: Duration::from_millis(100),
    busy_pause: Duration::from_millis(400),
};

/// What is expected; pauses are drawn, so their longest is named.
#[derive(Debug)]
enum Expected {
    Again(RetryReason, u64),
    Exactly(Remedy),
}
use Expected::{Again, Exactly};

fn judge(course: &[RetryReason], repeatable: Repeatable, cause: &Cause) -> Remedy {
    let mut so_far = Course::default();
    for reason in course {
        so_far.note(*reason);
    }
    so_far.remedy(repeatable, cause, &BOUNDS, &mut fastrand::Rng::with_seed(1))
}

fn eu() -> Region {
    Region::parse("eu-west-1").unwrap()
}

fn busy(retry_after: Option<u64>) -> Cause {
    Cause::Throttled {
        retry_after: retry_after.map(Duration::from_secs),
        by: Refuser::Server,
    }
}

#[test]
fn each_cause_has_its_remedy() {
    let give_up = || Exactly(Remedy::GiveUp);
    let noon = Timestamp::from_unix(1_790_000_000);
    for (course, cause, expected) in [
        (&[][..], Cause::Closed, Again(Closed, 0)),
        (&[Closed], Cause::Closed, Again(Closed, 200)),
        (&[Closed, Closed], Cause::Closed, give_up()),
        (&[], Cause::Unreachable, Again(Unreachable, 100)),
        (&[Unreachable], Cause::Unreachable, Again(Unreachable, 200)),
        (&[Broken, Unreachable], Cause::Unreachable, give_up()),
        (&[], Cause::Broken, Again(Broken, 100)),
        (&[Throttled], Cause::Broken, Again(Broken, 200)),
        (&[Broken, Broken], Cause::Broken, give_up()),
        (&[], busy(None), Again(Throttled, 400)),
        (&[Throttled], busy(None), Again(Throttled, 800)),
        (&[Throttled, Throttled], busy(None), give_up()),
        (&[], busy(Some(1)), give_up()),
        (&[], Cause::StaleCredentials, Exactly(Remedy::RenewCredentials)),
        (&[Credentials], Cause::StaleCredentials, give_up()),
        (&[], Cause::Skewed(Some(noon)), Exactly(Remedy::LearnClock(noon))),
        (&[], Cause::Skewed(None), give_up()),
        (&[Clock], Cause::Skewed(Some(noon)), give_up()),
        (&[], Cause::Elsewhere(eu()), Exactly(Remedy::LearnRegion(eu()))),
        (&[Place], Cause::Elsewhere(eu()), give_up()),
        // One correction does not stand in the way of another, nor repeats of corrections.
        (
            &[Place, Clock],
            Cause::StaleCredentials,
            Exactly(Remedy::RenewCredentials),
        ),
        (
            &[Broken, Broken],
            Cause::Elsewhere(eu()),
            Exactly(Remedy::LearnRegion(eu())),
        ),
        (&[Credentials, Clock, Place], Cause::Broken, Again(Broken, 100)),
        (&[], Cause::Late, give_up()),
        (&[], Cause::Garbled, give_up()),
        (&[], Cause::Settled, give_up()),
        (&[], Cause::Faulted, give_up()),
        (&[], Cause::Unsent, give_up()),
    ] {
        let remedy = judge(course, Repeatable::Always, &cause);
        match &expected {
            Exactly(exactly) => assert_eq!(remedy, *exactly, "{course:?} {cause:?}"),
            Again(reason, longest) => {
                let Remedy::SendAgain(why, after) = &remedy else {
                    panic!("{course:?} {cause:?} {remedy:?}")
                };
                let span = Duration::from_millis(*longest);
                assert!(
                    why == reason && (span / 2..=span).contains(after),
                    "{cause:?} {remedy:?}"
                );
            }
        }
    }
}

#[test]
fn rule_24_only_what_is_harmless_is_repeated_but_a_refused_signature_is_made_anew() {
    for cause in [Cause::Closed, Cause::Broken, busy(None)] {
        for repeatable in [Repeatable::Undone, Repeatable::Never] {
            assert_eq!(judge(&[], repeatable, &cause), Remedy::GiveUp, "{cause:?}");
        }
    }
    let unreachable = judge(&[], Repeatable::Undone, &Cause::Unreachable);
    assert!(matches!(unreachable, Remedy::SendAgain(Unreachable, _)));
    assert_eq!(judge(&[], Repeatable::Never, &Cause::Unreachable), Remedy::GiveUp);
    for repeatable in [Repeatable::Undone, Repeatable::Never] {
        let stale = judge(&[], repeatable, &Cause::StaleCredentials);
        assert_eq!(stale, Remedy::RenewCredentials);
    }
}

#[test]
fn refusals_are_a_sign_of_life() {
    let of = |by| Cause::Throttled { retry_after: None, by };
    for (cause, health) in [
        (Cause::Unreachable, Health::Fails),
        (Cause::Closed, Health::Fails),
        (Cause::Late, Health::Fails),
        (Cause::Garbled, Health::Fails),
        (Cause::Broken, Health::Fails),
        (of(Refuser::Unknown), Health::Fails),
        (of(Refuser::Server), Health::Works),
        (Cause::StaleCredentials, Health::Works),
        (Cause::Skewed(None), Health::Works),
        (Cause::Elsewhere(eu()), Health::Works),
        (Cause::Settled, Health::Works),
        (Cause::Faulted, Health::Unknown),
        (Cause::Unsent, Health::Unknown),
    ] {
        assert_eq!(cause.health(), health, "{cause:?}");
    }
}
