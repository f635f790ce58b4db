//! Ages, windows and clocks: what a stored answer is good for as time goes by.

use super::tests::{NOON, NOW, STALE, WIDE, exchange, rules, secs, validity};
use super::*;
use crate::config::CachePolicy;
use Standing::{Fresh, Stale, WhileRevalidating};

fn after(seconds: u64) -> Timestamp {
    NOON.plus(secs(seconds))
}

fn fresh(left: u64) -> Standing {
    Fresh { left: secs(left) }
}

fn stale(stale_by: u64) -> Standing {
    Stale {
        stale_by: secs(stale_by),
    }
}

fn revalidating(stale_by: u64) -> Standing {
    WhileRevalidating {
        stale_by: secs(stale_by),
    }
}

#[test]
fn each_window_ends_with_its_last_second() {
    let kept = validity(&[("cache-control", "max-age=60")]);
    // The policy stays stale for 100 seconds while it revalidates, for 1,000 on errors.
    for (now, standing, stands_in) in [
        (0, fresh(60), true),
        (59, fresh(1), true),
        (60, revalidating(0), true),
        (159, revalidating(99), true),
        (160, stale(100), true),
        (1_059, stale(999), true),
        (1_060, stale(1_000), false),
        (u64::MAX, stale((1 << 31) - 60), false),
    ] {
        assert_eq!(kept.standing(&STALE, after(now)), standing, "after {now} s");
        assert_eq!(kept.may_stand_in(&STALE, after(now)), stands_in, "after {now} s");
    }
}

#[test]
fn a_window_of_zero_is_none() {
    let kept = validity(&[("cache-control", "max-age=60")]);
    assert_eq!(kept.standing(&WIDE, after(60)), stale(0));
    assert!(!kept.may_stand_in(&WIDE, after(60)));
    assert!(kept.may_stand_in(&WIDE, after(59)));
    let never = CachePolicy {
        fresh_for: secs(0),
        ..STALE
    };
    assert_eq!(kept.standing(&never, NOON), revalidating(0));
}

#[test]
fn routes_judge_one_entry_each_by_its_own_policy() {
    let kept = validity(&[("cache-control", "max-age=60")]);
    let short = CachePolicy {
        fresh_for: secs(10),
        stale_while_revalidate: secs(5),
        stale_if_error: secs(7),
    };
    for (now, standing, stands_in) in [
        (9, fresh(1), true),
        (10, revalidating(0), true),
        (15, stale(5), true),
        (17, stale(7), false),
    ] {
        assert_eq!(kept.standing(&short, after(now)), standing, "after {now} s");
        assert_eq!(kept.may_stand_in(&short, after(now)), stands_in, "after {now} s");
        assert!(matches!(kept.standing(&WIDE, after(now)), Fresh { .. }));
    }
}

#[test]
fn the_origin_lowers_stale_windows_and_never_raises_them() {
    for (told, window, on_error) in [
        ("max-age=60", 100, 1_000),
        ("max-age=60, stale-while-revalidate=10, stale-if-error=20", 10, 20),
        (
            "max-age=60, stale-while-revalidate=500, stale-if-error=5000",
            100,
            1_000,
        ),
        (
            "max-age=60, Stale-While-Revalidate=\"10\", stale-if-error=99999999999",
            10,
            1_000,
        ),
        ("max-age=60, stale-while-revalidate=0", 0, 1_000),
        ("max-age=60, stale-while-revalidate, stale-if-error=-1", 0, 0),
        ("max-age=60, stale-if-error=20, stale-if-error=10", 100, 10),
        ("max-age=60, must-revalidate", 0, 0),
        ("max-age=60, Proxy-Revalidate, stale-if-error=5", 0, 0),
        ("s-maxage=60", 0, 0),
        ("s-maxage=60, stale-while-revalidate=10, stale-if-error=20", 0, 0),
    ] {
        let kept = validity(&[("cache-control", told)]);
        assert_eq!(kept.standing(&STALE, after(59)), fresh(1), "{told}");
        let at_the_end = |window: u64| after(60 + window);
        assert_eq!(kept.standing(&STALE, at_the_end(window)), stale(window), "{told}");
        assert!(!kept.may_stand_in(&STALE, at_the_end(on_error)), "{told}");
        if let Some(last) = window.checked_sub(1) {
            assert_eq!(kept.standing(&STALE, at_the_end(last)), revalidating(last), "{told}");
        }
        if let Some(last) = on_error.checked_sub(1) {
            assert!(kept.may_stand_in(&STALE, at_the_end(last)), "{told}");
        }
    }
}

#[test]
fn no_cache_and_what_is_broken_are_never_used_unasked() {
    for told in [
        "no-cache",
        "max-age=60, no-cache=\"etag\"",
        "no-cache, must-revalidate, max-age=60, s-maxage=60",
        "max-age=60; public",
        "x=\"unclosed, max-age=60",
    ] {
        let kept = validity(&[("cache-control", told)]);
        assert_eq!(rules(&[("cache-control", told)]).may_store(), Ok(()), "{told}");
        assert_eq!(kept.standing(&STALE, after(3)), stale(3), "{told}");
        assert!(!kept.may_stand_in(&STALE, NOON), "{told}");
    }
    // What is merely used up at once is still served in the route's windows.
    for told in ["max-age=0", "max-age=x"] {
        let kept = validity(&[("cache-control", told)]);
        assert_eq!(kept.standing(&STALE, after(3)), revalidating(3), "{told}");
        assert!(kept.may_stand_in(&STALE, after(3)), "{told}");
    }
}

#[test]
fn the_age_is_what_age_says_and_the_time_that_passed_since_the_request() {
    let kept = |head: &[(&'static str, &str)]| Validity::new(&rules(head), exchange(NOON, after(3)));
    assert_eq!(kept(&[]).age(after(3)), secs(3));
    assert_eq!(kept(&[]).age(after(10)), secs(10));
    assert_eq!(kept(&[("age", "100")]).age(after(10)), secs(110));
    assert_eq!(kept(&[("age", "100"), ("date", NOW)]).age(after(10)), secs(110));
    assert_eq!(kept(&[("age", "99999999999999999999")]).age(after(10)), secs(1 << 31));
    let left = kept(&[("age", "100"), ("cache-control", "max-age=200")]).standing(&WIDE, after(10));
    assert_eq!(left, fresh(90));
    // The answer before the request: a clock that was set between them.
    let odd = Validity::new(&rules(&[]), exchange(after(3), NOON));
    assert_eq!(odd.age(after(3)), secs(3));
}

#[test]
fn an_origin_whose_clock_is_wrong_is_taken_by_its_own_clock() {
    const SLOW: &str = "Tue, 31 Dec 2024 22:00:00 GMT";
    const FAST: &str = "Wed, 01 Jan 2025 02:00:00 GMT";
    let max_age = ("cache-control", "max-age=60");
    for date in [SLOW, NOW, FAST] {
        assert_eq!(
            validity(&[("date", date), max_age]).standing(&WIDE, NOON),
            fresh(60),
            "{date}"
        );
        assert_eq!(validity(&[("date", date)]).age(after(5)), secs(5), "{date}");
    }
    // Expires is two minutes after Date, each time.
    for (date, expires) in [
        (SLOW, "Tue, 31 Dec 2024 22:02:00 GMT"),
        (NOW, "Wed, 01 Jan 2025 00:02:00 GMT"),
        (FAST, "Wed, 01 Jan 2025 02:02:00 GMT"),
    ] {
        let kept = validity(&[("date", date), ("expires", expires)]);
        assert_eq!(kept.standing(&WIDE, after(100)), fresh(20), "{date}");
    }
    // http-cache-tests, expires-freshness: past by its own clock, though to come by ours.
    let past = [
        ("date", "Wed, 01 Jan 2025 00:06:40 GMT"),
        ("expires", "Wed, 01 Jan 2025 00:05:00 GMT"),
    ];
    assert_eq!(validity(&past).standing(&WIDE, NOON), stale(0));
    // A date that is not there, says nothing or comes twice: by our clock.
    let expires = ("expires", "Wed, 01 Jan 2025 00:02:00 GMT");
    for head in [
        vec![expires],
        vec![expires, ("date", "foo")],
        vec![expires, ("date", SLOW), ("date", SLOW)],
    ] {
        assert_eq!(validity(&head).standing(&WIDE, NOON), fresh(120), "{head:?}");
    }
    // Behind a cache the date is counted: one that adds no `Age` may stand further back.
    let behind = |age| validity(&[("date", SLOW), ("age", age), ("cache-control", "max-age=7260")]);
    assert_eq!(behind("0").standing(&WIDE, NOON), fresh(60));
    assert_eq!(behind("7230").standing(&WIDE, NOON), fresh(30));
    // http-cache-tests: `Age` is older than `Expires` less a slow, or fast, `Date`.
    for (date, expires, age) in [
        ("Tue, 31 Dec 2024 23:59:50 GMT", "Wed, 01 Jan 2025 00:00:10 GMT", "25"),
        ("Wed, 01 Jan 2025 00:00:10 GMT", "Wed, 01 Jan 2025 00:00:20 GMT", "15"),
    ] {
        let head = [("date", date), ("expires", expires), ("age", age)];
        assert_eq!(validity(&head).standing(&WIDE, NOON), stale(5), "{head:?}");
    }
}

#[test]
fn a_clock_of_ours_that_was_turned_back_ends_everything() {
    let kept = validity(&[("cache-control", "max-age=600")]);
    let before = |seconds| NOON.minus(secs(seconds));
    assert_eq!(kept.standing(&STALE, before(60)), fresh(600));
    assert_eq!(kept.age(before(60)), secs(0));
    assert!(matches!(kept.standing(&STALE, before(61)), Stale { .. }));
    assert!(!kept.may_stand_in(&STALE, before(61)));
    let endless = CachePolicy {
        fresh_for: Duration::MAX,
        ..STALE
    };
    assert!(!matches!(validity(&[]).standing(&endless, before(61)), Fresh { .. }));
}

#[test]
fn a_304_renews_the_time_and_keeps_what_it_leaves_out() {
    let stored = validity(&[
        ("cache-control", "max-age=60, must-revalidate"),
        ("date", NOW),
        ("age", "30"),
    ]);
    let (asked, answered) = (after(1_000), after(1_001));
    let renewed = |head: &[(&'static str, &str)]| stored.renewed(&rules(head), exchange(asked, answered));

    let silent = [("date", "Wed, 01 Jan 2025 00:16:41 GMT")];
    assert_eq!(renewed(&silent).standing(&STALE, answered), fresh(59));
    assert_eq!(renewed(&silent).standing(&STALE, after(1_061)), stale(1));
    let empty = [("cache-control", " , "), ("vary", "")];
    assert_eq!(renewed(&empty).standing(&STALE, answered), fresh(59));

    // The whole field is replaced: `must-revalidate` is gone with it.
    let other = [("cache-control", "max-age=10")];
    assert_eq!(renewed(&other).standing(&STALE, after(1_011)), revalidating(1));
    // A field beside it is added, and `Cache-Control` still comes first.
    let expires = [("expires", "0")];
    assert_eq!(renewed(&expires).standing(&STALE, answered), fresh(59));
    // Twice over, the last word counts for each field.
    let again = renewed(&other).renewed(&rules(&[]), exchange(after(2_000), after(2_000)));
    assert_eq!(again.standing(&STALE, after(2_000)), fresh(10));

    // A stored `Expires` is a date, which does not move with the 304.
    let dated = validity(&[("expires", "Wed, 01 Jan 2025 00:20:00 GMT"), ("date", NOW)]);
    assert_eq!(dated.standing(&WIDE, NOON), fresh(1_200));
    assert_eq!(
        dated
            .renewed(&rules(&silent), exchange(answered, answered))
            .standing(&WIDE, answered),
        fresh(199)
    );

    // Without a date of its own it counts from when the 304 came, not from the date that is stored.
    let undated = dated.renewed(&rules(&[]), exchange(answered, answered));
    assert_eq!(undated.standing(&WIDE, answered), fresh(199));

    let vary = rules(&[("vary", "cookie")]);
    assert_eq!(rules(&other).updated_by(&vary).may_store(), Err(NotStored::Vary));
    assert_eq!(
        rules(&[("vary", "origin")]).updated_by(&rules(&other)).may_store(),
        Ok(())
    );
}
