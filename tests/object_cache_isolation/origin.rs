//! The origin of the test: it serves the world as it is, takes writes, and fails at random.

use crate::rules::{Answer, Conditions};
use crate::support::wire::{Head, Wire};
use crate::world::{Object, Version, World};
use std::fmt::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// A listening origin. Its threads end with the test process.
pub struct Origin {
    pub address: SocketAddr,
    pub mood: Arc<Mood>,
}

/// How it does, and what it did.
#[derive(Default)]
pub struct Mood {
    /// Whether nothing works.
    pub down: AtomicBool,
    pub asked: AtomicU64,
    pub failed: AtomicU64,
    pub cut: AtomicU64,
}

impl Origin {
    pub fn start(world: &Arc<World>, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mood = Arc::new(Mood::default());
        let (world, shared) = (Arc::clone(world), Arc::clone(&mood));
        thread::spawn(move || {
            for (number, socket) in listener.incoming().enumerate() {
                let mut connection = Connection {
                    wire: Wire::new(socket.unwrap()),
                    world: Arc::clone(&world),
                    mood: Arc::clone(&shared),
                    random: fastrand::Rng::with_seed(seed ^ number as u64),
                    is_head: false,
                };
                thread::spawn(move || while connection.serve().is_some() {});
            }
        });
        Self { address, mood }
    }
}

struct Connection {
    wire: Wire,
    world: Arc<World>,
    mood: Arc<Mood>,
    random: fastrand::Rng,
    /// Whether the request is a `HEAD`, whose answer has no body.
    is_head: bool,
}

/// What is done with one request, in thousandths of all of them.
enum Fate {
    Fine,
    Slow,
    InternalError,
    SlowDown,
    Silence,
    CutShort,
}

impl Connection {
    /// Serves one request; `None` ends the connection.
    fn serve(&mut self) -> Option<()> {
        let head = self.wire.head()?;
        let body = self.wire.body(head.length());
        self.mood.asked.fetch_add(1, Ordering::Relaxed);
        let mut words = head.first_line.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        self.is_head = method == "HEAD";
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let world = Arc::clone(&self.world);
        let object = world.by_path(path);
        let fate = self.fate();
        match fate {
            Fate::Fine | Fate::CutShort => {}
            Fate::Slow => thread::sleep(Duration::from_micros(self.random.u64(200..4_000))),
            Fate::InternalError => return self.fail("500 Internal Server Error", "InternalError"),
            Fate::SlowDown => return self.fail("503 Slow Down", "SlowDown"),
            Fate::Silence => {
                self.mood.cut.fetch_add(1, Ordering::Relaxed);
                // What a write asked for may be done all the same.
                if let (Some(object), true) = (object, self.random.bool()) {
                    self.change(object, method, &body);
                }
                return None;
            }
        }
        let Some(object) = object else {
            return self.say("404 Not Found", "", "<Error><Code>NoSuchKey</Code></Error>");
        };
        match method {
            "PUT" | "DELETE" => {
                self.change(object, method, &body);
                let status = if method == "PUT" { "200 OK" } else { "204 No Content" };
                self.say(status, "", "")
            }
            _ => self.read(object, &head, query, matches!(fate, Fate::CutShort)),
        }
    }

    fn fate(&mut self) -> Fate {
        if self.mood.down.load(Ordering::Relaxed) {
            return if self.random.bool() {
                Fate::Silence
            } else {
                Fate::InternalError
            };
        }
        match self.random.u32(0..1000) {
            0..4 => Fate::InternalError,
            4..6 => Fate::SlowDown,
            6..9 => Fate::Silence,
            9..14 => Fate::CutShort,
            14..120 => Fate::Slow,
            _ => Fate::Fine,
        }
    }

    /// A repeated write changes nothing more.
    fn change(&self, object: &Object, method: &str, body: &[u8]) {
        let (number, current) = object.current();
        match method {
            "PUT" if current.body.as_deref() == Some(body) => {}
            "PUT" => {
                assert_eq!(body, object.body_of(number + 1), "what is written to {}", object.key);
                object.replace(&self.world.clock);
            }
            "DELETE" if current.body.is_some() => {
                object.remove(&self.world.clock);
            }
            _ => {}
        }
    }

    fn read(&mut self, object: &Object, head: &Head, query: &str, cut: bool) -> Option<()> {
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("versionId=v"));
        let version = match asked {
            None => Some(object.current().1),
            Some(number) => number.parse().ok().and_then(|number| object.version(number)),
        };
        let conditions = Conditions::from_fields(self.is_head, |name| head.field(name));
        let missing = "<Error><Code>NoSuchKey</Code></Error>";
        let Some(version) = version else {
            return self.say("404 Not Found", "", missing);
        };
        let (answer, bytes) = version.answer(&conditions);
        let fields = fields(object, &version, answer);
        match answer {
            Answer::Missing => self.say("404 Not Found", "", missing),
            Answer::NotModified => self
                .wire
                .say(format!("HTTP/1.1 304 Not Modified\r\n{fields}\r\n").as_bytes())
                .then_some(()),
            Answer::Failed => self.say("412 Precondition Failed", "", ""),
            Answer::Unsatisfiable => self.say("416 Range Not Satisfiable", &fields, ""),
            Answer::Whole | Answer::Part(..) => {
                let status = if answer == Answer::Whole {
                    "200 OK"
                } else {
                    "206 Partial Content"
                };
                let length = bytes.len();
                let mut message = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{fields}\r\n").into_bytes();
                if self.is_head {
                    return self.wire.say(&message).then_some(());
                }
                let sent = if cut { self.random.usize(0..length) } else { length };
                message.extend_from_slice(&bytes[..sent]);
                let said = self.wire.say(&message);
                if cut {
                    self.mood.cut.fetch_add(1, Ordering::Relaxed);
                }
                (said && !cut).then_some(())
            }
        }
    }

    fn fail(&mut self, status: &str, code: &str) -> Option<()> {
        self.mood.failed.fetch_add(1, Ordering::Relaxed);
        self.say(status, "", &format!("<Error><Code>{code}</Code></Error>"))
    }

    fn say(&mut self, status: &str, fields: &str, body: &str) -> Option<()> {
        let length = body.len();
        let body = if self.is_head { "" } else { body };
        let message = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{fields}\r\n{body}");
        self.wire.say(message.as_bytes()).then_some(())
    }
}

fn fields(object: &Object, version: &Version, answer: Answer) -> String {
    let mut fields = String::with_capacity(256);
    if answer == Answer::Missing {
        return fields;
    }
    let length = version.body.as_ref().map_or(0, Vec::len);
    if let Some(range) = answer.content_range(length) {
        write!(fields, "Content-Range: {range}\r\n").unwrap();
    }
    if answer != Answer::Unsatisfiable {
        let (etag, modified, language) = (&version.etag, &version.modified, &object.language);
        write!(
            fields,
            "ETag: {etag}\r\nLast-Modified: {modified}\r\nContent-Type: image/png\r\nContent-Language: {language}\r\n\
             x-amz-version-id: ignored\r\nx-amz-meta-owner: {language}\r\nSet-Cookie: owner={language}\r\n"
        )
        .unwrap();
        if let Some(value) = object.cache_control {
            write!(fields, "Cache-Control: {value}\r\n").unwrap();
        }
    }
    fields
}
