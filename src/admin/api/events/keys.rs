//! How keys in events can be read. AWS "Event message structure": the key is URL-encoded, with `+` for a blank.
//!
//! AWS's own notifications and MinIO's are written so (MinIO encodes `/` too); Ceph's and EventBridge's hold the key as it is; others
//! leave `+` alone. A message does not say which, so that every reading counts: what is forgotten in vain is fetched
//! once more, what is not forgotten stays wrong.

use crate::s3::ObjectKey;
use percent_encoding::percent_decode_str;

/// The keys that `written` may stand for, each once; none that no object of the gateway can have.
pub(super) fn readings(written: &str) -> Vec<ObjectKey> {
    let decoded = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
    let spellings = [
        Some(written.to_owned()),
        decoded(&written.replace('+', " ")),
        decoded(written),
    ];
    let mut keys: Vec<ObjectKey> = Vec::new();
    for spelling in spellings.into_iter().flatten() {
        if let Ok(key) = ObjectKey::parse(&spelling)
            && !keys.contains(&key)
        {
            keys.push(key);
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reading_of_a_key_counts() {
        for (written, keys) in [
            ("a/b.png", &["a/b.png"][..]),
            ("a%2Fb.png", &["a%2Fb.png", "a/b.png"]),
            ("a+b.png", &["a+b.png", "a b.png"]),
            ("a+b%2B.png", &["a+b%2B.png", "a b+.png", "a+b+.png"]),
            ("%C3%BC.png", &["%C3%BC.png", "ü.png"]),
            ("ü.png", &["ü.png"]),
            // Not encoded, whatever it looks like: what can't be decoded stays as it is.
            ("50%.png", &["50%.png"]),
            ("%FF.png", &["%FF.png"]),
            // No key that the gateway would serve under one reading.
            ("a%00", &["a%00"]),
            ("%2E%2E/a", &["%2E%2E/a"]),
            ("../a", &[]),
            ("", &[]),
        ] {
            let read = readings(written);
            let read: Vec<_> = read.iter().map(ObjectKey::as_str).collect();
            assert_eq!(read, keys, "{written}");
        }
        assert!(readings(&"a".repeat(4_000)).is_empty());
    }
}
