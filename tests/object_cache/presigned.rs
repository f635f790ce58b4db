//! The presigned door: what one client's link brought is served to another's, and to nobody whose link is not good. Rules 5,
//! 12, 13, 18 and 22.

use crate::gateway::{Gateway, MINUTE, Setup, bucket};
use crate::origin::{Object, Origin, Play};
use crate::reader::{status, told};
use crate::support::http::{Reply, send};
use crate::support::links::{HOST, Link, flipped};
use http::Method;
use std::time::Duration;

const ADA: (&str, &str) = ("EVGADA00000000000001", "canary-client-secret-of-ada-0000000001");
const BOB: (&str, &str) = ("EVGBOB00000000000001", "canary-client-secret-of-bob-0000000001");
const EVE: (&str, &str) = ("EVGEVE00000000000001", "canary-client-secret-of-eve-0000000001");
const NARROW: (&str, &str) = ("EVGNARROW00000000001", "canary-client-secret-of-narrow-0000001");
const DAY: Duration = Duration::from_hours(24);

fn yaml(origin: &Origin) -> String {
    let client = |name: &str, id: &str, more: &str| {
        format!(
            "  - {{ name: {name}, access_key_id: {id}, secret_access_key: '${{{name}}}', allow: [{{ bucket: files, operations: [read]{more} }}] }}\n"
        )
    };
    format!(
        "buckets:\n{}clients:\n{}{}{}{}refresh:\n  - {{ bucket: files, prefix: images/, max_age: 30d, delivery: stream, cache: {{ fresh_for: 5m, \
         stale_if_error: 1h }} }}\n  - {{ bucket: files, prefix: auto/, max_age: 30d, delivery: auto, cache: {{}} }}\n  \
         - {{ bucket: files, prefix: plain/, max_age: 30d, delivery: stream }}\nroutes:\n  \
         - {{ path: /s/, bucket: files, prefix: '', access: public, delivery: stream, cache: {{}} }}\n",
        bucket("files", origin),
        client("ADA", ADA.0, ""),
        client("BOB", BOB.0, ""),
        client("EVE", EVE.0, "").replace("}] }", "}], state: revoked }"),
        client("NARROW", NARROW.0, ", prefix: other/"),
    )
}

fn start(origin: &Origin) -> Gateway {
    let secrets = [("ADA", ADA), ("BOB", BOB), ("EVE", EVE), ("NARROW", NARROW)];
    let setup = Setup {
        environment: secrets.map(|(name, (_, secret))| (name, secret.to_owned())).into(),
        ..Setup::impatient()
    };
    setup.start(&yaml(origin))
}

fn link<'a>((id, secret): (&'a str, &'a str), path: &'a str) -> Link<'a> {
    Link::new(id, secret, path)
}

async fn get(gateway: &Gateway, target: &str) -> Reply {
    gateway.get_with(target, &[("host", HOST)]).await
}

/// Refused, with zero bytes of the object and not a word of whether it is kept.
async fn refused(gateway: &Gateway, target: &str) {
    for method in [Method::GET, Method::HEAD] {
        let reply = send(gateway.address, method.clone(), target, &[("host", HOST)]).await;
        assert_eq!(reply.status, 403, "{method} {target}: {reply:?}");
        assert!(
            !String::from_utf8_lossy(&reply.body).contains("the picture"),
            "{reply:?}"
        );
        assert_eq!(
            (reply.maybe("etag"), reply.maybe("cache-status"), reply.maybe("age")),
            (None, None, None)
        );
    }
}

#[tokio::test]
async fn rule_18_the_permit_comes_first_whoever_brought_the_object() {
    let origin = Origin::with(&[("images/a.png", "the picture")]);
    let gateway = start(&origin);
    let path = "/shelf/images/a.png";
    let first = get(&gateway, &link(ADA, path).v4()).await;
    assert_eq!(told(&first, "the picture"), "fwd=uri-miss; fwd-status=200; stored");
    assert!(
        first.header("cache-control").starts_with("private"),
        "rule 22: {first:?}"
    );
    // Another client, another name of the bucket, an expired link: one object.
    for target in [
        link(BOB, path).v4(),
        link(BOB, "/files/images/a.png").v4(),
        link(ADA, path).signed_ago(DAY * 29).v4(),
    ] {
        let reply = get(&gateway, &target).await;
        assert!(told(&reply, "the picture").starts_with("hit"), "{reply:?}");
        assert!(
            reply.header("cache-control").starts_with("private"),
            "rule 22: {reply:?}"
        );
    }
    let others = link(ADA, "/shelf/images/b.png").v4().replace("b.png", "a.png");
    for target in [
        link(EVE, path).v4(),
        link(EVE, path).signed_ago(DAY).v4(),
        link(ADA, path).signed_ago(DAY * 31).v4(),
        link(NARROW, path).v4(),
        flipped(&link(ADA, path).v4()),
        link((ADA.0, BOB.1), path).v4(),
        link(("EVGNOBODY00000000001", ADA.1), path).v4(),
        others,
    ] {
        refused(&gateway, &target).await;
    }
    assert_eq!(origin.count(), 1, "nobody else asked the origin");
    // Stale is no excuse either.
    gateway.wait(MINUTE * 5);
    origin.shut();
    let reply = get(&gateway, &link(BOB, path).v4()).await;
    assert_eq!(told(&reply, "the picture"), "hit; ttl=-0; detail=unreachable");
    refused(&gateway, &link(EVE, path).v4()).await;
    refused(&gateway, &link(ADA, path).signed_ago(DAY * 31).v4()).await;
}

#[tokio::test]
async fn rule_18_a_client_that_is_revoked_by_a_reload_is_out_at_once() {
    let origin = Origin::with(&[("images/a.png", "the picture")]);
    let gateway = start(&origin);
    let target = link(ADA, "/shelf/images/a.png").v4();
    told(&get(&gateway, &target).await, "the picture");
    let revoked = yaml(&origin).replace("'${ADA}', allow", "'${ADA}', state: revoked, allow");
    assert_ne!(revoked, yaml(&origin));
    gateway.reload(&revoked);
    refused(&gateway, &target).await;
    let reply = get(&gateway, &link(BOB, "/shelf/images/a.png").v4()).await;
    assert!(
        told(&reply, "the picture").starts_with("hit"),
        "the object stays: {reply:?}"
    );
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn rule_5_what_was_signed_to_be_told_changes_this_one_answer() {
    let origin = Origin::start();
    origin.store(
        "images/a.png",
        Object::new("the picture").field("Content-Type: image/png"),
    );
    let gateway = start(&origin);
    let path = "/shelf/images/a.png";
    let plain = get(&gateway, &link(ADA, path).v4()).await;
    assert_eq!(plain.header("content-type"), "image/png");
    let query = "response-content-type=text%2Fplain&response-content-disposition=attachment%3B%20filename%3D%22x.txt%22&response-cache-control=no-store";
    let told_otherwise = Link {
        query,
        ..link(BOB, path)
    };
    for _ in 0..2 {
        let reply = get(&gateway, &told_otherwise.v4()).await;
        assert!(told(&reply, "the picture").starts_with("hit"), "{reply:?}");
        assert!(reply.header("content-type").starts_with("text/plain"), "{reply:?}");
        assert!(
            reply.header("content-disposition").starts_with("attachment"),
            "{reply:?}"
        );
        let again = get(&gateway, &link(ADA, path).v4()).await;
        assert!(told(&again, "the picture").starts_with("hit"));
        for name in ["content-type", "cache-control"] {
            assert_eq!(again.maybe(name), plain.maybe(name), "{name}");
        }
        assert_eq!(again.maybe("content-disposition"), plain.maybe("content-disposition"));
    }
    assert_eq!(origin.count(), 1);
    // The other way round: what came first with overrides is kept without them.
    origin.store(
        "images/b.png",
        Object::new("the picture").field("Content-Type: image/png"),
    );
    let path = "/shelf/images/b.png";
    get(
        &gateway,
        &Link {
            query,
            ..link(BOB, path)
        }
        .v4(),
    )
    .await;
    let reply = get(&gateway, &link(ADA, path).v4()).await;
    assert!(told(&reply, "the picture").starts_with("hit"));
    assert_eq!(reply.header("content-type"), "image/png");
    assert!(
        origin.asked().iter().all(|asked| !asked.query.contains("response-")),
        "{:?}",
        origin.last()
    );
    // Unsigned, it is anybody's word.
    let unsigned = format!("{}&response-content-type=text%2Fhtml", link(ADA, path).v4());
    refused(&gateway, &unsigned).await;
}

#[tokio::test]
async fn rule_18_versions_are_objects_of_their_own_and_parts_pass_by() {
    let origin = Origin::start();
    origin.turn(|asked| {
        let version = asked.query.split('&').find_map(|pair| pair.strip_prefix("versionId="));
        let object = Object::new(format!("the picture, {}", version.unwrap_or("latest")));
        let part = asked.query.contains("partNumber=2");
        let range = "Content-Range: bytes 4-10/11";
        Play::Say(if part {
            crate::answers::Answer::new("206 Partial Content", &["ETag: \"p\"", range], "picture")
        } else {
            object.answer()
        })
    });
    let gateway = start(&origin);
    let path = "/shelf/images/a.png";
    let with = |query: &'static str| {
        Link {
            query,
            ..link(ADA, path)
        }
        .v4()
    };
    for (number, (query, body)) in [
        ("", "the picture, latest"),
        ("versionId=1", "the picture, 1"),
        ("versionId=2", "the picture, 2"),
    ]
    .into_iter()
    .enumerate()
    {
        told(&get(&gateway, &with(query)).await, body);
        assert_eq!(origin.count(), number + 1);
    }
    for (query, body) in [
        ("versionId=2", "the picture, 2"),
        ("", "the picture, latest"),
        ("versionId=1", "the picture, 1"),
        ("versionId=1&response-content-type=text%2Fplain", "the picture, 1"),
    ] {
        assert!(
            told(&get(&gateway, &with(query)).await, body).starts_with("hit"),
            "{query}"
        );
    }
    assert_eq!(origin.count(), 3);
    for number in 1..4 {
        let part = get(&gateway, &with("partNumber=2")).await;
        assert_eq!((part.status.as_u16(), &*part.body), (206, &b"picture"[..]));
        assert_eq!(status(&part), "fwd=bypass; fwd-status=206");
        assert_eq!(origin.count(), 3 + number);
    }
    assert!(told(&get(&gateway, &with("")).await, "the picture, latest").starts_with("hit"));
}

#[tokio::test]
async fn a_rule_without_a_cache_has_none_and_both_doors_share_one_object() {
    let origin = Origin::with(&[("plain/a", "plain"), ("images/a", "shared"), ("auto/a", "auto")]);
    let gateway = start(&origin);
    for number in 1..3 {
        let reply = get(&gateway, &link(ADA, "/shelf/plain/a").v4()).await;
        assert_eq!(reply.body, "plain");
        assert_eq!(origin.count(), number);
    }
    told(&gateway.get("/s/images/a").await, "shared");
    let reply = get(&gateway, &link(ADA, "/shelf/images/a").v4()).await;
    assert!(told(&reply, "shared").starts_with("hit"), "{reply:?}");
    assert!(
        reply.header("cache-control").starts_with("private"),
        "rule 22: {reply:?}"
    );
    let reply = get(&gateway, &link(ADA, "/shelf/auto/a").v4()).await;
    assert!(told(&reply, "auto").starts_with("fwd=uri-miss"));
    assert!(told(&gateway.get("/s/auto/a").await, "auto").starts_with("hit"));
    assert_eq!(origin.count(), 4);
}
