//! Endpoints and address styles that can't work together.

use crate::config::faults::Place;
use crate::config::report::Report;
use crate::s3::{AddressStyle, BucketName, Endpoint};

/// Judges how a bucket is addressed at an endpoint.
pub(super) fn judge(endpoint: &Endpoint, style: AddressStyle, name: &BucketName, at: &Place, report: &mut Report<'_>) {
    let server = endpoint.address(AddressStyle::Path, name);
    let host = server.host();
    let without_bucket = host.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('.'));
    if let Some(server) = without_bucket {
        report.fault(
            at,
            format!("the endpoint's host {host} already starts with the bucket's name"),
            format!("write the server alone: {server}"),
        );
    } else if let Err(error) = endpoint.check(style, name) {
        report.fault(at, error.to_string(), "write \"path_style: true\" in this bucket");
    }
}
