//! Endpoints and address styles that can't work together.

use crate::config::faults::Place;
use crate::config::report::Report;
use crate::s3::{AddressStyle, BucketName, Endpoint, Scheme};
use std::net::IpAddr;

/// Judges how a bucket is addressed at an endpoint.
pub(super) fn judge(endpoint: &Endpoint, style: AddressStyle, name: &BucketName, at: &Place, report: &mut Report<'_>) {
    let server = endpoint.address(AddressStyle::Path, name);
    let host = without_port(server.host());
    if host
        .strip_prefix(name.as_str())
        .is_some_and(|rest| rest.starts_with('.'))
    {
        report.fault(
            at,
            format!("the endpoint's host {host} already starts with the bucket's name"),
            format!("write the server alone: {}", &host[name.as_str().len() + 1..]),
        );
        return;
    }
    if style == AddressStyle::Path {
        return;
    }
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        report.fault(
            at,
            format!(
                "{}.{host} is no host: the bucket's name can't stand before an IP address",
                name.as_str()
            ),
            "write \"path_style: true\"",
        );
    } else if name.as_str().contains('.') && server.scheme() == Scheme::Https {
        report.fault(
            at,
            format!(
                "the TLS certificate of {host} does not cover {}.{host}: the bucket's name has a dot",
                name.as_str()
            ),
            "write \"path_style: true\"",
        );
    } else if name.as_str().contains('_') || name.as_str().bytes().any(|b| b.is_ascii_uppercase()) {
        report.fault(
            at,
            format!(
                "{}.{host} is no host: the bucket's name has \"_\" or capitals",
                name.as_str()
            ),
            "write \"path_style: true\"",
        );
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}
