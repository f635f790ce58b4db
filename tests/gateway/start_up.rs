//! How a start goes wrong: each ends or degrades with one clear sentence.

use crate::support::evergate::{Evergate, FREE_PORTS, command, wait_until};
use crate::support::http::{get, raw, raw_status};
use std::net::TcpListener;
use std::process::Output;
use tempfile::TempDir;

/// A bucket at an address where nobody listens.
fn unreachable_bucket() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!(
        "buckets:\n  files: {{ name: files, region: us-east-1, endpoint: 'http://127.0.0.1:{port}', path_style: true, credentials: {{ access_key_id: '${{KEY}}', secret_access_key: '${{SECRET}}' }} }}\nroutes:\n  - {{ path: /s/, bucket: files, prefix: images/, access: public, delivery: stream }}\n  - {{ path: /r/, bucket: files, prefix: images/, access: public, delivery: redirect }}\n"
    )
}

const KEYS: [(&str, &str); 2] = [("KEY", "AKIDEXAMPLE"), ("SECRET", "canary-secret-access-key")];

/// Runs `serve` with a file of this text and waits for its end.
fn ends(yaml: &str) -> (Output, String) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("config.yaml");
    std::fs::write(&file, yaml).unwrap();
    let output = command(&["serve", "--config", file.to_str().unwrap()])
        .envs(KEYS)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    (output, said)
}

#[test]
fn a_broken_config_ends_with_78_and_names_the_line() {
    let (output, said) = ends("listen: 127.0.0.1:0\nbuckets:\n  files:\n    name: files\n    regoin: us-east-1\n");
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(
        said.contains("config.yaml:5:") && said.contains("regoin") && said.contains("region"),
        "{said}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn a_missing_config_file_ends_with_66() {
    let output = command(&["serve", "--config", "/nowhere/config.yaml"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(66), "{said}");
    assert!(said.contains("/nowhere/config.yaml"), "{said}");
}

#[test]
fn nothing_configured_at_all_ends_with_78_and_says_what_to_set() {
    let folder = TempDir::new().unwrap();
    let output = command(&["serve"]).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("AWS_BUCKET_NAME"), "{said}");
}

#[test]
fn a_used_port_ends_with_71_and_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let yaml = format!(
        "listen: {address}\nadmin: {{ listen: 127.0.0.1:0 }}\n{}",
        unreachable_bucket()
    );
    let (output, said) = ends(&yaml);
    assert_eq!(output.status.code(), Some(71), "{said}");
    let sentence = said
        .lines()
        .find(|line| line.contains("in use"))
        .unwrap_or_else(|| panic!("{said}"));
    assert!(sentence.contains(&address.to_string()), "{sentence}");
    assert!(!said.contains("panicked"), "{said}");

    let yaml = format!(
        "listen: 127.0.0.1:0\nadmin: {{ listen: '{address}' }}\n{}",
        unreachable_bucket()
    );
    let (output, said) = ends(&yaml);
    assert_eq!(output.status.code(), Some(71), "{said}");
    assert!(said.contains(&address.to_string()) && said.contains("admin"), "{said}");
}

#[test]
fn a_disk_cache_in_use_ends_with_71_and_a_folder_of_something_else_with_78() {
    let folder = TempDir::new().unwrap();
    let yaml = |disk: &std::path::Path| {
        format!(
            "object_cache: {{ max: 1MiB, disk: {{ folder: '{}', max: 64MiB }} }}\n{}",
            disk.display(),
            unreachable_bucket().replace("delivery: stream", "delivery: stream, cache: {}")
        )
    };
    let disk = folder.path().join("cache");
    let gateway = Evergate::start_with(&yaml(&disk), &KEYS);
    gateway.wait_for_log("the disk cache is open");
    let (output, said) = ends(&format!("{FREE_PORTS}{}", yaml(&disk)));
    assert_eq!(output.status.code(), Some(71), "{said}");
    assert!(said.contains("in use by another process; wait until"), "{said}");
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let (output, said) = ends(&format!("{FREE_PORTS}{}", yaml(folder.path())));
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("object_cache.disk.folder"), "{said}");
}

#[tokio::test]
async fn an_unreachable_origin_starts_and_answers_502() {
    let gateway = Evergate::start_with(&unreachable_bucket(), &KEYS);
    let answer = get(gateway.address, "/s/u42.png").await;
    assert_eq!(answer.status, 502, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-request-id").len(), 16);
    // A redirect needs no origin.
    assert_eq!(get(gateway.address, "/r/u42.png").await.status, 302);
    wait_until("the log to say which bucket", || {
        gateway.log().contains("files") || gateway.access_log().contains("origin_unreachable")
    });
    let ready = raw(
        gateway.admin,
        b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(
        raw_status(&ready),
        Some(200),
        "an origin that is down is not the gateway's readiness"
    );
}

#[tokio::test]
async fn no_credentials_start_degraded_and_say_so() {
    let yaml = unreachable_bucket().replace(
        "credentials: { access_key_id: '${KEY}', secret_access_key: '${SECRET}' }",
        "credentials: chain",
    );
    let gateway = Evergate::start_with(&yaml, &[("AWS_EC2_METADATA_DISABLED", "true")]);
    for path in ["/r/u42.png", "/s/u42.png"] {
        let answer = get(gateway.address, path).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(answer.maybe("retry-after").is_some(), "{answer:?}");
    }
    wait_until("a sentence about credentials", || gateway.log().contains("credentials"));
    let ready = raw(
        gateway.admin,
        b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(raw_status(&ready), Some(503), "{}", String::from_utf8_lossy(&ready));
    assert!(String::from_utf8_lossy(&ready).contains("credentials"));
    let healthy = raw(
        gateway.admin,
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(raw_status(&healthy), Some(200));
}

#[tokio::test]
async fn five_environment_variables_are_enough() {
    let folder = TempDir::new().unwrap();
    let stderr_file = folder.path().join("stderr");
    let mut child = command(&["serve"])
        .current_dir(folder.path())
        .envs([
            ("AWS_BUCKET_NAME", "files"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "canary-secret-access-key"),
            ("EVERGATE_PUBLIC_PREFIXES", "images/"),
            ("EVERGATE_LISTEN", "127.0.0.1:0"),
            ("EVERGATE_ADMIN_LISTEN", "127.0.0.1:0"),
        ])
        .stderr(std::fs::File::create(&stderr_file).unwrap())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut address = None;
    wait_until("the gateway to listen", || {
        address = listening_address(&std::fs::read_to_string(&stderr_file).unwrap());
        address.is_some()
    });
    let health = raw(
        address.unwrap(),
        b"GET /images/u42.png HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    let _ = child.kill();
    let _ = child.wait();
    // AWS can't be reached from a test: what counts is that the path is routed, signed and sent there.
    assert!(
        matches!(raw_status(&health), Some(502 | 504)),
        "{}",
        String::from_utf8_lossy(&health)
    );
}

fn listening_address(log: &str) -> Option<std::net::SocketAddr> {
    let (_, rest) = log
        .lines()
        .find(|line| line.contains("listening"))?
        .split_once("address")?;
    let start = rest.find("127.")?;
    let text: String = rest[start..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || ".:".contains(*c))
        .collect();
    text.parse().ok()
}

#[test]
fn check_judges_without_starting() {
    let folder = TempDir::new().unwrap();
    let good = folder.path().join("good.yaml");
    std::fs::write(&good, format!("{FREE_PORTS}{}", unreachable_bucket())).unwrap();
    let output = command(&["check", good.to_str().unwrap()]).envs(KEYS).output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let bad = folder.path().join("bad.yaml");
    std::fs::write(
        &bad,
        "listen: nonsense\nbuckets: { files: { nmae: x } }\nroutes: [ { path: /a/, bucket: nope } ]\n",
    )
    .unwrap();
    let output = command(&["check", bad.to_str().unwrap()]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    for fault in ["bad.yaml:1:", "bad.yaml:2:", "bad.yaml:3:"] {
        assert!(said.contains(fault), "all faults at once: {fault} in {said}");
    }
}

#[test]
fn an_https_origin_on_a_machine_without_ca_certificates_is_warned_of() {
    let yaml = unreachable_bucket().replace("http://127", "https://127");
    let gateway = Evergate::start_with(&yaml, &[KEYS[0], KEYS[1], ("SSL_CERT_FILE", "/dev/null")]);
    gateway.wait_for_log("ca-certificates");
}
