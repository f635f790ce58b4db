//! Each shape that a body comes in, from the fixtures of `tests/admin/events`.

use super::*;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/admin/events/", $name))
    };
}

fn message(body: &str) -> Message {
    match Posted::parse(body.as_bytes()) {
        Ok(Posted::ByServer(message)) => message,
        Ok(Posted::BySns) => panic!("a message of SNS: {body}"),
        Err(error) => panic!("{error}: {body}"),
    }
}

/// Objects as (bucket, key), and the number of other events.
fn told(body: &str) -> (Vec<(String, String)>, u64) {
    let message = message(body);
    let changed = message.changed.into_iter();
    (
        changed.map(|object| (object.bucket, object.key)).collect(),
        message.others,
    )
}

fn objects(objects: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(bucket, key): &(&str, &str)| ((*bucket).to_owned(), (*key).to_owned());
    objects.iter().map(owned).collect()
}

#[test]
fn objects_are_found_in_the_messages_of_every_server() {
    for (body, found) in [
        (
            fixture!("aws.json"),
            &[("app-files", "images/red+flower%2B%C3%BC.png")][..],
        ),
        (
            fixture!("aws_lifecycle.json"),
            &[
                ("app-files", "images/u42.png"),
                ("app-files", "images/u43.png"),
                ("app-files", "images/u44.png"),
                ("somebody-elses", "images/u44.png"),
            ],
        ),
        (
            fixture!("minio.json"),
            &[("app-files", "images%2Fred+flower%2B%C3%BC.png")],
        ),
        (fixture!("ceph.json"), &[("app-files", "images/red flower+ü.png")]),
        (
            fixture!("eventbridge.json"),
            &[("app-files", "images/red flower+ü.png")],
        ),
        (fixture!("eventbridge_deleted.json"), &[("app-files", "images/u42.png")]),
    ] {
        assert_eq!(told(body), (objects(found), 0), "{body}");
    }
}

#[test]
fn a_read_that_minio_tells_of_changes_nothing() {
    assert_eq!(told(fixture!("minio_read.json")), (vec![], 1));
}

#[test]
fn the_test_message_of_s3_says_nothing() {
    assert_eq!(message(fixture!("aws_test.json")), Message::default());
}

#[test]
fn what_is_unknown_is_ignored_and_what_is_unreadable_is_not() {
    for body in [
        "{}",
        r#"{"hello":"world"}"#,
        r#"{"source":"aws.ec2","detail":{"bucket":"b"}}"#,
        r#"{"source":"aws.s3","detail-type":"AWS API Call via CloudTrail","detail":{"eventName":"PutObject"}}"#,
        r#"{"source":"aws.s3"}"#,
        r#"{"Type":"Hello"}"#,
        r#"{"Event":"s3:Other"}"#,
        r#"{"Records":[{}]}"#,
        r#"{"Records":[{"EventSource":"aws:sns","Sns":{"Message":"x"}}]}"#,
        r#"{"Records":[{"eventName":"s3:BucketRemoved:*","s3":{"bucket":{"name":"b"}}}]}"#,
        r#"{"Records":[{"eventName":null,"s3":{"bucket":{"name":null},"object":null}}]}"#,
    ] {
        assert_eq!(told(body), (vec![], 1), "{body}");
    }
    assert_eq!(told(r#"{"Records":[]}"#), (vec![], 0));
    assert_eq!(
        told(r#"{"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"k"}}},{}]}"#),
        (objects(&[("b", "k")]), 1),
        "an event need not say what it is"
    );
    for body in [
        "",
        "hello",
        "[]",
        "\"text\"",
        "{",
        r#"{"Records":"x"}"#,
        r#"{"Records":[1]}"#,
        r#"{"Records":[{"s3":{"bucket":{"name":1}}}]}"#,
        r#"{"Records":[],"Records":[]}"#,
        r#"{"Type":1}"#,
        "{}x",
        &"[".repeat(100_000),
    ] {
        assert!(Posted::parse(body.as_bytes()).is_err(), "{body}");
    }
    assert!(Posted::parse(b"{\"Type\":\"\xff\"}").is_err());
}

#[test]
fn rule_23_a_message_has_at_most_a_thousand_records() {
    let of = |count: usize| format!(r#"{{"Records":[{}]}}"#, vec!["{}"; count].join(","));
    assert_eq!(told(&of(1_000)), (vec![], 1_000));
    assert!(Posted::parse(of(1_001).as_bytes()).is_err());
}

#[test]
fn envelopes_of_sns_are_known_and_are_not_opened_twice() {
    let envelope = fixture!("sns/notification.json");
    assert!(matches!(Posted::parse(envelope.as_bytes()), Ok(Posted::BySns)));
    let ignored = Message::unknown();
    for text in ["Hello \"world\"", "", envelope] {
        assert_eq!(Message::inside(text), ignored, "{text}");
    }
    assert_eq!(Message::inside(fixture!("aws.json")).changed.len(), 1);
}
