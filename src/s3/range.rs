//! Byte ranges. RFC 9110 §14.

/// A single byte range as a client asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// `bytes=first-last`, both included.
    Closed(u64, u64),
    /// `bytes=first-`
    From(u64),
    /// `bytes=-length`
    Suffix(u64),
}

impl ByteRange {
    /// Takes a `Range` field value; `None` for what a server may ignore (RFC 9110 §14.2): other units, several
    /// ranges, bad syntax.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let _ = value;
        todo!()
    }
}
