//! `evergate check --online`: what it prints and how it ends, by the program itself.
#![allow(unreachable_pub, reason = "a test binary has no outside")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that can't go on ends; an origin has a clock of its own"
)]

#[path = "../support/mod.rs"]
#[macro_use]
mod support;
mod credentials;
mod scripted;

use scripted::{Aws, serve};
use std::process::Output;
use std::time::{Duration, Instant};
use support::evergate::command;
use support::origin::{Object, Origin};
use tempfile::TempDir;

const ROUTES: &str = "routes:\n  - { path: /avatars/, bucket: files, prefix: images/, access: public, fallback: default.png }\n  - { path: /docs/, bucket: files, prefix: docs/, access: public, delivery: stream }\n";
const SECRET: [(&str, &str); 1] = [("SECRET", "not-a-secret")];

/// Runs the check on a configuration; returns what was printed, and the exit code.
fn check(yaml: &str, env: &[(&str, &str)]) -> (String, i32) {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("config.yaml"), yaml).unwrap();
    let mut command = command(&["check", "--online", "config.yaml"]);
    told(
        &command
            .envs(env.iter().copied())
            .current_dir(folder.path())
            .output()
            .unwrap(),
    )
}

fn told(output: &Output) -> (String, i32) {
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    let warned = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!format!("{said}{warned}").contains("not-a-secret"), "{said}{warned}");
    (format!("{warned}{said}"), output.status.code().unwrap())
}

/// A bucket `shelf` at a loopback origin.
fn yaml(address: &str) -> String {
    format!(
        "buckets:\n  files:\n    name: shelf\n    region: us-east-1\n    endpoint: http://{address}\n    path_style: true\n    \
         credentials: {{ access_key_id: AKIDEXAMPLE, secret_access_key: \"${{SECRET}}\" }}\n{ROUTES}"
    )
}

/// Checks a bucket at such an origin; its address is replaced in what is returned.
fn at(aws: Aws) -> (String, i32) {
    let address = aws.start().address.to_string();
    let (said, code) = check(&yaml(&address), &SECRET);
    (said.replace(&address, "ADDRESS"), code)
}

/// The lines that are not fine, with their remedies.
fn troubles(said: &str) -> String {
    let mut trouble = false;
    let lines = said.lines().filter(|line| {
        if !line.starts_with("          ->") {
            trouble = ["  warn", "  fail", "  skip"]
                .iter()
                .any(|level| line.starts_with(level));
        }
        trouble
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Compares with what stands in `tests/check_online/<name>.expected`; `UPDATE_EXPECTED=1` writes it anew.
fn expect(name: &str, said: &str) {
    let path = format!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check_online/{}.expected"),
        name
    );
    let said = format!("{}\n", said.trim_end());
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(path, said).unwrap();
        return;
    }
    assert_eq!(said, std::fs::read_to_string(&path).unwrap_or_default(), "{path}");
}

#[test]
fn a_bucket_that_is_fine() {
    let (said, code) = at(Aws::default());
    assert_eq!(code, 0, "{said}");
    expect("fine", &said);
}

#[test]
fn a_clock_and_a_region_that_are_wrong_are_both_told_and_the_rest_is_checked() {
    for ahead in [-1200, 1200] {
        let (said, code) = at(Aws {
            region: "eu-west-1",
            ahead,
            ..Aws::default()
        });
        assert_eq!(code, 78, "{said}");
        // A second may pass between the two clocks' readings.
        let said = said.replace("19m 59s", "20m").replace("20m 1s", "20m");
        expect(&format!("skewed_by_{ahead}"), &said);
    }
}

#[test]
fn the_region_of_a_redirect_is_followed_and_its_endpoint_is_not() {
    let (said, code) = at(Aws {
        region: "eu-west-1",
        redirects: true,
        ..Aws::default()
    });
    assert_eq!(code, 78, "{said}");
    assert!(!said.contains("elsewhere.example.com"), "{said}");
    expect("redirected", &troubles(&said));
}

#[test]
fn a_bucket_that_is_not_there() {
    let (said, code) = at(Aws {
        buckets: &[],
        ..Aws::default()
    });
    assert_eq!(code, 78, "{said}");
    expect("no_bucket", &troubles(&said));
}

#[test]
fn a_key_pair_of_another_server() {
    let (said, code) = at(Aws {
        access_key_id: "OTHER",
        ..Aws::default()
    });
    assert_eq!(code, 77, "{said}");
    expect("other_keys", &troubles(&said));
}

#[test]
fn objects_that_may_not_be_read() {
    let (said, code) = at(Aws {
        readable: &[],
        ..Aws::default()
    });
    assert_eq!(code, 77, "{said}");
    expect("denied", &troubles(&said));
    // GetObject without ListBucket, and only below images/.
    let (said, code) = at(Aws {
        readable: &["images/default.png"],
        ..Aws::default()
    });
    assert_eq!(code, 77, "{said}");
    expect("denied_in_part", &troubles(&said));
}

#[test]
fn a_fallback_that_is_not_there() {
    let (said, code) = at(Aws {
        objects: &[],
        cors: true,
        ..Aws::default()
    });
    assert_eq!(code, 78, "{said}");
    assert!(said.contains("scripts of every site may read"), "{said}");
    expect("no_fallback", &troubles(&said));
}

#[test]
fn a_clock_that_is_a_little_off() {
    let (said, code) = at(Aws {
        ahead: -100,
        ..Aws::default()
    });
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("  warn  clock        our clock is 1m "), "{said}");
    // Behind by more than half of a URL's two minutes.
    let (said, code) = at(Aws {
        ahead: 100,
        ..Aws::default()
    });
    assert_eq!(code, 78, "{said}");
    assert!(said.contains("URLs that live for 2m arrive half dead"), "{said}");
}

#[test]
fn nobody_at_home() {
    let (said, code) = check(&yaml("127.0.0.1:1"), &SECRET);
    assert_eq!(code, 69, "{said}");
    expect("dead_port", &troubles(&said));
    let (said, code) = check(&yaml("nowhere.invalid"), &SECRET);
    assert_eq!(code, 69, "{said}");
    assert!(
        said.contains("  fail  name         nowhere.invalid does not resolve"),
        "{said}"
    );
    assert!(
        said.contains("          -> config.yaml:5:15: is this the right server?"),
        "{said}"
    );
}

#[test]
fn a_server_that_speaks_no_tls() {
    let address = serve(|_| String::new()).address.to_string();
    let closes = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closing = closes.local_addr().unwrap().to_string();
    std::thread::spawn(move || closes.incoming().for_each(drop));
    for address in [address, closing] {
        let began = Instant::now();
        let (said, code) = check(&yaml(&address).replace("http:", "https:"), &SECRET);
        assert_eq!(code, 69, "{said}");
        assert!(
            said.contains(&format!("  fail  tls          no TLS with {address}")),
            "{said}"
        );
        assert!(began.elapsed() < Duration::from_secs(28));
    }
}

#[test]
fn what_is_no_s3_server() {
    for (answer, told) in [
        (
            "200 OK\r\nContent-Length: 2\r\n\r\nhi",
            "answers 200 for a key that nobody has ever used",
        ),
        (
            "404 Not Found\r\nContent-Length: 2\r\n\r\nhi",
            "answers 404 and no S3 error document",
        ),
        (
            "302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
            "answers with a redirect (302)",
        ),
        (
            "502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
            "the origin is broken: 502",
        ),
    ] {
        let answer = format!("HTTP/1.1 {answer}");
        let address = serve(move |_| answer.clone()).address.to_string();
        let (said, code) = check(&yaml(&address), &SECRET);
        assert!([69, 78].contains(&code), "{said}");
        assert!(troubles(&said).contains(told), "{said}");
    }
}

#[test]
fn an_origin_that_contradicts_itself_is_asked_a_few_times_only() {
    let running = serve(|head| {
        // Whatever is signed for, it is another one.
        let region = if head.contains("/eu-west-1/") {
            "us-east-1"
        } else {
            "eu-west-1"
        };
        format!("HTTP/1.1 301 x\r\nx-amz-bucket-region: {region}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    });
    let (said, code) = check(&yaml(&running.address.to_string()), &SECRET);
    assert_eq!(code, 78, "{said}");
    assert!(running.heads().len() < 10, "{said}");
}

#[test]
fn a_virtual_hosted_name_that_does_not_work() {
    let running = Aws::default().start();
    let yaml = yaml(&format!("localhost:{}", running.address.port())).replace("path_style: true", "path_style: false");
    let (said, code) = check(&yaml, &SECRET);
    assert_eq!(code, 78, "{said}");
    // Where shelf.localhost resolves, the origin takes the key's first part for the bucket.
    assert!(said.contains("  fail  path_style   "), "{said}");
    assert!(
        said.contains("          -> config.yaml:6:17: write \"path_style: true\""),
        "{said}"
    );
    assert!(said.contains("  ok    bucket       shelf answers"), "{said}");
}

#[test]
fn an_embedded_bucket_has_nobody_to_ask() {
    let (said, code) = check(
        "buckets:\n  samples: { embedded: ./data }\nroutes:\n  - { path: /s/, bucket: samples, prefix: '', access: public }\n",
        &[],
    );
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("  info  embedded     held in ./data"), "{said}");
}

#[test]
fn a_faulty_configuration_is_not_asked_about() {
    let (said, code) = check("buckets: {}\n", &[]);
    assert_eq!(code, 78, "{said}");
    assert!(!said.contains("checks"), "{said}");
}

on_both_origins!(a_real_origin_tells_everything_apart);

async fn a_real_origin_tells_everything_apart(origin: Origin) {
    let is_s3s = origin.s3s.is_some();
    let told = tokio::task::spawn_blocking(move || {
        let yaml = format!("{}{ROUTES}", origin.bucket_yaml());
        let env = origin.environment();
        let missing = check(&yaml, &env);
        let refused = origin.put(&[Object::typed("images/default.png", b"png", "image/png")]);
        assert_eq!(refused, Vec::<String>::new());
        let fine = check(&yaml, &env);
        let wrong_secret = check(&yaml, &[env[0], ("ORIGIN_SECRET", "another")]);
        let wrong_id = check(&yaml, &[("ORIGIN_KEY", "NOSUCHKEY00000000001"), env[1]]);
        [missing, fine, wrong_secret, wrong_id]
    });
    let [missing, fine, wrong_secret, wrong_id] = told.await.unwrap();
    assert_eq!(missing.1, 78, "{}", missing.0);
    // s3s-fs says of every key that it is missing, even where there is no bucket.
    let told = if is_s3s {
        "  fail  fallback "
    } else {
        "  fail  bucket       there is no bucket "
    };
    assert!(missing.0.contains(told), "{}", missing.0);
    assert_eq!(fine.1, 0, "{}", fine.0);
    for line in [
        "  ok    clock ",
        "  ok    signature ",
        "  ok    region ",
        "  ok    path_style ",
        "  ok    fallback     images/default.png is there",
    ] {
        assert!(fine.0.contains(line), "{line}: {}", fine.0);
    }
    assert_eq!(fine.0.matches("  ok    read ").count(), 2, "{}", fine.0);
    // radosgw denies access to everybody whom it does not know.
    let told = if is_s3s {
        "  fail  signature    the secret does not belong to the access key id"
    } else {
        "  warn  signature    not told: access is denied"
    };
    assert_eq!(wrong_secret.1, 77, "{}", wrong_secret.0);
    assert!(wrong_secret.0.contains(told), "{}", wrong_secret.0);
    assert_eq!(wrong_id.1, 77, "{}", wrong_id.0);
    assert!(troubles(&wrong_id.0).contains(" signature "), "{}", wrong_id.0);
}
