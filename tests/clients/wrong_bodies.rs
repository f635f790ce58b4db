//! Rule 14: a body that is not what was signed leaves nothing behind, whatever is wrong with it and however late it shows.

use super::house::{House, Plan};
use super::programs::python;
use crate::support::evergate::wait_until;
use crate::support::origin::Origin;
use crate::support::s3_client::path;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;
use std::path::Path;

/// One case as `wrong_bodies.py` tells it.
struct Case {
    name: String,
    key: String,
    status: u16,
    code: String,
}

/// Sends every wrong body and waits until the gateway is done with all of them.
fn send(house: &House, more: &serde_json::Value) -> Vec<Case> {
    let mut job = house.job();
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let before = requests(house);
    let report = python("wrong_bodies.py", &job);
    let cases: Vec<Case> = report
        .stdout
        .lines()
        .map(|line| {
            let fields: Vec<_> = line.split('|').collect();
            Case {
                name: fields[0].to_owned(),
                key: fields[1].to_owned(),
                status: fields[2].parse().unwrap(),
                code: fields[3].to_owned(),
            }
        })
        .collect();
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
    let cases = send(&house, &json!({}));
    assert!(cases.len() > 30, "{}", cases.len());

    let (mut wrong, mut expected) = (Vec::new(), Vec::new());
    for Case {
        name,
        key,
        status,
        code,
    } in &cases
    {
        let right = name.starts_with("right ");
        if right {
            expected.push(key.clone());
        }
        // A connection that the client has left gets no answer, and neither does one whose body stopped half way.
        let as_it_should = match status {
            200 => right,
            400 | 403 | 408 => !right,
            0 => !right,
            _ => false,
        };
        let there = house
            .direct()
            .send(Method::HEAD, &path(bucket, key), &[], Bytes::new())
            .await
            .status;
        let nothing_wrong = there == if right { StatusCode::OK } else { StatusCode::NOT_FOUND };
        if !as_it_should || !nothing_wrong {
            wrong.push(format!(
                "{name}: answered {status} {code}, and at the origin it is {there}"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));

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

    for Case { name, status, code, .. } in send(&house, &json!({ "upload_id": id, "key": "in parts" })) {
        assert!(matches!(status, 0 | 400 | 403 | 408), "{name}: {status} {code}");
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
);
