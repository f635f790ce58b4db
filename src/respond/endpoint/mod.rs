//! Answers of the S3 endpoint: the origin's, as the client would have it, and the few that the gateway makes itself. Rules
//! 16, 17 and 22; AWS "Amazon S3 REST API: Actions".

mod fault;
mod head;
mod own;
mod passed;
mod rewriting;

pub use fault::EndpointFault;
pub use own::{bucket_list, bucket_there, document, location};
pub use passed::{Asked, passed, refusal};
pub use rewriting::Rewriting;
