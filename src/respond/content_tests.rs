//! Types, dispositions and policies of stored objects.

use super::*;
use http::HeaderName;

fn head(fields: &[(&'static str, &'static str)]) -> OriginHead {
    let headers: HeaderMap = fields
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    OriginHead::from_headers(&headers)
}

fn shown(key: &str, fields: &[(&'static str, &'static str)], policy: InlinePolicy) -> [String; 3] {
    let mut headers = HeaderMap::new();
    write(
        &mut headers,
        &head(fields),
        &ObjectKey::parse(key).unwrap(),
        policy,
        None,
    );
    assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    [CONTENT_TYPE, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY].map(|name| {
        headers
            .get(name)
            .map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    })
}

fn safe(key: &str, content_type: &'static str) -> [String; 3] {
    shown(key, &[("content-type", content_type)], InlinePolicy::Safe)
}

#[test]
fn rule_17_listed_types_are_shown_and_the_rest_is_attached() {
    for (key, stored, sent) in [
        ("a/u.png", "image/png", "image/png"),
        ("u", "IMAGE/PNG", "IMAGE/PNG"),
        ("u", "video/mp4; codecs=\"avc1\"", "video/mp4; codecs=\"avc1\""),
        ("u", "text/plain", "text/plain; charset=utf-8"),
        ("u", "text/plain; charset=latin1", "text/plain; charset=latin1"),
    ] {
        assert_eq!(safe(key, stored), [sent, "", ""], "{stored}");
    }
    for stored in [
        "text/html",
        "Text/HTML; charset=utf-8",
        "application/xhtml+xml",
        "application/pdf",
        "text/xml",
        "image/svg",
        "multipart/x-mixed-replace; boundary=x",
    ] {
        assert_eq!(
            safe("a/x.png", stored),
            [stored, "attachment; filename=\"x.png\"", ""],
            "{stored}"
        );
    }
}

#[test]
fn rule_17_scripts_and_styles_lose_their_type() {
    for stored in [
        "text/javascript",
        "Text/JavaScript; charset=utf-8",
        "application/x-javascript",
        "text/jscript",
        "text/css",
    ] {
        assert_eq!(
            safe("a/x.png", stored),
            ["application/octet-stream", "attachment; filename=\"x.png\"", ""],
            "{stored}"
        );
    }
}

#[test]
fn rule_17_what_is_no_single_type_counts_as_none() {
    for stored in ["image/png, text/html", "image", "/png", "image/", "image/p ng", "*/*"] {
        let [sent, disposition, _] = safe("a/x.html", stored);
        assert_eq!(sent, "application/octet-stream", "{stored}");
        assert_eq!(disposition, "attachment; filename=\"x.html\"");
    }
}

#[test]
fn an_svg_is_shown_in_a_sandbox() {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
    for stored in ["image/svg+xml", "image/SVG+XML; charset=utf-8"] {
        assert_eq!(safe("x", stored), [stored, "", policy]);
    }
    assert_eq!(safe("a/x.svg", "binary/octet-stream"), ["image/svg+xml", "", policy]);
}

#[test]
fn the_extension_tells_where_the_origin_knows_nothing() {
    for (key, sent) in [
        ("images/u/a.PNG", "image/png"),
        ("a.jpg", "image/jpeg"),
        ("a.webp", "image/webp"),
        ("a.avif", "image/avif"),
        ("a.ico", "image/x-icon"),
        ("a.mp4", "video/mp4"),
        ("a.mp3", "audio/mpeg"),
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.pdf", "application/pdf"),
        ("a.html", "application/octet-stream"),
        ("a.js", "application/octet-stream"),
        ("a.png/b", "application/octet-stream"),
        ("png", "application/octet-stream"),
    ] {
        for fields in [
            &[][..],
            &[("content-type", "application/octet-stream")],
            &[("content-type", "Binary/Octet-Stream")],
            &[("content-type", "")],
        ] {
            assert_eq!(shown(key, fields, InlinePolicy::Safe)[0], sent, "{key} {fields:?}");
        }
    }
}

#[test]
fn the_operator_may_trust_a_bucket() {
    let all = |key, fields: &[_]| shown(key, fields, InlinePolicy::All);
    assert_eq!(all("a.html", &[("content-type", "text/html")]), ["text/html", "", ""]);
    assert_eq!(all("a.html", &[]), ["text/html", "", ""]);
    let stored = [
        ("content-type", "text/css"),
        ("content-disposition", "inline; filename=\"s.css\""),
    ];
    assert_eq!(all("a", &stored), ["text/css", "inline; filename=\"s.css\"", ""]);
}

#[test]
fn the_stored_disposition_counts_where_it_is_not_weaker() {
    let html = |disposition| {
        let fields = [("content-type", "text/html"), ("content-disposition", disposition)];
        shown("a/x.html", &fields, InlinePolicy::Safe)[1].clone()
    };
    assert_eq!(
        html("Attachment ; filename=\"own.html\""),
        "Attachment ; filename=\"own.html\""
    );
    for weaker in ["inline", "attachments", "inline; attachment", "form-data", ""] {
        assert_eq!(html(weaker), "attachment; filename=\"x.html\"", "{weaker}");
    }
}

#[test]
fn a_download_is_an_attachment_under_its_name() {
    for (query, expected) in [
        ("download", "attachment; filename=\"u.png\""),
        ("download=me.png", "attachment; filename=\"me.png\""),
    ] {
        for policy in [InlinePolicy::Safe, InlinePolicy::All] {
            let mut headers = HeaderMap::new();
            let download = Download::parse(Some(query)).unwrap();
            let key = ObjectKey::parse("a/u.png").unwrap();
            let origin = head(&[("content-type", "image/png"), ("content-disposition", "inline")]);
            write(&mut headers, &origin, &key, policy, download.as_ref());
            assert_eq!(headers[CONTENT_DISPOSITION], expected);
        }
    }
}
