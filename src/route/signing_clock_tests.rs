//! What an origin's dates teach, and how long it is believed (rule 26).

use super::*;
use http::HeaderValue;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn learned(seconds: i64) -> SigningClock {
    let clock = SigningClock::default();
    assert_eq!(clock.learn(moved(NOW, seconds), NOW), Learned::New);
    clock
}

fn dated(time: Timestamp) -> HeaderMap {
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(time.as_unix()));
    HeaderMap::from_iter([(DATE, HeaderValue::from_str(&date).unwrap())])
}

fn minutes(n: u64) -> Timestamp {
    NOW.plus(Duration::from_mins(n))
}

#[test]
fn rule_26_an_offset_is_learned_from_one_refusal() {
    for seconds in [-86_400, -1200, -31, 31, 900, 1200, 86_400] {
        let clock = learned(seconds);
        assert_eq!(clock.offset(NOW).seconds(), seconds);
        assert_eq!(clock.offset(NOW).to_origin(NOW), moved(NOW, seconds));
        assert_eq!(clock.offset(NOW).to_ours(moved(NOW, seconds)), NOW);
        // A request that was refused at the same time has the same to say.
        assert_eq!(
            clock.learn(moved(NOW, seconds - 2 * seconds.signum()), NOW),
            Learned::Known
        );
        assert_eq!(clock.offset(NOW).seconds(), seconds);
    }
}

#[test]
fn a_refusal_whose_date_agrees_or_makes_no_sense_teaches_nothing() {
    let clock = SigningClock::default();
    for seconds in [0, 30, -30, 86_401, -86_401, -1_800_000_000] {
        assert_eq!(clock.learn(moved(NOW, seconds), NOW), Learned::Refused, "{seconds}");
        assert_eq!(clock.offset(NOW).seconds(), 0);
    }
}

#[test]
fn without_a_confirmation_it_is_forgotten() {
    let clock = learned(-1200);
    assert_eq!(clock.offset(minutes(14)).seconds(), -1200);
    assert_eq!(clock.offset(minutes(15)).seconds(), 0);
    // And learned again, by one refusal.
    assert_eq!(clock.learn(moved(minutes(15), -1200), minutes(15)), Learned::New);
    assert_eq!(clock.offset(minutes(29)).seconds(), -1200);
}

#[test]
fn later_answers_confirm_it() {
    let clock = learned(-1200);
    for minute in (1..200).step_by(7) {
        clock.confirm(&dated(moved(minutes(minute), -1195)), minutes(minute));
        assert_eq!(clock.offset(minutes(minute)).seconds(), -1200);
    }
}

#[test]
fn later_answers_correct_it_and_end_it() {
    let clock = learned(-1200);
    assert_eq!(clock.confirm(&dated(moved(minutes(1), -600)), minutes(1)), Learned::New);
    assert_eq!(clock.offset(minutes(1)).seconds(), -600);
    assert_eq!(clock.confirm(&dated(moved(minutes(2), 3)), minutes(2)), Learned::New);
    assert_eq!(clock.offset(minutes(2)).seconds(), 0);
    // With none in force, no answer brings one about: the origin does not mind.
    assert_eq!(
        clock.confirm(&dated(moved(minutes(2), 600)), minutes(2)),
        Learned::Known
    );
    assert_eq!(clock.offset(minutes(2)).seconds(), 0);
}

#[test]
fn a_clock_that_was_set_right_needs_no_offset() {
    // Ours was 20 minutes ahead, and is set back.
    let clock = learned(-1200);
    assert_eq!(clock.offset(moved(NOW, -1200)).seconds(), 0);
    // Ours was 20 minutes behind, and is set forward.
    let clock = learned(1200);
    assert_eq!(clock.offset(moved(NOW, 1200)).seconds(), 0);
    // A step of less than that is for the next refusal to tell, or for the next answer.
    let clock = learned(600);
    assert_eq!(clock.offset(moved(NOW, 600)).seconds(), 600);
    assert_eq!(clock.learn(moved(NOW, 600), moved(NOW, 600)), Learned::New);
    assert_eq!(clock.offset(moved(NOW, 600)).seconds(), 0);
    // NTP may nudge it.
    assert_eq!(learned(-1200).offset(moved(NOW, -59)).seconds(), -1200);
}

#[test]
fn dates_out_of_a_cache_and_no_dates_say_nothing() {
    let mut headers = dated(NOW);
    assert_eq!(origin_date(&headers), Some(NOW));
    headers.append(DATE, headers[DATE].clone());
    assert_eq!(origin_date(&headers), None);
    let mut headers = dated(NOW);
    headers.insert(AGE, HeaderValue::from_static("7"));
    assert_eq!(origin_date(&headers), None);
    for text in [
        "",
        "yesterday",
        "Thu, 01 Jan 1969 00:00:00 GMT",
        "Wed, 45 Jan 2026 00:00:00 GMT",
    ] {
        let headers = HeaderMap::from_iter([(DATE, HeaderValue::from_static(text))]);
        assert_eq!(origin_date(&headers), None, "{text}");
    }
    let clock = learned(-1200);
    clock.confirm(&HeaderMap::new(), minutes(1));
    assert_eq!(clock.offset(minutes(1)).seconds(), -1200);
}

proptest! {
    #[test]
    fn whatever_was_learned_one_refusal_sets_it_right(
        before in proptest::collection::vec((any::<u32>(), -100_000_i64..100_000), 0..6),
        now in 1_000_000_u64..4_000_000_000,
        seconds in -86_400_i64..=86_400,
    ) {
        let clock = SigningClock::default();
        for (at, seconds) in before {
            let at = Timestamp::from_unix(at.into());
            let _ = clock.learn(moved(at, seconds), at);
            prop_assert!(clock.offset(at).seconds().abs() <= LARGEST);
        }
        let now = Timestamp::from_unix(now);
        let origin = moved(now, seconds);
        let _ = clock.learn(origin, now);
        let signed = clock.offset(now).to_origin(now);
        prop_assert!(difference(signed, origin).abs() <= SLACK);
    }

    #[test]
    fn a_word_holds_an_offset(seconds in any::<i32>(), confirmed_at in any::<u32>()) {
        let offset = Offset { seconds, confirmed_at };
        let back = Offset::unpack(offset.pack());
        prop_assert!(back == offset || (seconds == 0 && back == Offset::default()));
    }
}
