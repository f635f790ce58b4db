//! The query of a presigned URL. AWS "Authenticating requests: using query parameters".

use super::signing_key::ALGORITHM;
use super::{Scope, canonical_query};
use std::cmp::Ordering;

/// What the query says beside the caller's own parameters.
pub(super) struct PresignedQuery<'a> {
    /// The access key id; holds nothing that would need encoding.
    pub(super) access_key_id: &'a str,
    /// The scope of the signature.
    pub(super) scope: Scope<'a>,
    /// `X-Amz-Expires`, in seconds.
    pub(super) expires: u64,
    /// The session token, encoded already: it is long, and the same in every URL.
    pub(super) encoded_token: Option<&'a str>,
}

/// The parameters that signing adds, in their canonical order.
#[derive(Clone, Copy)]
enum Parameter {
    Algorithm,
    Credential,
    Date,
    Expires,
    SecurityToken,
    SignedHeaders,
}

impl Parameter {
    const ALL: [Self; 6] = [
        Self::Algorithm,
        Self::Credential,
        Self::Date,
        Self::Expires,
        Self::SecurityToken,
        Self::SignedHeaders,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Algorithm => "X-Amz-Algorithm",
            Self::Credential => "X-Amz-Credential",
            Self::Date => "X-Amz-Date",
            Self::Expires => "X-Amz-Expires",
            Self::SecurityToken => "X-Amz-Security-Token",
            Self::SignedHeaders => "X-Amz-SignedHeaders",
        }
    }
}

impl PresignedQuery<'_> {
    /// Appends the canonical query: these parameters and the caller's, in their one order.
    pub(super) fn write_into(&self, query: &[(&str, &str)], out: &mut String) {
        let start = out.len();
        let mut others = canonical_query::sorted(query).into_iter().peekable();
        for parameter in Parameter::ALL {
            let before =
                |other: &(&str, &str)| canonical_query::compare(other, &(parameter.name(), "")) == Ordering::Less;
            while let Some(other) = others.next_if(before) {
                canonical_query::push(out, start, other);
            }
            self.push(parameter, start, out);
        }
        for other in others {
            canonical_query::push(out, start, other);
        }
    }

    /// Returns how many bytes [`PresignedQuery::write_into`] appends.
    pub(super) fn encoded_len(&self, query: &[(&str, &str)]) -> usize {
        let fixed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%2F20130524%2F%2F%2Faws4_request\
                     &X-Amz-Date=20130524T000000Z&X-Amz-Expires=&X-Amz-SignedHeaders=host";
        let token = self
            .encoded_token
            .map_or(0, |token| "&X-Amz-Security-Token=".len() + token.len());
        let scope = self.scope.region.len() + self.scope.service.len();
        let expires = 1 + self.expires.checked_ilog10().map_or(0, |more| more as usize);
        fixed.len() + expires + self.access_key_id.len() + scope + token + canonical_query::encoded_len(query)
    }

    fn push(&self, parameter: Parameter, start: usize, out: &mut String) {
        if matches!(parameter, Parameter::SecurityToken) && self.encoded_token.is_none() {
            return;
        }
        if out.len() > start {
            out.push('&');
        }
        out.push_str(parameter.name());
        out.push('=');
        match parameter {
            Parameter::Algorithm => out.push_str(ALGORITHM),
            Parameter::Credential => {
                out.push_str(self.access_key_id);
                out.push_str("%2F");
                self.scope.write_into("%2F", out);
            }
            Parameter::Date => out.push_str(self.scope.date.as_str()),
            Parameter::Expires => out.push_str(itoa::Buffer::new().format(self.expires)),
            Parameter::SecurityToken => out.push_str(self.encoded_token.unwrap_or_default()),
            Parameter::SignedHeaders => out.push_str("host"),
        }
    }
}
