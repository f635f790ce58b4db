//! What a stored object may do in a browser. Rule 17, DESIGN §4.8: user bytes are hostile.
//!
//! Shown inline: raster images, audio, video and plain text; an SVG in a sandbox that runs nothing. Everything else is
//! an attachment, and scripts and styles lose their type, since a page takes those from an attachment too: stored at
//! the app's own origin they would get past its `script-src 'self'`. All of it with `nosniff`, so the type must be right: where the origin knows none (uploads of
//! LibreChat and of many others carry none), the key's extension tells, images first.

use super::headers::{NOSNIFF, SVG_POLICY};
use crate::config::InlinePolicy;
use crate::fetch::OriginHead;
use crate::resolve::{Download, FileName};
use crate::s3::ObjectKey;
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue};
use mime_guess::{Mime, MimeGuess, mime};

/// Types that may be shown, in the spelling that is sent.
const INLINE: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/apng",
    "image/bmp",
    "image/heic",
    "image/heif",
    "image/jxl",
    "image/tiff",
    "image/x-icon",
    "image/vnd.microsoft.icon",
    "audio/aac",
    "audio/flac",
    "audio/m4a",
    "audio/midi",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/opus",
    "audio/wav",
    "audio/webm",
    "audio/x-wav",
    "video/mp4",
    "video/mpeg",
    "video/ogg",
    "video/quicktime",
    "video/webm",
    "video/x-matroska",
    "text/plain",
];
/// What a page runs or applies whatever the disposition says, once the type is right (WHATWG MIME Sniffing §4.6).
const ACTIVE: &[&str] = &[
    "application/ecmascript",
    "application/javascript",
    "application/x-ecmascript",
    "application/x-javascript",
    "text/css",
    "text/ecmascript",
    "text/javascript",
    "text/javascript1.0",
    "text/javascript1.1",
    "text/javascript1.2",
    "text/javascript1.3",
    "text/javascript1.4",
    "text/javascript1.5",
    "text/jscript",
    "text/livescript",
    "text/x-ecmascript",
    "text/x-javascript",
];
const SVG: &str = "image/svg+xml";
const PDF: &str = "application/pdf";
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const UNKNOWN: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// How one object is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    Inline,
    Sandboxed,
    Attached,
    AsStored,
}

/// Writes `Content-Type`, `Content-Disposition`, the policy of an SVG, and `nosniff`.
pub(super) fn write(
    headers: &mut HeaderMap,
    origin: &OriginHead,
    key: &ObjectKey,
    policy: InlinePolicy,
    download: Option<&Download>,
) {
    let (content_type, show) = judge(origin.content_type.as_ref(), key, policy);
    if let Some(disposition) = disposition(origin, key, show, download) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    if show == Show::Sandboxed {
        headers.insert(CONTENT_SECURITY_POLICY, SVG_POLICY);
    }
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
}

/// What is said of the type, and what follows from it.
fn judge(stored: Option<&HeaderValue>, key: &ObjectKey, policy: InlinePolicy) -> (HeaderValue, Show) {
    // Nearly always it is one of the list, letter by letter, and then nothing more need be known of it.
    let safe = stored.and_then(|stored| INLINE.iter().find(|safe| safe.as_bytes() == stored.as_bytes()));
    if let Some(safe) = safe {
        let show = match policy {
            InlinePolicy::All => Show::AsStored,
            InlinePolicy::Safe => Show::Inline,
        };
        return (with_charset(HeaderValue::from_static(safe)), show);
    }
    let content_type = match stored.filter(|value| is_known(value)) {
        Some(stored) if policy == InlinePolicy::Safe && is_active(stored) => UNKNOWN,
        Some(stored) => with_charset(stored.clone()),
        None => guess(key, policy),
    };
    let show = show(&content_type, policy);
    (content_type, show)
}

fn show(content_type: &HeaderValue, policy: InlinePolicy) -> Show {
    match (policy, essence(content_type)) {
        (InlinePolicy::All, _) => Show::AsStored,
        (InlinePolicy::Safe, Some(essence)) if INLINE.iter().any(|safe| safe.eq_ignore_ascii_case(essence)) => {
            Show::Inline
        }
        (InlinePolicy::Safe, Some(essence)) if essence.eq_ignore_ascii_case(SVG) => Show::Sandboxed,
        (InlinePolicy::Safe, _) => Show::Attached,
    }
}

fn disposition(origin: &OriginHead, key: &ObjectKey, show: Show, download: Option<&Download>) -> Option<HeaderValue> {
    if let Some(download) = download {
        return Some(download.file_name(key.as_str()).attachment_value());
    }
    let stored = origin.content_disposition.as_ref();
    match show {
        Show::AsStored | Show::Inline | Show::Sandboxed => stored.cloned(),
        // The uploader's own name for the attachment is kept; anything but an attachment is not.
        Show::Attached => Some(
            stored
                .filter(|value| is_attachment(value))
                .cloned()
                .unwrap_or_else(|| FileName::of(key.as_str()).attachment_value()),
        ),
    }
}

fn is_attachment(value: &HeaderValue) -> bool {
    let kind = value.as_bytes().split(|&b| b == b';').next().unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(b"attachment")
}

/// The part of a type before its parameters; `None` when it is not one valid type.
fn essence(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?;
    // Browsers take the last of several types in one field; a reader that takes the first must not be fooled.
    if text.contains(',') {
        return None;
    }
    let essence = text.split(';').next()?.trim();
    let token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    let (kind, sub) = essence.split_once('/')?;
    (token(kind) && token(sub)).then_some(essence)
}

fn is_known(value: &HeaderValue) -> bool {
    essence(value).is_some_and(|essence| {
        !["application/octet-stream", "binary/octet-stream"]
            .iter()
            .any(|unknown| unknown.eq_ignore_ascii_case(essence))
    })
}

fn is_active(value: &HeaderValue) -> bool {
    essence(value).is_some_and(|essence| ACTIVE.iter().any(|active| active.eq_ignore_ascii_case(essence)))
}

/// Without a charset browsers guess one, from hostile bytes.
fn with_charset(value: HeaderValue) -> HeaderValue {
    let plain = value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"text/plain");
    if plain { TEXT } else { value }
}

/// The type by the key's extension. A guess never makes bytes more powerful than the policy lets them be: a page or a
/// script that was stored without a type stays without one.
fn guess(key: &ObjectKey, policy: InlinePolicy) -> HeaderValue {
    let Some((_, extension)) = key.as_str().rsplit('/').next().unwrap_or_default().rsplit_once('.') else {
        return UNKNOWN;
    };
    let guesses = MimeGuess::from_ext(extension);
    let image = guesses.iter().find(|mime| mime.type_() == mime::IMAGE);
    let fine = |mime: &Mime| {
        let essence = mime.essence_str();
        policy == InlinePolicy::All || INLINE.contains(&essence) || essence == SVG || essence == PDF
    };
    image
        .or_else(|| guesses.first())
        .filter(fine)
        .and_then(|mime| HeaderValue::from_str(mime.essence_str()).ok())
        .map_or(UNKNOWN, with_charset)
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
