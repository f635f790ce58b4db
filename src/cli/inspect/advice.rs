//! What to change so that a refused link is served, and what to know of one that is served.

use super::setting::Setting;
use crate::access::Denied;
use crate::cli::doors;
use crate::clock::Timestamp;
use crate::config::{Config, CredentialsConfig, OriginConfig};
use crate::gateway::links::{Claim, Honoured, Judgement, LinkUrl, Refused};
use crate::route::{LocateError, Located};
use crate::s3::{before_aws_s3, without_port};
use crate::sigv4::VerifyError;
use std::time::Duration;

const DAY: u64 = 86_400;

/// What is said of a link, in the order in which it helps.
pub(super) fn of(setting: &Setting<'_>, url: &LinkUrl, judgement: &Judgement<'_>, now: Timestamp) -> Vec<String> {
    let mut advice = of_verdict(setting, url, judgement, now);
    advice.extend(base_path(setting, url, judgement));
    advice
}

/// Where the gateway takes a link whose path lacks the base path.
fn base_path(setting: &Setting<'_>, url: &LinkUrl, judgement: &Judgement<'_>) -> Option<String> {
    let base = &setting.config.s3.base_path;
    let is_below = |path: &str| path.strip_prefix(&**base).is_some_and(|rest| rest.starts_with('/'));
    let located = judgement.located.as_ref()?;
    let lacks = judgement.proven.is_some() && !base.is_empty() && !is_below(url.target().path());
    lacks.then(|| {
        format!(
            "The gateway takes S3 requests below {base} alone (`s3_base_path`): there the path of this one begins with {base}/{}/.",
            located.name
        )
    })
}

fn of_verdict(setting: &Setting<'_>, url: &LinkUrl, judgement: &Judgement<'_>, now: Timestamp) -> Vec<String> {
    let host = url.host().as_str();
    match (&judgement.verdict, judgement.doubted) {
        (Ok(Honoured::Link(..)), _) if leads_to_the_origin(setting, url, judgement) => vec![
            format!(
                "This host is S3's own, so that the link, as it stands, leads past the gateway. Rewrite it where it is stored, or point the \
                     name at the gateway."
            ),
            format!(
                "The gateway takes it for its own with this line:\n{}",
                public_hosts(setting, host)
            ),
        ],
        (Ok(Honoured::Link(..)), _) if !is_signed_for_a_public_host(setting, judgement) => vec![format!(
            "That holds where it comes to the gateway as {host}. If clients reach the gateway by another name (a proxy that does not keep the \
             Host, links whose host was rewritten), write:\n{}",
            public_hosts(setting, host)
        )],
        (Err(refused), _) => {
            let advisor = Advisor {
                setting,
                url,
                host,
                judgement,
                now,
            };
            let mut advice = advisor.of(*refused);
            if judgement.claim.is_some() && is_the_origins(setting, host) {
                advice.push(format!(
                    "Its host is S3's own: beside that, it must be rewritten to lead to the gateway, and this line makes its signature count \
                     there:\n{}",
                    public_hosts(setting, host)
                ));
            }
            advice
        }
        (Ok(_), _) => Vec::new(),
    }
}

/// Whether a link that is good names the origin and not the gateway.
pub(super) fn leads_to_the_origin(setting: &Setting<'_>, url: &LinkUrl, judgement: &Judgement<'_>) -> bool {
    judgement.proven.is_some() && is_the_origins(setting, url.host().as_str())
}

/// Whether `host` is that of an origin, or AWS's, and not said to be one that the gateway answers for.
fn is_the_origins(setting: &Setting<'_>, host: &str) -> bool {
    let is_origin = setting.config.buckets.iter().any(|bucket| match &bucket.origin {
        OriginConfig::Server(server) => {
            let address = server.endpoint.address(server.style, &bucket.name);
            [address.host(), server.endpoint.authority()].contains(&host)
        }
        OriginConfig::Embedded(_) => false,
    });
    !is_public_host(setting, host) && (is_origin || before_aws_s3(without_port(host)).is_some())
}

fn is_signed_for_a_public_host(setting: &Setting<'_>, judgement: &Judgement<'_>) -> bool {
    let proven = judgement.proven.as_ref();
    proven.is_some_and(|proven| is_public_host(setting, &proven.host))
}

fn is_public_host(setting: &Setting<'_>, host: &str) -> bool {
    setting.config.s3.public_hosts.iter().any(|public| **public == *host)
}

/// The line that lets signatures count that were made for `host`, beside those that count already.
fn public_hosts(setting: &Setting<'_>, host: &str) -> String {
    let known = setting.config.s3.public_hosts.iter().map(|host| &**host);
    let hosts: Vec<&str> = known.chain([host]).collect();
    format!("public_hosts: [{}]", hosts.join(", "))
}

struct Advisor<'a> {
    setting: &'a Setting<'a>,
    url: &'a LinkUrl,
    host: &'a str,
    judgement: &'a Judgement<'a>,
    now: Timestamp,
}

impl Advisor<'_> {
    fn of(&self, refused: Refused) -> Vec<String> {
        match refused {
            Refused::Denied(denied) => self.of_denied(denied),
            Refused::Path(_) | Refused::Located(LocateError::Key(_)) => {
                vec!["No object can have this key; the URL was changed on its way, or made by hand.".into()]
            }
            Refused::Located(LocateError::OutsideBase) => {
                vec![format!(
                    "S3 clients are expected below {}; see `s3_base_path`.",
                    self.setting.config.s3.base_path
                )]
            }
            Refused::Located(LocateError::BucketName) => self.virtual_host().into_iter().collect(),
            Refused::NotARead => vec![
                "It is a request for the S3 endpoint: a list, a part of the S3 interface, or an upload. Only links that read one object are \
                 refreshed."
                    .into(),
            ],
            Refused::Unsigned => vec![
                "Either sign it with a client's key, or open its object with a route:\nroutes:\n  - { path: /images/, bucket: …, prefix: images/, \
                 access: public }"
                    .into(),
            ],
            Refused::NoClients => vec![
                "Issue a key with `evergate client new NAME`, or write the key that signed it under `clients`; without clients no signed \
                 request is looked at."
                    .into(),
            ],
        }
    }

    fn of_denied(&self, denied: Denied) -> Vec<String> {
        match denied {
            Denied::Presented(_) => {
                vec!["Was it copied whole? In HTML an & is written &amp; and must be turned back.".into()]
            }
            Denied::UnknownKey => self.unknown_key(),
            Denied::RevokedKey => vec![
                "Nothing helps its links, on purpose: whoever holds a leaked key can sign links with an old date. With `state: retired` it would \
                 verify links for reading again."
                    .into(),
            ],
            Denied::RetiredKey => vec!["Sign with another key of the client.".into()],
            Denied::VersionTwo => self.version_two(),
            Denied::TemporaryCredentials => Self::temporary(),
            Denied::Verify(error) => self.of_verify(error),
            Denied::NotAllowed => self.not_allowed(),
            Denied::UnknownBucket => self.unknown_bucket(),
            Denied::Expired => self.expired(),
            Denied::TooOld => self.too_old(),
            Denied::BeforeCutoff => vec![
                "The rule's `not_before` was written to kill links of that time. Whoever should have it needs a new link; the refresh API of the \
                 admin listener goes by the same rule."
                    .into(),
            ],
        }
    }

    fn of_verify(&self, error: VerifyError) -> Vec<String> {
        match error {
            VerifyError::SignatureMismatch => self.mismatch(),
            VerifyError::Region => self.region(),
            VerifyError::FromTheFuture | VerifyError::TooOld => {
                vec!["Compare the clocks of this machine and of the one that signed.".into()]
            }
            VerifyError::HostUnsigned | VerifyError::HeaderUnsigned | VerifyError::HeaderAbsent => vec![
                "It was signed together with headers that nobody sends who only has the link; sign it with `host` alone (X-Amz-SignedHeaders=host)."
                    .into(),
            ],
            VerifyError::V2NotARead => vec!["Sign writes with version 4.".into()],
        }
    }

    fn unknown_key(&self) -> Vec<String> {
        let Some(claim) = &self.judgement.claim else {
            return Vec::new();
        };
        let id = &claim.access_key_id;
        if let Some(bucket) = own_bucket(self.setting.config, id) {
            return vec![format!(
                "{id} is the key that the gateway itself signs with for bucket {bucket}. Give the gateway another one at S3 first; then this one can \
                 be a client, for the links that it signed:\n{}",
                self.retired(claim)
            )];
        }
        vec![format!(
            "If {id} is yours, and its links shall live on, write it down as a client that verifies old links and nothing else:\n{}",
            self.retired(claim)
        )]
    }

    /// A client that is good for its old links alone.
    fn retired(&self, claim: &Claim) -> String {
        let version = match claim.version {
            crate::sigv4::Version::V4 => "",
            crate::sigv4::Version::V2 => "\n    signature_versions: [v4, v2]",
        };
        let bucket = self.located().and_then(Located::configured);
        format!(
            "clients:\n  - access_key_id: {}\n    secret_access_key: ${{OLD_SECRET_ACCESS_KEY}}\n    state: retired{version}\n    allow:\n      \
             - {{ bucket: {}, operations: [read] }}",
            claim.access_key_id,
            bucket.map_or("…", |bucket| bucket.id.as_str())
        )
    }

    fn version_two(&self) -> Vec<String> {
        match self.judgement.claim.as_ref() {
            Some(claim) => match &claim.client {
                Some(client) => vec![format!(
                    "boto3 and s3cmd still sign so. Write this for the client {}, or have the app sign with version 4:\nsignature_versions: [v4, v2]",
                    client.name
                )],
                None => self.unknown_key(),
            },
            None => Vec::new(),
        }
    }

    fn temporary() -> Vec<String> {
        vec![
            "Nobody can verify it any more: the secret of temporary credentials is gone with them. Replace such links where they are stored by stable \
             paths (`evergate rewrite`), and let the app sign with a key that the gateway issued (`evergate client new`)."
                .into(),
        ]
    }

    fn mismatch(&self) -> Vec<String> {
        let other = self
            .located()
            .and_then(|located| self.setting.judge().other_method(self.url, located, self.now));
        if let Some(method) = other {
            return vec![format!(
                "It is signed for {method}, and not to be read: a request for the S3 endpoint. Only links that read one object are refreshed."
            )];
        }
        let client = self.judgement.claim.as_ref().and_then(|claim| claim.client.as_ref());
        let name = client.map_or("the client", |client| &client.name);
        let known = &self.setting.config.s3.public_hosts;
        let hosts = std::iter::once(self.host).chain(known.iter().map(|host| &**host));
        let hosts: Vec<&str> = hosts.collect();
        let mut advice = vec![format!(
            "It was signed with another secret than that of {name} here, or for another host than {}, or it was changed on its way (a cut end, &amp; for \
             &). If its host was rewritten since, add the old one to `public_hosts`.",
            hosts.join(", ")
        )];
        advice.extend(self.virtual_host());
        advice
    }

    /// When the host looks as if it named the bucket, and the configuration does not say so.
    fn virtual_host(&self) -> Option<String> {
        let (first, domain) = self.host.split_once('.')?;
        let is_bucket = self.setting.config.client_names().contains_key(first);
        let in_path = self.located().and_then(Located::configured).is_some();
        (is_bucket && !in_path && self.setting.doors.bucket_of(self.host).is_none()).then(|| {
            format!(
                "If {} names the bucket {first} (virtual-hosted style), write:\ns3_domains: [{domain}]",
                self.host
            )
        })
    }

    fn region(&self) -> Vec<String> {
        let claim = self.judgement.claim.as_ref();
        let signed = claim
            .and_then(|claim| claim.region.as_deref())
            .unwrap_or("another region");
        let bucket = self.located().and_then(Located::configured);
        vec![match bucket {
            Some(bucket) => format!(
                "It was signed for {signed}, and bucket {} is in {}. Give the app that region (AWS_REGION); if {signed} is right, correct the bucket's \
                 `region`.",
                bucket.id.as_str(),
                bucket.configured_region()
            ),
            None => format!("It was signed for {signed}, where no bucket of the configuration is."),
        }]
    }

    fn not_allowed(&self) -> Vec<String> {
        let bucket = self.located().and_then(Located::configured);
        vec![format!(
            "The client may read it with this in its `allow`:\n- {{ bucket: {}, prefix: {}, operations: [read] }}",
            bucket.map_or("…", |bucket| bucket.id.as_str()),
            self.prefix()
        )]
    }

    fn unknown_bucket(&self) -> Vec<String> {
        let mut names: Vec<Box<str>> = self.setting.config.client_names().into_keys().collect();
        names.sort_unstable();
        let mut advice = vec![format!("Clients may call for {}.", names.join(", "))];
        advice.extend(self.virtual_host());
        advice
    }

    fn expired(&self) -> Vec<String> {
        let Some((bucket, key)) = self
            .located()
            .and_then(|located| Some((located.configured()?, located.key.as_ref()?)))
        else {
            return Vec::new();
        };
        if let Some(rule) = self.setting.access.refresh_rule(bucket, key) {
            return vec![format!(
                "The rule for {} says `max_age: 0s`: links there die at their expiry. A rule with a longer prefix, or another `max_age`, would honour \
                 them; read docs/guides/leaked-links.md first.",
                doors::prefix(&rule.prefix)
            )];
        }
        vec![format!(
            "Expired links are honoured where a rule says so; read docs/guides/leaked-links.md first:\nrefresh:\n  - {{ bucket: {}, prefix: {}, max_age: \
             3650d }}",
            bucket.id.as_str(),
            self.prefix()
        )]
    }

    fn too_old(&self) -> Vec<String> {
        let authentic = self.judgement.proven.as_ref().map(|proven| proven.by.authentic());
        let dated = authentic.and_then(|authentic| authentic.signed_at.or(authentic.expires_at));
        let age = dated.map_or(Duration::ZERO, |dated| self.now.since(dated));
        vec![format!(
            "Its rule would honour it with a `max_age` of {}d or more.",
            age.as_secs() / DAY + 1
        )]
    }

    fn located(&self) -> Option<&Located> {
        self.judgement.located.as_ref()
    }

    /// The first folder of the key, as a prefix.
    fn prefix(&self) -> String {
        let key = self.located().and_then(|located| located.key.as_ref());
        match key.and_then(|key| key.as_str().split_once('/')) {
            Some((folder, _)) => format!("{folder}/"),
            None => "\"\"".into(),
        }
    }
}

/// The bucket that the gateway signs for with this key itself.
fn own_bucket<'a>(config: &'a Config, id: &str) -> Option<&'a str> {
    let own = |credentials: &CredentialsConfig| match credentials {
        CredentialsConfig::Static(credential) => credential.access_key_id().as_str() == id,
        CredentialsConfig::Files(files) => files.first().access_key_id().as_str() == id,
        CredentialsConfig::Chain
        | CredentialsConfig::Profile(_)
        | CredentialsConfig::AssumeRole(_)
        | CredentialsConfig::Anonymous => false,
    };
    let bucket = config.buckets.iter().find(|bucket| match &bucket.origin {
        OriginConfig::Server(server) => own(&server.credentials),
        OriginConfig::Embedded(_) => false,
    })?;
    Some(bucket.id.as_str())
}
