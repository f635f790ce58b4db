//! Verifying: is this request what a holder of the key signed? Rules 5 to 10; AWS "Authenticating requests".
//!
//! In two steps, since the key must be found between them: [`Presented`] is what a request offers as proof,
//! [`Presented::verify`] judges it. Nothing here knows clients, buckets or policies.

mod attempts;
mod authentic;
mod claim;
mod credential;
mod error;
mod presented;
mod secret;
mod v2;
mod v2_text;
mod v4;
mod v4_offer;

pub use authentic::{Authentic, ChunkSeed, Payload};
pub use error::{PresentedError, VerifyError};
pub use presented::{Candidate, Form, Presented, Received, Version};
pub use secret::VerifyingSecret;

#[cfg(test)]
mod tests;
