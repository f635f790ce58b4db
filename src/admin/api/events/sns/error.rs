//! Why a message of SNS is refused. The sentences go to whoever showed the token, and into the log; they quote nothing but a topic.

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::admin::api::events) enum SnsError {
    /// It is of a topic that is not listed.
    #[error(
        "The topic {0:?} is not one of `admin.sns_topics`: list its ARN there and restart the gateway, or end its subscription."
    )]
    Topic(Box<str>),
    /// Its `Timestamp` is no time.
    #[error("The message's Timestamp is not a time as SNS writes it.")]
    Timestamp,
    /// It is too old, or dated in the future.
    #[error("The message's Timestamp is over an hour away from this machine's time.")]
    NotNow,
    /// Its `SigningCertURL` is not where its topic's certificates are.
    #[error("The message's SigningCertURL is not https://{0}/SimpleNotificationService-….pem.")]
    CertificateUrl(Box<str>),
    /// Its `SignatureVersion` is unknown.
    #[error("The message's SignatureVersion is neither 1 nor 2.")]
    Version,
    /// A field that is signed is missing.
    #[error("The message lacks a field that its signature covers.")]
    Incomplete,
    /// What was found at `SigningCertURL` can't be used.
    #[error("The certificate that the message was signed with can't be used: {0}.")]
    Certificate(Box<str>),
    /// The signature is another's, or another message's.
    #[error("The message's signature is not good.")]
    Signature,
    /// Its `SubscribeURL` is not where its topic's subscriptions are confirmed.
    #[error("The message's SubscribeURL is not https://{0}/?Action=ConfirmSubscription&….")]
    SubscribeUrl(Box<str>),
    /// SNS could not be asked.
    #[error("Amazon SNS could not be asked: {0}.")]
    Unreachable(String),
}

impl SnsError {
    /// The most characters of a sender's text that are told.
    const TOLD: usize = 300;

    pub(super) fn topic(arn: &str) -> Self {
        Self::Topic(arn.chars().take(Self::TOLD).collect())
    }

    /// Whether the same message may be good when it is sent again.
    pub(in crate::admin::api::events) fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }
}
