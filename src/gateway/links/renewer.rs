//! Makes a new link of a stored one: its stable path, or a URL signed now. What `POST /v1/refresh` of the admin listener asks for.

use super::{Honoured, Judge, Judgement, LinkUrl, LinkUrlError, Refused};
use crate::access::{self, Permit};
use crate::clock::Timestamp;
use crate::gateway::app::App;
use crate::gateway::{Running, presigned};
use crate::presign::PresignError;
use crate::resolve::{Disposition, Overrides, Target};
use crate::respond;
use crate::s3::{ObjectKey, Operation};
use crate::telemetry::LinksRenewed;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// What a link is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The stable path of the route that covers its object.
    Stable,
    /// A URL of the origin, signed now with the gateway's own credentials.
    Presigned,
}

impl Destination {
    /// The word for it, in requests and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Presigned => "presigned",
        }
    }
}

/// Renews links by whatever configuration runs. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Renewer(Running);

impl Renewer {
    /// Takes the app that runs.
    #[must_use]
    pub fn new(running: Running) -> Self {
        Self(running)
    }

    /// Begins the links of one call, which all go by one configuration (rule 27).
    #[must_use]
    pub fn begin(&self, to: Destination) -> Batch {
        Batch {
            app: Arc::clone(&self.0.load()),
            to,
            id: fastrand::u64(..),
            renewed: 0,
            refused: 0,
        }
    }
}

/// The links of one call.
#[derive(Debug)]
pub struct Batch {
    app: Arc<App>,
    to: Destination,
    id: u64,
    renewed: u64,
    refused: u64,
}

/// What became of one link.
#[derive(Debug)]
pub struct Renewal {
    /// The bucket's name in the configuration and the object's key, where the link names them.
    pub object: Option<(Box<str>, ObjectKey)>,
    /// Who signed it, once that is proven.
    pub client: Option<Arc<str>>,
    /// When it was signed, once that is proven; version 2 does not say.
    pub signed_at: Option<Timestamp>,
    /// How long ago it expired, once that is proven.
    pub expired_by: Option<Duration>,
    /// The new link, or why there is none.
    pub result: Result<Renewed, RenewalError>,
}

/// A new link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// The stable path, from the root of the site, or the presigned URL.
    pub url: Box<str>,
    /// The one host that the stable path is good for, if its route names one.
    pub host: Option<Box<str>>,
    /// When the presigned URL expires; a stable path does not.
    pub expires_at: Option<Timestamp>,
}

/// Why a link has no new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenewalError {
    /// The text is no URL that a request could be sent to.
    #[error("{0}")]
    Url(#[from] LinkUrlError),
    /// A request to it would be refused.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// It is good, and no route leads to its object.
    #[error("No route leads to its object, so that there is no stable path.")]
    NoRoute,
    /// It is good, and asks for a version, a part or other headers, which no stable path does.
    #[error("It asks for a version, a part or other headers of its object, which no stable path does.")]
    Overrides,
    /// It is good, and there is nothing to sign a new one with.
    #[error("There are no valid credentials to sign with.")]
    Credentials,
}

impl RenewalError {
    /// The short word for it, which stays as it is.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Url(_) => "not_a_url",
            Self::Refused(refused) => refused.code(),
            Self::NoRoute => "no_route",
            Self::Overrides => "overrides_signed",
            Self::Credentials => "no_credentials",
        }
    }

    /// The sentence for it: of a denial no more than its reader would be told (rule 9).
    #[must_use]
    pub fn detail(self) -> Cow<'static, str> {
        match self {
            Self::Refused(Refused::Denied(denied)) => respond::denial_sentence(denied.code()).into(),
            Self::Url(_) | Self::Refused(_) => sentence(&self.to_string()).into(),
            other => other.to_string().into(),
        }
    }
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

impl From<&PresignError> for RenewalError {
    fn from(_: &PresignError) -> Self {
        Self::Credentials
    }
}

impl Batch {
    /// The call's id, in the log.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Judges `url` and renews it. An expired link that is honoured is told and counted as at the presigned door (rule 13).
    pub fn renew(&mut self, url: &str) -> Renewal {
        let renewal = match url.parse() {
            Ok(url) => self.judged(&url),
            Err(error) => Renewal::nothing(error),
        };
        match &renewal.result {
            Ok(_) => self.renewed += 1,
            Err(error) => {
                self.refused += 1;
                if let RenewalError::Refused(Refused::Denied(denied)) = error {
                    self.app.telemetry.events().api_link_denied(denied.reason());
                }
            }
        }
        renewal
    }

    /// Tells what became of the links of this call.
    pub fn end(self) {
        self.app.telemetry.events().links_renewed(&LinksRenewed {
            to: self.to.as_str(),
            renewed: self.renewed,
            refused: self.refused,
            id: self.id,
        });
    }

    fn judged(&self, url: &LinkUrl) -> Renewal {
        let app = &*self.app;
        let judge = Judge {
            doors: &app.s3_doors,
            access: &app.s3_access,
            routes: &app.routes,
        };
        let judgement = judge.judge(url, app.clock.now());
        let mut renewal = Renewal::of(&judgement);
        renewal.result = match &judgement.verdict {
            Ok(Honoured::Link(permitted, overrides)) => self.new_link(&permitted.permit, overrides),
            Ok(Honoured::Public(routed)) => {
                renewal.object = Some((routed.route.bucket.id.as_str().into(), routed.key.clone()));
                let permit = access::decide(routed.clone(), Operation::GetObject);
                self.new_link(&permit, &Overrides::default())
            }
            Err(refused) => Err((*refused).into()),
        };
        if let (Ok(Honoured::Link(permitted, _)), Some(proven), Ok(_)) =
            (&judgement.verdict, &judgement.proven, &renewal.result)
            && let Some(refreshed) = &permitted.refreshed
        {
            let (client, bucket) = (proven.by.client(), permitted.permit.bucket());
            presigned::refresh(app, client, bucket, refreshed, self.id, url.target().path());
        }
        renewal
    }

    fn new_link(&self, permit: &Permit, overrides: &Overrides) -> Result<Renewed, RenewalError> {
        match self.to {
            Destination::Stable => self.stable(permit, overrides),
            Destination::Presigned => self.presigned(permit, overrides),
        }
    }

    fn stable(&self, permit: &Permit, overrides: &Overrides) -> Result<Renewed, RenewalError> {
        let disposition = Disposition::of(overrides).ok_or(RenewalError::Overrides)?;
        let path = self.app.stable_paths.of(permit.bucket().index, permit.key());
        let mut path = path.ok_or(RenewalError::NoRoute)?;
        disposition.append_to(&mut path.path);
        Ok(Renewed {
            url: path.path.into(),
            host: path.host.map(Into::into),
            expires_at: None,
        })
    }

    fn presigned(&self, permit: &Permit, overrides: &Overrides) -> Result<Renewed, RenewalError> {
        let target = Target::new(permit.clone(), overrides.clone());
        let presigned = self
            .app
            .presigner
            .presign(&target)
            .map_err(|error| RenewalError::from(&error))?;
        if let Some(bucket) = self.app.per_bucket.get(permit.bucket().index) {
            bucket.count(&presigned);
        }
        let url = presigned.url.location.to_str().map_err(|_| RenewalError::Credentials)?;
        Ok(Renewed {
            url: url.into(),
            host: None,
            expires_at: Some(presigned.url.expires_at),
        })
    }
}

impl Renewal {
    fn nothing(error: LinkUrlError) -> Self {
        Self {
            object: None,
            client: None,
            signed_at: None,
            expired_by: None,
            result: Err(error.into()),
        }
    }

    /// What a judgement tells of a link, without a result yet.
    fn of(judgement: &Judgement<'_>) -> Self {
        let located = judgement.located.as_ref();
        let object = located.and_then(|located| {
            let bucket = located.configured()?;
            Some((bucket.id.as_str().into(), located.key.clone()?))
        });
        let proven = judgement.proven.as_ref().map(|proven| &proven.by);
        Self {
            object,
            client: proven.map(|by| Arc::clone(&by.client().name)),
            signed_at: proven.and_then(|by| by.authentic().signed_at),
            expired_by: proven.and_then(|by| by.authentic().expired_by),
            result: Err(RenewalError::NoRoute),
        }
    }
}
