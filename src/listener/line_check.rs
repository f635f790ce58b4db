//! A look at the bytes of an HTTP/1 head for what the parser under hyper takes in silence. RFC 9112 §2.2; rule 2.
//!
//! - A fragment in the request line is cut off by the URI parser, so `/a#/b` would pass as `/a` here and as something
//!   else at a proxy that keeps it (CVE-2023-45539).
//! - A line feed without its carriage return ends a line, and two of them end the head, while a proxy in front may hold
//!   them for a part of a field's value: what follows is then a request that the proxy knows nothing of.

use memchr::memchr;

/// What was found in one head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    /// `#` in the request line.
    Fragment,
    /// A line that ends in a bare line feed.
    BareLineFeed,
}

/// Whether these bytes begin with a request line and end with an empty line, and hold nothing odd in any line: how nearly every
/// head comes, in one piece. Without a way out in the middle it is seen for many bytes at once.
#[allow(
    clippy::needless_bitwise_bool,
    reason = "without branches it becomes vector instructions"
)]
fn is_plain_head(bytes: &[u8]) -> bool {
    let begins = bytes.first().is_some_and(|first| !matches!(first, b'\r' | b'\n'));
    let lines = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    let odd = |found: bool, (before, byte): (&u8, &u8)| found | (*byte == b'#') | (*byte == b'\n') & (*before != b'\r');
    begins && bytes.ends_with(b"\r\n\r\n") && !lines.fold(bytes.first() == Some(&b'#'), odd)
}

/// How far a head has been looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// The first byte of the request line has not come; empty lines before it don't count.
    #[default]
    Start,
    /// Inside the request line.
    RequestLine,
    /// At the start of a line behind it.
    LineStart,
    /// Inside such a line.
    Line,
    /// Behind the empty line: what comes now is no head.
    Over,
}

/// The look at one head, which may come in many pieces.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineCheck {
    at: At,
    after_carriage_return: bool,
    found: Option<Oddity>,
}

impl LineCheck {
    /// Takes the next piece.
    pub(super) fn look(&mut self, bytes: &[u8]) {
        if self.at == At::Start && is_plain_head(bytes) {
            self.at = At::Over;
            return;
        }
        let mut rest = bytes;
        while self.at != At::Over && !rest.is_empty() {
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            let (line, behind) = rest.split_at(end);
            self.look_at_line(line);
            let Some((_line_feed, behind)) = behind.split_first() else {
                return;
            };
            self.end_line();
            rest = behind;
        }
    }

    /// Takes a piece of a line, up to its line feed.
    fn look_at_line(&mut self, line: &[u8]) {
        let Some(last) = line.last() else { return };
        self.after_carriage_return = *last == b'\r';
        // Carriage returns make no line by themselves.
        if line.iter().all(|byte| *byte == b'\r') {
            return;
        }
        self.at = match self.at {
            At::Start | At::RequestLine => {
                if memchr(b'#', line).is_some() {
                    self.found = self.found.or(Some(Oddity::Fragment));
                }
                At::RequestLine
            }
            _ => At::Line,
        };
    }

    /// Takes a line feed.
    fn end_line(&mut self) {
        if !self.after_carriage_return {
            // The worse of the two: it puts the head's end in doubt.
            self.found = Some(Oddity::BareLineFeed);
        }
        self.after_carriage_return = false;
        self.at = match self.at {
            At::Start => At::Start,
            At::LineStart => At::Over,
            _ => At::LineStart,
        };
    }

    /// What was found.
    pub(super) fn found(self) -> Option<Oddity> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(pieces: &[&str]) -> Option<Oddity> {
        let mut check = LineCheck::default();
        for piece in pieces {
            check.look(piece.as_bytes());
        }
        check.found()
    }

    /// The same, byte by byte.
    fn plainly(head: &[u8]) -> Option<Oddity> {
        let (mut at, mut before, mut found) = (At::Start, b' ', None);
        for byte in head {
            at = match (at, byte) {
                (At::Over, _) => break,
                (_, b'\n') => {
                    if before != b'\r' {
                        found = Some(Oddity::BareLineFeed);
                    }
                    match at {
                        At::Start => At::Start,
                        At::LineStart => At::Over,
                        _ => At::LineStart,
                    }
                }
                (_, b'\r') => at,
                (At::Start | At::RequestLine, byte) => {
                    if *byte == b'#' {
                        found = found.or(Some(Oddity::Fragment));
                    }
                    At::RequestLine
                }
                _ => At::Line,
            };
            before = *byte;
        }
        found
    }

    proptest! {
        #[test]
        fn line_by_line_sees_what_byte_by_byte_sees(
            pieces in prop::collection::vec(prop_oneof!["[a#\r\n]{0,6}", "([a#]?a\r?\r\n){1,3}", Just("\r\n".into())], 0..8),
            in_one: bool,
        ) {
            let pieces = if in_one { vec![pieces.concat()] } else { pieces };
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            prop_assert_eq!(seen(&pieces), plainly(pieces.concat().as_bytes()));
        }
    }

    #[test]
    fn rule_2_a_fragment_is_seen_in_the_request_line_alone() {
        assert_eq!(seen(&["GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"]), Some(Oddity::Fragment));
        assert_eq!(seen(&["GET /a HTTP/1.1\r\nHost: a\r\nx: #\r\n\r\n#"]), None);
        assert_eq!(
            seen(&["\r\n", "\r\nGET", " /a", "#b HTTP/1.1\r\n", "\r\n"]),
            Some(Oddity::Fragment)
        );
        assert_eq!(seen(&["GET / HTTP/1.1\r\nHo", "st: a\r\nx: #\r\n\r\n"]), None);
    }

    #[test]
    fn rule_2_a_bare_line_feed_is_seen_in_every_line_of_the_head_and_not_behind_it() {
        for head in [
            "GET / HTTP/1.1\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\n",
            "GET / HTTP/1.1\r\nHost: a\r\nx: y\n\nGET /b HTTP/1.1\r\n",
            "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a#b HTTP/1.1\nHost: a\r\n\r\n",
        ] {
            assert_eq!(seen(&[head]), Some(Oddity::BareLineFeed), "{head:?}");
            let bytes: Vec<&str> = head.split_inclusive(|_| true).collect();
            assert_eq!(seen(&bytes), Some(Oddity::BareLineFeed), "{head:?}");
        }
        assert_eq!(seen(&["POST / HTTP/1.1\r\nHost: a\r", "\n\r", "\na\nb\n\n"]), None);
    }
}
