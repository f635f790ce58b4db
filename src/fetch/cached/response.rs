//! An object on its way to its reader: from the origin, from memory, or as it arrives for several readers at once.

use crate::cache::BodyReader;
use crate::fetch::TransferError;
use crate::fetch::head::OriginHead;
use crate::fetch::origin::OriginResponse;
use crate::fetch::outcome::OriginStatus;
use crate::fetch::transfer::OriginBody;
use crate::telemetry::{ObjectResult, StaleReason};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// What there is for the reader, and how it was come by.
#[derive(Debug)]
pub struct ObjectResponse {
    /// What the answer is.
    pub status: OriginStatus,
    /// Its allow-listed head: of the part, for a partial answer.
    pub head: Arc<OriginHead>,
    /// What follows the head.
    pub body: ObjectBody,
    /// What the object cache did.
    pub cache: CacheUse,
}

/// Where an object's bytes come from.
#[derive(Debug)]
pub enum ObjectBody {
    /// There are none.
    Empty,
    /// The origin, for this reader alone.
    Origin(OriginBody),
    /// Memory.
    Kept(Bytes),
    /// The origin, for everybody who asked meanwhile.
    Arriving(BodyReader<TransferError>),
}

/// What the object cache did for a request. RFC 9211 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheUse {
    /// It had no part in it.
    Bypassed,
    /// The object was kept and fresh.
    Hit {
        /// For how long it stays so.
        left: Duration,
        /// How long ago its origin last vouched for it.
        age: Duration,
    },
    /// The object was kept and past its freshness.
    Stale {
        /// For how long.
        by: Duration,
        /// How long ago its origin last vouched for it.
        age: Duration,
        /// Why it is served.
        reason: StaleReason,
    },
    /// The origin says that what was kept is still good.
    Revalidated {
        /// Who asked it.
        by: Asker,
        /// How long ago it vouched for it, to a cache between.
        age: Duration,
    },
    /// The object came from the origin.
    Fetched {
        /// Who asked it.
        by: Asker,
        /// What was kept before.
        before: Before,
        /// What becomes of it.
        after: After,
        /// How long ago its origin last vouched for it, to a cache between.
        age: Duration,
    },
}

/// Who asked the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// This request.
    Own,
    /// An earlier one, which this one joined.
    Other,
}

/// What was kept when the origin was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// An object past its freshness.
    Stale,
}

/// What becomes of an object that was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It is kept once it is complete.
    Kept,
    /// It goes to its reader alone.
    Passed,
}

impl CacheUse {
    /// Returns what it counts as.
    #[must_use]
    pub fn result(&self) -> ObjectResult {
        match self {
            Self::Bypassed => ObjectResult::Bypass,
            Self::Hit { .. } => ObjectResult::Hit,
            Self::Stale { .. } => ObjectResult::Stale,
            Self::Revalidated { by: Asker::Other, .. } | Self::Fetched { by: Asker::Other, .. } => ObjectResult::Joined,
            Self::Revalidated { .. } => ObjectResult::Revalidated,
            Self::Fetched { .. } => ObjectResult::Miss,
        }
    }

    /// Returns how long ago the origin last vouched for the object, where that is known: the `Age` of RFC 9111 §5.1.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        match self {
            Self::Bypassed => None,
            Self::Hit { age, .. } | Self::Stale { age, .. } => Some(*age),
            // What has just come or was just vouched for is as old as the caches between have made it.
            Self::Revalidated { age, .. } | Self::Fetched { age, .. } => Some(*age).filter(|age| !age.is_zero()),
        }
    }
}

impl ObjectResponse {
    /// The whole object's length in bytes, where it is known before any byte of the body; `None` for 304 and 412.
    #[must_use]
    pub fn complete_length(&self) -> Option<u64> {
        self.status.complete_length(&self.head)
    }
}

impl From<OriginResponse> for ObjectResponse {
    fn from(origin: OriginResponse) -> Self {
        let (status, head, body) = origin.into_parts();
        Self {
            status,
            head,
            body: body.into(),
            cache: CacheUse::Bypassed,
        }
    }
}

impl From<OriginBody> for ObjectBody {
    fn from(body: OriginBody) -> Self {
        use http_body::Body as _;
        if body.is_end_stream() {
            Self::Empty
        } else {
            Self::Origin(body)
        }
    }
}
