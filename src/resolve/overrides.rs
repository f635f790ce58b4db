//! What a signed request may have the origin say differently, or of which version and part. Rules 5 and 18.

use crate::s3::Query;

/// Every parameter that can be one, in the order of its encoded form. What else begins with `response-` is none.
const NAMES: [&str; 8] = [
    "partNumber",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "versionId",
];
/// Those that choose what is read; the others only say how it is told.
const CHOOSING: [&str; 2] = ["partNumber", "versionId"];

/// Parameters beside a key that are part of what is signed and of every cache's key: in one order, each at most once, so
/// that equal ones compare equal. Empty for most requests, and then costs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Overrides(Vec<(&'static str, Box<str>)>);

impl Overrides {
    /// Takes those of `query`, which must have been signed whole: an unsigned override is anybody's (rule 5).
    #[must_use]
    pub fn signed(query: &Query<'_>) -> Self {
        let found = NAMES
            .iter()
            .filter_map(|name| Some((*name, query.get(name)?)))
            .map(|(name, value)| (name, value.into()));
        Self(found.collect())
    }

    /// The disposition alone.
    #[must_use]
    pub fn disposition(value: Box<str>) -> Self {
        Self(vec![("response-content-disposition", value)])
    }

    /// Returns those that choose what is read, for an answer whose head the gateway writes itself.
    #[must_use]
    pub fn choosing(&self) -> Self {
        let chosen = self.0.iter().filter(|(name, _)| CHOOSING.contains(name));
        Self(chosen.cloned().collect())
    }

    /// Whether one part of an object is asked for, as it was uploaded.
    #[must_use]
    pub fn chooses_part(&self) -> bool {
        self.get("partNumber").is_some()
    }

    /// Returns the value of the parameter of this name, decoded.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| &**value)
    }

    /// Returns all of them, decoded, in their one order.
    #[must_use]
    pub fn as_slice(&self) -> &[(&'static str, Box<str>)] {
        &self.0
    }

    /// Whether `name` is that of an override.
    #[must_use]
    pub fn knows(name: &str) -> bool {
        NAMES.contains(&name)
    }
}
