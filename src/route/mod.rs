//! The route table: host and longest path prefix to a route and a key. Second station of the walk.
//!
//! Imports everything up to `listener/`. On a stable path the client never names a bucket (rule 4): the route does,
//! and the rest of the decoded path, behind the route's prefix, is the key.

mod bucket;
mod place;
mod table;

pub use bucket::Bucket;
pub use place::{Learned, Place};
pub use table::{Route, RouteError, RouteTable, Routed};

#[cfg(test)]
mod tests;
