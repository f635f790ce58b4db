//! The query of a request to S3, decoded once. Rules 2 and 5.

use std::borrow::Cow;

/// Why a query is refused. Nothing is repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A parameter stands there twice, in whatever case.
    #[error("a parameter stands in the query twice")]
    Duplicate,
    /// `%` not followed by two hexadecimal digits, not UTF-8, or a control character.
    #[error("a parameter of the query is not encoded as it should be")]
    BadEncoding,
    /// More than 64 parameters.
    #[error("more than 64 parameters in the query")]
    TooMany,
}

/// Decoded parameters in the order in which they came. No name stands there twice, in whatever case. `+` is a plus sign,
/// as in S3; a parameter without `=` has an empty value.
///
/// Deliberately without `Debug`: signatures and tokens are among the values (rule 9).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Takes the raw query as received, without `?`.
    ///
    /// # Errors
    /// [`QueryError`] for what could be read in two ways.
    pub fn parse(_raw: Option<&'a str>) -> Result<Self, QueryError> {
        Err(QueryError::BadEncoding)
    }

    /// Returns the value of the parameter of exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Returns all parameters.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}
