//! The presigned door: links that the gateway's own clients signed, fresh and long expired, on both origins. Rules 7 to 13.

use crate::support::evergate::{Evergate, wait_until};
use crate::support::http::{Reply, follow, send};
use crate::support::links::{HOST, Link};
use crate::support::origin::{Object, Origin};
use crate::support::s3_client::S3Client;
use http::Method;
use std::time::Duration;

const ID: &str = "EVGLIBRECHAT00000001";
const SECRET: &str = "canary-client-secret-of-librechat-0001";
const RETIRED: &str = "EVGLIBRECHAT00000000";
const RETIRED_SECRET: &str = "canary-client-secret-of-librechat-0000";
const V2: &str = "EVGOLDSCRIPT00000001";
const V2_SECRET: &str = "canary-client-secret-of-old-scripts-01";
const YEAR: Duration = Duration::from_hours(24 * 365);
const PNG: &[u8] = b"\x89PNG not really";

/// What stands behind `buckets` in every configuration here.
const DOORS: &str = "
auto_limit: 64KiB
public_hosts: [old.example.com, minio:9000, '${BUCKET}.s3.eu-west-1.amazonaws.com']
clients:
  - name: librechat
    access_key_id: EVGLIBRECHAT00000001
    secret_access_key: '${CLIENT_SECRET}'
    allow:
      - { bucket: files, operations: [read, write, delete, list] }
  - name: librechat
    access_key_id: EVGLIBRECHAT00000000
    secret_access_key: '${RETIRED_SECRET}'
    state: retired
    allow:
      - { bucket: files, operations: [read] }
  - name: scripts
    access_key_id: EVGOLDSCRIPT00000001
    secret_access_key: '${V2_SECRET}'
    signature_versions: [v4, v2]
    allow:
      - { bucket: files, prefix: images/, operations: [read] }
refresh:
  - { bucket: files, prefix: images/, max_age: 3650d, delivery: auto }
  - { bucket: files, prefix: images/stream/, max_age: 3650d, delivery: stream }
  - { bucket: files, prefix: images/redirect/, max_age: 3650d, delivery: redirect }
  - { bucket: files, prefix: images/young/, max_age: 1h }
  - { bucket: files, prefix: images/none/, max_age: 0s }
routes:
  - { path: /avatars/, bucket: files, prefix: images/, access: public, delivery: stream }
";

fn assembled(origin: &Origin, before: &str) -> Evergate {
    let large = vec![7; 100 * 1024];
    let refused = origin.put(&[
        Object::new("images/u42.png", PNG),
        Object::new("images/stream/u42.png", PNG),
        Object::new("images/redirect/u42.png", PNG),
        Object::typed("images/page.html", b"<script>alert(1)</script>", "text/html"),
        Object::typed("images/typed.png", PNG, "image/png"),
        Object::new("images/a b+c.png", PNG),
        Object::new("images/large.bin", &large),
        Object::new("docs/a.pdf", b"%PDF"),
    ]);
    assert_eq!(refused, Vec::<String>::new());
    let [key, secret] = origin.environment();
    let mine = [
        ("CLIENT_SECRET", SECRET),
        ("RETIRED_SECRET", RETIRED_SECRET),
        ("V2_SECRET", V2_SECRET),
        ("BUCKET", origin.bucket.as_str()),
    ];
    let environment: Vec<_> = [key, secret].into_iter().chain(mine).collect();
    Evergate::start_with(&format!("{before}{}{DOORS}", origin.bucket_yaml()), &environment)
}

async fn ask(gateway: &Evergate, method: Method, target: &str) -> Reply {
    send(gateway.address, method, target, &[("host", HOST)]).await
}

async fn get(gateway: &Evergate, target: &str) -> Reply {
    ask(gateway, Method::GET, target).await
}

/// A link of the active client into the bucket, by the bucket's name at the origin.
fn link(path: &str) -> Link<'_> {
    Link::new(ID, SECRET, path)
}

fn served(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), &reply.body[..]), (200, PNG), "{reply:?}");
}

async fn a_fresh_link_is_served_privately(origin: Origin) {
    let gateway = assembled(&origin, "");
    // By the bucket's name at the origin, and by its id here.
    for bucket in [origin.bucket.as_str(), "files"] {
        let path = format!("/{bucket}/images/u42.png");
        let reply = get(&gateway, &link(&path).v4()).await;
        served(&reply);
        assert_eq!(reply.header("content-type"), "image/png");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert!(
            reply.header("cache-control").starts_with("private"),
            "rule 22: {reply:?}"
        );
        for name in reply.headers.keys() {
            assert!(!name.as_str().starts_with("x-amz-"), "rule 16: {name}");
        }
    }
    let path = format!("/{}/docs/a.pdf", origin.bucket);
    let document = get(&gateway, &link(&path).v4()).await;
    assert_eq!(document.status, 200, "fresh, where no refresh rule is");
    let path = format!("/{}/images/missing.png", origin.bucket);
    let missing = get(&gateway, &link(&path).v4()).await;
    assert_eq!(missing.status, 404);
    let text = String::from_utf8(missing.body.to_vec()).unwrap();
    assert!(text.contains("<Code>NoSuchKey</Code>"), "{text}");
}

async fn rule_13_an_expired_link_lives_on_in_each_delivery(origin: Origin) {
    let gateway = assembled(&origin, "");
    let expired = |key: &str| {
        let path = format!("/{}/{key}", origin.bucket);
        link(&path).signed_ago(3 * YEAR).v4()
    };
    served(&get(&gateway, &expired("images/u42.png")).await);
    served(&get(&gateway, &expired("images/stream/u42.png")).await);
    served(&get(&gateway, &expired("images/a%20b%2Bc.png")).await);
    for key in ["images/redirect/u42.png", "images/large.bin"] {
        let reply = get(&gateway, &expired(key)).await;
        assert_eq!(reply.status, 302, "{key}: {reply:?}");
        assert!(reply.header("cache-control").starts_with("private"), "{reply:?}");
        let location = reply.header("location");
        assert!(location.starts_with(&origin.endpoint), "{location}");
        assert!(
            !location.contains(ID),
            "signed by the gateway, not by the client: {location}"
        );
        assert_eq!(follow(location, Method::GET).await.status, 200);
    }
    let head = ask(&gateway, Method::HEAD, &expired("images/u42.png")).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0), "rule 12");
    assert_eq!(head.header("content-length"), "15");
    let redirected = ask(&gateway, Method::HEAD, &expired("images/redirect/u42.png")).await;
    assert_eq!(follow(redirected.header("location"), Method::HEAD).await.status, 200);

    let audit = "expired link honoured";
    wait_until("the audit lines", || gateway.log().matches(audit).count() == 7);
    let log = gateway.log();
    let line = log.lines().find(|line| line.contains(audit)).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["client"], "librechat");
    assert_eq!((&line["bucket"], &line["rule"]), (&"files".into(), &"images/".into()));
    assert!(line["age_seconds"].as_u64().unwrap() >= 3 * YEAR.as_secs(), "{line}");
    assert!(line["path"].as_str().unwrap().ends_with("/images/u42.png"), "{line}");
    let metrics = send(gateway.admin, Method::GET, "/metrics", &[]).await;
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    for line in [
        "evergate_refreshed_link_age_seconds_count{client=\"librechat\",bucket=\"files\"} 7",
        "evergate_refreshed_link_age_seconds_bucket{client=\"librechat\",bucket=\"files\",le=\"94608000\"}",
        "evergate_requests_total{route=\"s3:files\",outcome=\"redirect\"} 3",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
    wait_until("the access log", || gateway.access_log().lines().count() >= 7);
    let first = gateway.access_log().lines().next().unwrap().to_owned();
    let first: serde_json::Value = serde_json::from_str(&first).unwrap();
    assert_eq!(
        (&first["door"], &first["route"]),
        (&"presigned".into(), &"s3:files".into())
    );
    assert_eq!(first["s3_client"], "librechat");
    assert!(
        first["refreshed_age"].as_u64().unwrap() >= 3 * YEAR.as_secs(),
        "{first}"
    );
    for canary in ["canary", "X-Amz-Signature"] {
        assert!(
            !log.contains(canary) && !gateway.access_log().contains(canary),
            "rule 9"
        );
    }
}

async fn rule_12_a_get_signature_allows_head_and_nothing_else_crosses(origin: Origin) {
    let gateway = assembled(&origin, "");
    let path = format!("/{}/images/u42.png", origin.bucket);
    let get_link = link(&path).v4();
    let head_link = Link {
        method: "HEAD",
        ..link(&path)
    }
    .v4();
    let put_link = Link {
        method: "PUT",
        ..link(&path)
    }
    .v4();
    for (method, target, status) in [
        (Method::GET, &get_link, 200),
        (Method::HEAD, &get_link, 200),
        (Method::HEAD, &head_link, 200),
        (Method::GET, &head_link, 403),
        (Method::GET, &put_link, 403),
        (Method::HEAD, &put_link, 403),
        (Method::PUT, &get_link, 403),
        (Method::DELETE, &get_link, 403),
        (Method::POST, &get_link, 403),
    ] {
        let reply = ask(&gateway, method.clone(), target).await;
        assert_eq!(reply.status, status, "{method} {target}: {reply:?}");
        assert!(method != Method::HEAD || reply.body.is_empty());
    }
    served(&get(&gateway, &get_link).await);
}

async fn rule_11_links_of_alias_hosts_are_honoured(origin: Origin) {
    let gateway = assembled(&origin, "");
    let path = format!("/{}/images/u42.png", origin.bucket);
    for host in ["old.example.com", "minio:9000", HOST] {
        let target = Link { host, ..link(&path) }.v4();
        served(&get(&gateway, &target).await);
    }
    // A link that was made for the bucket's own host, rewritten to path style.
    let host = format!("{}.s3.eu-west-1.amazonaws.com", origin.bucket);
    let old = Link {
        host: &host,
        ..link("/images/u42.png")
    }
    .v4();
    served(&get(&gateway, &format!("/{}{old}", origin.bucket)).await);
    served(&get(&gateway, &format!("/files{old}")).await);
    for host in ["elsewhere.example.com", "old.example.com:8080", "minio", "minio:9001"] {
        let target = Link { host, ..link(&path) }.v4();
        let reply = get(&gateway, &target).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("x-evergate-reason")),
            (403, "signature_invalid"),
            "{host}"
        );
    }
}

async fn rule_13_a_retired_key_reads_by_its_links_alone(origin: Origin) {
    let gateway = assembled(&origin, "");
    let path = format!("/{}/images/u42.png", origin.bucket);
    let retired = Link::new(RETIRED, RETIRED_SECRET, &path);
    served(&get(&gateway, &retired.v4()).await);
    served(&get(&gateway, &retired.clone().signed_ago(YEAR).v4()).await);
    for query in ["uploadId=1", "acl=", "tagging="] {
        let asked = Link {
            query,
            ..retired.clone()
        };
        let reply = get(&gateway, &asked.v4()).await;
        let told = (reply.status.as_u16(), reply.header("x-evergate-reason"));
        assert_eq!(told, (403, "key_retired"), "{query} is no read of an object");
    }
    let put = Link {
        method: "PUT",
        ..retired
    }
    .v4();
    let reply = ask(&gateway, Method::PUT, &put).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("x-evergate-reason")),
        (403, "key_retired")
    );
}

async fn version_2_links_of_a_client_that_opted_in_are_served(origin: Origin) {
    let gateway = assembled(&origin, "");
    let path = format!("/{}/images/u42.png", origin.bucket);
    let old = Link::new(V2, V2_SECRET, &path);
    served(&get(&gateway, &old.v2()).await);
    served(&get(&gateway, &old.clone().signed_ago(YEAR).v2()).await);
    assert_eq!(ask(&gateway, Method::HEAD, &old.v2()).await.status, 200);
    let disposition = "response-content-disposition=attachment";
    let page = format!("/{}/images/typed.png", origin.bucket);
    let named = Link {
        query: disposition,
        ..Link::new(V2, V2_SECRET, &page)
    };
    assert_eq!(
        get(&gateway, &named.v2()).await.header("content-disposition"),
        "attachment"
    );
    served(
        &get(
            &gateway,
            &Link {
                expires: Duration::from_mins(5),
                ..old
            }
            .v4(),
        )
        .await,
    );
}

async fn rule_5_signed_overrides_are_honoured_within_the_rules_for_hostile_content(origin: Origin) {
    let gateway = assembled(&origin, "");
    let ask = async |key: &str, query: &str| {
        let path = format!("/{}/{key}", origin.bucket);
        let target = Link { query, ..link(&path) }.v4();
        get(&gateway, &target).await
    };
    let named = ask(
        "images/typed.png",
        "response-content-disposition=attachment%3B%20filename%3D%22me.png%22&response-cache-control=public%2C%20max-age%3D60",
    )
    .await;
    served(&named);
    assert_eq!(named.header("content-disposition"), "attachment; filename=\"me.png\"");
    assert_eq!(named.header("cache-control"), "private, max-age=60", "rule 22");
    let typed = ask("images/u42.png", "response-content-type=image%2Fgif").await;
    assert_eq!(typed.header("content-type"), "image/gif");
    // Nobody's signature makes a page out of an upload.
    for (key, query) in [
        ("images/page.html", "response-content-disposition=inline"),
        (
            "images/u42.png",
            "response-content-type=text%2Fhtml&response-content-disposition=inline",
        ),
    ] {
        let page = ask(key, query).await;
        assert_eq!(page.header("content-type"), "text/html");
        assert!(
            page.header("content-disposition").starts_with("attachment"),
            "rule 17: {page:?}"
        );
    }
    let scripted = ask("images/u42.png", "response-content-type=text%2Fjavascript").await;
    assert_eq!(scripted.header("content-type"), "application/octet-stream", "rule 17");
    // In a redirect the origin is asked for it, in the gateway's own signature.
    let redirected = ask(
        "images/redirect/u42.png",
        "response-content-disposition=attachment%3B%20filename%3D%22me.png%22",
    )
    .await;
    let location = redirected.header("location");
    assert!(
        location.contains("response-content-disposition=attachment%3B%20filename%3D%22me.png%22&"),
        "{location}"
    );
    let saved = follow(location, Method::GET).await;
    assert_eq!(saved.status, 200);
}

async fn rule_7_a_base_path_is_part_of_what_is_signed(origin: Origin) {
    let gateway = assembled(&origin, "s3_base_path: /s3\n");
    let path = format!("/s3/{}/images/u42.png", origin.bucket);
    let bare = format!("/{}/images/u42.png", origin.bucket);
    served(&get(&gateway, &link(&path).v4()).await);
    served(&get(&gateway, &link(&path).signed_ago(YEAR).v4()).await);
    // Signed for an alias that had no base path, and moved below it.
    let moved = format!(
        "/s3{}",
        Link {
            host: "old.example.com",
            ..link(&bare)
        }
        .v4()
    );
    served(&get(&gateway, &moved).await);
    // Version 2 signs bucket and key, whatever stands in front of them.
    let old = Link::new(V2, V2_SECRET, &bare);
    served(&get(&gateway, &format!("/s3{}", old.v2())).await);
    let own = format!("/s3{}", link(&bare).v4());
    assert_eq!(
        get(&gateway, &own).await.status,
        403,
        "its own host was signed with the base path"
    );
    assert_eq!(
        get(&gateway, &link(&bare).v4()).await.status,
        404,
        "nothing is outside of it"
    );
}

async fn the_host_may_name_the_bucket(origin: Origin) {
    let gateway = assembled(&origin, "s3_domains: [s3.example.com]\n");
    let host = format!("{}.s3.example.com", origin.bucket);
    let target = Link {
        host: &host,
        ..link("/images/u42.png")
    }
    .signed_ago(YEAR)
    .v4();
    served(&send(gateway.address, Method::GET, &target, &[("host", &host)]).await);
    // The same link at the domain itself would name a bucket `images`.
    let reply = send(gateway.address, Method::GET, &target, &[("host", "s3.example.com")]).await;
    assert_eq!(reply.status, 403);
}

async fn what_is_public_anyway_is_served_whatever_the_signature(origin: Origin) {
    let gateway = assembled(&origin, "");
    let path = "/avatars/u42.png";
    for target in [
        link(path).v4(),
        Link::new("AKIAUNKNOWN000000000", "x", path).v4(),
        Link {
            token: Some("t"),
            ..Link::new("ASIAUNKNOWN000000000", "x", path)
        }
        .v4(),
        link(path).signed_ago(20 * YEAR).v4(),
    ] {
        let reply = get(&gateway, &target).await;
        served(&reply);
        assert_eq!(
            ask(&gateway, Method::PUT, &target).await.status,
            403,
            "but nothing else is"
        );
    }
    wait_until("eight access log lines", || gateway.access_log().lines().count() >= 8);
    assert_eq!(gateway.access_log().matches("\"door\":\"stable\"").count(), 4);
    // With something that is no signature of AWS, the stable door is the only one.
    let reply = send(
        gateway.address,
        Method::GET,
        path,
        &[("host", HOST), ("authorization", "Bearer x")],
    )
    .await;
    served(&reply);
}

async fn rule_6_a_foreign_authorization_beside_a_link_is_ignored(origin: Origin) {
    let gateway = assembled(&origin, "");
    let path = format!("/{}/images/u42.png", origin.bucket);
    let target = link(&path).v4();
    for foreign in ["Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "Basic dTpw"] {
        let headers = [("host", HOST), ("authorization", foreign)];
        served(&send(gateway.address, Method::GET, &target, &headers).await);
    }
}

async fn conditions_and_ranges_work_as_on_stable_paths(origin: Origin) {
    let gateway = assembled(&origin, "");
    let path = format!("/{}/images/u42.png", origin.bucket);
    let target = link(&path).v4();
    let whole = get(&gateway, &target).await;
    let part = send(
        gateway.address,
        Method::GET,
        &target,
        &[("host", HOST), ("range", "bytes=1-3")],
    )
    .await;
    assert_eq!((part.status.as_u16(), &part.body[..]), (206, &b"PNG"[..]));
    let etag = whole.header("etag");
    let same = send(
        gateway.address,
        Method::GET,
        &target,
        &[("host", HOST), ("if-none-match", etag)],
    )
    .await;
    assert_eq!(same.status, 304);
    assert!(same.header("cache-control").starts_with("private"));
}

#[tokio::test]
async fn rule_5_a_signed_version_is_the_one_that_is_read() {
    // s3s-fs keeps no versions.
    let origin = Origin::radosgw();
    let gateway = assembled(&origin, "");
    let store = S3Client::new(&origin.endpoint, &origin.access_key_id, &origin.secret_access_key);
    let on = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>";
    let switched = store
        .send(Method::PUT, &format!("/{}?versioning", origin.bucket), &[], on.into())
        .await;
    assert_eq!(switched.status, 200, "{switched:?}");
    let path = format!("/{}/images/stream/v.png", origin.bucket);
    let put = async |body: &'static str| {
        let stored = store.send(Method::PUT, &path, &[], body.into()).await;
        stored.header("x-amz-version-id").to_owned()
    };
    let old = put("the old one").await;
    let new = put("the new one").await;
    for (version, body) in [(&old, "the old one"), (&new, "the new one")] {
        let query = format!("versionId={version}");
        let streamed = Link {
            query: &query,
            ..link(&path)
        }
        .v4();
        assert_eq!(get(&gateway, &streamed).await.body, body);
        let moved = path.replace("/stream/v.png", "/redirect/v.png");
        let redirected = get(
            &gateway,
            &Link {
                query: &query,
                ..link(&moved)
            }
            .v4(),
        )
        .await;
        assert!(
            redirected.header("location").contains(&format!("&versionId={version}")),
            "{redirected:?}"
        );
    }
    assert_eq!(get(&gateway, &link(&path).v4()).await.body, "the new one");
    // Nobody's signature covers it: it is no part of what is asked.
    let unsigned = format!("{}&versionId={old}", link(&path).v4());
    assert_eq!(get(&gateway, &unsigned).await.status, 403);
}

on_both_origins! {
    a_fresh_link_is_served_privately,
    rule_13_an_expired_link_lives_on_in_each_delivery,
    rule_12_a_get_signature_allows_head_and_nothing_else_crosses,
    rule_11_links_of_alias_hosts_are_honoured,
    rule_13_a_retired_key_reads_by_its_links_alone,
    version_2_links_of_a_client_that_opted_in_are_served,
    rule_5_signed_overrides_are_honoured_within_the_rules_for_hostile_content,
    rule_7_a_base_path_is_part_of_what_is_signed,
    the_host_may_name_the_bucket,
    what_is_public_anyway_is_served_whatever_the_signature,
    rule_6_a_foreign_authorization_beside_a_link_is_ignored,
    conditions_and_ranges_work_as_on_stable_paths,
}
