//! RULES 3, 12, 13 and 25 at the presigned door: which authentic links are refused. Each refusal names itself, and the origin
//! sees zero bytes.

use crate::support::evergate::{Evergate, wait_until};
use crate::support::http::{Reply, send};
use crate::support::links::{HOST, Link};
use crate::support::spy::Spy;
use http::Method;
use std::time::Duration;

pub(crate) const ID: &str = "EVGLIBRECHAT00000001";
pub(crate) const SECRET: &str = "canary-client-secret-of-librechat-0001";
pub(crate) const REVOKED: &str = "EVGLEAKED0000000000A";
pub(crate) const REVOKED_SECRET: &str = "canary-client-secret-that-has-leaked-1";
const NARROW: &str = "EVGNARROW0000000000A";
const NARROW_SECRET: &str = "canary-client-secret-of-a-narrow-key-1";
pub(crate) const KEYS: [(&str, &str); 5] = [
    ("KEY", "AKIDEXAMPLE"),
    ("SECRET", "canary-secret-access-key"),
    ("CLIENT", SECRET),
    ("REVOKED", REVOKED_SECRET),
    ("NARROW", NARROW_SECRET),
];
pub(crate) const DAY: Duration = Duration::from_hours(24);

pub(crate) fn yaml(spy: &Spy) -> String {
    format!(
        "
buckets:
  files: {{ name: app-files, region: us-east-1, endpoint: '{}', path_style: true, url_expiry: 1h, credentials: {{ access_key_id: '${{KEY}}', secret_access_key: '${{SECRET}}' }} }}
clients:
  - {{ name: librechat, access_key_id: {ID}, secret_access_key: '${{CLIENT}}', allow: [{{ bucket: files, operations: [read] }}] }}
  - {{ name: leaked, access_key_id: {REVOKED}, secret_access_key: '${{REVOKED}}', state: revoked, allow: [{{ bucket: files, operations: [read] }}] }}
  - {{ name: narrow, access_key_id: {NARROW}, secret_access_key: '${{NARROW}}', allow: [{{ bucket: files, prefix: images/, operations: [read] }}, {{ bucket: files, prefix: drop/, operations: [write] }}] }}
refresh:
  - {{ bucket: files, prefix: images/, max_age: 30d, delivery: redirect }}
  - {{ bucket: files, prefix: images/none/, max_age: 0s }}
  - {{ bucket: files, prefix: images/short/, max_age: 0s, delivery: redirect }}
  - {{ bucket: files, prefix: images/hour/, max_age: 1h, delivery: redirect }}
  - {{ bucket: files, prefix: images/cut/, max_age: 3650d, delivery: redirect, not_before: 2026-01-01T00:00:00Z }}
routes: []
",
        spy.endpoint()
    )
}

pub(crate) fn gateway_before(spy: &Spy) -> Evergate {
    Evergate::start_with(&yaml(spy), &KEYS)
}

pub(crate) async fn ask(gateway: &Evergate, method: Method, target: &str, headers: &[(&str, &str)]) -> Reply {
    let headers: Vec<_> = [("host", HOST)].into_iter().chain(headers.iter().copied()).collect();
    send(gateway.address, method, target, &headers).await
}

/// Fails unless `target` is refused with this status and short code, in S3's XML, under one request id.
pub(crate) async fn refused(gateway: &Evergate, target: &str, status: u16, reason: &str, code: &str) {
    let reply = ask(gateway, Method::GET, target, &[]).await;
    let told = (reply.status.as_u16(), reply.maybe("x-evergate-reason"));
    assert_eq!(told, (status, Some(reason)), "{target}: {reply:?}");
    assert_eq!(reply.header("content-type"), "application/xml");
    assert_eq!(reply.header("cache-control"), "no-store");
    let xml = String::from_utf8(reply.body.to_vec()).unwrap();
    let id = reply.header("x-request-id");
    for part in [
        format!("<Code>{code}</Code>"),
        format!("<Reason>{reason}</Reason>"),
        format!("<RequestId>{id}</RequestId>"),
    ] {
        assert!(xml.contains(&part), "{part} in {xml}");
    }
    for secret in ["canary", "StringToSign", "CanonicalRequest", "Signature>"] {
        assert!(!xml.contains(secret), "rule 9: {secret} in {xml}");
    }
}

pub(crate) fn link(path: &str) -> Link<'_> {
    Link::new(ID, SECRET, path)
}

pub(crate) async fn passes(gateway: &Evergate, target: &str) {
    let reply = ask(gateway, Method::GET, target, &[]).await;
    assert_eq!(reply.status, 302, "{target}: {reply:?}");
}

#[tokio::test]
async fn rule_13_expired_links_without_a_rule_are_dead() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    for path in [
        "/files/uploads/a.pdf",
        "/files/images/none/a.png",
        "/files/imagesx/a.png",
    ] {
        let target = link(path).signed_ago(DAY).v4();
        refused(&gateway, &target, 403, "link_expired", "AccessDenied").await;
    }
    let old = |path, days: u32| link(path).signed_ago(DAY * days).v4();
    refused(
        &gateway,
        &old("/files/images/a.png", 31),
        403,
        "link_too_old",
        "AccessDenied",
    )
    .await;
    passes(&gateway, &old("/files/images/a.png", 29)).await;
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_13_not_before_kills_older_links_fresh_or_not() {
    let spy = Spy::start();
    let yaml = yaml(&spy);
    // A day ahead, so that no link can be from after it; and long ago.
    let gateway = Evergate::start_with(&yaml.replace("2026-01-01", "2100-01-01"), &KEYS);
    for ago in [Duration::ZERO, DAY] {
        let target = link("/files/images/cut/a.png").signed_ago(ago).v4();
        refused(&gateway, &target, 403, "link_before_cutoff", "AccessDenied").await;
    }
    gateway.rewrite_config(&yaml.replace("2026-01-01", "2020-01-01"));
    gateway.wait_for_log("configuration reloaded");
    passes(&gateway, &link("/files/images/cut/a.png").signed_ago(DAY).v4()).await;
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_3_a_client_reads_what_its_allow_list_holds() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let narrow = |path| Link::new(NARROW, NARROW_SECRET, path).v4();
    for path in [
        "/files/uploads/a.pdf",
        "/files/images",
        "/files/imagesx/a",
        "/files/drop/a",
        "/files//images/a",
    ] {
        refused(&gateway, &narrow(path), 403, "not_allowed", "AccessDenied").await;
    }
    passes(&gateway, &narrow("/files/images/a.png")).await;
    passes(&gateway, &narrow("/app-files/images/a.png")).await;
    refused(
        &gateway,
        &link("/elsewhere/images/a.png").v4(),
        404,
        "no_such_bucket",
        "NoSuchBucket",
    )
    .await;
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_25_no_redirect_outlives_its_link() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let minute = Duration::from_mins(1);
    // How long the URL that a link of `expires`, signed `ago`, leads to is good from now on, and what the cache said.
    let left = async |path: &str, ago: Duration, expires: Duration| {
        let target = Link {
            ago,
            expires,
            ..link(path)
        }
        .v4();
        let reply = ask(&gateway, Method::GET, &target, &[]).await;
        assert_eq!(reply.status, 302, "{reply:?}");
        let location = reply.header("location");
        let of = |name: &str| {
            location
                .split(['?', '&'])
                .find_map(|pair| pair.strip_prefix(name))
                .unwrap()
        };
        let signed = time::PrimitiveDateTime::parse(
            of("X-Amz-Date="),
            time::macros::format_description!("[year][month][day]T[hour][minute][second]Z"),
        );
        let end = signed.unwrap().assume_utc() + Duration::from_secs(of("X-Amz-Expires=").parse().unwrap());
        let left = (end - time::OffsetDateTime::now_utc()).whole_seconds();
        assert!(
            reply.max_age().is_none_or(|age| i64::try_from(age).unwrap() <= left),
            "rule 22: {reply:?}"
        );
        (left, reply.header("cache-status").to_owned())
    };
    let (short, status) = left("/files/images/short/a", Duration::ZERO, minute).await;
    assert!(
        (50..=60).contains(&short) && status == "evergate; fwd=bypass",
        "{short} {status}"
    );
    let (old, _) = left("/files/images/hour/a", minute * 50, minute).await;
    assert!((590..=600).contains(&old), "its rule's hour ends the URL: {old}");
    let (long, status) = left("/files/images/a.png", DAY, minute).await;
    assert!(
        (1_800..=3_600).contains(&long) && status.contains("stored"),
        "{long} {status}"
    );
    spy.assert_untouched();
}

#[tokio::test]
async fn people_get_a_page_with_the_short_code() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let target = link("/files/uploads/a.pdf").signed_ago(DAY).v4();
    let reply = ask(&gateway, Method::GET, &target, &[("accept", "text/html,*/*;q=0.8")]).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("x-evergate-reason")),
        (403, "link_expired")
    );
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    let page = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(
        page.contains("The link has expired.") && page.contains("link_expired"),
        "{page}"
    );
    let head = ask(&gateway, Method::HEAD, &target, &[]).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (403, 0));
    assert_eq!(head.header("x-evergate-reason"), "link_expired");
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_27_clients_and_rules_follow_a_reload() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let target = link("/files/images/a.png").signed_ago(DAY).v4();
    passes(&gateway, &target).await;
    let reloaded = async |yaml: &str, count: usize| {
        gateway.rewrite_config(yaml);
        wait_until("the reload", || {
            gateway.log().matches("configuration reloaded").count() == count
        });
    };
    let yaml = yaml(&spy);
    reloaded(&yaml.replace("max_age: 30d", "max_age: 1h"), 1).await;
    refused(&gateway, &target, 403, "link_too_old", "AccessDenied").await;
    let revoked = yaml.replace("'${CLIENT}', allow", "'${CLIENT}', state: revoked, allow");
    reloaded(&revoked, 2).await;
    refused(&gateway, &target, 403, "signature_invalid", "SignatureDoesNotMatch").await;
    let closed = yaml.split("clients:").next().unwrap().to_owned() + "routes: []\n";
    reloaded(&closed, 3).await;
    let reply = ask(&gateway, Method::GET, &target, &[]).await;
    assert_eq!(
        (reply.status.as_u16(), reply.maybe("x-evergate-reason")),
        (404, None),
        "no clients, no S3 door"
    );
    spy.assert_untouched();
}
