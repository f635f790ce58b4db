//! From a permit to what exactly is asked of the origin. Fourth station of the walk.
//!
//! Imports everything up to `access/`.

use crate::access::Permit;

/// One operation on one object, with overrides; it can be made only from a [`Permit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    permit: Permit,
    overrides: Overrides,
}

/// Response headers that the origin is asked to replace; signed into the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Overrides {
    /// `response-content-disposition`
    pub content_disposition: Option<Box<str>>,
}

impl Target {
    /// What `permit` allows, with these overrides.
    #[must_use]
    pub fn new(permit: Permit, overrides: Overrides) -> Self {
        Self { permit, overrides }
    }
    /// The verdict that this target rests on.
    #[must_use]
    pub fn permit(&self) -> &Permit {
        &self.permit
    }
    /// The overrides.
    #[must_use]
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }
    /// The overrides as query parameters, decoded.
    #[must_use]
    pub fn query(&self) -> Vec<(&str, &str)> {
        self.overrides
            .content_disposition
            .iter()
            .map(|value| ("response-content-disposition", &**value))
            .collect()
    }
}
