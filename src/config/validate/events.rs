//! Whose S3 events are believed: the token of their senders, the SNS topics. AWS "Amazon resource names", "CreateTopic".

use crate::config::document::Entry;
use crate::config::fields::{self, Fields};
use crate::config::report::{Report, Wrong};
use crate::config::secret;
use crate::config::text::Text;
use secrecy::{ExposeSecret, SecretString};

/// More than anybody's buckets tell.
const MOST_TOPICS: usize = 32;

/// Judges `events_token`. It is not the API's: whoever may tell of events may not mint links.
pub(super) fn token(
    fields: &Fields<'_>,
    admin: Option<&SecretString>,
    report: &mut Report<'_>,
) -> Option<SecretString> {
    let entry = fields.get("events_token")?;
    let token = secret::long_secret(entry, report)?.value;
    if admin.is_some_and(|admin| admin.expose_secret() == token.expose_secret()) {
        report.fault(
            &entry.name_place,
            "\"events_token\" and \"token\" are the same secret: whoever sends events could use the API too",
            "take another one: `openssl rand -hex 32`",
        );
    }
    Some(token)
}

/// Judges `sns_topics`.
pub(super) fn topics(fields: &Fields<'_>, report: &mut Report<'_>) -> Vec<Box<str>> {
    let Some(entry) = fields.get("sns_topics") else {
        return Vec::new();
    };
    let remedy = "write the ARNs of topics: arn:aws:sns:eu-central-1:123456789012:my-files-events";
    let mut topics: Vec<Box<str>> = Vec::new();
    let mut listed = 0_usize;
    for (place, text) in fields::values(entry, remedy, report) {
        listed = listed.saturating_add(1);
        match topic(text) {
            Ok(topic) if topics.contains(&topic) => {
                report.warn(place, format!("\"{topic}\" is listed twice"), "write it once");
            }
            Ok(topic) => topics.push(topic),
            Err(wrong) => report.wrong(place, wrong),
        }
    }
    if listed > MOST_TOPICS {
        report.fault(
            &entry.name_place,
            format!("\"sns_topics\" lists {listed} topics, and {MOST_TOPICS} are the most"),
            "let several buckets share a topic",
        );
    }
    judge_token(fields, entry, listed, report);
    topics
}

/// Topics without a token would be a door that stays shut.
fn judge_token(fields: &Fields<'_>, topics: &Entry, listed: usize, report: &mut Report<'_>) {
    let has_token = fields
        .get("events_token")
        .is_some_and(|entry| !fields::is_absent(entry));
    if listed > 0 && !has_token {
        report.fault(
            &topics.name_place,
            "\"sns_topics\" needs \"events_token\": without one no events are taken",
            "write \"events_token: ${EVERGATE_EVENTS_TOKEN}\", and set that to the output of `openssl rand -hex 32`",
        );
    }
}

/// `arn:partition:sns:region:account:name`, the region one of the partition.
fn topic(text: &Text) -> Result<Box<str>, Wrong> {
    let arn = text.as_str().trim();
    let parts: Vec<&str> = arn.split(':').collect();
    let wrong = |remedy: &str| {
        let remedy = format!("{remedy}: arn:aws:sns:eu-central-1:123456789012:my-files-events");
        Wrong::new(format!("{} is not the ARN of an SNS topic", text.shown()), remedy)
    };
    let ["arn", partition, "sns", region, account, name] = *parts.as_slice() else {
        let is_subscription = matches!(parts.as_slice(), ["arn", _, "sns", _, _, _, _]);
        return Err(wrong(if is_subscription {
            "that is a subscription; write the topic's, like"
        } else {
            "write it like"
        }));
    };
    if name.rsplit_once('.').is_some_and(|(_, kind)| kind == "fifo") {
        return Err(wrong("S3 sends nothing to FIFO topics; write a standard one, like"));
    }
    let of_region = match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let words = |text: &str, further: fn(u8) -> bool| text.bytes().all(further) && !text.is_empty();
    let is_region = words(region, |byte| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
    });
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = words(name, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) && name.len() <= 256;
    if !is_region || !is_account || !is_name {
        return Err(wrong("write it like"));
    }
    if partition != of_region {
        return Err(Wrong::new(
            format!(
                "{} is not the ARN of an SNS topic: its region lies in {of_region}",
                text.shown()
            ),
            format!("write arn:{of_region}:sns:…, or a region of the partition that is meant"),
        ));
    }
    Ok(arn.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::text::Origin;

    #[test]
    fn topics_are_named_whole() {
        let read = |arn: &str| topic(&Text::new(arn, Origin::Literal));
        for arn in [
            "arn:aws:sns:eu-central-1:123456789012:events",
            " arn:aws:sns:us-east-1:123456789012:My_events-2 ",
            "arn:aws-cn:sns:cn-north-1:123456789012:e",
            "arn:aws-us-gov:sns:us-gov-west-1:123456789012:e",
        ] {
            assert_eq!(read(arn).as_deref(), Ok(arn.trim()));
        }
        for arn in [
            "",
            "events",
            "arn:aws:sns:eu-central-1:123456789012",
            "arn:aws:sns:eu-central-1:123456789012:",
            "arn:aws:sns:eu-central-1:123456789012:events:0b0e1c2d",
            "arn:aws:sns:eu-central-1:123456789012:events.fifo",
            "arn:aws:sns:eu-central-1:123456789012:*",
            "arn:aws:sns:eu-central-1:12345:events",
            "arn:aws:sns:eu-central-1.evil.example:123456789012:events",
            "arn:aws:sns::123456789012:events",
            "arn:aws:sqs:eu-central-1:123456789012:events",
            "arn:aws:sns:cn-north-1:123456789012:events",
            "arn:aws-cn:sns:eu-central-1:123456789012:events",
            "arn:aws-iso:sns:us-iso-east-1:123456789012:events",
        ] {
            assert!(read(arn).is_err(), "{arn}");
        }
    }
}
