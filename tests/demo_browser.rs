//! The demo as a person meets it: `evergate demo`, opened in real Chromium, before and after the raw URLs' expiry.
#![cfg(feature = "embedded")]
#![allow(clippy::disallowed_methods, reason = "tests read the environment")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on ends")]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use support::browser::{Browser, Colours};
use support::evergate::{command, wait_for_end};
use tempfile::TempDir;

const DESK: u32 = 1280;
const PHONE: u32 = 390;

/// `evergate demo` on a free port; ended when dropped.
struct Demo {
    child: Child,
    address: String,
    /// Its folder for temporary files.
    temporary: TempDir,
}

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut demo = command(&["demo", "--listen", "127.0.0.1:0"]);
        demo.args(arguments).env("TMPDIR", temporary.path());
        demo.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = demo.spawn().unwrap();
        let (line, lines) = mpsc::channel();
        read_lines(child.stdout.take().unwrap(), line.clone());
        read_lines(child.stderr.take().unwrap(), line);
        let mut said = String::new();
        while let Ok(line) = lines.recv_timeout(Duration::from_mins(1)) {
            if let Some(at) = line.find("http://127.0.0.1:") {
                let address = line.get(at..).unwrap().split_whitespace().next().unwrap();
                return Self {
                    address: address.trim_end_matches('/').to_owned(),
                    child,
                    temporary,
                };
            }
            said.push_str(&line);
        }
        let _ = child.kill();
        let _ = child.wait();
        panic!("the demo printed no address:\n{said}");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(from: impl Read + Send + 'static, to: mpsc::Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            // Reads on when nobody listens any more, so that the program never waits for a reader.
            let _ = to.send(line + "\n");
        }
    });
}

fn artefact(name: &str) -> PathBuf {
    let folder = std::env::var_os("EVERGATE_ARTEFACTS").map_or_else(|| PathBuf::from("artefacts"), PathBuf::from);
    folder.join(name)
}

/// The widths of a row's pictures as the browser has decoded them; 0 is broken.
async fn widths(browser: &Browser, row: &str) -> Vec<u64> {
    let script = format!(
        "return [...document.querySelectorAll('#{row} img')].map((img) => img.complete ? img.naturalWidth : -1)"
    );
    let widths = browser.run(&script).await;
    widths
        .as_array()
        .unwrap()
        .iter()
        .map(|width| width.as_u64().unwrap())
        .collect()
}

async fn sources(browser: &Browser) -> serde_json::Value {
    browser
        .run("return [...document.querySelectorAll('#raw img')].map((img) => img.src)")
        .await
}

/// Takes the page as it is on a desk and on a phone, in light and dark.
async fn keep(browser: &Browser, moment: &str) {
    for (width, device) in [(DESK, "desk"), (PHONE, "phone")] {
        for (colours, name) in [(Colours::Light, "light"), (Colours::Dark, "dark")] {
            browser.look(width, colours).await;
            browser
                .screenshot(&artefact(&format!("demo-{moment}-{device}-{name}.png")))
                .await;
        }
    }
    browser.look(DESK, Colours::Light).await;
}

#[tokio::test]
async fn after_their_expiry_the_raw_pictures_are_broken_and_the_stable_ones_drawn() {
    // Long enough for a loaded machine to load the page before they expire.
    let demo = Demo::start(&["--expiry", "10s"]);
    let browser = Browser::start().await;
    browser.look(DESK, Colours::Light).await;

    browser.open(&demo.address).await;
    assert_eq!(widths(&browser, "raw").await, [256; 12], "before expiry");
    assert_eq!(widths(&browser, "stable").await, [256; 12], "before expiry");
    assert_eq!(
        browser
            .run("return document.querySelector('#raw').classList.contains('expired')")
            .await,
        false
    );
    let stored = sources(&browser).await;

    // The page reloads itself, and then knows from the server that the URLs are past their life.
    browser
        .wait_until(
            "the page to reload itself",
            "return document.readyState === 'complete' && expiredAtRender",
        )
        .await;
    assert_eq!(sources(&browser).await, stored, "the very same strings");
    assert_eq!(widths(&browser, "raw").await, [0; 12], "after expiry");
    assert_eq!(widths(&browser, "stable").await, [256; 12], "after expiry");
    browser
        .wait_until(
            "the overlays and the cache states",
            "return document.querySelectorAll('#raw .broken').length === 12 \
         && [...document.querySelectorAll('#raw .verdict')].every((v) => v.textContent === '403') \
         && document.querySelectorAll('#stable .broken').length === 0 \
         && [...document.querySelectorAll('#stable .verdict')].every((v) => /^302 · (hit|miss)$/.test(v.textContent)) \
         && document.querySelectorAll('#stable .hit').length > 0",
        )
        .await;
    keep(&browser, "after").await;

    // F5 and the button do the same to a page: nothing gets better.
    browser.reload().await;
    assert_eq!(widths(&browser, "raw").await, [0; 12], "after F5");
    browser.run("document.querySelector('#reload').click()").await;
    browser
        .wait_until("the button's reload", "return document.readyState === 'complete'")
        .await;
    assert_eq!(sources(&browser).await, stored, "the very same strings");
    assert_eq!(widths(&browser, "raw").await, [0; 12], "after the button");
    assert_eq!(widths(&browser, "stable").await, [256; 12], "after the button");

    // The only thing that helps is new URLs.
    browser.open(&demo.address).await;
    assert_ne!(sources(&browser).await, stored);
    assert_eq!(widths(&browser, "raw").await, [256; 12], "new URLs");

    // The console holds the origin's 403 for each dead URL, and nothing else.
    for line in browser.console().await {
        assert!(line.contains("status of 403 (Forbidden)"), "{line}");
    }
}

#[tokio::test]
async fn the_page_fits_a_phone_and_can_be_read_out() {
    let demo = Demo::start(&["--expiry", "60s"]);
    let browser = Browser::start().await;
    for (width, colours) in [(320, Colours::Light), (PHONE, Colours::Dark), (DESK, Colours::Dark)] {
        browser.look(width, colours).await;
        browser.open(&demo.address).await;
        let overflow = browser
            .run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
            .await;
        assert_eq!(overflow, 0, "nothing sticks out at {width}");
    }
    let unnamed = "return [...document.querySelectorAll('.faces img')].filter((img) => !img.alt).length";
    assert_eq!(browser.run(unnamed).await, 0);
    assert_eq!(browser.run("return document.documentElement.lang").await, "en");
    assert_eq!(browser.run("return document.querySelectorAll('h1').length").await, 1);
    keep(&browser, "before").await;
    assert_eq!(browser.console().await, Vec::<String>::new());
}

#[test]
fn a_temporary_data_folder_is_removed_at_the_end() {
    let mut demo = Demo::start(&[]);
    let folder = std::fs::read_dir(demo.temporary.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert!(folder.join("samples/avatars/fox.png").exists());
    let told = Command::new("kill")
        .args(["-TERM", &demo.child.id().to_string()])
        .status()
        .unwrap();
    assert!(told.success());
    assert!(wait_for_end(&mut demo.child).success());
    assert_eq!(std::fs::read_dir(demo.temporary.path()).unwrap().count(), 0);
}

#[test]
fn a_named_data_folder_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("pictures");
    drop(Demo::start(&["--data", data.to_str().unwrap()]));
    assert!(data.join("samples/avatars/fox.png").exists());
}
