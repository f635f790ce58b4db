//! What of the origin's response head goes on. Rule 16: an allow-list, never a copy with holes.
//!
//! `Set-Cookie`, `Location`, CORS fields and every `x-amz-*` stop here. A field that the origin sent twice says nothing
//! certain and is treated as absent, `Cache-Control` and `Content-Encoding` excepted, which are lists.

use super::content_range::{ContentRange, digits};
use super::entity_tag::{EntityTag, EntityTags};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::time::SystemTime;

/// The allow-listed fields of an origin's response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginHead {
    /// `Content-Type` as stored.
    pub content_type: Option<HeaderValue>,
    /// `Content-Length` in bytes: of the part for a partial answer.
    pub content_length: Option<u64>,
    /// `Content-Range`, for 206 and 416.
    pub content_range: Option<ContentRange>,
    /// `Content-Encoding` as stored, without `aws-chunked`, which was only the upload's.
    pub content_encoding: Option<HeaderValue>,
    /// `Content-Language` as stored.
    pub content_language: Option<HeaderValue>,
    /// `Content-Disposition` as stored.
    pub content_disposition: Option<HeaderValue>,
    /// `Last-Modified`, a valid date.
    pub last_modified: Option<HeaderValue>,
    /// `Accept-Ranges`, when it is `bytes`.
    pub accept_ranges: Option<HeaderValue>,
    /// `Cache-Control` as stored.
    pub cache_control: Option<HeaderValue>,
    /// `Expires` as stored.
    pub expires: Option<HeaderValue>,
    etag: Option<EntityTag>,
    modified_at: Option<SystemTime>,
}

impl OriginHead {
    /// Takes the origin's header fields.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut head = Self::default();
        // One look at all fields costs less than a look-up for each of the list. Those of one name follow one another.
        let mut fields = headers.iter().peekable();
        while let Some((name, value)) = fields.next() {
            let mut is_single = true;
            while fields.next_if(|(next, _)| *next == name).is_some() {
                is_single = false;
            }
            head.take(headers, name, Some(value).filter(|_| is_single));
        }
        head
    }

    /// Takes the field of this name; its `value`, where it stands there once.
    fn take(&mut self, headers: &HeaderMap, name: &HeaderName, value: Option<&HeaderValue>) {
        match name.as_str() {
            "content-type" => self.content_type = value.filter(|value| !value.is_empty()).cloned(),
            "content-length" => self.content_length = value.and_then(number),
            "content-range" => self.content_range = value.and_then(ContentRange::parse),
            "content-encoding" => self.content_encoding = content_encoding(headers),
            "content-language" => self.content_language = value.cloned(),
            "content-disposition" => self.content_disposition = value.filter(|value| !value.is_empty()).cloned(),
            "last-modified" => {
                self.modified_at = value.and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok());
                self.last_modified = value.filter(|_| self.modified_at.is_some()).cloned();
            }
            "accept-ranges" => {
                let is_bytes = |value: &&HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"bytes");
                self.accept_ranges = value.filter(is_bytes).cloned();
            }
            "cache-control" => self.cache_control = joined(headers, CACHE_CONTROL, |_| true),
            "expires" => self.expires = value.cloned(),
            "etag" => self.etag = value.and_then(EntityTag::parse),
            _ => {}
        }
    }

    /// Completes the head of a 304 that came without its entity tag, as radosgw's does: RFC 9110 §15.4.5 wants it there,
    /// and where the client named one tag, that is the one which matched.
    pub(super) fn complete_not_modified(&mut self, asked: Option<&EntityTags>) {
        if self.etag.is_none() {
            self.etag = asked.and_then(EntityTags::only).cloned();
        }
    }

    /// The head of an object that is kept whole: parts of it can be had.
    #[must_use]
    pub(super) fn kept(self) -> Self {
        Self {
            content_range: None,
            accept_ranges: Some(HeaderValue::from_static("bytes")),
            ..self.detached()
        }
    }

    /// The same fields in memory of their own. As they come, they are slices of the buffer that the connection read them into,
    /// with KiB of bodies around them, and hold all of it. Here they lie side by side with one count of users: each answer takes all.
    fn detached(self) -> Self {
        let of = |value: &Option<HeaderValue>| value.as_ref().map_or(&[][..], HeaderValue::as_bytes).to_vec();
        let values = [
            of(&self.content_type),
            of(&self.etag().cloned()),
            of(&self.last_modified),
            of(&self.cache_control),
            of(&self.expires),
            of(&self.content_encoding),
            of(&self.content_language),
            of(&self.content_disposition),
        ];
        let mut rest = Bytes::from(values.concat());
        // In the order of the list.
        let mut own = |value: HeaderValue| {
            let own = rest.split_to(value.len());
            HeaderValue::from_maybe_shared(own).unwrap_or(value)
        };
        Self {
            content_type: self.content_type.map(&mut own),
            etag: self.etag.map(|tag| tag.moved(&mut own)),
            last_modified: self.last_modified.map(&mut own),
            cache_control: self.cache_control.map(&mut own),
            expires: self.expires.map(&mut own),
            content_encoding: self.content_encoding.map(&mut own),
            content_language: self.content_language.map(&mut own),
            content_disposition: self.content_disposition.map(&mut own),
            content_length: self.content_length,
            content_range: self.content_range,
            accept_ranges: self.accept_ranges.map(|_| HeaderValue::from_static("bytes")),
            modified_at: self.modified_at,
        }
    }

    /// The head of a part of the object.
    pub(super) fn of_part(&self, range: ContentRange) -> Self {
        Self {
            content_length: range.part_length(),
            content_range: Some(range),
            ..self.clone()
        }
    }

    /// The same head after a 304 of `newer`, which tells anew what has changed beside the bytes. RFC 9111 §3.2.
    pub(super) fn updated(&self, newer: &Self) -> Self {
        let or = |newer: &Option<HeaderValue>, own: &Option<HeaderValue>| newer.as_ref().or(own.as_ref()).cloned();
        Self {
            content_type: or(&newer.content_type, &self.content_type),
            content_language: or(&newer.content_language, &self.content_language),
            content_disposition: or(&newer.content_disposition, &self.content_disposition),
            last_modified: or(&newer.last_modified, &self.last_modified),
            modified_at: newer.modified_at.or(self.modified_at),
            cache_control: or(&newer.cache_control, &self.cache_control),
            expires: or(&newer.expires, &self.expires),
            ..self.clone()
        }
        .detached()
    }

    /// Returns the bytes that its fields take.
    pub(super) fn weigh(&self) -> usize {
        let values = [
            &self.content_type,
            &self.content_encoding,
            &self.content_language,
            &self.content_disposition,
            &self.last_modified,
            &self.cache_control,
            &self.expires,
        ];
        let values: usize = values.into_iter().flatten().map(HeaderValue::len).sum();
        let tag = self.etag().map_or(0, HeaderValue::len);
        size_of::<Self>().saturating_add(values).saturating_add(tag)
    }

    /// `ETag`, a valid one.
    #[must_use]
    pub fn etag(&self) -> Option<&HeaderValue> {
        self.etag.as_ref().map(EntityTag::as_value)
    }

    /// The parsed `ETag`.
    #[must_use]
    pub fn entity_tag(&self) -> Option<&EntityTag> {
        self.etag.as_ref()
    }

    /// `Last-Modified`, parsed.
    #[must_use]
    pub fn modified_at(&self) -> Option<SystemTime> {
        self.modified_at
    }
}

/// `Content-Length`, where it stands there once.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    single(headers, CONTENT_LENGTH).and_then(number)
}

fn single(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next()?;
    lines.next().is_none().then_some(first)
}

fn joined(headers: &HeaderMap, name: HeaderName, keep: fn(&str) -> bool) -> Option<HeaderValue> {
    let mut kept = String::new();
    for line in headers.get_all(name) {
        for part in line.to_str().ok()?.split(',').map(str::trim) {
            if !part.is_empty() && keep(part) {
                if !kept.is_empty() {
                    kept.push_str(", ");
                }
                kept.push_str(part);
            }
        }
    }
    (!kept.is_empty()).then(|| HeaderValue::try_from(kept).ok()).flatten()
}

fn content_encoding(headers: &HeaderMap) -> Option<HeaderValue> {
    joined(headers, CONTENT_ENCODING, |coding| {
        !coding.eq_ignore_ascii_case("aws-chunked") && !coding.eq_ignore_ascii_case("identity")
    })
}

fn number(value: &HeaderValue) -> Option<u64> {
    digits(value.to_str().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(fields: &[(&'static str, &'static str)]) -> OriginHead {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        OriginHead::from_headers(&headers)
    }

    #[test]
    fn only_the_list_goes_on() {
        let bare = head(&[
            ("set-cookie", "a=b"),
            ("location", "http://elsewhere/"),
            ("access-control-allow-origin", "*"),
            ("x-amz-meta-owner", "me"),
            ("server", "AmazonS3"),
        ]);
        assert_eq!(bare, OriginHead::default());
    }

    #[test]
    fn what_is_kept_says_what_came() {
        let came = head(&[
            ("expires", "Sun, 01 Nov 2026 12:00:09 GMT"),
            ("cache-control", "max-age=9"),
            ("content-disposition", "inline"),
            ("content-encoding", "gzip"),
            ("content-language", "de"),
            ("content-length", "4"),
            ("content-type", "image/png"),
            ("etag", "W/\"a\""),
            ("last-modified", "Sun, 01 Nov 2026 12:00:00 GMT"),
            ("accept-ranges", "bytes"),
        ]);
        assert_eq!(came.clone().kept(), came);
        let few = head(&[("content-language", "de"), ("accept-ranges", "bytes")]);
        assert_eq!(few.clone().kept(), few);
    }

    #[test]
    fn the_upload_coding_of_aws_never_goes_on() {
        for (stored, expected) in [
            ("aws-chunked", None),
            ("AWS-Chunked,", None),
            ("aws-chunked, gzip", Some("gzip")),
            ("gzip,aws-chunked", Some("gzip")),
            ("br", Some("br")),
            ("identity", None),
        ] {
            let value = head(&[("content-encoding", stored)]).content_encoding;
            assert_eq!(value, expected.map(HeaderValue::from_static), "{stored}");
        }
    }

    #[test]
    fn what_came_twice_is_absent_but_lists_are_joined() {
        let twice = head(&[
            ("content-type", "text/html"),
            ("content-type", "image/png"),
            ("etag", "\"a\""),
            ("etag", "\"b\""),
            ("cache-control", "max-age=5"),
            ("cache-control", "public"),
        ]);
        assert_eq!(twice.content_type, None);
        assert_eq!(twice.etag(), None);
        assert_eq!(twice.cache_control.unwrap(), "max-age=5, public");
    }

    #[test]
    fn malformed_validators_are_absent() {
        let bad = head(&[("etag", "abc"), ("last-modified", "soon"), ("accept-ranges", "none")]);
        assert_eq!(bad, OriginHead::default());
    }
}
