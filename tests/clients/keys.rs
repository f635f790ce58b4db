//! Whose keys are good where: those of apps at the gateway alone, the gateway's own at the origin alone.

use super::house::{Key, Plan};
use super::tee::Needles;
use crate::support::http::{follow, send};
use crate::support::origin::Origin;
use crate::support::s3_client::{S3Client, path};
use bytes::Bytes;
use http::{Method, StatusCode};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

async fn a_key_of_an_app_is_useless_at_the_origin(origin: Origin) {
    let house = Plan::on(origin).open().await;
    let bucket = house.origin.bucket.clone();
    let Key { id, secret, .. } = house.key();
    let app = S3Client::new(&house.endpoint, id, secret);
    app.put(&bucket, "images/a", &[], "stored through the gateway").await;
    assert_eq!(app.get(&bucket, "images/a").await.status, StatusCode::OK);

    let at_origin = S3Client::new(&house.origin.endpoint, id, secret);
    for (method, target) in [
        (Method::GET, path(&bucket, "images/a")),
        (Method::HEAD, path(&bucket, "images/a")),
        (Method::PUT, path(&bucket, "images/b")),
        (Method::DELETE, path(&bucket, "images/a")),
        (Method::GET, format!("/{bucket}?list-type=2")),
    ] {
        let refused = at_origin.send(method.clone(), &target, &[], Bytes::new()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{method} {target}: {refused:?}");
    }
    let url = at_origin.presign(&Method::GET, &bucket, "images/a", Duration::ZERO, MINUTE);
    assert_eq!(follow(&url, Method::GET).await.status, StatusCode::FORBIDDEN);
    // The link that works at the gateway says nothing to the origin either.
    let url = app.presign(&Method::GET, &bucket, "images/a", Duration::ZERO, MINUTE);
    assert_eq!(follow(&url, Method::GET).await.status, StatusCode::OK);
    let moved = url.replace(&house.endpoint, &house.origin.endpoint);
    assert_eq!(follow(&moved, Method::GET).await.status, StatusCode::FORBIDDEN);
    house.close().await;
}

async fn the_key_of_the_gateway_is_useless_at_the_gateway(origin: Origin) {
    let house = Plan::on(origin).open().await;
    let (bucket, origin) = (&house.origin.bucket, &house.origin);
    house.direct().put(bucket, "images/a", &[], "stored directly").await;
    let thief = S3Client::new(&house.endpoint, &origin.access_key_id, &origin.secret_access_key);
    assert_eq!(thief.get(bucket, "images/a").await.status, StatusCode::FORBIDDEN);
    let url = thief.presign(&Method::GET, bucket, "images/a", Duration::ZERO, MINUTE);
    let (_, target) = url.split_at(house.endpoint.len());
    let refused = send(house.gateway.address, Method::GET, target, &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    house.close().await;
}

/// The one answer that names the gateway's own key: a link in a browser that is to be redirected. It names what any presigned URL
/// names, and no secret.
async fn a_redirect_names_the_key_of_the_gateway_and_no_secret(origin: Origin) {
    let policy = "refresh: [{ bucket: files, prefix: films/, max_age: 1d, delivery: redirect }]\n";
    let house = Plan::on(origin).yaml(policy).without_tees().open().await;
    let bucket = &house.origin.bucket;
    house.direct().put(bucket, "films/a.mp4", &[], "a film").await;
    let Key { id, secret, .. } = house.key();
    let app = S3Client::new(&house.endpoint, id, secret);
    let url = app.presign(&Method::GET, bucket, "films/a.mp4", 2 * MINUTE, MINUTE);
    let answer = follow(&url, Method::GET).await;
    assert_eq!(answer.status, StatusCode::FOUND, "{answer:?}");
    let location = answer.header("location");
    assert!(
        location.starts_with(&format!("{}/", house.origin.endpoint)),
        "{location}"
    );
    assert!(location.contains(&house.origin.access_key_id), "{location}");
    let told = format!("{answer:?}");
    let secrets = Needles::default()
        .and("the origin's secret", &house.origin.secret_access_key)
        .and("the client's secret", secret)
        .and("the client's key", id);
    assert_eq!(secrets.found_in(told.as_bytes()), Vec::<String>::new(), "{told}");
    assert_eq!(follow(location, Method::GET).await.body, "a film");
    // An SDK is never redirected.
    assert_eq!(app.get(bucket, "films/a.mp4").await.status, StatusCode::OK);
    house.close().await;
}

on_both_origins!(
    a_redirect_names_the_key_of_the_gateway_and_no_secret,
    a_key_of_an_app_is_useless_at_the_origin,
    the_key_of_the_gateway_is_useless_at_the_gateway,
);
