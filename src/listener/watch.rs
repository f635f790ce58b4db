//! What a connection is doing, as its parts see it: the socket, the requests in flight. One per connection, never
//! shared between threads.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a connection is doing now. Two equal phases in a row mean that nothing has moved since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// No request, no byte of one, after this many requests.
    Idle(u64),
    /// Some bytes of a head have come, after this many requests.
    Head(u64),
    /// At least one request is being answered, or its body read.
    Working,
    /// The socket takes no more bytes, after having taken this many.
    Blocked(u64),
}

/// The connection's protocol, once it is known; it decides what bytes without a request mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Every byte outside a request starts the next head.
    Http1,
    /// Frames come at any time; a head is bounded by the crate `h2` and by the ping.
    Http2,
}

/// How far the request line has been looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RequestLine {
    /// Its first byte has not come; empty lines before it don't count (RFC 9112 §2.2).
    Awaited,
    /// It is coming.
    Coming,
    /// It is over; what comes now is no target.
    Over,
}

/// The observations.
#[derive(Debug)]
pub(super) struct Watch {
    protocol: Cell<Protocol>,
    in_flight: Cell<u32>,
    begun: Cell<u64>,
    head_bytes: Cell<bool>,
    blocked: Cell<bool>,
    written: Cell<u64>,
    line: Cell<RequestLine>,
    line_after: Cell<u64>,
    fragment: Cell<bool>,
    /// Set by a request body that is dropped before its end.
    pub(super) left_unread: Arc<AtomicBool>,
}

impl Watch {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self {
            protocol: Cell::new(Protocol::Http1),
            in_flight: Cell::new(0),
            begun: Cell::new(0),
            head_bytes: Cell::new(false),
            blocked: Cell::new(false),
            written: Cell::new(0),
            line: Cell::new(RequestLine::Awaited),
            line_after: Cell::new(0),
            fragment: Cell::new(false),
            left_unread: Arc::default(),
        })
    }

    /// The protocol is known; what came before it (a TLS handshake) was no head.
    pub(super) fn speaks(&self, protocol: Protocol) {
        self.protocol.set(protocol);
        self.head_bytes.set(false);
    }

    pub(super) fn protocol(&self) -> Protocol {
        self.protocol.get()
    }

    /// The socket brought bytes.
    pub(super) fn read(&self) {
        if self.in_flight.get() == 0 {
            self.head_bytes.set(true);
        }
    }

    /// Looks for `#` in the request line. The URI parser under hyper cuts a fragment off in silence, so `/a#/b` would
    /// pass as `/a` here and as something else at a proxy that keeps it (CVE-2023-45539); rule 2 wants it refused.
    ///
    /// Each head's line is looked at when it starts a read, as it does from any proxy and any client that waits for its
    /// answers. Heads that a client pipelines behind others can only fool that client. On HTTP/2 the crate `h2` has
    /// cut the fragment off before anyone can see it.
    pub(super) fn look(&self, plain_text: &[u8]) {
        if self.protocol.get() != Protocol::Http1 || self.in_flight.get() > 0 {
            return;
        }
        if self.line_after.replace(self.begun.get()) != self.begun.get() {
            self.line.set(RequestLine::Awaited);
        }
        for byte in plain_text {
            match (self.line.get(), byte) {
                (RequestLine::Over, _) => return,
                (RequestLine::Awaited, b'\r' | b'\n') => {}
                (_, b'\n') => self.line.set(RequestLine::Over),
                (_, b'#') => {
                    self.fragment.set(true);
                    self.line.set(RequestLine::Over);
                }
                _ => self.line.set(RequestLine::Coming),
            }
        }
    }

    /// Whether the head that has just become complete had a fragment in its target.
    pub(super) fn take_fragment(&self) -> bool {
        self.fragment.take()
    }

    /// The socket took this many bytes.
    pub(super) fn wrote(&self, bytes: usize) {
        self.blocked.set(false);
        self.written.set(self.written.get().wrapping_add(bytes as u64));
    }

    /// The socket took none.
    pub(super) fn blocked(&self) {
        self.blocked.set(true);
    }

    /// A head is complete; the request is in flight until the result is dropped.
    pub(super) fn begin(self: &Rc<Self>) -> InFlight {
        self.head_bytes.set(false);
        self.begun.set(self.begun.get().wrapping_add(1));
        self.in_flight.set(self.in_flight.get().saturating_add(1));
        InFlight(Rc::clone(self))
    }

    pub(super) fn phase(&self) -> Phase {
        if self.blocked.get() {
            Phase::Blocked(self.written.get())
        } else if self.in_flight.get() > 0 {
            Phase::Working
        } else if self.head_bytes.get() && self.protocol.get() == Protocol::Http1 {
            Phase::Head(self.begun.get())
        } else {
            Phase::Idle(self.begun.get())
        }
    }

    pub(super) fn body_left_unread(&self) -> bool {
        self.left_unread.load(Ordering::Relaxed)
    }
}

/// One request that is being answered; held by its answer's body.
#[derive(Debug)]
pub(super) struct InFlight(Rc<Watch>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_follow_bytes_and_requests() {
        let watch = Watch::new();
        assert_eq!(watch.phase(), Phase::Idle(0));
        watch.read();
        assert_eq!(watch.phase(), Phase::Head(0));
        let request = watch.begin();
        assert_eq!(watch.phase(), Phase::Working);
        watch.read();
        watch.blocked();
        assert_eq!(watch.phase(), Phase::Blocked(0));
        watch.wrote(7);
        assert_eq!(watch.phase(), Phase::Working);
        drop(request);
        assert_eq!(watch.phase(), Phase::Idle(1), "body bytes are no bytes of a head");
        watch.wrote(1);
        watch.blocked();
        assert_eq!(watch.phase(), Phase::Blocked(8));
    }

    #[test]
    fn a_fragment_is_seen_in_the_request_line_alone() {
        let watch = Watch::new();
        let see = |pieces: &[&str]| {
            for piece in pieces {
                watch.look(piece.as_bytes());
            }
            drop(watch.begin());
            watch.take_fragment()
        };
        assert!(see(&["GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"]));
        assert!(!see(&["GET /a HTTP/1.1\r\nHost: a\r\nx: #\r\n\r\n"]));
        assert!(see(&["\r\n", "\r\nGET", " /a", "#b HTTP/1.1\r\n", "\r\n"]));
        assert!(!see(&["GET / HTTP/1.1\r\nHo", "st: a\r\nx: #\r\n\r\n"]));
        let request = watch.begin();
        watch.look(b"a body with # in it");
        drop(request);
        assert!(!watch.take_fragment());
    }

    #[test]
    fn on_http2_bytes_alone_start_no_head() {
        let watch = Watch::new();
        watch.speaks(Protocol::Http2);
        watch.read();
        assert_eq!(watch.phase(), Phase::Idle(0));
    }
}
