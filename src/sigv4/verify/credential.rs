//! The credential that a signature names: `AKIA…/20130524/us-east-1/s3/aws4_request`. Rule 7.

use super::PresentedError;
use crate::s3::{Query, Region, split_at};
use crate::sigv4::{AccessKeyId, AmzDate, Scope};
use std::ops::Range;

/// A credential that was taken apart: its scope is of the request's day, of S3, and well-formed.
pub(super) struct ClaimedCredential<'a> {
    stands: Stands<'a>,
    id: Range<usize>,
    region: Range<usize>,
}

/// Where its text stands: it is looked at there, and not copied.
enum Stands<'a> {
    InHeader(&'a str),
    /// At this place of the query.
    InQuery(usize),
}

/// The parameter that it stands in.
const PARAMETER: &str = "X-Amz-Credential";

impl<'a> ClaimedCredential<'a> {
    /// Takes apart the one in an `Authorization` header, and holds its day against the request's date.
    pub(super) fn in_header(text: &'a str, date: &AmzDate) -> Result<Self, PresentedError> {
        Self::parse(text, Stands::InHeader(text), date)
    }

    /// The same for the one in a query.
    pub(super) fn in_query(query: &Query<'_>, date: &AmzDate) -> Result<Self, PresentedError> {
        let place = query.place(PARAMETER).ok_or(PresentedError::MissingParameter)?;
        Self::parse(query.value_at(place).unwrap_or_default(), Stands::InQuery(place), date)
    }

    fn parse(text: &str, stands: Stands<'a>, date: &AmzDate) -> Result<Self, PresentedError> {
        let mut rest = Some(text);
        let mut part = || {
            let (part, behind) = split_at(rest?, b'/');
            rest = behind;
            Some(part)
        };
        let parts = [part(), part(), part(), part(), part()];
        let [Some(id), Some(day), Some(region), Some(service), Some(terminator)] = parts else {
            return Err(PresentedError::Credential);
        };
        let is_day = day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit());
        if rest.is_some()
            || !AccessKeyId::is_fine(id)
            || !Region::is_fine(region)
            || !is_day
            || service.is_empty()
            || terminator.is_empty()
        {
            return Err(PresentedError::Credential);
        }
        if terminator != "aws4_request" {
            return Err(PresentedError::Terminator);
        }
        if service != Scope::S3 {
            return Err(PresentedError::Service);
        }
        if day != date.day() {
            return Err(PresentedError::ScopeDay);
        }
        let region_at = id.len() + day.len() + 2;
        let (id, region) = (0..id.len(), region_at..region_at + region.len());
        Ok(Self { stands, id, region })
    }

    /// The access key id. Takes the query that came along, as all of these do.
    pub(super) fn access_key_id<'b>(&'b self, query: &'b Query<'_>) -> &'b str {
        self.text(query).get(self.id.clone()).unwrap_or_default()
    }

    pub(super) fn region<'b>(&'b self, query: &'b Query<'_>) -> &'b str {
        self.text(query).get(self.region.clone()).unwrap_or_default()
    }

    /// `20130524/us-east-1/s3/aws4_request`
    pub(super) fn scope<'b>(&'b self, query: &'b Query<'_>) -> &'b str {
        self.text(query).get(self.id.end + 1..).unwrap_or_default()
    }

    fn text<'b>(&'b self, query: &'b Query<'_>) -> &'b str {
        match self.stands {
            Stands::InHeader(text) => text,
            Stands::InQuery(place) => query.value_at(place).unwrap_or_default(),
        }
    }
}
