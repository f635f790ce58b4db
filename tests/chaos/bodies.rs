//! A body that breaks off: once resumed and equal byte for byte, or cut off so that the reader knows. Rule 19.

use crate::gateway::{Gateway, Setup};
use crate::object::{Object, hash};
use crate::origin::{Asked, ChaosOrigin};
use crate::play::{End, Play, Point, Refusal};
use crate::reader::{self, ask, get};
use evergate::fetch::{BudgetBounds, OriginBounds};
use http::Method;

const KEY: &str = "object-300000";

fn resumptions(gateway: &Gateway, result: &str) -> u64 {
    let line = format!("evergate_origin_resumptions_total{{bucket=\"files\",result=\"{result}\"}}");
    gateway.metric(&line)
}

fn cut_first(asked: &Asked) -> Play {
    match asked.nth {
        0 => Play::Cut(Point::Body(40), End::Close),
        _ => Play::Serve,
    }
}

#[tokio::test]
async fn rule_19_the_rest_is_asked_for_by_range_and_tag() {
    let origin = ChaosOrigin::start(cut_first);
    let gateway = Gateway::new(&origin);
    let object = Object::of(KEY, 0);
    assert!(get(gateway.address, &format!("/s/{KEY}")).await.is_whole(&object));
    let asked = origin.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].field("range"), Some("bytes=120000-"));
    assert_eq!(asked[1].field("if-match"), Some(&*object.tag));
    let authorization = asked[1].field("authorization").unwrap();
    assert!(
        authorization.contains("if-match;range"),
        "both are signed: {authorization}"
    );
    assert_eq!(resumptions(&gateway, "resumed"), 1);
}

#[tokio::test]
async fn rule_19_a_part_is_resumed_within_its_end() {
    let origin = ChaosOrigin::start(cut_first);
    let gateway = Gateway::new(&origin);
    let object = Object::of(KEY, 0);
    let fields = [("range", "bytes=1000-200999")];
    let answer = ask(gateway.address, Method::GET, &format!("/s/{KEY}"), &fields).await;
    assert_eq!((answer.status, answer.end), (206, reader::End::Clean));
    assert_eq!(hash(&answer.body), hash(&object.bytes[1000..201_000]));
    assert_eq!(origin.asked()[1].field("range"), Some("bytes=81000-200999"));
}

#[tokio::test]
async fn rule_19_it_is_resumed_once_and_not_for_ever() {
    let origin = ChaosOrigin::start(|_| Play::Cut(Point::Body(40), End::Close));
    let gateway = Gateway::new(&origin);
    let object = Object::of(KEY, 0);
    let answer = get(gateway.address, &format!("/s/{KEY}")).await;
    assert!(answer.is_cut(&object));
    assert_eq!(answer.body.len(), 120_000 + 72_000);
    assert_eq!(origin.count(), 2);
    let truncated = "evergate_origin_errors_total{bucket=\"files\",kind=\"truncated\"}";
    assert_eq!(gateway.metric(truncated), 1);
    assert_eq!(
        gateway.metric("evergate_requests_total{route=\"/s/\",outcome=\"origin_truncated\"}"),
        1
    );
}

#[tokio::test]
async fn rule_24_the_request_for_the_rest_is_repeated_as_any_other() {
    for trouble in [
        Play::Refuse(Refusal::new("500 Internal Server Error", "InternalError")),
        Play::Refuse(Refusal::new("503 Slow Down", "SlowDown")),
        Play::Cut(Point::Request, End::Close),
    ] {
        let second = trouble.clone();
        let origin = ChaosOrigin::start(move |asked| match asked.nth {
            1 => second.clone(),
            _ => cut_first(asked),
        });
        let gateway = Gateway::new(&origin);
        assert!(
            get(gateway.address, &format!("/s/{KEY}"))
                .await
                .is_whole(&Object::of(KEY, 0)),
            "{trouble:?}"
        );
        let asked = origin.asked();
        assert_eq!(asked.len(), 3, "{trouble:?}");
        assert_eq!(asked[2].field("range"), Some("bytes=120000-"), "{trouble:?}");
        assert_eq!(resumptions(&gateway, "resumed"), 1, "{trouble:?}");
    }
}

#[tokio::test]
async fn rule_19_a_changed_object_is_not_spliced() {
    for changed in [Play::ServeVersion(1), Play::Splice(1)] {
        let rest = changed.clone();
        let origin = ChaosOrigin::start(move |asked| match asked.nth {
            0 => cut_first(asked),
            _ => rest.clone(),
        });
        let gateway = Gateway::new(&origin);
        let answer = get(gateway.address, &format!("/s/{KEY}")).await;
        assert!(answer.is_cut(&Object::of(KEY, 0)), "{changed:?} {:?}", answer.end);
        assert_eq!(answer.body.len(), 120_000, "{changed:?}");
        assert_eq!(resumptions(&gateway, "changed"), 1, "{changed:?}");
    }
}

#[tokio::test]
async fn rule_19_without_a_strong_tag_or_a_length_nothing_is_resumed() {
    for head in [
        "ETag: W/\"weak\"\r\nContent-Length: 1000\r\n",
        "Content-Length: 1000\r\n",
        "ETag: \"strong\"\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let cut = format!("HTTP/1.1 200 OK\r\n{head}\r\n40\r\n{}", "x".repeat(60));
        let origin = ChaosOrigin::start(move |_| Play::raw(&cut));
        let gateway = Gateway::new(&origin);
        let answer = get(gateway.address, "/s/x").await;
        assert_eq!((answer.end, origin.count()), (reader::End::Cut, 1), "{head}");
    }
}

#[tokio::test]
async fn rule_24_a_spent_budget_resumes_nothing() {
    let origin = ChaosOrigin::start(cut_first);
    let bounds = OriginBounds {
        budget: BudgetBounds { reserve: 0 },
        ..OriginBounds::default()
    };
    let gateway = Setup {
        bounds,
        ..Setup::default()
    }
    .start(&origin);
    let answer = get(gateway.address, &format!("/s/{KEY}")).await;
    assert!(answer.is_cut(&Object::of(KEY, 0)));
    assert_eq!(origin.count(), 1);
    assert_eq!(gateway.of_bucket("evergate_origin_retries_refused_total"), 1);
}
