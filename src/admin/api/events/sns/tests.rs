//! Messages of SNS, genuine and not. Those of `tests/admin/events/sns` were signed by openssl (`sign` beside them).

use super::*;
use crate::fetch::{FetchError, ProbeAnswer};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../../../tests/admin/events/sns/", $name))
    };
}

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:files-events";
const CERTIFICATE_URL: &str =
    "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
/// When the messages were signed: 2027-01-01T12:00:00Z.
const SENT: Timestamp = Timestamp::from_unix(1_798_804_800);
const ALL: [&str; 5] = [
    fixture!("notification.json"),
    fixture!("notification_v1.json"),
    fixture!("text.json"),
    fixture!("subscription.json"),
    fixture!("unsubscription.json"),
];

/// SNS, as far as it can be asked.
struct Shelf {
    /// What it answers with, where certificates are.
    status: Mutex<u16>,
    body: Mutex<String>,
    asked: Mutex<Vec<String>>,
}

impl Shelf {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            status: Mutex::new(200),
            body: Mutex::new(fixture!("certificate.pem").into()),
            asked: Mutex::default(),
        })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn say(&self, status: u16, body: &str) {
        *self.status.lock().unwrap() = status;
        *self.body.lock().unwrap() = body.into();
    }
}

impl SnsWeb for Shelf {
    fn get<'a>(
        &'a self,
        url: &'a str,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<ProbeAnswer, FetchError>> + Send + 'a>> {
        Box::pin(async move {
            assert_eq!(host, "sns.eu-central-1.amazonaws.com");
            self.asked.lock().unwrap().push(url.to_owned());
            tokio::task::yield_now().await;
            match *self.status.lock().unwrap() {
                0 => Err(FetchError::Unreachable("connection refused".into())),
                status => Ok(ProbeAnswer {
                    status: StatusCode::from_u16(status).unwrap(),
                    headers: HeaderMap::new(),
                    body: Bytes::from(self.body.lock().unwrap().clone()),
                }),
            }
        })
    }
}

fn sns(topics: &[&str], shelf: &Arc<Shelf>, now: Timestamp) -> Sns {
    let topics: Vec<Box<str>> = topics.iter().map(|topic| (*topic).into()).collect();
    Sns::new(&topics, Arc::clone(shelf) as Arc<dyn SnsWeb>, Clock::manual(now).0)
}

/// What is heard, and where it is asked for that.
async fn hear(message: &Value, now: Timestamp) -> (Result<String, SnsError>, Vec<String>) {
    let shelf = Shelf::new();
    let envelope = Envelope::parse(message.to_string().as_bytes()).unwrap();
    let heard = sns(&[TOPIC], &shelf, now).hear(&envelope).await.map(said);
    (heard, shelf.asked())
}

fn said(heard: Heard<'_>) -> String {
    match heard {
        Heard::Message(text) => text.to_owned(),
        Heard::Subscribed(topic) => format!("+{topic}"),
        Heard::Unsubscribed(topic) => format!("-{topic}"),
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn genuine_messages_of_each_kind_and_version_are_heard() {
    let confirm = json(fixture!("subscription.json"))["SubscribeURL"]
        .as_str()
        .unwrap()
        .to_owned();
    let inside = |text| json(text)["Message"].as_str().unwrap().to_owned();
    for (text, expected, asked) in [
        (ALL[0], inside(ALL[0]), vec![CERTIFICATE_URL]),
        (ALL[1], inside(ALL[1]), vec![CERTIFICATE_URL]),
        (
            ALL[2],
            "Hello \"world\"\nü\ttab \\ slash".to_owned(),
            vec![CERTIFICATE_URL],
        ),
        (ALL[3], format!("+{TOPIC}"), vec![CERTIFICATE_URL, &confirm]),
        (ALL[4], format!("-{TOPIC}"), vec![CERTIFICATE_URL]),
    ] {
        let (heard, where_asked) = hear(&json(text), SENT).await;
        assert_eq!(
            (heard, where_asked.iter().map(String::as_str).collect()),
            (Ok(expected), asked),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_message_that_was_changed_is_refused() {
    for text in ALL {
        let original = json(text);
        for field in [
            "Message",
            "MessageId",
            "Timestamp",
            "Subject",
            "Token",
            "SubscribeURL",
            "Signature",
            "SignatureVersion",
        ] {
            let mut changed = original.clone();
            changed[field] = match field {
                "Timestamp" => json!("2027-01-01T12:00:01.123Z"),
                "SignatureVersion" => json!(if original[field] == "1" { "2" } else { "1" }),
                "Signature" => json!(
                    original[field]
                        .as_str()
                        .unwrap()
                        .replacen(|_| true, "A", 1)
                        .replacen('b', "c", 1)
                ),
                _ => json!(format!("{}x", original[field].as_str().unwrap_or_default())),
            };
            let confirms = original["Type"] != "Notification";
            // What no signature covers.
            let covered = match field {
                "Subject" => !confirms,
                "Token" | "SubscribeURL" => confirms,
                _ => true,
            };
            let (heard, asked) = hear(&changed, SENT).await;
            assert_eq!(heard.is_err(), covered, "{field} of {text}");
            if covered {
                assert_eq!((heard, asked.len()), (Err(SnsError::Signature), 1), "{field} of {text}");
            }
        }
    }
    let mut other_kind = json(ALL[4]);
    other_kind["Type"] = json!("SubscriptionConfirmation");
    let (heard, asked) = hear(&other_kind, SENT).await;
    assert_eq!(
        (heard, asked.len()),
        (Err(SnsError::Signature), 1),
        "nothing is confirmed"
    );
    for (field, value, error) in [
        ("SignatureVersion", "3", SnsError::Version),
        ("Signature", "%", SnsError::Signature),
        ("Signature", "", SnsError::Signature),
    ] {
        let mut changed = json(ALL[0]);
        changed[field] = json!(value);
        assert_eq!(hear(&changed, SENT).await.0, Err(error));
    }
    let mut incomplete = json(ALL[3]);
    incomplete.as_object_mut().unwrap().remove("Token");
    assert_eq!(hear(&incomplete, SENT).await.0, Err(SnsError::Incomplete));
}

#[tokio::test]
async fn a_message_is_good_for_an_hour() {
    let message = json(ALL[0]);
    for now in [SENT.plus(OLDEST), SENT.minus(OLDEST)] {
        assert!(hear(&message, now).await.0.is_ok());
    }
    let second = Duration::from_secs(1);
    for now in [SENT.plus(OLDEST + second), SENT.minus(OLDEST + second)] {
        assert_eq!(hear(&message, now).await, (Err(SnsError::NotNow), vec![]));
    }
    let mut timeless = message;
    for time in ["", "yesterday", "2027-01-01 12:00", "1960-01-01T12:00:00Z"] {
        timeless["Timestamp"] = json!(time);
        assert_eq!(
            hear(&timeless, SENT).await,
            (Err(SnsError::Timestamp), vec![]),
            "{time}"
        );
    }
}

#[tokio::test]
async fn rule_4_only_listed_topics_are_heard_and_only_their_host_is_asked() {
    let envelope = Envelope::parse(ALL[3].as_bytes()).unwrap();
    let neighbours = [
        "arn:aws:sns:eu-central-1:123456789012:files",
        "arn:aws:sns:eu-central-1:999999999999:files-events",
        "arn:aws:sns:eu-west-1:123456789012:files-events",
    ];
    for topics in [&[][..], &neighbours] {
        let shelf = Shelf::new();
        let heard = sns(topics, &shelf, SENT).hear(&envelope).await.map(said);
        assert_eq!(heard, Err(SnsError::topic(TOPIC)));
        assert_eq!(shelf.asked(), Vec::<String>::new());
    }
    let mut elsewhere = json(ALL[3]);
    for url in [
        "https://evil.example/SimpleNotificationService-a.pem",
        "http://127.0.0.1/",
        "",
    ] {
        elsewhere["SigningCertURL"] = json!(url);
        let (heard, asked) = hear(&elsewhere, SENT).await;
        assert!(
            matches!(heard, Err(SnsError::CertificateUrl(_))) && asked.is_empty(),
            "{url}"
        );
    }
}

#[tokio::test]
async fn certificates_are_fetched_once_and_few_are_kept() {
    let shelf = Shelf::new();
    let sns = sns(&[TOPIC], &shelf, SENT);
    let envelope = Envelope::parse(ALL[0].as_bytes()).unwrap();
    // At once, too.
    let heard = tokio::join!(sns.hear(&envelope), sns.hear(&envelope), sns.hear(&envelope));
    assert!(heard.0.is_ok() && heard.1.is_ok() && heard.2.is_ok());
    assert_eq!(shelf.asked().len(), 1);
    let mut other = envelope.clone();
    for number in 0..20 {
        other.signing_cert_url = CERTIFICATE_URL.replace("0123456789abcdef", &number.to_string());
        assert!(sns.hear(&other).await.is_ok());
        assert!(sns.certificates.held().await <= 8);
    }
    assert_eq!(shelf.asked().len(), 21);
}

#[tokio::test]
async fn a_certificate_is_kept_for_a_day() {
    let shelf = Shelf::new();
    let certificates = Certificates::default();
    let url = Topic::parse(TOPIC).unwrap().certificate(CERTIFICATE_URL).unwrap();
    for (hours, asked) in [(0, 1), (23, 1), (24, 2), (47, 2)] {
        let now = SENT.plus(Duration::from_hours(hours));
        certificates.get(&*shelf, &url, now).await.unwrap();
        assert_eq!(shelf.asked().len(), asked, "after {hours} hours");
    }
}

#[tokio::test]
async fn what_may_pass_is_told_apart_and_not_remembered() {
    let shelf = Shelf::new();
    let sns = sns(&[TOPIC], &shelf, SENT);
    let envelope = Envelope::parse(ALL[0].as_bytes()).unwrap();
    for status in [0, 301, 403, 404, 500, 503] {
        shelf.say(status, fixture!("certificate.pem"));
        let error = sns.hear(&envelope).await.unwrap_err();
        assert!(error.may_pass(), "{status}: {error}");
    }
    for body in [
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        shelf.say(200, body);
        let error = sns.hear(&envelope).await.unwrap_err();
        assert!(matches!(error, SnsError::Certificate(_)), "{body}: {error}");
    }
    shelf.say(200, fixture!("certificate.pem"));
    sns.hear(&envelope).await.unwrap();
    // A subscription is confirmed once SNS says so.
    let envelope = Envelope::parse(ALL[3].as_bytes()).unwrap();
    for status in [0, 302, 400, 500] {
        shelf.say(status, "");
        assert!(sns.hear(&envelope).await.unwrap_err().may_pass(), "{status}");
    }
    shelf.say(200, "<ConfirmSubscriptionResponse/>");
    assert_eq!(sns.hear(&envelope).await, Ok(Heard::Subscribed(TOPIC)));
}

#[tokio::test]
async fn a_certificate_has_to_be_good_now_and_for_rsa() {
    let shelf = Shelf::new();
    let envelope = Envelope::parse(ALL[0].as_bytes()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).unwrap();
    let heard = async |params: &rcgen::CertificateParams| {
        let sns = sns(&[TOPIC], &shelf, SENT);
        shelf.say(200, &params.self_signed(&key).unwrap().pem());
        sns.hear(&envelope).await.map(said)
    };
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2028, 1, 1);
    assert_eq!(heard(&params).await, Err(SnsError::Signature), "another's");
    params.not_after = rcgen::date_time_ymd(2026, 12, 31);
    assert!(matches!(heard(&params).await, Err(SnsError::Certificate(_))), "expired");
    params.not_before = rcgen::date_time_ymd(2027, 2, 1);
    params.not_after = rcgen::date_time_ymd(2028, 1, 1);
    assert!(
        matches!(heard(&params).await, Err(SnsError::Certificate(_))),
        "not yet good"
    );
}
