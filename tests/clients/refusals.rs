//! Clients that are refused hear so by the name that they know, whatever they were doing, and nothing comes of it.

use super::house::{Key, Plan};
use super::programs::{javascript, python};
use crate::support::origin::Origin;
use http::StatusCode;

async fn who_may_only_read_is_told_so(origin: Origin) {
    for tls in [false, true] {
        let origin = if origin.s3s.is_some() {
            Origin::s3s()
        } else {
            Origin::radosgw()
        };
        let plan = Plan::on(origin).only_key(&Key::new("reader", "active").operations("[read]"));
        let house = if tls { plan.tls() } else { plan }.open().await;
        let bucket = &house.origin.bucket;
        house.direct().put(bucket, "there", &[], "some text").await;
        if !tls {
            javascript("refusals.mjs", &house.job()).assert_ok(7);
        }
        python("refusals.py", &house.job()).assert_ok(4);
        assert_eq!(house.direct().get(bucket, "there").await.body, "some text");
        assert_eq!(house.direct().get(bucket, "a").await.status, StatusCode::NOT_FOUND);
        house.close().await;
    }
}

on_both_origins!(who_may_only_read_is_told_so);
