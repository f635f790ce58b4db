//! Events from a real radosgw: it pushes them itself, and an S3 client is answered after they are taken.

use crate::call::assert_counted;
use crate::shelf::EVENTS_TOKEN;
use crate::support::evergate::{Evergate, wait_until};
use crate::support::http::get;
use crate::support::radosgw::Radosgw;
use bytes::Bytes;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What makes every reading of a key another.
const KEY: &str = "images/red flower+ü%2F.png";

#[tokio::test]
async fn an_object_that_is_replaced_at_ceph_is_new_at_once() {
    let radosgw = Radosgw::of_this_run();
    let bucket = Radosgw::bucket_name("events");
    let client = radosgw.client();
    client.create_bucket(&bucket).await;
    client.put(&bucket, KEY, &[], "one").await;
    let yaml = format!(
        "buckets:\n  files: {{ name: {bucket}, region: us-east-1, endpoint: '{}', path_style: true, credentials: {{ access_key_id: '${{KEY}}', secret_access_key: '${{SECRET}}' }} }}\n\
         routes:\n  - {{ path: /files/, bucket: files, prefix: '', access: public, delivery: stream, cache: {{ fresh_for: 1h }} }}\n",
        radosgw.endpoint
    );
    let gateway = Evergate::start_with(
        &yaml,
        &[
            ("KEY", &radosgw.access_key_id),
            ("SECRET", &radosgw.secret_access_key),
            ("EVENTS_TOKEN", EVENTS_TOKEN),
        ],
    );
    subscribe(&radosgw, &bucket, &gateway).await;

    let path = format!("/files/{}", utf8_percent_encode(KEY, NON_ALPHANUMERIC));
    assert_eq!(get(gateway.address, &path).await.body, "one");
    client.put(&bucket, KEY, &[], "two").await;
    wait_until("the event", || {
        crate::call::metrics(gateway.admin).contains("evergate_api_events_total{result=\"forgotten\"} 1")
    });
    assert_eq!(get(gateway.address, &path).await.body, "two");
    client.delete(&bucket, KEY).await;
    wait_until("the second event", || {
        crate::call::metrics(gateway.admin).contains("evergate_api_events_total{result=\"forgotten\"} 2")
    });
    assert_eq!(get(gateway.address, &path).await.status, 404);
    assert_counted(
        gateway.admin,
        &[r#"evergate_api_requests_total{api="events",result="ok"} 2"#],
    );
}

/// A topic that pushes to the gateway, with the token as the password of its URL, and the bucket's events into it.
async fn subscribe(radosgw: &Radosgw, bucket: &str, gateway: &Evergate) {
    let client = radosgw.client();
    let endpoint = format!("http://evergate:{EVENTS_TOKEN}@{}/v1/events/s3", gateway.admin);
    let endpoint = utf8_percent_encode(&endpoint, NON_ALPHANUMERIC);
    let form = format!(
        "Action=CreateTopic&Name={bucket}&Attributes.entry.1.key=push-endpoint&Attributes.entry.1.value={endpoint}"
    );
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-forwarded-proto", "https"),
    ];
    let reply = client.send(Method::POST, "/", &headers, Bytes::from(form)).await;
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    assert!(reply.status.is_success(), "the topic: {} {text}", reply.status);
    let arn = text
        .split_once("<TopicArn>")
        .unwrap()
        .1
        .split_once("</TopicArn>")
        .unwrap()
        .0
        .to_owned();
    let configuration = format!(
        "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TopicConfiguration><Id>events</Id>\
         <Topic>{arn}</Topic><Event>s3:ObjectCreated:*</Event><Event>s3:ObjectRemoved:*</Event></TopicConfiguration></NotificationConfiguration>"
    );
    let reply = client
        .send(
            Method::PUT,
            &format!("/{bucket}?notification"),
            &[],
            Bytes::from(configuration),
        )
        .await;
    assert!(reply.status.is_success(), "the notification: {reply:?}");
}
