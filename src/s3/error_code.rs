//! S3 error codes and their XML. AWS "Error responses".

/// The codes that the gateway branches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// No such key.
    NoSuchKey,
    /// No such bucket.
    NoSuchBucket,
    /// Access denied.
    AccessDenied,
    /// Slow down.
    SlowDown,
    /// The clocks differ by more than 15 minutes.
    RequestTimeTooSkewed,
    /// The session token is past its end.
    ExpiredToken,
    /// Anything else.
    Other,
}

/// What an S3 `<Error>` document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDocument {
    /// The code, classified.
    pub code: ErrorCode,
    /// The code as written; for logs only.
    pub code_text: String,
    /// The message; for logs only.
    pub message: String,
}

impl ErrorDocument {
    /// Takes at most 64 KiB of an error body; `None` when it is not an S3 error document.
    #[must_use]
    pub fn parse(xml: &[u8]) -> Option<Self> {
        let _ = xml;
        todo!()
    }
}
