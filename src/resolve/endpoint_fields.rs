//! Which header fields of an S3 client's request are signed and sent to the origin. Rule 16: an allow-list; AWS "Common
//! request headers".
//!
//! | field | what becomes of it |
//! | --- | --- |
//! | of the representation, conditions, `Range` | sent, where the operation has a use for it |
//! | `x-amz-*` that S3 knows | sent, but for what belongs to the client's own signature, to its SDK, and what is below |
//! | `x-amz-*` that S3 does not know | for clients with `operations: [all]`: an origin may do more for it than was permitted |
//! | `x-amz-*` in a presigned query | becomes the field that it was; beside the field itself it is refused |
//! | `x-amz-acl: private` | left out: it is what S3 does anyway, and origins without ACLs refuse the word |
//! | `x-amz-acl: bucket-owner-full-control` | sent |
//! | any other `x-amz-acl`, `x-amz-grant-*`, `x-amz-bypass-governance-retention` | for clients with `operations: [all]`: they open an object to others, or open a lock |
//! | `x-amz-sdk-checksum-algorithm` | left out: without the checksum beside it AWS refuses it, with it nothing needs it |
//! | checksums of an upload in parts | left out: the gateway verifies them, and an origin wants all of them or none, which trailers can't give |
//! | `x-amz-copy-source` | written anew from its own permit (rule 15) |

use super::amz_fields::Name;
use super::copy_source;
use crate::access::EndpointPermit;
use crate::s3::{CopyFrom, CopyFromError, Operation, Parameter, Query};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, EXPIRES, IF_MATCH,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");

/// Why a header field is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// It stands there twice, or in the query and in the head, or is no header value: 400.
    #[error("an x-amz-* field stands there twice, or holds what no field may")]
    Ambiguous,
    /// The copy source is refused: 400, or 501 for an access point.
    #[error(transparent)]
    CopySource(#[from] CopyFromError),
    /// A copy source, or another second object, beside an operation that has none: 400.
    #[error("the operation has no second object")]
    Misplaced,
    /// An ACL or the like, of a client that may not do everything: 403.
    #[error("an ACL that opens objects is for clients with operations: [all] alone")]
    AclNotOpen,
    /// An `x-amz-*` field that S3 does not know: 501.
    #[error("an x-amz-* field is none that S3 knows")]
    Unknown,
}

/// What a client may say of ACLs and locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openness {
    /// That its objects are its own.
    Own,
    /// Anything.
    All,
}

/// The fields of one request: those of its head and those that its client moved into a presigned query.
#[derive(Clone, Debug)]
pub struct EndpointFields(HeaderMap);

impl EndpointFields {
    /// Takes the head's fields and the decoded query of a request whose signature was verified: what stands in either of
    /// them was signed.
    ///
    /// # Errors
    /// [`FieldError::Ambiguous`]
    pub fn of(headers: &HeaderMap, query: &Query<'_>) -> Result<Self, FieldError> {
        let mut fields = headers.clone();
        for (name, value) in query.pairs() {
            let Parameter::Field(name) = Parameter::of(name) else {
                continue;
            };
            if is_checksum_of_nothing(&name, value) {
                continue;
            }
            let name = HeaderName::try_from(name).map_err(|_| FieldError::Ambiguous)?;
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| FieldError::Ambiguous)?;
            if fields.insert(name, value).is_some() {
                return Err(FieldError::Ambiguous);
            }
        }
        Ok(Self(fields))
    }

    /// All of them, for whoever verifies the body by them.
    #[must_use]
    pub fn all(&self) -> &HeaderMap {
        &self.0
    }

    /// Returns what a copy reads; `None` when there is no copy source.
    ///
    /// # Errors
    /// [`FieldError`] for a copy source that is malformed or stands there twice.
    pub fn copy_from(&self) -> Result<Option<CopyFrom>, FieldError> {
        let mut lines = self.0.get_all(COPY_SOURCE).iter();
        match (lines.next(), lines.next()) {
            (None, _) => Ok(None),
            (Some(line), None) => {
                let text = str::from_utf8(line.as_bytes()).map_err(|_| FieldError::Ambiguous)?;
                Ok(Some(CopyFrom::parse(text)?))
            }
            (Some(_), Some(_)) => Err(FieldError::Ambiguous),
        }
    }

    /// Returns the fields for the origin, where `operation` is `None` for one that the gateway does not know. `source` is the
    /// permit of what a copy reads, and its version.
    ///
    /// # Errors
    /// [`FieldError`]
    pub fn for_origin(
        &self,
        operation: Option<Operation>,
        openness: Openness,
        source: Option<(&EndpointPermit, Option<&str>)>,
    ) -> Result<HeaderMap, FieldError> {
        let mut sent = HeaderMap::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            let keep = match name.as_str().strip_prefix("x-amz-") {
                Some(rest) => keeps_amz(rest, value, operation, openness)?,
                None => keeps_plain(name, operation),
            };
            if keep {
                sent.append(name, value.clone());
            }
        }
        // S3 knows no If-Range: an origin that ignored it would mix two objects. RFC 9110 §13.1.5 lets the range go.
        if self.0.contains_key(IF_RANGE) {
            sent.remove(RANGE);
        }
        if let Some((permit, version)) = source {
            let value = copy_source::value(permit, version).ok_or(FieldError::Misplaced)?;
            sent.insert(COPY_SOURCE, value);
        }
        Ok(sent)
    }
}

/// What of a request's plain fields an operation has a use for.
fn keeps_plain(name: &HeaderName, operation: Option<Operation>) -> bool {
    use Operation as O;
    let is = |known: &[HeaderName]| known.contains(name);
    let conditions = is(&[IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE]);
    // `aws-chunked` is taken out where the body is decoded.
    let representation = is(&[
        CACHE_CONTROL,
        CONTENT_DISPOSITION,
        CONTENT_ENCODING,
        CONTENT_LANGUAGE,
        CONTENT_TYPE,
        EXPIRES,
    ]);
    let md5 = is(&[CONTENT_MD5]);
    match operation {
        Some(O::GetObject | O::HeadObject) => conditions || is(&[RANGE]),
        Some(O::PutObject) => conditions || representation || md5,
        Some(O::CopyObject | O::CreateMultipartUpload) => conditions || representation,
        Some(O::UploadPart) => md5,
        Some(O::CompleteMultipartUpload) => conditions || md5 || is(&[CONTENT_TYPE]),
        Some(O::DeleteObject) => conditions,
        Some(_) => false,
        None => conditions || representation || md5 || is(&[RANGE]),
    }
}

/// What of `x-amz-*` belongs to the client's signature, its framing, its SDK; and two that only answers bear.
const OWN: [&str; 15] = [
    "algorithm",
    "content-sha256",
    "credential",
    "date",
    "decoded-content-length",
    "expires",
    "id-2",
    "request-id",
    "s3session-token",
    "sdk-checksum-algorithm",
    "security-token",
    "signature",
    "signedheaders",
    "trailer",
    "user-agent",
];

/// Judges the `x-amz-` field that goes on with `rest`.
fn keeps_amz(
    rest: &str,
    value: &HeaderValue,
    operation: Option<Operation>,
    openness: Openness,
) -> Result<bool, FieldError> {
    use Operation as O;
    let copies = matches!(operation, Some(O::CopyObject | O::UploadPartCopy));
    let in_parts = matches!(
        operation,
        Some(O::CreateMultipartUpload | O::UploadPart | O::UploadPartCopy | O::CompleteMultipartUpload)
    );
    Ok(match rest {
        // A copy source is written anew.
        _ if OWN.contains(&rest) || (rest == "copy-source" && copies) => false,
        "rename-source" => return Err(FieldError::Misplaced),
        _ if rest.starts_with("copy-source") && !copies => return Err(FieldError::Misplaced),
        "acl" if value == "private" => openness == Openness::All,
        "acl" if value == "bucket-owner-full-control" => true,
        "acl" | "bypass-governance-retention" if openness == Openness::Own => return Err(FieldError::AclNotOpen),
        _ if rest.starts_with("grant-") && openness == Openness::Own => return Err(FieldError::AclNotOpen),
        _ => match (Name::of(rest), openness) {
            (Name::Ambiguous, _) | (Name::Foreign, Openness::Own) => return Err(FieldError::Unknown),
            // Its document is written anew, and its checksum with it.
            _ if rest.starts_with("checksum-") => !in_parts && operation != Some(O::DeleteObjects),
            _ => true,
        },
    })
}

/// The SDK for JavaScript presigns an upload with the checksum of no bytes, since there is no body yet. It would refuse
/// every other body.
fn is_checksum_of_nothing(name: &str, value: &str) -> bool {
    let of_nothing = match name {
        "x-amz-checksum-crc32" | "x-amz-checksum-crc32c" => "AAAAAA==",
        "x-amz-checksum-crc64nvme" => "AAAAAAAAAAA=",
        "x-amz-checksum-sha1" => "2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
        "x-amz-checksum-sha256" => "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        _ => return false,
    };
    value == of_nothing
}

#[cfg(test)]
#[path = "endpoint_fields_tests.rs"]
mod tests;
