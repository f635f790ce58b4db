//! The ceilings: the least that a server on the gateway's own HTTP library can do. They route nothing, check nothing, sign
//! nothing and log nothing; what the gateway loses against them is what its work costs.
//!
//! They run as processes of their own (`evergate-bench ceiling`), pinned as every contender is.

use crate::error::BenchError;
use crate::origin::{Answer, Object, serve};
use bytes::Bytes;
use clap::ValueEnum;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use std::net::SocketAddr;

/// What a ceiling answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A bare 302 with a `Location` that is ready-made.
    Redirect,
    /// A body from memory.
    Body,
}

/// The least that a server on the gateway's HTTP library can do.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Where to listen
    #[arg(long)]
    listen: SocketAddr,
    /// Worker threads
    #[arg(long, default_value_t = 1)]
    workers: usize,
    /// What is answered
    #[arg(long)]
    kind: Kind,
    /// What redirects lead to
    #[arg(long, default_value = "/")]
    location: String,
}

/// Serves a ceiling until the process ends.
///
/// # Errors
/// As [`serve`], and when the location is none.
pub fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let Arguments { listen, workers, .. } = *arguments;
    let location = HeaderValue::from_str(&arguments.location)
        .map_err(|_| BenchError::said("the location holds what no header may"))?;
    match arguments.kind {
        Kind::Redirect => serve(listen, workers, move |_| std::future::ready(redirect(&location))),
        Kind::Body => serve(listen, workers, |request| std::future::ready(body(&request))),
    }
}

fn redirect(location: &HeaderValue) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::FOUND;
    answer.headers_mut().insert(header::LOCATION, location.clone());
    answer
}

fn body(request: &Request<Incoming>) -> Answer {
    let object = Object::of_path(request.uri().path());
    let mut answer = Response::new(Full::new(object.map_or_else(Bytes::new, Object::body)));
    if object.is_none() {
        *answer.status_mut() = StatusCode::NOT_FOUND;
    }
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    answer
}
