//! Each way in which files change in the wild is one reload; what is no change is none.

use super::*;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::sync::{RwLock, RwLockReadGuard};
use std::time::Instant;
use tempfile::TempDir;

const PACE: Pace = Pace {
    look: Duration::from_millis(20),
    rest: Duration::from_millis(100),
};
/// Far longer than any reload takes, loaded machines included.
const PATIENCE: Duration = Duration::from_secs(30);
/// Long enough that a reload which must not come would have come.
const QUIET: Duration = Duration::from_millis(600);

/// A signal reaches every watch of the process: the test that sends one runs alone, the others side by side.
static SIGNALS: RwLock<()> = RwLock::new(());

struct Bench {
    folder: TempDir,
    files: WatchedFiles,
    reloads: Receiver<(Cause, String)>,
    _watch: ReloadWatch,
    _no_signal: Option<RwLockReadGuard<'static, ()>>,
}

/// Watches `config.yaml` in a new folder laid out by `lay_out`; each reload tells its cause and what it read.
fn bench(lay_out: impl FnOnce(&Path)) -> Bench {
    let no_signal = SIGNALS.read().unwrap_or_else(PoisonError::into_inner);
    Bench {
        _no_signal: Some(no_signal),
        ..watch(lay_out)
    }
}

fn watch(lay_out: impl FnOnce(&Path)) -> Bench {
    let folder = TempDir::new().unwrap();
    lay_out(folder.path());
    let config = folder.path().join("config.yaml");
    let files = WatchedFiles::new([config.clone()]);
    let (tell, reloads) = mpsc::channel();
    let watch = ReloadWatch::start(Hangups::catch().unwrap(), files.clone(), PACE, move |cause| {
        let _ = tell.send((cause, fs::read_to_string(&config).unwrap_or_default()));
    })
    .unwrap();
    Bench {
        folder,
        files,
        reloads,
        _watch: watch,
        _no_signal: None,
    }
}

impl Bench {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn expect_one(&self, text: &str) {
        let (cause, read) = self.reloads.recv_timeout(PATIENCE).unwrap();
        assert_eq!((cause, &*read), (Cause::Files(vec![self.path("config.yaml")]), text));
        self.expect_none();
    }

    fn expect_none(&self) {
        assert!(self.reloads.recv_timeout(QUIET).is_err(), "a reload too many");
    }
}

fn plain(folder: &Path) {
    fs::write(folder.join("config.yaml"), "one").unwrap();
}

#[test]
fn a_kubernetes_config_map_swaps_a_symlink_two_levels_up() {
    let write = |folder: &Path, text: &str| {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("config.yaml"), text).unwrap();
    };
    let bench = bench(|root| {
        write(&root.join("..2026_1"), "one");
        symlink("..2026_1", root.join("..data")).unwrap();
        symlink("..data/config.yaml", root.join("config.yaml")).unwrap();
    });
    write(&bench.path("..2026_2"), "two");
    symlink("..2026_2", bench.path("..data_tmp")).unwrap();
    fs::rename(bench.path("..data_tmp"), bench.path("..data")).unwrap();
    fs::remove_dir_all(bench.path("..2026_1")).unwrap();
    bench.expect_one("two");
}

#[test]
fn an_editor_renames_a_new_file_over_the_old_one() {
    let bench = bench(plain);
    fs::write(bench.path(".config.yaml.swp"), "two").unwrap();
    fs::rename(bench.path(".config.yaml.swp"), bench.path("config.yaml")).unwrap();
    bench.expect_one("two");
}

#[test]
fn an_editor_moves_the_old_file_away_and_writes_a_new_one_bit_by_bit() {
    let bench = bench(plain);
    fs::rename(bench.path("config.yaml"), bench.path("config.yaml~")).unwrap();
    let mut text = String::new();
    let until = Instant::now() + Duration::from_millis(300);
    while Instant::now() < until {
        text.push_str("line\n");
        fs::write(bench.path("config.yaml"), &text).unwrap();
        thread::sleep(Duration::from_millis(10));
    }
    // On a machine so loaded that this test stood still for the rest period, the first half may have been loaded too.
    let mut read = bench.reloads.recv_timeout(PATIENCE).unwrap().1;
    while let Ok((_, next)) = bench.reloads.recv_timeout(QUIET) {
        read = next;
    }
    assert_eq!(read, text);
}

#[test]
fn a_touch_or_an_equal_file_is_no_change() {
    let bench = bench(plain);
    fs::write(bench.path("config.yaml"), "one").unwrap();
    fs::write(bench.path("new"), "one").unwrap();
    fs::rename(bench.path("new"), bench.path("config.yaml")).unwrap();
    bench.expect_none();
}

#[test]
fn a_file_that_goes_and_comes_back_changed_is_loaded_in_the_end() {
    let bench = bench(plain);
    fs::remove_file(bench.path("config.yaml")).unwrap();
    bench.expect_one("");
    fs::write(bench.path("config.yaml"), "two").unwrap();
    bench.expect_one("two");
}

#[test]
fn the_list_of_files_can_change_while_it_is_watched() {
    let bench = bench(plain);
    fs::write(bench.path("tls.crt"), "one").unwrap();
    bench.files.set([bench.path("config.yaml"), bench.path("tls.crt")]);
    bench.expect_none();
    fs::write(bench.path("tls.crt"), "two").unwrap();
    let (cause, _) = bench.reloads.recv_timeout(PATIENCE).unwrap();
    assert_eq!(cause, Cause::Files(vec![bench.path("tls.crt")]));
    bench.files.set([bench.path("tls.crt")]);
    fs::write(bench.path("config.yaml"), "two").unwrap();
    bench.expect_none();
}

#[test]
fn a_burst_of_hangups_is_one_reload_though_no_file_changed() {
    let _alone = SIGNALS.write().unwrap_or_else(PoisonError::into_inner);
    let bench = watch(plain);
    let pid = std::process::id().to_string();
    assert!(
        Command::new("kill")
            .args(["-HUP", &pid, &pid, &pid])
            .status()
            .unwrap()
            .success()
    );
    let (cause, _) = bench.reloads.recv_timeout(PATIENCE).unwrap();
    assert_eq!(cause, Cause::Signal);
    bench.expect_none();
}

#[test]
fn a_hangup_that_comes_before_the_watch_is_a_reload_right_after() {
    let _alone = SIGNALS.write().unwrap_or_else(PoisonError::into_inner);
    let hangups = Hangups::catch().unwrap();
    let pid = std::process::id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    let (tell, reloads) = mpsc::channel();
    let _watch = ReloadWatch::start(hangups, WatchedFiles::new([]), PACE, move |cause| {
        let _ = tell.send(cause);
    })
    .unwrap();
    assert_eq!(reloads.recv_timeout(PATIENCE), Ok(Cause::Signal));
}

#[test]
fn a_reload_that_panics_is_not_the_last() {
    let _no_signal = SIGNALS.read().unwrap_or_else(PoisonError::into_inner);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("config.yaml");
    plain(folder.path());
    let (tell, reloads) = mpsc::channel();
    let files = WatchedFiles::new([file.clone()]);
    let _watch = ReloadWatch::start(Hangups::catch().unwrap(), files, PACE, move |cause| {
        let _ = tell.send(cause);
        panic!("on purpose");
    })
    .unwrap();
    for text in ["two", "three"] {
        fs::write(&file, text).unwrap();
        assert_eq!(reloads.recv_timeout(PATIENCE), Ok(Cause::Files(vec![file.clone()])));
    }
}
