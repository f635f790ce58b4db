//! A bare HTTP server on hyper: one current-thread runtime per worker, each with a listening socket of its own on the same
//! port, as the gateway has them. The origin and the ceilings are built on it.

use crate::error::BenchError;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::thread;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// How many connections wait to be taken.
const BACKLOG: u32 = 4096;

/// What every answer is.
pub type Answer = Response<Full<Bytes>>;

/// Answers on `address` until the process ends, on `workers` threads. A client that begins with the preface of HTTP/2 is
/// spoken to in HTTP/2.
///
/// # Errors
/// When the address can't be listened on, or no thread be started.
pub fn serve<A, F>(address: SocketAddr, workers: usize, answer: A) -> Result<(), BenchError>
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let mut threads = Vec::with_capacity(workers);
    for number in 0..workers.max(1) {
        let answer = answer.clone();
        let worker = thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(move || work(address, answer))
            .map_err(|error| BenchError::said(format!("no thread could be started: {error}")))?;
        threads.push(worker);
    }
    for worker in threads {
        worker
            .join()
            .map_err(|_| BenchError::said("a worker of the server panicked"))??;
    }
    Ok(())
}

fn work<A, F>(address: SocketAddr, answer: A) -> Result<(), BenchError>
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| BenchError::said(format!("no runtime could be started: {error}")))?;
    runtime.block_on(async move {
        let listener =
            listen(address).map_err(|error| BenchError::said(format!("{address} can't be listened on: {error}")))?;
        loop {
            // A connection that is gone before it was taken, or a lack of descriptors: the next one may do better.
            let Ok((socket, _)) = listener.accept().await else {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                continue;
            };
            tokio::spawn(converse(socket, answer.clone()));
        }
    })
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn converse<A, F>(socket: TcpStream, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    // Without it answers are late, and no worse happens.
    let _ = socket.set_nodelay(true);
    let mut first = [0; 4];
    let is_http2 = matches!(socket.peek(&mut first).await, Ok(4)) && &first == b"PRI ";
    let service = service_fn(move |request| {
        let answered = answer(request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    // What ends a connection early is the client's business, which counts it.
    if is_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.max_concurrent_streams(256);
        let _ = builder.serve_connection(TokioIo::new(socket), service).await;
    } else {
        let _ = http1::Builder::new()
            .serve_connection(TokioIo::new(socket), service)
            .await;
    }
}
