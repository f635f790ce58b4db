//! What a call of the purge API says. Read strictly: a misspelt field must not purge something else.

use crate::admin::api::list;
use crate::s3::{KeyError, KeyPrefix, ObjectKey};
use serde::{Deserialize, Deserializer};

/// What is to be forgotten.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// A bucket by its id in the configuration, or by its name at the origin.
    pub(super) bucket: String,
    pub(super) what: What,
}

/// Single objects, or all below a prefix.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum What {
    Keys(Vec<ObjectKey>),
    Prefix(KeyPrefix),
}

/// Why a body is no call.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("It names both `keys` and `prefix`, or neither; name one of the two.")]
    NotOne,
    #[error("`keys[{place}]`, counted from 0, can't be the key of an object: {error}. Nothing was purged.")]
    Key { place: usize, error: KeyError },
    #[error("`prefix` can't be purged: {0}. It is empty for the whole bucket, or ends in '/'. Nothing was purged.")]
    Prefix(KeyError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object of `bucket`, and `keys` or `prefix`")]
struct Written {
    bucket: String,
    #[serde(default, deserialize_with = "keys")]
    keys: Option<Vec<String>>,
    prefix: Option<String>,
}

fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    list::bounded(deserializer, "keys").map(Some)
}

impl Call {
    /// Reads a body.
    pub(super) fn parse(body: &[u8]) -> Result<Self, CallError> {
        let written: Written = serde_json::from_slice(body)?;
        let what = match (written.keys, written.prefix) {
            (Some(keys), None) => What::Keys(parse_keys(&keys)?),
            (None, Some(prefix)) => What::Prefix(KeyPrefix::parse(&prefix).map_err(CallError::Prefix)?),
            _ => return Err(CallError::NotOne),
        };
        Ok(Self {
            bucket: written.bucket,
            what,
        })
    }
}

fn parse_keys(keys: &[String]) -> Result<Vec<ObjectKey>, CallError> {
    let parse = |(place, key): (usize, &String)| ObjectKey::parse(key).map_err(|error| CallError::Key { place, error });
    keys.iter().enumerate().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_names_keys_or_a_prefix() {
        let call = Call::parse(br#"{"bucket":"files","keys":["a\/b","\u00fc"]}"#).unwrap();
        let keys = ["a/b", "ü"].map(|key| ObjectKey::parse(key).unwrap());
        assert_eq!((&*call.bucket, call.what), ("files", What::Keys(keys.into())));
        for prefix in ["", "images/", "a//"] {
            let call = Call::parse(format!(r#"{{"prefix":"{prefix}","bucket":"b"}}"#).as_bytes()).unwrap();
            assert_eq!(call.what, What::Prefix(KeyPrefix::parse(prefix).unwrap()));
        }
    }

    #[test]
    fn what_is_no_call_is_told_so() {
        let long = format!(r#"{{"bucket":"b","keys":["{}"]}}"#, "a".repeat(1_025));
        for (body, said) in [
            ("", "EOF"),
            ("[]", "expected an object of `bucket`"),
            (r#"{"keys":[]}"#, "missing field `bucket`"),
            (r#"{"bucket":"b"}"#, "or neither"),
            (r#"{"bucket":"b","keys":[],"prefix":""}"#, "both"),
            (r#"{"bucket":"b","keys":[],"keys":[]}"#, "duplicate field"),
            (r#"{"bucket":"b","key":"a"}"#, "unknown field `key`"),
            (r#"{"bucket":"b","keys":"a"}"#, "a list of at most 1,000 keys"),
            (r#"{"bucket":"b","keys":null}"#, "a list of at most 1,000 keys"),
            (
                r#"{"bucket":"b","keys":["a","b","c/../d"]}"#,
                "`keys[2]`, counted from 0,",
            ),
            (r#"{"bucket":"b","keys":[""]}"#, "an empty key"),
            (r#"{"bucket":"b","keys":["a\u0000"]}"#, "a control byte"),
            (&long, "more than 1,024 bytes"),
            (r#"{"bucket":"b","prefix":"images"}"#, "does not end in '/'"),
            (r#"{"bucket":"b","prefix":"../"}"#, "'.' or '..' segment"),
        ] {
            let error = Call::parse(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{body}: {error}");
        }
    }
}
