//! What allow lists hold, which links live, and until when.

use super::*;
use crate::clock::Timestamp;
use crate::config::{self, AllowedOperations, Delivery, Environment, OriginConfig};
use crate::credentials::Client;
use crate::listener::Host;
use crate::route::{Bucket, S3Doors};
use crate::s3::{DecodedPath, ObjectKey, Operation};
use crate::sigv4::{Authentic, Candidate, Form, Payload, Version};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const DAY: Duration = Duration::from_hours(24);

const CONFIG: &str = "
public_hosts: [old.example.com, app-files.s3.us-east-1.amazonaws.com, other.s3.us-east-1.amazonaws.com]
s3_base_path: /s3
s3_domains: [s3.example.com]
buckets:
  files: { name: app-files, region: us-east-1, endpoint: 'http://one.example.com', path_style: true, credentials: anonymous }
  other: { name: other, region: eu-west-1, endpoint: 'http://one.example.com', path_style: true, credentials: anonymous }
clients:
  - { name: app, access_key_id: EVGAPP00000000000001, secret_access_key: '${SECRET}', allow: [{ bucket: files, operations: [read, list] }] }
  - name: narrow
    access_key_id: EVGNARROW0000000001
    secret_access_key: '${SECRET}'
    allow:
      - { bucket: files, prefix: images/, operations: [read] }
      - { bucket: files, prefix: drop/, operations: [write, delete] }
  - { name: admin, access_key_id: EVGADMIN000000000001, secret_access_key: '${SECRET}', allow: [{ bucket: other, operations: [all] }] }
refresh:
  - { bucket: files, prefix: '', max_age: 1d, delivery: stream }
  - { bucket: files, prefix: images/, max_age: 30d, delivery: redirect }
  - { bucket: files, prefix: images/none/, max_age: 0s }
  - { bucket: files, prefix: images/cut/, max_age: 3650d, not_before: 2027-01-10T00:00:00Z }
routes: []
";

struct House {
    access: S3Access,
    doors: S3Doors,
    buckets: Vec<Arc<Bucket>>,
}

impl House {
    fn of(text: &str) -> Self {
        let secret = (
            "SECRET".to_owned(),
            "a-secret-access-key-of-forty-characters1".to_owned(),
        );
        let environment = [secret].into_iter().collect::<Environment>();
        let loaded = config::parse(text, Path::new("config.yaml"), &environment);
        let config = loaded.unwrap_or_else(|faults| panic!("{faults}")).config;
        let bucket = |(index, bucket): (usize, &config::BucketConfig)| match &bucket.origin {
            OriginConfig::Server(server) => Arc::new(Bucket::new(index, bucket, server)),
            OriginConfig::Embedded(_) => panic!("none is embedded"),
        };
        let buckets: Vec<_> = config.buckets.iter().enumerate().map(bucket).collect();
        let doors = S3Doors::new(&config.s3, config.client_names(), &buckets);
        Self {
            access: S3Access::new(&config, &doors, &buckets),
            doors,
            buckets,
        }
    }

    fn client(&self, id: &str) -> &Arc<Client> {
        self.access.keyring.find(id).unwrap()
    }

    fn link(&self, key: &str, signed_ago: Duration) -> Result<PresignedPermit, Denied> {
        self.judge(key, Some(signed_ago), Duration::from_mins(2))
    }

    /// `signed_ago` is `None` for version 2, whose `Expires` then lies `expires` ago.
    fn judge(&self, key: &str, signed_ago: Option<Duration>, expires: Duration) -> Result<PresignedPermit, Denied> {
        let signed_at = signed_ago.map(|ago| NOW.minus(ago));
        let expires_at = signed_at.map_or(NOW.minus(expires), |signed_at| signed_at.plus(expires));
        let expired_by = (expires_at < NOW).then(|| NOW.since(expires_at));
        let authenticated = Authenticated {
            client: Arc::clone(self.client("EVGAPP00000000000001")),
            authentic: Authentic {
                form: Form::Query,
                version: if signed_at.is_some() { Version::V4 } else { Version::V2 },
                signed_at,
                expires_at: Some(expires_at),
                expired_by,
                payload: Payload::Unsigned,
                candidate: 0,
            },
        };
        let key = ObjectKey::parse(key).unwrap();
        let operation = Operation::GetObject;
        self.access
            .presigned(&authenticated, &self.buckets[0], &key, operation, NOW)
    }
}

fn told(result: Result<PresignedPermit, Denied>) -> Result<(Delivery, Option<String>), Denied> {
    result.map(|permit| {
        (
            permit.delivery,
            permit.refreshed.map(|refreshed| refreshed.rule.as_str().into()),
        )
    })
}

#[test]
fn rule_13_the_longest_rule_decides_alone() {
    let house = House::of(CONFIG);
    let rule = |text: &str| Some(text.to_owned());
    for (key, ago, expected) in [
        ("docs/a", Duration::ZERO, Ok((Delivery::Stream, None))),
        ("docs/a", DAY, Ok((Delivery::Stream, rule("")))),
        ("docs/a", DAY + Duration::from_secs(1), Err(Denied::TooOld)),
        ("images/a", Duration::ZERO, Ok((Delivery::Redirect, None))),
        ("images/a", DAY * 30, Ok((Delivery::Redirect, rule("images/")))),
        ("images/a", DAY * 31, Err(Denied::TooOld)),
        ("images", DAY * 2, Err(Denied::TooOld)),
        ("images/none/a", Duration::ZERO, Ok((Delivery::Auto, None))),
        ("images/none/a", Duration::from_mins(3), Err(Denied::Expired)),
        ("images/nonea", DAY * 2, Ok((Delivery::Redirect, rule("images/")))),
    ] {
        assert_eq!(told(house.link(key, ago)), expected, "{key} {ago:?}");
    }
    let none = House::of(&CONFIG.replace("bucket: files, prefix: ''", "bucket: other, prefix: ''"));
    assert_eq!(told(none.link("docs/a", Duration::ZERO)), Ok((Delivery::Auto, None)));
    assert_eq!(told(none.link("docs/a", Duration::from_mins(3))), Err(Denied::Expired));
}

#[test]
fn rule_13_not_before_judges_the_signing_time_of_fresh_links_too() {
    let house = House::of(CONFIG);
    // 2027-01-10T00:00:00Z
    let cutoff = NOW.since(Timestamp::from_unix(1_799_539_200));
    assert!(house.link("images/cut/a", cutoff).is_ok());
    let before = cutoff + Duration::from_secs(1);
    assert_eq!(told(house.link("images/cut/a", before)), Err(Denied::BeforeCutoff));
    let fresh = house.judge("images/cut/a", Some(before), DAY * 7);
    assert_eq!(told(fresh), Err(Denied::BeforeCutoff));
    assert!(
        house.link("images/a", before).is_ok(),
        "another rule's cutoff is not this one's"
    );
}

#[test]
fn version_2_goes_by_its_expires() {
    let house = House::of(CONFIG);
    let age = |key, expired_ago| {
        let permit = house.judge(key, None, expired_ago);
        permit.map(|permit| permit.refreshed.map(|refreshed| refreshed.age))
    };
    assert_eq!(age("images/a", DAY), Ok(Some(DAY)));
    assert_eq!(age("images/a", DAY * 31), Err(Denied::TooOld));
    assert_eq!(age("images/cut/a", DAY * 30), Err(Denied::BeforeCutoff));
    assert_eq!(age("images/cut/a", DAY), Ok(Some(DAY)));
}

#[test]
fn rule_25_a_permit_ends_with_its_link_or_with_the_rule_that_honours_it() {
    let house = House::of(CONFIG);
    let until = |key, ago| house.link(key, ago).unwrap().permit.until().unwrap();
    let minute = Duration::from_mins(1);
    assert_eq!(
        until("images/none/a", minute),
        NOW.plus(minute),
        "documents keep their expiry"
    );
    assert_eq!(until("images/a", minute), NOW.minus(minute).plus(DAY * 30));
    assert_eq!(until("docs/a", DAY), NOW);
    let long = house.judge("docs/a", Some(minute), DAY * 7).unwrap();
    assert_eq!(
        long.permit.until(),
        Some(NOW.minus(minute).plus(DAY * 7)),
        "a link may outlive its rule"
    );
    assert_eq!(long.permit.audience(), Audience::Private);
}

#[test]
fn rule_3_allow_lists_match_decoded_prefixes_and_deny_the_rest() {
    use AllowedOperations::{All, Delete, List, Read, Write};
    let house = House::of(CONFIG);
    let [files, other] = [&house.buckets[0], &house.buckets[1]];
    let may = |id: &str, bucket: &Bucket, reach, operations| {
        let verdict = house.access.require(house.client(id), bucket, reach, operations);
        assert!(matches!(verdict, Ok(()) | Err(Denied::NotAllowed)));
        verdict.is_ok()
    };
    let (app, narrow, admin) = ("EVGAPP00000000000001", "EVGNARROW0000000001", "EVGADMIN000000000001");
    for (id, bucket, reach, operations, expected) in [
        (app, files, Reach::Key("a"), Read, true),
        (app, files, Reach::Prefix(""), List, true),
        (app, files, Reach::Bucket, List, true),
        (app, files, Reach::Key("a"), Write, false),
        (app, files, Reach::Key("a"), All, false),
        (app, other, Reach::Key("a"), Read, false),
        (narrow, files, Reach::Key("images/a"), Read, true),
        (narrow, files, Reach::Key("images/"), Read, true),
        (narrow, files, Reach::Key("images"), Read, false),
        (narrow, files, Reach::Key("imagesx/a"), Read, false),
        (narrow, files, Reach::Key("/images/a"), Read, false),
        (narrow, files, Reach::Key("images/a"), Write, false),
        (narrow, files, Reach::Key("drop/a"), Delete, true),
        (narrow, files, Reach::Prefix("drop/a"), Write, true),
        (narrow, files, Reach::Prefix("drop"), Write, false),
        (narrow, files, Reach::Bucket, Read, false),
        (admin, other, Reach::Key("a"), Delete, true),
        (admin, other, Reach::Bucket, All, true),
        (admin, files, Reach::Key("a"), Read, false),
    ] {
        assert_eq!(
            may(id, bucket, reach, operations),
            expected,
            "{id} {reach:?} {operations:?}"
        );
    }
    let seen = |id: &str| [files, other].map(|bucket| house.access.may_see(house.client(id), bucket));
    let expected = [[true, false], [true, false], [false, true]];
    assert_eq!([app, narrow, admin].map(seen), expected);
    let whole = |id: &str| house.access.whole_origins(house.client(id)).count();
    assert_eq!([app, narrow, admin].map(whole), [0, 0, 1]);
}

#[test]
fn rule_11_each_public_host_is_tried_in_the_one_way_that_it_names_buckets() {
    let house = House::of(CONFIG);
    let candidates_of = |version: Version, host: &str, path: &str| {
        let host = Host(host.into());
        let located = house.doors.locate(&host, &DecodedPath::decode(path).unwrap()).unwrap();
        let text = |candidate: &Candidate<'_>| {
            let bucket = candidate.host_bucket.unwrap_or("-");
            format!(
                "{} {} {bucket}",
                candidate.host,
                candidate.path.unwrap_or("as received")
            )
        };
        let found = house.access.candidates(&located, &host, path, version);
        found.iter().map(text).collect::<Vec<_>>()
    };
    let candidates = |host: &str, path: &str| candidates_of(Version::V4, host, path);
    assert_eq!(
        candidates_of(Version::V2, "h", "/s3/files/a%20b")[..2],
        ["h as received -", "h /files/a%20b -"],
        "version 2 signs no base path"
    );
    assert_eq!(
        candidates("h", "/s3/files/a%20b"),
        [
            "h as received -",
            "old.example.com as received -",
            "old.example.com /files/a%20b -",
            "app-files.s3.us-east-1.amazonaws.com /a%20b app-files",
        ]
    );
    assert_eq!(
        candidates("app-files.s3.example.com", "/s3/k"),
        [
            "app-files.s3.example.com as received app-files",
            "app-files.s3.us-east-1.amazonaws.com as received app-files",
            "app-files.s3.us-east-1.amazonaws.com /k app-files",
        ]
    );
    assert_eq!(
        candidates("h", "/s3"),
        ["h as received -", "old.example.com as received -"],
        "nothing stands behind the base path"
    );
}

proptest! {
    #[test]
    fn rule_3_the_order_of_rules_changes_nothing(key in "(images/|images/none/|images/cut/|docs/)?[a-z/]{1,8}", days in 0_u32..60) {
        let (head, rules) = CONFIG.split_once("refresh:\n").unwrap();
        let (rules, tail) = rules.split_once("routes:").unwrap();
        let reversed: Vec<_> = rules.lines().rev().collect();
        let reversed = format!("{head}refresh:\n{}\nroutes:{tail}", reversed.join("\n"));
        let judged = [House::of(CONFIG), House::of(&reversed)].map(|house| told(house.link(&key, DAY * days)));
        prop_assert_eq!(&judged[0], &judged[1]);
    }
}
