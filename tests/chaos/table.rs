//! The table: each fault, what the reader sees of it, and how often the origin was asked. Rows run side by side, each with an
//! origin and a gateway of its own.

use crate::gateway::{Gateway, Setup};
use crate::object::{Object, hash};
use crate::origin::ChaosOrigin;
use crate::play::{End, Play, Point, Refusal};
use crate::reader::{self, Answer, get};
use futures_util::future::join_all;
use std::time::Duration;

const KEY: &str = "object-50000";

/// What the reader sees.
#[derive(Clone, Copy, Debug)]
enum Seen {
    /// All of the object, and a clean end.
    Whole,
    /// A part of it at most, and a broken connection.
    Cut,
    /// An error page.
    Status(u16),
    /// 503, to come again after so many seconds.
    Later(u64),
    /// So many bytes of the object: all that the origin announced.
    Announced(usize),
}
use Seen::{Announced, Cut, Later, Status, Whole};

struct Row {
    name: String,
    plays: Vec<Play>,
    seen: Seen,
    asked: usize,
}

/// The first request meets the first play, and so on; the last one stays.
fn row(name: impl Into<String>, plays: impl IntoIterator<Item = Play>, seen: Seen, asked: usize) -> Row {
    Row {
        name: name.into(),
        plays: plays.into_iter().collect(),
        seen,
        asked,
    }
}

fn once(name: impl Into<String>, play: impl Into<Play>, seen: Seen, asked: usize) -> Row {
    row(
        format!("{}, once", name.into()),
        [play.into(), Play::Serve],
        seen,
        asked,
    )
}

fn always(name: impl Into<String>, play: impl Into<Play>, seen: Seen, asked: usize) -> Row {
    row(name, [play.into()], seen, asked)
}

/// An answer breaks off at any point, in any way.
fn breaks() -> Vec<Row> {
    let mut rows = Vec::new();
    for point in Point::ALL {
        for end in [End::Reset, End::Close, End::HalfClose, End::Silence] {
            let play = || Play::Cut(point, end);
            let name = format!("{end:?} at {point:?}");
            let in_body = !matches!(point, Point::Request | Point::Head);
            rows.push(match (in_body, end) {
                (false, End::Silence) => once(&name, play(), Status(504), 1),
                _ => once(&name, play(), Whole, 2),
            });
            rows.push(match (in_body, end) {
                (true, _) => always(&name, play(), Cut, 2),
                (false, End::Silence) => always(&name, play(), Status(504), 1),
                (false, _) => always(&name, play(), Status(502), 3),
            });
        }
    }
    rows
}

/// The origin says no.
fn refusals() -> Vec<Row> {
    let error = || Refusal::new("500 Internal Server Error", "InternalError");
    let busy = || Refusal::new("503 Slow Down", "SlowDown");
    let down = || Refusal::new("503 Service Unavailable", "ServiceUnavailable");
    let moved = || Refusal::new("301 Moved Permanently", "PermanentRedirect");
    let malformed = || Refusal::new("400 Bad Request", "AuthorizationHeaderMalformed");
    vec![
        once("500", error(), Whole, 2),
        row("500, twice", [error().into(), error().into(), Play::Serve], Whole, 3),
        always("500", error(), Status(502), 3),
        once("503", down(), Whole, 2),
        always("503", down(), Later(2), 3),
        once("SlowDown", busy(), Whole, 2),
        always("SlowDown", busy(), Later(2), 3),
        always("SlowDown with Retry-After", busy().field("Retry-After: 7"), Later(7), 1),
        always(
            "429 with Retry-After",
            Refusal::new("429 Too Many Requests", "TooManyRequests").field("Retry-After: 3"),
            Later(3),
            1,
        ),
        always(
            "a missing key",
            Refusal::new("404 Not Found", "NoSuchKey"),
            Status(404),
            1,
        ),
        always(
            "a missing bucket",
            Refusal::new("404 Not Found", "NoSuchBucket"),
            Status(502),
            1,
        ),
        always(
            "AccessDenied",
            Refusal::new("403 Forbidden", "AccessDenied"),
            Status(404),
            1,
        ),
        always(
            "ExpiredToken",
            Refusal::new("400 Bad Request", "ExpiredToken"),
            Status(404),
            1,
        ),
        always(
            "RequestTimeTooSkewed without Date",
            Refusal::new("403 Forbidden", "RequestTimeTooSkewed"),
            Status(404),
            1,
        ),
        always(
            "a redirect to elsewhere",
            moved().field("Location: http://192.0.2.1/"),
            Status(502),
            1,
        ),
        once(
            "another region in the head",
            moved().field("x-amz-bucket-region: eu-west-1"),
            Whole,
            2,
        ),
        always(
            "another region, without end",
            moved().field("x-amz-bucket-region: eu-west-1"),
            Status(502),
            2,
        ),
        once(
            "another region in the document",
            malformed().element("Region", "eu-west-1"),
            Whole,
            2,
        ),
        always(
            "another region that is none",
            malformed().element("Region", "evil.example.com"),
            Status(502),
            1,
        ),
    ]
}

/// What comes is not what it should be.
fn nonsense() -> Vec<Row> {
    let broken = || Play::Cut(Point::Body(40), End::Close);
    vec![
        always(
            "garbage",
            Play::raw(b"\x00\xff\xfe garbage without a line\r\n\r\n"),
            Status(502),
            1,
        ),
        always("another protocol", Play::raw("ICY 200 OK\r\n\r\n"), Status(502), 1),
        always(
            "two lengths",
            Play::raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            Status(502),
            1,
        ),
        always(
            "a page of something else",
            Play::raw("HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\n<html>"),
            Status(502),
            1,
        ),
        always("nothing", Play::raw(""), Status(502), 3),
        always("an endless head", Play::EndlessHead, Status(502), 1),
        always("an endless field", Play::EndlessField, Status(502), 1),
        always("endless hints", Play::EndlessHints, Status(504), 1),
        always("more announced than sent", Play::TooFew(100), Cut, 2),
        always("less announced than sent", Play::TooMany(100), Announced(49_900), 1),
        row("another object, honestly", [broken(), Play::ServeVersion(1)], Cut, 2),
        row("another object, spliced", [broken(), Play::Splice(1)], Cut, 2),
        row("the whole for the rest", [broken(), Play::Whole], Cut, 2),
        row(
            "silence for the rest",
            [broken(), Play::Cut(Point::Request, End::Silence)],
            Cut,
            2,
        ),
        row(
            "an error for the rest",
            [
                broken(),
                Refusal::new("500 Internal Server Error", "InternalError").into(),
            ],
            Cut,
            // Once whole, and for the rest as often as for anything.
            4,
        ),
        always("latency", Play::Serve.after(Duration::from_millis(300)), Whole, 1),
    ]
}

fn judge(seen: Seen, answer: &Answer) -> bool {
    let object = Object::of(KEY, 0);
    match seen {
        Whole => answer.is_whole(&object),
        Cut => answer.is_cut(&object),
        Status(status) => answer.status == status && answer.end == reader::End::Clean,
        Later(seconds) => answer.status == 503 && answer.header("retry-after") == Some(&seconds.to_string()),
        Announced(length) => answer.end == reader::End::Clean && hash(&answer.body) == hash(&object.bytes[..length]),
    }
}

/// Plays one row; returns what is wrong, if anything is.
async fn play(row: Row) -> Option<String> {
    let Row {
        name,
        plays,
        seen,
        asked,
    } = row;
    let script = plays.clone();
    let origin = ChaosOrigin::start(move |asked| script.get(asked.nth).or(script.last()).unwrap().clone());
    let gateway = Gateway::new(&origin);
    let answer = get(gateway.address, &format!("/s/{KEY}")).await;
    let count = origin.count();
    let mut faults = Vec::new();
    if !judge(seen, &answer) {
        let Answer {
            status,
            end,
            body,
            headers,
        } = &answer;
        faults.push(format!("{status}, {} bytes, {end:?}, {headers:?}", body.len()));
    }
    if count != asked {
        faults.push(format!("the origin was asked {count} times, not {asked}"));
    }
    // Whatever it was, the next readers are not hurt by it.
    origin.turn(|_| Play::Serve);
    for number in 0..3 {
        let key = format!("after/{number}");
        let after = get(gateway.address, &format!("/s/{key}")).await;
        if !after.is_whole(&Object::of(&key, 0)) {
            faults.push(format!("afterwards {} {:?}", after.status, after.end));
        }
    }
    (!faults.is_empty()).then(|| format!("{name}: expected {seen:?}: {}", faults.join("; ")))
}

async fn all(rows: Vec<Row>) {
    let faults: Vec<_> = join_all(rows.into_iter().map(play))
        .await
        .into_iter()
        .flatten()
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[tokio::test]
async fn an_answer_that_breaks_off() {
    all(breaks()).await;
}

#[tokio::test]
async fn a_refusal() {
    all(refusals()).await;
}

#[tokio::test]
async fn nonsense_and_endlessness() {
    all(nonsense()).await;
}

#[tokio::test]
async fn a_connection_that_is_reset_when_it_is_made() {
    let origin = ChaosOrigin::start(|_| Play::Serve);
    let gateway = Setup::default().start(&origin);
    origin.reset_connections(1);
    let path = format!("/s/{KEY}");
    assert!(get(gateway.address, &path).await.is_whole(&Object::of(KEY, 0)));
    origin.turn(|_| Play::Cut(Point::LastByte, End::Close));
    // What is kept alive is used up first.
    let _ = get(gateway.address, &path).await;
    origin.reset_connections(usize::MAX);
    assert_eq!(get(gateway.address, &path).await.status, 502);
    origin.reset_connections(0);
    origin.turn(|_| Play::Serve);
    assert!(get(gateway.address, &path).await.is_whole(&Object::of(KEY, 0)));
}
