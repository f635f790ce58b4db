//! `Cache-Control` of streamed answers. RFC 9111 §5.2.2; rule 22: what is not public is `private`.

use super::headers::{NO_STORE, PRIVATE};
use crate::access::Audience;
use http::HeaderValue;

/// Directives that keep their meaning when an answer becomes private. `public`, `s-maxage` and `proxy-revalidate` speak
/// to shared caches; an unknown directive might.
const KEPT: &[&str] = &[
    "immutable",
    "max-age",
    "must-revalidate",
    "no-cache",
    "no-transform",
    "stale-if-error",
    "stale-while-revalidate",
];

/// Takes the route's or the origin's `Cache-Control` and returns what `audience` may be told.
pub(super) fn for_audience(value: Option<&HeaderValue>, audience: Audience) -> Option<HeaderValue> {
    match audience {
        Audience::Public => value.cloned(),
        Audience::Private => Some(value.map_or(PRIVATE, made_private)),
    }
}

fn made_private(value: &HeaderValue) -> HeaderValue {
    let Ok(text) = value.to_str() else {
        return NO_STORE;
    };
    let mut private = String::from("private");
    for directive in text.split(',').map(str::trim) {
        let name = directive.split('=').next().unwrap_or_default().trim();
        if name.eq_ignore_ascii_case("no-store") {
            return NO_STORE;
        }
        // A quoted list of field names may hold commas; those directives are not taken apart but left out.
        if KEPT.iter().any(|kept| kept.eq_ignore_ascii_case(name)) && !directive.contains('"') {
            private.push_str(", ");
            private.push_str(directive);
        }
    }
    HeaderValue::try_from(private).unwrap_or(PRIVATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_22_what_is_not_public_is_private() {
        for (stored, told) in [
            ("public, max-age=300", "private, max-age=300"),
            ("max-age=300, s-maxage=900", "private, max-age=300"),
            ("s-maxage=900, proxy-revalidate", "private"),
            ("PUBLIC , Max-Age=5 ,immutable", "private, Max-Age=5, immutable"),
            ("public, no-store", "no-store"),
            ("private=\"x-a, public\", max-age=1", "private, max-age=1"),
            ("surrogate-thing", "private"),
            ("", "private"),
        ] {
            let value = HeaderValue::from_static(stored);
            assert_eq!(for_audience(Some(&value), Audience::Private).unwrap(), told, "{stored}");
            assert_eq!(for_audience(Some(&value), Audience::Public).unwrap(), stored);
        }
        assert_eq!(for_audience(None, Audience::Private).unwrap(), "private");
        assert_eq!(for_audience(None, Audience::Public), None);
    }
}
