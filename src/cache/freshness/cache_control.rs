//! The `Cache-Control` field of an answer. RFC 9111 §5.2.2, RFC 5861.
//!
//! All its lines are one list (RFC 9110 §5.3), names in any case, arguments bare or quoted. Unknown directives are passed
//! over (§5.2.3). Where a directive comes twice the shortest value counts, and a value that can't be read counts as zero:
//! RFC 9111 §4.2.1 asks for the first value or for none at all, and the shortest is never longer than the first.

use super::NotStored;
use super::dates::delta_seconds;
use http::HeaderMap;
use http::header::CACHE_CONTROL;
use std::time::Duration;

/// How far a stored answer may be used without asking the origin; the later, the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reuse {
    /// While it is fresh, and stale where the route says so.
    FreshOrStale,
    /// While it is fresh, never stale: `must-revalidate`, `proxy-revalidate`, and `s-maxage`, which means the latter too
    /// (RFC 9111 §4.2.4, §5.2.2.10). A `stale-while-revalidate` beside them loses: of two directives in conflict the
    /// stricter one counts (§4.2.1).
    FreshOnly,
    /// Never: `no-cache`, also when it names single fields, and what can't be read.
    OnceRevalidated,
}

/// What the directives say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CacheControl {
    storing: Result<(), NotStored>,
    reuse: Reuse,
    s_maxage: Option<Duration>,
    max_age: Option<Duration>,
    stale_while_revalidate: Option<Duration>,
    stale_if_error: Option<Duration>,
}

impl CacheControl {
    /// Reads all lines of the field; `None` when they hold no directive.
    pub(super) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut told = None;
        for line in headers.get_all(CACHE_CONTROL) {
            read_line(line.as_bytes(), &mut told);
        }
        told
    }

    /// Returns what forbids to keep the answer, as an error.
    pub(super) fn may_store(&self) -> Result<(), NotStored> {
        self.storing
    }

    /// Returns how far it may be used.
    pub(super) fn reuse(&self) -> Reuse {
        self.reuse
    }

    /// Returns the freshness lifetime for a shared cache.
    pub(super) fn lifetime(&self) -> Option<Duration> {
        self.s_maxage.or(self.max_age)
    }

    /// Returns the window of RFC 5861 §3.
    pub(super) fn stale_while_revalidate(&self) -> Option<Duration> {
        self.stale_while_revalidate
    }

    /// Returns the window of RFC 5861 §4.
    pub(super) fn stale_if_error(&self) -> Option<Duration> {
        self.stale_if_error
    }

    const fn silent() -> Self {
        Self {
            storing: Ok(()),
            reuse: Reuse::FreshOrStale,
            s_maxage: None,
            max_age: None,
            stale_while_revalidate: None,
            stale_if_error: None,
        }
    }

    fn apply(&mut self, directive: &Directive<'_>) {
        let is = |name: &str| directive.name.eq_ignore_ascii_case(name.as_bytes());
        if directive.syntax == Syntax::Broken {
            self.limit(Reuse::OnceRevalidated);
        }
        // Of the arguments only numbers matter: `private="x"` and `no-cache="x"` are taken for the whole answer, which
        // §5.2.2.4 and §5.2.2.7 allow.
        if is("no-store") {
            self.storing = Err(NotStored::NoStore);
        } else if is("private") {
            self.storing = self.storing.and(Err(NotStored::Private));
        } else if is("no-cache") {
            self.limit(Reuse::OnceRevalidated);
        } else if is("must-revalidate") || is("proxy-revalidate") {
            self.limit(Reuse::FreshOnly);
        } else if is("s-maxage") {
            self.limit(Reuse::FreshOnly);
            shorten(&mut self.s_maxage, directive.argument);
        } else if is("max-age") {
            shorten(&mut self.max_age, directive.argument);
        } else if is("stale-while-revalidate") {
            shorten(&mut self.stale_while_revalidate, directive.argument);
        } else if is("stale-if-error") {
            shorten(&mut self.stale_if_error, directive.argument);
        }
    }

    fn limit(&mut self, to: Reuse) {
        self.reuse = self.reuse.max(to);
    }
}

fn shorten(value: &mut Option<Duration>, argument: Option<&[u8]>) {
    let told = argument.and_then(|bytes| delta_seconds(unquoted(bytes)));
    let told = told.unwrap_or(Duration::ZERO);
    *value = Some(value.map_or(told, |before| before.min(told)));
}

fn read_line(line: &[u8], told: &mut Option<CacheControl>) {
    let end = line.iter().fold(Quote::Outside, |quote, &byte| quote.after(byte));
    let mut quote = Quote::Outside;
    // A quote that nobody closes would hide all that follows: then commas part everywhere, and the member that holds the
    // quote is a broken one.
    let members = line.split(|&byte| {
        quote = quote.after(byte);
        byte == b',' && (quote == Quote::Outside || end != Quote::Outside)
    });
    for member in members {
        let member = member.trim_ascii();
        if member.is_empty() {
            continue;
        }
        told.get_or_insert(CacheControl::silent())
            .apply(&Directive::parse(member));
    }
}

/// Where in a list a byte stands. RFC 9110 §5.6.4.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Outside,
    Inside,
    Escaped,
}

impl Quote {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Outside, b'"') | (Self::Escaped, _) => Self::Inside,
            (Self::Inside, b'\\') => Self::Escaped,
            (Self::Inside, b'"') => Self::Outside,
            (same, _) => same,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Sound,
    Broken,
}

/// One member of the list: a token, and perhaps `=` with a token or a quoted string.
struct Directive<'a> {
    name: &'a [u8],
    argument: Option<&'a [u8]>,
    syntax: Syntax,
}

impl<'a> Directive<'a> {
    /// Takes a member without the blanks around it. Of a broken one the name still counts, up to where it breaks, so that
    /// `no-store; max-age=0` is not kept.
    fn parse(member: &'a [u8]) -> Self {
        let at = member.iter().position(|&byte| !is_tchar(byte));
        let (name, rest) = member
            .split_at_checked(at.unwrap_or(member.len()))
            .unwrap_or((member, &[]));
        let argument = rest.strip_prefix(b"=");
        let sound = !name.is_empty() && argument.map_or(rest.is_empty(), is_argument);
        Self {
            name,
            argument,
            syntax: if sound { Syntax::Sound } else { Syntax::Broken },
        }
    }
}

fn is_argument(bytes: &[u8]) -> bool {
    let is_token = !bytes.is_empty() && bytes.iter().all(|&byte| is_tchar(byte));
    is_token || is_quoted(bytes)
}

fn is_quoted(bytes: &[u8]) -> bool {
    let mut quote = Quote::Outside;
    let mut outside = 0_usize;
    for &byte in bytes {
        quote = quote.after(byte);
        outside = outside.saturating_add(usize::from(quote == Quote::Outside));
    }
    // One byte leaves it outside: the quote that closes, and that is the last.
    outside == 1 && quote == Quote::Outside && bytes.first() == Some(&b'"')
}

fn unquoted(bytes: &[u8]) -> &[u8] {
    let inner = bytes.strip_prefix(b"\"").and_then(|bytes| bytes.strip_suffix(b"\""));
    inner.unwrap_or(bytes)
}

/// RFC 9110 §5.6.2.
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
