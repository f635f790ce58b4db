//! Many uploads at once, in little memory: bodies stream through, whatever their framing.

use super::house::Plan;
use super::programs::javascript;
use crate::support::origin::Origin;
use serde_json::json;

const BOUND: u64 = 256 * 1024 * 1024;

async fn two_hundred_uploads_at_once_in_256_mib(origin: Origin) {
    let house = Plan::on(origin).without_tees().open().await;
    let mut job = house.job();
    job["count"] = json!(200);
    job["size"] = json!(5 * 1024 * 1024);
    javascript("many_uploads.mjs", &job).assert_ok(3);
    let peak = house.gateway.resident_peak();
    assert!(peak < BOUND, "{} MiB", peak >> 20);
    house.close().await;
}

on_both_origins!(two_hundred_uploads_at_once_in_256_mib);
