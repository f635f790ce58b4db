//! Whether a contender answers rightly. Done before it is measured: what is measured must be the same work.

use super::asks::Work;
use super::fetch;
use super::ground::{Ground, LOCATION};
use super::stage::Stage;
use super::{Contender, fetch::Fetched};
use crate::error::BenchError;
use crate::load::{Ask, Content, Expect, Protocol, Status};
use crate::origin::Object;
use http::uri::PathAndQuery;
use http::{StatusCode, header};
use std::net::SocketAddr;

/// How many of a scenario's requests are tried.
const TRIED: u64 = 3;

impl Stage {
    /// Makes some of the requests, and looks at the answers: the status, the length of a redirect's `Location` (within 5 % of
    /// what it should be) and what it leads to, every byte of a body.
    ///
    /// # Errors
    /// When an answer is not what it must be.
    pub fn verify(&self, ground: &Ground, work: Work, size: usize, protocol: Protocol) -> Result<(), BenchError> {
        let asks = self.asked(ground, size).asks(work, TRIED)?;
        let mut locations = Vec::new();
        for (number, ask) in (0..).zip(asks.iter()) {
            let fetched = fetch::fetch(self.address, protocol, ask)?;
            let wrong = |what: String| {
                BenchError::said(format!("{}: {} is answered wrongly: {what}", self.contender, ask.path))
            };
            judge(&fetched, &ask.expect).map_err(wrong)?;
            if fetched.0.status == StatusCode::FOUND {
                let location = location(&fetched).map_err(wrong)?;
                self.follow(&location, Object::new(size, number)).map_err(wrong)?;
                locations.push(location);
            }
        }
        locations.dedup();
        if locations.len() == 1 && self.contender != Contender::CeilingRedirect {
            return Err(BenchError::said(format!(
                "{}: all requests are redirected to one URL",
                self.contender
            )));
        }
        Ok(())
    }

    /// Where a contender signs, the origin must take what it signed. Where it only pretends to, the path must be right.
    fn follow(&self, location: &str, object: Object) -> Result<(), String> {
        if self.contender == Contender::CeilingRedirect {
            return Ok(());
        }
        let rest = location.strip_prefix("http://").unwrap_or_default();
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let address: SocketAddr = host.parse().map_err(|_| format!("it leads to {location}"))?;
        if !path
            .split('?')
            .next()
            .is_some_and(|path| path.ends_with(&object.name()))
        {
            return Err(format!("it leads to another object: {location}"));
        }
        if !self.contender.is_gateway() && self.contender != Contender::NginxNjs {
            return Ok(());
        }
        let path = PathAndQuery::try_from(path).map_err(|error| error.to_string())?;
        let expect = Expect::ok(Content::Bytes(object.body()));
        let fetched = fetch::fetch(address, Protocol::Http1, &Ask::get(path, expect.clone()));
        let fetched = fetched.map_err(|error| error.to_string())?;
        judge(&fetched, &expect).map_err(|what| format!("the origin does not take the URL that it leads to: {what}"))
    }
}

fn judge((head, body): &Fetched, expect: &Expect) -> Result<(), String> {
    let fits = match expect.status {
        Status::Exactly(status) => head.status == status,
        Status::Object => head.status.is_success() || head.status.is_redirection(),
    };
    if !fits {
        let shown = String::from_utf8_lossy(body.get(..200).unwrap_or(body)).into_owned();
        return Err(format!("{} {shown}", head.status));
    }
    match &expect.content {
        Content::Bytes(bytes) if bytes != body => Err(format!(
            "{} bytes that differ from the object's {}",
            body.len(),
            bytes.len()
        )),
        _ => Ok(()),
    }
}

fn location((head, _): &Fetched) -> Result<String, String> {
    let location = head
        .headers
        .get(header::LOCATION)
        .and_then(|location| location.to_str().ok());
    let location = location.ok_or("a redirect without Location")?;
    let off = location.len().abs_diff(LOCATION);
    if off * 20 > LOCATION {
        return Err(format!("its Location has {} bytes and not {LOCATION}", location.len()));
    }
    Ok(location.to_owned())
}
