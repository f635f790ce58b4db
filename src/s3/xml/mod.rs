//! Documents of S3 that the gateway reads, writes, or shows to a client as its own. AWS "Amazon S3 REST API: Actions".
//!
//! Document types are refused everywhere and only XML's own entities are resolved, so that no document can grow while it
//! is read.

mod answers;
mod delete;
mod text;
mod view;

pub use answers::{BucketList, location_constraint};
pub use delete::{DeleteEntry, DeleteError, DeleteRequest};
pub(crate) use text::{push_element, resolve};
pub use view::ClientView;

/// `xmlns` of every document of S3.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
/// What every document begins with.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A document is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the XML is not well-formed, or not the document that belongs here")]
pub struct XmlError;
