//! `evergate rewrite` from outside: bytes in, bytes out, counts on standard error.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::io::Write;
use std::process::{Command, Output, Stdio};

const CONFIG: &str = "\
public_hosts: [files.example.com]
buckets:
  files: { name: my-files, region: eu-central-1 }
routes:
  - { path: /avatars/, bucket: files, prefix: images/, access: public }
clients:
  - { name: app, access_key_id: EVG1, secret_access_key: ${SECRET}, allow: [{ bucket: files, operations: [read] }] }
refresh:
  - { bucket: files, prefix: images/, max_age: 3650d }
";
const SECRET: &str = "canary-of-the-clients-key";
const QUERY: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256\\u0026X-Amz-Credential=ASIA%2F20240101%2Feu-central-1%2Fs3%2Faws4_request\
                     \\u0026X-Amz-Date=20240101T000000Z\\u0026X-Amz-Expires=120\\u0026X-Amz-Security-Token=IQoJb3Jp\
                     \\u0026X-Amz-SignedHeaders=host\\u0026X-Amz-Signature=\
                     0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A line as an app may have stored it, bytes that are no text included.
fn line(key: &str) -> Vec<u8> {
    let mut line = format!("{{\"url\":\"https:\\/\\/my-files.s3.amazonaws.com\\/{key}?{QUERY}\"}}\0").into_bytes();
    line.extend_from_slice(b"\xff\xfe\r\n");
    line
}

fn rewrite(arguments: &[&str], input: &[u8]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.yaml");
    std::fs::write(&config, CONFIG).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_evergate"))
        .arg("rewrite")
        .args(arguments)
        .arg("--config")
        .arg(&config)
        .env_clear()
        .env("SECRET", SECRET)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // It may end without having read.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn urls_become_stable_and_everything_else_passes() {
    let mut input = Vec::new();
    let mut expected = Vec::new();
    for number in 0..3_000 {
        input.extend(line(&format!("images\\/{number}.png")));
        expected.extend(format!("{{\"url\":\"\\/avatars\\/{number}.png\"}}\0").into_bytes());
        expected.extend_from_slice(b"\xff\xfe\r\n");
        input.extend(line("documents\\/a.pdf"));
        expected.extend(line("documents\\/a.pdf"));
    }
    let output = rewrite(&[], &input);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output.stderr));
    assert!(output.stdout == expected, "not as expected");
    assert_eq!(
        said(&output.stderr),
        "3000 of 6000 presigned URLs replaced\nleft as they are:\n  3000 of objects that no route leads to\n"
    );
}

#[test]
fn a_dry_run_writes_nothing_and_counts() {
    let input = [line("images\\/a.png"), line("documents\\/a.pdf")].concat();
    let output = rewrite(&["--dry-run", "--base", "https://files.example.com"], &input);
    assert_eq!((output.status.code(), output.stdout), (Some(0), vec![]));
    assert_eq!(
        said(&output.stderr),
        "\
1 of 2 presigned URLs would be replaced
left as they are:
  1 of objects that no route leads to

BUCKET  PREFIX      REPLACED  LEFT
files   documents/  0         1
files   images/     1         0
"
    );
}

#[test]
fn urls_for_the_gateway_show_no_secret() {
    let arguments = [
        "--to",
        "gateway",
        "--client",
        "app",
        "--base",
        "https://files.example.com",
        "--expires",
        "1h",
    ];
    let output = rewrite(&arguments, &line("images\\/a.png"));
    let out = said(&output.stdout);
    let start =
        "{\"url\":\"https:\\/\\/files.example.com\\/my-files\\/images\\/a.png?X-Amz-Algorithm=AWS4-HMAC-SHA256\\u0026";
    assert!(
        out.starts_with(start) && out.contains("X-Amz-Expires=3600\\u0026"),
        "{out}"
    );
    assert!(
        out.contains("X-Amz-Credential=EVG1%2F") && out.ends_with("\"}\0\u{fffd}\u{fffd}\r\n"),
        "{out}"
    );
    assert!(!out.contains(SECRET) && !said(&output.stderr).contains(SECRET));
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    for arguments in [
        &["--to", "gateway"][..],
        &["--to", "gateway", "--client", "app"],
        &[
            "--to",
            "gateway",
            "--client",
            "nobody",
            "--base",
            "https://files.example.com",
        ],
        &["--base", "files.example.com"],
        &["--expires", "8d"],
        &["--to", "nowhere"],
    ] {
        let output = rewrite(arguments, b"text");
        assert_eq!(
            (output.status.code(), output.stdout),
            (Some(64), vec![]),
            "{arguments:?}"
        );
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn options_for_the_gateway_are_refused_without_it() {
    for options in [["--client", "app"], ["--expires", "1d"]] {
        let output = rewrite(&options, b"");
        assert_eq!(output.status.code(), Some(64));
        assert!(
            said(&output.stderr).contains("--to gateway"),
            "{}",
            said(&output.stderr)
        );
    }
}
