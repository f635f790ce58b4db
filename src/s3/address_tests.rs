//! Endpoints as operators write them; both styles of addresses.

use super::*;

fn bucket(name: &str) -> BucketName {
    BucketName::parse(name).unwrap()
}

fn region(name: &str) -> Region {
    Region::parse(name).unwrap()
}

#[test]
fn endpoints_are_read_into_one_canonical_form() {
    for (written, canonical) in [
        ("https://s3.example.com", "https://s3.example.com"),
        ("https://s3.example.com/", "https://s3.example.com"),
        ("HTTPS://S3.Example.COM:443/", "https://s3.example.com"),
        ("http://minio:9000", "http://minio:9000"),
        ("http://minio:80", "http://minio"),
        ("http://minio:443", "http://minio:443"),
        ("https://minio:80", "https://minio:80"),
        ("http://minio:9000/base/", "http://minio:9000/base"),
        ("http://minio:9000/two/parts//", "http://minio:9000/two/parts"),
        ("http://minio/b%61se/with%20space", "http://minio/base/with%20space"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("http://[0:0:0:0:0:0:0:1]:80/x", "http://[::1]/x"),
        ("http://127.0.0.1:8333", "http://127.0.0.1:8333"),
        // The client would connect to 127.0.0.1 and say so in Host; so must the signature.
        ("http://0x7f.1:8333", "http://127.0.0.1:8333"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ] {
        assert_eq!(Endpoint::parse(written).unwrap().to_string(), canonical, "{written}");
    }
}

#[test]
fn what_is_no_endpoint_is_refused_with_an_example() {
    for written in [
        "",
        "s3.example.com",
        "minio:9000",
        "ftp://minio",
        "file:///etc",
        "http://",
        "http:///bucket",
        "https://user@minio",
        "https://user:secret@minio",
        "http://@minio",
        "http://minio?x=y",
        "http://minio/#top",
        "http://minio:0",
        "http://minio:70000",
        "http://minio:port",
        "http://mi nio",
        "http://minio\n",
        "http://minio\\base",
        "http://minio/a/../b",
        "http://minio/a/%2e%2E/b",
        "http://minio/./",
        "http://minio/%zz",
        "http://[::1",
    ] {
        let error = Endpoint::parse(written).unwrap_err();
        assert!(
            error.to_string().contains("https://s3.example.com"),
            "{written:?}: {error}"
        );
        assert!(!error.to_string().contains("secret"), "{written:?}: {error}");
    }
}

#[test]
fn aws_regions_name_their_partition() {
    for (name, url) in [
        ("us-east-1", "https://s3.us-east-1.amazonaws.com"),
        ("eu-central-1", "https://s3.eu-central-1.amazonaws.com"),
        ("us-gov-west-1", "https://s3.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn"),
        ("us-iso-east-1", "https://s3.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", "https://s3.us-isob-east-1.sc2s.sgov.gov"),
        ("us-isof-south-1", "https://s3.us-isof-south-1.csp.hci.ic.gov"),
        ("eu-isoe-west-1", "https://s3.eu-isoe-west-1.cloud.adc-e.uk"),
        ("eusc-de-east-1", "https://s3.eusc-de-east-1.amazonaws.eu"),
    ] {
        assert_eq!(Endpoint::aws(&region(name)).to_string(), url);
    }
}

#[test]
fn both_styles_name_the_bucket_in_their_place() {
    let key = ObjectKey::parse("a b/c+d").unwrap();
    let (plain, based) = ("https://s3.example.com", "http://minio:9000/base");
    for (endpoint, style, host, path_of_bucket, path) in [
        (
            plain,
            AddressStyle::Path,
            "s3.example.com",
            "/files",
            "/files/a%20b/c%2Bd",
        ),
        (
            plain,
            AddressStyle::VirtualHosted,
            "files.s3.example.com",
            "/",
            "/a%20b/c%2Bd",
        ),
        (
            based,
            AddressStyle::Path,
            "minio:9000",
            "/base/files",
            "/base/files/a%20b/c%2Bd",
        ),
        (
            based,
            AddressStyle::VirtualHosted,
            "files.minio:9000",
            "/base/",
            "/base/a%20b/c%2Bd",
        ),
        (
            "http://[::1]:9000",
            AddressStyle::Path,
            "[::1]:9000",
            "/files",
            "/files/a%20b/c%2Bd",
        ),
    ] {
        let address = Endpoint::parse(endpoint).unwrap().address(style, &bucket("files"));
        assert_eq!((address.host(), &*address.path(&key)), (host, path));
        assert_eq!(address.bucket_path(), path_of_bucket);
        for (resource, path) in [(Resource::Bucket, path_of_bucket), (Resource::from(&key), path)] {
            let mut written = String::new();
            address.resource_path_into(&resource, &mut written);
            assert_eq!((&*written, address.resource_path_len(&resource)), (path, path.len()));
        }
    }
}

#[test]
fn a_key_keeps_its_slashes_behind_the_prefix() {
    let endpoint = Endpoint::parse("https://s3.example.com").unwrap();
    let address = endpoint.address(AddressStyle::VirtualHosted, &bucket("files"));
    for (key, path) in [("/a", "//a"), ("a//b/", "/a//b/"), ("//", "///")] {
        assert_eq!(address.path(&ObjectKey::parse(key).unwrap()), path);
    }
}

#[test]
fn names_that_no_host_can_hold_need_path_style() {
    let check = |endpoint: &str, name: &str| {
        Endpoint::parse(endpoint)
            .unwrap()
            .check(AddressStyle::VirtualHosted, &bucket(name))
    };
    assert_eq!(check("https://s3.example.com", "files"), Ok(()));
    assert_eq!(check("http://s3.example.com:9000", "dotted.name"), Ok(()));
    for (endpoint, name) in [
        ("https://s3.example.com", "dotted.name"),
        ("http://s3.example.com", "Upper"),
        ("http://s3.example.com", "under_score"),
        ("http://s3.example.com", "edge-.dash"),
        ("http://s3.example.com", "xn--\u{61}\u{61}\u{61}0"),
        ("http://127.0.0.1:9000", "files"),
        ("http://[::1]:9000", "files"),
    ] {
        let error = check(endpoint, name).unwrap_err().to_string();
        assert!(error.contains("path_style: true"), "{endpoint} {name}: {error}");
        assert_eq!(
            Endpoint::parse(endpoint)
                .unwrap()
                .check(AddressStyle::Path, &bucket(name)),
            Ok(())
        );
    }
    assert!(check("http://s3.example.com", &"a".repeat(64)).is_err());
}
