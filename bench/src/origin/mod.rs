//! The S3 origin of the bench: fast, without state, and strict. It verifies each signature, in the header and in the query, with
//! the library's own verifier, and expiries too; a wrong one gets what S3 would answer. Every key of its bucket holds
//! the object that the key says ([`Object`]); what is put must be that object's bytes.
//!
//! It runs as a process of its own (`evergate-bench origin`), pinned apart from who is measured.

mod answer;
mod objects;
mod serve;
mod signature;

pub use objects::Object;
pub use serve::{Answer, serve};
pub(crate) use signature::received;
pub use signature::{ACCESS_KEY_ID, BUCKET, KeyPair, REGION};

use crate::error::BenchError;
use std::net::SocketAddr;
use std::sync::Arc;

/// Tells how many requests the origin has answered; needs no signature and does not count itself.
pub const COUNT_PATH: &str = "/-/requests";

/// An S3 origin that verifies signatures and holds every object that a key can name.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Where to listen
    #[arg(long)]
    listen: SocketAddr,
    /// Worker threads
    #[arg(long, default_value_t = 1)]
    workers: usize,
}

/// Serves the origin until the process ends.
///
/// # Errors
/// As [`serve()`].
pub fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let origin = Arc::new(answer::Origin::new(&KeyPair::of_origin()));
    serve(arguments.listen, arguments.workers, move |request| {
        let origin = Arc::clone(&origin);
        async move { origin.answer(request).await }
    })
}
