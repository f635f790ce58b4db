//! The seam to the rest of the house: who answers what arrives.

use super::Arrival;
use bytes::Bytes;
use std::error::Error;

/// Answers arrivals on one worker thread; shared by all of its connections, so it needs no `Send`.
pub trait Service: 'static {
    /// The body of its answers. An error in it cuts the answer off, so that the client sees a broken one.
    type Body: http_body::Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + 'static;

    /// Answers one arrival, a refused one too. Never fails: whatever goes wrong has an answer.
    fn call(&self, arrival: Arrival) -> impl Future<Output = http::Response<Self::Body>>;
}
