//! What is found out about a link, ready to be told: as JSON here, as lines in `text.rs`. No secret, no signature is part of it.

use super::advice;
use super::setting::Setting;
use crate::cli::doors;
use crate::clock::Timestamp;
use crate::config::RefreshConfig;
use crate::gateway::links::{Claim, Honoured, Judgement, LinkUrl, Refused};
use crate::respond::Failure;
use crate::route::Bucket;
use crate::s3::ObjectKey;
use crate::sigv4::Version;
use serde::Serialize;
use std::io;
use std::time::Duration;

/// All that is told of a link. Times are in UTC, durations in seconds.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// Whether a GET of it would be served, if the object is there.
    pub(super) served: bool,
    /// Why, exactly.
    pub(super) reason: String,
    /// The short word that its reader is told, when it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'static str>,
    /// The status that its reader sees, when it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    /// `presigned` or `stable`, when it is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) door: Option<&'static str>,
    /// How, when it is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delivery: Option<&'static str>,
    /// The host that the link names.
    pub(super) host: String,
    /// What it leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) object: Option<Object>,
    /// What its signature says, and what is true of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<Signature>,
    /// The refresh rule that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<Rule>,
    /// The stable path of the object, if a route leads there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stable_path: Option<String>,
    /// What to change, or to know, one sentence or some lines each.
    pub(super) advice: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Object {
    /// The bucket's name in the configuration; `None` for one that is not there.
    pub(super) bucket: Option<String>,
    /// What the link calls it.
    pub(super) name: String,
    pub(super) key: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Signature {
    pub(super) version: u8,
    pub(super) access_key_id: String,
    /// The client of that key.
    pub(super) client: Option<String>,
    pub(super) state: Option<&'static str>,
    pub(super) temporary: bool,
    pub(super) authentic: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
    /// The host that it was made for, once that is proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signed_for: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
    pub(super) signed_at: Option<String>,
    pub(super) expires_at: Option<String>,
    pub(super) age: Option<u64>,
    /// How far in the future it was signed, by our clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ahead: Option<u64>,
    pub(super) expired_by: Option<u64>,
    pub(super) good_for: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Rule {
    pub(super) bucket: String,
    pub(super) prefix: String,
    pub(super) max_age: u64,
    pub(super) not_before: Option<String>,
    pub(super) delivery: &'static str,
}

impl Finding {
    /// Puts together what was found out about `url`.
    pub(super) fn of(setting: &Setting<'_>, url: &LinkUrl, judgement: &Judgement<'_>, now: Timestamp) -> Self {
        let located = judgement.located.as_ref();
        let named = located.and_then(|located| Some((located.configured()?.as_ref(), located.key.as_ref()?)));
        let (bucket, key) = match &judgement.verdict {
            Ok(Honoured::Public(routed)) => (Some(&*routed.route.bucket), Some(&routed.key)),
            _ => named.unzip(),
        };
        let rule = named.and_then(|(bucket, key)| setting.access.refresh_rule(bucket, key));
        let mut finding = Self {
            served: false,
            reason: String::new(),
            code: None,
            status: None,
            door: None,
            delivery: None,
            host: url.host().as_str().to_owned(),
            object: object(judgement, bucket, key),
            signature: judgement.claim.as_ref().map(|claim| signature(claim, judgement, now)),
            rule: rule.map(|rule| self::rule(rule, setting)),
            stable_path: bucket
                .zip(key)
                .and_then(|(bucket, key)| stable_path(setting, bucket, key)),
            advice: Vec::new(),
        };
        finding.conclude(setting, url, judgement);
        finding.advice = advice::of(setting, url, judgement, now);
        finding
    }

    fn conclude(&mut self, setting: &Setting<'_>, url: &LinkUrl, judgement: &Judgement<'_>) {
        match &judgement.verdict {
            Ok(Honoured::Link(..)) if advice::leads_to_the_origin(setting, url, judgement) => {
                "it leads to S3 itself; from there, the gateway would not take it for its own"
                    .clone_into(&mut self.reason);
                self.code = Some("signature_invalid");
                self.status = Some(403);
            }
            Ok(Honoured::Link(permitted, _)) => {
                self.served = true;
                self.door = Some("presigned");
                self.delivery = Some(permitted.delivery.as_str());
                self.reason = match &permitted.refreshed {
                    Some(_) => "it has expired, and its refresh rule honours it".into(),
                    None => "it is authentic and has not expired".into(),
                };
            }
            Ok(Honoured::Public(routed)) => {
                self.served = true;
                self.door = Some("stable");
                self.delivery = Some(routed.route.delivery.as_str());
                let signed = match self.signature {
                    Some(_) => ", whatever the signature is worth",
                    None => "",
                };
                self.reason = format!("the route {} is public{signed}", routed.route.label);
            }
            Err(refused) => {
                self.reason = refused.to_string();
                self.code = Some(refused.code());
                self.status = status(*refused);
            }
        }
    }

    /// The finding for programs.
    pub(super) fn to_json(&self) -> io::Result<String> {
        serde_json::to_string_pretty(self).map_err(io::Error::other)
    }
}

fn status(refused: Refused) -> Option<u16> {
    let failure = match refused {
        Refused::Denied(denied) => Failure::Denied(denied),
        Refused::Path(error) => Failure::Key(error),
        Refused::Located(error) => error.into(),
        Refused::Unsigned | Refused::NoClients => Failure::NoRoute,
        // The S3 endpoint judges it, and may well answer.
        Refused::NotARead => return None,
    };
    Some(failure.status().as_u16())
}

fn object(judgement: &Judgement<'_>, bucket: Option<&Bucket>, key: Option<&ObjectKey>) -> Option<Object> {
    let name = judgement.located.as_ref().map(|located| &*located.name);
    let configured = judgement.located.as_ref().and_then(|located| located.configured());
    let bucket = bucket.or(configured.map(|bucket| &**bucket));
    let key = key.or(judgement.located.as_ref().and_then(|located| located.key.as_ref()));
    let name = name.or(bucket.map(|bucket| bucket.name.as_str()))?;
    Some(Object {
        bucket: bucket.map(|bucket| bucket.id.as_str().to_owned()),
        name: name.to_owned(),
        key: key.map(|key| key.as_str().to_owned()),
    })
}

fn signature(claim: &Claim, judgement: &Judgement<'_>, now: Timestamp) -> Signature {
    let fault = match (&judgement.proven, &judgement.doubted) {
        (None, Some(refused)) => Some(refused.to_string()),
        _ => None,
    };
    let seconds = |duration: Duration| duration.as_secs();
    let passed = |at: Timestamp| Some(now.since(at)).filter(|by| !by.is_zero());
    Signature {
        version: match claim.version {
            Version::V4 => 4,
            Version::V2 => 2,
        },
        access_key_id: claim.access_key_id.to_string(),
        client: claim.client.as_ref().map(|client| client.name.to_string()),
        state: claim.client.as_ref().map(|client| client.state.as_str()),
        temporary: claim.is_temporary,
        authentic: judgement.proven.is_some(),
        fault,
        signed_for: judgement.proven.as_ref().map(|proven| proven.host.to_string()),
        region: claim.region.as_ref().map(ToString::to_string),
        signed_at: claim.signed_at.map(|at| at.to_string()),
        expires_at: claim.expires_at.map(|at| at.to_string()),
        age: claim.signed_at.map(|at| seconds(now.since(at))),
        ahead: claim
            .signed_at
            .map(|at| seconds(at.since(now)))
            .filter(|ahead| *ahead > 0),
        expired_by: claim.expires_at.and_then(passed).map(seconds),
        good_for: claim
            .signed_at
            .zip(claim.expires_at)
            .map(|(at, end)| seconds(end.since(at))),
    }
}

fn rule(rule: &RefreshConfig, setting: &Setting<'_>) -> Rule {
    Rule {
        bucket: doors::bucket(rule.bucket, setting.config).to_owned(),
        prefix: rule.prefix.as_str().to_owned(),
        max_age: rule.max_age.as_secs(),
        not_before: rule.not_before.map(|at| at.to_string()),
        delivery: rule.delivery.as_str(),
    }
}

fn stable_path(setting: &Setting<'_>, bucket: &Bucket, key: &ObjectKey) -> Option<String> {
    let path = setting.stable_paths.of(bucket.index, key)?;
    Some(match path.host {
        Some(host) => format!("//{host}{}", path.path),
        None => path.path,
    })
}
