//! Conditions and ranges, judged by RFC 9110 §13.2.2 and §14 as the test reads them; it shares no code with the gateway.

use std::fmt::Write;

/// What a request says beside its target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    pub head: bool,
    /// What stands behind `bytes=`.
    pub range: Option<String>,
    pub if_range: Option<String>,
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
    pub if_modified_since: Option<String>,
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Missing,
    Whole,
    /// From where up to where, the end not included.
    Part(usize, usize),
    NotModified,
    Failed,
    Unsatisfiable,
}

impl Answer {
    pub fn status(self) -> u16 {
        match self {
            Self::Missing => 404,
            Self::Whole => 200,
            Self::Part(..) => 206,
            Self::NotModified => 304,
            Self::Failed => 412,
            Self::Unsatisfiable => 416,
        }
    }

    /// `Content-Range` of an object of `length` bytes.
    pub fn content_range(self, length: usize) -> Option<String> {
        match self {
            Self::Part(first, end) => Some(format!("bytes {first}-{}/{length}", end - 1)),
            Self::Unsatisfiable => Some(format!("bytes */{length}")),
            _ => None,
        }
    }
}

impl Conditions {
    /// Reads a request's fields, whose names are in lower case.
    pub fn from_fields<'a>(head: bool, field: impl Fn(&str) -> Option<&'a str>) -> Self {
        let own = |name| field(name).map(str::to_owned);
        Self {
            head,
            range: field("range").and_then(|range| Some(range.strip_prefix("bytes=")?.to_owned())),
            if_range: own("if-range"),
            if_match: own("if-match"),
            if_none_match: own("if-none-match"),
            if_modified_since: own("if-modified-since"),
        }
    }

    /// Writes them into a request's head.
    pub fn write(&self, head: &mut String) {
        for (name, value) in [
            ("If-Range", &self.if_range),
            ("If-Match", &self.if_match),
            ("If-None-Match", &self.if_none_match),
            ("If-Modified-Since", &self.if_modified_since),
        ] {
            if let Some(value) = value {
                write!(head, "{name}: {value}\r\n").unwrap();
            }
        }
        if let Some(range) = &self.range {
            write!(head, "Range: bytes={range}\r\n").unwrap();
        }
    }

    /// Judges them on an object.
    pub fn judge(&self, etag: &str, modified: &str, length: usize) -> Answer {
        let named = |list: &str| list == "*" || list.split(", ").any(|one| one == etag);
        if self.if_match.as_deref().is_some_and(|list| !named(list)) {
            return Answer::Failed;
        }
        match (self.if_none_match.as_deref(), self.if_modified_since.as_deref()) {
            (Some(list), _) if named(list) => return Answer::NotModified,
            (None, Some(date)) if at(modified) <= at(date) => return Answer::NotModified,
            _ => {}
        }
        let guarded = self.if_range.as_deref().is_some_and(|tag| tag != etag);
        match &self.range {
            Some(range) if !self.head && !guarded => part(range, length),
            _ => Answer::Whole,
        }
    }
}

fn at(date: &str) -> std::time::SystemTime {
    httpdate::parse_http_date(date).unwrap()
}

fn part(range: &str, length: usize) -> Answer {
    // Several at once are not given (RFC 9110 §14.2 leaves that open).
    let Some((first, last)) = range.split_once('-').filter(|_| !range.contains(',')) else {
        return Answer::Whole;
    };
    let (first, end) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) => (first, (last + 1).min(length)),
        (Ok(first), Err(_)) => (first, length),
        (Err(_), Ok(suffix)) => (length.saturating_sub(suffix), length),
        (Err(_), Err(_)) => return Answer::Whole,
    };
    if first < end {
        Answer::Part(first, end)
    } else {
        Answer::Unsatisfiable
    }
}
