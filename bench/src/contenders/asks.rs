//! What is asked of a contender, and what a right answer is.

use super::Contender;
use super::ground::{Ground, Signed};
use crate::error::BenchError;
use crate::load::{Ask, Content, Expect};
use crate::origin::{BUCKET, KeyPair, Object};
use evergate::clock::Clock;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The days that expired links are from: one in each of these before today.
const DAYS: u64 = 60;

/// A day.
const DAY: Duration = Duration::from_hours(24);

/// What a scenario wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// A stable path, redirected to a signed URL that is at hand.
    Redirect,
    /// A stable path, redirected to a URL that must be signed.
    ColdRedirect,
    /// A presigned URL that expired long ago, redirected to a new one.
    Refresh,
    /// A body that the cache holds.
    Hit,
    /// A body that must come from the origin.
    Miss,
    /// A GET at the S3 endpoint, signed in its header.
    Get,
    /// A PUT there.
    Put,
}

/// The objects of a scenario, and who is asked for them where.
#[derive(Debug)]
pub struct Asked<'a> {
    /// What the contenders stand on.
    pub ground: &'a Ground,
    /// Who is asked.
    pub contender: Contender,
    /// Where it listens.
    pub address: SocketAddr,
    /// The objects' size.
    pub size: usize,
}

impl Asked<'_> {
    /// Makes the requests for the first `count` objects, in order of their numbers. Those signed in the header are good for 15 minutes.
    ///
    /// # Errors
    /// When something can't be signed.
    pub fn asks(&self, work: Work, count: u64) -> Result<Arc<[Ask]>, BenchError> {
        let object = |number| Object::new(self.size, number);
        match work {
            Work::Redirect | Work::ColdRedirect => (0..count)
                .map(|number| Ok(Ask::get(path(&format!("/r/{}", object(number).name()))?, redirected())))
                .collect(),
            Work::Hit | Work::Miss => (0..count)
                .map(|number| {
                    let folder = if work == Work::Hit { "c" } else { "s" };
                    Ok(Ask::get(
                        path(&format!("/{folder}/{}", object(number).name()))?,
                        whole(object(number)),
                    ))
                })
                .collect(),
            Work::Refresh => self.links(count),
            Work::Get | Work::Put => {
                let signed = Signed::new(self.address, &self.pair())?;
                (0..count)
                    .map(|number| signed_in_header(&signed, work, object(number)))
                    .collect()
            }
        }
    }

    /// Presigned URLs that expired long ago. Where they are to be rejected, a digit of each signature is another.
    fn links(&self, count: u64) -> Result<Arc<[Ask]>, BenchError> {
        let signed = Signed::new(self.address, &self.pair())?;
        let now = Clock::system().now();
        (0..count)
            .map(|number| {
                let signed_at = now.minus(DAY * u32::try_from(30 + number % DAYS).unwrap_or(30));
                let key = format!(
                    "{}/p/{}",
                    self.ground.long_prefix,
                    Object::new(self.size, number).name()
                );
                let mut url = signed.url(&Method::GET, &key, signed_at, Duration::from_mins(2))?;
                let mut expect = redirected();
                if self.contender == Contender::EvergateRejected {
                    let last = url.pop();
                    url.push(if last == Some('0') { '1' } else { '0' });
                    expect = Expect::status(StatusCode::FORBIDDEN);
                }
                Ok(Ask::get(path(behind_host(&url)?)?, expect))
            })
            .collect()
    }

    /// Whose requests it takes.
    fn pair(&self) -> KeyPair {
        if self.contender == Contender::Origin {
            let [pair, _] = KeyPair::of_origin();
            pair
        } else {
            KeyPair::of_client()
        }
    }
}

fn signed_in_header(signed: &Signed, work: Work, object: Object) -> Result<Ask, BenchError> {
    let method = if work == Work::Put { Method::PUT } else { Method::GET };
    let request = signed.request(&method, &format!("images/e/{}", object.name()))?;
    let mut ask = Ask::get(path(behind_host(&request.url)?)?, whole(object));
    ask.headers = request.headers;
    if method == Method::PUT {
        ask.body = object.body();
        ask.headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
        ask.expect = Expect::status(StatusCode::OK);
    }
    ask.method = method;
    Ok(ask)
}

fn redirected() -> Expect {
    Expect::status(StatusCode::FOUND)
}

fn whole(object: Object) -> Expect {
    Expect::ok(Content::Bytes(object.body()))
}

fn path(text: &str) -> Result<PathAndQuery, BenchError> {
    PathAndQuery::try_from(text).map_err(|error| BenchError::said(format!("{text} can't be asked for: {error}")))
}

/// What stands behind the host in a URL of the bench.
fn behind_host(url: &str) -> Result<&str, BenchError> {
    let start = url.find(&format!("/{BUCKET}/"));
    start
        .and_then(|start| url.get(start..))
        .ok_or_else(|| BenchError::said(format!("{url} names no bucket")))
}
