//! Rule 14: a body that is not what was signed leaves nothing behind, whatever is wrong with it and however late it shows.

use super::house::{House, Plan};
use super::programs::{javascript, python};
use crate::support::evergate::wait_until;
use crate::support::origin::Origin;
use crate::support::s3_client::path;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;
use std::path::Path;

/// What was there before: a wrong body does not replace it either.
const OLD: [&str; 4] = [
    "bodies/last_chunk_signature",
    "bodies/unsigned_trailer_checksum",
    "bodies/vanishes_in_chunks",
    "bodies/wrong_hash",
];

/// One case as `wrong_bodies.py` tells it.
struct Case {
    name: String,
    key: String,
    status: String,
    code: String,
    expected: String,
}

impl Case {
    /// Whether the upload is one that must succeed.
    fn is_right(&self) -> bool {
        self.name.starts_with("right ")
    }

    /// Whether it was answered as it should. Who has left gets no answer.
    fn is_answered_well(&self) -> bool {
        let status = match &*self.expected {
            "-" => "200",
            "vanished" => "0",
            "SignatureDoesNotMatch" => "403",
            _ => "400",
        };
        self.code == self.expected && self.status == status
    }
}

/// Sends every wrong body and waits until the gateway is done with all of them.
fn send(house: &House, more: &serde_json::Value) -> Vec<Case> {
    let mut job = house.job();
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let before = requests(house);
    let report = python("wrong_bodies.py", &job);
    let case = |line: &str| {
        let [name, key, status, code, expected] = line.split('|').collect::<Vec<_>>()[..] else {
            panic!("{report:?}");
        };
        Case {
            name: name.to_owned(),
            key: key.to_owned(),
            status: status.to_owned(),
            code: code.to_owned(),
            expected: expected.to_owned(),
        }
    };
    let cases: Vec<Case> = report.stdout.lines().map(case).collect();
    assert!(!cases.is_empty(), "{report:?}");
    wait_until("all uploads to end", || requests(house) >= before + cases.len());
    cases
}

fn requests(house: &House) -> usize {
    house.gateway.access_log().lines().count()
}

async fn rule_14_wrong_bodies_leave_nothing_behind(origin: Origin) {
    let house = Plan::on(origin).open().await;
    let bucket = &house.origin.bucket;
    for key in OLD {
        house.direct().put(bucket, key, &[], "what was there").await;
    }
    let cases = send(&house, &json!({}));
    assert!(cases.len() > 30, "{}", cases.len());

    let mut wrong = Vec::new();
    for case in &cases {
        let Case {
            name,
            key,
            status,
            code,
            expected,
        } = case;
        if !case.is_answered_well() {
            wrong.push(format!("{name}: answered {status} {code}, not {expected}"));
        }
        let there = house.direct().get(bucket, key).await;
        let as_it_should = match there.status {
            StatusCode::OK if case.is_right() => there.body.len() == 300_000,
            StatusCode::OK => OLD.contains(&&**key) && there.body == "what was there",
            status => status == StatusCode::NOT_FOUND && !case.is_right() && !OLD.contains(&&**key),
        };
        if !as_it_should {
            let (status, length) = (there.status, there.body.len());
            wrong.push(format!("{name}: at the origin it is {status}, {length} bytes"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));

    let mut expected: Vec<_> = cases
        .iter()
        .filter(|case| case.is_right())
        .map(|case| case.key.clone())
        .collect();
    expected.extend(OLD.map(ToOwned::to_owned));
    expected.sort();
    assert_eq!(stored(&house).await, expected);
    assert_eq!(unfinished(&house).await, 0, "unfinished uploads");
    house.close().await;
}

async fn rule_14_wrong_parts_leave_nothing_behind(origin: Origin) {
    let house = Plan::on(origin).open().await;
    let bucket = &house.origin.bucket;
    let target = path(bucket, "in parts");
    let begun = house
        .direct()
        .send(Method::POST, &format!("{target}?uploads="), &[], Bytes::new())
        .await;
    let text = String::from_utf8_lossy(&begun.body).into_owned();
    let (_, id) = text.split_once("<UploadId>").unwrap();
    let id = id.split_once('<').unwrap().0;

    for case in send(&house, &json!({ "upload_id": id, "key": "in parts" })) {
        let Case { name, status, code, .. } = &case;
        assert!(case.is_answered_well(), "{name}: {status} {code}");
    }
    let parts = house
        .direct()
        .send(Method::GET, &format!("{target}?uploadId={id}"), &[], Bytes::new())
        .await;
    assert_eq!(parts.status, 200, "{parts:?}");
    let parts = String::from_utf8_lossy(&parts.body);
    assert!(!parts.contains("<PartNumber>"), "{parts}");
    house.close().await;
}

async fn rule_14_uploads_over_http_2_that_end_badly_leave_nothing_behind(origin: Origin) {
    let house = Plan::on(origin).tls().open().await;
    let report = javascript("http2_uploads.mjs", &house.job());
    let cases: Vec<_> = report
        .stdout
        .lines()
        .map(|line| line.split('|').collect::<Vec<_>>())
        .collect();
    assert_eq!(cases.len(), 7, "{report:?}");
    wait_until("all uploads to end", || requests(&house) >= cases.len());
    for case in &cases {
        let expected = match case[0] {
            "right with its length" => &["200"][..],
            name if name.starts_with("of no said length") => &["411"],
            _ => &["0", "400"],
        };
        assert!(expected.contains(&case[2]), "{case:?}");
    }
    assert_eq!(stored(&house).await, ["http2/right_with_its_length"]);
    assert_eq!(unfinished(&house).await, 0, "unfinished uploads");
    house.close().await;
}

/// All keys of the bucket, in order.
async fn stored(house: &House) -> Vec<String> {
    let list = format!("/{}?list-type=2", house.origin.bucket);
    let list = house.direct().send(Method::GET, &list, &[], Bytes::new()).await;
    assert_eq!(list.status, 200, "{list:?}");
    let text = String::from_utf8_lossy(&list.body).into_owned();
    let keys = text.split("<Key>").skip(1);
    let mut keys: Vec<_> = keys.map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    keys.sort();
    keys
}

/// How many uploads have begun and not ended. s3s-fs can't list them; there it is files that are no objects.
async fn unfinished(house: &House) -> usize {
    if let Some(s3s) = &house.origin.s3s {
        return files(s3s.folder()).iter().filter(|name| is_left_over(name)).count();
    }
    let list = format!("/{}?uploads=", house.origin.bucket);
    let list = house.direct().send(Method::GET, &list, &[], Bytes::new()).await;
    assert_eq!(list.status, 200, "{list:?}");
    String::from_utf8_lossy(&list.body).matches("<UploadId>").count()
}

/// s3s-fs writes into `.tmp.…` and renames; parts are `.upload_id-…`.
fn is_left_over(name: &str) -> bool {
    name.starts_with(".tmp") || name.starts_with(".upload")
}

fn files(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            names.extend(files(&entry.path()));
        } else {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names
}

on_both_origins!(
    rule_14_wrong_bodies_leave_nothing_behind,
    rule_14_wrong_parts_leave_nothing_behind,
    rule_14_uploads_over_http_2_that_end_badly_leave_nothing_behind,
);
