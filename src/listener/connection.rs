//! One connection's life: TLS handshake, wait for the first byte, serve; on HTTP/1 back to waiting when it goes quiet.
//!
//! While it waits, a connection is a socket and a timer: hyper's buffers (8 KiB and more) are given back after
//! [`super::Limits::park_after`] and made anew for the next request. hyper-util's `auto` builder is not used, since it
//! can't be taken apart like that, and holds room for both protocols all along.

use super::outgoing::Outgoing;
use super::socket::{Socket, Stream};
use super::vigil::{Left, Vigil};
use super::watch::{Protocol, Unanswered, Watch};
use super::worker::Workplace;
use super::{ClientAddress, Deadline, Service};
use crate::s3::Scheme;
use http::HeaderValue;
use http::header::CONNECTION;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// How every HTTP/2 connection starts (RFC 9113 §3.4). No HTTP/1 request does.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a connection needs: itself and its worker.
struct Connection<S> {
    place: Rc<Workplace<S>>,
    watch: Rc<Watch>,
    peer: ClientAddress,
}

/// Serves `tcp` until it is over, for whatever reason.
pub(super) async fn serve_connection<S: Service>(tcp: TcpStream, peer: SocketAddr, place: Rc<Workplace<S>>) {
    let scheme = if place.tls.is_some() {
        Scheme::Https
    } else {
        Scheme::Http
    };
    let peer = ClientAddress {
        ip: peer.ip().to_canonical(),
        scheme,
    };
    let connection = Connection {
        place,
        watch: Watch::new(),
        peer,
    };
    // Answers are written whole; waiting for more to send only delays them. A socket that can't do it is closed already.
    let _ = tcp.set_nodelay(true);
    // The room for this is given back when it is done; inside this future it would be held all along.
    let opening = Box::pin(connection.open(tcp));
    let opened = tokio::select! {
        biased;
        opened = opening => opened,
        () = connection.place.drain.begun() => None,
    };
    let Some((stream, protocol)) = opened else {
        return;
    };
    connection.watch.speaks(protocol);
    match protocol {
        Protocol::Http1 => connection.http1(stream).await,
        Protocol::Http2 => Box::pin(connection.http2(stream)).await,
    }
}

impl<S: Service> Connection<S> {
    fn expired(&self, deadline: Deadline) {
        self.place.reception.stats.ended_by(deadline).add_one();
    }

    /// Up to the first byte of the first request: TLS when configured, and the protocol.
    async fn open(&self, tcp: TcpStream) -> Option<(Stream, Protocol)> {
        let limits = &self.place.reception.limits;
        let Some(tls) = &self.place.tls else {
            let first = self.wait_for_bytes(&tcp, limits.idle).await?;
            let Ok(protocol) = timeout(limits.head, protocol_of(&tcp, first)).await else {
                self.expired(Deadline::Head);
                return None;
            };
            let protocol = protocol.ok()?;
            return Some((Stream::plain(Socket::new(tcp, Rc::clone(&self.watch))), protocol));
        };
        let socket = Socket::new(tcp, Rc::clone(&self.watch));
        let handshake = TlsAcceptor::from(tls.load_full()).accept(socket);
        let stream = match timeout(limits.handshake, handshake).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::debug!(peer = %self.peer.ip, %error, "TLS handshake failed");
                self.place.reception.stats.tls_failures.add_one();
                return None;
            }
            Err(_) => {
                self.expired(Deadline::Handshake);
                return None;
            }
        };
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Protocol::Http2,
            _ => Protocol::Http1,
        };
        Some((Stream::tls(stream), protocol))
    }

    /// Waits until the client sends something, and returns a look at it. `None` when it hangs up or does nothing, or when
    /// the listener drains. (`readable` alone is not enough: it may come back for nothing.)
    async fn wait_for_bytes(&self, tcp: &TcpStream, patience: Duration) -> Option<Peeked> {
        let waited = tokio::select! {
            biased;
            waited = timeout(patience, peek(tcp)) => waited,
            () = self.place.drain.begun() => return None,
        };
        let Ok(peeked) = waited else {
            self.expired(Deadline::Idle);
            return None;
        };
        peeked.ok().filter(|peeked| !peeked.bytes().is_empty())
    }

    async fn http1(&self, mut stream: Stream) {
        let mut vigil = Vigil::new(&self.watch, &self.place.reception.limits);
        loop {
            let service = service_fn(|request| self.answer(request));
            let mut serving = Box::pin(self.place.http1.serve_connection(TokioIo::new(stream), service));
            let left = vigil.run(serving.as_mut(), &self.place.drain).await;
            match left {
                Left::Expired(deadline) => return self.expired(deadline),
                Left::Closed(result) => {
                    let malformed = result.is_err_and(|error| error.is_parse());
                    if malformed {
                        self.place.reception.stats.malformed_heads.add_one();
                    }
                    if malformed || self.watch.body_left_unread() {
                        let parts = Pin::into_inner(serving);
                        Box::pin(self.linger(parts.into_parts().io.into_inner())).await;
                    }
                    return;
                }
                Left::Quiet => {
                    let parts = Pin::into_inner(serving).into_parts();
                    stream = parts.io.into_inner();
                    if !parts.read_buf.is_empty() {
                        // The start of a head, pipelined behind the last request; its deadline begins now.
                        stream.give_back(parts.read_buf);
                        continue;
                    }
                }
            }
            if self.wait_for_bytes(stream.tcp(), vigil.idle_left()).await.is_none() {
                return;
            }
        }
    }

    async fn http2(&self, stream: Stream) {
        let mut vigil = Vigil::new(&self.watch, &self.place.reception.limits);
        // Boxed, since hyper and the executor move a stream about, from hand to hand.
        let service = service_fn(|request| Box::pin(self.answer(request)));
        let mut serving = Box::pin(self.place.http2.serve_connection(TokioIo::new(stream), service));
        let left = vigil.run(serving.as_mut(), &self.place.drain).await;
        if vigil.restless() {
            self.place.reception.stats.restless.add_one();
        }
        match left {
            Left::Expired(deadline) => self.expired(deadline),
            Left::Closed(_) if vigil.sent_away() => self.expired(Deadline::Idle),
            Left::Closed(_) | Left::Quiet => {}
        }
    }

    /// Hands one request to the service. hyper calls this and, on HTTP/2, its executor right after.
    fn answer(
        &self,
        request: http::Request<Incoming>,
    ) -> impl Future<Output = Result<http::Response<Outgoing<S::Body>>, Infallible>> + use<S> {
        let in_flight = self.watch.begin();
        let stream = (self.watch.protocol() == Protocol::Http2).then(|| self.place.streams.begin());
        let arrival = self.place.reception.receive(request, self.peer, &self.watch);
        let place = Rc::clone(&self.place);
        let unanswered = Unanswered::new(&self.watch);
        let doubtful = arrival.request.as_ref().is_err_and(|refusal| refusal.doubts_framing());
        let watch = Rc::clone(&self.watch);
        async move {
            let mut answer = place.service.call(arrival).await;
            unanswered.answered();
            // hyper closes behind an answer whose request's body nobody has read, and does not say so by itself: the client would
            // send its next request into a connection that is going.
            let unread = watch.protocol() == Protocol::Http1 && watch.body_left_unread();
            if doubtful || unread {
                answer
                    .headers_mut()
                    .insert(CONNECTION, HeaderValue::from_static("close"));
            }
            let piece = place.reception.limits.h2_send_buffer;
            Ok(answer.map(|body| Outgoing::new(body, in_flight, stream, piece)))
        }
    }

    /// Reads what the client still sends, so that closing does not make its kernel throw the answer away.
    async fn linger(&self, mut stream: Stream) {
        let mut scratch = [0; 1024];
        let reading = async { while matches!(stream.read(&mut scratch).await, Ok(1..)) {} };
        let _ = timeout(self.place.reception.limits.linger, reading).await;
    }
}

/// A look at what the socket holds: enough to tell the preface.
struct Peeked {
    buffer: [u8; PREFACE.len()],
    filled: usize,
}

impl Peeked {
    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }
}

async fn peek(tcp: &TcpStream) -> io::Result<Peeked> {
    let mut buffer = [0; PREFACE.len()];
    let filled = tcp.peek(&mut buffer).await?;
    Ok(Peeked { buffer, filled })
}

/// Tells the protocol by the first bytes, which stay in the socket. Only a client that dribbles the preface needs more
/// than one look; the socket can't wait for it (it is readable already), so this does, less and less often.
async fn protocol_of(tcp: &TcpStream, mut first: Peeked) -> io::Result<Protocol> {
    let mut pause = Duration::from_millis(5);
    loop {
        let seen = first.bytes();
        if seen.is_empty() || PREFACE.get(..seen.len()) != Some(seen) {
            return Ok(Protocol::Http1);
        }
        if seen.len() == PREFACE.len() {
            return Ok(Protocol::Http2);
        }
        sleep(pause).await;
        pause = pause.saturating_mul(2);
        first = peek(tcp).await?;
    }
}
