//! Headless Chromium, driven over WebDriver (W3C) through Debian's `chromium-driver`: just the calls that the tests need.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the driver may take to start, and any one of its answers to come.
const PATIENCE: Duration = Duration::from_mins(1);
/// Said when a program is missing: the tests never skip what they can't do.
const MISSING: &str = "this test needs Chromium and its driver: run `make test`, which installs them";

/// A browser with a profile of its own; ended when dropped.
pub struct Browser {
    driver: Child,
    session: String,
    client: reqwest::Client,
    profile: TempDir,
}

/// Colours as the person prefers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    Light,
    Dark,
}

impl Browser {
    /// Starts the driver on a free port and a browser with an empty profile.
    pub async fn start() -> Self {
        // Which provider it is does not matter here: the driver speaks plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let profile = TempDir::new().unwrap();
        let (driver, port) = start_driver(profile.path());
        let mut browser = Self {
            driver,
            session: format!("http://127.0.0.1:{port}/session"),
            client,
            profile,
        };
        let folder = browser.profile.path().join("profile");
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            &format!("--user-data-dir={}", folder.display()),
        ];
        let wishes = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let session = browser.call("", wishes).await;
        let id = session.get("sessionId").and_then(Value::as_str).unwrap().to_owned();
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    /// Opens a page and waits until it has loaded, pictures included.
    pub async fn open(&self, url: &str) {
        self.call("url", json!({ "url": url })).await;
    }

    /// Reloads the page, as F5 does.
    pub async fn reload(&self) {
        self.call("refresh", json!({})).await;
    }

    /// Runs the body of a function in the page and returns what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.call("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// Waits until the body of a function returns true in the page.
    pub async fn wait_until(&self, what: &str, script: &str) {
        let begun = Instant::now();
        let body = json!({ "script": script, "args": [] });
        // While the page is being replaced there is nothing to run a script in.
        while self.try_call("execute/sync", &body).await != Ok(Value::Bool(true)) {
            assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What the console has said since the last call, with the level in front.
    pub async fn console(&self) -> Vec<String> {
        let entries = self.call("se/log", json!({ "type": "browser" })).await;
        let text = |entry: &Value, name| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let entries = entries.as_array().unwrap().iter();
        entries
            .map(|entry| format!("{} {}", text(entry, "level"), text(entry, "message")))
            .collect()
    }

    /// Makes the viewport this wide, in CSS pixels, and tells the page which colours are preferred.
    pub async fn look(&self, width: u32, colours: Colours) {
        let scheme = match colours {
            Colours::Light => "light",
            Colours::Dark => "dark",
        };
        let screen = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        // Without motion a picture taken now is the picture of the end.
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Takes a picture of the whole page.
    pub async fn screenshot(&self, file: &Path) {
        let wishes = json!({ "captureBeyondViewport": true });
        let picture = self.devtools("Page.captureScreenshot", wishes).await;
        let picture = base64(picture.get("data").and_then(Value::as_str).unwrap());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, picture).unwrap();
    }

    async fn devtools(&self, command: &str, params: Value) -> Value {
        self.call("goog/cdp/execute", json!({ "cmd": command, "params": params }))
            .await
    }

    async fn call(&self, command: &str, body: Value) -> Value {
        let answer = self.try_call(command, &body).await;
        answer.unwrap_or_else(|error| panic!("{command}: {error:#}\n{MISSING}"))
    }

    /// The value of a command's answer, or the driver's error.
    async fn try_call(&self, command: &str, body: &Value) -> Result<Value, Value> {
        let url = format!("{}/{command}", self.session);
        let request = self
            .client
            .post(url.trim_end_matches('/'))
            .header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await.unwrap();
        let mut answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let value = answer["value"].take();
        if value.get("error").is_some() {
            Err(value)
        } else {
            Ok(value)
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser when it is told to end.
        let _ = Command::new("kill").arg(self.driver.id().to_string()).status();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            if self.driver.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn start_driver(home: &Path) -> (Child, u16) {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .env("HOME", home)
        .env("TMPDIR", home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("chromedriver: {error}; {MISSING}"));
    let (port, found) = mpsc::channel();
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    // Reads on until the end, so that the driver never waits for a reader.
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let words = line.strip_prefix("ChromeDriver was started successfully on port ");
            if let Some(number) = words.and_then(|rest| rest.trim_end_matches('.').parse().ok()) {
                let _ = port.send(number);
            }
        }
    });
    let Ok(port) = found.recv_timeout(PATIENCE) else {
        let _ = driver.kill();
        let _ = driver.wait();
        panic!("chromedriver did not start; {MISSING}");
    };
    (driver, port)
}

/// RFC 4648 §4; the input is the driver's own.
fn base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u32> = text.bytes().filter(|byte| *byte != b'=').map(digit).collect();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let bits = group
            .iter()
            .enumerate()
            .fold(0, |bits, (at, digit)| bits | digit << (18 - 6 * at));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}
