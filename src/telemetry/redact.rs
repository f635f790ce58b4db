//! Takes secrets out of text that is going to be logged (rule 9). RFC 9110 §11.4; AWS "Authenticating requests".
//!
//! The last line of defence: nothing should put a signature into a message, but libraries print URLs and headers in
//! their errors. Access key ids stay: they are public and tell whose link it was.

use super::text::padded;
use memchr::{memchr2, memchr3};
use std::borrow::Cow;

/// What stands in the place of a secret.
const REDACTED: &str = "[redacted]";

/// Ends of names whose values are secret, lower case: `X-Amz-Signature`, `Signature`, `X-Amz-Security-Token`,
/// `SecretAccessKey`, `AWS_SESSION_TOKEN`, `IdentityToken`…
const SECRET_NAMES: [&str; 9] = [
    "signature",
    "token",
    "secretaccesskey",
    "secret_access_key",
    "secret-access-key",
    "aws_secret_key",
    "awssecretkey",
    "password",
    "authorization",
];

/// Schemes of an `Authorization` value whose credentials are one secret word.
const SECRET_SCHEMES: [&str; 2] = ["bearer", "basic"];

/// Returns `text` with the value of every secret parameter, header field, JSON member or XML element replaced by `[redacted]`.
///
/// A value goes from its `=`, `:`, `>` or `%3D` up to a delimiter of queries, headers, JSON, XML and prose. Names are matched in
/// any case, by their end.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    // Most texts hold nothing that could stand between a name and a value.
    let separated = memchr3(b'=', b':', b'%', bytes).is_some() || memchr2(b'>', b' ', bytes).is_some();
    if !separated || !may_hold_a_secret(bytes) {
        return Cow::Borrowed(text);
    }
    let mut out: Option<String> = None;
    let (mut copied, mut at) = (0, 0);
    let separator = |byte: &u8| is_separator(*byte) || *byte == b' ';
    while let Some(step) = bytes.get(at..).and_then(|rest| rest.iter().position(separator)) {
        at += step;
        let Some(start) = secret_value(bytes, at) else {
            at += 1;
            continue;
        };
        let end = value_end(bytes, start);
        // What is redacted already stays as it is.
        if end > start && text.get(start..).is_some_and(|value| !value.starts_with(REDACTED)) {
            let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
            out.push_str(text.get(copied..start).unwrap_or_default());
            out.push_str(REDACTED);
            copied = end;
        }
        at = end.max(at + 1);
    }
    match out {
        Some(mut out) => {
            out.push_str(text.get(copied..).unwrap_or_default());
            Cow::Owned(out)
        }
        None => Cow::Borrowed(text),
    }
}

/// Whether a separator follows what could end a secret name or a scheme: without that there is nothing to look for. Sixteen
/// bytes at a time, without a way out half way: vector instructions.
fn may_hold_a_secret(text: &[u8]) -> bool {
    let separators = text.get(1..).unwrap_or_default();
    let before = text.get(..separators.len()).unwrap_or_default();
    let (before, before_rest) = before.as_chunks();
    let (separators, separators_rest) = separators.as_chunks();
    let any = |(before, separators): (&[u8; 16], &[u8; 16])| {
        let pairs = before.iter().zip(separators);
        pairs.fold(false, |found, (before, separator)| {
            found | may_tell_a_secret(*before, *separator)
        })
    };
    before.iter().zip(separators).any(any) || any((&padded(before_rest), &padded(separators_rest)))
}

/// Whether these two bytes may be the last of a name or a scheme, and what stands between it and a value.
#[allow(
    clippy::needless_bitwise_bool,
    reason = "without branches it becomes vector instructions"
)]
fn may_tell_a_secret(before: u8, separator: u8) -> bool {
    (is_separator(separator) & may_end_a_name(before)) | ((separator == b' ') & may_end_a_scheme(before))
}

/// What stands between a name and its value.
#[allow(
    clippy::needless_bitwise_bool,
    reason = "without branches these become vector instructions"
)]
fn is_separator(byte: u8) -> bool {
    (byte == b'=') | (byte == b':') | (byte == b'>') | (byte == b'%')
}

/// Whether one of [`SECRET_NAMES`] ends in this letter, or it may stand between a name and its separator.
#[allow(
    clippy::needless_bitwise_bool,
    reason = "without branches these become vector instructions"
)]
fn may_end_a_name(byte: u8) -> bool {
    let lower = byte | 0x20;
    let ends = (lower == b'd') | (lower == b'e') | (lower == b'n') | (lower == b'y');
    ends | (byte == b' ') | (byte == b'"') | (byte == b'\'') | (byte == b'\\')
}

/// Whether one of [`SECRET_SCHEMES`] ends in this letter.
#[allow(
    clippy::needless_bitwise_bool,
    reason = "without branches these become vector instructions"
)]
fn may_end_a_scheme(byte: u8) -> bool {
    let lower = byte | 0x20;
    (lower == b'r') | (lower == b'c')
}

/// Where the secret starts when a separator behind a secret name stands at `at`.
fn secret_value(bytes: &[u8], at: usize) -> Option<usize> {
    let before = *bytes.get(at.checked_sub(1)?)?;
    let rest = bytes.get(at..)?;
    let separator = match rest {
        [b' ', ..] => return (may_end_a_scheme(before) && scheme_before(bytes, at)).then_some(at + 1),
        _ if !may_end_a_name(before) => return None,
        [b'=' | b':' | b'>', ..] => 1,
        [b'%', b'3', b'd' | b'D', ..] => 3,
        [b'%', b'2', b'5', b'3', b'd' | b'D', ..] => 5,
        _ => return None,
    };
    let mut name_end = at;
    while name_end > 0 && matches!(bytes.get(name_end - 1), Some(b' ' | b'"' | b'\'' | b'\\')) {
        name_end -= 1;
    }
    let name = bytes.get(..name_end)?;
    let named = SECRET_NAMES.iter().any(|secret| ends_with(name, secret));
    if !named {
        return None;
    }
    let mut start = at + separator;
    while matches!(bytes.get(start), Some(b' ' | b'"' | b'\'' | b'\\')) {
        start += 1;
    }
    // `Authorization: AWS4-HMAC-SHA256 Credential=…, Signature=…` and `Bearer …`: the word is a scheme, what follows is
    // judged by itself.
    let scheme = bytes.get(start..value_end(bytes, start))?;
    let is_scheme = scheme.starts_with(b"AWS4-")
        || SECRET_SCHEMES
            .iter()
            .any(|word| scheme.eq_ignore_ascii_case(word.as_bytes()));
    (!is_scheme).then_some(start)
}

fn scheme_before(bytes: &[u8], at: usize) -> bool {
    let word = bytes.get(..at).unwrap_or_default();
    SECRET_SCHEMES.iter().any(|scheme| {
        let before = word
            .len()
            .checked_sub(scheme.len() + 1)
            .and_then(|place| word.get(place));
        ends_with(word, scheme) && !before.is_some_and(u8::is_ascii_alphanumeric)
    })
}

fn ends_with(text: &[u8], lower: &str) -> bool {
    let tail = text.len().checked_sub(lower.len()).and_then(|from| text.get(from..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(lower.as_bytes()))
}

/// Where a value ends: at a delimiter, or at a `%26` (an `&` in a URL inside a URL).
fn value_end(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    let ends = |(at, byte): (usize, &u8)| match byte {
        b'%' => rest
            .get(at + 1..)
            .is_some_and(|next| next.starts_with(b"26") || next.starts_with(b"2526")),
        byte => byte.is_ascii_control() || b"& \"'<>,;)]}\\#".contains(byte),
    };
    start + rest.iter().enumerate().position(ends).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn signatures_and_tokens_go_key_ids_stay() {
        let url = "https://b.s3/k?X-Amz-Credential=AKIAX%2F20261122%2Fus-east-1&X-Amz-Signature=abc123&X-Amz-Security-Token=F%2Bo%3D&x=1";
        assert_eq!(
            redact(url),
            "https://b.s3/k?X-Amz-Credential=AKIAX%2F20261122%2Fus-east-1&X-Amz-Signature=[redacted]&X-Amz-Security-Token=[redacted]&x=1"
        );
        assert_eq!(
            redact("/b/k?AWSAccessKeyId=AKIA&Signature=a/b=&Expires=1"),
            "/b/k?AWSAccessKeyId=AKIA&Signature=[redacted]&Expires=1"
        );
        assert_eq!(
            redact("Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=host, Signature=00ff"),
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=host, Signature=[redacted]"
        );
        assert_eq!(
            redact("authorization: Bearer a.b.c done"),
            "authorization: Bearer [redacted] done"
        );
        assert_eq!(
            redact(r#"{"SecretAccessKey" : "s/e+c", "Token":"tok=="}"#),
            r#"{"SecretAccessKey" : "[redacted]", "Token":"[redacted]"}"#
        );
        assert_eq!(
            redact("<SecretAccessKey>s/e+c</SecretAccessKey><Expiration>1</Expiration>"),
            "<SecretAccessKey>[redacted]</SecretAccessKey><Expiration>1</Expiration>"
        );
        assert_eq!(
            redact(r#"\"x-amz-signature\":\"s\""#),
            r#"\"x-amz-signature\":\"[redacted]\""#
        );
        assert_eq!(
            redact("?next=%2Fk%3FX-Amz-Signature%3Dab%26y%3D1"),
            "?next=%2Fk%3FX-Amz-Signature%3D[redacted]%26y%3D1"
        );
    }

    #[test]
    fn every_secret_name_and_scheme_ends_as_the_quick_look_expects() {
        let last = |word: &&str| word.bytes().last().unwrap();
        assert!(SECRET_NAMES.iter().map(last).all(may_end_a_name));
        assert!(SECRET_SCHEMES.iter().map(last).all(may_end_a_scheme));
    }

    #[test]
    fn every_separator_is_looked_for_before_anything_else() {
        for separator in (0..=127u8).filter(|byte| is_separator(*byte) || *byte == b' ') {
            let value = if separator == b'%' { "3DCANARY" } else { "CANARY" };
            let name = if separator == b' ' { "bearer" } else { "token" };
            let text = format!("{name}{}{value}", char::from(separator));
            assert!(!redact(&text).contains("CANARY"), "{text}");
        }
    }

    #[test]
    fn what_holds_no_secret_is_not_copied() {
        for text in [
            "",
            "GET /avatars/ü.png",
            "SignatureDoesNotMatch: no",
            "a=b&c=d",
            "forebearer of news",
            "signature=",
        ] {
            assert!(matches!(redact(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    fn any_case(name: &'static str) -> impl Strategy<Value = String> {
        proptest::collection::vec(any::<bool>(), name.len()).prop_map(move |upper| {
            let letters = name.chars().zip(upper);
            letters
                .map(|(c, up)| if up { c.to_ascii_uppercase() } else { c })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn no_canary_survives(
            before in ".{0,40}",
            name in prop_oneof![
                any_case("x-amz-signature"), any_case("x-amz-security-token"), any_case("signature"),
                any_case("aws_session_token"), any_case("secretaccesskey"), any_case("password"),
            ],
            separator in prop_oneof![
                Just("="), Just("%3D"), Just("%3d"), Just("%253D"),
                Just(">"), Just(": "), Just("\":\""), Just("\\\":\\\""), Just(" = ")
            ],
            canary in "[A-Za-z0-9+/%_.~-]{0,10}CANARY[A-Za-z0-9+/=]{0,20}",
            after in "([& \",;].{0,40})?",
        ) {
            prop_assume!(!canary.contains("%26") && !canary.contains("%2526"));
            let text = format!("{before}{name}{separator}{canary}{after}");
            let clean = redact(&text).into_owned();
            prop_assert!(!clean.contains("CANARY"), "{clean}");
            prop_assert_eq!(redact(&clean).into_owned(), clean.clone(), "redacting twice changes nothing");
        }

        #[test]
        fn any_text_goes_through(text in ".*") {
            let _ = redact(&text);
        }
    }
}
