//! The `Vary` field of an answer. RFC 9111 §4.1, RFC 9110 §12.5.5.
//!
//! The cache's key holds nothing of a request's head (rule 18), so that an answer which depends on a request field is not
//! kept, unless the gateway never passes that field on: then every answer is the one to a request without it.

use super::NotStored;
use http::HeaderMap;
use http::header::VARY;

/// S3 servers name these on every answer of a bucket with CORS rules or behind a compressing proxy. CORS is answered by
/// the gateway itself, and it never asks an origin for a content coding.
const NEVER_PASSED_ON: [&str; 4] = [
    "origin",
    "access-control-request-headers",
    "access-control-request-method",
    "accept-encoding",
];

/// Reads all lines of the field; `None` when they name nothing, an error when they name what forbids to keep the answer:
/// `*`, any other request field, or what is no name.
pub(super) fn judge(headers: &HeaderMap) -> Option<Result<(), NotStored>> {
    let lines = headers.get_all(VARY).iter();
    let members = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    let named = members.map(<[u8]>::trim_ascii).filter(|member| !member.is_empty());
    named.map(judge_member).reduce(Result::and)
}

fn judge_member(name: &[u8]) -> Result<(), NotStored> {
    let is_harmless = |known: &&str| name.eq_ignore_ascii_case(known.as_bytes());
    if NEVER_PASSED_ON.iter().any(is_harmless) {
        Ok(())
    } else {
        Err(NotStored::Vary)
    }
}
