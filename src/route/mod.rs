//! The route table: host and longest path prefix to a route. Second station of the walk.
//!
//! Imports everything up to `listener/`.

mod bucket;
mod table;

pub use bucket::Bucket;
pub use table::{Route, RouteError, RouteTable, Routed};
