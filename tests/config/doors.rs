//! What a file says of the doors that signed requests come through.

use super::{CANARY, loaded};
use evergate::cli::routes;
use evergate::clock::Timestamp;
use evergate::config::AllowedOperations::{All, Delete, List, Read, Write};
use evergate::config::{ClientState, Delivery, Loaded, S3Config, SignatureVersions};
use std::time::Duration;

#[test]
fn every_setting_of_the_signed_doors_arrives() {
    let Loaded { config, files, .. } = loaded("tests/config/good/clients.yaml");
    assert!(config.admin.as_ref().is_some_and(|admin| admin.token.is_some()));
    assert_eq!(
        config.s3,
        S3Config {
            public_hosts: ["files.example.com", "minio:9000", "[::1]:9000"].map(Box::from).into(),
            base_path: "/große ablage".into(),
            domains: ["s3.example.com", "s3.example.com:8443"].map(Box::from).into(),
        }
    );
    let [active, retired, revoked] = &*config.clients else {
        panic!("three clients")
    };
    assert_eq!(
        (&*active.name, &*retired.name, &*revoked.name),
        ("librechat", "librechat", "AKIALEAKED")
    );
    let states = [active, retired, revoked].map(|client| client.state);
    assert_eq!(
        states,
        [ClientState::Active, ClientState::Retired, ClientState::Revoked]
    );
    let versions = [active, retired].map(|client| client.signature_versions);
    assert_eq!(versions, [SignatureVersions::V4AndV2, SignatureVersions::V4]);
    let [everything] = &*active.allow else { panic!("one") };
    assert_eq!((everything.bucket, everything.prefix.as_str()), (0, ""));
    assert_eq!(everything.operations, [Read, Write, Delete, List]);
    let kept: Vec<_> = (retired.allow.iter())
        .map(|allow| (allow.prefix.as_str(), &*allow.operations))
        .collect();
    assert_eq!(kept, [("images/", &[Read][..]), ("t/", &[All])]);
    let [images, rest] = &*config.refresh else {
        panic!("two rules")
    };
    assert_eq!(
        (images.bucket, images.prefix.as_str(), images.delivery),
        (0, "images/", Delivery::Stream)
    );
    assert_eq!(images.max_age, Duration::from_hours(3650 * 24));
    assert_eq!(images.not_before.map(Timestamp::as_unix), Some(1_735_689_601));
    assert_eq!(
        (rest.max_age, rest.not_before, rest.delivery),
        (Duration::ZERO, None, Delivery::Auto)
    );

    let mut names: Vec<_> = config
        .client_names()
        .into_iter()
        .map(|(name, bucket)| (name.into_string(), bucket))
        .collect();
    names.sort();
    assert_eq!(
        names,
        [("files", 0), ("my-files", 0), ("other", 1)].map(|(name, at)| (name.to_owned(), at))
    );
    // A secret in a file calls for a reload when it changes.
    assert!(files.iter().any(|file| file.ends_with("client_key")));
    assert!(!format!("{config:?}").contains(CANARY));
}

#[test]
fn clients_refresh_rules_and_hosts_are_listed() {
    let mut out = Vec::new();
    routes::write_routes(&loaded("tests/config/good/clients.yaml").config, &mut out).unwrap();
    let said = String::from_utf8(out).unwrap();
    assert_eq!(
        said,
        "\
HOST  PATH     BUCKET  PREFIX  ACCESS  DELIVERY  CACHE
*     /other/  other   a/      public  auto      -

CLIENT      KEY                   STATE    SIGNATURES  BUCKET  PREFIX          OPERATIONS
librechat   EVGLIBRECHAT00000001  active   v4, v2      files   (whole bucket)  read, write, delete, list
librechat   EVGLIBRECHAT00000000  retired  v4          files   images/         read
librechat   EVGLIBRECHAT00000000  retired  v4          files   t/              all
AKIALEAKED  AKIALEAKED            revoked  v4          -       -               nothing

REFRESH  PREFIX          MAX AGE  NOT BEFORE            DELIVERY  CACHE
files    images/         3650d    2025-01-01T00:00:01Z  stream    -
files    (whole bucket)  0s       -                     auto      -

S3 requests: /große ablage/BUCKET/KEY, BUCKET.s3.example.com/KEY, BUCKET.s3.example.com:8443/KEY
signed for:  the request's own host, files.example.com, minio:9000, [::1]:9000
"
    );
    assert!(!said.contains(CANARY));
}
