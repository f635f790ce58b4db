//! What holds for every head that an origin could send, at every time and in every route.

use super::tests::{NOON, exchange, secs};
use super::*;
use crate::config::CachePolicy;
use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderName, HeaderValue, VARY};
use proptest::prelude::*;

/// What comes close to meaning something, whole or cut to pieces.
const PIECES: [&str; 44] = [
    "max-age",
    "s-maxage",
    "no-cache",
    "no-store",
    "private",
    "must-revalidate",
    "proxy-revalidate",
    "stale-while-revalidate",
    "stale-if-error",
    "public",
    "immutable",
    "x",
    "=",
    "=",
    "=",
    ",",
    ",",
    ",",
    ", ",
    " ",
    "\t",
    "\"",
    "\"",
    "\\",
    ";",
    "0",
    "1",
    "60",
    "3600",
    "-1",
    "1.5",
    "2147483648",
    "18446744073709551616",
    "99999999999999999999999",
    "Wed, 01 Jan 2025 00:01:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Tue, 31 Dec 2024 23:00:00 GMT",
    "Wednesday, 01-Jan-25 00:00:00 GMT",
    "Wed Jan  1 00:00:00 2025",
    "GMT",
    "origin",
    "*",
    "Accept-Encoding",
    "é",
];

fn value() -> impl Strategy<Value = HeaderValue> {
    let pieces =
        prop::collection::vec(prop::sample::select(&PIECES[..]), 0..12).prop_map(|pieces| pieces.concat().into_bytes());
    let bytes = prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![4 => pieces, 1 => bytes]
        .prop_filter_map("no header value", |bytes| HeaderValue::from_bytes(&bytes).ok())
}

fn head() -> impl Strategy<Value = HeaderMap> {
    let name = prop::sample::select(vec![
        CACHE_CONTROL,
        CACHE_CONTROL,
        CACHE_CONTROL,
        EXPIRES,
        DATE,
        AGE,
        VARY,
    ]);
    prop::collection::vec((name, value()), 0..6).prop_map(|fields| {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, value);
        }
        headers
    })
}

/// Around noon, and anywhere.
fn time() -> impl Strategy<Value = Timestamp> {
    let near = (0_u64..10_000).prop_map(|seconds| NOON.plus(secs(seconds)).minus(secs(5_000)));
    prop_oneof![6 => near, 1 => any::<u64>().prop_map(Timestamp::from_unix)]
}

fn window() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        (0_u64..10_000).prop_map(secs),
        Just(Duration::MAX)
    ]
}

fn policy() -> impl Strategy<Value = CachePolicy> {
    (window(), window(), window()).prop_map(|(fresh_for, stale_while_revalidate, stale_if_error)| CachePolicy {
        fresh_for,
        stale_while_revalidate,
        stale_if_error,
    })
}

/// The less may be done with it, the larger.
fn rank(standing: Standing) -> (u8, Duration) {
    match standing {
        Standing::Fresh { left } => (0, Duration::MAX.saturating_sub(left)),
        Standing::WhileRevalidating { stale_by } => (1, stale_by),
        Standing::Stale { stale_by } => (2, stale_by),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    /// No head panics, and none allows what the route would not allow for an answer that says nothing.
    #[test]
    fn no_head_widens_what_the_route_allows(
        headers in head(), policy in policy(), asked_at in time(), answered_at in time(), now in time(),
    ) {
        let rules = StorageRules::from_headers(&headers);
        let told = Validity::new(&rules, exchange(asked_at, answered_at));
        let silent = Validity::new(&StorageRules::from_headers(&HeaderMap::new()), exchange(asked_at, answered_at));
        prop_assert!(told.age(now) >= silent.age(now));
        prop_assert!(rank(told.standing(&policy, now)) >= rank(silent.standing(&policy, now)));
        prop_assert!(!told.may_stand_in(&policy, now) || silent.may_stand_in(&policy, now));
        match told.standing(&policy, now) {
            Standing::Fresh { left } => prop_assert!(!left.is_zero() && left <= policy.fresh_for),
            Standing::WhileRevalidating { stale_by } => prop_assert!(stale_by < policy.stale_while_revalidate),
            Standing::Stale { .. } => {}
        }
    }

    /// A 304 of any kind, after an answer of any kind, is bounded in the same way.
    #[test]
    fn no_304_widens_what_the_route_allows(
        headers in head(), repeated in head(), policy in policy(), times in (time(), time(), time(), time()), now in time(),
    ) {
        let (first, second) = (StorageRules::from_headers(&headers), StorageRules::from_headers(&repeated));
        let renewed = Validity::new(&first, exchange(times.0, times.1)).renewed(&second, exchange(times.2, times.3));
        let silent = Validity::new(&StorageRules::from_headers(&HeaderMap::new()), exchange(times.2, times.3));
        prop_assert!(rank(renewed.standing(&policy, now)) >= rank(silent.standing(&policy, now)));
        prop_assert!(!renewed.may_stand_in(&policy, now) || silent.may_stand_in(&policy, now));
        // Whoever keeps it asks the 304 alone.
        if first.may_store().is_ok() {
            prop_assert_eq!(first.updated_by(&second).may_store(), second.may_store());
        }
    }

    /// Waiting makes nothing fresher.
    #[test]
    fn time_only_takes_away(
        headers in head(), policy in policy(), asked_at in time(), now in time(), later in 0_u64..20_000,
    ) {
        let kept = Validity::new(&StorageRules::from_headers(&headers), exchange(asked_at, asked_at));
        let now = Timestamp::from_unix(now.as_unix().max(asked_at.as_unix()));
        let later = now.plus(secs(later));
        prop_assert!(kept.age(later) >= kept.age(now));
        prop_assert!(rank(kept.standing(&policy, later)) >= rank(kept.standing(&policy, now)));
        prop_assert!(!kept.may_stand_in(&policy, later) || kept.may_stand_in(&policy, now));
    }

    /// A clock of the origin's that is wrong by any amount makes nothing fresher, and without a cache in between it makes
    /// no difference.
    #[test]
    fn an_origin_with_a_wrong_clock_is_no_fresher(
        lifetime in 0_u64..100_000, skew in -1_000_000_i64..1_000_000, age in prop::option::of(0_u64..100_000),
        spoken in prop::bool::ANY,
    ) {
        let exchange = |skew: i64| {
            let made = NOON.as_unix().checked_add_signed(skew).unwrap();
            let date = |unix| httpdate::fmt_http_date(std::time::UNIX_EPOCH + secs(unix));
            let mut fields = vec![(DATE, date(made))];
            fields.push(if spoken {
                (CACHE_CONTROL, format!("max-age={lifetime}"))
            } else {
                (EXPIRES, date(made + lifetime))
            });
            fields.extend(age.map(|age| (AGE, age.to_string())));
            let fields = fields.into_iter().map(|(name, value)| (name, HeaderValue::try_from(value).unwrap()));
            Validity::new(&StorageRules::from_headers(&fields.collect()), exchange(NOON, NOON))
        };
        let policy = CachePolicy { fresh_for: secs(1_000_000), ..CachePolicy::default() };
        let (right, wrong) = (exchange(0).standing(&policy, NOON), exchange(skew).standing(&policy, NOON));
        prop_assert!(rank(wrong) >= rank(right), "{wrong:?} by a wrong clock, {right:?} by a right one");
        if age.is_none() || skew >= 0 {
            prop_assert_eq!(wrong, right);
        }
    }

    /// However a list is written, it says the same: case, blanks, quotes, empty members, lines, unknown directives.
    #[test]
    fn a_list_says_the_same_however_it_is_written(
        directives in prop::collection::vec((prop::sample::select(vec![
            "max-age", "s-maxage", "stale-while-revalidate", "stale-if-error", "must-revalidate", "no-cache", "private",
        ]), 0_u32..5_000), 1..6),
        styles in prop::collection::vec((0_u8..4, prop::sample::select(vec![
            ",", ", ", "\t,", " , ,", ", x,", ", x=\"no-store, max-age=0\",", ", x=\"\\\",no-store\\\\\",", "\n",
        ])), 6),
    ) {
        let plain = |(name, seconds): &(&str, u32)| match *name {
            "must-revalidate" | "no-cache" | "private" => (*name).to_owned(),
            _ => format!("{name}={seconds}"),
        };
        let list: Vec<_> = directives.iter().map(plain).collect();
        let mut written = String::new();
        for (directive, (style, between)) in list.iter().zip(&styles) {
            let (name, number) = directive.split_once('=').unwrap_or((directive, ""));
            let styled = match (style, number) {
                (1, _) => directive.to_ascii_uppercase(),
                (_, "") | (0, _) => directive.clone(),
                (2, _) => format!("{name}=\"{number}\""),
                (_, _) => format!("{name}=000{number}"),
            };
            written.push_str(&styled);
            written.push_str(between);
        }
        let read = |lines: &str| {
            let lines = lines.split('\n').map(|line| (CACHE_CONTROL, HeaderValue::from_str(line).unwrap()));
            let headers: Vec<(HeaderName, HeaderValue)> = lines.collect();
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(name, value);
            }
            StorageRules::from_headers(&map)
        };
        prop_assert_eq!(read(&written), read(&list.join(",")), "{}", written);
    }
}
