//! `?download`: the one parameter of a stable path, and the name that a saved file gets. RFC 6266, RFC 8187 (once
//! 5987); rules 5 and 17. Asked for here, written into the redirect's URL or by `respond/` into a stream's head.

use crate::s3::raw_parameters;
use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::fmt::Write;

/// RFC 8187's `attr-char`, beside letters and digits.
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// File systems stop at 255 bytes, and browsers add to the name (" (1)").
const LONGEST_NAME: usize = 200;

/// A name that is safe to save under: no path, no control or direction-turning character, at most 200 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(Box<str>);

impl FileName {
    /// Takes any text, such as a key or what a client asks for: what stands behind its last `/` or `\` is kept, what no
    /// file may be named is replaced. A name of which nothing is left becomes `download`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let last = text
            .trim_end_matches(['/', '\\'])
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default();
        let safe: String = last.chars().filter_map(safe).collect();
        let safe = shorten(safe.trim().trim_start_matches('.'));
        if safe.is_empty() {
            Self("download".into())
        } else {
            Self(safe.into())
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `attachment` under this name, as a header or a `response-content-disposition` says it.
    #[must_use]
    pub fn attachment(&self) -> String {
        let plain = |c: char| c.is_ascii() && c != '%';
        // `filename` for old readers, where `%` would be decoded by some and quoting rules differ; `filename*` is exact.
        let fallback: String = self.0.chars().map(|c| if plain(c) { c } else { '_' }).collect();
        let mut value = format!("attachment; filename=\"{fallback}\"");
        if *fallback != *self.0 {
            let exact = utf8_percent_encode(&self.0, NOT_ATTR_CHAR);
            // Writing to a String cannot fail.
            let _ = write!(value, "; filename*=UTF-8''{exact}");
        }
        value
    }

    /// [`FileName::attachment`] as a header value.
    #[must_use]
    pub fn attachment_value(&self) -> HeaderValue {
        HeaderValue::try_from(self.attachment()).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
    }
}

fn safe(c: char) -> Option<char> {
    match c {
        // Turns the reading direction, so that `gpj.exe` could show as `exe.jpg`; or can't be seen at all.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}' => None,
        _ if c.is_control() => None,
        '"' | '*' | ':' | '<' | '>' | '?' | '|' | '/' | '\\' => Some('_'),
        _ => Some(c),
    }
}

/// Cuts at a character's border and keeps a short extension.
fn shorten(name: &str) -> String {
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 16 => (stem, extension),
        _ => (name, ""),
    };
    let room = LONGEST_NAME.saturating_sub(extension.len()).saturating_sub(1);
    let mut end = room.min(stem.len());
    while !stem.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    let stem = stem.get(..end).unwrap_or_default();
    if extension.is_empty() {
        stem.to_owned()
    } else {
        format!("{stem}.{extension}")
    }
}

/// Why the query of a stable path is refused: 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    /// `download` stands there twice, in whatever spelling (rule 5).
    #[error("the query holds 'download' more than once")]
    Duplicate,
    /// A `%` in `download` that is not followed by two hexadecimal digits, or bytes that are not UTF-8.
    #[error("the name to download under is not valid percent-encoded UTF-8")]
    BadEncoding,
}

/// The reader asks to save the object: `?download`, or `?download=name.pdf`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    name: Option<FileName>,
}

impl Download {
    /// Reads the query of a stable path, without its `?`.
    ///
    /// `download` is the only parameter that a stable path takes. Any other is ignored: pages append `?v=3` or
    /// `?t=123` to avatars to get past caches, and refusing those would break pictures. An ignored parameter is never
    /// forwarded, is no part of any key, and never names a version or an override (rule 5).
    ///
    /// # Errors
    /// [`DownloadError`] when `download` is there twice or its value can't be decoded.
    pub fn parse(query: Option<&str>) -> Result<Option<Self>, DownloadError> {
        let mut found = None;
        for (name, value) in query.into_iter().flat_map(raw_parameters) {
            // A name that can't be decoded is not `download`.
            if !decode(name).is_ok_and(|name| name.eq_ignore_ascii_case("download")) {
                continue;
            }
            if found.is_some() {
                return Err(DownloadError::Duplicate);
            }
            let value = decode(value)?;
            found = Some(Self {
                name: (!value.is_empty()).then(|| FileName::of(&value)),
            });
        }
        Ok(found)
    }

    /// The name to save under: the one asked for, or the key's own.
    #[must_use]
    pub fn file_name(&self, key: &str) -> FileName {
        self.name.clone().unwrap_or_else(|| FileName::of(key))
    }
}

/// Decodes as forms do, where `+` is a space.
fn decode(text: &str) -> Result<String, DownloadError> {
    let spaced = text.replace('+', " ");
    let mut rest = spaced.as_bytes();
    while let Some(at) = rest.iter().position(|&b| b == b'%') {
        rest = match rest.get(at..) {
            Some([b'%', a, b, tail @ ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => tail,
            _ => return Err(DownloadError::BadEncoding),
        };
    }
    percent_decode_str(&spaced)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| DownloadError::BadEncoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_come_from_the_last_segment() {
        for (key, name) in [
            ("images/u42.png", "u42.png"),
            ("a/b/", "b"),
            ("a\\..\\evil.exe", "evil.exe"),
            ("/", "download"),
            ("...", "download"),
            (".htaccess", "htaccess"),
            ("a/we\"ird?.txt", "we_ird_.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("line\nbreak.txt", "linebreak.txt"),
        ] {
            assert_eq!(FileName::of(key).as_str(), name, "{key:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = FileName::of(&format!("{}.pdf", "é".repeat(300)));
        assert!(name.as_str().len() <= LONGEST_NAME);
        assert!(name.as_str().ends_with("é.pdf"));
        assert_eq!(FileName::of(&"x".repeat(500)).as_str().len(), LONGEST_NAME - 1);
    }

    #[test]
    fn the_exact_name_is_added_where_ascii_is_not_enough() {
        assert_eq!(
            FileName::of("plain name.pdf").attachment(),
            "attachment; filename=\"plain name.pdf\""
        );
        assert_eq!(
            FileName::of("naïve 100%.pdf").attachment(),
            "attachment; filename=\"na_ve 100_.pdf\"; filename*=UTF-8''na%C3%AFve%20100%25.pdf"
        );
    }

    #[test]
    fn download_is_read_and_everything_else_ignored() {
        let name = |query| {
            Download::parse(Some(query))
                .map(|found| found.map(|download| download.file_name("k/own.png").as_str().to_owned()))
        };
        for (query, expected) in [
            ("download", Some("own.png")),
            ("download=", Some("own.png")),
            ("v=3&download=a%20b.pdf&manual=true", Some("a b.pdf")),
            ("download=a+b.pdf", Some("a b.pdf")),
            ("%64ownload=x", Some("x")),
            ("download=..%2F..%2Fetc%2Fpasswd", Some("passwd")),
            ("v=3", None),
            ("t=%zz&manual=true", None),
            ("", None),
            ("&&", None),
            ("versionId=7&response-content-type=text/html", None),
        ] {
            assert_eq!(name(query), Ok(expected.map(str::to_owned)), "{query}");
        }
        for duplicate in ["download&download", "download=a&DOWNLOAD=b", "download&down%6Coad"] {
            assert_eq!(name(duplicate), Err(DownloadError::Duplicate), "{duplicate}");
        }
        for bad in ["download=%", "download=%f", "download=%zz", "download=%ff"] {
            assert_eq!(name(bad), Err(DownloadError::BadEncoding), "{bad}");
        }
        assert_eq!(Download::parse(None), Ok(None));
    }

    proptest! {
        #[test]
        fn every_name_makes_a_header_that_no_quote_can_leave(text in any::<String>()) {
            let name = FileName::of(&text);
            prop_assert!(!name.as_str().is_empty() && name.as_str().len() <= LONGEST_NAME);
            let value = name.attachment();
            prop_assert!(HeaderValue::try_from(&*value).is_ok());
            prop_assert_eq!(value.matches('"').count(), 2);
            prop_assert!(!value.contains('\\'));
        }

        #[test]
        fn no_query_panics(query in any::<String>()) {
            let _ = Download::parse(Some(&query));
        }
    }
}
