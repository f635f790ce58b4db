//! Answers are checked: right ones pass, and a server that lies is found out.

use super::server::{Server, body_of, silent};
use super::{H2, all_right, any_order, go, objects, plan};
use crate::load::{
    Ask, Content, Digest, Expect, Fault, Follow, Part, Pick, Plan, Protocol, Scheme, Status, Target, Turn,
};
use crate::process::Tree;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn exact(bytes: &Bytes) -> Content {
    Content::Bytes(bytes.clone())
}

fn sha256(bytes: &Bytes) -> Content {
    Content::Digest(Some(bytes.len() as u64), Digest::sha256(bytes))
}

fn crc64(bytes: &Bytes) -> Content {
    Content::crc64_of(bytes)
}

fn same(_: &Bytes) -> Content {
    Content::Same
}

type Make = fn(&Bytes) -> Content;

const ALL: [Make; 4] = [exact, sha256, crc64, same];

fn both() -> [Protocol; 2] {
    [Protocol::Http1, H2]
}

#[test]
fn right_bytes_pass_over_both_protocols() {
    let server = Server::start();
    for protocol in both() {
        for content in ALL {
            let outcome = go(&Plan {
                protocol,
                ..plan(&server, any_order(objects("object", content)))
            });
            all_right(&outcome);
            assert_eq!((outcome.answered, outcome.connects), (300, 4));
            assert_eq!(outcome.statuses.keys().copied().collect::<Vec<_>>(), [200]);
            assert!(outcome.bytes >= outcome.answered * 5_000 && outcome.bytes <= outcome.answered * 6_000);
            let round = outcome.round();
            assert!(round.seconds > 0.0 && round.latency.p50 > 0 && round.latency.max >= round.latency.p999);
        }
    }
}

#[test]
fn a_lying_server_is_found_out_over_both_protocols() {
    let server = Server::start();
    server.state.lies.store(true, Ordering::Relaxed);
    let wrong = [
        ("flipped", Fault::Bytes),
        ("short", Fault::Length),
        ("long", Fault::Length),
    ];
    for protocol in both() {
        for content in ALL {
            for (way, fault) in wrong {
                // What is only compared with itself has other bytes.
                let fault = if content(&Bytes::new()) == Content::Same {
                    Fault::Bytes
                } else {
                    fault
                };
                let outcome = go(&Plan {
                    protocol,
                    ..plan(&server, any_order(objects(way, content)))
                });
                assert!(outcome.wrong > 0 && outcome.answered > 0, "{way}: {outcome:?}");
                assert_eq!(outcome.faults.keys().copied().collect::<Vec<_>>(), [fault], "{way}");
                if fault != Fault::Bytes || content(&Bytes::new()) != Content::Same {
                    let share = outcome.wrong * 100 / (outcome.wrong + outcome.answered);
                    assert!((8..=12).contains(&share), "one in ten lies, {share} of 100 were found");
                }
            }
        }
    }
}

#[test]
fn failures_are_counted_apart_from_wrong_bytes() {
    let server = Server::start();
    server.state.lies.store(true, Ordering::Relaxed);
    for protocol in both() {
        for (way, fault) in [("failing", Fault::Status(502)), ("cut", Fault::Broken)] {
            let outcome = go(&Plan {
                protocol,
                ..plan(&server, any_order(objects(way, exact)))
            });
            assert!(outcome.failed > 0 && outcome.answered > 0, "{way}: {outcome:?}");
            assert_eq!(outcome.wrong, 0, "{way}");
            assert_eq!(
                outcome.faults.keys().copied().collect::<Vec<_>>(),
                [fault],
                "{way} {protocol:?}"
            );
        }
    }
}

#[test]
fn ranges_and_conditions_are_mixed_in_by_weight_and_checked() {
    let server = Server::start();
    // One list: what one part has seen, another one asks about.
    let asks: Arc<[Ask]> = objects("object", exact).into();
    let part = |share, turn| Part {
        share,
        turn,
        ..Part::all(Arc::clone(&asks), Pick::Zipf { exponent: 0.5 })
    };
    let mix = vec![
        part(2.0, Turn::AsIs),
        part(1.0, Turn::Range),
        part(1.0, Turn::Conditional),
    ];
    let outcome = go(&Plan {
        most_requests: Some(1_000),
        ..plan(&server, mix)
    });
    all_right(&outcome);
    let count = |status| outcome.statuses.get(&status).copied().unwrap_or(0) * 100 / outcome.answered;
    assert!((40..=60).contains(&count(200)), "{:?}", outcome.statuses);
    assert!((15..=35).contains(&count(206)), "{:?}", outcome.statuses);
    assert!((15..=35).contains(&count(304)), "{:?}", outcome.statuses);

    server.state.lies.store(true, Ordering::Relaxed);
    let outcome = go(&plan(&server, vec![part(1.0, Turn::Range)]));
    assert!(outcome.faults.keys().eq([&Fault::Bytes]), "{:?}", outcome.faults);
    // A length that was seen before does as well as one that is known.
    server.state.lies.store(false, Ordering::Relaxed);
    let asks = objects("object", same);
    let learnt = Part {
        turn: Turn::Range,
        ..Part::all(asks, Pick::InOrder)
    };
    let outcome = go(&plan(&server, vec![learnt]));
    all_right(&outcome);
    assert!(outcome.statuses.get(&206).copied().unwrap_or(0) > 0);
}

#[test]
fn a_server_that_ignores_ranges_is_found_out() {
    let server = Server::start();
    let part = Part {
        turn: Turn::Range,
        ..Part::all(objects("plain", exact), Pick::InOrder)
    };
    let outcome = go(&plan(&server, vec![part]));
    assert_eq!(outcome.answered, 0);
    assert!(outcome.faults.keys().eq([&Fault::Status(200)]), "{:?}", outcome.faults);
}

#[test]
fn redirects_are_answers_of_their_own_or_followed_to_the_last_byte() {
    let (server, elsewhere) = (Server::start(), Server::start());
    let expect = |status, content| Expect { status, content };
    let asks = |way: &str, status| -> Vec<Ask> {
        let objects = objects(way, exact).into_iter();
        objects
            .map(|ask| Ask {
                expect: expect(status, ask.expect.content.clone()),
                ..ask
            })
            .collect()
    };
    let found = Status::Exactly(StatusCode::FOUND);
    for protocol in both() {
        *server.state.elsewhere.lock().expect("no panic") = None;
        elsewhere.state.lies.store(false, Ordering::Relaxed);
        let make = |way, status, follow| Plan {
            protocol,
            follow,
            ..plan(&server, any_order(asks(way, status)))
        };
        let outcome = go(&make("redirect", found, Follow::Never));
        all_right(&outcome);
        assert_eq!((outcome.bytes, outcome.followed), (0, 0));
        for place in [None, Some(elsewhere.address())] {
            *server.state.elsewhere.lock().expect("no panic") = place;
            for status in [found, Status::Object] {
                let outcome = go(&make("redirect", status, Follow::Always));
                all_right(&outcome);
                assert!(outcome.followed >= outcome.answered && outcome.bytes > 0, "{outcome:?}");
                assert_eq!(outcome.statuses.keys().copied().collect::<Vec<_>>(), [302]);
            }
        }
        elsewhere.state.lies.store(true, Ordering::Relaxed);
        let outcome = go(&make("redirect", found, Follow::Always));
        assert!(
            outcome.wrong > 0 && outcome.faults.keys().eq([&Fault::Bytes]),
            "{:?}",
            outcome.faults
        );
        for way in ["loop", "nowhere"] {
            let outcome = go(&make(way, found, Follow::Always));
            assert!(
                outcome.faults.keys().eq([&Fault::Redirect]),
                "{way}: {:?}",
                outcome.faults
            );
        }
    }
}

#[test]
fn ranges_and_conditions_go_along_with_a_redirect() {
    let server = Server::start();
    for (turn, status) in [(Turn::Range, 206), (Turn::Conditional, 304)] {
        let asks = objects("redirect", exact).into_iter().map(|ask| Ask {
            expect: Expect {
                status: Status::Object,
                ..ask.expect
            },
            ..ask
        });
        let part = Part {
            turn,
            ..Part::all(asks.collect::<Vec<_>>(), Pick::InOrder)
        };
        let outcome = go(&Plan {
            follow: Follow::Always,
            ..plan(&server, vec![part])
        });
        all_right(&outcome);
        assert!(
            outcome.bytes < outcome.answered * 4_500,
            "not all of it was sent each time for {status}"
        );
    }
}

#[test]
fn uploads_and_heads_are_requests_like_others() {
    let server = Server::start();
    let mut headers = HeaderMap::new();
    headers.insert("x-signed", HeaderValue::from_static("yes"));
    let put = Ask {
        method: Method::PUT,
        path: "/upload/3".parse().expect("a path"),
        headers,
        body: body_of("3"),
        expect: Expect::status(StatusCode::CREATED),
    };
    let head = Ask {
        method: Method::HEAD,
        ..Ask::get("/object/4".parse().expect("a path"), Expect::ok(Content::Any))
    };
    for protocol in both() {
        let outcome = go(&Plan {
            protocol,
            ..plan(&server, any_order(vec![put.clone(), head.clone()]))
        });
        all_right(&outcome);
        assert_eq!(outcome.statuses.keys().copied().collect::<Vec<_>>(), [200, 201]);
    }
}

#[test]
fn connections_that_are_closed_are_no_failures() {
    let server = Server::start();
    for way in ["closing", "leaving"] {
        let outcome = go(&plan(&server, any_order(objects(way, exact))));
        all_right(&outcome);
        assert_eq!(outcome.resent > 0, way == "leaving", "{way}: {outcome:?}");
    }
}

#[test]
fn connections_are_made_anew_after_so_many_requests() {
    let server = Server::start();
    for (protocol, most) in [(Protocol::Http1, 0), (H2, 4)] {
        let outcome = go(&Plan {
            protocol,
            requests_per_connection: Some(10),
            connections: 2,
            most_requests: Some(400),
            ..plan(&server, any_order(objects("object", exact)))
        });
        all_right(&outcome);
        assert_eq!(outcome.answered, 400);
        assert!(
            (40..=42 + most).contains(&outcome.connects),
            "{protocol:?}: {}",
            outcome.connects
        );
    }
}

#[test]
fn a_server_that_is_not_there_or_says_nothing_is_told_so() {
    let server = Server::start();
    let asks = any_order(objects("object", exact));
    let (listener, address) = silent();
    let waiting = Plan {
        target: Target::local(address),
        timeout: Duration::from_millis(100),
        most_requests: Some(20),
        ..plan(&server, asks)
    };
    for protocol in both() {
        let outcome = go(&Plan {
            protocol,
            ..waiting.clone()
        });
        assert!(outcome.faults.keys().eq([&Fault::Timeout]), "{:?}", outcome.faults);
        assert!(outcome.latency.max() >= 99_000, "the wait counts");
    }
    drop(listener);
    let outcome = go(&waiting);
    assert!(outcome.faults.keys().eq([&Fault::Connect]), "{:?}", outcome.faults);
    assert_eq!(outcome.failed, 20);
}

#[test]
fn a_server_that_speaks_no_tls_is_told_from_one_that_is_not_there() {
    let server = Server::start();
    let outcome = go(&Plan {
        target: Target {
            scheme: Scheme::Https,
            ..Target::local(server.address())
        },
        most_requests: Some(20),
        ..plan(&server, any_order(objects("object", exact)))
    });
    assert!(outcome.faults.keys().eq([&Fault::Tls]), "{:?}", outcome.faults);
}

#[test]
fn what_the_server_used_is_read_while_it_is_measured() {
    let server = Server::start();
    let outcome = go(&Plan {
        server: Some(crate::load::Watch {
            tree: Tree::of(std::process::id()),
            cores: 4,
        }),
        ..plan(&server, any_order(objects("object", exact)))
    });
    let used = outcome.round().server.expect("was read");
    assert!(
        used.user_micros + used.system_micros > 0 && used.utilisation > 0.0 && used.resident > 0,
        "{used:?}"
    );
}
