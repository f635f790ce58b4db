//! Puts the samples where a bucket lacks them, through the same operation that an upload takes.
//!
//! `If-None-Match: *` never overwrites, and s3s-fs writes a temporary file and renames it, so that an object is whole or absent.

use super::EmbeddedError;
use super::samples::{DEFAULT_AVATAR, Sample, samples};
use s3s::dto::{ETagCondition, PutObjectInput, StreamingBlob};
use s3s::{Body, S3, S3ErrorCode, S3Request};
use s3s_fs::FileSystem;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;
use tracing::subscriber::NoSubscriber;

/// Stores every sample that `buckets` lack; what is there stays as it is. Blocks for the few files that it takes.
pub(super) fn seed(files: &FileSystem, root: &Path, buckets: &BTreeSet<String>) -> Result<(), EmbeddedError> {
    let lacking: Vec<(&String, &Sample)> = buckets
        .iter()
        .flat_map(|bucket| {
            samples()
                .iter()
                .chain([&DEFAULT_AVATAR])
                .map(move |sample| (bucket, sample))
        })
        .filter(|(bucket, sample)| !root.join(bucket).join(sample.key()).exists())
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    // A thread of its own, since the caller may stand in a runtime, where no other may block.
    std::thread::scope(|scope| scope.spawn(|| put_all(files, &lacking)).join())
        .unwrap_or_else(|_| Err(no_thread(&"the thread ended early")))
}

fn put_all(files: &FileSystem, lacking: &[(&String, &Sample)]) -> Result<(), EmbeddedError> {
    let _quiet = tracing::subscriber::set_default(NoSubscriber::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|fault| no_thread(&fault))?;
    runtime.block_on(async {
        for (bucket, sample) in lacking {
            put(files, bucket, sample).await?;
        }
        Ok(())
    })
}

fn no_thread(fault: &dyn Display) -> EmbeddedError {
    EmbeddedError::System {
        what: "its samples",
        reason: fault.to_string(),
    }
}

async fn put(files: &FileSystem, bucket: &str, sample: &Sample) -> Result<(), EmbeddedError> {
    let fault = |reason: String| EmbeddedError::Sample {
        key: sample.key(),
        reason,
    };
    let body = Body::from(sample.draw().ok_or_else(|| fault("no memory to draw it".into()))?);
    let input = PutObjectInput {
        bucket: bucket.into(),
        key: sample.key(),
        body: Some(StreamingBlob::from(body)),
        content_type: Some(sample.content_type().into()),
        if_none_match: Some(ETagCondition::Any),
        ..PutObjectInput::default()
    };
    let request = S3Request {
        input,
        method: http::Method::PUT,
        uri: http::Uri::default(),
        headers: http::HeaderMap::new(),
        extensions: http::Extensions::new(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    };
    match files.put_object(request).await {
        Err(error) if *error.code() != S3ErrorCode::PreconditionFailed => Err(fault(reason(&error))),
        _ => Ok(()),
    }
}

/// s3s hides the operating system's words in the error's source.
fn reason(error: &s3s::S3Error) -> String {
    match error.source().or(error.message().map(|_| error as _)) {
        Some(source) => source.to_string(),
        None => error.code().as_str().to_owned(),
    }
}
