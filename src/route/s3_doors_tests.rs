//! What a Host and a path name.

use super::*;
use crate::config::{BucketConfig, BucketId, CredentialsConfig, OriginConfig, ServerConfig};
use crate::s3::{Endpoint, Region};
use std::time::Duration;

fn bucket(index: usize, id: &str, name: &str) -> Arc<Bucket> {
    let server = ServerConfig {
        endpoint: Endpoint::parse("http://127.0.0.1:9000").unwrap(),
        region: Region::parse("us-east-1").unwrap(),
        style: AddressStyle::Path,
        credentials: CredentialsConfig::Chain,
    };
    let config = BucketConfig {
        id: BucketId(id.into()),
        name: BucketName::parse(name).unwrap(),
        url_expiry: Duration::from_mins(2),
        origin: OriginConfig::Server(server.clone()),
    };
    Arc::new(Bucket::new(index, &config, &server))
}

fn doors(base_path: &str, domains: &[&str]) -> S3Doors {
    let config = S3Config {
        public_hosts: Vec::new(),
        base_path: base_path.into(),
        domains: domains.iter().map(|domain| (*domain).into()).collect(),
    };
    let names = [("app-files", 0), ("files", 0), ("my.pictures", 1), ("p", 1)];
    let names = names.into_iter().map(|(name, index)| (name.into(), index));
    let buckets = [bucket(0, "files", "app-files"), bucket(1, "p", "my.pictures")];
    S3Doors::new(&config, names.collect(), &buckets)
}

/// `index of the bucket or its unknown name, key`
fn find(doors: &S3Doors, host: &str, raw: &str) -> Result<String, LocateError> {
    let path = DecodedPath::decode(raw).unwrap();
    let located = doors.locate(&Host(host.into()), &path)?;
    let bucket = match &located.bucket {
        LocatedBucket::Service => "service".to_owned(),
        LocatedBucket::Configured(bucket) => bucket.index.to_string(),
        LocatedBucket::Unknown(name) => name.to_string(),
    };
    assert_eq!(located.key.is_some(), located.subject == Subject::Object);
    Ok(located.key.map_or(bucket.clone(), |key| format!("{bucket} {key}")))
}

#[test]
fn a_path_names_bucket_and_key() {
    let doors = doors("", &[]);
    for (path, found) in [
        ("/", "service"),
        ("/app-files", "0"),
        ("/app-files/", "0"),
        ("/files/", "0"),
        ("/p/x", "1 x"),
        ("/my.pictures/a/b/", "1 a/b/"),
        ("/app-files//k", "0 /k"),
        ("/app-files///", "0 //"),
        ("/app%2Dfiles%2Fimages%2Fa%20b.png", "0 images/a b.png"),
        ("/elsewhere/k", "elsewhere k"),
        ("/elsewhere", "elsewhere"),
    ] {
        assert_eq!(find(&doors, "h", path).as_deref(), Ok(found), "{path}");
    }
    for path in ["//k", "/a", "/a b/k", "/-ab/k"] {
        assert_eq!(find(&doors, "h", path), Err(LocateError::BucketName), "{path}");
    }
    let long = format!("/app-files/{}", "k".repeat(1025));
    assert_eq!(find(&doors, "h", &long), Err(LocateError::Key(KeyError::TooLong)));
}

#[test]
fn a_host_below_a_domain_names_the_bucket() {
    let doors = doors("", &["s3.example.com", "example.com", "local:9000"]);
    for (host, path, found) in [
        ("app-files.s3.example.com", "/a/b", "0 a/b"),
        ("app-files.s3.example.com:8443", "/", "0"),
        ("app-files.s3.example.com", "//k", "0 /k"),
        ("my.pictures.s3.example.com", "/k", "1 k"),
        ("files.example.com", "/k", "0 k"),
        ("app-files.local:9000", "/k", "0 k"),
        // The domain itself, and what only looks like a part of it, take path style.
        ("s3.example.com", "/app-files/k", "0 k"),
        ("example.com", "/app-files/k", "0 k"),
        ("notexample.com", "/app-files/k", "0 k"),
        ("app-files.local:9001", "/app-files/k", "0 k"),
        ("nosuch.s3.example.com", "/k", "nosuch k"),
        // Where an old link's host is kept, by DNS or by hand.
        ("app-files.s3.eu-west-1.amazonaws.com", "/app-files/k", "0 app-files/k"),
        ("s3.eu-west-1.amazonaws.com", "/app-files/k", "0 k"),
    ] {
        let found = found.replace("s3 app-files/k", "app-files/k");
        let expected = if host == "s3.example.com" {
            "0 k".to_owned()
        } else {
            found
        };
        assert_eq!(find(&doors, host, path).as_deref(), Ok(&*expected), "{host}{path}");
    }
}

#[test]
fn the_base_path_comes_off_whole() {
    let doors = doors("/s3/in", &["s3.example.com"]);
    for (host, path, found) in [
        ("h", "/s3/in", "service"),
        ("h", "/s3/in/", "service"),
        ("h", "/s3/in/files/k", "0 k"),
        ("h", "/%73%33/in/files/k", "0 k"),
        ("h", "/s3/in/files//k", "0 /k"),
        ("app-files.s3.example.com", "/s3/in/k", "0 k"),
    ] {
        assert_eq!(find(&doors, host, path).as_deref(), Ok(found), "{host}{path}");
    }
    for path in ["/", "/s3", "/s3/input/k", "/s3/inn", "/files/k"] {
        assert_eq!(find(&doors, "h", path), Err(LocateError::OutsideBase), "{path}");
    }
}

#[test]
fn the_raw_path_is_cut_where_the_decoded_one_is() {
    let doors = doors("/s3", &["s3.example.com"]);
    let cut = |host: &str, raw: &str| {
        let located = doors
            .locate(&Host(host.into()), &DecodedPath::decode(raw).unwrap())
            .unwrap();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        (owned(located.behind_base(raw)), owned(located.behind_bucket(raw)))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        cut("h", "/%73%33/f%69les/a%20b"),
        (some("/f%69les/a%20b"), some("/a%20b"))
    );
    assert_eq!(cut("h", "/s3/files%2Fk"), (some("/files%2Fk"), some("%2Fk")));
    assert_eq!(cut("h", "/s3/files"), (some("/files"), None));
    assert_eq!(cut("app-files.s3.example.com", "/s3/k"), (some("/k"), None));
    assert_eq!(cut("h", "/s3"), (None, None));
}
