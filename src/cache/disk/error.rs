//! Why the disk tier can't be opened: what happened, where, and what to do.

use std::io;
use std::path::PathBuf;

/// Why the disk tier can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The folder is missing and can't be made.
    #[error("the folder of the disk cache, {}, can't be made: {source}; make it, or name another in object_cache.disk.folder", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is a file of that name.
    #[error("{} is no folder; name one in object_cache.disk.folder", folder.display())]
    NotAFolder {
        /// The path.
        folder: PathBuf,
    },
    /// The folder, or what is in it, can't be written or read.
    #[error("the folder of the disk cache, {}, can't be used: {source}; let this user write there, or name another in object_cache.disk.folder", folder.display())]
    NotUsable {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It holds what no disk cache put there.
    #[error("the folder of the disk cache, {}, holds something else: {what:?}; name an empty folder in object_cache.disk.folder, since the cache deletes what it finds in its own", folder.display())]
    HoldsSomethingElse {
        /// The folder.
        folder: PathBuf,
        /// A name that is in it.
        what: String,
    },
    /// Another user's files are in it.
    #[error("the folder of the disk cache, {}, holds {what:?} of another user, who could put objects there; delete it, or name another folder in object_cache.disk.folder", folder.display())]
    OthersFiles {
        /// The folder.
        folder: PathBuf,
        /// The name of the file or folder.
        what: &'static str,
    },
    /// Another process has it open.
    #[error("the folder of the disk cache, {}, is in use by another process; wait until that has ended, or give each its own in object_cache.disk.folder", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// Too few blocks would fit in.
    #[error("object_cache.disk.max is {max} bytes; make it {least} or more")]
    TooSmall {
        /// What is configured, in bytes.
        max: u64,
        /// The least that would do, in bytes.
        least: u64,
    },
    /// More than this machine can address.
    #[error("object_cache.disk.max is {max} bytes, which is more than this machine can count")]
    TooLarge {
        /// What is configured, in bytes.
        max: u64,
    },
    /// foyer can't open it, even empty.
    #[error("the disk cache in {} can't be opened: {reason}", folder.display())]
    Store {
        /// The folder.
        folder: PathBuf,
        /// What foyer says.
        reason: String,
    },
    /// The system has no thread for it.
    #[error("the disk cache can't start a thread: {0}")]
    Thread(io::Error),
}

impl DiskError {
    /// Whether the same configuration may do at another time: when the process that is being replaced has ended, say.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::InUse { .. } | Self::Store { .. } | Self::Thread(_))
    }
}
