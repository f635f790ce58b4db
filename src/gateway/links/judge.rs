//! Judges a link as the presigned door would judge a GET of it. Rules 5 to 13.

use super::LinkUrl;
use crate::access::{Authenticated, Denied, PresignedPermit, S3Access};
use crate::clock::Timestamp;
use crate::credentials::Client;
use crate::gateway::presigned::Link;
use crate::resolve::Overrides;
use crate::route::{LocateError, Located, LocatedBucket, RouteTable, Routed, S3Doors};
use crate::s3::{DecodedPath, KeyError};
use crate::sigv4::{Presented, Received, Version};
use http::{HeaderMap, Method};
use std::sync::Arc;

/// What links are judged by: parts of one configuration.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// What hosts and paths name.
    pub doors: &'a S3Doors,
    /// Who signs, and which links live.
    pub access: &'a S3Access,
    /// What is open to everyone.
    pub routes: &'a RouteTable,
}

/// What is found out about a link.
#[derive(Debug)]
pub struct Judgement<'a> {
    /// What it claims, believed or not; `None` when it bears no signature, or one that can't be read.
    pub claim: Option<Claim>,
    /// What it names; `None` when that is nothing of an S3 client's.
    pub located: Option<Located>,
    /// Who signed it, once that is proven.
    pub proven: Option<Proven>,
    /// Why its signature leads nowhere, if it does not, even where a public route serves the path all the same.
    pub doubted: Option<Refused>,
    /// What a GET of it comes to.
    pub verdict: Result<Honoured<'a>, Refused>,
}

/// What a link says of itself.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The access key id.
    pub access_key_id: Box<str>,
    /// The client of that key, if there is one.
    pub client: Option<Arc<Client>>,
    /// The version of the signature.
    pub version: Version,
    /// The region that it was signed for; version 2 names none.
    pub region: Option<Box<str>>,
    /// Whether a session token stands in it, which makes its credentials temporary ones.
    pub is_temporary: bool,
    /// When it was signed; version 2 does not say.
    pub signed_at: Option<Timestamp>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// Whose signature it is, and what it was made for.
#[derive(Debug)]
pub struct Proven {
    /// Who signed, when, and how long ago it expired.
    pub by: Authenticated,
    /// The host that it was made for.
    pub host: Box<str>,
}

/// Why a link leads to an object.
#[derive(Debug)]
pub enum Honoured<'a> {
    /// Its signature does, fresh or refreshed; and what was signed beside the key.
    Link(PresignedPermit, Overrides),
    /// Everyone may read the path, whatever the signature is worth.
    Public(Routed<'a>),
}

/// Why a link leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// As a request to it would be denied.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The path is one that no object could have.
    #[error("the path is refused: {0}")]
    Path(#[from] KeyError),
    /// The path names nothing that S3 knows.
    #[error(transparent)]
    Located(#[from] LocateError),
    /// It is signed, and for something else than to read one object.
    #[error("it is signed for something else than to read one object")]
    NotARead,
    /// It is not signed, and no public route covers it.
    #[error("it is not signed, and no public route covers it")]
    Unsigned,
    /// There are no clients, so that signatures count for nothing, and no public route covers it.
    #[error("the configuration has no clients, so that signatures count for nothing")]
    NoClients,
}

impl Refused {
    /// The short word for it, which stays as it is: what a reader of the link is told where there is such a word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code().as_str(),
            Self::Path(_) | Self::Located(LocateError::Key(_)) => "key_refused",
            Self::Located(LocateError::OutsideBase | LocateError::BucketName) => "no_such_bucket",
            Self::NotARead => "not_a_read",
            Self::Unsigned | Self::NoClients => "not_signed",
        }
    }
}

impl<'a> Judge<'a> {
    /// Judges `url` as if a GET of it had come at `now`, for the host that it names itself.
    #[must_use]
    pub fn judge(&self, url: &LinkUrl, now: Timestamp) -> Judgement<'a> {
        let mut judgement = self.judge_at(url, url.target().path(), now);
        // A link from elsewhere has no base path in front; here it would come with one.
        if judgement.verdict.as_ref().err() == Some(&Refused::Located(LocateError::OutsideBase))
            && let Some(path) = self.doors.below_base(url.target().path())
        {
            judgement = self.judge_at(url, &path, now);
        }
        judgement
    }

    /// Returns the method that `url` is signed for, where that is another than GET: an upload, a delete. Looks at
    /// signatures of `located` that cover nothing but the host.
    #[must_use]
    pub fn other_method(&self, url: &LinkUrl, located: &Located, now: Timestamp) -> Option<Method> {
        let headers = HeaderMap::new();
        [Method::PUT, Method::DELETE, Method::POST].into_iter().find(|method| {
            let received = Received {
                method,
                path: url.target().path(),
                query: url.target().query(),
                headers: &headers,
            };
            let Ok(Some(presented)) = Presented::of(received) else {
                return false;
            };
            let judged = self.access.authenticate(&presented, located, url.host(), now);
            matches!(judged, Ok(_) | Err(Denied::RetiredKey))
        })
    }

    fn judge_at(&self, url: &LinkUrl, raw_path: &str, now: Timestamp) -> Judgement<'a> {
        let mut judgement = Judgement {
            claim: None,
            located: None,
            proven: None,
            doubted: None,
            verdict: Err(Refused::Unsigned),
        };
        judgement.verdict = match self.signature(url, raw_path, now, &mut judgement) {
            Ok(honoured) => Ok(honoured),
            Err(refused) => {
                judgement.doubted = Some(refused);
                // As at the door: what can't be read as one thing, and what asks a configured bucket for something else than an
                // object, never comes to the routes.
                let is_link = match refused {
                    Refused::Path(_) | Refused::Denied(Denied::Presented(_)) => false,
                    Refused::NotARead => judgement.located.as_ref().and_then(Located::configured).is_none(),
                    _ => true,
                };
                let path = DecodedPath::decode(raw_path).ok().filter(|_| is_link);
                let public = path.and_then(|path| self.routes.public(url.host(), &path));
                public.map(Honoured::Public).ok_or(refused)
            }
        };
        judgement
    }

    /// What the signature alone comes to.
    fn signature(
        &self,
        url: &LinkUrl,
        raw_path: &str,
        now: Timestamp,
        judgement: &mut Judgement<'_>,
    ) -> Result<Honoured<'a>, Refused> {
        let (method, headers) = (Method::GET, HeaderMap::new());
        let received = Received {
            method: &method,
            path: raw_path,
            query: url.target().query(),
            headers: &headers,
        };
        let presented = Presented::of(received);
        if self.access.is_closed() {
            DecodedPath::decode(raw_path)?;
            let signed = !matches!(presented, Ok(None));
            return Err(if signed { Refused::NoClients } else { Refused::Unsigned });
        }
        let presented = presented.map_err(Denied::from)?;
        let path = DecodedPath::decode(raw_path)?;
        let presented = presented.ok_or(Refused::Unsigned)?;
        judgement.claim = Some(self.claim(&presented));
        let located = judgement.located.insert(self.doors.locate(url.host(), &path)?);
        let link = Link::of(&presented, located);
        let by = self.access.authenticate(&presented, located, url.host(), now)?;
        let host = self.access.host_signed_for(&by, located, url.host(), raw_path);
        let host = host.unwrap_or(url.host().as_str()).into();
        let proven = judgement.proven.insert(Proven { by, host });
        let Some(link) = link else {
            return Err(match located.bucket {
                LocatedBucket::Unknown(_) => Denied::UnknownBucket.into(),
                LocatedBucket::Service | LocatedBucket::Configured(_) => Refused::NotARead,
            });
        };
        let permit = link.judge(self.access, &proven.by, now)?;
        Ok(Honoured::Link(permit, Overrides::signed(presented.query())))
    }

    fn claim(&self, presented: &Presented<'_>) -> Claim {
        Claim {
            access_key_id: presented.access_key_id().into(),
            client: self.access.client(presented.access_key_id()).cloned(),
            version: presented.version(),
            region: presented.region().map(Into::into),
            is_temporary: presented.has_session_token(),
            signed_at: presented.signed_at(),
            expires_at: presented.expires_at(),
        }
    }
}
