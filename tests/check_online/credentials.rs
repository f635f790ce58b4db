//! Where the credentials come from that a check is made with, and whose they are.

use crate::scripted::{Aws, serve};
use crate::support::evergate::command;
use crate::{SECRET, check, expect, told, troubles, yaml};
use tempfile::TempDir;

#[test]
fn the_environment_alone() {
    let running = Aws {
        region: "eu-west-1",
        ..Aws::default()
    }
    .start();
    let endpoint = format!("http://{}", running.address);
    let folder = TempDir::new().unwrap();
    let output = command(&["check", "--online"])
        .envs([
            ("AWS_BUCKET_NAME", "shelf"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", &endpoint),
            ("AWS_FORCE_PATH_STYLE", "true"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "not-a-secret"),
            ("EVERGATE_PUBLIC_PREFIXES", "images/"),
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let (said, code) = told(&output);
    assert_eq!(code, 78, "{said}");
    expect("environment", &troubles(&said));
}

#[test]
fn sts_says_whose_credentials_they_are() {
    let sts = serve(|head| {
        assert!(head.contains("/us-east-1/sts/aws4_request"), "{head}");
        let (status, body) = if head.contains("Credential=AKIDEXAMPLE/") {
            (
                200,
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::1:assumed-role/evergate/pod</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>",
            )
        } else {
            (
                403,
                "<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>",
            )
        };
        format!(
            "HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    });
    let sts = format!("http://{}", sts.address);
    let yaml = yaml(&Aws::default().start().address.to_string());
    let env = [SECRET[0], ("AWS_ENDPOINT_URL_STS", &sts)];
    let (said, code) = check(&yaml, &env);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("  ok    identity     arn:aws:sts::1:assumed-role/evergate/pod, says 127.0.0.1:"),
        "{said}"
    );
    let (said, code) = check(&yaml.replace("AKIDEXAMPLE", "AKIDOTHER"), &env);
    assert_eq!(code, 77, "{said}");
    assert!(said.contains("answers 403, InvalidClientTokenId"), "{said}");
    let (said, code) = check(&yaml, &[SECRET[0], ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")]);
    assert_eq!(code, 0, "STS is no must: {said}");
    assert!(
        said.contains("  warn  identity     unknown: 127.0.0.1:1: the origin is unreachable"),
        "{said}"
    );
}

#[test]
fn no_credentials() {
    let yaml = without_credentials(&yaml(&Aws::default().start().address.to_string()), "chain");
    let home = TempDir::new().unwrap();
    let env = [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("HOME", home.path().to_str().unwrap()),
    ];
    let (said, code) = check(&yaml, &env);
    assert_eq!(code, 77, "{said}");
    assert!(said.contains("  fail  credentials  none: "), "{said}");
    assert!(
        said.contains("          -> config.yaml:7:18: give this machine a role"),
        "{said}"
    );
    let env = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "not-a-secret"),
        env[1],
    ];
    let (said, code) = check(&yaml, &env);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_public_bucket_needs_no_credentials() {
    for (public, code) in [(true, 0), (false, 77)] {
        let aws = Aws {
            public,
            ..Aws::default()
        };
        let address = aws.start().address.to_string();
        let yaml = without_credentials(&yaml(&address), "anonymous");
        let (said, ended) = check(&yaml, &[]);
        assert_eq!(ended, code, "{said}");
        let said = said.replace(&address, "ADDRESS");
        expect(if public { "public" } else { "not_public" }, &said);
    }
}

/// Writes where the credentials come from in place of the key pair.
fn without_credentials(yaml: &str, source: &str) -> String {
    let (start, end) = (yaml.find("    credentials:").unwrap(), yaml.find("routes:").unwrap());
    format!("{}    credentials: {source}\n{}", &yaml[..start], &yaml[end..])
}
