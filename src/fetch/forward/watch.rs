//! Waits for an answer, and keeps the time: the client's is the client's.
//!
//! While a body is sent, the origin has [`Deadlines::stall`] for each piece, and the client the listener's deadline for
//! bringing it. Behind the body the origin has the patience that its work deserves.
//!
//! [`Deadlines::stall`]: crate::fetch::Deadlines::stall

use super::attempt::Errand;
use super::sending::{Sending, Stage};
use crate::fetch::attempt::Failed;
use crate::fetch::body::{RequestBody, ResponseBody};
use crate::fetch::error::{FetchError, Waited};
use crate::fetch::origin::OriginClient;
use crate::fetch::remedy::Cause;
use crate::fetch::request::SignedRequest;
use crate::fetch::state::Admission;
use std::pin::pin;
use tokio::select;
use tokio::time::{Instant, sleep_until};

impl OriginClient {
    /// Sends `request` with the body that `sending` follows; returns with the head of the answer.
    pub(super) async fn await_answer(
        &self,
        (request, body): (SignedRequest, Option<RequestBody>),
        sending: &Sending,
        errand: Errand<'_>,
        admission: &mut Admission,
    ) -> Result<http::Response<ResponseBody>, Failed> {
        let mut answer = pin!(self.http().execute(request, body));
        let mut probing_ends = Some(Instant::now() + self.settings().deadlines.head);
        loop {
            let now = Instant::now();
            let due = match sending.stage() {
                Stage::Origin(since) => Some((since + self.settings().deadlines.stall, Waited::Room)),
                Stage::Client => None,
                Stage::Answer(since) => {
                    let due = since + errand.pace.patience;
                    let due = if sending.streams() {
                        due
                    } else {
                        due.min(errand.deadline)
                    };
                    Some((due, Waited::Head))
                }
            };
            if let Some((due, waited)) = due
                && due <= now
            {
                return Err(Failed::new(Cause::Late, FetchError::Timeout(waited)));
            }
            if probing_ends.is_some_and(|ends| ends <= now) {
                admission.takes_long();
                probing_ends = None;
            }
            // A piece more or less moves the deadline, which is looked at when it comes, or now and then.
            let look_again = due.map_or(now + self.settings().deadlines.stall / 4, |(due, _)| due);
            let look_again = probing_ends.map_or(look_again, |ends| ends.min(look_again));
            select! {
                biased;
                answer = &mut answer => {
                    return answer.map_err(|failed| match sending.fault() {
                        Some(fault) => Failed::new(Cause::Faulted, FetchError::Upload(fault)),
                        None => failed,
                    });
                }
                () = sending.given_out() => {}
                () = sleep_until(look_again) => {}
            }
        }
    }
}
