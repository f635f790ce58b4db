//! The breaker, by a clock that the test turns.

use super::*;
use tokio::time::advance;

const BOUNDS: BreakerBounds = BreakerBounds {
    failures: 3,
    open: Duration::from_secs(1),
    longest_open: Duration::from_secs(5),
};

fn fail(breaker: &Arc<Breaker>) -> Change {
    breaker.enter().unwrap().failed()
}

fn opened() -> Arc<Breaker> {
    let breaker = Breaker::new(BOUNDS);
    assert_eq!([fail(&breaker), fail(&breaker)], [Change::None, Change::None]);
    assert!(matches!(fail(&breaker), Change::Opened(_)));
    breaker
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_open_it_and_one_success_forgets_them() {
    let breaker = Breaker::new(BOUNDS);
    for _ in 0..5 {
        let _ = (fail(&breaker), fail(&breaker));
        assert_eq!(breaker.enter().unwrap().worked(), Change::None);
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
    let breaker = opened();
    assert_eq!(breaker.state(), BreakerState::Open);
    let refused = breaker.enter().unwrap_err();
    assert!((Duration::from_millis(750)..=BOUNDS.open).contains(&refused.retry_after));
    assert_eq!(breaker.check(), Err(refused));
}

#[tokio::test(start_paused = true)]
async fn one_probe_at_a_time_decides() {
    let breaker = opened();
    advance(BOUNDS.open).await;
    assert_eq!(breaker.check(), Ok(()), "a check takes no probe");
    let probe = breaker.enter().unwrap();
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    assert!(breaker.enter().is_err() && breaker.check().is_err());
    advance(Duration::from_mins(1)).await;
    assert!(breaker.enter().is_err(), "a slow probe is still the only one");
    assert_eq!(probe.worked(), Change::Closed);
    let _ = (fail(&breaker), fail(&breaker));
    assert_eq!(breaker.state(), BreakerState::Closed, "it begins anew");
}

#[tokio::test(start_paused = true)]
async fn each_probe_that_fails_doubles_the_wait_up_to_a_bound() {
    let breaker = opened();
    let mut wait = BOUNDS.open;
    for longest in [2, 4, 5, 5] {
        advance(wait).await;
        let Change::Opened(open) = fail(&breaker) else {
            panic!("the probe failed")
        };
        let longest = Duration::from_secs(longest);
        assert!((longest * 3 / 4..=longest).contains(&open), "{open:?}");
        assert!(breaker.enter().is_err());
        wait = open;
    }
    advance(wait).await;
    assert_eq!(breaker.enter().unwrap().worked(), Change::Closed);
    let _ = (fail(&breaker), fail(&breaker));
    let Change::Opened(open) = fail(&breaker) else {
        panic!("three in a row")
    };
    assert!(open <= BOUNDS.open, "after a success the waits are short again");
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_client_left_makes_room_for_the_next() {
    let breaker = opened();
    advance(BOUNDS.open).await;
    drop(breaker.enter().unwrap());
    assert_eq!(breaker.state(), BreakerState::Open);
    assert!(matches!(fail(&breaker), Change::Opened(_)));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_takes_long_makes_room_for_the_next() {
    let breaker = opened();
    advance(BOUNDS.open).await;
    let mut slow = breaker.enter().unwrap();
    slow.step_aside();
    let next = breaker.enter().unwrap();
    assert_eq!(slow.failed(), Change::None, "it has no say any more");
    assert_eq!(next.worked(), Change::Closed);
    let mut pass = breaker.enter().unwrap();
    pass.step_aside();
    let _ = (fail(&breaker), fail(&breaker));
    assert!(
        matches!(pass.failed(), Change::Opened(_)),
        "who is no probe keeps its say"
    );
}

#[tokio::test(start_paused = true)]
async fn what_began_before_it_opened_has_no_say() {
    let breaker = Breaker::new(BOUNDS);
    let old: Vec<_> = (0..4).map(|_| breaker.enter().unwrap()).collect();
    let _ = (fail(&breaker), fail(&breaker), fail(&breaker));
    advance(BOUNDS.open).await;
    let probe = breaker.enter().unwrap();
    for (number, pass) in old.into_iter().enumerate() {
        match number % 3 {
            0 => assert_eq!(pass.worked(), Change::None),
            1 => assert_eq!(pass.failed(), Change::None),
            _ => drop(pass),
        }
    }
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    assert_eq!(probe.worked(), Change::Closed);
}
