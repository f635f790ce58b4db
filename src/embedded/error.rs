//! Why the built-in origin can't start, in sentences for whoever wrote the configuration.

use std::io;
use std::path::PathBuf;

/// Why the built-in origin can't start, or can't take up a changed configuration.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The folder's parent is missing: most likely a typing error, or a volume that is not mounted.
    #[error("the data folder {folder} of the embedded origin can't be made: {parent} does not exist")]
    NoParent {
        /// The configured folder.
        folder: PathBuf,
        /// What is missing.
        parent: PathBuf,
    },
    /// There is a file in the folder's place.
    #[error("the data folder {0} of the embedded origin is not a folder")]
    NotAFolder(PathBuf),
    /// The folder can't be written to.
    #[error("the embedded origin can't write to its data folder {folder}: {source}")]
    NotWritable {
        /// The folder.
        folder: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The folder can't be used, for another reason.
    #[error("the embedded origin can't use its data folder {folder}: {reason}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system or s3s says.
        reason: String,
    },
    /// s3s takes only names by AWS's strict rules.
    #[error(
        "the embedded origin can't hold a bucket named {0:?}: use 3 to 63 of a-z, 0-9, '-' and '.', with a letter or digit at both ends"
    )]
    BucketName(String),
    /// Two buckets of one name in different folders: a request could not tell them apart.
    #[error("two embedded buckets are named {0:?}, in different folders: give one of them another `name`")]
    SameName(String),
    /// A sample picture could not be drawn or stored.
    #[error("the embedded origin can't store its sample {key}: {reason}")]
    Sample {
        /// The sample's key.
        key: String,
        /// What went wrong.
        reason: String,
    },
    /// No port, no thread, no random bytes.
    #[error("the embedded origin can't start: {what}: {reason}")]
    System {
        /// What is missing.
        what: &'static str,
        /// What the operating system says.
        reason: String,
    },
}
