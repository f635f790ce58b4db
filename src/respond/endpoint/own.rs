//! Answers that the gateway makes itself.

use crate::respond::body::Body;
use crate::respond::headers::{NO_STORE, NOSNIFF, XML};
use crate::s3::{BucketList, location_constraint};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response};

/// Answers ListBuckets.
#[must_use]
pub fn bucket_list(list: &BucketList<'_>) -> Response<Body> {
    document(list.to_xml())
}

/// Answers GetBucketLocation.
#[must_use]
pub fn location(region: &str) -> Response<Body> {
    document(location_constraint(region))
}

/// Answers CreateBucket of a bucket that is there, where S3 takes that for done. `path` is the client's own.
#[must_use]
pub fn bucket_there(path: &str) -> Response<Body> {
    let mut response = answer(Body::Empty);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
    if let Ok(place) = HeaderValue::try_from(path) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// Answers with a document of S3.
#[must_use]
pub fn document(xml: String) -> Response<Body> {
    let length = HeaderValue::from(xml.len());
    let mut response = answer(Body::Full(Bytes::from(xml)));
    response.headers_mut().insert(CONTENT_TYPE, XML);
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

fn answer(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    response
}
