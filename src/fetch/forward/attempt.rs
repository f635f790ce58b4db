//! One request to the origin with its body, up to its answer or the reason why there is none for the client.

use super::answer::{self, Answer, Verdict};
use super::content::Content;
use super::pace::Pace;
use super::sending::{Sending, Stage};
use crate::fetch::attempt::Failed;
use crate::fetch::body::RequestBody;
use crate::fetch::error::FetchError;
use crate::fetch::origin::OriginClient;
use crate::fetch::outcome::Asked;
use crate::fetch::remedy::Cause;
use crate::fetch::request::{Means, SignedRequest};
use crate::fetch::state::Admission;
use crate::resolve::EndpointTarget;
use tokio::time::Instant;

/// What is to be done, in what time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Errand<'a> {
    pub(super) target: &'a EndpointTarget,
    pub(super) pace: Pace,
    /// When it is too late for an answer, however late the last attempt began; the time in which a stream is sent does not
    /// count.
    pub(super) deadline: Instant,
}

/// An attempt that failed.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) failed: Failed,
    /// What the client is told when nothing helps: an answer that may have been meant for the gateway or for the client.
    pub(super) answer: Option<Answer>,
}

impl From<Failed> for Refused {
    fn from(failed: Failed) -> Self {
        Self { failed, answer: None }
    }
}

impl OriginClient {
    /// Sends `errand` once, signed by `means`; what comes of it is the origin's record.
    pub(super) async fn attempt_forward(
        &self,
        mut admission: Admission,
        means: &Means,
        errand: Errand<'_>,
        content: &mut Content,
    ) -> Result<Answer, Refused> {
        let (length, sha256) = (content.length(), content.sha256());
        let request = SignedRequest::forwarded(means, errand.target, length, sha256).map_err(Failed::unsent)?;
        let (body, sending) = content.begin();
        let answered = self.ask((request, body), means, errand, &sending, &mut admission).await;
        content.end(&sending);
        match &answered {
            Ok(_) => admission.answered(),
            // It may be the client's document or field that it stumbled over (radosgw does): ten of them would shut out everybody.
            Err(refused) if refused.failed.cause == Cause::Broken && !errand.target.method().is_safe() => {
                drop(admission);
            }
            Err(refused) => admission.failed(&refused.failed.cause),
        }
        answered
    }

    async fn ask(
        &self,
        request: (SignedRequest, Option<RequestBody>),
        means: &Means,
        errand: Errand<'_>,
        sending: &Sending,
        admission: &mut Admission,
    ) -> Result<Answer, Refused> {
        let response = self.await_answer(request, sending, errand, admission).await?;
        sending.hold();
        // The origin may have answered to what the client broke off, and as it does to any other.
        if let Some(fault) = sending.fault() {
            return Err(Failed::new(Cause::Faulted, FetchError::Upload(fault)).into());
        }
        let whole = matches!(sending.stage(), Stage::Answer(_));
        let method = &errand.target.method();
        let deadline = Instant::now() + self.settings().deadlines.error_body;
        let verdict = answer::judge(Asked { method, means }, response, deadline).await;
        match verdict {
            Verdict::Answer(answer) if answer.status.is_success() && !whole => {
                let reason = "success before the body was sent";
                Err(Failed::new(Cause::Garbled, FetchError::BadGateway(reason.into())).into())
            }
            Verdict::Answer(answer) => {
                let bucket = errand.target.permit().bucket();
                bucket.confirm_offset(&answer.headers, self.clock().now());
                Ok(answer)
            }
            Verdict::Refused(failed) => Err(failed.into()),
            Verdict::Doubtful(failed, answer) => Err(Refused {
                failed,
                answer: Some(answer),
            }),
        }
    }
}
