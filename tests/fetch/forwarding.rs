//! What a client of the S3 endpoint asks for, and a body that comes as a test says.

use crate::scripted::{Gateway, PATIENCE};
use bytes::Bytes;
use evergate::access::{EndpointOperation, EndpointPermit};
use evergate::fetch::{FetchError, Forwarded, Upload, UploadError};
use evergate::resolve::EndpointTarget;
use evergate::s3::{ObjectKey, Operation, Resource};
use evergate::sigv4::Payload;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc;

/// One request, yet without its body.
pub struct Ask {
    operation: EndpointOperation,
    resource: Resource,
    query: Vec<(Box<str>, Box<str>)>,
    headers: HeaderMap,
}

impl Ask {
    pub fn new(operation: Operation, resource: Resource) -> Self {
        Self {
            operation: EndpointOperation::Known(operation),
            resource,
            query: Vec::new(),
            headers: HeaderMap::new(),
        }
    }

    /// Something of the bucket itself.
    pub fn bucket(operation: Operation) -> Self {
        Self::new(operation, Resource::Bucket)
    }

    /// Something of one object.
    pub fn object(operation: Operation, key: &str) -> Self {
        Self::new(operation, ObjectKey::parse(key).unwrap().into())
    }

    /// What the gateway has no name for.
    pub fn other(method: http::Method, resource: Resource) -> Self {
        Self {
            operation: EndpointOperation::Other(method),
            ..Self::new(Operation::GetObject, resource)
        }
    }

    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).unwrap();
        self.headers.append(HeaderName::from_static(name), value);
        self
    }
}

impl Gateway {
    pub async fn forward(&self, ask: Ask, upload: Upload) -> Result<Forwarded, FetchError> {
        let permit = EndpointPermit::operator(Arc::clone(&self.bucket), ask.resource, ask.operation);
        let target = EndpointTarget::new(permit, ask.query, ask.headers);
        let forward = self.client.forward(&self.state, &self.credentials, &target, upload);
        tokio::time::timeout(PATIENCE, forward).await.expect("it hung")
    }

    /// Stores a body under a key that no test looks at.
    pub async fn put(&self, upload: Upload) -> Result<Forwarded, FetchError> {
        self.forward(Ask::object(Operation::PutObject, "a/u.png"), upload).await
    }
}

/// The whole body of an answer.
pub async fn text(forwarded: Forwarded) -> String {
    let body = tokio::time::timeout(PATIENCE, forwarded.body.collect());
    let body = body.await.expect("the body hung").unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

/// A body of the gateway's own making.
pub fn full(bytes: impl Into<Bytes>) -> Upload {
    Upload::full(bytes.into())
}

/// So many bytes: more than are read before they are sent on.
pub const LONG: usize = 200_000;

/// The client's side of a body.
pub struct Client(mpsc::Sender<Result<Bytes, UploadError>>);

impl Client {
    /// Sends a piece, once there is room for it; whether somebody wants it.
    pub async fn send(&self, length: usize) -> bool {
        self.0.send(Ok(vec![b'x'; length].into())).await.is_ok()
    }

    pub async fn fail(&self, error: UploadError) {
        let _ = self.0.send(Err(error)).await;
    }

    /// Waits until nobody wants the body any more.
    pub async fn given_up(&self) {
        tokio::time::timeout(PATIENCE, self.0.closed())
            .await
            .expect("somebody still wants the body");
    }
}

/// A body of so many bytes, of which none is there yet.
pub async fn stream(length: usize) -> (Client, Upload) {
    signed_stream(length, &Payload::Unsigned).await
}

pub async fn signed_stream(length: usize, payload: &Payload) -> (Client, Upload) {
    let (sender, pieces) = mpsc::channel(1);
    let body = Pieces {
        pieces,
        length: length as u64,
    };
    let upload = Upload::of(body, payload, &HeaderMap::new(), Some(Operation::PutObject)).await;
    (Client(sender), upload.unwrap())
}

/// A body of so many bytes, all of them there.
pub async fn sent(length: usize) -> Upload {
    let (client, upload) = stream(length).await;
    tokio::spawn(async move { client.send_all(length).await });
    upload
}

impl Client {
    pub async fn send_all(&self, length: usize) {
        let mut left = length;
        while left > 0 {
            let piece = left.min(16 * 1024);
            if !self.send(piece).await {
                return;
            }
            left -= piece;
        }
    }
}

struct Pieces {
    pieces: mpsc::Receiver<Result<Bytes, UploadError>>,
    length: u64,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let piece = ready!(self.pieces.poll_recv(context));
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
