//! The listener: from bytes on a socket to [`Inbound`]. First station of the walk.
//!
//! Imports the clock, `s3/`, `config/` and `telemetry/`. Everything that hyper leaves open at the edge is closed
//! here (DESIGN §4.7, rule 23): deadlines, bounds, one valid Host, a closed set of methods, the client's address.
//!
//! [`serve()`] binds the address and starts the workers (`worker`: one thread, one runtime, one socket each). A
//! connection's life is `connection`: TLS handshake, wait for the first byte, HTTP/1.1 or HTTP/2, and back to
//! waiting. A request's head goes through `reception`, which judges it (`head`, `host`) and finds the client's
//! address (`forwarded`, `client`), and hands an [`Arrival`] to the [`Service`]: a refused one too, so that the
//! answer and the log line are made where all others are. What hyper itself cannot parse stays hyper's 400 or 431.

mod bind;
mod body;
mod client;
mod connection;
mod forwarded;
mod h2_stream;
mod head;
mod host;
mod inbound;
mod limits;
mod line_check;
mod outgoing;
mod reception;
mod serve;
mod service;
mod socket;
mod stats;
mod tls;
mod vigil;
mod watch;
mod worker;

pub use body::{RequestBody, RequestBodyError};
pub use inbound::{Arrival, ClientAddress, Host, Inbound, Method, RawTarget, Refusal, RequestId};
pub use limits::Limits;
pub use serve::{ListenError, Listener, serve};
pub use service::Service;
pub use stats::{Counter, Deadline, ListenerStats};
pub use tls::CertificateError;
