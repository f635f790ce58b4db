//! A topic that is listened to, and the addresses that follow from its ARN. AWS "Amazon SNS endpoints and quotas".

/// A listed topic.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Topic {
    arn: Box<str>,
    host: Box<str>,
}

/// An address of SNS: made of a listed topic, and compared with what a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SnsUrl {
    pub(super) url: Box<str>,
    pub(super) host: Box<str>,
}

impl Topic {
    /// Takes an ARN: `arn:aws:sns:eu-central-1:123456789012:files`. `None` when it is none of a partition whose hosts are known.
    pub(super) fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.split(':');
        let (Some("arn"), Some(partition), Some("sns"), Some(region), Some(account), Some(name), None) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return None;
        };
        let suffix = match partition {
            "aws" | "aws-us-gov" => "amazonaws.com",
            "aws-cn" => "amazonaws.com.cn",
            _ => return None,
        };
        let is_label = |text: &str| {
            let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            (1..=32).contains(&text.len()) && text.bytes().all(fine)
        };
        (is_label(region) && !account.is_empty() && !name.is_empty()).then(|| Self {
            arn: arn.into(),
            host: format!("sns.{region}.{suffix}").into(),
        })
    }

    /// Its ARN.
    pub(super) fn arn(&self) -> &str {
        &self.arn
    }

    /// The one host that speaks for it.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Takes a `SigningCertURL`, which has to be one of this topic's host.
    pub(super) fn certificate(&self, written: &str) -> Option<SnsUrl> {
        let name = self.behind_host(written)?;
        let name = name.strip_prefix("SimpleNotificationService-")?.strip_suffix(".pem")?;
        let fine = (1..=128).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        fine.then(|| self.url(written))
    }

    /// Takes a `SubscribeURL`, which has to be one of this topic's host and to confirm a subscription.
    pub(super) fn subscription(&self, written: &str) -> Option<SnsUrl> {
        let query = self.behind_host(written)?.strip_prefix('?')?;
        let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        let confirms = query.split('&').any(|field| field == "Action=ConfirmSubscription");
        (confirms && query.len() <= 2_048 && query.bytes().all(visible)).then(|| self.url(written))
    }

    fn behind_host<'a>(&self, written: &'a str) -> Option<&'a str> {
        written
            .strip_prefix("https://")?
            .strip_prefix(self.host())?
            .strip_prefix('/')
    }

    fn url(&self, written: &str) -> SnsUrl {
        SnsUrl {
            url: written.into(),
            host: self.host.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic() -> Topic {
        Topic::parse("arn:aws:sns:eu-central-1:123456789012:files").unwrap()
    }

    #[test]
    fn rule_4_the_arn_of_a_topic_says_its_host() {
        let host = |arn| Topic::parse(arn).map(|topic| topic.host().to_owned());
        for (arn, expected) in [
            (
                "arn:aws:sns:eu-central-1:123456789012:files",
                "sns.eu-central-1.amazonaws.com",
            ),
            (
                "arn:aws:sns:us-east-1:123456789012:files.fifo",
                "sns.us-east-1.amazonaws.com",
            ),
            (
                "arn:aws-us-gov:sns:us-gov-west-1:123456789012:f",
                "sns.us-gov-west-1.amazonaws.com",
            ),
            (
                "arn:aws-cn:sns:cn-north-1:123456789012:files",
                "sns.cn-north-1.amazonaws.com.cn",
            ),
        ] {
            assert_eq!(host(arn).as_deref(), Some(expected));
        }
        for arn in [
            "",
            "files",
            "arn:aws:sns:eu-central-1:123456789012",
            "arn:aws:sns:eu-central-1:123456789012:",
            "arn:aws:sns:eu-central-1::files",
            "arn:aws:sns::123456789012:files",
            "arn:aws:sns:evil.example/:123456789012:files",
            "arn:aws:sns:eu-central-1:123456789012:files:8f0b",
            "arn:aws:sqs:eu-central-1:123456789012:files",
            "arn:elsewhere:sns:eu-central-1:123456789012:files",
        ] {
            assert_eq!(host(arn), None, "{arn}");
        }
    }

    #[test]
    fn rule_4_certificates_come_from_the_topics_host_alone() {
        let fine =
            "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.pem";
        let url = topic().certificate(fine).unwrap();
        assert_eq!((&*url.url, &*url.host), (fine, "sns.eu-central-1.amazonaws.com"));
        for wrong in [
            "",
            "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-a.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a.pem",
            "https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-a.pem",
            "https://sns.eu-central-1.amazonaws.com:443/SimpleNotificationService-a.pem",
            "https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-a.pem",
            "https://user@sns.eu-central-1.amazonaws.com/SimpleNotificationService-a.pem",
            "https://SNS.eu-central-1.amazonaws.com/SimpleNotificationService-a.pem",
            "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-.pem",
            "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-a/../b.pem",
            "https://sns.eu-central-1.amazonaws.com/x/SimpleNotificationService-a.pem",
            "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-a.pem?x=.pem",
            "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-a.pem#.pem",
            "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe",
            "https://my-bucket.s3.amazonaws.com/SimpleNotificationService-a.pem",
        ] {
            assert_eq!(topic().certificate(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn rule_4_subscriptions_are_confirmed_at_the_topics_host_alone() {
        let fine = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-central-1:1:f&Token=2336";
        assert_eq!(&*topic().subscription(fine).unwrap().url, fine);
        for wrong in [
            "",
            "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=2",
            "https://evil.example/?Action=ConfirmSubscription&Token=2",
            "https://sns.eu-central-1.amazonaws.com/?Action=DeleteTopic&Token=2",
            "https://sns.eu-central-1.amazonaws.com/x?Action=ConfirmSubscription",
            "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=2 x",
            "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription#x",
            "http://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=2",
        ] {
            assert_eq!(topic().subscription(wrong), None, "{wrong}");
        }
    }
}
