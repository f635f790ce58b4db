//! A role at radosgw's real STS, end to end: radosgw checks the session token of every request that is signed with what
//! it gave.

use crate::support::evergate::Evergate;
use crate::support::http::{follow, get};
use crate::support::radosgw::Radosgw;
use crate::support::spy::Spy;
use http::Method;

#[tokio::test]
async fn a_role_of_radosgw_reads_its_buckets() {
    let radosgw = Radosgw::of_this_run();
    let bucket = Radosgw::bucket_name("sts");
    let client = radosgw.client();
    client.create_bucket(&bucket).await;
    let body = b"what the role may read".repeat(40);
    client.put(&bucket, "images/u 1.png", &[], body.clone()).await;

    let route = |path, delivery| {
        format!("  - {{ path: {path}, bucket: files, prefix: images/, access: public, delivery: {delivery} }}\n")
    };
    let yaml = format!(
        "buckets:\n  files:\n    name: {bucket}\n    region: us-east-1\n    endpoint: {endpoint}\n    path_style: true\n    \
         credentials:\n      assume_role:\n        role_arn: {role}\n        sts_endpoint: {endpoint}\n        \
         source: {{ access_key_id: '${{KEY}}', secret_access_key: '${{SECRET}}' }}\nroutes:\n{}{}",
        route("/s/", "stream"),
        route("/r/", "redirect"),
        endpoint = radosgw.endpoint,
        role = Radosgw::role_arn(),
    );
    let spy = Spy::start();
    let gateway = Evergate::start_with(
        &yaml,
        &[
            ("KEY", &radosgw.access_key_id),
            ("SECRET", &radosgw.secret_access_key),
            ("AWS_ENDPOINT_URL", &spy.endpoint()),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ],
    );
    let streamed = get(gateway.address, "/s/u%201.png").await;
    assert_eq!(
        (streamed.status.as_u16(), &*streamed.body),
        (200, &*body),
        "{streamed:?}"
    );

    let redirect = get(gateway.address, "/r/u%201.png").await;
    assert_eq!(redirect.status, 302, "{redirect:?}");
    let location = redirect.header("location");
    let followed = follow(location, Method::GET).await;
    assert_eq!(
        (followed.status.as_u16(), &*followed.body),
        (200, &*body),
        "{followed:?}"
    );

    // The token counts: without it, and with another, the same URL is refused.
    let (before, rest) = location.split_once("X-Amz-Security-Token=").expect("a session token");
    let (token, after) = rest.split_once('&').unwrap();
    let without = format!("{before}{after}");
    let mut other = token.replace("%2F", "/").into_bytes();
    other[10] = if other[10] == b'A' { b'B' } else { b'A' };
    let other = String::from_utf8(other).unwrap().replace('/', "%2F");
    for changed in [without, format!("{before}X-Amz-Security-Token={other}&{after}")] {
        let refused = follow(&changed, Method::GET).await;
        assert!(refused.status.is_client_error(), "{changed}: {refused:?}");
    }
    let log = gateway.log();
    assert!(log.contains("\"provider\":\"assume_role with configuration\""), "{log}");
    assert!(
        !log.contains(&radosgw.secret_access_key) && !log.contains(token),
        "{log}"
    );
    spy.assert_untouched();
}
