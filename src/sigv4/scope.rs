//! The credential scope: `20130524/us-east-1/s3/aws4_request`. AWS "Elements of a request signature".

use super::AmzDate;

/// What a signing key is good for: one day, one region, one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The time of the request; its day is part of the scope.
    pub date: &'a AmzDate,
    /// The region's name.
    pub region: &'a str,
    /// The service, [`Scope::S3`] for every request that Evergate makes.
    pub service: &'a str,
}

impl Scope<'_> {
    /// The service of every request that Evergate makes.
    pub const S3: &'static str = "s3";

    /// Appends the scope with `slash` between its parts: `/`, or `%2F` in a query.
    pub fn write_into(&self, slash: &str, out: &mut String) {
        for part in [
            self.date.day(),
            slash,
            self.region,
            slash,
            self.service,
            slash,
            "aws4_request",
        ] {
            out.push_str(part);
        }
    }
}
