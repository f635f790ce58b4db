//! `x-amz-copy-source`: the second object that a copy is about. AWS "CopyObject"; rules 1, 2 and 15.

use super::{DecodedPath, ObjectKey};

/// What a copy reads, as the client named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyFrom {
    /// The bucket as the client calls it.
    pub bucket: Box<str>,
    /// The object.
    pub key: ObjectKey,
    /// Its version, where one is named.
    pub version_id: Option<Box<str>>,
}

/// Why a copy source is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyFromError {
    /// It is not `/bucket/key` or `bucket/key`, percent-encoded, with or without `?versionId=`.
    #[error("the copy source is not written as bucket/key")]
    Malformed,
    /// It names an access point, which is no bucket of the gateway.
    #[error("the copy source is an access point")]
    AccessPoint,
}

impl CopyFrom {
    /// Takes the header's value. It is decoded once, and then divided: some clients encode the slash behind the bucket,
    /// too. `+` is a plus sign, as in every key here.
    ///
    /// # Errors
    /// [`CopyFromError`]
    pub fn parse(value: &str) -> Result<Self, CopyFromError> {
        if value.starts_with("arn:") {
            return Err(CopyFromError::AccessPoint);
        }
        let (path, version_id) = match value.split_once('?') {
            Some((path, query)) => {
                let id = query.strip_prefix("versionId=").ok_or(CopyFromError::Malformed)?;
                (path, Some(version(id)?))
            }
            None => (value, None),
        };
        let absolute = format!("/{path}");
        let decoded = DecodedPath::decode(&absolute).map_err(|_| CopyFromError::Malformed)?;
        let decoded = decoded.as_str().get(1..).unwrap_or_default();
        let decoded = decoded.strip_prefix('/').unwrap_or(decoded);
        let (bucket, key) = decoded.split_once('/').ok_or(CopyFromError::Malformed)?;
        Ok(Self {
            bucket: bucket.into(),
            key: ObjectKey::parse(key).map_err(|_| CopyFromError::Malformed)?,
            version_id,
        })
    }
}

/// Version ids are opaque, but every origin makes them of characters that need no encoding.
fn version(id: &str) -> Result<Box<str>, CopyFromError> {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if (1..=1024).contains(&id.len()) && id.bytes().all(fine) {
        Ok(id.into())
    } else {
        Err(CopyFromError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<(String, String, Option<String>), CopyFromError> {
        CopyFrom::parse(value).map(|from| {
            let version = from.version_id.map(Into::into);
            (from.bucket.into(), from.key.as_str().to_owned(), version)
        })
    }

    #[test]
    fn every_spelling_of_real_clients_is_one_object() {
        for (value, bucket, key, version) in [
            ("/files/a/b", "files", "a/b", None),
            ("files/a/b", "files", "a/b", None),
            ("files%2Fa%2Fb", "files", "a/b", None),
            ("%2Ffiles/a%20b", "files", "a b", None),
            ("files/a+b%2Bc", "files", "a+b+c", None),
            ("files/a b", "files", "a b", None),
            ("files/\u{e9}", "files", "\u{e9}", None),
            ("files//a", "files", "/a", None),
            ("files/a%3Fb", "files", "a?b", None),
            ("files/a?versionId=x.y-Z_1", "files", "a", Some("x.y-Z_1")),
            ("files/a%3FversionId=x", "files", "a?versionId=x", None),
        ] {
            let expected = (bucket.to_owned(), key.to_owned(), version.map(str::to_owned));
            assert_eq!(read(value), Ok(expected), "{value}");
        }
    }

    #[test]
    fn rule_2_what_could_be_read_in_two_ways_is_refused() {
        for value in [
            "",
            "/",
            "files",
            "files/",
            "/files/",
            "files/../other/k",
            "files/%2e%2e/k",
            "files/a?b",
            "files/a?versionId=",
            "files/a?versionId=x&y=z",
            "files/a?versionId=x%2F",
            "files/a?partNumber=1",
            "files/a#b",
            "files/%zz",
            "files/a%00",
            "files/%ff",
        ] {
            assert_eq!(read(value), Err(CopyFromError::Malformed), "{value}");
        }
        let point = "arn:aws:s3:us-east-1:123456789012:accesspoint/p/object/k";
        assert_eq!(read(point), Err(CopyFromError::AccessPoint));
    }
}
