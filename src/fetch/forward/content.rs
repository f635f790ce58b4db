//! The body of a request over all its attempts: what of it is there to be sent again.

use super::sending::{Sending, Source};
use crate::fetch::body::RequestBody;
use crate::fetch::retry::Repeatable;
use crate::fetch::upload::{Upload, UploadBody, UploadFault, UploadStream};
use crate::resolve::EndpointTarget;
use bytes::Bytes;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use sha2::{Digest, Sha256};

/// The body of one request.
#[derive(Debug)]
pub(super) struct Content {
    hold: Hold,
    length: u64,
    sha256: Option<[u8; 32]>,
    fault: UploadFault,
}

#[derive(Debug)]
enum Hold {
    Empty,
    Full(Bytes),
    Stream(Box<UploadStream>),
    /// It is being sent, and can't be given out twice.
    Gone,
}

impl Content {
    pub(super) fn new(upload: Upload) -> Self {
        let (length, signed, fault) = (upload.length(), upload.sha256(), upload.fault());
        let hold = match upload.into_body() {
            UploadBody::Empty => Hold::Empty,
            UploadBody::Full(bytes) => Hold::Full(bytes),
            UploadBody::Stream(stream) => Hold::Stream(Box::new(stream)),
        };
        // What is at hand is signed, so that the origin checks it; a stream is, where its client has. What the client has signed
        // was verified, and need not be hashed again.
        let sha256 = match &hold {
            Hold::Empty => Some(Sha256::digest(b"").into()),
            Hold::Full(bytes) => Some(signed.unwrap_or_else(|| Sha256::digest(bytes).into())),
            Hold::Stream(_) | Hold::Gone => signed,
        };
        Self {
            hold,
            length,
            sha256,
            fault,
        }
    }

    /// Its length in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Its SHA-256, where that is known before it is sent.
    pub(super) fn sha256(&self) -> Option<[u8; 32]> {
        self.sha256
    }

    /// Whether it comes as fast as its client brings it.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self.hold, Hold::Stream(_) | Hold::Gone)
    }

    /// What of a request for `target` may be sent again.
    pub(super) fn repeatable(&self, target: &EndpointTarget) -> Repeatable {
        let method = target.method();
        let conditional = [IF_MATCH, IF_NONE_MATCH]
            .iter()
            .any(|name| target.headers().contains_key(name));
        match self.hold {
            Hold::Gone => Repeatable::Never,
            // A write that holds only for what is there now has changed that, if it was done.
            _ if conditional && !method.is_safe() => Repeatable::Undone,
            _ => Repeatable::of(&method),
        }
    }

    /// Gives the body out for one attempt, and the means to follow it.
    pub(super) fn begin(&mut self) -> (Option<RequestBody>, Sending) {
        let source = match &mut self.hold {
            Hold::Empty | Hold::Gone => None,
            Hold::Full(bytes) => Some(Source::Full(bytes.clone())),
            Hold::Stream(_) => match std::mem::replace(&mut self.hold, Hold::Gone) {
                Hold::Stream(stream) => Some(Source::Stream(stream)),
                _ => None,
            },
        };
        let sending = Sending::new(source, self.length, self.fault.clone());
        ((self.length > 0).then(|| sending.body()), sending)
    }

    /// The attempt is over: what nothing was taken of can be given out again.
    pub(super) fn end(&mut self, sending: &Sending) {
        if let (Hold::Gone, Some(stream)) = (&self.hold, sending.stop()) {
            self.hold = Hold::Stream(stream);
        }
    }
}
