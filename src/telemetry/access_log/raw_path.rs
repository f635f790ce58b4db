//! What the access log knows of a request's target: its path, never its query, which may hold signatures (rule 9).

use http::Uri;
use http::uri::PathAndQuery;
use std::fmt;
use std::ops::Deref;

/// A raw path for the log: whatever was received, the query left out. Reads as a `&str`. Cheap to make and to clone: it
/// shares the buffer that the head was read into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawPath(Option<PathAndQuery>);

impl RawPath {
    /// Takes a target as received; one that has no path, such as `example.com:443`, reads as nothing.
    #[must_use]
    pub fn of(target: Uri) -> Self {
        Self(target.into_parts().path_and_query)
    }
}

impl Deref for RawPath {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_ref().map_or("", PathAndQuery::path)
    }
}

impl fmt::Display for RawPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_9_a_path_has_no_query() {
        let path = |target: &'static str| RawPath::of(Uri::from_static(target)).to_string();
        assert_eq!(path("/a/b%20c?X-Amz-Signature=CANARY"), "/a/b%20c");
        assert_eq!(path("http://h/a?CANARY"), "/a");
        assert_eq!(path("example.com:443"), "");
    }
}
