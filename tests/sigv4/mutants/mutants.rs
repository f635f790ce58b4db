//! The test itself: who is believed, how often, and why.

use crate::request::{Keys, Outcome, Request, read};
use crate::{encodings, headers, targets};
use evergate::clock::Timestamp;
use evergate::sigv4::{Form, Payload, Version};
use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

/// What may be done to a signed request without making it another one, each with what makes it harmless. Nothing else may be
/// believed, and everything here must be.
pub(crate) const EQUIVALENT: &[(&str, &str)] = &[
    ("HEAD by the signature of a GET", "rule 12, in the query form"),
    (
        "a character percent-encoded that needs it not",
        "the same decoded bytes (rule 10)",
    ),
    ("a percent-encoding in lower case", "the same decoded bytes (rule 10)"),
    ("a reserved character as it is", "the same decoded bytes (rule 10)"),
    ("the parameters in another order", "sorted before they are signed"),
    (
        "a parameter without value, with or without =",
        "`?uploads` and `?uploads=` are signed alike",
    ),
    ("a ? with nothing behind it", "no query is the empty query"),
    ("the fields in another order", "sorted before they are signed"),
    (
        "more spaces in a value",
        "runs of spaces are folded before they are signed",
    ),
    (
        "spaces around a value",
        "trimmed before they are signed, and by HTTP itself",
    ),
    (
        "a list in two fields",
        "joined by a comma before they are signed (RFC 9110 §5.3)",
    ),
    (
        "another header that nobody signed",
        "rule 7: real clients leave content-type and range unsigned",
    ),
    ("Authorization: Bearer beside a signed query", "rule 6: none of ours"),
    ("the parts of Authorization in another order", "as AWS reads them"),
    ("the separators of Authorization", "`,` or `, `, as AWS reads them"),
    ("version 2: another host", "version 2 signs the bucket and not the host"),
    ("version 2: another region", "version 2 has none"),
    (
        "a link that has expired long ago",
        "rule 8: whether it is honoured is not decided here",
    ),
];

/// Told of every mutant: how it came to be, and what it is.
pub(crate) trait Sink: FnMut(&'static str, Request) {}
impl<F: FnMut(&'static str, Request)> Sink for F {}

/// How many there were of each kind, and how many were believed.
type Tally = BTreeMap<&'static str, [usize; 2]>;

#[test]
fn only_listed_mutants_of_real_requests_are_believed() {
    let mut tally = Tally::new();
    let mut requests = 0;
    for file in ["botocore.jsonl", "js.jsonl"] {
        let (keys, all) = read(file);
        requests += all.len();
        let workers = thread::available_parallelism().map_or(2, usize::from).min(4);
        let share = all.len().div_ceil(workers);
        thread::scope(|scope| {
            let shares: Vec<_> = all
                .chunks(share)
                .map(|share| scope.spawn(|| spoil_all(share, &keys)))
                .collect();
            for share in shares {
                for (kind, [made, believed]) in share.join().unwrap() {
                    let [all_made, all_believed] = tally.entry(kind).or_default();
                    *all_made += made;
                    *all_believed += believed;
                }
            }
        });
    }
    let mutants: usize = tally.values().map(|[made, _]| made).sum();
    for (kind, [made, believed]) in &tally {
        println!("{made:8} {believed:8}  {kind}");
    }
    println!("{requests} requests, {mutants} mutants");
    assert_eq!(requests, 2_000);
    assert!(mutants >= 500_000, "{mutants}");
    for (kind, [made, believed]) in &tally {
        let expected = if is_equivalent(kind) { *made } else { 0 };
        assert_eq!(*believed, expected, "{kind}");
    }
    for (kind, _) in EQUIVALENT {
        assert!(tally.contains_key(kind), "{kind}: there was none");
    }
}

fn is_equivalent(kind: &str) -> bool {
    EQUIVALENT.iter().any(|(known, _)| *known == kind)
}

fn spoil_all(requests: &[Request], keys: &Keys) -> Tally {
    let mut tally = Tally::new();
    for request in requests {
        check(request, keys);
        let mut judge = |kind: &'static str, mutant: Request| {
            let Some(outcome) = mutant.judge(keys) else { return };
            let believed = outcome.is_believed();
            assert_eq!(
                believed,
                is_equivalent(kind),
                "{kind}: {outcome:?}\n{mutant:?}\nwas {request:?}"
            );
            let [made, yes] = tally.entry(kind).or_default();
            *made += 1;
            *yes += usize::from(believed);
        };
        spoil(request, &mut judge);
        targets::spoil_path(request, &mut judge);
        targets::spoil_query(request, &mut judge);
        encodings::respell(request, &mut judge);
        headers::spoil_fields(request, &mut judge);
        headers::spoil_authorization(request, &mut judge);
    }
    tally
}

/// The request as it came is believed, and what is said of it is right.
fn check(request: &Request, keys: &Keys) {
    let Some(Outcome::Believed(authentic)) = request.judge(keys) else {
        panic!("{:?}: {request:?}", request.judge(keys));
    };
    assert_eq!((authentic.form, authentic.version), (request.form(), request.version()));
    assert_eq!((authentic.signed_at, authentic.candidate), (request.signed_at(), 0));
    match (authentic.form, request.field("x-amz-content-sha256")) {
        (Form::Query, _) | (_, Some("UNSIGNED-PAYLOAD")) => assert!(matches!(authentic.payload, Payload::Unsigned)),
        (_, Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER")) => {
            assert!(matches!(authentic.payload, Payload::UnsignedTrailer));
        }
        (_, hash) => match authentic.payload {
            Payload::Sha256(of) => assert_eq!(hash, Some(&*hex::encode(of))),
            other => panic!("{other:?}"),
        },
    }
    let parameter = |wanted| {
        request
            .parameters()
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value.parse().unwrap())
    };
    let expires_at = match (authentic.form, authentic.version) {
        (Form::Header, _) => None,
        (_, Version::V4) => request
            .signed_at()
            .zip(parameter("X-Amz-Expires"))
            .map(|(at, life)| at.plus(Duration::from_secs(life))),
        (_, Version::V2) => parameter("Expires").map(Timestamp::from_unix),
    };
    assert_eq!(authentic.expires_at, expires_at);
}

/// Method, host, bucket, region, secret and time.
pub(crate) fn spoil(request: &Request, sink: &mut impl Sink) {
    let (form, version) = (request.form(), request.version());
    for method in ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "get"] {
        let method = method.parse().unwrap();
        if method != request.method {
            let crosses = form == Form::Query && request.method == "GET" && method == "HEAD";
            let kind = if crosses {
                "HEAD by the signature of a GET"
            } else {
                "another method"
            };
            sink(
                kind,
                Request {
                    method,
                    ..request.clone()
                },
            );
        }
    }
    let host = if version == Version::V2 {
        "version 2: another host"
    } else {
        "another host"
    };
    let own = &request.host;
    for other in [
        "s3.example.org".to_owned(),
        format!("{own}:80"),
        format!("{own}."),
        format!("a.{own}"),
        own.to_uppercase(),
        own.replacen('.', "..", 1),
        own.get(1..).unwrap_or_default().to_owned(),
        String::new(),
    ] {
        if other != *own {
            sink(
                host,
                Request {
                    host: other,
                    ..request.clone()
                },
            );
        }
    }
    if version == Version::V2 {
        let other = Some("other".to_owned());
        sink(
            "version 2: another bucket",
            Request {
                host_bucket: other,
                ..request.clone()
            },
        );
    }
    let region = if version == Version::V2 {
        "version 2: another region"
    } else {
        "another region"
    };
    for regions in [
        vec![],
        vec!["eu-central-1"],
        vec!["us-east-1x", "eu-west-1x", "us-east", "eu-west"],
    ] {
        sink(
            region,
            Request {
                regions,
                ..request.clone()
            },
        );
    }
    sink(
        "another secret",
        Request {
            wrong_secret: true,
            ..request.clone()
        },
    );
    let Some(signed_at) = request.signed_at() else {
        let now = request.now.plus(Duration::from_hours(24 * 36_500));
        return sink("a link that has expired long ago", Request { now, ..request.clone() });
    };
    for seconds in [901, 3_600, 1_000_000_000] {
        let now = signed_at.minus(Duration::from_secs(seconds));
        sink("a date in the future", Request { now, ..request.clone() });
        let now = signed_at.plus(Duration::from_secs(seconds));
        let later = match form {
            Form::Header => "a request signed too long ago",
            Form::Query => "a link that has expired long ago",
        };
        sink(later, Request { now, ..request.clone() });
    }
}
