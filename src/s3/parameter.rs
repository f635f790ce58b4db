//! What one query parameter of a request to S3 is for. AWS "Authenticating requests: using query parameters".

/// What a query parameter is for, told by its name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// What signing added: it ends at the door.
    Signing,
    /// What an SDK says of itself (`x-id`), which no server goes by: it ends at the door, too.
    Hint,
    /// A header field that a client moved into the query before it presigned it; the field's name in lower case.
    Field(String),
    /// An argument of the operation, such as `prefix` or `versionId`.
    Plain,
}

/// What signing adds, in any case. `X-Amz-User-Agent` is not signing's, but is moved into the query beside it.
const SIGNING: [&str; 9] = [
    "x-amz-algorithm",
    "x-amz-content-sha256",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
    "x-amz-user-agent",
];
/// What version 2 adds.
const SIGNING_V2: [&str; 3] = ["AWSAccessKeyId", "Expires", "Signature"];

impl Parameter {
    /// Takes the decoded name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        if name == "x-id" {
            return Self::Hint;
        }
        if SIGNING_V2.contains(&name) {
            return Self::Signing;
        }
        let is_field = name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"));
        if !is_field {
            return Self::Plain;
        }
        if SIGNING.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            Self::Signing
        } else {
            Self::Field(name.to_ascii_lowercase())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_told_apart_by_name() {
        for signing in [
            "X-Amz-Signature",
            "x-amz-signature",
            "X-AMZ-EXPIRES",
            "Signature",
            "Expires",
        ] {
            assert_eq!(Parameter::of(signing), Parameter::Signing, "{signing}");
        }
        assert_eq!(Parameter::of("x-id"), Parameter::Hint);
        for (name, field) in [
            ("x-amz-acl", "x-amz-acl"),
            ("X-Amz-Meta-Ä", "x-amz-meta-Ä"),
            ("x-amz-", "x-amz-"),
        ] {
            assert_eq!(Parameter::of(name), Parameter::Field(field.to_owned()));
        }
        for plain in [
            "",
            "acl",
            "expires",
            "signature",
            "versionId",
            "x-amz",
            "x-idx",
            "ääääää",
        ] {
            assert_eq!(Parameter::of(plain), Parameter::Plain, "{plain}");
        }
    }
}
