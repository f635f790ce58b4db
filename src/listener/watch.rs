//! What a connection is doing, as its parts see it: the socket, the requests in flight. One per connection, never
//! shared between threads.

use super::line_check::{LineCheck, Oddity};
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

/// The observations.
#[derive(Debug)]
pub(super) struct Watch {
    protocol: Cell<Protocol>,
    in_flight: Cell<u32>,
    begun: Cell<u64>,
    head_bytes: Cell<bool>,
    blocked: Cell<bool>,
    written: Cell<u64>,
    lines: Cell<LineCheck>,
    lines_after: Cell<u64>,
    abandoned: Cell<u32>,
    /// Whether a request's body has come whose end has not.
    pub(super) body_unread: Arc<AtomicBool>,
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
            lines: Cell::default(),
            lines_after: Cell::new(0),
            abandoned: Cell::new(0),
            body_unread: Arc::default(),
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

    /// Looks at a head's lines ([`super::line_check`]).
    ///
    /// Each head is looked at when it starts a read, as it does from any proxy and any client that waits for its
    /// answers. Heads that a client pipelines behind others can only fool that client. On HTTP/2 there are no lines, and the
    /// crate `h2` has cut a fragment off before anyone can see it.
    pub(super) fn look(&self, plain_text: &[u8]) {
        if self.protocol.get() != Protocol::Http1 || self.in_flight.get() > 0 {
            return;
        }
        let mut lines = self.lines.get();
        if self.lines_after.replace(self.begun.get()) != self.begun.get() {
            lines = LineCheck::default();
        }
        lines.look(plain_text);
        self.lines.set(lines);
    }

    /// What is odd about the head that has just become complete.
    pub(super) fn take_oddity(&self) -> Option<Oddity> {
        self.lines.take().found()
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

    /// The client went away from a request before there was an answer.
    fn abandon(&self) {
        self.abandoned.set(self.abandoned.get().saturating_add(1));
    }

    /// How many more requests were abandoned than answered.
    pub(super) fn abandoned(&self) -> u32 {
        self.abandoned.get()
    }

    pub(super) fn body_left_unread(&self) -> bool {
        self.body_unread.load(Ordering::Relaxed)
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

/// One request that has no answer yet.
#[derive(Debug)]
pub(super) struct Unanswered(Option<Rc<Watch>>);

impl Unanswered {
    pub(super) fn new(watch: &Rc<Watch>) -> Self {
        Self(Some(Rc::clone(watch)))
    }

    /// There is an answer.
    pub(super) fn answered(mut self) {
        if let Some(watch) = self.0.take() {
            watch.abandoned.set(watch.abandoned.get().saturating_sub(1));
        }
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(watch) = self.0.take() {
            watch.abandon();
        }
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
    fn each_head_is_looked_at_and_bodies_are_not() {
        let watch = Watch::new();
        let see = |text: &str| {
            watch.look(text.as_bytes());
            drop(watch.begin());
            watch.take_oddity()
        };
        assert_eq!(see("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), Some(Oddity::Fragment));
        assert_eq!(see("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"), None);
        assert_eq!(see("GET /a HTTP/1.1\nHost: a\r\n\r\n"), Some(Oddity::BareLineFeed));
        let request = watch.begin();
        watch.look(b"a body\nwith # in it");
        drop(request);
        assert_eq!(watch.take_oddity(), None);
    }

    #[test]
    fn what_is_answered_makes_good_for_what_is_abandoned() {
        let watch = Watch::new();
        drop(Unanswered::new(&watch));
        drop(Unanswered::new(&watch));
        assert_eq!(watch.abandoned(), 2);
        Unanswered::new(&watch).answered();
        assert_eq!(watch.abandoned(), 1);
    }

    #[test]
    fn on_http2_bytes_alone_start_no_head() {
        let watch = Watch::new();
        watch.speaks(Protocol::Http2);
        watch.read();
        assert_eq!(watch.phase(), Phase::Idle(0));
    }
}
