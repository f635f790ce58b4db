//! Many uploads at once, in little memory: bodies stream through, whatever their framing.

use super::house::Plan;
use super::programs::javascript;
use crate::support::origin::Origin;
use serde_json::json;

const BOUND: u64 = 256 * 1024 * 1024;

/// 200 of them, 1 GiB in all; s3s in this process, unoptimised, would take longer than any client waits, and gets 50.
async fn many_uploads_at_once_in_256_mib(origin: Origin) {
    let count = if origin.s3s.is_some() { 50 } else { 200 };
    let house = Plan::on(origin).without_tees().open().await;
    let mut job = house.job();
    job["count"] = json!(count);
    job["size"] = json!(5 * 1024 * 1024);
    javascript("many_uploads.mjs", &job).assert_ok(4);
    let peak = house.gateway.resident_peak();
    assert!(peak < BOUND, "{} MiB", peak >> 20);
    house.close().await;
}

on_both_origins!(many_uploads_at_once_in_256_mib);
