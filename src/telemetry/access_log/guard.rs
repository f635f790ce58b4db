//! The end of a request: counts it and writes its line when the last byte is out, or when the client is gone.

use super::{AccessRecord, AccessRequest, Writing};
use crate::telemetry::metrics::{Handle, RouteCounts};
use crate::telemetry::{BucketMetrics, CacheResult, DenialReason, Door, OriginErrorKind, Outcome, RouteMetrics};
use bytes::Bytes;
use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// What the walk answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What became of it, if the body goes out whole.
    pub outcome: Outcome,
    /// What the signed-URL cache did.
    pub cache: CacheResult,
    /// The status.
    pub status: StatusCode,
}

/// Follows one request from its arrival to its last byte. Dropping it, wherever that happens, counts the request and
/// writes its line exactly once; dropped before there was an answer, the client has gone, or a panic goes by.
#[derive(Debug)]
pub struct AccessGuard {
    log: Arc<Handle<Writing>>,
    request: AccessRequest,
    door: Door,
    route: Option<Arc<Handle<Arc<RouteCounts>>>>,
    answer: Option<Answer>,
    origin: Option<(Arc<BucketMetrics>, Duration)>,
    s3_client: Option<Arc<str>>,
    refreshed_age: Option<Duration>,
    reason: Option<DenialReason>,
    started: Instant,
    sent: u64,
}

impl AccessGuard {
    pub(super) fn new(log: Arc<Handle<Writing>>, request: AccessRequest, started: Instant) -> Self {
        log.metrics.request_began();
        Self {
            log,
            request,
            door: Door::None,
            route: None,
            answer: None,
            origin: None,
            s3_client: None,
            refreshed_age: None,
            reason: None,
            started,
            sent: 0,
        }
    }

    /// Says through which door the request came, and which route covers it.
    pub fn routed(&mut self, door: Door, route: &Arc<RouteMetrics>) {
        self.door = door;
        self.route = Some(Arc::clone(route.counts()));
    }

    /// Returns the door that it came through, as far as is known.
    #[must_use]
    pub fn door(&self) -> Door {
        self.door
    }

    /// Returns what was asked.
    #[must_use]
    pub fn request(&self) -> &AccessRequest {
        &self.request
    }

    /// Says which client signed the request, by its name in the configuration.
    pub fn signed_by(&mut self, client: &Arc<str>) {
        self.s3_client = Some(Arc::clone(client));
    }

    /// Says that the request came by an expired link that was honoured, and how old the link is.
    pub fn refreshed(&mut self, age: Duration) {
        self.refreshed_age = Some(age);
    }

    /// Says why the request was denied, and counts it.
    pub fn denied(&mut self, reason: DenialReason) {
        self.reason = Some(reason);
        self.log.metrics.denied(reason);
    }

    /// Says that a bucket's origin was asked, and how long it took to answer with a head or to fail; asked twice, as for a
    /// fallback, it took both times together. A body that breaks off is its fault.
    pub fn asked_origin(&mut self, bucket: &Arc<BucketMetrics>, took: Duration) {
        let before = self.origin.as_ref().map_or(Duration::ZERO, |(_, before)| *before);
        self.origin = Some((Arc::clone(bucket), before.saturating_add(took)));
    }

    /// Says what is answered, and follows the body to its end.
    #[must_use]
    pub fn answer<B: Body>(mut self, answer: Answer, body: B) -> LoggedBody<B> {
        self.answer = Some(answer);
        let bodiless = self.request.method == http::Method::HEAD
            || matches!(answer.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
            || body.is_end_stream();
        LoggedBody {
            left: if bodiless { Left::Nothing } else { Left::of(&body) },
            body,
            guard: self,
        }
    }

    fn broke_off(&mut self) {
        if let Some((bucket, _)) = &self.origin {
            bucket.origin_failed(OriginErrorKind::Truncated);
        }
        self.end_as(Outcome::OriginTruncated);
    }

    fn end_as(&mut self, outcome: Outcome) {
        if let Some(answer) = &mut self.answer {
            answer.outcome = outcome;
        }
    }
}

impl Drop for AccessGuard {
    fn drop(&mut self) {
        let ended = Instant::now();
        let total = ended.saturating_duration_since(self.started);
        let outcome = match self.answer {
            _ if std::thread::panicking() => Outcome::Internal,
            Some(answer) => answer.outcome,
            None => Outcome::ClientGone,
        };
        let route = (self.route.as_ref()).unwrap_or_else(|| self.log.metrics.unrouted().counts());
        route.answered(outcome, total, self.sent);
        self.log.metrics.request_ended();
        self.log.write(ended, |unix_millis| AccessRecord {
            unix_millis,
            request: &self.request,
            route: route.label(),
            door: self.door,
            outcome,
            cache: self.answer.map_or(CacheResult::None, |answer| answer.cache),
            status: self.answer.map(|answer| answer.status),
            bytes: self.sent,
            total,
            origin: self.origin.as_ref().map(|(_, took)| *took),
            s3_client: self.s3_client.as_deref(),
            refreshed_age: self.refreshed_age,
            reason: self.reason,
        });
    }
}

/// How much of the body is still to go out. hyper does not poll a body past its announced length, so the end has to be
/// known by counting too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    Bytes(u64),
    Unknown,
}

impl Left {
    fn of(body: &impl Body) -> Self {
        match body.size_hint().exact() {
            Some(0) => Self::Nothing,
            Some(length) => Self::Bytes(length),
            None => Self::Unknown,
        }
    }

    fn after(self, sent: u64) -> Self {
        match self {
            Self::Bytes(left) if left > sent => Self::Bytes(left - sent),
            Self::Bytes(_) | Self::Nothing => Self::Nothing,
            Self::Unknown => Self::Unknown,
        }
    }
}

pin_project! {
    /// A body that is followed to its end; see [`AccessGuard::answer`].
    #[derive(Debug)]
    pub struct LoggedBody<B> {
        #[pin]
        body: B,
        guard: AccessGuard,
        left: Left,
    }

    impl<B> PinnedDrop for LoggedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if *this.left != Left::Nothing {
                this.guard.end_as(Outcome::ClientGone);
            }
        }
    }
}

impl<B: Body<Data = Bytes>> Body for LoggedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.body.as_mut().poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                let sent = frame
                    .data_ref()
                    .map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX));
                this.guard.sent = this.guard.sent.saturating_add(sent);
                *this.left = if this.body.is_end_stream() {
                    Left::Nothing
                } else {
                    this.left.after(sent)
                };
            }
            Some(Err(_)) => {
                this.guard.broke_off();
                *this.left = Left::Nothing;
            }
            None => *this.left = Left::Nothing,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
