//! RULES 1–4 on the wire: each refusal is a status, and the origin sees zero bytes.

use crate::support::evergate::Evergate;
use crate::support::http::{get, raw, raw_status, send};
use crate::support::spy::Spy;
use http::Method;

/// A gateway whose only origin counts what reaches it, with a route in each delivery.
fn gateway_before(spy: &Spy) -> Evergate {
    Evergate::start_with(
        &format!(
            "
buckets:
  files:
    name: files
    region: us-east-1
    endpoint: {}
    path_style: true
    credentials: {{ access_key_id: '${{KEY}}', secret_access_key: '${{SECRET}}' }}
routes:
  - {{ path: /avatars/, bucket: files, prefix: images/, access: public, delivery: stream }}
  - {{ path: /r/, bucket: files, prefix: images/, access: public, delivery: redirect }}
",
            spy.endpoint()
        ),
        &[("KEY", "AKIDEXAMPLE"), ("SECRET", "canary-secret-access-key")],
    )
}

/// Sends a raw request and says what became of it.
async fn refused(gateway: &Evergate, request: &str) -> Option<u16> {
    raw_status(&raw(gateway.address, request.as_bytes()).await)
}

async fn refused_path(gateway: &Evergate, path: &str) -> Option<u16> {
    refused(
        gateway,
        &format!("GET {path} HTTP/1.1\r\nHost: files.example.com\r\nConnection: close\r\n\r\n"),
    )
    .await
}

#[tokio::test]
async fn rule_2_ambiguous_paths_are_400_and_never_reach_the_origin() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let long = "k".repeat(1025);
    for rest in [
        "../secret",
        "..",
        ".",
        "./x",
        "a/../../b",
        "a/./b",
        "%2e%2e/x",
        "%2E%2e/x",
        ".%2e/x",
        "%2e",
        "a/%2E/b",
        "..%2fx",
        "%2e%2e%2fx",
        "a/..",
        "a/%2e%2e",
        "x%",
        "x%2",
        "x%zz",
        "x%%20",
        "x%2x",
        "x%00",
        "x%0a",
        "x%0d%0aSet-Cookie:a",
        "x%1f",
        "x%7f",
        "x%ff",
        "x%c3",
        "x%c3%28",
        "%ed%a0%80",
        "%c0%ae%c0%ae/x",
        "x%09y",
        long.as_str(),
    ] {
        for route in ["/avatars/", "/r/"] {
            let path = format!("{route}{rest}");
            assert_eq!(refused_path(&gateway, &path).await, Some(400), "{path}");
        }
    }
    assert_eq!(spy.connections(), 0, "the origin saw a connection");
}

#[tokio::test]
async fn rule_2_ambiguous_hosts_are_400_and_never_reach_the_origin() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    for head in [
        "GET /avatars/u.png HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /avatars/u.png HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\nConnection: close\r\n\r\n",
        "GET /avatars/u.png HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\nConnection: close\r\n\r\n",
        "GET /avatars/u.png HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
        "GET /avatars/u.png HTTP/1.1\r\nHost: user@a.example\r\nConnection: close\r\n\r\n",
        "GET /avatars/u.png HTTP/1.1\r\nHost: a.example/x\r\nConnection: close\r\n\r\n",
        "GET /avatars/u.png HTTP/1.1\r\nHost: a.example:99999\r\nConnection: close\r\n\r\n",
        "GET /avatars/u.png HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n",
    ] {
        assert_eq!(refused(&gateway, head).await, Some(400), "{head:?}");
    }
    assert_eq!(spy.connections(), 0, "the origin saw a connection");
}

#[tokio::test]
async fn rule_1_the_encoded_and_the_decoded_spelling_are_one_key() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let plain = get(gateway.address, "/r/a%20b/u42.png").await;
    let spelled = get(gateway.address, "/%72/%61%20b%2Fu42%2Epng").await;
    assert_eq!((plain.status.as_u16(), spelled.status.as_u16()), (302, 302));
    assert_eq!(plain.header("location"), spelled.header("location"));
    assert!(
        plain.header("location").contains("/files/images/a%20b/u42.png?"),
        "{}",
        plain.header("location")
    );
    // An encoded '%' is a key of its own, and a '+' is no space.
    let percent = get(gateway.address, "/r/a%2520b").await;
    assert!(
        percent.header("location").contains("/files/images/a%2520b?"),
        "{}",
        percent.header("location")
    );
    let plus = get(gateway.address, "/r/a+b").await;
    assert!(
        plus.header("location").contains("/files/images/a%2Bb?"),
        "{}",
        plus.header("location")
    );
    assert_eq!(spy.connections(), 0, "a redirect asks the origin nothing");
}

#[tokio::test]
async fn rule_3_a_prefix_opens_nothing_beside_it() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    for path in [
        "/avatars",
        "/avatars-private/u.png",
        "/Avatars/u.png",
        "/",
        "/files/images/u.png",
        "/images/u.png",
        "//avatars/u.png",
    ] {
        assert_eq!(refused_path(&gateway, path).await, Some(404), "{path}");
    }
    assert_eq!(spy.connections(), 0, "the origin saw a connection");
}

#[tokio::test]
async fn rule_4_a_client_names_neither_host_nor_bucket() {
    let spy = Spy::start();
    let elsewhere = Spy::start();
    let gateway = gateway_before(&spy);
    let own = spy.endpoint();
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https;for=203.0.113.7"),
        ("x-amz-bucket", "other"),
        ("x-original-url", "/other/key"),
        ("x-rewrite-url", "/other/key"),
    ] {
        let answer = send(gateway.address, Method::GET, "/r/u42.png", &[(name, value)]).await;
        assert_eq!(answer.status, 302, "{name}");
        let location = answer.header("location");
        assert!(
            location.starts_with(&format!("{own}/files/images/u42.png?")),
            "{name}: {location}"
        );
    }
    // An absolute target names another host; it is never fetched.
    let target = format!("{}/files/secret", elsewhere.endpoint());
    let request = format!("GET {target} HTTP/1.1\r\nHost: files.example.com\r\nConnection: close\r\n\r\n");
    assert!(matches!(refused(&gateway, &request).await, Some(400 | 404 | 421)));
    assert_eq!((spy.connections(), elsewhere.connections()), (0, 0));
}

#[tokio::test]
async fn rule_4_a_stable_path_is_never_a_listing() {
    let spy = Spy::start();
    let gateway = Evergate::start_with(
        &format!(
            "
buckets:
  files: {{ name: files, region: us-east-1, endpoint: '{}', path_style: true, credentials: {{ access_key_id: '${{KEY}}', secret_access_key: '${{SECRET}}' }} }}
routes:
  - {{ path: /all/, bucket: files, prefix: '', access: public, delivery: stream }}
",
            spy.endpoint()
        ),
        &[("KEY", "AKIDEXAMPLE"), ("SECRET", "canary-secret-access-key")],
    );
    for path in [
        "/all/",
        "/all",
        "/all/?list-type=2",
        "/all/?prefix=images/",
        "/all/?uploads",
    ] {
        assert_eq!(refused_path(&gateway, path).await, Some(404), "{path}");
    }
    assert_eq!(spy.connections(), 0, "the origin saw a connection");
}

#[tokio::test]
async fn rule_5_a_clients_query_is_never_part_of_what_is_signed() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let answer = get(
        gateway.address,
        "/r/u42.png?versionId=1&response-content-type=text/html&acl&x-id=PutObject&t=1",
    )
    .await;
    assert_eq!(answer.status, 302);
    let location = answer.header("location");
    for leaked in ["versionId", "response-content-type", "acl", "x-id", "t=1"] {
        assert!(!location.contains(leaked), "{leaked} in {location}");
    }
    assert_eq!(
        refused_path(&gateway, "/r/u42.png?download&download=x.pdf").await,
        Some(400)
    );
    assert_eq!(spy.connections(), 0);
}

#[tokio::test]
async fn methods_that_read_nothing_are_refused() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let request = format!(
            "{method} /avatars/u.png HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let answer = raw(gateway.address, request.as_bytes()).await;
        assert_eq!(raw_status(&answer), Some(405), "{method}");
        assert!(
            String::from_utf8_lossy(&answer)
                .to_ascii_lowercase()
                .contains("\r\nallow: get, head\r\n"),
            "{method}"
        );
    }
    for method in ["PATCH", "TRACE", "CONNECT", "PROPFIND", "get"] {
        let status = refused(
            &gateway,
            &format!("{method} /avatars/u.png HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"),
        )
        .await;
        assert!(matches!(status, Some(400 | 501)), "{method}: {status:?}");
    }
    assert_eq!(spy.connections(), 0, "the origin saw a connection");
}

#[tokio::test]
async fn rule_9_and_16_secrets_appear_nowhere() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy);
    let mut said = String::new();
    for path in [
        "/r/u42.png",
        "/avatars/u42.png",
        "/nowhere",
        "/r/..",
        "/r/u42.png?X-Amz-Signature=canary-signature",
    ] {
        let answer = raw(
            gateway.address,
            format!("GET {path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n").as_bytes(),
        )
        .await;
        said.push_str(&String::from_utf8_lossy(&answer));
    }
    said.push_str(&String::from_utf8_lossy(
        &raw(
            gateway.admin,
            b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        )
        .await,
    ));
    crate::support::evergate::wait_until("five access log lines", || gateway.access_log().lines().count() >= 5);
    said.push_str(&gateway.log());
    said.push_str(&gateway.access_log());
    assert!(!said.contains("canary-"), "{said}");
}
