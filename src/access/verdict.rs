//! The access rule of a route, applied.

use super::{Audience, Permit};
use crate::config::AccessConfig;
use crate::route::{Route, Routed};
use crate::s3::Operation;
use std::sync::Arc;

/// Judges `operation` on what was routed. `public` is the only rule so far, so that the verdict is always yes: a route
/// exists only where the operator wrote `access: public`.
#[must_use]
pub fn decide(routed: Routed<'_>, operation: Operation) -> Permit {
    match routed.route.access {
        AccessConfig::Public => Permit::new(
            Arc::clone(&routed.route.bucket),
            routed.key,
            operation,
            Audience::Public,
        ),
    }
}

/// Returns the permit for the route's fallback object, which the operator opened to whoever may read the route, or
/// `None` when the route has none or `missing` was the fallback itself.
#[must_use]
pub fn fallback(route: &Route, missing: &Permit) -> Option<Permit> {
    let key = route.fallback.as_ref().filter(|key| *key != missing.key())?;
    Some(Permit::new(
        Arc::clone(missing.bucket()),
        key.clone(),
        missing.operation(),
        missing.audience(),
    ))
}
