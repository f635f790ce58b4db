//! The listener: from bytes on a socket to [`Inbound`]. First station of the walk.
//!
//! Imports the clock, `s3/`, `config/` and `telemetry/`. Everything that hyper leaves open at the edge is closed
//! here (DESIGN §4.7, rule 23): deadlines, bounds, one valid Host, a closed set of methods, the client's address.

mod inbound;

pub use inbound::{Arrival, ClientAddress, Host, Inbound, Method, RawTarget, Refusal, RequestId};
