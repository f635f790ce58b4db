//! The two real origins behind one face, each test in a bucket of its own.

use super::radosgw::{Radosgw, variable};
use super::s3s_origin::S3sOrigin;
use serde_json::json;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Runs each test function on s3s in process and on radosgw.
#[allow(unused_macros, reason = "some binaries need one origin, some two")]
macro_rules! on_both_origins {
    ($($name:ident),+ $(,)?) => {
        mod s3s { $(#[tokio::test] async fn $name() { super::$name(crate::support::origin::Origin::s3s()).await; })+ }
        mod radosgw { $(#[tokio::test] async fn $name() { super::$name(crate::support::origin::Origin::radosgw()).await; })+ }
    };
}

/// An S3 origin that verifies signatures and expiry, and a bucket in it.
pub struct Origin {
    pub endpoint: String,
    pub bucket: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// Kept alive as long as the test.
    pub s3s: Option<S3sOrigin>,
}

/// An object to be stored.
#[derive(Clone, Debug)]
pub struct Object {
    pub key: String,
    pub body: Vec<u8>,
    pub content_type: Option<String>,
}

impl Object {
    /// Stored without a content type, as LibreChat does.
    pub fn new(key: &str, body: &[u8]) -> Self {
        Self {
            key: key.into(),
            body: body.into(),
            content_type: None,
        }
    }

    pub fn typed(key: &str, body: &[u8], content_type: &str) -> Self {
        Self {
            content_type: Some(content_type.into()),
            ..Self::new(key, body)
        }
    }
}

impl Origin {
    /// s3s and s3s-fs in this process.
    pub fn s3s() -> Self {
        let origin = S3sOrigin::start();
        Self {
            endpoint: origin.endpoint(),
            bucket: fresh_bucket(),
            access_key_id: origin.access_key_id.clone(),
            secret_access_key: origin.secret_access_key.clone(),
            s3s: Some(origin),
        }
    }

    /// The radosgw of this test run.
    pub fn radosgw() -> Self {
        let Radosgw {
            endpoint,
            access_key_id,
            secret_access_key,
        } = Radosgw::of_this_run();
        Self {
            endpoint,
            bucket: fresh_bucket(),
            access_key_id,
            secret_access_key,
            s3s: None,
        }
    }

    /// Stores objects with boto3 and returns the keys that this origin does not take.
    pub fn put(&self, objects: &[Object]) -> Vec<String> {
        let objects: Vec<_> = objects
            .iter()
            .map(|object| json!({ "key": object.key, "body_hex": hex::encode(&object.body), "content_type": object.content_type }))
            .collect();
        let job = json!({
            "endpoint": self.endpoint, "region": "us-east-1", "bucket": self.bucket, "objects": objects,
            "access_key_id": self.access_key_id, "secret_access_key": self.secret_access_key,
        });
        let mut python = Command::new(variable("EVERGATE_TEST_PYTHON"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/boto3/put_objects.py"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        python
            .stdin
            .take()
            .unwrap()
            .write_all(job.to_string().as_bytes())
            .unwrap();
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success(), "boto3 could not store");
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["refused"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| pair[0].as_str().unwrap().to_owned())
            .collect()
    }

    /// The `buckets:` section of a configuration with this bucket as `files`; more fields of it may follow, four spaces deep.
    pub fn bucket_yaml(&self) -> String {
        format!(
            "buckets:\n  files:\n    name: {}\n    region: us-east-1\n    endpoint: {}\n    path_style: true\n    credentials: {{ access_key_id: '${{ORIGIN_KEY}}', secret_access_key: '${{ORIGIN_SECRET}}' }}\n",
            self.bucket, self.endpoint
        )
    }

    /// The environment that [`Self::bucket_yaml`] refers to.
    pub fn environment(&self) -> [(&'static str, &str); 2] {
        [
            ("ORIGIN_KEY", &self.access_key_id),
            ("ORIGIN_SECRET", &self.secret_access_key),
        ]
    }
}

/// A bucket name that no other test of this run has.
fn fresh_bucket() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("t{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
