//! The credential that a signature names: `AKIA…/20130524/us-east-1/s3/aws4_request`. Rule 7.

use super::PresentedError;
use crate::s3::Region;
use crate::sigv4::{AccessKeyId, AmzDate, Scope};
use std::borrow::Cow;
use std::ops::Range;

/// A credential that was taken apart: its scope is of the request's day, of S3, and well-formed.
pub(super) struct ClaimedCredential<'a> {
    text: Cow<'a, str>,
    id: Range<usize>,
    region: Range<usize>,
}

impl<'a> ClaimedCredential<'a> {
    /// Takes it apart and holds its day against the request's date.
    pub(super) fn parse(text: Cow<'a, str>, date: &AmzDate) -> Result<Self, PresentedError> {
        let mut parts = text.split('/');
        let mut part = || parts.next().ok_or(PresentedError::Credential);
        let (id, day, region, service, terminator) = (part()?, part()?, part()?, part()?, part()?);
        let is_day = day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit());
        if parts.next().is_some()
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
        Ok(Self { text, id, region })
    }

    pub(super) fn access_key_id(&self) -> &str {
        self.text.get(self.id.clone()).unwrap_or_default()
    }

    pub(super) fn region(&self) -> &str {
        self.text.get(self.region.clone()).unwrap_or_default()
    }

    /// `20130524/us-east-1/s3/aws4_request`
    pub(super) fn scope(&self) -> &str {
        self.text.get(self.id.end + 1..).unwrap_or_default()
    }
}
