//! What became of a request, in closed words: the labels of metrics and of the access log.
//!
//! Nothing a client sends can add a word here (rule 28), so every label set is bounded when the program is built.

/// Makes a closed enum of words: all of them in a table, each with its place in it and its spelling.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $word:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $word,)+ }

        impl $name {
            /// Every word, in the order of [`Self::index`].
            pub const ALL: &'static [Self] = &[$(Self::$word,)+];

            /// The word as labels and log lines spell it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$word => $text,)+ }
            }

            /// Its place in [`Self::ALL`], for tables of ready-made handles.
            #[must_use]
            pub const fn index(self) -> usize {
                self as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

mod api;
mod objects;

pub use api::{ApiName, ApiResult, EventResult, LinkResult};
pub use objects::{DiskState, EvictionCause, ForgetCause, ForgetScope, NotKept, ObjectResult, StaleReason};

words! {
    /// Which door a request came through (DESIGN §1).
    Door {
        /// A route's stable path.
        Stable = "stable",
        /// A presigned URL of a client, to read one object.
        Presigned = "presigned",
        /// Any other request that a client signed.
        Endpoint = "endpoint",
        /// None: no route covers it, or its head was refused.
        None = "none",
    }
}

words! {
    /// What became of a request. Each word says whose doing it was: the reader's, the origin's or the gateway's.
    Outcome {
        /// Sent on to a presigned URL.
        Redirect = "redirect",
        /// The whole object, through the gateway.
        Stream = "stream",
        /// A part of the object (206).
        Partial = "partial",
        /// The reader's copy is still good (304).
        NotModified = "not_modified",
        /// The route's fallback object in place of a missing one.
        Fallback = "fallback",
        /// An S3 client's operation, done by the origin.
        Forwarded = "forwarded",
        /// An S3 client's question that the gateway answers itself.
        Answered = "answered",
        /// No route, or no such key (404).
        NotFound = "not_found",
        /// The access rule says no (403).
        Forbidden = "forbidden",
        /// The request breaks a rule of the wire (400).
        BadRequest = "bad_request",
        /// A known method that the door does not take (405).
        MethodNotAllowed = "method_not_allowed",
        /// A method outside the closed set (501).
        NotImplemented = "not_implemented",
        /// A target, head or key past its bound (414, 431).
        TooLarge = "too_large",
        /// What is asked for contradicts what is there (409).
        Conflict = "conflict",
        /// `If-Match` or `If-Unmodified-Since` does not hold (412).
        PreconditionFailed = "precondition_failed",
        /// The range lies outside the object (416).
        RangeNotSatisfiable = "range_not_satisfiable",
        /// The origin refuses the gateway's own signature; outside a 404 or 403, by route.
        OriginForbidden = "origin_forbidden",
        /// No connection to the origin (502).
        OriginUnreachable = "origin_unreachable",
        /// The origin took longer than a deadline (504).
        OriginTimeout = "origin_timeout",
        /// The origin answered what S3 does not answer, or said 5xx (502).
        OriginError = "origin_error",
        /// The origin's body ended early or stalled; the reader was cut off too (rule 19).
        OriginTruncated = "origin_truncated",
        /// The origin asks for fewer requests (503 with `Retry-After`).
        Throttled = "throttled",
        /// Not asked: the origin has only failed of late, and one request at a time finds out whether it is back (503 with
        /// `Retry-After`).
        OriginSuspended = "origin_suspended",
        /// Nothing valid to sign with (503).
        NoCredentials = "no_credentials",
        /// The gateway is at a bound of its own, or drains (503).
        Overloaded = "overloaded",
        /// A fault of the gateway (500).
        Internal = "internal",
        /// The reader left before the answer was complete.
        ClientGone = "client_gone",
    }
}

words! {
    /// Why a request of an S3 client was denied, exactly. Clients are told less (rule 9).
    DenialReason {
        /// Nothing that AWS would have written.
        SignatureMalformed = "signature_malformed",
        /// Signed by an algorithm that is not taken, such as version 2 in the `Authorization` header.
        SignatureAlgorithm = "signature_algorithm",
        /// Signed in more than one way.
        SignedTwice = "signed_twice",
        /// The query could be read in two ways.
        QueryAmbiguous = "query_ambiguous",
        /// The path could be read in two ways.
        PathAmbiguous = "path_ambiguous",
        /// The signature does not cover what it must, or covers what did not come along.
        SignatureIncomplete = "signature_incomplete",
        /// The signature is another's, or another request's.
        SignatureMismatch = "signature_mismatch",
        /// Signed with version 2, which the client has not opted in to.
        SignatureV2Disabled = "signature_v2_disabled",
        /// Signed with version 2, and no read.
        SignatureV2NotARead = "signature_v2_not_a_read",
        /// Signed with temporary credentials.
        TemporaryCredentials = "temporary_credentials",
        /// Dated in the future, or too far in the past.
        ClockSkew = "clock_skew",
        /// Signed for another region.
        RegionWrong = "region_wrong",
        /// No client has this access key id.
        KeyUnknown = "key_unknown",
        /// The client's key is revoked.
        KeyRevoked = "key_revoked",
        /// The client's key is retired, and this is no old link.
        KeyRetired = "key_retired",
        /// The client's allow list does not hold this.
        NotAllowed = "not_allowed",
        /// The operation is for clients with `operations: [all]`.
        OperationNotOpen = "operation_not_open",
        /// An ACL that opens the object is for clients with `operations: [all]`.
        AclNotOpen = "acl_not_open",
        /// No such bucket in the configuration.
        BucketUnknown = "bucket_unknown",
        /// The path is not below the base path of S3 requests.
        OutsideBasePath = "outside_base_path",
        /// The link has expired, and no refresh rule honours it.
        LinkExpired = "link_expired",
        /// The link has expired too long ago.
        LinkTooOld = "link_too_old",
        /// The link was signed before `not_before`.
        LinkBeforeCutoff = "link_before_cutoff",
    }
}

words! {
    /// What a cache did for a request: the signed-URL cache for a redirect, the object cache for a stream.
    CacheResult {
        /// What was kept was still good: a URL, or an object.
        Hit = "hit",
        /// An object past its freshness was served all the same.
        Stale = "stale",
        /// An object was served after the origin said that it is still good.
        Revalidated = "revalidated",
        /// A URL was made and kept, or the origin was asked for the object.
        Miss = "miss",
        /// The object came with what another request had asked the origin for.
        Joined = "joined",
        /// Nothing kept was of use and nothing is kept: there is no cache, the URL must end with the link that it answers, or
        /// the origin was asked past the cache.
        Off = "off",
        /// No cache was asked, or the answer is an error.
        None = "none",
    }
}

words! {
    /// Why a request to an origin failed.
    OriginErrorKind {
        /// No connection: refused, unresolved, TLS.
        Unreachable = "unreachable",
        /// No connection or no head before the deadline.
        Timeout = "timeout",
        /// The body ended before its length, or stood still past the deadline.
        Truncated = "truncated",
        /// 503 SlowDown or 429.
        Throttled = "throttled",
        /// 403: the credentials or the bucket's policy.
        Forbidden = "forbidden",
        /// The bucket does not exist there.
        MissingBucket = "missing_bucket",
        /// 5xx, or an answer that S3 does not give.
        BadAnswer = "bad_answer",
        /// Not sent: as many transfers as are allowed were under way.
        Saturated = "saturated",
        /// Not sent: the origin had asked for fewer requests, and no place among those came free in time.
        HeldBack = "held_back",
        /// Not sent: the breaker was open.
        Suspended = "suspended",
    }
}

words! {
    /// Why a request was sent to an origin again.
    RetryReason {
        /// The connection was closed before the first byte of an answer.
        Closed = "closed",
        /// No connection could be had.
        Unreachable = "unreachable",
        /// 5xx.
        Broken = "broken",
        /// 503 SlowDown or 429.
        Throttled = "throttled",
        /// The credentials had ended; newer ones sign it now.
        Credentials = "credentials",
        /// The clocks differ; it is signed by the origin's now.
        Clock = "clock",
        /// The bucket is in another region; it is signed for that now.
        Region = "region",
    }
}

words! {
    /// What became of a body that broke off and was asked for from there on.
    ResumeResult {
        /// The rest came, of the same object.
        Resumed = "resumed",
        /// The object had changed: the reader was cut off.
        Changed = "changed",
        /// The origin did not give the rest: the reader was cut off.
        Failed = "failed",
    }
}

words! {
    /// How a breaker stands.
    BreakerState {
        /// Requests pass.
        Closed = "closed",
        /// Nothing is sent.
        Open = "open",
        /// One request is under way to see whether the origin is back.
        HalfOpen = "half_open",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn lint<T: Copy>(all: &[T], index: impl Fn(T) -> usize, text: impl Fn(T) -> &'static str) {
        let mut seen = HashSet::new();
        for (place, word) in all.iter().enumerate() {
            assert_eq!(index(*word), place);
            let text = text(*word);
            assert!(
                text.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{text}"
            );
            assert!(seen.insert(text), "{text} twice");
        }
    }

    #[test]
    fn words_are_unique_and_know_their_place() {
        lint(Door::ALL, Door::index, Door::as_str);
        lint(ApiName::ALL, ApiName::index, ApiName::as_str);
        lint(ApiResult::ALL, ApiResult::index, ApiResult::as_str);
        lint(LinkResult::ALL, LinkResult::index, LinkResult::as_str);
        lint(EventResult::ALL, EventResult::index, EventResult::as_str);
        lint(Outcome::ALL, Outcome::index, Outcome::as_str);
        lint(DenialReason::ALL, DenialReason::index, DenialReason::as_str);
        lint(CacheResult::ALL, CacheResult::index, CacheResult::as_str);
        lint(OriginErrorKind::ALL, OriginErrorKind::index, OriginErrorKind::as_str);
        lint(RetryReason::ALL, RetryReason::index, RetryReason::as_str);
        lint(ResumeResult::ALL, ResumeResult::index, ResumeResult::as_str);
        lint(BreakerState::ALL, BreakerState::index, BreakerState::as_str);
        lint(ObjectResult::ALL, ObjectResult::index, ObjectResult::as_str);
        lint(StaleReason::ALL, StaleReason::index, StaleReason::as_str);
        lint(NotKept::ALL, NotKept::index, NotKept::as_str);
        lint(EvictionCause::ALL, EvictionCause::index, EvictionCause::as_str);
        lint(DiskState::ALL, DiskState::index, DiskState::as_str);
        lint(ForgetCause::ALL, ForgetCause::index, ForgetCause::as_str);
        lint(ForgetScope::ALL, ForgetScope::index, ForgetScope::as_str);
    }
}
