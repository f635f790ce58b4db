//! Heads over a raw socket: what passes, what is refused, and by whom (rules 2 and 23).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on ends")]

mod listener_support;

use evergate::listener::{Limits, Method, Refusal};
use evergate::s3::Scheme;
use listener_support::{Gate, PATIENCE, config, plain_get, status, wait_until};
use std::sync::atomic::Ordering;

/// Sends a head that the service must get as this refusal, and the client as this status.
fn refused(head: impl AsRef<[u8]>, refusal: Refusal, code: &str) {
    let gate = Gate::open();
    let answer = gate.say(head);
    assert_eq!(status(&answer), code, "{answer}");
    assert_eq!(gate.notes.refusal(), refusal);
}

/// Sends a head that hyper must refuse itself: the service is never called.
fn refused_by_hyper(head: impl AsRef<[u8]>, code: &str) {
    let gate = Gate::open();
    let answer = gate.say(head);
    assert_eq!(status(&answer), code, "{answer}");
    assert!(gate.notes.all().is_empty());
    listener_support::wait_for("the count", &gate.stats.malformed_heads, 1);
}

#[test]
fn a_plain_request_passes_with_everything_as_received() {
    let gate = Gate::open();
    let answer = gate.say(
        "GET /a%2Fb//c?x=%20&y?z HTTP/1.1\r\nHost: FILES.Example:80\r\nX-Test: 1\r\nx-test: 2\r\nConnection: close\r\n\r\n",
    );
    assert_eq!(status(&answer), "200");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    let seen = gate.notes.only();
    assert_eq!((seen.path.as_str(), seen.method.as_str()), ("/a%2Fb//c", "GET"));
    assert_eq!(
        (seen.client.ip.to_string().as_str(), seen.client.scheme),
        ("127.0.0.1", Scheme::Http)
    );
    assert_eq!(seen.version, http::Version::HTTP_11);
    assert!(
        seen.id.len() == 16 && seen.id.bytes().all(|b| b.is_ascii_hexdigit()),
        "{}",
        seen.id
    );
    let request = seen.request.unwrap();
    assert_eq!(request.method, Method::Get);
    assert_eq!(request.host, "files.example");
    assert_eq!(
        (request.path.as_str(), request.query.as_deref()),
        ("/a%2Fb//c", Some("x=%20&y?z"))
    );
    assert_eq!(request.headers.get_all("x-test").iter().count(), 2);
}

#[test]
fn a_head_answer_has_no_body_and_http_1_0_is_understood() {
    let gate = Gate::open();
    let answer = gate.say("HEAD /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(
        answer.contains("content-length: 1048576\r\n") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
    let answer = gate.say("GET /old HTTP/1.0\r\nHost: a\r\n\r\n");
    assert!(
        answer.starts_with("HTTP/1.0 200") && answer.ends_with("/old"),
        "{answer}"
    );
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let gate = Gate::open();
    let mut wire = gate.connect();
    wire.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
    for expected in ["/1", "3 bytes", "/3"] {
        let answer = wire.read_answer();
        assert!(answer.ends_with(expected), "{answer}");
    }
    let ids: std::collections::HashSet<_> = gate.notes.all().into_iter().map(|seen| seen.id).collect();
    assert_eq!(ids.len(), 3, "each request has an id of its own");
}

#[test]
fn rule_2_two_hosts_are_400() {
    refused(
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
        Refusal::BadHost,
        "400",
    );
    refused(
        "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\nConnection: close\r\n\r\n",
        Refusal::BadHost,
        "400",
    );
}

#[test]
fn rule_2_no_host_is_400_on_http_1_0_too() {
    refused("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", Refusal::BadHost, "400");
    refused("GET / HTTP/1.0\r\n\r\n", Refusal::BadHost, "400");
}

#[test]
fn rule_2_bad_hosts_are_400() {
    for host in [
        "", "a b", "a,b", "user@a", "a/b", "a:", "a:port", "a:99999", "[::1", "::1", "a%00b", "a..b", "\u{e9}",
    ] {
        refused(
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
            Refusal::BadHost,
            "400",
        );
    }
}

#[test]
fn rule_2_targets_that_are_no_path_are_400() {
    for target in ["*", "a.example:80", "ftp:/x"] {
        let gate = Gate::open();
        let answer = gate.say(format!(
            "OPTIONS {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        ));
        assert_eq!(status(&answer), "400", "{target}: {answer}");
        assert!(gate.notes.all().iter().all(|seen| seen.request.is_err()));
    }
}

#[test]
fn rule_2_raw_bytes_outside_the_uri_charset_are_400() {
    let nowhere = ["\"", "<", ">", "\u{e9}", "\u{7f}", "\u{1}", "\0", "\t"];
    // Browsers send these as they are in a query (WHATWG URL), but never in a path.
    let not_in_a_path = ["{", "}", "\\", "`"];
    for byte in nowhere.into_iter().chain(not_in_a_path) {
        let mut targets = vec![format!("/a{byte}b")];
        if nowhere.contains(&byte) {
            targets.push(format!("/a?b{byte}c"));
        }
        for target in targets {
            let gate = Gate::open();
            let answer = gate.say(plain_get(&target));
            assert_eq!(status(&answer), "400", "{target:?}: {answer}");
            assert!(
                gate.notes
                    .all()
                    .iter()
                    .all(|seen| seen.request.as_ref().err() == Some(&Refusal::BadTarget))
            );
        }
    }
}

#[test]
fn the_absolute_form_passes_when_its_authority_is_the_host() {
    let gate = Gate::open();
    let answer = gate.say("GET http://A:80/x?y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&answer), "200", "{answer}");
    let request = gate.notes.only().request.unwrap();
    assert_eq!(
        (request.host.as_str(), request.path.as_str(), request.query.as_deref()),
        ("a", "/x", Some("y"))
    );
}

#[test]
fn rule_2_an_absolute_form_with_another_authority_is_400() {
    refused(
        "GET http://b/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        Refusal::BadHost,
        "400",
    );
    refused(
        "GET http://user@a/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        Refusal::BadHost,
        "400",
    );
    refused(
        "GET http://a/ HTTP/1.1\r\nConnection: close\r\n\r\n",
        Refusal::BadHost,
        "400",
    );
}

#[test]
fn unknown_methods_are_501() {
    for method in ["BREW", "PATCH", "TRACE", "get"] {
        refused(
            format!("{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
            Refusal::UnknownMethod,
            "501",
        );
    }
    refused(
        "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nConnection: close\r\n\r\n",
        Refusal::UnknownMethod,
        "501",
    );
}

#[test]
fn rule_23_target_longer_than_8_kib_is_414() {
    let gate = Gate::open();
    let most = "/".to_owned() + &"a".repeat(8 * 1024 - 1);
    assert_eq!(status(&gate.say(plain_get(&most))), "200");
    refused(plain_get(&(most + "a")), Refusal::TargetTooLong, "414");
}

#[test]
fn rule_23_65_header_fields_are_431() {
    // Host and Connection are two of them.
    let head = |more: usize| {
        let fields: Vec<String> = (0..more).map(|n| format!("x-{n}: y\r\n")).collect();
        let fields = fields.concat();
        format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n")
    };
    assert_eq!(status(&Gate::open().say(head(62))), "200");
    refused(head(63), Refusal::TooManyFields, "431");
    refused_by_hyper(head(200), "431");
}

#[test]
fn rule_23_head_larger_than_16_kib_is_431() {
    let head = |padding: usize| {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nx-pad: ";
        format!("{start}{}\r\n\r\n", "p".repeat(padding - start.len() - 4))
    };
    assert_eq!(status(&Gate::open().say(head(16 * 1024 - 1))), "200");
    refused_by_hyper(head(16 * 1024 + 1), "431");
    refused_by_hyper(head(100 * 1024), "431");
}

#[test]
fn rule_2_what_is_no_http_is_400() {
    for head in [
        "GET / HTTP/3.0\r\nHost: a\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nx: a\0b\r\n\r\n",
        "GE T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\x16\x03\x01\x02\0\x01\0\x01\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    ] {
        refused_by_hyper(head, "400");
    }
}

#[test]
fn rule_2_confused_body_lengths_are_400_or_close() {
    let post = |fields: &str| format!("POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n");
    for fields in [
        "Content-Length: 1\r\nContent-Length: 2\r\n",
        "Content-Length: 1, 2\r\n",
        "Content-Length: +1\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x1\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
    ] {
        refused_by_hyper(post(fields) + "abc", "400");
    }
    refused_by_hyper(
        "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "400",
    );
}

#[test]
fn rule_2_a_length_beside_chunked_is_ignored_and_the_connection_closed() {
    for fields in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
    ] {
        let gate = Gate::open();
        let answer = gate.say(format!(
            "POST /echo HTTP/1.1\r\nHost: a\r\n{fields}\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        ));
        assert!(
            answer.contains("connection: close\r\n") && answer.ends_with("0 bytes"),
            "{answer}"
        );
        assert!(
            !gate
                .notes
                .only()
                .request
                .unwrap()
                .headers
                .contains_key("content-length")
        );
    }
}

#[test]
fn rule_2_a_fragment_is_400_on_every_head_of_a_connection() {
    refused(plain_get("/a#b"), Refusal::BadTarget, "400");
    refused(plain_get("/a?b#"), Refusal::BadTarget, "400");
    let gate = Gate::open();
    let mut wire = gate.connect();
    wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nReferer: /x#y\r\n\r\n#ab");
    assert_eq!(status(&wire.read_answer()), "200");
    assert_eq!(status(&wire.get("/a#b")), "400");
    assert_eq!(status(&wire.get("/a")), "200");
}

#[test]
fn rule_2_a_bare_line_feed_in_a_head_is_400_and_ends_the_connection() {
    for head in [
        "GET /a HTTP/1.1\nHost: a\nConnection: keep-alive\n\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nx: y\n\r\n",
        // What a proxy takes for one field, and what is behind it for its next client's request.
        "GET /a HTTP/1.1\r\nHost: a\r\nx: y\n\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let gate = Gate::open();
        let answer = gate.say(head);
        assert_eq!(status(&answer), "400", "{head:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head:?}: {answer}");
        assert_eq!(gate.notes.refusal(), Refusal::BareLineFeed, "{head:?}");
    }
    let gate = Gate::open();
    let mut wire = gate.connect();
    assert_eq!(status(&wire.get("/a")), "200");
    wire.send("GET /b HTTP/1.1\r\nHost: a\n\r\n");
    assert_eq!(status(&wire.read_to_end()), "400");
    // One whose start came behind another request.
    let mut wire = gate.connect();
    wire.send("GET /c HTTP/1.1\r\nHost: a\r\n\r\nGET /d HTTP/1.1\r\nHost: a\n");
    assert_eq!(status(&wire.read_answer()), "200");
    std::thread::sleep(std::time::Duration::from_millis(1500));
    wire.send("\r\n");
    assert_eq!(status(&wire.read_to_end()), "400");
}

#[test]
fn a_broken_chunked_body_reaches_nobody_as_a_whole_one() {
    for body in ["zz\r\n", "-1\r\nab", "5\r\nabc", "3\r\nabcXX0\r\n\r\n"] {
        let gate = Gate::open();
        let mut wire = gate.connect();
        wire.send(format!(
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}"
        ));
        wire.0.shutdown(std::net::Shutdown::Write).unwrap();
        let answer = wire.read_to_end();
        assert_eq!(status(&answer), "400", "{body:?}: {answer}");
    }
}

#[test]
fn a_body_is_streamed_and_100_continue_is_sent_only_when_it_is_wanted() {
    let gate = Gate::open();
    let mut wire = gate.connect();
    wire.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    assert!(wire.read_answer().starts_with("HTTP/1.1 100"));
    wire.send("hello");
    assert!(wire.read_answer().ends_with("5 bytes"));
    // A service that answers without reading never asks for the body.
    wire.send("PUT /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    assert!(wire.read_answer().ends_with("/unread"));
}

#[test]
fn an_answer_survives_a_body_that_nobody_reads() {
    let gate = Gate::open();
    let mut wire = gate.connect();
    wire.send("PUT /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
    for _ in 0..100 {
        if !wire.try_send([b'x'; 8192]) {
            break;
        }
    }
    assert!(wire.read_to_end().ends_with("/unread"));
}

#[test]
fn who_sends_a_body_that_nobody_reads_is_told_that_the_connection_ends() {
    let gate = Gate::open();
    for (request, body, closes) in [
        (
            "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
            "hello",
            false,
        ),
        (
            "PUT /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            "",
            false,
        ),
        (
            "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
            false,
        ),
        ("PUT /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "", true),
        (
            "PUT /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
            "",
            true,
        ),
    ] {
        let mut wire = gate.connect();
        wire.send(request);
        wire.send(body);
        let answer = wire.read_answer().to_lowercase();
        assert_eq!(
            answer.contains("\r\nconnection: close\r\n"),
            closes,
            "{request}: {answer}"
        );
    }
}

#[test]
fn forwarded_addresses_count_only_from_trusted_proxies() {
    let request = "GET / HTTP/1.1\r\nHost: inner:9000\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: files.example:443\r\nConnection: close\r\n\r\n";
    let gate = Gate::open();
    gate.say(request);
    let seen = gate.notes.only();
    assert_eq!(
        (seen.client.ip.to_string().as_str(), seen.client.scheme),
        ("127.0.0.1", Scheme::Http)
    );
    assert_eq!(seen.request.unwrap().host, "inner:9000");

    let mut config = config();
    config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let gate = Gate::with(&config, Limits::default());
    gate.say(request);
    let seen = gate.notes.only();
    assert_eq!(
        (seen.client.ip.to_string().as_str(), seen.client.scheme),
        ("1.1.1.1", Scheme::Https)
    );
    assert_eq!(seen.request.unwrap().host, "files.example");
}

#[test]
fn rule_29_a_panic_ends_its_own_connection_alone() {
    let mut gate = Gate::open();
    let mut waiting = gate.connect();
    waiting.send(plain_get("/gate"));
    wait_until("the other request", || !gate.notes.all().is_empty());
    let mut doomed = gate.connect();
    doomed.send(plain_get("/panic"));
    assert_eq!(doomed.read_to_end(), "");
    wait_until("its place to be free again", || gate.stats.open.get() == 1);
    gate.notes.open_gate.store(true, Ordering::Relaxed);
    assert!(waiting.read_answer().ends_with("through"));
    assert_eq!(status(&gate.connect().get("/after")), "200");
    assert_eq!(gate.drain(PATIENCE), 0, "nothing is counted as busy for ever");
}
