//! The limiter, by a clock that the test turns.

use super::*;

impl Limiter {
    async fn enter(self: &Arc<Self>, deadline: Instant) -> Result<Place, HeldBack> {
        match self.try_enter() {
            Some(place) => Ok(place),
            None => self.wait(deadline).await,
        }
    }
}

fn limiter(most: usize) -> Arc<Limiter> {
    Limiter::new(ConcurrencyBounds {
        most,
        least: 2,
        most_waiting: 3,
        wait: Duration::from_secs(1),
    })
}

fn far() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

async fn places(limiter: &Arc<Limiter>, count: usize) -> Vec<Place> {
    let mut held = Vec::new();
    for _ in 0..count {
        held.push(limiter.enter(far()).await.unwrap());
    }
    held
}

/// The places that can be had at once.
async fn room(limiter: &Arc<Limiter>) -> usize {
    let mut held = Vec::new();
    while let Ok(place) = limiter.enter(Instant::now()).await {
        held.push(place);
    }
    held.len()
}

#[tokio::test(start_paused = true)]
async fn rule_24_slow_down_halves_once_for_all_that_were_under_way() {
    let limiter = limiter(64);
    let mut held = places(&limiter, 64).await;
    let changes: Vec<_> = held.drain(..40).map(Place::too_many).collect();
    assert_eq!(changes[0], Some(32));
    assert!(changes[1..].iter().all(Option::is_none));
    assert_eq!((limiter.limit(), limiter.in_use()), (32, 24));
    drop(held);
    assert_eq!(room(&limiter).await, 32);
    for limit in [16, 8, 4, 2] {
        assert_eq!(limiter.enter(far()).await.unwrap().too_many(), Some(limit));
    }
    assert_eq!(
        limiter.enter(far()).await.unwrap().too_many(),
        None,
        "two always remain"
    );
    assert_eq!(room(&limiter).await, 2);
}

#[tokio::test(start_paused = true)]
async fn places_beyond_a_new_limit_are_not_given_out_again() {
    let limiter = limiter(8);
    let mut held = places(&limiter, 8).await;
    assert_eq!(held.remove(0).too_many(), Some(4));
    assert_eq!(limiter.in_use(), 7);
    held.truncate(4);
    assert_eq!(room(&limiter).await, 0);
    held.truncate(3);
    assert_eq!(room(&limiter).await, 1);
}

#[tokio::test(start_paused = true)]
async fn answers_raise_the_limit_again_while_it_is_made_use_of() {
    let limiter = limiter(8);
    limiter.enter(far()).await.unwrap().too_many();
    limiter.enter(far()).await.unwrap().too_many();
    assert_eq!(limiter.limit(), 2);
    let mut answers = 0;
    while limiter.limit() < 8 {
        for place in places(&limiter, limiter.limit()).await {
            place.coped();
            answers += 1;
        }
    }
    assert!((27..=60).contains(&answers), "{answers}");
    assert_eq!(room(&limiter).await, 8);
    places(&limiter, 8).await.into_iter().for_each(Place::coped);
    assert_eq!((limiter.limit(), room(&limiter).await), (8, 8), "never past the bound");
    limiter.enter(far()).await.unwrap().too_many();
    for _ in 0..100 {
        limiter.enter(far()).await.unwrap().coped();
    }
    assert_eq!(limiter.limit(), 4, "one at a time does not prove that more are fine");
}

#[tokio::test(start_paused = true)]
async fn rule_23_the_line_and_the_wait_are_bounded() {
    let limiter = limiter(2);
    let held = places(&limiter, 2).await;
    let began = Instant::now();
    assert_eq!(limiter.enter(far()).await.err(), Some(HeldBack));
    assert_eq!(began.elapsed(), Duration::from_secs(1));
    let soon = Instant::now() + Duration::from_millis(100);
    assert_eq!(limiter.enter(soon).await.err(), Some(HeldBack));
    assert_eq!(Instant::now(), soon, "the request's own deadline comes first");

    let line: Vec<_> = (0..4)
        .map(|_| {
            let limiter = Arc::clone(&limiter);
            tokio::spawn(async move { limiter.enter(far()).await.map(drop) })
        })
        .collect();
    tokio::task::yield_now().await;
    assert_eq!(limiter.waiting(), 3);
    drop(held);
    let mut outcomes = Vec::new();
    for waiter in line {
        outcomes.push(waiter.await.unwrap());
    }
    assert_eq!(outcomes, [Ok(()), Ok(()), Ok(()), Err(HeldBack)]);
    assert_eq!((limiter.waiting(), limiter.in_use()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_leaves_loses_no_place() {
    let limiter = limiter(2);
    let held = places(&limiter, 2).await;
    let waiter = tokio::spawn({
        let limiter = Arc::clone(&limiter);
        async move { limiter.enter(far()).await.map(drop) }
    });
    tokio::task::yield_now().await;
    waiter.abort();
    drop(held);
    assert!(waiter.await.is_err());
    assert_eq!(room(&limiter).await, 2);
}
