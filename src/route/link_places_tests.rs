//! Every spelling of a link's place, and those that could be read in two ways.

use super::*;
use crate::config::{Environment, parse};
use std::path::Path;

const BUCKETS: &str = "
public_hosts: [files.example.com, minio:9000, old.cdn.example, 'old.s3.eu-west-1.amazonaws.com', pictures.old.example]
s3_base_path: /s3
s3_domains: [s3.example.com]
clients: [{ access_key_id: EVG1, secret_access_key: ${SECRET}, allow: [{ bucket: aws, operations: [read] }] }]
buckets:
  aws: { name: my.files, region: eu-central-1, path_style: true }
  ceph: { name: documents, region: us-east-1, endpoint: 'http://ceph:7480/base%20path' }
  host: { name: old, region: us-east-1, endpoint: 'https://cdn.example' }
  again: { name: old, region: us-east-1, endpoint: 'https://cdn.example', url_expiry: 1h }
  china: { name: my.files2, region: cn-north-1, path_style: true }
  pictures: { name: pictures, region: us-east-1, endpoint: 'http://127.0.0.1:1', path_style: true }
";

fn config() -> Config {
    let environment: Environment = [("SECRET", "an-example-of-a-secret")].into_iter().collect();
    parse(BUCKETS, Path::new("x.yaml"), &environment)
        .unwrap_or_else(|faults| panic!("{faults}"))
        .config
}

fn found(places: &LinkPlaces, url: &str) -> Result<(Vec<usize>, String), Unplaced> {
    let (scheme, rest) = match url.strip_prefix("https://") {
        Some(rest) => (Scheme::Https, rest),
        None => (Scheme::Http, url.strip_prefix("http://").unwrap()),
    };
    let (authority, _) = rest.split_once('/').unwrap();
    let path = DecodedPath::decode(&rest[authority.len()..]).unwrap();
    let target = places.find(scheme, authority, &path)?;
    Ok((target.buckets.to_vec(), target.key.as_str().to_owned()))
}

#[test]
fn every_spelling_of_a_place_is_known() {
    let places = LinkPlaces::new(&config());
    for (url, buckets, key) in [
        ("https://my.files.s3.eu-central-1.amazonaws.com/a/b", &[0][..], "a/b"),
        ("https://my.files.s3.amazonaws.com/a/b", &[0], "a/b"),
        ("https://my.files.s3-us-west-2.amazonaws.com//a", &[0], "/a"),
        ("https://my.files.s3.dualstack.eu-central-1.amazonaws.com/a", &[0], "a"),
        ("https://my.files.s3-accelerate.amazonaws.com/a", &[0], "a"),
        ("https://s3.eu-central-1.amazonaws.com/my.files/a/b", &[0], "a/b"),
        ("http://S3.amazonaws.com:80/my.files/a%20b+c", &[0], "a b+c"),
        ("https://s3.dualstack.eu-central-1.amazonaws.com/my.files/a", &[0], "a"),
        ("https://my.files2.s3.cn-north-1.amazonaws.com.cn/a", &[4], "a"),
        ("http://ceph:7480/base%20path/documents/a", &[1], "a"),
        ("https://ceph:7480/base%20path/documents//a", &[1], "/a"),
        ("http://documents.ceph:7480/base%20path/a", &[1], "a"),
        ("https://old.cdn.example/a", &[2, 3], "a"),
        ("https://cdn.example/old/a", &[2, 3], "a"),
        // At the gateway, with and without the base path, by name and by id.
        ("https://files.example.com/s3/my.files/a", &[0], "a"),
        ("https://files.example.com/my.files/a", &[0], "a"),
        ("https://files.example.com/ceph/a", &[1], "a"),
        ("http://minio:9000/documents/a", &[1], "a"),
        ("https://documents.s3.example.com/a", &[1], "a"),
        ("https://s3.example.com/documents/a", &[1], "a"),
        // An old server of AWS's, whose host named the bucket.
        ("https://old.s3.eu-west-1.amazonaws.com/a", &[2], "a"),
        ("https://pictures.old.example/a", &[5], "a"),
        // As the gateway itself reads it.
        ("https://pictures.old.example/documents/a", &[1], "a"),
    ] {
        assert_eq!(found(&places, url), Ok((buckets.to_vec(), key.to_owned())), "{url}");
    }
}

#[test]
fn rule_4_what_the_configuration_does_not_know_is_nowhere() {
    let places = LinkPlaces::new(&config());
    for (url, why) in [
        ("https://evil.example/my.files/a", Unplaced::Host),
        ("https://my.files.s3.amazonaws.com.evil.example/a", Unplaced::Host),
        ("https://my.files.s3.cn-north-1.amazonaws.com.cn/a", Unplaced::Bucket),
        ("https://files.s3.amazonaws.com/a", Unplaced::Bucket),
        ("https://other.s3.amazonaws.com/my.files/a", Unplaced::Bucket),
        ("https://minio:9001/documents/a", Unplaced::Host),
        ("https://minio/documents/a", Unplaced::Host),
        ("https://user@minio:9000/documents/a", Unplaced::Host),
        ("http://ceph:7480/documents/a", Unplaced::Bucket),
        ("http://ceph:7480/base%20path/documentsa", Unplaced::Bucket),
        ("https://files.example.com/documents/", Unplaced::NoObject),
        ("https://s3.amazonaws.com/my.files", Unplaced::NoObject),
        // A bucket's own host, and the gateway's: nobody knows when the link was made.
        ("https://old.cdn.example/documents/a", Unplaced::Ambiguous),
    ] {
        assert_eq!(found(&places, url), Err(why), "{url}");
    }
    let long = format!("https://files.example.com/my.files/{}", "a".repeat(1025));
    assert_eq!(found(&places, &long), Err(Unplaced::Key(KeyError::TooLong)));
}

#[test]
fn a_further_host_of_the_gateway_is_known_when_it_is_told() {
    let config = config();
    let mut places = LinkPlaces::new(&config);
    let url = "https://new.example/s3/documents/a";
    assert_eq!(found(&places, url), Err(Unplaced::Host));
    places.add_gateway("new.example", &config);
    assert_eq!(found(&places, url), Ok((vec![1], "a".to_owned())));
}
