//! The point of the whole: a presigned URL dies, the stable path does not. On both origins, with `url_expiry: 2s`.

use crate::support::evergate::Evergate;
use crate::support::http::{follow, get, send};
use crate::support::origin::{Object, Origin};
use http::Method;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::time::sleep;

const POLLING: Duration = Duration::from_secs(30);

async fn a_stable_path_outlives_its_urls(origin: Origin) {
    let body = b"the bytes of an avatar".to_vec();
    origin.put(&[Object::new("images/u42.png", &body)]);
    let gateway = Evergate::start_with(
        &format!(
            "{}    url_expiry: 2s\nroutes:\n  - {{ path: /avatars/, bucket: files, prefix: images/, access: public, delivery: redirect }}\n",
            origin.bucket_yaml()
        ),
        &origin.environment(),
    );

    let first = get(gateway.address, "/avatars/u42.png")
        .await
        .header("location")
        .to_owned();
    let mut locations = vec![first.clone()];
    let begun = Instant::now();
    let methods = [Method::GET, Method::GET, Method::HEAD];
    for method in methods.iter().cycle() {
        if begun.elapsed() > POLLING {
            break;
        }
        let asked_at = now();
        let answer = send(gateway.address, method.clone(), "/avatars/u42.png", &[]).await;
        assert_eq!(answer.status, 302);
        let location = answer.header("location").to_owned();

        let (signed_at, expires) = life(&location);
        assert_eq!(expires, 2, "no URL lives longer than asked");
        let left = (signed_at + expires).saturating_sub(asked_at);
        assert!(
            answer.max_age().unwrap_or(0) <= left,
            "max-age of {answer:?} with {left} s left"
        );
        assert!(signed_at <= now(), "a URL from the future: {location}");

        let object = follow(&location, method.clone()).await;
        if object.status == 403 && now() >= signed_at + expires {
            continue; // this machine slept a whole life long between the answer and the next request
        }
        assert_eq!(object.status, 200, "{location}: {object:?}");
        if *method == Method::GET {
            assert_eq!(object.body, body);
        }
        if *method == Method::GET && locations.last() != Some(&location) {
            locations.push(location);
        } else {
            sleep(Duration::from_millis(150)).await;
        }
    }

    assert_eq!(
        follow(&first, Method::GET).await.status,
        403,
        "the origin must refuse the URL that was handed out first"
    );
    // The window is one second: about one URL a second, never one a request.
    assert!(
        (15..=32).contains(&locations.len()),
        "{} different URLs in 30 s",
        locations.len()
    );
    let signed: Vec<u64> = locations.iter().map(|location| life(location).0).collect();
    assert!(
        signed.windows(2).all(|pair| pair[0] < pair[1]),
        "a URL changes at its window and not before: {signed:?}"
    );
}

async fn every_replica_makes_the_same_url(origin: Origin) {
    origin.put(&[Object::new("images/u42.png", b"x")]);
    let yaml = format!(
        "{}    url_expiry: 10m\nroutes:\n  - {{ path: /avatars/, bucket: files, prefix: images/, access: public, delivery: redirect }}\n",
        origin.bucket_yaml()
    );
    let one = Evergate::start_with(&yaml, &origin.environment());
    let cacheless = Evergate::start_with(&format!("url_cache: off\n{yaml}"), &origin.environment());
    let mut same = 0;
    for number in 0..40 {
        let path = format!("/avatars/u{number}.png");
        let a = get(one.address, &path).await;
        let b = get(cacheless.address, &path).await;
        let again = get(one.address, &path).await;
        same +=
            u32::from(a.header("location") == b.header("location") && a.header("location") == again.header("location"));
        let head = send(one.address, Method::HEAD, &path, &[]).await;
        assert_ne!(
            head.header("location"),
            a.header("location"),
            "HEAD is signed for its own method"
        );
    }
    // A window may turn between two requests, not between forty pairs.
    assert!(same >= 38, "{same} of 40 pairs are byte-identical");
}

fn now() -> u64 {
    #[allow(clippy::disallowed_methods, reason = "what the origin's clock says")]
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// `X-Amz-Date` in seconds since the epoch, and `X-Amz-Expires`.
fn life(location: &str) -> (u64, u64) {
    let value = |name: &str| {
        let (_, rest) = location
            .split_once(&format!("{name}="))
            .unwrap_or_else(|| panic!("no {name} in {location}"));
        rest.split('&').next().unwrap()
    };
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let date = time::PrimitiveDateTime::parse(value("X-Amz-Date"), format)
        .unwrap()
        .assume_utc();
    (
        date.unix_timestamp().try_into().unwrap(),
        value("X-Amz-Expires").parse().unwrap(),
    )
}

on_both_origins!(a_stable_path_outlives_its_urls, every_replica_makes_the_same_url);
