//! The data folder: made when it is missing, and proved writable before anything is served from it.

use super::EmbeddedError;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Makes `folder` when only its last part is missing, and returns it with links resolved.
///
/// A missing parent is a fault rather than something to make: a typing error or an unmounted volume would otherwise
/// become an empty bucket.
pub(super) fn prepare(folder: &Path) -> Result<PathBuf, EmbeddedError> {
    match fs::create_dir(folder) {
        Ok(()) => {}
        Err(fault) if fault.kind() == ErrorKind::AlreadyExists => {
            if !folder.is_dir() {
                return Err(EmbeddedError::NotAFolder(folder.to_owned()));
            }
        }
        Err(fault) if fault.kind() == ErrorKind::NotFound => {
            return Err(EmbeddedError::NoParent {
                folder: folder.to_owned(),
                parent: folder.parent().unwrap_or(folder).to_owned(),
            });
        }
        Err(fault) => return Err(refused(folder, fault)),
    }
    let resolved = folder.canonicalize().map_err(|fault| refused(folder, fault))?;
    prove_writable(&resolved)?;
    Ok(resolved)
}

/// Makes the folder of one bucket, which s3s-fs takes for the bucket itself.
pub(super) fn prepare_bucket(root: &Path, bucket: &str) -> Result<(), EmbeddedError> {
    let folder = root.join(bucket);
    match fs::create_dir(&folder) {
        Err(fault) if fault.kind() != ErrorKind::AlreadyExists => Err(refused(&folder, fault)),
        Err(_) if !folder.is_dir() => Err(EmbeddedError::NotAFolder(folder)),
        _ => Ok(()),
    }
}

/// Only writing proves that a folder can be written to: permission bits say nothing of read-only mounts.
fn prove_writable(folder: &Path) -> Result<(), EmbeddedError> {
    let probe = folder.join(format!(".writable.{}", std::process::id()));
    fs::write(&probe, [])
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|fault| refused(folder, fault))
}

fn refused(folder: &Path, source: io::Error) -> EmbeddedError {
    let folder = folder.to_owned();
    match source.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::StorageFull => {
            EmbeddedError::NotWritable { folder, source }
        }
        ErrorKind::NotADirectory => EmbeddedError::NotAFolder(folder.parent().map(Path::to_owned).unwrap_or(folder)),
        _ => EmbeddedError::Folder {
            folder,
            reason: source.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_is_made_and_a_missing_parent_is_a_fault() {
        let place = tempfile::tempdir().unwrap();
        let wanted = place.path().join("data");
        assert_eq!(prepare(&wanted).unwrap(), wanted.canonicalize().unwrap());
        assert_eq!(fs::read_dir(&wanted).unwrap().count(), 0, "the probe is gone");

        let fault = prepare(&place.path().join("typo/data")).unwrap_err();
        assert!(matches!(fault, EmbeddedError::NoParent { .. }), "{fault}");
        assert!(fault.to_string().ends_with("typo does not exist"), "{fault}");
    }

    #[test]
    fn a_file_in_its_place_and_a_folder_that_takes_no_files_are_named() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("data");
        fs::write(&file, "mine").unwrap();
        assert!(matches!(prepare(&file).unwrap_err(), EmbeddedError::NotAFolder(_)));
        assert!(matches!(
            prepare(&file.join("deeper")).unwrap_err(),
            EmbeddedError::NotAFolder(_)
        ));

        // /proc refuses new files for everyone, root included, where permission bits would not.
        let fault = prepare_bucket(Path::new("/proc"), "files").unwrap_err();
        assert!(
            matches!(fault, EmbeddedError::Folder { .. } | EmbeddedError::NotWritable { .. }),
            "{fault}"
        );
        let fault = prepare(Path::new("/proc/self")).unwrap_err().to_string();
        assert!(fault.starts_with("the embedded origin can't"), "{fault}");
    }
}
