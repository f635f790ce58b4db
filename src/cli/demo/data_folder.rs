//! Where the demo keeps its pictures: the folder that the person names, or a temporary one that is removed at the end.

use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

/// The demo's data folder. Dropping a temporary one removes it.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    life: Life,
}

#[derive(Debug, PartialEq, Eq)]
enum Life {
    Kept,
    Temporary,
}

impl DataFolder {
    /// A folder that stays, pictures added by hand included.
    #[must_use]
    pub fn kept(path: PathBuf) -> Self {
        Self { path, life: Life::Kept }
    }

    /// A new folder below the system's one for temporary files, for this user alone.
    ///
    /// # Errors
    /// When none can be made there.
    pub fn temporary() -> io::Result<Self> {
        let mut name = [0_u8; 8];
        getrandom::fill(&mut name).map_err(io::Error::other)?;
        let path = std::env::temp_dir().join(format!("evergate-demo-{}", hex::encode(name)));
        let mut folder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.create(&path)?;
        Ok(Self {
            path,
            life: Life::Temporary,
        })
    }

    /// Whether it goes with this value.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.life == Life::Temporary
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        if self.life == Life::Temporary {
            // What is left behind in a folder for temporary files is the system's to clear.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_and_a_kept_one_stays() {
        let temporary = DataFolder::temporary().unwrap();
        let path = temporary.path().to_owned();
        std::fs::write(path.join("picture"), "x").unwrap();
        drop(temporary);
        assert!(!path.exists());

        let place = tempfile::tempdir().unwrap();
        drop(DataFolder::kept(place.path().to_owned()));
        assert!(place.path().exists());
    }
}
