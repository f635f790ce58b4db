//! How long each wait for the origin may last, and how much may be under way. Rule 23.

use std::time::Duration;

/// The deadlines of one request to the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Until the connection stands: name lookup, TCP and TLS.
    pub connect: Duration,
    /// Until the response head of a read is complete: of the last attempt, where there is more than one. Connections, pauses
    /// and the wait for a place are included.
    pub head: Duration,
    /// The longest silence inside a body, and behind that of a request until the response head is complete. Time in which the
    /// client does not take what is there, or does not bring more, does not count.
    pub stall: Duration,
    /// The same for what the origin has work with: joining parts, copying, deleting many objects.
    pub slow: Duration,
    /// How long such a request, or an upload, waits for its turn.
    pub turn: Duration,
    /// Until the body of an error answer is read; it is only for the log and for telling errors apart.
    pub error_body: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            head: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            slow: Duration::from_mins(10),
            turn: Duration::from_secs(30),
            error_body: Duration::from_secs(2),
        }
    }
}

/// What one [`OriginClient`](super::OriginClient) keeps to. One client serves one worker thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginSettings {
    /// How long each wait may last.
    pub deadlines: Deadlines,
    /// The most idle connections kept for each origin.
    pub max_idle_per_origin: usize,
    /// How long an idle connection is kept; below the 20 s after which S3 closes one.
    pub idle_timeout: Duration,
    /// The most transfers at once; more are refused with [`FetchError::Saturated`](super::FetchError::Saturated).
    pub max_in_flight: usize,
}

impl Default for OriginSettings {
    fn default() -> Self {
        Self {
            deadlines: Deadlines::default(),
            max_idle_per_origin: 64,
            idle_timeout: Duration::from_secs(15),
            max_in_flight: 1024,
        }
    }
}
