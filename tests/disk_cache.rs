//! The disk tier of the object cache where disks go wrong: 50 times SIGKILL in mid-write, a full disk, bytes that flip.
//! Whatever it serves is right: each object says which one it is, and its bytes follow from that.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on ends")]
#![allow(clippy::print_stdout, reason = "a child tells its parent how far it is")]

use evergate::cache::{DiskHit, DiskObject, DiskTier, Exchange, Moment, ObjectName, ObjectQuery, Space, WrittenBy};
use evergate::clock::Timestamp;
use evergate::config::DiskCacheConfig;
use evergate::s3::ObjectKey;
use evergate::telemetry::DiskState;
use fastrand::Rng;
use http::HeaderMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

const MIB: u64 = 1024 * 1024;
const LARGEST: usize = 64 * 1024;
const KEYS: u64 = 250;
/// A child works in a folder with such a file only, and so not when somebody runs all ignored tests.
const CHILD: &str = "child";
/// How long anything may take that is expected to happen.
const PATIENCE: Duration = Duration::from_secs(30);

async fn open(folder: &Path) -> DiskTier {
    let config = DiskCacheConfig {
        folder: folder.to_path_buf(),
        max_bytes: 16 * MIB,
    };
    DiskTier::open(&config, LARGEST as u64).await.unwrap()
}

fn name(key: u64) -> ObjectName {
    static SPACE: LazyLock<Space> = LazyLock::new(|| Space::new("files"));
    let key = ObjectKey::parse(&format!("{key}")).unwrap();
    ObjectName::of(&ObjectQuery {
        space: &SPACE,
        key: &key,
        version: None,
    })
}

/// The object that `key` held in its `generation`.
fn object(key: u64, generation: u64) -> DiskObject {
    let mut rng = Rng::with_seed(key << 32 | generation);
    let mut body = vec![0; rng.usize(..=LARGEST) >> rng.u8(..8)];
    rng.fill(&mut body);
    let mut fields = HeaderMap::new();
    fields.insert("x-key", key.into());
    fields.insert("x-generation", generation.into());
    DiskObject {
        fields,
        exchange: Exchange {
            asked_at: Timestamp::from_unix(generation),
            answered_at: Timestamp::from_unix(generation),
        },
        body: body.into(),
    }
}

/// Asserts that `found` is what `key` held once, and returns in which generation.
fn judge(key: u64, found: &DiskHit) -> u64 {
    let generation = found.object.fields["x-generation"].to_str().unwrap().parse().unwrap();
    assert!(
        found.object == object(key, generation),
        "{key} in generation {generation} is wrong"
    );
    generation
}

/// Asserts that everything in `tier` is right and from an earlier run, and returns how much it is.
async fn judge_all(tier: &DiskTier) -> usize {
    let mut right = 0;
    for key in 0..KEYS {
        if let Some(found) = tier.get(&name(key)).await {
            judge(key, &found);
            assert_eq!(found.written, WrittenBy::EarlierRun);
            right += 1;
        }
    }
    right
}

async fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// This program again, to run the ignored test `name` below in `folder`; `sh` runs `before` first.
fn child(folder: &Path, name: &str, before: &str) -> Command {
    File::create(folder.join(CHILD)).unwrap();
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            &format!("{before} exec \"$0\" --ignored --exact --nocapture {name}"),
        ])
        .arg(std::env::current_exe().unwrap())
        .current_dir(folder);
    command
}

#[tokio::test]
async fn rule_28_killed_50_times_in_mid_write_it_serves_what_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let mut rng = Rng::with_seed(50);
    let mut right = Vec::new();
    for round in 0..50 {
        let mut child = child(folder.path(), "writes_until_it_is_killed", "");
        let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        // Some are killed before they have opened the folder, or while they do.
        if round % 5 > 0 {
            assert!(said.any(|line| line.unwrap().contains("it writes")));
        }
        std::thread::sleep(Duration::from_millis(rng.u64(..80)));
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended by itself: {:?}",
            said.collect::<Vec<_>>()
        );
        child.kill().unwrap();
        child.wait().unwrap();
        let tier = open(&cache).await;
        right.push(judge_all(&tier).await);
        assert_eq!(tier.reading().errors, 0);
        tier.close().await;
    }
    let found: usize = right.iter().sum();
    assert!(found > 50 * 30, "much of what was written is found again: {right:?}");
}

#[tokio::test]
#[ignore = "run by the test above, in a process that it kills"]
async fn writes_until_it_is_killed() {
    if !Path::new(CHILD).exists() {
        return;
    }
    let tier = open(Path::new("cache")).await;
    let mut rng = Rng::new();
    let mut newest = vec![0; usize::try_from(KEYS).unwrap()];
    let (start, mut told) = (Instant::now(), false);
    for generation in 1.. {
        let key = rng.u64(..KEYS);
        tier.put(&name(key), object(key, generation), Moment::from_u64(generation));
        newest[usize::try_from(key).unwrap()] = generation;
        let asked = rng.u64(..KEYS);
        if let Some(found) = tier.get(&name(asked)).await {
            let found_generation = judge(asked, &found);
            let since = newest[usize::try_from(asked).unwrap()];
            assert!(matches!(found.written, WrittenBy::EarlierRun) == (since == 0));
            assert!(since == 0 || since == found_generation, "an older one came back");
        }
        if !told && tier.reading().written > 5 {
            println!("it writes");
            told = true;
        }
        assert!(start.elapsed() < PATIENCE, "nobody kills it");
    }
}

#[test]
fn rule_28_on_a_full_disk_it_serves_what_is_right() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("full")).unwrap();
    // A file system of its own, where that is allowed.
    let mount = "mount -t tmpfs -o size=6m tmpfs full && echo mounted && cd full && touch child &&";
    let child = child(folder.path(), "meets_a_full_disk", mount);
    let unshare = |arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command
            .args(arguments)
            .arg(child.get_program())
            .args(child.get_args())
            .current_dir(folder.path());
        command
            .output()
            .ok()
            .filter(|run| String::from_utf8_lossy(&run.stdout).contains("mounted"))
    };
    if let Some(run) = unshare(&["--mount"]).or_else(|| unshare(&["--user", "--map-root-user", "--mount"])) {
        passed(&run);
    }
    // And everywhere: no file may be written past its first half a MiB.
    let mut child = crate::child(folder.path(), "meets_a_full_disk", "trap '' XFSZ; touch limit;");
    passed(&child.output().unwrap());
}

fn passed(run: &std::process::Output) {
    let said = [&run.stdout[..], &run.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
#[ignore = "run by the test above, where a disk is full"]
async fn meets_a_full_disk() {
    if !Path::new(CHILD).exists() {
        return;
    }
    let cache = Path::new("cache");
    let tier = open(cache).await;
    if Path::new("limit").exists() {
        let mut limit = Command::new("prlimit");
        limit.args(["--pid", &std::process::id().to_string(), "--fsize=524288"]);
        assert!(limit.status().unwrap().success());
    }
    let mut generation = 0;
    let mut put_all = async |tier: &DiskTier| {
        generation += 1;
        for key in 0..KEYS {
            tier.put(&name(key), object(key, generation), Moment::from_u64(generation));
            if let Some(found) = tier.get(&name(key)).await {
                assert!(judge(key, &found) == generation || found.written == WrittenBy::EarlierRun);
            }
        }
    };
    let start = Instant::now();
    while tier.reading().errors == 0 {
        put_all(&tier).await;
        assert!(
            start.elapsed() < PATIENCE,
            "it takes more than there is room for: {:?}",
            tier.reading()
        );
    }
    wait_until("it is opened again", || tier.reading().state == DiskState::ReadsOnly).await;
    let right = judge_all(&tier).await;
    assert!(right > 10, "only {right} are left");
    let dropped = tier.reading().dropped;
    put_all(&tier).await;
    assert_eq!(tier.reading().dropped, dropped + KEYS);
    tier.close().await;
    // A restart on the full disk.
    let tier = open(cache).await;
    let right = judge_all(&tier).await;
    assert!(right > 10, "only {right} are left");
    put_all(&tier).await;
    println!("{right} were left, then {:?}", tier.reading());
    tier.close().await;
}

#[tokio::test]
async fn flipped_bytes_are_misses() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let tier = open(&cache).await;
    for key in 0..60 {
        tier.put(&name(key), object(key, 1), Moment::from_u64(1));
        wait_until("there is room for another", || tier.reading().waiting_bytes < MIB).await;
    }
    wait_until("all is written", || tier.reading().written == 60).await;
    tier.close().await;
    let files = fs::read_dir(cache.join("objects"))
        .unwrap()
        .map(|file| file.unwrap().path());
    let files: Vec<_> = files
        .map(|path| File::options().read(true).write(true).open(path).unwrap())
        .collect();
    let used: Vec<_> = files
        .iter()
        .map(|file| (file, used_bytes(file)))
        .filter(|(_, used)| *used > 0)
        .collect();
    assert!(!used.is_empty());
    let mut rng = Rng::with_seed(1);
    let (mut right, mut damaged) = (0, 0);
    for round in 0..120 {
        // Before it is opened, and every third time while it is open.
        let late = round % 3 == 0;
        let mut tier = None;
        if late {
            tier = Some(open(&cache).await);
        }
        let mut flipped = Vec::new();
        for (file, used) in &used {
            for _ in 0..=used / (256 * 1024) {
                // Every other in the first bytes of a page, where headers are.
                let at = rng.u64(..*used);
                let at = if rng.bool() {
                    at / 4096 * 4096 + rng.u64(..64)
                } else {
                    at
                };
                let mut byte = [0];
                file.read_exact_at(&mut byte, at).unwrap();
                file.write_all_at(&[byte[0] ^ 1 << rng.u8(..8)], at).unwrap();
                flipped.push((file, at, byte));
            }
        }
        let tier = match tier {
            Some(tier) => tier,
            None => open(&cache).await,
        };
        right += judge_all(&tier).await;
        damaged += tier.reading().damaged + tier.reading().errors;
        tier.close().await;
        for (file, at, byte) in flipped.into_iter().rev() {
            file.write_all_at(&byte, at).unwrap();
        }
    }
    assert!(right > 1000, "most are not touched: {right}");
    assert!(damaged > 100, "what is damaged is counted: {damaged}");
    let tier = open(&cache).await;
    assert_eq!(judge_all(&tier).await, 60);
}

/// How far into `file` anything is written.
fn used_bytes(file: &File) -> u64 {
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last as u64 + 1)
}
