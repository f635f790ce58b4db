//! The document of an origin's refusal. AWS "Error responses".

use super::body::ResponseBody;
use crate::s3::{ErrorCode, ErrorDocument, Region};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use tokio::time::{Instant, timeout_at};

/// The most bytes of an error document that are read.
const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// What an origin says beside a status.
#[derive(Debug)]
pub(super) enum Document {
    /// No body, as to HEAD, or an empty one.
    Silent,
    /// An S3 error document.
    S3(ErrorDocument),
    /// Something else.
    Foreign,
    /// More than the limit, or it did not come whole and in time.
    Lost,
}

impl Document {
    /// Reads a body until `deadline`; returns what it is, and its bytes unless they are lost.
    pub(super) async fn read(body: ResponseBody, deadline: Instant) -> (Self, Bytes) {
        let Ok(Ok(collected)) = timeout_at(deadline, Limited::new(body, ERROR_BODY_LIMIT).collect()).await else {
            return (Self::Lost, Bytes::new());
        };
        let bytes = collected.to_bytes();
        let document = if bytes.trim_ascii().is_empty() {
            Self::Silent
        } else {
            ErrorDocument::parse(&bytes).map_or(Self::Foreign, Self::S3)
        };
        (document, bytes)
    }

    pub(super) fn code(&self) -> Option<ErrorCode> {
        self.s3().map(|document| document.code)
    }

    pub(super) fn code_text(&self) -> Option<&str> {
        self.s3().map(|document| &*document.code_text)
    }

    pub(super) fn region(&self) -> Option<Region> {
        self.s3()?.region.clone()
    }

    pub(super) fn into_s3(self) -> Option<ErrorDocument> {
        match self {
            Self::S3(document) => Some(document),
            Self::Silent | Self::Foreign | Self::Lost => None,
        }
    }

    fn s3(&self) -> Option<&ErrorDocument> {
        match self {
            Self::S3(document) => Some(document),
            Self::Silent | Self::Foreign | Self::Lost => None,
        }
    }
}
