//! A look at the bytes of an HTTP/1 head for what the parser under hyper takes in silence. RFC 9112 §2.2; rule 2.
//!
//! - A fragment in the request line is cut off by the URI parser, so `/a#/b` would pass as `/a` here and as something
//!   else at a proxy that keeps it (CVE-2023-45539).
//! - A line feed without its carriage return ends a line, and two of them end the head, while a proxy in front may hold
//!   them for a part of a field's value: what follows is then a request that the proxy knows nothing of.

/// What was found in one head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    /// `#` in the request line.
    Fragment,
    /// A line that ends in a bare line feed.
    BareLineFeed,
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
        for byte in bytes {
            match (self.at, byte) {
                (At::Over, _) => return,
                (at, b'\n') => {
                    if !self.after_carriage_return {
                        // The worse of the two: it puts the head's end in doubt.
                        self.found = Some(Oddity::BareLineFeed);
                    }
                    self.at = match at {
                        At::Start => At::Start,
                        At::LineStart => At::Over,
                        _ => At::LineStart,
                    };
                }
                (_, b'\r') => {}
                (At::Start | At::RequestLine, byte) => {
                    self.at = At::RequestLine;
                    if *byte == b'#' {
                        self.found = self.found.or(Some(Oddity::Fragment));
                    }
                }
                _ => self.at = At::Line,
            }
            self.after_carriage_return = *byte == b'\r';
        }
    }

    /// What was found.
    pub(super) fn found(self) -> Option<Oddity> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pieces: &[&str]) -> Option<Oddity> {
        let mut check = LineCheck::default();
        for piece in pieces {
            check.look(piece.as_bytes());
        }
        check.found()
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
