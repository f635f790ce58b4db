//! The rules that need an origin which lies, or a client which does: each on the wire, named after its rule.

use crate::support::evergate::{Evergate, wait_until};
use crate::support::http::{Reply, get, raw, raw_status, send};
use crate::support::liar::Liar;
use crate::support::spy::Spy;
use http::Method;
use std::collections::HashSet;

/// A gateway with a route for each delivery, and one with a fallback, in front of `endpoint`.
fn gateway_before(endpoint: &str) -> Evergate {
    Evergate::start_with(
        &format!(
            "
auto_limit: 1KiB
buckets:
  files: {{ name: files, region: us-east-1, endpoint: '{endpoint}', path_style: true, credentials: {{ access_key_id: '${{KEY}}', secret_access_key: '${{SECRET}}' }} }}
routes:
  - {{ path: /s/, bucket: files, prefix: images/, access: public, delivery: stream }}
  - {{ path: /r/, bucket: files, prefix: images/, access: public, delivery: redirect }}
  - {{ path: /f/, bucket: files, prefix: images/, access: public, delivery: stream, fallback: default.png }}
"
        ),
        &[("KEY", "AKIDEXAMPLE"), ("SECRET", "canary-secret-access-key")],
    )
}

fn answer(status: &str, fields: &[&str], body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\n{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        [&["X-Liar: yes"], fields].concat().join("\r\n"),
        body.len()
    )
    .into_bytes()
}

/// The liar's answer to a key that ends in a content type with `_` for `/`.
fn typed(line: &str) -> Vec<u8> {
    let path = line.split(' ').nth(1).unwrap();
    let kind = percent_encoding::percent_decode_str(path.rsplit('/').next().unwrap())
        .decode_utf8()
        .unwrap();
    let kind = kind.replacen('_', "/", 1);
    answer("200 OK", &[&format!("Content-Type: {kind}")], "<script>")
}

fn names(reply: &Reply) -> HashSet<String> {
    reply.headers.keys().map(ToString::to_string).collect()
}

#[tokio::test]
async fn rule_16_of_a_clients_fields_only_the_listed_reach_the_origin() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy.endpoint());
    let head = "GET /s/u.png?x-id=PutObject&versionId=1 HTTP/1.1\r\nHost: a.example\r\nConnection: close, x-named\r\nx-named: canary\r\n\
                Cookie: canary\r\nAuthorization: Bearer canary\r\nProxy-Authorization: canary\r\nX-Forwarded-For: 192.0.2.7\r\n\
                X-Forwarded-Host: canary\r\nForwarded: for=canary\r\nX-Real-IP: canary\r\nX-Amz-Date: canary\r\nx-amz-copy-source: /canary/k\r\n\
                X-Amz-Security-Token: canary\r\nx-amz-meta-a: canary\r\nX-HTTP-Method-Override: canary\r\nUpgrade: canary\r\nTE: trailers\r\n\
                User-Agent: canary\r\nReferer: http://canary/\r\nOrigin: http://canary\r\nAccept: canary\r\nAccept-Encoding: canary\r\n\
                Range: bytes=1-2\r\nIf-None-Match: \"listed\"\r\n\r\n";
    raw(gateway.address, head.as_bytes()).await;
    let sent = String::from_utf8(spy.bytes()).unwrap().to_ascii_lowercase();
    assert!(sent.starts_with("get /files/images/u.png http/1.1\r\n"), "{sent}");
    let allowed = [
        "accept",
        "accept-encoding",
        "authorization",
        "host",
        "if-none-match",
        "range",
        "x-amz-content-sha256",
        "x-amz-date",
    ];
    for field in sent.lines().skip(1).filter_map(|line| line.split_once(':')) {
        assert!(allowed.contains(&field.0), "{field:?}");
    }
    assert!(!sent.contains("canary") && !sent.contains("192.0.2.7"), "{sent}");
    assert!(sent.contains("range: bytes=1-2\r\n") && sent.contains("if-none-match: \"listed\"\r\n"));
    assert!(sent.contains("signedheaders=accept-encoding;host;if-none-match;range;x-amz-content-sha256;x-amz-date,"));
}

#[tokio::test]
async fn rule_16_of_an_origins_fields_only_the_listed_reach_the_client() {
    let lies = [
        "Content-Type: image/png",
        "Set-Cookie: canary=1",
        "Location: http://canary.example/",
        "Refresh: 0;url=http://canary.example/",
        "Link: <http://canary.example>; rel=preload",
        "Access-Control-Allow-Origin: *",
        "Access-Control-Allow-Credentials: true",
        "Content-Security-Policy: default-src *",
        "Clear-Site-Data: \"*\"",
        "Strict-Transport-Security: max-age=0",
        "Service-Worker-Allowed: /",
        "Alt-Svc: h2=\"canary.example:443\"",
        "Server: canary",
        "x-amz-meta-owner: canary",
        "x-amz-request-id: canary",
        "x-request-id: canary",
        "X-Accel-Redirect: /canary",
        "X-Sendfile: /canary",
        "Vary: *",
        "Age: 5",
    ];
    let whole = answer("200 OK", &lies, "png");
    let trailers =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Set-Cookie\r\n\r\n3\r\npng\r\n0\r\nSet-Cookie: canary=1\r\n\r\n"
            .to_vec();
    let liar = Liar::start(move |line| {
        if line.contains("trailers") {
            trailers.clone()
        } else {
            whole.clone()
        }
    });
    let gateway = gateway_before(&liar.endpoint());
    let reply = get(gateway.address, "/s/u.png").await;
    assert_eq!(reply.status, 200);
    let expected = [
        "cache-status",
        "content-length",
        "content-type",
        "date",
        "x-content-type-options",
        "x-request-id",
    ];
    assert_eq!(names(&reply), expected.iter().map(ToString::to_string).collect());
    assert!(!format!("{reply:?}").contains("canary"), "{reply:?}");
    let request = b"GET /s/trailers.png HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close\r\n\r\n";
    let reply = String::from_utf8(raw(gateway.address, request).await).unwrap();
    assert!(reply.ends_with("\r\n3\r\npng\r\n0\r\n\r\n"), "{reply}");
}

#[tokio::test]
async fn rule_17_no_stored_type_runs_in_a_page_or_shows_as_one() {
    let liar = Liar::start(typed);
    let gateway = gateway_before(&liar.endpoint());
    for kind in [
        "text_html",
        "TEXT_HTML",
        "text_html;charset=utf-8",
        "application_xhtml+xml",
        "text_xml",
        "application_xml",
        "application_pdf",
        "multipart_x-mixed-replace;boundary=x",
        "application_x-shockwave-flash",
        "image_png,text/html",
    ] {
        let reply = get(gateway.address, &format!("/s/{kind}")).await;
        assert!(
            reply.header("content-disposition").starts_with("attachment"),
            "{reply:?}"
        );
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
    for kind in [
        "text_javascript",
        "Text_JavaScript;charset=x",
        "application_x-javascript",
        "text_css",
    ] {
        let reply = get(gateway.address, &format!("/s/{kind}")).await;
        assert_eq!(reply.header("content-type"), "application/octet-stream", "{kind}");
        assert!(reply.header("content-disposition").starts_with("attachment"), "{kind}");
    }
    for kind in ["image_svg+xml", "IMAGE_SVG+XML;charset=utf-8"] {
        let reply = get(gateway.address, &format!("/s/{kind}")).await;
        assert!(
            reply.header("content-security-policy").ends_with("; sandbox"),
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn rule_17_no_name_leaves_its_quotes() {
    let liar = Liar::start(|_| answer("200 OK", &["Content-Type: image/png"], "png"));
    let gateway = gateway_before(&liar.endpoint());
    let long = "%C3%A9".repeat(1300);
    for name in [
        "%22%3B%20filename%3Devil.exe",
        "a%0d%0aSet-Cookie:%20x=1",
        "..%2F..%2Fetc%2Fpasswd",
        "..%5C..%5Cevil.exe",
        "photo%E2%80%AEgpj.exe",
        "a%00b",
        long.as_str(),
    ] {
        let reply = get(gateway.address, &format!("/s/u.png?download={name}")).await;
        assert_eq!(reply.status, 200, "{name}");
        assert!(!reply.headers.contains_key("set-cookie"));
        let disposition = reply.header("content-disposition");
        let (_, quoted) = disposition.split_once("attachment; filename=\"").unwrap();
        let (plain, rest) = quoted.split_once('"').unwrap();
        assert!(
            !plain.is_empty() && !plain.contains(['/', '\\']) && !rest.contains('"'),
            "{disposition}"
        );
        assert!(
            rest.is_empty() || rest.starts_with("; filename*=UTF-8''"),
            "{disposition}"
        );
        let redirect = get(gateway.address, &format!("/r/u.png?download={name}")).await;
        assert_eq!(redirect.status, 302, "{name}");
        assert!(redirect.header("location").starts_with(&liar.endpoint()));
    }
}

#[tokio::test]
async fn rule_18_a_cached_url_serves_nothing_but_what_it_was_signed_for() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy.endpoint());
    let asks = [
        (Method::GET, "/r/u.png"),
        (Method::HEAD, "/r/u.png"),
        (Method::GET, "/r/u.png?download"),
        (Method::GET, "/r/u.png?download=a.png"),
        (Method::HEAD, "/r/u.png?download=a.png"),
        (Method::GET, "/r/U.png"),
        (Method::GET, "/r//u.png"),
        (Method::GET, "/r/u.png/"),
    ];
    let mut locations = Vec::new();
    for _ in 0..2 {
        for (method, path) in &asks {
            let reply = send(gateway.address, method.clone(), path, &[("host", "a.example")]).await;
            locations.push(reply.header("location").to_owned());
        }
    }
    assert_eq!(
        locations[..asks.len()],
        locations[asks.len()..],
        "the second round is the first"
    );
    let distinct: HashSet<_> = locations.iter().collect();
    assert_eq!(distinct.len(), asks.len(), "{locations:#?}");
    let other_host = send(gateway.address, Method::GET, "/r/u.png", &[("host", "b.example")]).await;
    assert_eq!(
        other_host.header("location"),
        locations[0],
        "a client's host is part of nothing"
    );
}

#[tokio::test]
async fn rule_22_a_redirect_is_for_its_reader_alone_and_ends_before_its_url() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy.endpoint());
    for path in ["/r/u.png", "/r/u.png", "/r/u.png?download"] {
        let reply = get(gateway.address, path).await;
        assert!(
            reply.header("cache-control").starts_with("private, max-age="),
            "{reply:?}"
        );
        assert!(reply.max_age().unwrap() < 120, "{reply:?}");
    }
    for path in ["/nowhere", "/r/..", "/s/u.png"] {
        assert_eq!(
            get(gateway.address, path).await.header("cache-control"),
            "no-store",
            "{path}"
        );
    }
}

#[tokio::test]
async fn rule_24_a_read_is_tried_three_times_at_most_and_never_after_its_first_byte() {
    let liar = Liar::start(|line| match line {
        cut if cut.contains("cut") => b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".to_vec(),
        busy if busy.contains("busy") => answer("503 Slow Down", &["Retry-After: 7"], ""),
        _ => Vec::new(),
    });
    let gateway = gateway_before(&liar.endpoint());
    let asked = |key: &str| liar.heads().iter().filter(|head| head.contains(key)).count();
    assert_eq!(get(gateway.address, "/s/gone.png").await.status, 502);
    assert_eq!(asked("gone"), 3);
    let busy = get(gateway.address, "/s/busy.png").await;
    assert_eq!((busy.status.as_u16(), busy.header("retry-after")), (503, "7"));
    assert_eq!(asked("busy"), 1);
    let cut = raw(
        gateway.address,
        b"GET /s/cut.png HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(raw_status(&cut), Some(200));
    assert!(String::from_utf8_lossy(&cut).contains("content-length: 10\r\n"));
    assert!(cut.ends_with(b"abc"), "rule 19: what was cut stays cut");
    assert_eq!(asked("cut"), 1);
}

#[tokio::test]
async fn a_stand_in_is_no_answer_to_dates_and_ranges_meant_for_the_missing_object() {
    let liar = Liar::start(|line| {
        let fields = ["ETag: \"default\"", "Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT"];
        if line.contains("default.png") {
            answer("200 OK", &fields, "default")
        } else {
            answer("404 Not Found", &[], "<Error><Code>NoSuchKey</Code></Error>")
        }
    });
    let gateway = gateway_before(&liar.endpoint());
    let ask = |name, value| {
        let address = gateway.address;
        async move { send(address, Method::GET, "/f/u.png", &[(name, value)]).await }
    };
    for (name, value) in [
        ("if-modified-since", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("if-unmodified-since", "Wed, 01 Jan 2014 00:00:00 GMT"),
        ("range", "bytes=1-2"),
        ("if-none-match", "\"the-missing-one\""),
    ] {
        let reply = ask(name, value).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.body[..]),
            (200, &b"default"[..]),
            "{name}"
        );
    }
    assert_eq!(ask("if-none-match", "\"default\"").await.status, 304);
    assert_eq!(ask("if-match", "\"the-missing-one\"").await.status, 412);
}

#[tokio::test]
async fn rule_28_the_public_listener_has_no_admin_and_metrics_no_words_of_clients() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy.endpoint());
    for path in ["/metrics", "/healthz", "/readyz", "/status"] {
        assert_eq!(get(gateway.address, path).await.status, 404, "{path}");
    }
    let request = "GET /s/canary HTTP/1.1\r\nHost: canary.example\r\nUser-Agent: canary\r\nConnection: close\r\n\r\n";
    raw(gateway.address, request.as_bytes()).await;
    let brew = "CANARY /canary HTTP/1.1\r\nHost: canary.example\r\nConnection: close\r\n\r\n";
    raw(gateway.address, brew.as_bytes()).await;
    wait_until("six lines of the access log", || {
        gateway.access_log().lines().count() >= 6
    });
    let scrape = b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let metrics = String::from_utf8(raw(gateway.admin, scrape).await).unwrap();
    assert!(metrics.contains("evergate_requests_total"), "{metrics}");
    assert!(!metrics.to_ascii_lowercase().contains("canary"), "{metrics}");
}

#[tokio::test]
async fn rule_29_hostile_numbers_dates_and_lists_are_no_panic() {
    let liar = Liar::start(|line| {
        let head = |fields: &str| format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\npng").into_bytes();
        let part = |range: &str| format!("HTTP/1.1 206 Part\r\nContent-Range: {range}\r\n\r\npng").into_bytes();
        match line.split(['/', ' ']).find_map(|part| part.strip_prefix("lie-")) {
            Some("max") => head("Content-Length: 18446744073709551615"),
            Some("less") => head("Content-Length: 18446744073709551614"),
            Some("minus") => head("Content-Length: -1"),
            Some("two") => head("Content-Length: 3\r\nContent-Length: 4"),
            Some("both") => head("Content-Length: 9\r\nTransfer-Encoding: chunked"),
            Some("dates") => head("Last-Modified: Fri, 31 Dec 9999 23:59:60 GMT\r\nExpires: 0\r\nContent-Length: 3"),
            Some("tag") => head("ETag: \"\u{e9}\r\nContent-Length: 3"),
            Some("range") => part("bytes 0-18446744073709551615/*"),
            Some("swapped") => part("bytes 9-1/0"),
            Some("status") => b"HTTP/1.1 999 ?\r\n\r\n".to_vec(),
            Some("switch") => b"HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".to_vec(),
            Some("early") => [
                &b"HTTP/1.1 103 Early\r\n\r\n".repeat(500)[..],
                &head("Content-Length: 3"),
            ]
            .concat(),
            Some("fields") => head(&"x: y\r\n".repeat(5000)),
            _ => answer(
                "200 OK",
                &["ETag: \"a\"", "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT"],
                "png",
            ),
        }
    });
    let gateway = gateway_before(&liar.endpoint());
    let many = format!("\"x\"{}", ",\"x\"".repeat(3000));
    for (name, value) in [
        ("range", "bytes=0-18446744073709551615"),
        ("range", "bytes=18446744073709551615-18446744073709551615"),
        ("range", "bytes=-18446744073709551615"),
        ("range", "bytes=99999999999999999999-"),
        ("range", "bytes=0-0,1-1,2-2"),
        ("if-modified-since", "Fri, 31 Dec 9999 23:59:59 GMT"),
        ("if-modified-since", "Fri, 31 Dec 9999 23:59:60 GMT"),
        ("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("if-modified-since", "Sunday, 06-Nov-94 08:49:37 GMT"),
        ("if-modified-since", "Thu, 01 Jan 0000 00:00:00 GMT"),
        ("if-unmodified-since", "Sun, 99 Foo 99999 99:99:99 GMT"),
        ("if-none-match", many.as_str()),
        ("if-match", many.as_str()),
        ("if-range", "W/\""),
        ("accept", "text/html;q=nan,,;;=,text/html;q=1e999"),
    ] {
        let reply = send(gateway.address, Method::GET, "/s/u.png", &[(name, value)]).await;
        assert!(reply.status.as_u16() < 500, "{name}: {value}: {reply:?}");
    }
    for lie in [
        "max", "less", "minus", "two", "both", "dates", "tag", "range", "swapped", "status", "switch", "early",
        "fields",
    ] {
        let request = format!("GET /s/lie-{lie} HTTP/1.1\r\nHost: a\r\nRange: bytes=0-\r\nConnection: close\r\n\r\n");
        let reply = raw(gateway.address, request.as_bytes()).await;
        let status = raw_status(&reply);
        assert!(matches!(status, None | Some(200 | 502)), "{lie}: {status:?}");
    }
    assert_eq!(get(gateway.address, "/s/u.png").await.status, 200);
    assert!(!gateway.log().contains("panicked"), "{}", gateway.log());
}
