//! The lines between the data of an aws-chunked body: found across any split of the input, bounded, taken apart strictly.

use super::ChunkedError;
use bytes::{Buf, Bytes};

/// The longest line in bytes, its end included. The longest that means anything has 101: sixteen digits of size,
/// `;chunk-signature=`, a signature, CRLF.
const MAX_LINE: usize = 128;
/// The most digits of a chunk's size: those of a `u64`.
const MAX_SIZE_DIGITS: usize = 16;

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    CrLf,
    /// A line feed alone.
    Lf,
}

/// A line that has not ended yet.
#[derive(Debug)]
pub(super) struct LineBuffer {
    bytes: [u8; MAX_LINE],
    len: usize,
}

/// A line without its end. Copied out of the buffer, since the buffer goes on to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    bytes: [u8; MAX_LINE],
    len: usize,
    pub(super) end: LineEnd,
}

impl LineBuffer {
    pub(super) fn new() -> Self {
        Self {
            bytes: [0; MAX_LINE],
            len: 0,
        }
    }

    /// Takes bytes off the front of `input` up to the end of the line; `None` when the input ended first.
    pub(super) fn take(&mut self, input: &mut Bytes) -> Result<Option<Line>, ChunkedError> {
        let room = MAX_LINE.saturating_sub(self.len);
        let found = memchr::memchr(b'\n', &input[..input.len().min(room)]);
        let taken = match found {
            Some(at) => at.saturating_add(1),
            None if input.len() >= room => return Err(ChunkedError::LineTooLong),
            None => input.len(),
        };
        for (place, byte) in self.bytes[self.len..].iter_mut().zip(&input[..taken]) {
            *place = *byte;
        }
        self.len = self.len.saturating_add(taken);
        input.advance(taken);
        if found.is_none() {
            return Ok(None);
        }
        let written = self.bytes.get(..self.len).unwrap_or_default();
        let (len, end) = if written.ends_with(b"\r\n") {
            (self.len.saturating_sub(2), LineEnd::CrLf)
        } else {
            (self.len.saturating_sub(1), LineEnd::Lf)
        };
        self.len = 0;
        Ok(Some(Line {
            bytes: self.bytes,
            len,
            end,
        }))
    }
}

impl Line {
    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Refuses a line feed alone.
    pub(super) fn with_crlf(&self) -> Result<&[u8], ChunkedError> {
        match self.end {
            LineEnd::CrLf => Ok(self.as_bytes()),
            LineEnd::Lf => Err(ChunkedError::BadLineEnd),
        }
    }

    /// The name and value of a trailer field. White space around the value is not part of it (RFC 9110 §5.5).
    pub(super) fn field(&self) -> Result<(&str, &str), ChunkedError> {
        let text = str::from_utf8(self.as_bytes()).map_err(|_| ChunkedError::BadTrailer)?;
        let (name, value) = text.split_once(':').ok_or(ChunkedError::BadTrailer)?;
        let value = value.trim_matches([' ', '\t']);
        // A carriage return, say, has no place in base64.
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        if value.is_empty() || !value.bytes().all(is_base64) {
            return Err(ChunkedError::BadTrailer);
        }
        Ok((name, value))
    }
}

/// Takes the line before a chunk apart: its size in bytes, and the signature if it bears one.
pub(super) fn size_line(line: &[u8]) -> Result<(u64, Option<[u8; 32]>), ChunkedError> {
    let (digits, extension) = match memchr::memchr(b';', line) {
        Some(at) => (&line[..at], line.get(at..)),
        None => (line, None),
    };
    let signature = match extension {
        None => None,
        Some(extension) => {
            let claimed = extension.strip_prefix(b";chunk-signature=");
            Some(claimed.and_then(signature).ok_or(ChunkedError::BadExtension)?)
        }
    };
    Ok((size(digits).ok_or(ChunkedError::BadSize)?, signature))
}

fn size(digits: &[u8]) -> Option<u64> {
    // `from_str_radix` would take a plus sign.
    let fine = (1..=MAX_SIZE_DIGITS).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    let text = str::from_utf8(digits).ok().filter(|_| fine)?;
    u64::from_str_radix(text, 16).ok()
}

/// Takes 64 lower-case hexadecimal digits.
pub(super) fn signature(digits: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if digits.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_hexadecimal_digits_and_nothing_else() {
        for (written, size) in [
            ("0", 0),
            ("00", 0),
            ("10000", 65_536),
            ("fFfF", 65_535),
            ("0000000000000001", 1),
            ("ffffffffffffffff", u64::MAX),
        ] {
            assert_eq!(size_line(written.as_bytes()), Ok((size, None)));
        }
        for written in [
            "",
            "+1",
            "-1",
            " 1",
            "1 ",
            "0x1",
            "1_0",
            "g",
            "1\r",
            "\u{661}",
            "00000000000000001",
            "10000000000000000",
        ] {
            assert_eq!(size_line(written.as_bytes()), Err(ChunkedError::BadSize), "{written}");
        }
    }

    #[test]
    fn an_extension_is_one_signature_and_nothing_else() {
        let digits = "0123456789abcdef".repeat(4);
        let line = format!("a;chunk-signature={digits}");
        assert!(matches!(size_line(line.as_bytes()), Ok((10, Some(_)))));
        for written in [
            "a;".to_owned(),
            "a;chunk-signature=".to_owned(),
            "a;name=value".to_owned(),
            format!("a; chunk-signature={digits}"),
            format!("a;Chunk-Signature={digits}"),
            format!("a;chunk-signature={}", digits.to_uppercase()),
            format!("a;chunk-signature={digits} "),
            format!("a;chunk-signature={digits};x"),
            format!("a;chunk-signature={}", &digits[1..]),
        ] {
            assert_eq!(
                size_line(written.as_bytes()),
                Err(ChunkedError::BadExtension),
                "{written}"
            );
        }
    }

    #[test]
    fn a_line_is_bounded_across_any_split() {
        for step in 1..=MAX_LINE + 1 {
            let mut buffer = LineBuffer::new();
            let mut rest = Bytes::from(vec![b'1'; MAX_LINE * 2]);
            let refused = loop {
                match buffer.take(&mut rest.split_to(step.min(rest.len()))) {
                    Ok(None) => {}
                    Ok(Some(_)) => break false,
                    Err(error) => break error == ChunkedError::LineTooLong,
                }
            };
            assert!(refused, "{step}");
        }
    }
}
