//! What a link asks for, by its query: that it is presigned, for reading one object, and with which overrides. Nothing is
//! verified, since nothing is opened: whoever follows the replacement is judged anew.

use super::link::Link;
use super::tally::Left;
use crate::resolve::Overrides;
use crate::s3::Query;

/// What signing adds to a query, in every version; further ones that change nothing about a read.
const HARMLESS: [&str; 12] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-Content-Sha256",
    // Old versions of the SDK for JavaScript moved it into the query.
    "X-Amz-User-Agent",
    "x-amz-checksum-mode",
    "AWSAccessKeyId",
    "Signature",
];

/// Judges the query of a link; returns the overrides that it asks for.
///
/// # Errors
/// Why it is to be left as it is.
pub(super) fn judge(link: &Link) -> Result<Overrides, Left> {
    let query = Query::parse(Some(link.query())).map_err(|_| Left::Ambiguous)?;
    let v4 = query.get("X-Amz-Signature");
    let v2 = query.get("AWSAccessKeyId");
    let is_hexadecimal = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (v4, v2) {
        (Some(signature), None) => {
            let named = query.get("X-Amz-Credential").is_some() && query.get("X-Amz-Date").is_some();
            if !named || !is_hexadecimal(signature) {
                return Err(Left::Signature);
            }
        }
        (None, Some(_)) => {
            let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            // An HMAC-SHA1 in Base64.
            let is_signature = |text: &str| text.len() == 28 && text.ends_with('=');
            if !query.get("Signature").is_some_and(is_signature) || !query.get("Expires").is_some_and(is_number) {
                return Err(Left::Signature);
            }
        }
        (Some(_), Some(_)) => return Err(Left::Ambiguous),
        // Its name stands in a value: the URL around it is not presigned.
        (None, None) => return Err(Left::Nested),
    }
    for (name, value) in query.pairs() {
        let harmless = HARMLESS.iter().any(|known| known.eq_ignore_ascii_case(name))
            || (name == "Expires" && v2.is_some())
            || (name == "x-id" && matches!(value, "GetObject" | "HeadObject"))
            || Overrides::knows(name);
        if !harmless {
            return Err(Left::NotForReading);
        }
    }
    if link.is_mixed() || link.is_end_unsure() {
        return Err(Left::Ambiguous);
    }
    Ok(Overrides::signed(&query))
}
