//! The servers that the harness starts, without anything that must be installed: they are there, they answer, they end.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_evergate-bench");

/// Killed when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// An address that no other test of this file was given: servers may share a port, and then either of them answers.
fn free_address() -> SocketAddr {
    static GIVEN: Mutex<BTreeSet<SocketAddr>> = Mutex::new(BTreeSet::new());
    loop {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        if GIVEN.lock().unwrap().insert(address) {
            return address;
        }
    }
}

fn start(arguments: &[&str]) -> (Server, SocketAddr) {
    let address = free_address();
    let (command, more) = arguments.split_first().unwrap();
    let child = Command::new(PROGRAM)
        .args([command, "--listen", &address.to_string()])
        .args(more)
        .spawn();
    let server = Server(child.unwrap());
    until("the server listens", || TcpStream::connect(address).is_ok());
    (server, address)
}

fn ask(address: SocketAddr, path: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn the_ceilings_answer_and_do_nothing_else() {
    let (_redirects, address) = start(&["ceiling", "--kind", "redirect", "--location", "http://elsewhere/x"]);
    let answer = ask(address, "/r/16384/00000001.png");
    assert!(answer.starts_with("HTTP/1.1 302 Found\r\n"), "{answer}");
    assert!(answer.contains("location: http://elsewhere/x\r\n"), "{answer}");
    let (_bodies, address) = start(&["ceiling", "--kind", "body"]);
    let answer = ask(address, "/c/64/00000001.png");
    let length = "content-length: 64\r\n";
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains(length),
        "{answer}"
    );
    assert!(ask(address, "/elsewhere").starts_with("HTTP/1.1 404 "));
}

#[test]
fn the_origin_serves_nobody_who_has_not_signed() {
    let (_origin, address) = start(&["origin"]);
    let answer = ask(
        address,
        "/evergate-bench-123456789012-eu-central-1/images/64/00000001.png",
    );
    let code = "<Code>AccessDenied</Code>";
    assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains(code), "{answer}");
    let counted = ask(address, "/-/requests");
    assert!(
        counted.ends_with("\r\n\r\n1"),
        "the refused request counts, the question does not: {counted}"
    );
}

#[test]
fn a_server_is_pinned_and_ends_with_who_started_it() {
    // A shell stands in for the harness, starts a server and is killed.
    let script = r#""$0" launch --parent $$ --cores "$1" -- sh -c 'echo $$; grep Cpus_allowed_list /proc/$$/status; exec sleep 60' & read forever"#;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let cores = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let core: String = cores.unwrap().trim().chars().take_while(char::is_ascii_digit).collect();
    let child = Command::new("sh")
        .args(["-c", script, PROGRAM, &core])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut harness = Server(child.unwrap());
    let mut lines = BufReader::new(harness.0.stdout.take().unwrap()).lines();
    let pid: u32 = lines.next().unwrap().unwrap().trim().parse().unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), format!("Cpus_allowed_list:\t{core}"));
    assert!(Path::new(&format!("/proc/{pid}")).exists());
    drop(harness);
    until("the server has ended", || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.is_empty() || status.contains("State:\tZ")
    });
}

#[test]
fn everybody_is_started_checked_and_ended_when_nothing_is_to_be_measured() {
    let temporary = tempfile::tempdir().unwrap();
    let file = temporary.path().join("report.json");
    let output = Command::new(PROGRAM)
        .args([
            "compare",
            "--rounds",
            "0",
            "--quick",
            "--scenario",
            "redirect-hit-16,s3-get,stream-hit-4k",
        ])
        .args([
            "--contenders",
            "ceiling-302,ceiling-body,origin",
            "--gateway",
            "/bin/true",
        ])
        .args(["--server-cores", "0", "--load-cores", "0", "--json"])
        .arg(&file)
        .env("TMPDIR", temporary.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches(" answers as it should").count(), 3, "{said}");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(report["scenarios"].as_array().unwrap().len(), 3);
    let left = std::fs::read_dir(temporary.path()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["report.json"], "temporary folders are gone");
}

#[test]
fn what_is_not_there_is_said() {
    let run = |arguments: &[&str]| {
        let output = Command::new(PROGRAM)
            .args(["compare", "--gateway", "/bin/true"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = run(&["--contenders", "apache"]);
    assert!(
        said.starts_with("error: there is no contender apache; there are: evergate, "),
        "{said}"
    );
    let said = run(&["--scenario", "fast"]);
    assert!(
        said.starts_with("error: there is no scenario fast; there are: "),
        "{said}"
    );
}
