//! `Cache-Control` values: RFC 9111 §5.2, `1#cache-directive`.

use crate::config::report::Wrong;
use crate::config::text::Text;
use http::HeaderValue;

/// Reads a `Cache-Control` value.
///
/// # Errors
/// When it could not stand in a header field, or is no list of directives.
pub(super) fn cache_control(text: &Text) -> Result<HeaderValue, Wrong> {
    let wrong = || {
        Wrong::new(
            format!("{} is not a Cache-Control value", text.shown()),
            "write directives with commas between them: public, max-age=300",
        )
    };
    let written = text.as_str().trim();
    if written.is_empty() || !written.split(',').all(|part| is_directive(part.trim())) {
        return Err(wrong());
    }
    HeaderValue::from_str(written).map_err(|_| wrong())
}

/// `token [ "=" ( token / quoted-string ) ]`; a quoted string with a comma in it is not needed by any directive of use here.
fn is_directive(directive: &str) -> bool {
    match directive.split_once('=') {
        None => is_token(directive),
        Some((name @ ("max-age" | "s-maxage" | "stale-while-revalidate" | "stale-if-error"), seconds)) => {
            !name.is_empty() && !seconds.is_empty() && seconds.bytes().all(|b| b.is_ascii_digit())
        }
        Some((name, value)) => {
            let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            is_token(name) && is_token(inner.unwrap_or(value))
        }
    }
}

fn is_token(text: &str) -> bool {
    let is_tchar = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(is_tchar)
}
