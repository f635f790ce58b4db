//! What a link asks for, by its query: that it is presigned, for reading one object, and with which overrides. Nothing is
//! verified, since nothing is opened: whoever follows the replacement is judged anew.

use super::link::Link;
use super::tally::Left;
use crate::resolve::Overrides;
use crate::s3::Query;

/// What a parameter is, by its name.
#[derive(Clone, Copy)]
enum Parameter {
    V4Signature,
    V4Credential,
    V4Date,
    V2Key,
    V2Signature,
    V2Expires,
    /// `x-id`: the operation.
    Operation,
    /// Part of the signature, or of no consequence; told apart by a number.
    Harmless(u8),
}

impl Parameter {
    /// Knows a name as signers write it.
    fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"X-Amz-Signature" => Self::V4Signature,
            b"X-Amz-Credential" => Self::V4Credential,
            b"X-Amz-Date" => Self::V4Date,
            b"AWSAccessKeyId" => Self::V2Key,
            b"Signature" => Self::V2Signature,
            b"Expires" => Self::V2Expires,
            b"x-id" => Self::Operation,
            b"X-Amz-Algorithm" => Self::Harmless(0),
            b"X-Amz-Expires" => Self::Harmless(1),
            b"X-Amz-SignedHeaders" => Self::Harmless(2),
            b"X-Amz-Security-Token" | b"x-amz-security-token" => Self::Harmless(3),
            b"X-Amz-Content-Sha256" => Self::Harmless(4),
            b"x-amz-checksum-mode" => Self::Harmless(5),
            // Old versions of the SDK for JavaScript moved the user agent into the query.
            b"X-Amz-User-Agent" => Self::Harmless(6),
            _ => return None,
        })
    }

    /// A bit of its own.
    fn bit(self) -> u32 {
        1 << match self {
            Self::V4Signature => 0,
            Self::V4Credential => 1,
            Self::V4Date => 2,
            Self::V2Key => 3,
            Self::V2Signature => 4,
            Self::V2Expires => 5,
            Self::Operation => 6,
            Self::Harmless(number) => 7 + u32::from(number),
        }
    }
}

/// What all parameters together say.
#[derive(Default)]
struct Proof<'a> {
    /// The bits of those that are there.
    seen: u32,
    v4: &'a [u8],
    v2: &'a [u8],
    v2_expires: &'a [u8],
    has_others: bool,
}

impl<'a> Proof<'a> {
    fn take(&mut self, parameter: Parameter, value: &'a [u8]) {
        self.seen |= parameter.bit();
        match parameter {
            Parameter::V4Signature => self.v4 = value,
            Parameter::V2Signature => self.v2 = value,
            Parameter::V2Expires => self.v2_expires = value,
            Parameter::Operation => self.has_others |= !matches!(value, b"GetObject" | b"HeadObject"),
            Parameter::V4Credential | Parameter::V4Date | Parameter::V2Key | Parameter::Harmless(_) => {}
        }
    }

    fn has(&self, parameter: Parameter) -> bool {
        self.seen & parameter.bit() != 0
    }

    /// Judges the signature by its form.
    fn judge(&self) -> Result<(), Left> {
        use Parameter::{V2Expires, V2Key, V2Signature, V4Credential, V4Date, V4Signature};
        let is_hexadecimal = |text: &[u8]| text.len() == 64 && text.iter().all(u8::is_ascii_hexdigit);
        let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        // An HMAC-SHA1 in Base64, encoded once more.
        let is_base64 =
            |text: &[u8]| (28..=3 * 28).contains(&text.len()) && (text.ends_with(b"=") || text.ends_with(b"%3D"));
        let is_signature = match (self.has(V4Signature), self.has(V2Key)) {
            (true, false) => self.has(V4Credential) && self.has(V4Date) && is_hexadecimal(self.v4),
            (false, true) => is_base64(self.v2) && is_number(self.v2_expires),
            (true, true) => return Err(Left::Ambiguous),
            // Its name stands in a value: the URL around it is not presigned.
            (false, false) => return Err(Left::Nested),
        };
        let has_stray = !self.has(V2Key) && (self.has(V2Signature) || self.has(V2Expires));
        if !is_signature {
            Err(Left::Signature)
        } else if self.has_others || has_stray {
            Err(Left::NotForReading)
        } else {
            Ok(())
        }
    }
}

/// Judges the query of a link; returns the overrides that it asks for.
///
/// # Errors
/// Why it is to be left as it is.
pub(super) fn judge(link: &Link) -> Result<Overrides, Left> {
    let mut proof = Proof::default();
    let mut is_plain = true;
    for (name, value) in link.parameters() {
        match Parameter::of(name) {
            Some(parameter) if !proof.has(parameter) => proof.take(parameter, value),
            _ => {
                is_plain = false;
                break;
            }
        }
    }
    // Nearly every URL is of known parameters alone, and then none of their values needs to be decoded.
    if is_plain {
        proof.judge()?;
        return sure(link).map(|()| Overrides::default());
    }
    let query = Query::parse(Some(link.query())).map_err(|_| Left::Ambiguous)?;
    let mut proof = Proof::default();
    for (name, value) in query.pairs() {
        match Parameter::of(name.as_bytes()) {
            Some(parameter) => proof.take(parameter, value.as_bytes()),
            None => proof.has_others |= !Overrides::knows(name),
        }
    }
    proof.judge()?;
    sure(link).map(|()| Overrides::signed(&query))
}

fn sure(link: &Link) -> Result<(), Left> {
    if link.is_mixed() || link.is_end_unsure() {
        return Err(Left::Ambiguous);
    }
    Ok(())
}
