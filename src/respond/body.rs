//! The one body type of all answers.

use super::endpoint::Rewriting;
use crate::fetch::{OriginBody, TransferError};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// What follows an answer's head. Nothing is gathered here: a chunk of the origin is asked for only when the client's
/// connection has room for it, so at most one is held.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// Ready bytes, such as an error page.
    Full(Bytes),
    /// An object on its way through. An error in it cuts the client's connection (rule 19).
    Origin(OriginBody),
    /// A document on its way through that names buckets otherwise than its reader does.
    Rewriting(Box<Rewriting>),
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = TransferError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransferError>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Full(bytes) => {
                let data = std::mem::take(bytes);
                *self = Self::Empty;
                Poll::Ready((!data.is_empty()).then(|| Ok(Frame::data(data))))
            }
            Self::Origin(body) => Pin::new(body).poll_frame(context),
            Self::Rewriting(body) => body.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_empty(),
            Self::Origin(body) => body.is_end_stream(),
            Self::Rewriting(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Origin(body) => body.size_hint(),
            Self::Rewriting(_) => SizeHint::default(),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Full(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body::Body as _;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn ready_bytes_come_once_and_are_sized() {
        let body = Body::from(Bytes::from_static(b"page"));
        assert_eq!(body.size_hint().exact(), Some(4));
        assert!(!body.is_end_stream());
        assert_eq!(body.collect().await.unwrap().to_bytes(), "page");
        assert!(Body::Empty.is_end_stream());
        assert!(Body::Empty.collect().await.unwrap().to_bytes().is_empty());
    }
}
