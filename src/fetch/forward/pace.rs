//! How long what may take.

use super::content::Content;
use crate::fetch::deadlines::Deadlines;
use crate::fetch::state::Line;
use crate::resolve::EndpointTarget;
use crate::s3::Operation;
use std::time::Duration;

/// The bounds on one request's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// Where it waits for its turn.
    pub(super) line: Line,
    /// For how long at most; zero where that counts as waiting for the answer.
    pub(super) turn: Duration,
    /// From the end of its body to the head of the answer.
    pub(super) patience: Duration,
}

impl Pace {
    pub(super) fn of(target: &EndpointTarget, content: &Content, deadlines: &Deadlines) -> Self {
        use Operation::{
            CompleteMultipartUpload, CopyObject, DeleteObjects, GetObject, HeadBucket, HeadObject, UploadPartCopy,
        };
        let slow = Self {
            line: Line::Long,
            turn: deadlines.turn,
            patience: deadlines.slow,
        };
        match target.permit().operation().known() {
            Some(CompleteMultipartUpload | CopyObject | DeleteObjects | UploadPartCopy) => slow,
            _ if content.is_stream() => Self {
                patience: deadlines.stall,
                ..slow
            },
            Some(GetObject | HeadObject | HeadBucket) => Self {
                line: Line::Quick,
                turn: Duration::ZERO,
                patience: deadlines.head,
            },
            _ => Self {
                line: Line::Quick,
                turn: Duration::ZERO,
                patience: deadlines.stall,
            },
        }
    }
}
