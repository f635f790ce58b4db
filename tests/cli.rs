//! The command line from outside: what it says, where to, and with which exit code, also when nobody reads along.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[macro_use]
#[path = "support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use support::links::{Link, flipped};

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

    // What the app needs to know of the bucket; the key may be issued before there is a configuration.
    assert!(
        out.contains("\nAWS_BUCKET_NAME=") && out.contains("\nAWS_REGION="),
        "{out}"
    );
    let bare = with_environment_alone(&["client", "new", "my-app"])
        .env_remove("AWS_BUCKET_NAME")
        .output()
        .unwrap();
    let out = said(&bare.stdout);
    assert_eq!(bare.status.code(), Some(0), "{}", said(&bare.stderr));
    assert!(
        out.contains("\nEVERGATE_CLIENT_ACCESS_KEY_ID=EVG") && !out.contains("AWS_REGION"),
        "{out}"
    );
    let elsewhere = ["client", "new", "my-app", "--bucket", "elsewhere"];
    let code = |arguments: &[&str]| with_environment_alone(arguments).output().unwrap().status.code();
    assert_eq!(code(&elsewhere), Some(64));

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

const CLIENT_ID: &str = "EVGLIBRECHAT00000001";
const CLIENT_SECRET: &str = "canary-client-secret-of-librechat-0001";
const DAY: Duration = Duration::from_hours(24);
const INSPECTED: &str = "
buckets:
  files: { name: my-files, region: us-east-1, credentials: { access_key_id: AKIAOFTHEGATEWAY, secret_access_key: '${SECRET}' } }
  other: { name: other-files, region: eu-west-1, endpoint: http://minio:9000, path_style: true }
public_hosts: [old.example.com]
clients:
  - { name: librechat, access_key_id: EVGLIBRECHAT00000001, secret_access_key: '${CLIENT}', allow: [{ bucket: files, operations: [read] }, { bucket: other, prefix: a/, operations: [read] }] }
  - { name: leaked, access_key_id: EVGLEAKED0000000000A, secret_access_key: '${CLIENT}', state: revoked }
refresh:
  - { bucket: files, prefix: images/, max_age: 30d, delivery: stream, not_before: 2025-01-01T00:00:00Z }
  - { bucket: files, prefix: uploads/, max_age: 0s }
routes:
  - { path: /avatars/, bucket: files, prefix: images/, access: public }
";

fn link(path: &str) -> Link<'_> {
    Link::new(CLIENT_ID, CLIENT_SECRET, path)
}

/// A URL with the host that it was signed for.
fn url(link: &Link<'_>) -> String {
    format!("https://{}{}", link.host, link.v4())
}

/// Runs `inspect` on a URL that it reads from standard input; returns its code and all that it said. No secret and no
/// signature, given or computed, is part of that.
fn inspect(url: &str, options: &[&str]) -> (Option<i32>, String) {
    inspect_by(INSPECTED, url, options)
}

/// As [`inspect`], by this configuration.
fn inspect_by(yaml: &str, url: &str, options: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.yaml");
    std::fs::write(&config, yaml).unwrap();
    let arguments = ["inspect", "-", "--config", config.to_str().unwrap()];
    let mut command = evergate(&[&arguments, options].concat());
    command
        .env("SECRET", "canary-secret-of-the-gateway")
        .env("CLIENT", CLIENT_SECRET);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{url}").unwrap();
    let output = child.wait_with_output().unwrap();
    let text = said(&output.stdout) + &said(&output.stderr);
    let signature = |word: &str| word.len() >= 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    assert!(!text.contains("canary") && !words.into_iter().any(signature), "{text}");
    (output.status.code(), text)
}

#[test]
fn inspect_tells_what_a_link_is_and_that_it_would_be_served() {
    let old = link("/my-files/images/a.png").signed_ago(DAY * 3);
    let (code, text) = inspect(&url(&old), &[]);
    assert_eq!(code, Some(0), "{text}");
    for fact in [
        "key \"images/a.png\" in bucket files (my-files)",
        "client librechat (active), key EVGLIBRECHAT00000001; version 4 for us-east-1",
        "3d ago",
        "(good for 2m), expired 2d 23h ago",
        "authentic, made for files.example.com",
        "images/: links up to 30d old, not before 2025-01-01T00:00:00Z",
        "stable path /avatars/a.png",
        "served at the presigned door, delivery stream",
    ] {
        assert!(text.contains(fact), "{fact} in {text}");
    }
    let (code, text) = inspect(&url(&old), &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (code, &json["served"], &json["door"]),
        (Some(0), &true.into(), &"presigned".into())
    );
    assert_eq!(json["signature"]["signed_for"], "files.example.com");
    assert_eq!(json["rule"]["max_age"], 30 * 86_400);
    let expired_by = json["signature"]["expired_by"].as_u64().unwrap();
    assert!((3 * 86_400 - 120..3 * 86_400).contains(&expired_by), "{expired_by}");

    // Signed for a host of old: as it is stored, and rewritten to the gateway's name.
    let of_old = Link {
        host: "old.example.com",
        ..old
    };
    for rewritten in [url(&of_old), url(&of_old).replacen("old.", "files.", 1)] {
        let (code, text) = inspect(&rewritten, &[]);
        assert_eq!(code, Some(0), "{text}");
        assert!(
            text.contains("authentic, made for old.example.com") && !text.contains("->"),
            "{text}"
        );
    }
    // A client's, of no bucket: the route is public, as at the door.
    let (code, text) = inspect(&url(&link("/avatars/a.png")), &[]);
    assert!(code == Some(0) && text.contains("stable door"), "{text}");
    // Not signed, and signed by nobody: the route is public.
    for path in ["/avatars/a.png", "/avatars/a.png?X-Amz-Signature=1"] {
        let (code, text) = inspect(&format!("https://files.example.com{path}"), &[]);
        let expected = if path.contains('?') { Some(1) } else { Some(0) };
        assert_eq!(code, expected, "{text}");
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn inspect_names_each_refusal_and_what_to_change() {
    let images = || link("/my-files/images/a.png");
    let in_host = |host| Link {
        host,
        ..link("/images/a.png")
    };
    let unknown = |id| Link::new(id, CLIENT_SECRET, "/my-files/images/a.png");
    for (url, code, exact, change) in [
        (
            url(&images().signed_ago(DAY * 31)),
            "link_too_old",
            "older than the max_age",
            "`max_age` of 32d",
        ),
        (
            url(&images().signed_ago(DAY * 3_000)),
            "link_before_cutoff",
            "before the not_before",
            "needs a new link",
        ),
        (
            url(&link("/my-files/uploads/a.pdf").signed_ago(DAY)),
            "link_expired",
            "no refresh rule",
            "`max_age: 0s`",
        ),
        (
            url(&link("/my-files/b/a.pdf").signed_ago(DAY)),
            "link_expired",
            "no refresh rule",
            "- { bucket: files, prefix: b/, max_age: 3650d }",
        ),
        (
            flipped(&url(&images())),
            "signature_invalid",
            "does not match",
            "another host than files.example.com, old.example.com",
        ),
        (
            url(&unknown("AKIASOMEBODY")),
            "signature_invalid",
            "no client has this access key id",
            "access_key_id: AKIASOMEBODY",
        ),
        (
            url(&unknown("AKIAOFTHEGATEWAY")),
            "signature_invalid",
            "no client has this access key id",
            "the gateway itself signs with for bucket files",
        ),
        (
            url(&unknown("EVGLEAKED0000000000A")),
            "signature_invalid",
            "revoked",
            "state: retired",
        ),
        (
            url(&Link {
                token: Some("canary-token"),
                ..images()
            }),
            "temporary_credentials",
            "temporary credentials",
            "evergate rewrite",
        ),
        (
            format!("https://files.example.com{}", images().v2()),
            "signature_v2_disabled",
            "signature_versions don't list v2",
            "signature_versions: [v4, v2]",
        ),
        (
            url(&Link {
                region: "eu-west-1",
                ..images()
            }),
            "region_wrong",
            "another region",
            "bucket files is in us-east-1",
        ),
        (
            url(&link("/nobodys/a.png")),
            "no_such_bucket",
            "none of the configuration",
            "files, my-files, other, other-files",
        ),
        (
            url(&Link {
                region: "eu-west-1",
                ..link("/other-files/b/a.png")
            }),
            "not_allowed",
            "allow list",
            "- { bucket: other, prefix: b/, operations: [read] }",
        ),
        (
            url(&Link {
                query: "acl",
                ..images()
            }),
            "not_a_read",
            "something else",
            "S3 endpoint",
        ),
        (
            url(&in_host("my-files.s3.us-east-1.amazonaws.com")),
            "signature_invalid",
            "leads to S3 itself",
            "public_hosts: [old.example.com, my-files.s3.us-east-1.amazonaws.com]",
        ),
        (
            url(&Link {
                host: "minio:9000",
                region: "eu-west-1",
                ..link("/other-files/a/a.png")
            }),
            "signature_invalid",
            "leads to S3 itself",
            "public_hosts: [old.example.com, minio:9000]",
        ),
        (
            url(&in_host("my-files.minio.example.com")),
            "no_such_bucket",
            "none of",
            "s3_domains: [minio.example.com]",
        ),
        (
            "https://files.example.com/my-files/images/a.png".into(),
            "not_signed",
            "not signed",
            "access: public",
        ),
        (
            "https://files.example.com/my-files/images/%2e%2e/a.png".into(),
            "key_refused",
            "path",
            "No object can have this key",
        ),
    ] {
        let (exit, text) = inspect(&url, &[]);
        assert_eq!(exit, Some(1), "{url}: {text}");
        for part in [code, exact, change] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let (_, json) = inspect(&url, &["--json"]);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&json["served"], &json["code"]),
            (&false.into(), &code.into()),
            "{json}"
        );
    }
}

#[test]
fn inspect_tells_uploads_clocks_that_are_ahead_and_base_paths() {
    let upload = Link {
        method: "PUT",
        ..link("/my-files/images/a.png")
    };
    let (code, text) = inspect(&url(&upload), &[]);
    assert!(code == Some(1) && text.contains("It is signed for PUT"), "{text}");

    let later = url(&link("/my-files/images/a.png"))
        .replace("X-Amz-Date=2", "X-Amz-Date=3")
        .replace("%2F20", "%2F30");
    let (code, text) = inspect(&later, &[]);
    assert!(code == Some(1) && text.contains("d in the future"), "{text}");

    let of_old = Link {
        host: "old.example.com",
        ..link("/my-files/images/a.png")
    };
    let (code, text) = inspect_by(&format!("{INSPECTED}s3_base_path: /s3\n"), &url(&of_old), &[]);
    let below = "begins with /s3/my-files/";
    assert!(code == Some(0) && text.contains(below), "{text}");
    let (_, text) = inspect(&url(&of_old), &[]);
    assert!(!text.contains("s3_base_path"), "{text}");
}

#[test]
fn inspect_of_what_is_no_url_is_a_usage_error_that_repeats_nothing() {
    for text in [
        "canary",
        "/my-files/a.png?X-Amz-Signature=canary",
        "https://h/a b",
        "https://h/#canary",
        "",
    ] {
        let (code, said) = inspect(text, &[]);
        assert_eq!(code, Some(64), "{said}");
        assert!(said.starts_with("error: that is not"), "{said}");
    }
}
