//! What the tests of `rewrite` share: a configuration, presigned URLs, their spellings and surroundings.

mod gateway;
mod left;
mod replaced;
mod streams;

use super::*;
use crate::clock::Timestamp;
use crate::config::parse;
use crate::s3::{AddressStyle, BucketName, Endpoint, ObjectKey, Region};
use crate::sigv4::{AccessKeyId, Credential, PresignRequest, Signer};
use http::Method;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let text = "
public_hosts: [files.example.com]
buckets:
  files: { name: my-files, region: eu-central-1 }
  local: { name: pictures, region: us-east-1, endpoint: 'http://minio:9000', path_style: true, url_expiry: 10m }
routes:
  - { path: /avatars/, bucket: files, prefix: images/, access: public }
  - { path: /pictures/, bucket: local, prefix: '', access: public }
clients:
  - { name: app, access_key_id: EVGOLD, secret_access_key: ${SECRET}, state: revoked }
  - name: app
    access_key_id: EVGNEW
    secret_access_key: ${SECRET}
    allow: [{ bucket: files, prefix: images/, operations: [read] }, { bucket: files, prefix: uploads/, operations: [all] }]
  - { name: gone, access_key_id: EVGGONE, secret_access_key: ${SECRET}, state: retired }
refresh:
  - { bucket: files, prefix: images/, max_age: 3650d }
  - { bucket: files, prefix: images/secret/, max_age: 0s }
";
    let environment: Environment = [("SECRET", "an-example-of-a-secret")].into_iter().collect();
    parse(text, Path::new("x.yaml"), &environment)
        .unwrap_or_else(|faults| panic!("{faults}"))
        .config
});

fn rewriter(base: Option<&str>) -> Rewriter {
    let base = base.map(|base| Endpoint::parse(base).unwrap());
    let stable = Stable::new(&CONFIG, base.as_ref());
    Rewriter::new(&CONFIG, None, Replacement::Stable(stable)).unwrap()
}

fn gateway(client: &str) -> Result<Rewriter, Unfit> {
    let base = Endpoint::parse("https://files.example.com").unwrap();
    let gateway = Gateway::new(&CONFIG, client, &base, None, NOW)?;
    Ok(Rewriter::new(&CONFIG, None, Replacement::Gateway(Box::new(gateway))).unwrap())
}

/// Rewrites text at once.
fn through(mut rewriter: Rewriter, text: &[u8]) -> (Vec<u8>, Tally) {
    let mut out = Vec::new();
    rewriter.rewrite(text, &mut out).unwrap();
    (out, std::mem::take(rewriter.tally_mut()))
}

fn rewritten(text: &str) -> String {
    String::from_utf8(through(rewriter(None), text.as_bytes()).0).unwrap()
}

/// A presigned URL of `key` as AWS's bucket would have it.
fn presigned(key: &str, query: &[(&str, &str)]) -> String {
    let credential = Credential::new(AccessKeyId::parse("AKIAEXAMPLE").unwrap(), "secret".into());
    Signer::new(Arc::new(credential)).presign(&PresignRequest {
        method: &Method::GET,
        address: &Endpoint::aws(&Region::parse("eu-central-1").unwrap())
            .address(AddressStyle::VirtualHosted, &BucketName::parse("my-files").unwrap()),
        region: &Region::parse("eu-central-1").unwrap(),
        key: &ObjectKey::parse(key).unwrap(),
        query,
        signed_at: NOW.minus(Duration::from_hours(24)),
        expires: Duration::from_mins(2),
    })
}

/// How a URL is spelled in some language: `/`, `&` and `=`.
const SPELLINGS: [[&str; 3]; 9] = [
    ["/", "&", "="],
    ["\\/", "&", "="],
    ["/", "\\u0026", "="],
    ["\\/", "\\u0026", "\\u003d"],
    ["\\\\/", "\\\\u0026", "="],
    ["/", "&amp;", "="],
    ["/", "&amp;amp;", "="],
    ["&#x2F;", "&#38;", "&#x3D;"],
    ["/", "\\x26", "\\x3d"],
];

/// What may stand in front of a URL and behind it.
const SURROUNDINGS: [(&str, &str); 18] = [
    ("", ""),
    ("\"", "\""),
    ("'", "'"),
    ("'", "',3),('x')"),
    ("<", ">"),
    ("(", ")"),
    ("![alt](", ") text"),
    ("**", "**"),
    ("see ", "."),
    ("url=", "\n"),
    ("\\n", "\\n"),
    ("\\\"", "\\\""),
    ("&quot;", "&quot;"),
    ("&lt;", "&gt; &amp; more"),
    ("\u{201c}", "\u{201d}"),
    ("\0", "\0"),
    ("http://plain.example/, ", ", http://plain.example/"),
    ("`", "`; next"),
];

fn spell(url: &str, [slash, ampersand, equals]: [&str; 3]) -> String {
    url.chars()
        .map(|c| match c {
            '/' => slash.to_owned(),
            '&' => ampersand.to_owned(),
            '=' => equals.to_owned(),
            c => c.to_string(),
        })
        .collect()
}
