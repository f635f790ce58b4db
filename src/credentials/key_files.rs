//! A key pair in files, read again whenever they change, without a reload of the configuration.
//!
//! Rotating means writing two or three files, one after the other, and readers must not catch it half way: what is
//! read counts when it is the same a moment later. A file that is empty or holds no key leaves the old pair in use.

use super::source::{Loaded, Source, SourceError};
use crate::config::KeyFiles;
use crate::sigv4::Credential;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::sleep;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long changed files must rest.
const REST: Duration = Duration::from_millis(500);

/// The files, and the pair that was read last.
#[derive(Debug)]
pub(super) struct FileSource {
    files: Arc<KeyFiles>,
    last: Mutex<Credential>,
}

impl FileSource {
    pub(super) fn new(files: KeyFiles) -> Self {
        let last = Mutex::new(files.first().clone());
        Self {
            files: Arc::new(files),
            last,
        }
    }

    /// The pair as it is now, once the files are at rest; the caller's deadline ends the wait for that.
    pub(super) async fn read_at_rest(&self) -> Result<Credential, SourceError> {
        let mut read = self.read().await?;
        while !read.is_same_as(&self.last()) {
            sleep(REST).await;
            let again = self.read().await?;
            if again.is_same_as(&read) {
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = again.clone();
            }
            read = again;
        }
        Ok(read)
    }

    fn last(&self) -> Credential {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads off the runtime: a network disk may take its time.
    async fn read(&self) -> Result<Credential, SourceError> {
        let files = Arc::clone(&self.files);
        match tokio::task::spawn_blocking(move || files.read()).await {
            Ok(read) => read.map_err(|error| SourceError::of(&error)),
            Err(_) => Err(SourceError::new("reading the files failed")),
        }
    }
}

impl Source for FileSource {
    async fn load(&self) -> Result<Loaded, SourceError> {
        Ok(Loaded {
            credential: self.read_at_rest().await?,
            provider: "files".into(),
        })
    }

    fn look_again(&self) -> Option<Duration> {
        Some(LOOK)
    }
}
