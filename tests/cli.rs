//! The command line from outside: what it says, where to, and with which exit code, also when nobody reads along.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const CONFIG: &str = "tests/config/good/smallest.yaml";

/// The program with an environment of its own: nothing of this machine's.
fn evergate(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evergate"));
    command
        .args(arguments)
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// The same without a configuration file: there is none in this folder.
fn with_environment_alone(arguments: &[&str]) -> Command {
    let mut command = evergate(arguments);
    command
        .current_dir("tests")
        .envs([("AWS_BUCKET_NAME", "my-files"), ("AWS_REGION", "eu-central-1")]);
    command
}

fn run(arguments: &[&str]) -> Output {
    evergate(arguments).output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs a command whose output is closed after its first line, as `| head -1` does; returns its code and what it said.
fn with_a_closed_pipe(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = evergate(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    let mut out = BufReader::with_capacity(1, child.stdout.take().unwrap());
    out.read_line(&mut first).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), said(&output.stderr))
}

#[test]
fn a_closed_pipe_is_no_failure() {
    for arguments in [
        &["completions", "bash"][..],
        &["completions", "fish"],
        &["routes", "--config", CONFIG],
        &["check", CONFIG],
        &["--help"],
    ] {
        assert_eq!(with_a_closed_pipe(arguments), (Some(0), String::new()), "{arguments:?}");
    }
}

#[test]
fn a_full_disk_is_said() {
    for arguments in [
        &["completions", "bash"][..],
        &["routes", "--config", CONFIG],
        &["check", CONFIG],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = evergate(arguments).stdout(full).output().unwrap();
        let error = said(&output.stderr);
        assert_eq!(output.status.code(), Some(71), "{arguments:?}: {error}");
        assert!(
            error.starts_with("error: can't write to standard output"),
            "{arguments:?}: {error}"
        );
    }
}

#[test]
fn the_verdict_of_check_does_not_hang_on_a_reader() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = evergate(&["check", "tests/config/bad/overlaps.yaml"])
        .stderr(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let commands = said(&run(&["--help"]).stdout);
    let commands = commands
        .split_once("Commands:")
        .unwrap()
        .1
        .split_once("Options:")
        .unwrap()
        .0;
    // Lines that go on from the one above stand further in.
    let names = commands
        .lines()
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    let names: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 5, "{names:?}");
    let help = said(&run(&["help", "client", "new"]).stdout);
    assert!(help.contains("Example"), "{help}");
    for name in names.into_iter().filter(|name| *name != "help") {
        let help = said(&run(&["help", name]).stdout);
        assert!(help.contains("Example"), "{name}:\n{help}");
    }
}

#[test]
#[cfg(feature = "embedded")]
fn an_address_that_is_none_is_explained() {
    for address in ["localhost", ":8080", "8080"] {
        let output = run(&["demo", "--listen", address]);
        assert_eq!(output.status.code(), Some(64));
        let error = said(&output.stderr);
        assert!(
            error.contains("write an IP address and a port: 127.0.0.1:8080"),
            "{error}"
        );
    }
}

#[test]
fn presign_without_credentials_ends_at_the_first_word_of_the_sources() {
    let began = Instant::now();
    let output = with_environment_alone(&["presign", "images/u42.png"]).output().unwrap();
    let error = said(&output.stderr);
    assert_eq!(output.status.code(), Some(77), "{error}");
    assert!(error.contains("no AWS credentials found"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}

#[test]
fn presign_warns_about_a_key_that_looks_like_a_path() {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
    ];
    let presign = |key: &str| with_environment_alone(&["presign", key]).envs(keys).output().unwrap();
    let (plain, slashed) = (presign("a.png"), presign("/a.png"));
    assert_eq!((plain.status.code(), slashed.status.code()), (Some(0), Some(0)));
    assert_eq!(said(&plain.stderr), "");
    assert!(said(&slashed.stderr).contains("starts with \"/\""));
    assert!(said(&slashed.stdout).contains("amazonaws.com//a.png?"));
}

#[test]
fn client_new_says_what_to_write_and_the_secret_once() {
    let output = run(&["client", "new", "my-app", "--config", CONFIG]);
    let (out, error) = (said(&output.stdout), said(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert!(out.contains("secret_access_key: ${MY_APP_SECRET_KEY}\n"), "{out}");
    assert!(out.contains("operations: [read, write, delete, list] }\n"), "{out}");
    let secret = out
        .split_once("\nMY_APP_SECRET_KEY=")
        .unwrap()
        .1
        .lines()
        .next()
        .unwrap();
    assert_eq!((secret.len(), out.matches(secret).count()), (40, 1), "{out}");
    assert!(error.contains("stored nowhere") && !error.contains(secret), "{error}");

    let output = with_environment_alone(&["client", "new", "my-app"]).output().unwrap();
    let out = said(&output.stdout);
    assert!(out.contains("\nEVERGATE_CLIENT_ACCESS_KEY_ID=EVG"), "{out}");
    assert!(out.contains("\nEVERGATE_CLIENT_SECRET_ACCESS_KEY="), "{out}");

    let restricted = ["client", "new", "my-app", "--prefix", "images/"];
    assert_eq!(
        with_environment_alone(&restricted).output().unwrap().status.code(),
        Some(64)
    );

    for (arguments, code) in [
        (&["client", "new", "two words", "--config", CONFIG][..], 64),
        (&["client", "new", "a", "--bucket", "none", "--config", CONFIG], 64),
        (&["client", "new", "a", "--operations", "rule", "--config", CONFIG], 64),
        (&["client", "new", "a", "--config", "tests/config/bad/clients.yaml"], 78),
        (&["client", "new", "a", "--config", "tests/nowhere.yaml"], 66),
        // The key that is missing may be the one to be issued.
        (
            &[
                "client",
                "new",
                "a",
                "--bucket",
                "files",
                "--config",
                "tests/config/bad/clients.yaml",
            ],
            0,
        ),
    ] {
        let output = run(arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}",
            said(&output.stderr)
        );
    }
}
