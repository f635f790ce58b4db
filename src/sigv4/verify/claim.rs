//! Which forms of a signature a request claims to bear. Rule 6.
//!
//! Claims are found leniently, so that nothing which another reader would take for a signature passes for unsigned; what
//! is claimed is then read strictly.

use super::PresentedError;
use crate::s3::raw_parameters;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// What version 4 adds to a query. The first three make a claim; the others mean nothing by themselves.
const V4_PARAMETERS: [&str; 8] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Content-Sha256",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-SignedHeaders",
];
const V4_CLAIM: usize = 3;

/// What version 2 adds to a query; the first makes a claim. `Signature` and `Expires` alone are other people's words
/// (CloudFront's, for one).
pub(super) const V2_PARAMETERS: [&str; 4] = ["AWSAccessKeyId", "Signature", "Expires", "x-amz-security-token"];

/// The one form that is claimed.
pub(super) enum Claim<'a> {
    /// An `Authorization` header, its whole value.
    Header(&'a str),
    /// Version 4 in the query.
    V4Query,
    /// Version 2 in the query.
    V2Query,
}

impl<'a> Claim<'a> {
    /// Finds the form, by the decoded names of the query; `None` when there is none. A foreign `Authorization` (`Bearer`,
    /// `Basic`) is none.
    pub(super) fn of<'b>(
        names: impl Iterator<Item = &'b str> + Clone,
        headers: &'a HeaderMap,
    ) -> Result<Option<Self>, PresentedError> {
        let header = in_header(headers)?;
        let [v4, v4_any, v2] = in_query(names.clone());
        match (header, v4, v2) {
            (None, false, false) => Ok(None),
            (Some(_), false, false) if v4_any => Err(PresentedError::Ambiguous),
            (Some(value), false, false) => Ok(Some(Self::Header(value))),
            (None, true, false) => Ok(Some(Self::V4Query)),
            (None, false, true) if v4_any_but_token(names) => Err(PresentedError::Ambiguous),
            (None, false, true) => Ok(Some(Self::V2Query)),
            _ => Err(PresentedError::Ambiguous),
        }
    }

    /// The same for a raw query that can't be decoded.
    pub(super) fn of_raw(query: &str, headers: &'a HeaderMap) -> Result<Option<Self>, PresentedError> {
        let names: Vec<_> = names(query).collect();
        Self::of(names.iter().map(AsRef::as_ref), headers)
    }
}

/// The value of an `Authorization` header in AWS's form.
fn in_header(headers: &HeaderMap) -> Result<Option<&str>, PresentedError> {
    let mut claimed = None;
    let mut fields = 0;
    for value in headers.get_all(AUTHORIZATION) {
        fields += 1;
        if value
            .as_bytes()
            .get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"AWS"))
        {
            claimed = Some(value.to_str().map_err(|_| PresentedError::Authorization)?);
        }
    }
    if claimed.is_some() && fields > 1 {
        return Err(PresentedError::Ambiguous);
    }
    Ok(claimed)
}

fn names(query: &str) -> impl Iterator<Item = Cow<'_, str>> {
    raw_parameters(query).map(|(name, _)| {
        if name.contains('%') {
            percent_decode_str(name).decode_utf8_lossy()
        } else {
            name.into()
        }
    })
}

/// Whether the query claims version 4, holds anything of version 4, claims version 2.
fn in_query<'a>(names: impl Iterator<Item = &'a str>) -> [bool; 3] {
    let mut found = [false; 3];
    for name in names {
        // Most names are of another length.
        if let Some(place) = V4_PARAMETERS.iter().position(|known| known.eq_ignore_ascii_case(name)) {
            found[0] |= place < V4_CLAIM;
            found[1] = true;
        }
        found[2] |= name.eq_ignore_ascii_case(V2_PARAMETERS[0]);
    }
    found
}

/// Whether the query holds anything of version 4 that version 2 does not have: both carry a token.
fn v4_any_but_token<'a>(mut names: impl Iterator<Item = &'a str>) -> bool {
    names.any(|name| {
        !name.eq_ignore_ascii_case("x-amz-security-token")
            && V4_PARAMETERS.iter().any(|known| known.eq_ignore_ascii_case(name))
    })
}
