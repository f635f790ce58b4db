//! The clients that apps use, each through all that it can do, on both origins.

use super::house::{Plan, direct, job};
use super::programs::{javascript, python, rust, shell};
use crate::support::origin::Origin;
use serde_json::{Value, json};

fn with_checksums(mut job: Value, checksums: &str) -> Value {
    job["checksums"] = json!(checksums);
    job
}

async fn aws_sdk_for_javascript(origin: Origin) {
    let house = Plan::on(origin).open().await;
    for checksums in ["default", "when_required"] {
        javascript("aws_sdk.mjs", &with_checksums(house.job(), checksums)).assert_ok(18);
    }
    house.close().await;
}

async fn aws_sdk_for_javascript_below_a_base_path(origin: Origin) {
    let house = Plan::on(origin).base_path("/s3").open().await;
    javascript("aws_sdk.mjs", &with_checksums(house.job(), "default")).assert_ok(18);
    house.close().await;
}

async fn aws_sdk_for_javascript_with_buckets_as_sub_domains(origin: Origin) {
    let house = Plan::on(origin).domain("s3.example.test").open().await;
    let mut job = with_checksums(house.job(), "default");
    job["virtual_hosts"] = json!(true);
    javascript("aws_sdk.mjs", &job).assert_ok(18);
    house.close().await;
}

/// What the gateway is there for: the first framing is what the SDK for JavaScript sends by itself.
#[tokio::test]
async fn radosgw_takes_no_trailers_by_itself() {
    let origin = Origin::radosgw();
    direct(&origin).create_bucket(&origin.bucket).await;
    let mut job = job(
        &origin.endpoint,
        &origin,
        &origin.access_key_id,
        &origin.secret_access_key,
    );
    job["only"] = json!([
        "right unsigned trailer in HTTP chunks",
        "right unsigned trailer",
        "right signed trailer",
        "right signed chunks",
    ]);
    let report = python("wrong_bodies.py", &job);
    let answers: Vec<_> = report
        .stdout
        .lines()
        .map(|line| line.split('|').nth(2).unwrap())
        .collect();
    assert_eq!(answers, ["200", "400", "400", "411"], "{report:?}");
}

async fn boto3_over_http(origin: Origin) {
    let house = Plan::on(origin).open().await;
    python("boto3_client.py", &house.job()).assert_ok(12);
    house.close().await;
}

async fn boto3_over_https(origin: Origin) {
    let house = Plan::on(origin).tls().open().await;
    python("boto3_client.py", &house.job()).assert_ok(12);
    house.close().await;
}

async fn awscli(origin: Origin) {
    let house = Plan::on(origin).open().await;
    shell("awscli.sh", &house.job()).assert_ok(6);
    house.close().await;
}

async fn rclone(origin: Origin) {
    let house = Plan::on(origin).open().await;
    shell("rclone.sh", &house.job()).assert_ok(6);
    house.close().await;
}

async fn rclone_over_https_and_http_2(origin: Origin) {
    let house = Plan::on(origin).tls().open().await;
    shell("rclone.sh", &house.job()).assert_ok(6);
    assert!(house.gateway.access_log().contains("\"version\":\"HTTP/2.0\""));
    house.close().await;
}

async fn s3cmd(origin: Origin) {
    let house = Plan::on(origin).open().await;
    shell("s3cmd.sh", &house.job()).assert_ok(7);
    house.close().await;
}

async fn object_store(origin: Origin) {
    let house = Plan::on(origin).open().await;
    rust("object_store", &house.job()).assert_ok(7);
    house.close().await;
}

async fn opendal(origin: Origin) {
    let house = Plan::on(origin).open().await;
    rust("opendal", &house.job()).assert_ok(7);
    house.close().await;
}

on_both_origins!(
    aws_sdk_for_javascript,
    aws_sdk_for_javascript_below_a_base_path,
    aws_sdk_for_javascript_with_buckets_as_sub_domains,
    boto3_over_http,
    boto3_over_https,
    awscli,
    rclone,
    rclone_over_https_and_http_2,
    s3cmd,
    object_store,
    opendal,
);
