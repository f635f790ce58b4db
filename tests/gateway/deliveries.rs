//! What redirect, stream and auto answer, on both origins.

use crate::support::evergate::Evergate;
use crate::support::http::{Reply, follow, get, send};
use crate::support::origin::{Object, Origin};
use http::Method;

const LARGE: usize = 300 * 1024;

/// A gateway with every delivery in front of a handful of objects; `auto` streams up to 64 KiB.
fn assembled(origin: &Origin) -> Evergate {
    let large: Vec<u8> = (0..LARGE).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let refused = origin.put(&[
        Object::new("images/u42.png", b"\x89PNG not really"),
        Object::typed("images/typed.png", b"\x89PNG typed", "image/png"),
        Object::typed("images/page.html", b"<script>alert(1)</script>", "text/html"),
        Object::typed(
            "images/drawing.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "image/svg+xml",
        ),
        Object::new("images/default.png", b"\x89PNG default"),
        Object::new("images/large.bin", &large),
    ]);
    assert_eq!(refused, Vec::<String>::new());
    Evergate::start_with(
        &format!(
            "auto_limit: 64KiB\n{}routes:
  - {{ path: /s/, bucket: files, prefix: images/, access: public, delivery: stream, cache_control: 'public, max-age=300' }}
  - {{ path: /r/, bucket: files, prefix: images/, access: public, delivery: redirect }}
  - {{ path: /a/, bucket: files, prefix: images/, access: public, delivery: auto }}
  - {{ path: /f/, bucket: files, prefix: images/, access: public, delivery: auto, fallback: default.png }}
",
            origin.bucket_yaml()
        ),
        &origin.environment(),
    )
}

async fn with(gateway: &Evergate, method: Method, path: &str, headers: &[(&str, &str)]) -> Reply {
    send(gateway.address, method, path, headers).await
}

async fn stream_answers_as_rfc_9110_asks(origin: Origin) {
    let gateway = assembled(&origin);
    let whole = get(gateway.address, "/s/u42.png").await;
    assert_eq!(whole.status, 200);
    assert_eq!(
        whole.body,
        "\u{89}PNG not really".chars().map(|c| c as u8).collect::<Vec<u8>>()
    );
    assert_eq!(
        whole.header("content-type"),
        "image/png",
        "guessed: the origin knows only octet-stream"
    );
    assert_eq!(whole.header("x-content-type-options"), "nosniff");
    assert_eq!(whole.header("cache-control"), "public, max-age=300");
    assert!(whole.header("cache-status").starts_with("evergate"), "{whole:?}");
    assert_eq!(whole.header("content-length"), "15");
    let etag = whole.header("etag").to_owned();
    let modified = whole.header("last-modified").to_owned();
    for name in whole.headers.keys() {
        assert!(
            !name.as_str().starts_with("x-amz-") && !name.as_str().starts_with("x-rgw"),
            "rule 16: {name}"
        );
    }

    let head = with(&gateway, Method::HEAD, "/s/u42.png", &[]).await;
    assert_eq!(
        (head.status.as_u16(), head.body.len(), head.header("content-length")),
        (200, 0, "15")
    );
    assert_eq!(head.header("etag"), etag);

    let part = with(&gateway, Method::GET, "/s/large.bin", &[("range", "bytes=10-19")]).await;
    assert_eq!(
        (part.status.as_u16(), &part.body[..]),
        (206, &[10, 11, 12, 13, 14, 15, 16, 17, 18, 19][..])
    );
    assert_eq!(part.header("content-range"), format!("bytes 10-19/{LARGE}"));
    let suffix = with(&gateway, Method::GET, "/s/large.bin", &[("range", "bytes=-5")]).await;
    assert_eq!((suffix.status.as_u16(), suffix.body.len()), (206, 5));
    let beyond = with(&gateway, Method::GET, "/s/u42.png", &[("range", "bytes=100-")]).await;
    assert_eq!(beyond.status, 416);
    let several = with(&gateway, Method::GET, "/s/u42.png", &[("range", "bytes=0-1,3-4")]).await;
    assert_eq!(
        (several.status.as_u16(), several.body.len()),
        (200, 15),
        "several ranges may be ignored (RFC 9110 §14.2)"
    );

    let same = with(&gateway, Method::GET, "/s/u42.png", &[("if-none-match", &etag)]).await;
    assert_eq!(
        (same.status.as_u16(), same.body.len(), same.header("etag")),
        (304, 0, etag.as_str())
    );
    let weak = with(
        &gateway,
        Method::GET,
        "/s/u42.png",
        &[("if-none-match", &format!("\"other\", W/{etag}"))],
    )
    .await;
    assert_eq!(weak.status, 304, "If-None-Match compares weakly");
    let other = with(&gateway, Method::GET, "/s/u42.png", &[("if-none-match", "\"other\"")]).await;
    assert_eq!(other.status, 200);
    let unmodified = with(&gateway, Method::GET, "/s/u42.png", &[("if-modified-since", &modified)]).await;
    assert_eq!(unmodified.status, 304);
    let failed = with(&gateway, Method::GET, "/s/u42.png", &[("if-match", "\"other\"")]).await;
    assert_eq!(failed.status, 412);
    let holds = with(&gateway, Method::GET, "/s/u42.png", &[("if-match", &etag)]).await;
    assert_eq!(holds.status, 200);

    let resumed = with(
        &gateway,
        Method::GET,
        "/s/u42.png",
        &[("range", "bytes=4-"), ("if-range", &etag)],
    )
    .await;
    assert_eq!((resumed.status.as_u16(), resumed.body.len()), (206, 11));
    let changed = with(
        &gateway,
        Method::GET,
        "/s/u42.png",
        &[("range", "bytes=4-"), ("if-range", "\"other\"")],
    )
    .await;
    assert_eq!(
        (changed.status.as_u16(), changed.body.len()),
        (200, 15),
        "a changed object is sent whole"
    );
}

async fn rule_17_user_bytes_are_hostile(origin: Origin) {
    let gateway = assembled(&origin);
    let page = get(gateway.address, "/s/page.html").await;
    assert!(page.header("content-disposition").starts_with("attachment"), "{page:?}");
    let drawing = get(gateway.address, "/s/drawing.svg").await;
    assert!(
        drawing.header("content-security-policy").contains("sandbox"),
        "{drawing:?}"
    );
    assert_eq!(drawing.header("content-type"), "image/svg+xml");
    let picture = get(gateway.address, "/s/typed.png").await;
    assert_eq!(
        (picture.header("content-type"), picture.maybe("content-disposition")),
        ("image/png", None)
    );
}

async fn download_turns_a_path_into_an_attachment(origin: Origin) {
    let gateway = assembled(&origin);
    let own_name = get(gateway.address, "/s/u42.png?download").await;
    assert!(
        own_name
            .header("content-disposition")
            .starts_with("attachment; filename=\"u42.png\""),
        "{own_name:?}"
    );
    let named = get(gateway.address, "/s/u42.png?download=r%C3%A9sum%C3%A9%20%22x%22.pdf").await;
    let disposition = named.header("content-disposition");
    assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
    assert!(
        disposition.contains("filename*=UTF-8''r%C3%A9sum%C3%A9%20_x_.pdf"),
        "{disposition}"
    );

    let redirect = get(gateway.address, "/r/u42.png?download=name.pdf").await;
    let location = redirect.header("location").to_owned();
    assert!(
        location.contains("response-content-disposition=attachment"),
        "{location}"
    );
    let followed = follow(&location, Method::GET).await;
    assert_eq!(followed.status, 200, "{followed:?}");
    assert!(
        followed.header("content-disposition").contains("name.pdf"),
        "{followed:?}"
    );
    assert_ne!(location, get(gateway.address, "/r/u42.png").await.header("location"));
}

async fn auto_streams_the_small_and_redirects_the_large(origin: Origin) {
    let gateway = assembled(&origin);
    for method in [Method::GET, Method::HEAD] {
        let small = with(&gateway, method.clone(), "/a/u42.png", &[]).await;
        assert_eq!(
            (small.status.as_u16(), small.header("content-length")),
            (200, "15"),
            "{method}"
        );
        let large = with(&gateway, method.clone(), "/a/large.bin", &[]).await;
        assert_eq!(large.status, 302, "{method}");
        assert_eq!(large.body.len(), 0);
        assert!(large.header("cache-control").starts_with("private"), "rule 22");
        let followed = follow(large.header("location"), method.clone()).await;
        assert_eq!(followed.status, 200, "{method}");
    }
    // The size that counts is the object's, not the part's.
    let part = with(&gateway, Method::GET, "/a/large.bin", &[("range", "bytes=0-9")]).await;
    assert_eq!(part.status, 302);
}

async fn a_missing_key_is_404_or_the_fallback(origin: Origin) {
    let gateway = assembled(&origin);
    for method in [Method::GET, Method::HEAD] {
        let missing = with(&gateway, method.clone(), "/s/nobody.png", &[]).await;
        assert_eq!(missing.status, 404, "{method}");
        assert!(
            !String::from_utf8_lossy(&missing.body).contains("NoSuchKey"),
            "the origin's XML never leaks"
        );
        let fallback = with(&gateway, method.clone(), "/f/nobody.png", &[]).await;
        assert_eq!(fallback.status, 200, "{method}");
        assert_eq!(fallback.header("content-length"), "12");
    }
    assert_eq!(get(gateway.address, "/f/nobody.png").await.body.len(), 12);
    assert_eq!(get(gateway.address, "/f/u42.png").await.body.len(), 15);
    // A copy of the fallback must not answer for a picture that has come since.
    let etag = get(gateway.address, "/f/nobody.png").await.header("etag").to_owned();
    let again = with(&gateway, Method::GET, "/f/nobody.png", &[("if-none-match", &etag)]).await;
    assert!(matches!(again.status.as_u16(), 200 | 304), "{again:?}");
}

async fn an_origin_that_refuses_the_gateway_is_404_or_403_by_route(origin: Origin) {
    origin.put(&[Object::new("images/u42.png", b"x")]);
    let yaml = format!(
        "{}routes:
  - {{ path: /quiet/, bucket: files, prefix: images/, access: public, delivery: stream }}
  - {{ path: /frank/, bucket: files, prefix: images/, access: public, delivery: stream, origin_forbidden: forbidden }}
",
        origin.bucket_yaml()
    );
    let gateway = Evergate::start_with(
        &yaml,
        &[
            ("ORIGIN_KEY", &origin.access_key_id),
            ("ORIGIN_SECRET", "a-wrong-secret-access-key"),
        ],
    );
    assert_eq!(get(gateway.address, "/quiet/u42.png").await.status, 404);
    assert_eq!(get(gateway.address, "/frank/u42.png").await.status, 403);
    crate::support::evergate::wait_until("both lines of the access log", || {
        gateway.access_log().lines().count() >= 2
    });
    assert_eq!(
        gateway.access_log().matches("origin_forbidden").count(),
        2,
        "403 in the log: {}",
        gateway.access_log()
    );
}

on_both_origins!(
    stream_answers_as_rfc_9110_asks,
    rule_17_user_bytes_are_hostile,
    download_turns_a_path_into_an_attachment,
    auto_streams_the_small_and_redirects_the_large,
    a_missing_key_is_404_or_the_fallback,
    an_origin_that_refuses_the_gateway_is_404_or_403_by_route,
);
