//! The trusted-proxy table.

use super::*;
use http::{HeaderName, HeaderValue};

const PROXY: &str = "10.0.0.1";

/// Peer, fields, then what must come out: address, scheme, forwarded host.
fn check(peer: &str, fields: &[(&str, &str)], ip: &str, scheme: Scheme, host: Option<&str>) {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(
            HeaderName::try_from(*name).unwrap(),
            HeaderValue::try_from(*value).unwrap(),
        );
    }
    let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
    let peer = ClientAddress {
        ip: peer.parse().unwrap(),
        scheme: Scheme::Http,
    };
    let client = identify(peer, &headers, &trusted);
    assert_eq!(
        client.address,
        ClientAddress {
            ip: ip.parse().unwrap(),
            scheme
        },
        "{fields:?}"
    );
    assert_eq!(client.host.as_ref().map(Host::as_str), host, "{fields:?}");
}

#[test]
fn an_untrusted_peer_is_the_client_whatever_it_says() {
    let lies = [
        ("forwarded", "for=1.1.1.1;proto=https;host=a.example"),
        ("x-forwarded-for", "1.1.1.1"),
    ];
    check("9.9.9.9", &lies, "9.9.9.9", Scheme::Http, None);
    check(PROXY, &[], PROXY, Scheme::Http, None);
}

#[test]
fn x_forwarded_for_is_walked_from_the_right() {
    let table: &[(&str, &str)] = &[
        ("1.1.1.1", "1.1.1.1"),
        ("6.6.6.6, 1.1.1.1", "1.1.1.1"),
        ("6.6.6.6, 1.1.1.1, 10.0.0.7", "1.1.1.1"),
        ("10.0.0.9, 10.0.0.7", "10.0.0.9"),
        ("1.1.1.1:5678", "1.1.1.1"),
        ("[2001:db8::1]:5678", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("1.1.1.1, fd00::7", "1.1.1.1"),
        ("::ffff:1.1.1.1", "1.1.1.1"),
        // Garbage left of the first stranger changes nothing; garbage that is reached means the peer.
        ("garbage\", 1.1.1.1", "1.1.1.1"),
        ("1.1.1.1, garbage", PROXY),
        ("1.1.1.1, ", PROXY),
        ("unknown", PROXY),
        ("1.1.1.1.1", PROXY),
        ("1.1.1.1:99999", PROXY),
    ];
    for (field, ip) in table {
        check(PROXY, &[("x-forwarded-for", field)], ip, Scheme::Http, None);
    }
    let lines = [
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-for", "1.1.1.1"),
        ("x-forwarded-for", "10.1.1.1"),
    ];
    check(PROXY, &lines, "1.1.1.1", Scheme::Http, None);
}

#[test]
fn x_forwarded_proto_and_host_belong_to_the_hop_that_is_reached() {
    let one = [
        ("x-forwarded-for", "1.1.1.1"),
        ("x-forwarded-proto", "HTTPS"),
        ("x-forwarded-host", "A.example:443"),
    ];
    check(PROXY, &one, "1.1.1.1", Scheme::Https, Some("a.example"));
    let two = [
        ("x-forwarded-for", "1.1.1.1, 10.0.0.7"),
        ("x-forwarded-proto", "https, http"),
        ("x-forwarded-host", "a.example, inner:8080"),
    ];
    check(PROXY, &two, "1.1.1.1", Scheme::Https, Some("a.example"));
    let shared = [("x-forwarded-for", "1.1.1.1, 10.0.0.7"), ("x-forwarded-proto", "https")];
    check(PROXY, &shared, "1.1.1.1", Scheme::Https, None);
    let spoofed = [
        ("x-forwarded-for", "6.6.6.6, 1.1.1.1"),
        ("x-forwarded-host", "evil.example, a.example"),
    ];
    check(PROXY, &spoofed, "1.1.1.1", Scheme::Http, Some("a.example"));
    let alone = [("x-forwarded-proto", "https"), ("x-forwarded-host", "a.example")];
    check(PROXY, &alone, PROXY, Scheme::Https, Some("a.example"));
    let bad = [
        ("x-forwarded-for", "1.1.1.1"),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-host", "a b"),
    ];
    check(PROXY, &bad, "1.1.1.1", Scheme::Http, None);
}

#[test]
fn forwarded_wins_and_is_walked_from_the_right() {
    let table: &[(&str, &str, Scheme, Option<&str>)] = &[
        ("for=1.1.1.1", "1.1.1.1", Scheme::Http, None),
        (
            "For=1.1.1.1;Proto=https;Host=a.example",
            "1.1.1.1",
            Scheme::Https,
            Some("a.example"),
        ),
        ("for=\"[2001:db8::1]:4711\"", "2001:db8::1", Scheme::Http, None),
        ("for=\"1.1.1.1:80\" ; by=10.0.0.1", "1.1.1.1", Scheme::Http, None),
        ("for=1.1.1.1:80", "1.1.1.1", Scheme::Http, None),
        (
            "for=6.6.6.6;host=evil.example, for=1.1.1.1;host=a.example",
            "1.1.1.1",
            Scheme::Http,
            Some("a.example"),
        ),
        (
            "for=1.1.1.1;proto=https, for=10.0.0.7;proto=http",
            "1.1.1.1",
            Scheme::Https,
            None,
        ),
        ("for=1.1.1.1;proto=https, for=10.0.0.7", "1.1.1.1", Scheme::Https, None),
        ("for=\"1.1.\\1.1\"", "1.1.1.1", Scheme::Http, None),
        ("for=unknown", PROXY, Scheme::Http, None),
        ("for=_hidden, for=10.0.0.7", PROXY, Scheme::Http, None),
        ("for=1.1.1.1;for=2.2.2.2", PROXY, Scheme::Http, None),
        ("for=\"1.1.1.1", PROXY, Scheme::Http, None),
        ("for", PROXY, Scheme::Http, None),
        ("=1.1.1.1", PROXY, Scheme::Http, None),
        ("for=1.1.1.1 proto=\"https\"x", PROXY, Scheme::Http, None),
        ("for=", PROXY, Scheme::Http, None),
        ("", PROXY, Scheme::Http, None),
    ];
    for (field, ip, scheme, host) in table {
        let both = [
            ("forwarded", *field),
            ("x-forwarded-for", "7.7.7.7"),
            ("x-forwarded-host", "other.example"),
        ];
        check(PROXY, &both, ip, *scheme, *host);
    }
    // A stranger's broken line does not spoil the one that the trusted proxy added.
    let lines = [("forwarded", "for=\""), ("forwarded", "for=1.1.1.1")];
    check(PROXY, &lines, "1.1.1.1", Scheme::Http, None);
    check(
        PROXY,
        &[("forwarded", "for=1.1.1.1"), ("forwarded", "for=\"")],
        PROXY,
        Scheme::Http,
        None,
    );
}
