//! One operation on one object, with what the origin is asked to say differently.

use super::{Download, Overrides};
use crate::access::Permit;

/// One operation on one object, with overrides. It can be made only from a [`Permit`], and carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    permit: Permit,
    overrides: Overrides,
}

impl Target {
    /// Takes what was permitted and the overrides asked for.
    #[must_use]
    pub fn new(permit: Permit, overrides: Overrides) -> Self {
        Self { permit, overrides }
    }

    /// What a stream asks of the origin: the object as it is, since the gateway writes the answer's head itself.
    #[must_use]
    pub fn streamed(permit: Permit) -> Self {
        Self::new(permit, Overrides::default())
    }

    /// What a redirect asks of the origin: the object, saved under a name where the reader asked for that.
    #[must_use]
    pub fn redirected(permit: Permit, download: Option<&Download>) -> Self {
        let disposition = download.map(|download| download.file_name(permit.key().as_str()).attachment().into());
        Self::new(permit, disposition.map(Overrides::disposition).unwrap_or_default())
    }

    /// Returns the verdict that this target rests on.
    #[must_use]
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// Returns the overrides.
    #[must_use]
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// Returns the overrides as query parameters, decoded.
    #[must_use]
    pub fn query(&self) -> Vec<(&str, &str)> {
        let pairs = self.overrides.as_slice().iter();
        pairs.map(|(name, value)| (*name, &**value)).collect()
    }
}
