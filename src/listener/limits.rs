//! Every bound and deadline of the listener in one place (rule 23).

use std::time::Duration;

/// The listener's bounds and deadlines. The defaults are those of rule 23; tests shorten them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest request head on HTTP/1, request line included, and the largest header list on HTTP/2, in bytes:
    /// 16 KiB. Above it the client sees 431. At least 8 KiB (hyper's own floor).
    pub head_bytes: usize,
    /// The most header fields of one request: 64. Above it the service gets [`super::Refusal::TooManyFields`].
    pub head_fields: usize,
    /// The longest request target, in bytes: 8 KiB. Above it the service gets [`super::Refusal::TargetTooLong`].
    pub target_bytes: usize,
    /// From the first byte of a head to its last: 10 s. Then the connection is closed.
    pub head: Duration,
    /// How long a connection may be open with no request and no byte of one: 60 s.
    pub idle: Duration,
    /// How long a TLS handshake may take, from accept: 10 s.
    pub handshake: Duration,
    /// How long a client may take no byte of what waits for it: 30 s. On HTTP/2 it holds for each stream too.
    pub write_progress: Duration,
    /// How long a request body that is being read may bring no byte: 30 s.
    pub body_progress: Duration,
    /// How long each 16 KiB of a request body may be waited for: 2 min, which is 137 bytes a second.
    pub body_pace: Duration,
    /// After this much idling an HTTP/1 connection gives its buffers back and keeps its socket only: 100 ms. Whoever asks for
    /// the pictures of a page does so within that; what comes later pays for new buffers.
    pub park_after: Duration,
    /// How long bytes of a refused or unread request are read away, so that its answer is not lost: 1 s.
    pub linger: Duration,
    /// The most streams at once on one HTTP/2 connection: 100.
    pub h2_streams: u32,
    /// What one HTTP/2 stream may send ahead, in bytes: 64 KiB.
    pub h2_stream_window: u32,
    /// What one HTTP/2 connection may send ahead, in bytes: 1 MiB.
    pub h2_connection_window: u32,
    /// What one HTTP/2 stream may hold of its answer unsent, in bytes: 64 KiB.
    pub h2_send_buffer: usize,
    /// How often an HTTP/2 connection is asked whether it is alive, and how long it may take to say so: 20 s.
    pub h2_ping: Duration,
    /// How many streams that the client reset may wait to be taken: 20 (CVE-2023-44487, rapid reset).
    pub h2_pending_resets: usize,
    /// How many streams may be reset for the client's own errors before the connection is: 64 (CVE-2025-8671).
    pub h2_error_resets: usize,
    /// How many more requests may be given up than are answered before an HTTP/2 connection is told to go: 100. Each may
    /// have cost a connection to an origin, and a reset makes room for the next at once (CVE-2023-44487 again).
    pub h2_abandoned: u32,
    /// How often the certificate files are looked at: 10 s.
    pub certificate_poll: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 16 * 1024,
            head_fields: 64,
            target_bytes: 8 * 1024,
            head: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            handshake: Duration::from_secs(10),
            write_progress: Duration::from_secs(30),
            body_progress: Duration::from_secs(30),
            body_pace: Duration::from_mins(2),
            park_after: Duration::from_millis(100),
            linger: Duration::from_secs(1),
            h2_streams: 100,
            h2_stream_window: 64 * 1024,
            h2_connection_window: 1024 * 1024,
            h2_send_buffer: 64 * 1024,
            h2_ping: Duration::from_secs(20),
            h2_pending_resets: 20,
            h2_error_resets: 64,
            h2_abandoned: 100,
            certificate_poll: Duration::from_secs(10),
        }
    }
}
