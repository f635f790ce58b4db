//! The stream under hyper: a TCP socket that tells its [`Watch`] what moves, with or without TLS over it.
//!
//! The watch sits below TLS: what counts as progress is what the client's kernel takes or sends.

use super::watch::Watch;
use bytes::Bytes;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A TCP socket and its watch.
pub(super) struct Socket {
    tcp: TcpStream,
    watch: Rc<Watch>,
}

impl Socket {
    pub(super) fn new(tcp: TcpStream, watch: Rc<Watch>) -> Self {
        Self { tcp, watch }
    }

    fn note(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match result {
            Poll::Ready(Ok(taken)) => self.watch.wrote(taken),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.watch.blocked(),
        }
        result
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.tcp).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.watch.read();
        }
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.tcp).poll_write(cx, bytes);
        self.note(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A head without a body is one slice, and one buffer is what `send` takes with less ado than `writev`.
        let result = match slices {
            [only] => Pin::new(&mut self.tcp).poll_write(cx, only),
            _ => Pin::new(&mut self.tcp).poll_write_vectored(cx, slices),
        };
        self.note(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// What hyper reads and writes.
pub(super) struct Stream {
    link: Link,
    /// Bytes that hyper had read and not used; they are read again first.
    given_back: Bytes,
}

enum Link {
    Plain(Socket),
    Tls(Box<TlsStream<Socket>>),
}

impl Stream {
    pub(super) fn plain(socket: Socket) -> Self {
        Self {
            link: Link::Plain(socket),
            given_back: Bytes::new(),
        }
    }

    pub(super) fn tls(stream: TlsStream<Socket>) -> Self {
        Self {
            link: Link::Tls(Box::new(stream)),
            given_back: Bytes::new(),
        }
    }

    fn socket(&self) -> &Socket {
        match &self.link {
            Link::Plain(socket) => socket,
            Link::Tls(tls) => tls.get_ref().0,
        }
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        &self.socket().tcp
    }

    /// Takes bytes that were read too early.
    pub(super) fn give_back(&mut self, bytes: Bytes) {
        self.given_back = bytes;
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.given_back.is_empty() {
            let length = self.given_back.len().min(buf.remaining());
            let bytes = self.given_back.split_to(length);
            buf.put_slice(&bytes);
            let watch = &self.socket().watch;
            watch.read();
            // They came while another request was in flight, when nothing was looked at.
            watch.look(&bytes);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let result = match &mut self.link {
            Link::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Link::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        };
        self.socket().watch.look(buf.filled().get(before..).unwrap_or_default());
        result
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.link {
            Link::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Link::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.link {
            Link::Plain(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
            Link::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.link {
            Link::Plain(socket) => socket.is_write_vectored(),
            Link::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.link {
            Link::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Link::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.link {
            Link::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Link::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
