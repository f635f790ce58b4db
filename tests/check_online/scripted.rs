//! An origin that answers as AWS does, one request a connection: it knows one bucket in one region, one key pair (whose
//! signatures it takes on trust), and its own time.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What the origin is like.
#[derive(Clone)]
pub struct Aws {
    pub region: &'static str,
    /// How it tells its region: by 301 and a header, or by 400 and the error document.
    pub redirects: bool,
    pub buckets: &'static [&'static str],
    /// Keys that are there.
    pub objects: &'static [&'static str],
    pub access_key_id: &'static str,
    /// Prefixes of keys that may be read; missing ones too.
    pub readable: &'static [&'static str],
    /// Seconds that its clock is ahead of this machine's.
    pub ahead: i64,
    /// Whether everybody may read.
    pub public: bool,
    /// Whether a CORS rule lets everyone in.
    pub cors: bool,
}

impl Default for Aws {
    fn default() -> Self {
        Self {
            region: "us-east-1",
            redirects: false,
            buckets: &["shelf"],
            objects: &["images/default.png"],
            access_key_id: "AKIDEXAMPLE",
            readable: &[""],
            ahead: 0,
            public: false,
            cors: false,
        }
    }
}

/// The running origin; it lives as long as the test process.
pub struct Running {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Running {
    /// The request heads so far.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Aws {
    pub fn start(self) -> Running {
        serve(move |head| self.answer(head))
    }

    fn now(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        now.checked_add_signed(self.ahead).unwrap()
    }

    fn answer(&self, head: &str) -> String {
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(self.now()));
        let (status, mut fields, code, more) = self.judge(head);
        fields.push(format!("Date: {date}"));
        let body = match code {
            Some(_) if head.starts_with("HEAD") => String::new(),
            Some(code) => format!("<Error><Code>{code}</Code><Message>as AWS says it</Message>{more}</Error>"),
            None => String::new(),
        };
        let fields = fields.join("\r\n");
        format!(
            "HTTP/1.1 {status} x\r\n{fields}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn judge(&self, head: &str) -> Answer {
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        if method == "OPTIONS" {
            let allowed = self.cors.then(|| "Access-Control-Allow-Origin: *".to_owned());
            return (200, allowed.into_iter().collect(), None, String::new());
        }
        match field(head, "authorization") {
            Some(authorization) => {
                if let Some(refusal) = self.refuse(head, &authorization) {
                    return refusal;
                }
            }
            None if self.public => {}
            None => return plain(403, "AccessDenied"),
        }
        let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap();
        if !self.buckets.contains(&bucket) {
            return plain(404, "NoSuchBucket");
        }
        if !self.readable.iter().any(|prefix| key.starts_with(prefix)) {
            return plain(403, "AccessDenied");
        }
        if self.objects.contains(&key) {
            return (200, vec![], None, String::new());
        }
        plain(404, "NoSuchKey")
    }

    /// Judges a signature, which it takes on trust.
    fn refuse(&self, head: &str, authorization: &str) -> Option<Answer> {
        let scope = authorization
            .split("Credential=")
            .nth(1)
            .unwrap()
            .split(',')
            .next()
            .unwrap();
        let scope: Vec<&str> = scope.split('/').collect();
        if scope[0] != self.access_key_id {
            return Some(plain(403, "InvalidAccessKeyId"));
        }
        if scope[2] != self.region {
            let region = self.region;
            let (field, endpoint) = (
                format!("x-amz-bucket-region: {region}"),
                "<Endpoint>elsewhere.example.com</Endpoint>",
            );
            return Some(if self.redirects {
                (301, vec![field], Some("PermanentRedirect"), endpoint.to_owned())
            } else {
                let region = format!("<Region>{region}</Region>");
                (400, vec![], Some("AuthorizationHeaderMalformed"), region)
            });
        }
        let signed_at = amz_date(&field(head, "x-amz-date").unwrap());
        (signed_at.abs_diff(self.now()) > 15 * 60).then(|| plain(403, "RequestTimeTooSkewed"))
    }
}

/// Status, fields, error code, and what else the error document says.
type Answer = (u16, Vec<String>, Option<&'static str>, String);

fn plain(status: u16, code: &'static str) -> Answer {
    (status, vec![], Some(code), String::new())
}

/// Answers each request head by `answer`.
pub fn serve(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let (seen, answer) = (Arc::clone(&heads), Arc::new(answer));
    thread::spawn(move || {
        for socket in listener.incoming() {
            let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
            thread::spawn(move || {
                let mut socket = socket.unwrap();
                if let Some(head) = head(&mut socket) {
                    let said = answer(&head);
                    seen.lock().unwrap().push(head);
                    let _ = socket.write_all(said.as_bytes());
                }
            });
        }
    });
    Running { address, heads }
}

fn head(socket: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read(&mut byte) {
            Ok(1) => head.extend(byte),
            _ => return None,
        }
    }
    String::from_utf8(head).ok()
}

fn field(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (field, value) = line.split_once(": ")?;
        field.eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

fn amz_date(text: &str) -> u64 {
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let date = time::PrimitiveDateTime::parse(text, format).unwrap().assume_utc();
    date.unix_timestamp().try_into().unwrap()
}
