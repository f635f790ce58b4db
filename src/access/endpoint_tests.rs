//! The table of the allow list, operation by operation, and what a client may not see.

use super::*;
use crate::clock::Timestamp;
use crate::config::{
    self, AllowConfig, ClientConfig, ClientState, Config, Environment, OriginConfig, RefreshConfig, SignatureVersions,
};
use crate::credentials::Keyring;
use crate::listener::Host;
use crate::s3::{CopySource, DecodedPath, KeyPrefix};
use crate::sigv4::{AccessKeyId, Authentic, Credential, Payload, Version};
use http::Method;
use std::path::Path;
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// `files` (called `photos` in the file) and `docs` at one origin, `far` at another.
struct House {
    access: S3Access,
    doors: S3Doors,
    clients: Keyring,
}

use AllowedOperations as A;

fn house(allow: &[(usize, &str, &[AllowedOperations])]) -> House {
    let text = "routes: []\nbuckets:\n\
        \x20 photos: { name: files, region: us-east-1, endpoint: 'http://one:9000', path_style: true, credentials: anonymous }\n\
        \x20 docs: { name: documents, region: us-east-1, endpoint: 'http://one:9000', path_style: true, credentials: anonymous }\n\
        \x20 far: { name: far-away, region: us-east-1, endpoint: 'http://two:9000', path_style: true, credentials: anonymous }\n";
    let loaded = config::parse(text, Path::new("config.yaml"), &Environment::default());
    let mut config: Config = loaded.unwrap_or_else(|faults| panic!("{faults}")).config;
    let allow = allow.iter().map(|(bucket, prefix, operations)| AllowConfig {
        bucket: *bucket,
        prefix: KeyPrefix::parse(prefix).unwrap(),
        operations: operations.to_vec(),
    });
    config.clients = vec![ClientConfig {
        name: "app".into(),
        credential: Credential::new(AccessKeyId::parse("EVGAPP").unwrap(), "secret".to_owned().into()),
        state: ClientState::Active,
        signature_versions: SignatureVersions::V4,
        allow: allow.collect(),
    }];
    config.refresh = vec![RefreshConfig {
        cache: None,
        bucket: 0,
        prefix: KeyPrefix::parse("images/").unwrap(),
        max_age: Duration::ZERO,
        not_before: Some(NOW.minus(Duration::from_mins(5))),
        delivery: crate::config::Delivery::Auto,
    }];
    let buckets: Vec<_> = config
        .buckets
        .iter()
        .enumerate()
        .map(|(index, bucket)| match &bucket.origin {
            OriginConfig::Server(server) => Arc::new(Bucket::new(index, bucket, server)),
            OriginConfig::Embedded(_) => panic!("none is embedded"),
        })
        .collect();
    let doors = S3Doors::new(&config.s3, config.client_names(), &buckets);
    House {
        access: S3Access::new(&config, &doors, &buckets),
        doors,
        clients: Keyring::new(&config.clients),
    }
}

impl House {
    fn signed(&self, form: Form, signed_at: Timestamp, expired_by: Option<Duration>) -> Authenticated {
        let authentic = Authentic {
            form,
            version: Version::V4,
            signed_at: Some(signed_at),
            expires_at: None,
            expired_by,
            payload: Payload::Unsigned,
            candidate: 0,
        };
        Authenticated::pretended(Arc::clone(self.clients.find("EVGAPP").unwrap()), authentic)
    }

    fn ask_as(&self, signed: &Authenticated, request: &str) -> Result<EndpointVerdict, EndpointDenied> {
        let (method, target) = request.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let method = Method::from_bytes(method.trim_end_matches('*').as_bytes()).unwrap();
        let copy = if request.contains("* ") {
            CopySource::Present
        } else {
            CopySource::Absent
        };
        let host = Host::parse(b"gate.example", crate::s3::Scheme::Http).unwrap();
        let located = self.doors.locate(&host, &DecodedPath::decode(path).unwrap()).unwrap();
        let query: Vec<_> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        let prefix = query
            .iter()
            .find(|(name, _)| *name == "prefix")
            .map_or("", |(_, value)| value);
        let operation = Operation::of(&method, located.subject, copy, &query)
            .map_or(EndpointOperation::Other(method), EndpointOperation::Known);
        self.access.endpoint(signed, &located, operation, prefix)
    }

    fn ask(&self, request: &str) -> Result<EndpointVerdict, EndpointDenied> {
        self.ask_as(&self.signed(Form::Header, NOW, None), request)
    }

    fn copy(&self, target: &str, from: &str) -> Result<EndpointPermit, EndpointDenied> {
        let signed = self.signed(Form::Header, NOW, None);
        let Ok(EndpointVerdict::Forward(target)) = self.ask(&format!("PUT* {target}")) else {
            panic!("{target} is no target")
        };
        self.access
            .copy_source(&signed, &self.doors, &CopyFrom::parse(from).unwrap(), &target)
    }
}

const NOT_ALLOWED: EndpointDenied = EndpointDenied::Denied(Denied::NotAllowed);
const UNSEEN: EndpointDenied = EndpointDenied::Denied(Denied::UnknownBucket);

/// One request of each kind, on `key`.
fn objects(key: &str) -> [(AllowedOperations, String); 14] {
    [
        (A::Read, format!("GET /files/{key}")),
        (A::Read, format!("HEAD /files/{key}?versionId=1")),
        (A::Write, format!("PUT /files/{key}")),
        (A::Write, format!("PUT* /files/{key}")),
        (A::Write, format!("POST /files/{key}?uploads")),
        (A::Write, format!("PUT /files/{key}?uploadId=u&partNumber=1")),
        (A::Write, format!("PUT* /files/{key}?uploadId=u&partNumber=1")),
        (A::Write, format!("POST /files/{key}?uploadId=u")),
        (A::Write, format!("DELETE /files/{key}?uploadId=u")),
        (A::Write, format!("GET /files/{key}?uploadId=u")),
        (A::Delete, format!("DELETE /files/{key}")),
        (A::List, format!("GET /files?prefix={key}")),
        (A::List, format!("GET /files/?list-type=2&prefix={key}")),
        (A::List, format!("GET /files?uploads&prefix={key}")),
    ]
}

#[test]
fn rule_3_each_operation_needs_its_kind_and_its_prefix() {
    for kind in [A::Read, A::Write, A::Delete, A::List] {
        let house = house(&[(0, "images/", &[kind])]);
        for (needed, request) in objects("images/a") {
            let verdict = house.ask(&request);
            if needed == kind {
                assert!(
                    matches!(verdict, Ok(EndpointVerdict::Forward(_))),
                    "{kind:?} {request}: {verdict:?}"
                );
            } else {
                assert_eq!(verdict, Err(NOT_ALLOWED), "{kind:?} {request}");
            }
        }
    }
    let house = house(&[(0, "images/", &[A::Read, A::Write, A::Delete, A::List])]);
    for key in [
        "images",
        "images-private/a",
        "Images/a",
        "/images/a",
        "im",
        "uploads/images/a",
    ] {
        for (_, request) in objects(key) {
            assert_eq!(house.ask(&request), Err(NOT_ALLOWED), "{request}");
        }
    }
    for list in [
        "GET /files",
        "GET /files?list-type=2",
        "GET /files?uploads",
        "GET /files?prefix=",
    ] {
        assert_eq!(house.ask(list), Err(NOT_ALLOWED), "{list}");
    }
}

#[test]
fn a_client_with_the_whole_bucket_lists_anything_by_name_or_by_id() {
    let house = house(&[(0, "", &[A::List])]);
    for list in [
        "GET /files",
        "GET /photos/",
        "GET /photos?list-type=2&prefix=a",
        "GET /files?uploads",
    ] {
        let Ok(EndpointVerdict::Forward(permit)) = house.ask(list) else {
            panic!("{list}")
        };
        assert_eq!(
            (permit.bucket().name.as_str(), permit.resource()),
            ("files", &Resource::Bucket)
        );
    }
}

#[test]
fn the_bucket_itself_is_open_to_whoever_may_see_it() {
    let house = house(&[(0, "images/", &[A::Delete])]);
    assert!(matches!(house.ask("HEAD /files"), Ok(EndpointVerdict::Forward(_))));
    assert!(matches!(
        house.ask("GET /files?location"),
        Ok(EndpointVerdict::Location(_))
    ));
    assert!(matches!(house.ask("PUT /photos"), Ok(EndpointVerdict::Created(_))));
    let Ok(EndpointVerdict::ListBuckets(seen)) = house.ask("GET /") else {
        panic!("a list")
    };
    assert_eq!(
        seen.iter().map(|bucket| bucket.name.as_str()).collect::<Vec<_>>(),
        ["files"]
    );
    let Ok(EndpointVerdict::DeleteEach(permit)) = house.ask("POST /files?delete") else {
        panic!("delete")
    };
    let may = |key| {
        let signed = house.signed(Form::Header, NOW, None);
        house
            .access
            .may_delete(&signed, &permit, &ObjectKey::parse(key).unwrap())
    };
    assert_eq!((may("images/a"), may("uploads/a")), (Ok(()), Err(Denied::NotAllowed)));
}

#[test]
fn what_is_not_seen_is_not_there_whether_it_is_or_not() {
    let house = house(&[(0, "", &[A::Read, A::Write, A::Delete, A::List])]);
    for bucket in ["documents", "docs", "nowhere"] {
        for request in [
            "GET /B/k",
            "PUT /B/k",
            "HEAD /B",
            "GET /B",
            "GET /B?location",
            "GET /B?acl",
            "POST /B?delete",
            "DELETE /B",
        ] {
            assert_eq!(
                house.ask(&request.replace('B', bucket)),
                Err(UNSEEN),
                "{request} {bucket}"
            );
        }
        assert_eq!(house.ask(&format!("PUT /{bucket}")), Err(NOT_ALLOWED));
    }
}

#[test]
fn everything_else_is_for_clients_with_all_of_the_bucket() {
    let others = [
        "GET /files?acl",
        "PUT /files?policy",
        "GET /files/k?tagging",
        "GET /files?versions",
        "DELETE /files",
        "POST /files/k?select",
    ];
    for allow in [&[A::Read, A::Write, A::Delete, A::List][..], &[A::All]] {
        let prefix = if allow == [A::All] { "images/" } else { "" };
        let house = house(&[(0, prefix, allow)]);
        for other in others {
            assert_eq!(house.ask(other), Err(EndpointDenied::NotOpen), "{other}");
        }
    }
    let house = house(&[(0, "", &[A::All])]);
    for other in others {
        assert!(matches!(house.ask(other), Ok(EndpointVerdict::Forward(_))), "{other}");
    }
    for method in ["PUT", "POST", "DELETE", "HEAD"] {
        assert_eq!(house.ask(&format!("{method} /")), Err(EndpointDenied::NoSuchMethod));
    }
}

#[test]
fn all_reaches_every_bucket_of_its_origin() {
    let house = house(&[(0, "", &[A::All])]);
    for request in [
        "GET /new-bucket/k",
        "PUT /new-bucket",
        "GET /new-bucket?policy",
        "DELETE /new-bucket",
    ] {
        let Ok(EndpointVerdict::Forward(permit)) = house.ask(request) else {
            panic!("{request}")
        };
        let place = permit.bucket().place();
        assert_eq!(
            (place.address.host(), place.address.bucket_path()),
            ("one:9000", "/new-bucket"),
            "{request}"
        );
    }
    // Of configured ones, those of the same origin alone; by either name.
    for target in ["GET /documents/k", "PUT /docs/k", "GET /docs?acl"] {
        let Ok(EndpointVerdict::Forward(permit)) = house.ask(target) else {
            panic!("{target}")
        };
        assert_eq!((permit.bucket().index, permit.bucket().name.as_str()), (0, "documents"));
    }
    assert_eq!(house.ask("GET /far-away/k"), Err(UNSEEN));
    for from in ["unconfigured/k", "docs/k"] {
        assert!(house.copy("/files/k", from).is_ok(), "{from}");
    }
    assert_eq!(house.copy("/files/k", "far/k"), Err(UNSEEN));
}

#[test]
fn rule_15_a_copy_source_is_a_second_target_with_its_own_permit() {
    let house = house(&[
        (0, "images/", &[A::Write]),
        (0, "shared/", &[A::Read]),
        (2, "", &[A::Read]),
    ]);
    for from in ["files/shared/a", "/photos/shared/a", "photos%2Fshared/a"] {
        let permit = house.copy("/files/images/a", from).unwrap();
        assert_eq!(permit.bucket().name.as_str(), "files");
        assert_eq!(
            permit.resource(),
            &Resource::Object(ObjectKey::parse("shared/a").unwrap())
        );
    }
    assert_eq!(house.copy("/files/images/a", "files/images/b"), Err(NOT_ALLOWED));
    for unseen in ["documents/a", "docs/a", "nowhere/a", "x/a"] {
        assert_eq!(house.copy("/files/images/a", unseen), Err(UNSEEN), "{unseen}");
    }
    assert_eq!(
        house.copy("/files/images/a", "far-away/a"),
        Err(EndpointDenied::OtherOrigin)
    );
}

#[test]
fn rule_12_presigned_writes_and_lists_pass_while_they_are_fresh_and_never_after() {
    let house = house(&[(0, "", &[A::Read, A::Write, A::Delete, A::List])]);
    let requests = [
        "PUT /files/k",
        "DELETE /files/k",
        "POST /files/k?uploads",
        "GET /files",
        "HEAD /files",
        "GET /",
    ];
    let expired = house.signed(Form::Query, NOW, Some(Duration::from_secs(1)));
    let fresh = house.signed(Form::Query, NOW, None);
    for request in requests {
        assert!(house.ask_as(&fresh, request).is_ok(), "{request}");
        assert_eq!(
            house.ask_as(&expired, request),
            Err(Denied::Expired.into()),
            "{request}"
        );
    }
    let old = house.signed(Form::Query, NOW.minus(Duration::from_mins(6)), None);
    assert_eq!(
        house.ask_as(&old, "PUT /files/images/a"),
        Err(Denied::BeforeCutoff.into())
    );
    assert!(house.ask_as(&old, "PUT /files/uploads/a").is_ok());
}
