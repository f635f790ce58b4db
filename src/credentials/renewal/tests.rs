//! Renewal against a scripted source and a clock turned by hand: no test waits for real credentials or real hours.

use super::*;
use crate::clock::ManualClock;
use crate::config::BucketId;
use crate::credentials::Credentials;
use crate::sigv4::{AccessKeyId, Credential};
use crate::telemetry::BucketMetrics;
use secrecy::SecretString;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const START: Timestamp = Timestamp::from_unix(1_800_000_000);
const HOUR: Duration = Duration::from_hours(1);

enum Answer {
    Gives(Credential),
    Fails(&'static str),
    Hangs,
    Panics,
}

/// Plays its answers in turn; the last one for ever.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    calls: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
}

struct UnderWay(Arc<Script>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Script {
    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn next(&self) -> Answer {
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 {
            return answers.pop_front().unwrap();
        }
        match answers.front().unwrap() {
            Answer::Gives(credential) => Answer::Gives(credential.clone()),
            Answer::Fails(why) => Answer::Fails(why),
            Answer::Hangs => Answer::Hangs,
            Answer::Panics => Answer::Panics,
        }
    }
}

struct Scripted(Arc<Script>);

impl Source for Scripted {
    async fn load(&self) -> Result<Loaded, SourceError> {
        let under_way = self.0.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most_under_way.fetch_max(under_way, Ordering::SeqCst);
        let _guard = UnderWay(Arc::clone(&self.0));
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        match self.0.next() {
            Answer::Gives(credential) => Ok(Loaded {
                credential,
                provider: "a script".into(),
            }),
            Answer::Fails(why) => Err(SourceError::new(why)),
            Answer::Hangs => std::future::pending().await,
            Answer::Panics => panic!("scripted"),
        }
    }
}

struct Stage {
    script: Arc<Script>,
    hands: ManualClock,
    credentials: Credentials,
}

fn play(answers: impl IntoIterator<Item = Answer>) -> Stage {
    // Far off: on a busy machine, too, only a source that hangs meets it.
    play_with_deadline(answers, Duration::from_mins(1))
}

fn play_with_deadline(answers: impl IntoIterator<Item = Answer>, deadline: Duration) -> Stage {
    let pace = Pace {
        deadline,
        deadline_with_nothing: deadline,
        look: Duration::from_millis(20),
        spacing: Duration::ZERO,
    };
    play_at_pace(answers, pace)
}

fn play_at_pace(answers: impl IntoIterator<Item = Answer>, pace: Pace) -> Stage {
    let script = Arc::new(Script {
        answers: Mutex::new(answers.into_iter().collect()),
        ..Script::default()
    });
    let (clock, hands) = Clock::manual(START);
    let credentials = Credentials::renewed(
        &BucketId("files".into()),
        None,
        Scripted(Arc::clone(&script)),
        (&clock, pace),
        &Arc::new(BucketMetrics::new("files")),
        &tokio::runtime::Handle::current(),
    );
    Stage {
        script,
        hands,
        credentials,
    }
}

fn temporary(id: &str, end: Timestamp) -> Credential {
    Credential::new(AccessKeyId::parse(id).unwrap(), SecretString::from("secret"))
        .with_session_token(SecretString::from("token"))
        .unwrap()
        .with_expiry(end)
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..5000 {
        if holds() {
            return;
        }
        sleep(Duration::from_millis(2)).await;
    }
    panic!("waited in vain: {what}");
}

async fn a_while() {
    sleep(Duration::from_millis(60)).await;
}

fn id(stage: &Stage) -> String {
    let snapshot = stage.credentials.current().unwrap();
    snapshot
        .signing
        .credential()
        .unwrap()
        .access_key_id()
        .as_str()
        .to_owned()
}

#[tokio::test]
async fn until_the_first_answer_there_is_a_clear_refusal() {
    let stage = play([Answer::Gives(temporary("A1", START.plus(HOUR)))]);
    let refusal = stage.credentials.current().unwrap_err();
    assert!(refusal.to_string().contains("bucket files: still waiting"), "{refusal}");
    assert!(!stage.credentials.ready());
    until("the first load", || stage.credentials.ready()).await;
    assert_eq!(stage.credentials.expires_at(), Some(START.plus(HOUR)));
}

#[tokio::test]
async fn renewal_comes_near_half_of_life_and_begins_a_new_epoch() {
    let stage = play([
        Answer::Gives(temporary("A1", START.plus(HOUR))),
        Answer::Gives(temporary("A2", START.plus(2 * HOUR))),
    ]);
    until("the first load", || stage.credentials.ready()).await;
    let first = stage.credentials.current().unwrap();
    a_while().await;
    stage.hands.set(START.plus(HOUR * 44 / 100));
    a_while().await;
    assert_eq!(stage.script.calls(), 1);
    stage.hands.set(START.plus(HOUR * 56 / 100));
    until("the renewal", || id(&stage) == "A2").await;
    assert!(stage.credentials.current().unwrap().epoch > first.epoch);
    assert_eq!(stage.script.calls(), 2);
}

#[tokio::test]
async fn the_same_credential_again_is_no_new_epoch() {
    let stage = play([Answer::Gives(temporary("A1", START.plus(HOUR)))]);
    until("the first load", || stage.credentials.ready()).await;
    let epoch = stage.credentials.current().unwrap().epoch;
    a_while().await;
    stage.hands.set(START.plus(HOUR * 56 / 100));
    until("the second load", || stage.script.calls() == 2).await;
    a_while().await;
    assert_eq!(stage.credentials.current().unwrap().epoch, epoch);
}

#[tokio::test]
async fn a_failed_renewal_keeps_the_old_set_to_its_end_and_then_says_why() {
    let stage = play([
        Answer::Gives(temporary("A1", START.plus(HOUR))),
        Answer::Fails("STS is on holiday"),
        Answer::Fails("STS is on holiday"),
        Answer::Gives(temporary("A2", START.plus(3 * HOUR))),
    ]);
    until("the first load", || stage.credentials.ready()).await;
    let epoch = stage.credentials.current().unwrap().epoch;
    a_while().await;
    stage.hands.set(START.plus(HOUR * 56 / 100));
    until("the failure", || stage.script.calls() == 2).await;
    a_while().await;
    assert_eq!(stage.credentials.current().unwrap().epoch, epoch);
    stage.hands.set(START.plus(HOUR));
    let refusal = stage.credentials.current().unwrap_err();
    assert!(
        refusal.reason.contains("have ended") && refusal.reason.contains("STS is on holiday"),
        "{refusal}"
    );
    stage.hands.set(START.plus(2 * HOUR));
    until("the recovery", || {
        stage.hands.advance(Duration::from_secs(1));
        stage.credentials.ready()
    })
    .await;
    assert_eq!(id(&stage), "A2");
    let current = stage.credentials.current().unwrap();
    assert_eq!(current.provider(), "a script");
}

#[tokio::test]
async fn with_nothing_valid_no_wait_is_longer_than_two_seconds() {
    let stage = play([Answer::Fails("no")]);
    until("the refusal", || {
        stage.credentials.current().unwrap_err().reason.as_ref() == "no"
    })
    .await;
    let mut seconds = 0_u32;
    until("ten calls", || {
        stage.hands.advance(Duration::from_secs(1));
        seconds += 1;
        stage.script.calls() >= 10
    })
    .await;
    // The task may lag behind the hands, but it is never more than two of their seconds from its next call.
    assert!(seconds > 9, "ten calls in {seconds} s");
}

#[tokio::test]
async fn with_something_valid_failures_are_retried_ever_more_slowly() {
    let stage = play([
        Answer::Gives(temporary("A1", START.plus(24 * HOUR))),
        Answer::Fails("no"),
    ]);
    until("the first load", || stage.credentials.ready()).await;
    a_while().await;
    stage.hands.set(START.plus(14 * HOUR));
    until("the failure", || stage.script.calls() == 2).await;
    let mut seconds = 0_u32;
    until("ten further calls", || {
        stage.hands.advance(Duration::from_secs(1));
        seconds += 1;
        stage.script.calls() >= 12
    })
    .await;
    // At least half of 1 + 2 + 4 + 8 + 16 + 32 + 60 + 60 + 60 + 60, less what the test's own real time covered.
    assert!(seconds > 130, "ten calls in {seconds} s");
    assert!(stage.credentials.ready());
}

#[tokio::test]
async fn a_source_that_hangs_is_given_up_and_asked_once_at_a_time() {
    let stage = play_with_deadline([Answer::Hangs], Duration::from_millis(20));
    until("the refusal", || {
        stage.hands.advance(Duration::from_secs(1));
        let refusal = stage.credentials.current().unwrap_err();
        stage.script.calls() > 2 && refusal.reason.contains("no answer from the credential source within")
    })
    .await;
    assert_eq!(stage.script.most_under_way.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn renewal_outlives_a_panic_of_the_sdk() {
    let stage = play([Answer::Panics, Answer::Gives(temporary("A1", START.plus(HOUR)))]);
    until("the load after the panic", || {
        stage.hands.advance(Duration::from_secs(1));
        stage.credentials.ready()
    })
    .await;
}

#[tokio::test]
async fn a_credential_that_has_ended_is_not_taken() {
    let stage = play([Answer::Gives(temporary("A1", START))]);
    until("the refusal", || {
        let refusal = stage.credentials.current().unwrap_err();
        refusal.reason.contains("gave credentials that ended")
    })
    .await;
    assert_eq!(stage.credentials.expires_at(), None);
}

#[tokio::test]
async fn a_credential_without_an_end_is_asked_for_once() {
    let lasting = Credential::new(AccessKeyId::parse("AKIA1").unwrap(), SecretString::from("secret"));
    let stage = play([Answer::Gives(lasting)]);
    until("the first load", || stage.credentials.ready()).await;
    stage.hands.advance(HOUR * 24 * 365);
    a_while().await;
    assert_eq!(stage.script.calls(), 1);
    assert!(stage.credentials.ready());
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_task() {
    let stage = play([Answer::Gives(temporary("A1", START.plus(HOUR)))]);
    until("the first load", || stage.credentials.ready()).await;
    let other = stage.credentials.clone();
    drop(stage.credentials);
    a_while().await;
    assert!(Arc::strong_count(&stage.script) > 1, "a clone still holds the task");
    drop(other);
    until("the end of the task", || Arc::strong_count(&stage.script) == 1).await;
}

#[tokio::test]
async fn a_refused_credential_is_renewed_at_once_and_once_for_all_who_ask() {
    let stage = play([
        Answer::Gives(temporary("A1", START.plus(HOUR))),
        Answer::Gives(temporary("A2", START.plus(2 * HOUR))),
    ]);
    until("the first load", || stage.credentials.ready()).await;
    let refused = stage.credentials.current().unwrap();
    let ask = || stage.credentials.renew_after(&refused);
    let (one, two, three) = tokio::join!(ask(), ask(), ask());
    for newer in [one, two, three] {
        assert!(newer.unwrap().epoch > refused.epoch);
    }
    assert_eq!((stage.script.calls(), id(&stage)), (2, "A2".into()));
    // Who comes late with the old one gets the new one without anybody being asked.
    assert!(ask().await.is_ok());
    assert_eq!(stage.script.calls(), 2);
}

#[tokio::test]
async fn a_refused_credential_that_the_source_gives_again_is_told_so() {
    let stage = play([Answer::Gives(temporary("A1", START.plus(HOUR)))]);
    until("the first load", || stage.credentials.ready()).await;
    let refused = stage.credentials.current().unwrap();
    let refusal = stage.credentials.renew_after(&refused).await.unwrap_err();
    assert!(refusal.reason.contains("no newer ones now"), "{refusal}");
    assert_eq!(stage.script.calls(), 2);
    assert!(stage.credentials.ready(), "it stays in use");
}

#[tokio::test]
async fn a_forced_renewal_waits_a_second_at_most() {
    let stage = play([Answer::Gives(temporary("A1", START.plus(HOUR))), Answer::Hangs]);
    until("the first load", || stage.credentials.ready()).await;
    let refused = stage.credentials.current().unwrap();
    let asked = std::time::Instant::now();
    let refusal = stage.credentials.renew_after(&refused).await.unwrap_err();
    assert!(refusal.reason.contains("within a second"), "{refusal}");
    assert!(asked.elapsed() >= Duration::from_millis(990));
    assert_eq!(stage.script.most_under_way.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_origin_that_refuses_everything_does_not_storm_the_source() {
    let stage = play_at_pace(
        [Answer::Gives(temporary("A1", START.plus(HOUR)))],
        Pace {
            look: Duration::from_millis(20),
            ..Pace::default()
        },
    );
    until("the first load", || stage.credentials.ready()).await;
    let refused = stage.credentials.current().unwrap();
    for _ in 0..50 {
        assert!(stage.credentials.renew_after(&refused).await.is_err());
    }
    assert_eq!(stage.script.calls(), 1);
}

#[tokio::test]
async fn what_stands_in_the_configuration_is_not_renewed() {
    let key = Credential::new(AccessKeyId::parse("AKIA1").unwrap(), SecretString::from("secret"));
    let (clock, _hands) = Clock::manual(START);
    let bucket = BucketId("files".into());
    for held in [
        Credentials::fixed(&bucket, key, &clock),
        Credentials::anonymous(&bucket, &clock),
    ] {
        let snapshot = held.current().unwrap();
        let refusal = held.renew_after(&snapshot).await.unwrap_err();
        assert!(refusal.reason.contains("nothing renews them"), "{refusal}");
    }
}
