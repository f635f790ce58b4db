//! What the origin does with one request.

use crate::object::Object;
use crate::origin::{Asked, Connection};
use std::thread;
use std::time::Duration;

/// One way to answer.
#[derive(Clone, Debug)]
pub enum Play {
    /// As S3 does: with validators, ranges and preconditions.
    Serve,
    /// Likewise, but the object is in this version by now.
    ServeVersion(u32),
    /// The range that was asked for, of another version, whatever `If-Match` says.
    Splice(u32),
    /// The same, after a while.
    After(Duration, Box<Play>),
    /// The right answer up to a point, and then an end.
    Cut(Point, End),
    /// An S3 error.
    Refuse(Refusal),
    /// Announces so many bytes more than it sends.
    TooFew(usize),
    /// Announces so many bytes fewer than it sends; the rest looks like another answer.
    TooMany(usize),
    /// These bytes, whatever they are, and the end.
    Raw(Vec<u8>),
    /// The whole object, whatever was asked for.
    Whole,
    /// A head of more and more fields.
    EndlessHead,
    /// One field that never ends.
    EndlessField,
    /// `103 Early Hints`, again and again.
    EndlessHints,
}

/// How far an answer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The request has been read.
    Request,
    /// Half of the head is out.
    Head,
    /// The head is out.
    HeadEnd,
    /// So many per cent of the body are out.
    Body(usize),
    /// All but the last byte is out.
    LastByte,
}

impl Point {
    pub const ALL: [Self; 5] = [Self::Request, Self::Head, Self::HeadEnd, Self::Body(40), Self::LastByte];
}

/// How an answer ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// RST.
    Reset,
    /// FIN.
    Close,
    /// FIN, but the origin goes on to read.
    HalfClose,
    /// Nothing more comes.
    Silence,
}

/// An error as S3 says it.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub status: &'static str,
    pub code: &'static str,
    pub fields: Vec<String>,
    /// Further elements of the document.
    pub elements: String,
}

impl Refusal {
    pub fn new(status: &'static str, code: &'static str) -> Self {
        Self {
            status,
            code,
            fields: Vec::new(),
            elements: String::new(),
        }
    }

    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.fields.push(field.into());
        self
    }

    pub fn element(mut self, name: &str, text: &str) -> Self {
        self.elements = format!("{}<{name}>{text}</{name}>", self.elements);
        self
    }

    fn answer(&self, asked: &Asked) -> Answer {
        let document = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>inside talk</Message>{}</Error>",
            self.code, self.elements
        );
        let length = format!("Content-Length: {}", document.len());
        let fields = self.fields.iter().cloned().chain([length]);
        Answer::new(self.status, fields, document.as_bytes(), asked)
    }
}

impl From<Refusal> for Play {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

/// Whether the connection is good for another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Kept,
    Done,
}

/// A head and a body, as bytes.
struct Answer {
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Answer {
    fn new(status: &str, fields: impl IntoIterator<Item = String>, body: &[u8], asked: &Asked) -> Self {
        let mut head = format!("HTTP/1.1 {status}\r\n");
        for field in fields {
            head.push_str(&field);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        Self {
            head: head.into_bytes(),
            body: if asked.method == "HEAD" {
                Vec::new()
            } else {
                body.to_vec()
            },
        }
    }

    /// What S3 says of `object`.
    fn served(object: &Object, asked: &Asked) -> Self {
        let tag = &object.tag;
        if asked.field("if-match").is_some_and(|wanted| wanted != tag) {
            return Refusal::new("412 Precondition Failed", "PreconditionFailed").answer(asked);
        }
        if asked.field("if-none-match") == Some(tag) {
            return Self::new("304 Not Modified", [format!("ETag: {tag}")], b"", asked);
        }
        Self::part(object, asked)
    }

    /// The range that was asked for, of `object`, with no regard to preconditions.
    fn part(object: &Object, asked: &Asked) -> Self {
        let whole = object.len();
        let (status, range) = match asked.range() {
            None => ("200 OK", 0..whole),
            Some((first, _)) if first >= whole => {
                let field = format!("Content-Range: bytes */{whole}");
                return Refusal::new("416 Range Not Satisfiable", "InvalidRange")
                    .field(field)
                    .answer(asked);
            }
            Some((first, last)) => (
                "206 Partial Content",
                first..last.map_or(whole, |last| (last + 1).min(whole)),
            ),
        };
        let mut fields = vec![
            format!("ETag: {}", object.tag),
            format!("Content-Length: {}", range.len()),
            "Content-Type: image/png".to_owned(),
        ];
        if status.starts_with("206") {
            fields.push(format!(
                "Content-Range: bytes {}-{}/{whole}",
                range.start,
                range.end - 1
            ));
        }
        Self::new(status, fields, &object.bytes[range], asked)
    }

    fn send(&self, connection: &mut Connection) -> Fate {
        connection.say(&self.head);
        connection.answered();
        connection.say(&self.body);
        Fate::Kept
    }

    fn send_up_to(&self, point: Point, end: End, connection: &mut Connection) -> Fate {
        let bytes = match point {
            Point::Request => 0,
            Point::Head => self.head.len() / 2,
            Point::HeadEnd => self.head.len(),
            Point::Body(percent) => self.head.len() + self.body.len() * percent / 100,
            Point::LastByte => self.head.len() + self.body.len().saturating_sub(1),
        };
        let all = [&*self.head, &*self.body].concat();
        connection.say(&all[..bytes]);
        connection.answered();
        match end {
            End::Reset => connection.reset(),
            End::Close => {}
            End::HalfClose => {
                connection.stop_talking();
                connection.wait_for_close();
            }
            End::Silence => connection.wait_for_close(),
        }
        Fate::Done
    }
}

impl Play {
    pub fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self::Raw(bytes.as_ref().to_vec())
    }

    pub fn after(self, wait: Duration) -> Self {
        Self::After(wait, Box::new(self))
    }

    /// Answers `asked`.
    pub fn perform(&self, asked: &Asked, connection: &mut Connection) -> Fate {
        let object = |version| Object::of(&asked.key, version);
        match self {
            Self::Serve => Answer::served(&object(0), asked).send(connection),
            Self::ServeVersion(version) => Answer::served(&object(*version), asked).send(connection),
            Self::Splice(version) => Answer::part(&object(*version), asked).send(connection),
            Self::After(wait, play) => {
                thread::sleep(*wait);
                play.perform(asked, connection)
            }
            Self::Cut(point, end) => Answer::served(&object(0), asked).send_up_to(*point, *end, connection),
            Self::Refuse(refusal) => refusal.answer(asked).send(connection),
            Self::TooFew(missing) => {
                let object = object(0);
                misannounced(&object, object.len() + missing, asked).send(connection);
                Fate::Done
            }
            Self::TooMany(extra) => {
                let object = object(0);
                misannounced(&object, object.len().saturating_sub(*extra), asked).send(connection);
                connection.say(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
                Fate::Kept
            }
            Self::Raw(bytes) => {
                connection.say(bytes);
                Fate::Done
            }
            Self::Whole => {
                let object = object(0);
                misannounced(&object, object.len(), asked).send(connection)
            }
            Self::EndlessHead => endless(connection, b"HTTP/1.1 200 OK\r\n", b"x-more: and more\r\n"),
            Self::EndlessField => endless(connection, b"HTTP/1.1 200 OK\r\nx-more: ", b"and more and more"),
            Self::EndlessHints => endless(connection, b"", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
        }
    }
}

fn misannounced(object: &Object, length: usize, asked: &Asked) -> Answer {
    let fields = [format!("ETag: {}", object.tag), format!("Content-Length: {length}")];
    Answer::new("200 OK", fields, &object.bytes, asked)
}

fn endless(connection: &mut Connection, first: &[u8], again: &[u8]) -> Fate {
    connection.say(first);
    let many = again.repeat(4096 / again.len());
    while connection.try_say(&many) {}
    Fate::Done
}
