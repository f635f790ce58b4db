//! From hyper's request to an [`Arrival`].

use super::client::identify;
use super::head::judge;
use super::host::LastHost;
use super::line_check::Oddity;
use super::watch::Watch;
use super::{Arrival, ClientAddress, Inbound, Limits, ListenerStats, Refusal, RequestBody, RequestId};
use crate::telemetry::RawPath;
use hyper::body::Incoming;
use ipnet::IpNet;
use std::sync::Arc;
use std::time::Instant;

/// What every request of a worker is judged by.
pub(super) struct Reception {
    pub(super) limits: Limits,
    pub(super) trusted_proxies: Vec<IpNet>,
    pub(super) stats: Arc<ListenerStats>,
    pub(super) last_host: LastHost,
}

impl Reception {
    /// Judges one request that came in from `peer`.
    pub(super) fn receive(&self, request: http::Request<Incoming>, peer: ClientAddress, watch: &Watch) -> Arrival {
        let (parts, body) = request.into_parts();
        let client = identify(peer, &parts.headers, &self.trusted_proxies);
        let head = match watch.take_oddity() {
            Some(Oddity::Fragment) => Err(Refusal::BadTarget),
            Some(Oddity::BareLineFeed) => Err(Refusal::BareLineFeed),
            None => judge(&parts, client.address.scheme, &self.limits, &self.last_host),
        };
        let body = RequestBody::new(body, &self.limits, &self.stats, &watch.body_unread);
        Arrival {
            id: RequestId::random(),
            started: Instant::now(),
            client: client.address,
            version: parts.version,
            path: RawPath::of(parts.uri),
            request: head.map(|head| Inbound {
                method: head.method,
                host: client.host.unwrap_or(head.host),
                scheme: client.address.scheme,
                target: head.target,
                headers: parts.headers,
                body,
            }),
            method: parts.method,
        }
    }
}
