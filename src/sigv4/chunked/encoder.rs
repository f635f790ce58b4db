//! For tests: encodes aws-chunked bodies, signed by `aws-sigv4`, so that the decoder is judged by another's signatures.

use crate::clock::Timestamp;
use crate::sigv4::{AmzDate, ChunkSeed, Payload, Scope, SigningKey};
use aws_credential_types::Credentials;
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::http::Headers;
use bytes::Bytes;
use secrecy::SecretString;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// The secret of all examples of AWS.
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// 2013-05-24, the day of all examples of AWS.
pub(crate) const DAY: u64 = 1_369_353_600;
const SEED: &str = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";

/// The three kinds of aws-chunked bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    UnsignedTrailer,
    SignedChunks,
    SignedChunksTrailer,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::UnsignedTrailer, Self::SignedChunks, Self::SignedChunksTrailer];

    /// What verification of the request's head says of such a body.
    pub(crate) fn payload(self) -> Payload {
        match self {
            Self::UnsignedTrailer => Payload::UnsignedTrailer,
            Self::SignedChunks => Payload::SignedChunks(seed(SEED)),
            Self::SignedChunksTrailer => Payload::SignedChunksTrailer(seed(SEED)),
        }
    }
}

/// What the chain starts from when the request's signature is this.
pub(crate) fn seed(signature: &str) -> ChunkSeed {
    let date = AmzDate::of(Timestamp::from_unix(DAY));
    let scope = Scope {
        date: &date,
        region: "us-east-1",
        service: Scope::S3,
    };
    let mut text = String::new();
    scope.write_into("/", &mut text);
    ChunkSeed {
        key: Arc::new(SigningKey::derive(&SecretString::from(SECRET), &scope)),
        signature: signature.as_bytes().try_into().unwrap(),
        date: date.as_str().as_bytes().try_into().unwrap(),
        scope: text.into(),
    }
}

/// Which line end a trailer's field gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldEnd {
    /// As SDKs write it.
    CrLf,
    /// As AWS's example and minio-go write it.
    LfCrLf,
}

/// Writes a body of these chunks; the last chunk, of size zero, is added.
pub(crate) fn encode(kind: Kind, chunks: &[&[u8]], trailer: Option<(&str, &str)>, end: FieldEnd) -> Vec<u8> {
    let identity = Identity::from(Credentials::new("AKIAIOSFODNN7EXAMPLE", SECRET, None, None, "test"));
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("s3")
        .time(UNIX_EPOCH + Duration::from_secs(DAY))
        .settings(())
        .build()
        .unwrap();
    let mut signature = SEED.to_owned();
    let mut body = Vec::new();
    for chunk in chunks.iter().copied().chain([&b""[..]]) {
        body.extend(format!("{:x}", chunk.len()).into_bytes());
        if kind != Kind::UnsignedTrailer {
            let data = Bytes::copy_from_slice(chunk);
            signature = v4::sign_chunk(&data, &signature, &params).unwrap().into_parts().1;
            body.extend(format!(";chunk-signature={signature}").into_bytes());
        }
        body.extend(b"\r\n");
        if !chunk.is_empty() {
            body.extend(chunk);
            body.extend(b"\r\n");
        }
    }
    if let Some((name, value)) = trailer {
        let end = if end == FieldEnd::CrLf { "\r\n" } else { "\n\r\n" };
        body.extend(format!("{name}:{value}{end}").into_bytes());
        if kind == Kind::SignedChunksTrailer {
            let mut headers = Headers::new();
            headers.insert(name.to_owned(), value.to_owned());
            signature = v4::sign_trailer(&headers, &signature, &params).unwrap().into_parts().1;
            body.extend(format!("x-amz-trailer-signature:{signature}\r\n").into_bytes());
        }
    }
    body.extend(b"\r\n");
    body
}
