//! The folder of the disk tier: made when it is missing, refused when it is somebody else's, held by one process.
//!
//! ```text
//! evergate-disk-cache    the mark and the lock: which format and which size of blocks the objects are in
//! objects/               foyer's files, 0700
//! ```

use super::DiskError;
use super::layout::Layout;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

const MARK: &str = "evergate-disk-cache";
const OBJECTS: &str = "objects";
const TRIAL: &str = "trial";
/// What a fresh file system has in its root.
const NOT_MINDED: &str = "lost+found";
/// What the mark begins with; the number is that of the format of the files.
const FIRST_LINE: &str = "evergate disk cache 1\n";
const BLOCK_SIZE: u64 = 512;

/// The folder, as long as this process has it.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    objects: PathBuf,
    mark: File,
}

impl Folder {
    /// Takes the folder for this process. What is in it stays when it has this `layout`, and is deleted otherwise.
    pub(super) fn take(folder: &Path, layout: &Layout) -> Result<Self, DiskError> {
        make(folder)?;
        let unusable = |source| DiskError::NotUsable {
            folder: folder.to_path_buf(),
            source,
        };
        refuse_strangers(folder)?;
        let mark = open_mark(&folder.join(MARK)).map_err(unusable)?;
        match mark.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DiskError::InUse {
                    folder: folder.to_path_buf(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let taken = Self {
            path: folder.to_path_buf(),
            objects: folder.join(OBJECTS),
            mark,
        };
        taken.refuse_others_files()?;
        let wanted = format!("{FIRST_LINE}blocks of {} bytes\n", layout.block);
        let found = taken.read_mark()?;
        if found != wanted || !taken.objects.is_dir() {
            taken.clear().map_err(unusable)?;
            rewrite(&taken.mark, &wanted).map_err(unusable)?;
        }
        // Whoever mounts a volume may open it to a group.
        fs::set_permissions(&taken.objects, fs::Permissions::from_mode(0o700)).map_err(unusable)?;
        Ok(taken)
    }

    /// Where foyer keeps its files.
    pub(super) fn objects(&self) -> &Path {
        &self.objects
    }

    /// Deletes all objects.
    pub(super) fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.objects) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        DirBuilder::new().mode(0o700).create(&self.objects)
    }

    /// Returns how many bytes the objects take on disk.
    pub(super) fn bytes(&self) -> io::Result<u64> {
        let mut bytes = 0_u64;
        for file in fs::read_dir(&self.objects)? {
            bytes = bytes.saturating_add(file?.metadata()?.blocks().saturating_mul(BLOCK_SIZE));
        }
        Ok(bytes)
    }

    /// Writes a file of `bytes` zeros and deletes it: whether the disk takes anything.
    pub(super) fn try_to_write(&self, bytes: usize) -> io::Result<()> {
        let path = self.path.join(TRIAL);
        // Whatever others may have laid there, a link to another file, is not written to.
        let _ = fs::remove_file(&path);
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let written = written.and_then(|mut file| {
            file.write_all(&vec![0; bytes])?;
            // Some file systems find out late that they are full.
            file.sync_data()
        });
        let removed = fs::remove_file(&path);
        written.and(removed)
    }

    fn read_mark(&self) -> Result<String, DiskError> {
        let mut text = Vec::new();
        let read = (&self.mark).take(4096).read_to_end(&mut text);
        read.map_err(|source| DiskError::NotUsable {
            folder: self.path.clone(),
            source,
        })?;
        let text = String::from_utf8_lossy(&text).into_owned();
        // One that was cut short is of a process that ended while it wrote.
        let ours = text.starts_with("evergate disk cache ") || FIRST_LINE.starts_with(&text);
        if ours { Ok(text) } else { Err(self.strangers(MARK)) }
    }

    /// A folder that others may write to must not be one where they have laid out objects for us.
    fn refuse_others_files(&self) -> Result<(), DiskError> {
        let unusable = |source| DiskError::NotUsable {
            folder: self.path.clone(),
            source,
        };
        let path = self.path.join(TRIAL);
        let _ = fs::remove_file(&path);
        let trial = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(unusable)?;
        let ours = trial.metadata().map_err(unusable)?.uid();
        fs::remove_file(&path).map_err(unusable)?;
        let objects = fs::symlink_metadata(&self.objects);
        for (what, owner) in [
            (MARK, self.mark.metadata().map_err(unusable)?.uid()),
            (OBJECTS, objects.as_ref().map_or(ours, MetadataExt::uid)),
        ] {
            if owner != ours {
                return Err(DiskError::OthersFiles {
                    folder: self.path.clone(),
                    what,
                });
            }
        }
        match objects {
            Ok(objects) if !objects.is_dir() => Err(self.strangers(OBJECTS)),
            _ => Ok(()),
        }
    }

    fn strangers(&self, what: &str) -> DiskError {
        strangers(&self.path, what)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A process that is being started elsewhere in this one has a copy of the file for a moment, and of the lock with it.
        let _ = self.mark.unlock();
    }
}

fn strangers(folder: &Path, what: &str) -> DiskError {
    DiskError::HoldsSomethingElse {
        folder: folder.to_path_buf(),
        what: what.to_owned(),
    }
}

fn make(folder: &Path) -> Result<(), DiskError> {
    let no_folder = |source| DiskError::NoFolder {
        folder: folder.to_path_buf(),
        source,
    };
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(DiskError::NotAFolder {
            folder: folder.to_path_buf(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(no_folder),
        Err(error) => Err(no_folder(error)),
    }
}

/// Refuses a folder with anything in it that is not the cache's.
fn refuse_strangers(folder: &Path) -> Result<(), DiskError> {
    let listed = fs::read_dir(folder).and_then(|entries| {
        let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        names.collect::<io::Result<Vec<_>>>()
    });
    let names = listed.map_err(|source| DiskError::NotUsable {
        folder: folder.to_path_buf(),
        source,
    })?;
    let marked = names.iter().any(|name| name == MARK);
    let ours = |name: &str| name == NOT_MINDED || (marked && [MARK, OBJECTS, TRIAL].contains(&name));
    match names.iter().find(|name| !ours(name)) {
        Some(name) => Err(strangers(folder, name)),
        None => Ok(()),
    }
}

fn open_mark(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other(format!("{} is no plain file", path.display())));
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn rewrite(mut mark: &File, text: &str) -> io::Result<()> {
    mark.set_len(0)?;
    mark.rewind()?;
    mark.write_all(text.as_bytes())
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
