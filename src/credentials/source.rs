//! What renewal asks for credentials: the chain, or a script in a test.

use crate::sigv4::Credential;
use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Where credentials are loaded from. Nothing is cached here; [`super::start_source`] decides when to ask.
pub trait Source: Send + Sync + 'static {
    /// Returns a credential with its expiry as issued.
    ///
    /// The caller sets a deadline and drops the future at its end.
    fn load(&self) -> impl Future<Output = Result<Loaded, SourceError>> + Send;

    /// How often a credential without an end is asked for again, since it may have been replaced; `None` for never.
    fn look_again(&self) -> Option<Duration> {
        None
    }
}

/// What a source gave.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The credential.
    pub credential: Credential,
    /// Who gave it, in words for the operator: `instance metadata`.
    pub provider: Cow<'static, str>,
}

/// Why a source gave no credential: one sentence, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(Arc<str>);

/// The longest sentence kept of what a source says.
const LONGEST: usize = 400;

impl SourceError {
    /// Says `sentence`, cut to 400 bytes.
    #[must_use]
    pub fn new(sentence: &str) -> Self {
        let cut = sentence.floor_char_boundary(LONGEST);
        Self(sentence.get(..cut).unwrap_or_default().into())
    }

    /// Says what `error` and its causes display, outermost first. `Debug` is left out: it shows whole requests.
    #[must_use]
    pub fn of(error: &dyn Error) -> Self {
        let mut sentence = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause
            && sentence.len() < LONGEST
        {
            let words = inner.to_string();
            if !sentence.ends_with(&words) {
                sentence.push_str(": ");
                sentence.push_str(&words);
            }
            cause = inner.source();
        }
        Self::new(&sentence)
    }

    /// The sentence.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_outermost_first_and_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("could not ask STS")]
        struct Outer(#[source] std::io::Error);

        let error = Outer(std::io::Error::other("connection refused"));
        assert_eq!(
            SourceError::of(&error).as_str(),
            "could not ask STS: connection refused"
        );
    }

    #[test]
    fn a_long_sentence_is_cut_between_characters() {
        assert!(SourceError::new(&"ü".repeat(1000)).as_str().len() <= LONGEST);
    }
}
