//! The one body type of all answers.

use super::endpoint::Rewriting;
use crate::cache::BodyReader;
use crate::fetch::{ObjectBody, OriginBody, TransferError};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// What follows an answer's head. Nothing is gathered here: a chunk is asked for only when the client's
/// connection has room for it, so at most one is held.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// Ready bytes: an error page, an object out of memory.
    Full(Bytes),
    /// An object on its way through. An error in it cuts the client's connection (rule 19).
    Origin(OriginBody),
    /// An object on its way to several readers at once. An error in it cuts the client's connection (rule 19).
    Arriving(BodyReader<TransferError>),
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
            Self::Arriving(body) => body.poll_next(context).map_ok(Frame::data),
            Self::Rewriting(body) => body.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_empty(),
            Self::Origin(body) => body.is_end_stream(),
            Self::Arriving(body) => body.left() == 0,
            Self::Rewriting(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Origin(body) => body.size_hint(),
            Self::Arriving(body) => SizeHint::with_exact(body.left()),
            Self::Rewriting(_) => SizeHint::default(),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Full(bytes)
    }
}

impl From<ObjectBody> for Body {
    fn from(body: ObjectBody) -> Self {
        match body {
            ObjectBody::Empty => Self::Empty,
            ObjectBody::Kept(bytes) => Self::Full(bytes),
            ObjectBody::Origin(body) => Self::Origin(body),
            ObjectBody::Arriving(body) => Self::Arriving(body),
        }
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
