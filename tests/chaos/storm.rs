//! Everything at once: two thousand reads, 32 at a time, of an origin that does all it can think of, drawn by a seed.

use crate::gateway::{Gateway, Setup};
use crate::object::Object;
use crate::origin::{Asked, ChaosOrigin};
use crate::play::{End, Play, Point, Refusal};
use crate::reader::{self, Answer, get};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const READS: usize = 2_000;
const READERS: usize = 32;
const SEED: u64 = 20_261_122;
/// What a budget begins with, and corrections that need none.
const RESERVE: usize = 20 + 20;

/// What the origin does with this request: the same in each run, whoever comes first.
fn draw(asked: &Asked) -> Play {
    let name = asked
        .key
        .bytes()
        .fold(SEED, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    let mut random = fastrand::Rng::with_seed(name ^ (asked.nth as u64) << 48);
    if random.u32(..100) < 72 {
        return Play::Serve;
    }
    let points = Point::ALL;
    let ends = [End::Reset, End::Close, End::HalfClose];
    let (point, end) = (points[random.usize(..points.len())], ends[random.usize(..ends.len())]);
    let slow_down = || Refusal::new("503 Slow Down", "SlowDown");
    match random.u32(..40) {
        0..=11 => Play::Cut(point, end),
        12 => Play::Cut(point, End::Silence),
        13..=16 => Play::Serve.after(Duration::from_millis(random.u64(1..150))),
        17..=19 => Refusal::new("500 Internal Server Error", "InternalError").into(),
        20 => Refusal::new("503 Service Unavailable", "ServiceUnavailable").into(),
        21 => slow_down().into(),
        22 => slow_down().field("Retry-After: 1").into(),
        23 => Play::raw(b"\x00\x01\x02 nothing that anybody would say\r\n\r\n"),
        24 => Play::EndlessHead,
        25 => Play::EndlessField,
        26 => Play::TooFew(random.usize(1..5_000)),
        27..=28 => Play::ServeVersion(1),
        29..=30 => Play::Splice(1),
        31 => Play::Whole,
        32 => Refusal::new("400 Bad Request", "ExpiredToken").into(),
        33 => Refusal::new("403 Forbidden", "RequestTimeTooSkewed")
            .field(format!(
                "Date: {}",
                httpdate::fmt_http_date(std::time::SystemTime::now())
            ))
            .into(),
        34 => Refusal::new("301 Moved Permanently", "PermanentRedirect")
            .field("x-amz-bucket-region: eu-west-1")
            .field("Location: http://192.0.2.1/")
            .into(),
        35 => Refusal::new("400 Bad Request", "AuthorizationHeaderMalformed")
            .element("Region", "us-west-2")
            .into(),
        36 => Refusal::new("404 Not Found", "NoSuchKey").into(),
        37 => Refusal::new("403 Forbidden", "AccessDenied").into(),
        38 => Play::raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        _ => Play::raw("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\nhello"),
    }
}

/// What a read came to; panics when it is not one of these.
fn judge(key: &str, answer: &Answer) -> &'static str {
    let versions = [Object::of(key, 0), Object::of(key, 1)];
    match answer.status {
        200 if versions.iter().any(|version| answer.is_whole(version)) => "whole",
        0 | 200 if versions.iter().any(|version| answer.is_cut(version)) => "cut",
        status @ (0 | 200) => panic!(
            "wrong bytes of {key}: {status} {:?} {} bytes",
            answer.end,
            answer.body.len()
        ),
        404 => "not found",
        502 | 504 if answer.end == reader::End::Clean => "bad gateway",
        503 if answer.header("retry-after").is_some() => "later",
        status => panic!("{key}: {status} {:?}", answer.headers),
    }
}

async fn read(gateway: &Gateway) -> BTreeMap<&'static str, usize> {
    let next = Arc::new(AtomicUsize::new(0));
    let reader = |_| {
        let (next, address) = (Arc::clone(&next), gateway.address);
        tokio::spawn(async move {
            let mut outcomes = BTreeMap::new();
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= READS {
                    return outcomes;
                }
                let key = format!("storm/{number}");
                let answer = get(address, &format!("/s/{key}")).await;
                *outcomes.entry(judge(&key, &answer)).or_insert(0) += 1;
            }
        })
    };
    let readers: Vec<_> = (0..READERS).map(reader).collect();
    let mut all = BTreeMap::new();
    for reader in readers {
        for (outcome, count) in reader.await.unwrap() {
            *all.entry(outcome).or_insert(0) += count;
        }
    }
    all
}

#[tokio::test]
async fn all_faults_at_once() {
    let origin = ChaosOrigin::start(draw);
    let gateway = Setup {
        workers: 2,
        ..Setup::default()
    }
    .start(&origin);
    let outcomes = read(&gateway).await;
    assert_eq!(outcomes.values().sum::<usize>(), READS, "no read is lost");
    // Seven in ten are served at once, and most of the others after a repeat.
    assert!(outcomes["whole"] > READS * 3 / 4, "{outcomes:?}");
    let repeats = origin.count().saturating_sub(READS);
    assert!(repeats <= READS / 10 + RESERVE, "{repeats} repeats");

    // It is over, and nothing is left of it.
    origin.turn(|_| Play::Serve);
    for number in 0..20 {
        let key = format!("calm/{number}");
        assert!(
            get(gateway.address, &format!("/s/{key}"))
                .await
                .is_whole(&Object::of(&key, 0))
        );
    }
    for gauge in ["evergate_origin_concurrency", "evergate_origin_concurrency_waiting"] {
        assert_eq!(gateway.of_bucket(gauge), 0, "{gauge}");
    }
}
