//! Verifying: is this request what a holder of the key signed? Rules 5 to 10; AWS "Authenticating requests".
//!
//! In two steps, since the key must be found between them: [`Presented`] is what a request offers as proof,
//! [`Presented::verify`] judges it. Nothing here knows clients, buckets or policies.

mod authentic;
mod presented;
mod secret;

pub use authentic::{Authentic, ChunkSeed, Payload, VerifyError};
pub use presented::{Candidate, Form, Presented, PresentedError, Received, Version};
pub use secret::VerifyingSecret;
