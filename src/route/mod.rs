//! What a request is about: by the route table, host and longest path prefix to a route and a key; for S3 clients, bucket
//! and key ([`S3Doors`]). Second station of the walk.
//!
//! Imports everything up to `listener/`. On a stable path the client never names a bucket (rule 4): the route does,
//! and the rest of the decoded path, behind the route's prefix, is the key.
//!
//! A [`Bucket`] begins as configured; what its origin says in refusing a request corrects it: the region that it is in
//! ([`Bucket::learn_region`]) and the time that it signs by ([`Bucket::learn_offset`]).
//!
//! The other way round, for links that are found somewhere and not asked for: [`LinkPlaces`] tells which object a presigned
//! URL names, [`StablePaths`] the stable path of an object.

mod bucket;
mod events;
mod learned;
mod link_places;
mod place;
mod s3_doors;
mod signing_clock;
mod stable_paths;
mod table;

pub use bucket::Bucket;
pub use learned::Learned;
pub use link_places::{LinkPlaces, LinkTarget, Unplaced};
pub use place::Place;
pub use s3_doors::{LocateError, Located, LocatedBucket, S3Doors};
pub use signing_clock::{ClockOffset, origin_date};
pub use stable_paths::{StablePath, StablePaths};
pub use table::{Route, RouteError, RouteTable, Routed};

#[cfg(test)]
mod tests;
