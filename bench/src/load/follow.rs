//! Following redirects as a browser does: the `Location` is fetched over a connection of its own to whoever it names.

use super::judge::Seen;
use super::judge::{Asked, Judge};
use super::link::{Body, Connector, Single};
use super::request::add_asked;
use super::{Fault, Scheme, Target};
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Uri, header};
use std::time::Duration;
use url::Url;

/// More redirects in a row are a loop.
const MOST_IN_A_ROW: u32 = 5;

/// One task holds connections to so many hosts.
const MOST_HOSTS: usize = 4;

/// A pause before a name is looked up on a thread of its own is not needed; one lookup may take so long.
const LOOKUP: Duration = Duration::from_secs(5);

/// Follows redirects for one task.
#[derive(Debug, Default)]
pub(super) struct Follower {
    hosts: Vec<(Target, Single)>,
    followed: u64,
}

/// What the request was that is redirected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Redirected<'a> {
    pub(super) target: &'a Target,
    pub(super) path: &'a PathAndQuery,
    pub(super) method: &'a Method,
    pub(super) asked: Asked,
    pub(super) seen: Option<&'a Seen>,
}

impl Follower {
    /// Fetches what the answer that `judge` has seen redirects to, until an answer is none. Leaves it to the judge what that is
    /// worth.
    pub(super) async fn follow(
        &mut self,
        from: Redirected<'_>,
        connector: &Connector,
        judge: &mut Judge<'_>,
    ) -> Result<(), Fault> {
        let mut base = None;
        for _ in 0..MOST_IN_A_ROW {
            let Some(location) = judge.location() else {
                return Ok(());
            };
            let url = resolve(location, base.as_ref(), &from)?;
            let place = self.host(&url).await?;
            let (target, link) = self.hosts.get_mut(place).ok_or(Fault::Redirect)?;
            let request = || request(&url, target, &from);
            let answers = judge.answers();
            let standing = link.ensure(connector, target).await?;
            let mut sent = link.exchange(request()?, judge).await;
            if sent.is_err() && standing == super::link::Standing::Used && judge.answers() == answers {
                // It was closed while it was idle.
                link.close();
                link.ensure(connector, target).await?;
                sent = link.exchange(request()?, judge).await;
            }
            if sent.is_err() {
                link.close();
                return sent;
            }
            self.followed = self.followed.saturating_add(1);
            base = Some(url);
        }
        if judge.location().is_some() {
            Err(Fault::Redirect)
        } else {
            Ok(())
        }
    }

    /// Returns how many redirects were followed since this was asked last.
    pub(super) fn take_followed(&mut self) -> u64 {
        std::mem::take(&mut self.followed)
    }

    /// Gives all connections up: a request over one of them was left before its end.
    pub(super) fn give_up(&mut self) {
        for (_, link) in &mut self.hosts {
            link.close();
        }
    }

    /// Returns the place of the host that `url` names, looked up when it is new.
    async fn host(&mut self, url: &Url) -> Result<usize, Fault> {
        let known = |(target, _): &(Target, Single)| is_of(target, url);
        if let Some(place) = self.hosts.iter().position(known) {
            return Ok(place);
        }
        let url = url.clone();
        let lookup = tokio::task::spawn_blocking(move || Target::of_url(&url));
        let found = tokio::time::timeout(LOOKUP, lookup).await.map_err(|_| Fault::Connect)?;
        let target = found.map_err(|_| Fault::Connect)?.map_err(|_| Fault::Redirect)?;
        if self.hosts.len() >= MOST_HOSTS {
            self.hosts.remove(0);
        }
        self.hosts.push((target, Single::new(u64::MAX)));
        Ok(self.hosts.len().saturating_sub(1))
    }
}

fn is_of(target: &Target, url: &Url) -> bool {
    let scheme = match target.scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    let port = target.authority.port_u16();
    scheme == url.scheme() && url.host_str() == Some(target.authority.host()) && port == url.port()
}

fn resolve(location: &HeaderValue, base: Option<&Url>, from: &Redirected<'_>) -> Result<Url, Fault> {
    let location = location.to_str().map_err(|_| Fault::Redirect)?;
    let url = match (Url::parse(location), base) {
        (Ok(url), _) => Ok(url),
        (Err(url::ParseError::RelativeUrlWithoutBase), Some(base)) => base.join(location),
        (Err(url::ParseError::RelativeUrlWithoutBase), None) => {
            let scheme = match from.target.scheme {
                Scheme::Http => "http",
                Scheme::Https => "https",
            };
            let base = Url::parse(&format!("{scheme}://{}{}", from.target.authority, from.path));
            base.and_then(|base| base.join(location))
        }
        (Err(error), _) => Err(error),
    };
    url.map_err(|_| Fault::Redirect)
}

fn request(url: &Url, target: &Target, from: &Redirected<'_>) -> Result<Request<Body>, Fault> {
    let path = match url.query() {
        None => url.path().to_owned(),
        Some(query) => format!("{}?{query}", url.path()),
    };
    let mut request = Request::new(Body::new(Bytes::new()));
    *request.method_mut() = from.method.clone();
    *request.uri_mut() = path.parse::<Uri>().map_err(|_| Fault::Redirect)?;
    request.headers_mut().insert(header::HOST, target.host());
    // Nothing else that was sent to the first server is the second one's business.
    add_asked(request.headers_mut(), from.asked, from.seen);
    Ok(request)
}
