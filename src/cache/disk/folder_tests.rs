//! Whose folder it is, and what is said when it is not ours.

use super::*;
use std::fs;
use std::os::unix::fs::symlink;

const LAYOUT: Layout = Layout {
    block: 1024 * 1024,
    capacity: 8 * 1024 * 1024,
    entry: 128 * 1024,
    buffer: 4 * 1024 * 1024,
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn said(folder: &Path) -> String {
    Folder::take(folder, &LAYOUT).unwrap_err().to_string()
}

#[test]
fn a_missing_folder_is_made_for_this_user_alone() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("a/b");
    let folder = Folder::take(&path, &LAYOUT).unwrap();
    assert_eq!(
        [mode(&path), mode(&parent.path().join("a")), mode(folder.objects())],
        [0o700; 3]
    );
    assert_eq!(mode(&path.join(MARK)), 0o600);
}

#[test]
fn an_empty_folder_is_taken_as_it_is() {
    let parent = tempfile::tempdir().unwrap();
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(parent.path().join("lost+found")).unwrap();
    let folder = Folder::take(parent.path(), &LAYOUT).unwrap();
    assert_eq!((mode(parent.path()), mode(folder.objects())), (0o755, 0o700));
}

#[test]
fn what_somebody_else_keeps_is_left_alone() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path();
    fs::create_dir(path.join(OBJECTS)).unwrap();
    fs::write(path.join("objects/letter"), "dear").unwrap();
    assert!(
        said(path).contains("holds something else: \"objects\""),
        "{}",
        said(path)
    );
    assert!(said(path).contains(path.to_str().unwrap()) && said(path).contains("object_cache.disk.folder"));
    fs::remove_dir_all(path.join(OBJECTS)).unwrap();
    drop(Folder::take(path, &LAYOUT).unwrap());
    fs::write(path.join("letter"), "dear").unwrap();
    assert!(said(path).contains("holds something else: \"letter\""));
    fs::remove_file(path.join("letter")).unwrap();
    fs::write(path.join(MARK), "dear").unwrap();
    assert!(said(path).contains(MARK));
    assert_eq!(fs::read(path.join(MARK)).unwrap(), b"dear");
    fs::remove_file(path.join(MARK)).unwrap();
    symlink("/dev/null", path.join(MARK)).unwrap();
    assert!(said(path).contains("no plain file"));
}

#[test]
fn what_is_no_folder_and_what_can_not_be_made_is_said() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(said(&file).contains("is no folder"));
    assert!(said(&file.join("below")).contains("can't be made"));
    assert!(said(Path::new("/proc/evergate")).contains("can't be made"));
}

#[test]
fn two_processes_never_share_it() {
    let parent = tempfile::tempdir().unwrap();
    let first = Folder::take(parent.path(), &LAYOUT).unwrap();
    assert!(said(parent.path()).contains("in use by another process"));
    drop(first);
    Folder::take(parent.path(), &LAYOUT).unwrap();
}

#[test]
fn objects_of_another_layout_or_format_are_deleted() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path();
    let note = path.join("objects/note");
    let leave_a_note = || fs::write(&note, "").unwrap();
    drop(Folder::take(path, &LAYOUT).unwrap());
    leave_a_note();
    drop(Folder::take(path, &LAYOUT).unwrap());
    assert!(note.exists());
    // A larger cache with blocks of the same size keeps what it has.
    let larger = Layout {
        capacity: 2 * LAYOUT.capacity,
        ..LAYOUT
    };
    drop(Folder::take(path, &larger).unwrap());
    assert!(note.exists());
    let others = Layout {
        block: 2 * LAYOUT.block,
        ..LAYOUT
    };
    drop(Folder::take(path, &others).unwrap());
    assert!(!note.exists());
    for mark in ["evergate disk cache 0\nblocks of 1048576 bytes\n", "evergate dis", ""] {
        leave_a_note();
        fs::write(path.join(MARK), mark).unwrap();
        drop(Folder::take(path, &LAYOUT).unwrap());
        assert!(!note.exists(), "{mark:?}");
    }
}

#[test]
fn a_smaller_cache_keeps_to_its_room() {
    let parent = tempfile::tempdir().unwrap();
    let folder = Folder::take(parent.path(), &LAYOUT).unwrap();
    fs::write(folder.objects().join("x"), vec![1; 10_000]).unwrap();
    assert!((8192..=65_536).contains(&folder.bytes().unwrap()));
    folder.try_to_write(4096).unwrap();
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 2);
}

#[test]
fn a_link_that_others_laid_is_not_written_through() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("cache");
    let taken = Folder::take(&folder, &LAYOUT).unwrap();
    let precious = outer.path().join("precious");
    fs::write(&precious, "mine").unwrap();
    symlink(&precious, folder.join(TRIAL)).unwrap();
    taken.try_to_write(4096).unwrap();
    assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");
    assert!(fs::symlink_metadata(folder.join(TRIAL)).is_err());
}
