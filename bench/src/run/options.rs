//! The options of `run`, and the plan that they make.

use super::keys::{self, Listed};
use crate::error::BenchError;
use crate::load::{Ask, Content, Expect, Follow, Pace, Part, Pick, Plan, Protocol, Status, Target, Turn, Watch};
use crate::process::{Cores, Tree};
use clap::Args;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Makes load on a deployment of yours and says how fast it answers, and whether rightly.
///
/// Without --rate the load is closed: each connection asks again as soon as it was answered, which shows how much a server can do.
/// With --rate requests are due at fixed times whatever the server does, and latencies count from then: that is how long people wait.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct Arguments {
    /// The server, such as `https://files.example.com`
    #[arg(long, value_name = "URL")]
    target: String,
    /// A file with one key, path or URL a line, the most popular first; after a tab its length, after another its SHA-256. Lines
    /// of sha256sum do, too
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "generate",
        conflicts_with = "generate"
    )]
    keys: Option<PathBuf>,
    /// Ask for so many keys, 1 and on
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    generate: Option<u32>,
    /// What path a key has
    #[arg(long, value_name = "TEMPLATE", default_value = "/{key}")]
    path: String,
    /// Requests a second
    #[arg(long, value_name = "R")]
    rate: Option<f64>,
    /// How long it is measured, such as 30s
    #[arg(long, value_name = "D", default_value = "10s", value_parser = humantime::parse_duration)]
    duration: Duration,
    /// How long the load lasts before that
    #[arg(long, value_name = "D", default_value = "2s", value_parser = humantime::parse_duration)]
    warm_up: Duration,
    /// End after so many requests
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    most_requests: Option<u64>,
    /// Connections that are held
    #[arg(long, value_name = "C", default_value = "64")]
    connections: NonZeroUsize,
    /// Speak HTTP/2; in the clear with prior knowledge
    #[arg(long)]
    h2: bool,
    /// Requests at once on each HTTP/2 connection
    #[arg(long, value_name = "N", default_value = "8", requires = "h2")]
    streams: NonZeroUsize,
    /// Make a new connection after so many requests
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    requests_per_connection: Option<u64>,
    /// Fetch what redirects lead to, and check it
    #[arg(long)]
    follow: bool,
    /// The share of requests for a range of the object, 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    range_share: f64,
    /// The share of requests with If-None-Match, 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    conditional_share: f64,
    /// How popular the first keys are: the n-th is asked for in proportion to 1/n^E
    #[arg(long, value_name = "E", default_value = "1.0")]
    zipf: f64,
    /// Ask for one key after the other instead
    #[arg(long, conflicts_with = "zipf")]
    in_order: bool,
    /// The status that is right. Else a redirect is, and any 2xx
    #[arg(long, value_name = "STATUS")]
    status: Option<StatusCode>,
    /// Do not compare bodies with the first one of the same key, where the list knows nothing of them
    #[arg(long)]
    no_check: bool,
    /// A header of each request, such as 'Cookie: session=1'. May be given several times
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(HeaderName, HeaderValue)>,
    /// Ask for heads only
    #[arg(long)]
    head: bool,
    /// How long a request may take
    #[arg(long, value_name = "D", default_value = "10s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// What chance is made from: the same seed asks for the same
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
    /// The cores for the load, such as 2-3
    #[arg(long, value_name = "LIST")]
    cores: Option<Cores>,
    /// The server's process, when it is on this machine: what it uses is read
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
    /// How many cores the server may use
    #[arg(long, value_name = "N", default_value = "1", requires = "pid")]
    server_cores: NonZeroUsize,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as a page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// The options as they are used.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) plan: Plan,
    pub(super) title: String,
    pub(super) rate: Option<f64>,
    /// What is said when bodies are not checked.
    pub(super) unchecked: Option<&'static str>,
    pub(super) json: Option<PathBuf>,
    pub(super) html: Option<PathBuf>,
}

impl Options {
    pub(super) fn of(arguments: Arguments) -> Result<Self, BenchError> {
        let listed = match (&arguments.keys, arguments.generate) {
            (Some(file), _) => keys::read(file, &arguments.path)?,
            (None, count) => keys::generate(count.unwrap_or(1), &arguments.path)?,
        };
        let known = listed.iter().filter(|listed| listed.content.is_some()).count();
        let title = format!("{} keys of {}", listed.len(), arguments.target);
        let whole = 1.0 - arguments.range_share - arguments.conditional_share;
        if whole < 0.0 {
            return Err(BenchError::said(
                "the shares of ranges and of conditions are more than 1 together",
            ));
        }
        let unchecked = (arguments.no_check && known < listed.len())
            .then_some("Bodies were not checked beyond what the list of keys knows of them.");
        let asks: Arc<[Ask]> = arguments.asks(listed).into();
        let shares = [
            (whole, Turn::AsIs),
            (arguments.range_share, Turn::Range),
            (arguments.conditional_share, Turn::Conditional),
        ];
        let pick = arguments.pick();
        let parts = shares
            .into_iter()
            .filter(|(share, _)| *share > 0.0)
            .map(|(share, turn)| Part {
                share,
                turn,
                ..Part::all(Arc::clone(&asks), pick)
            });
        let target = Target::parse(&arguments.target).map_err(crate::load::LoadError::from)?;
        let plan = Plan {
            protocol: arguments.protocol(),
            connections: arguments.connections.get(),
            pace: arguments.rate.map_or(Pace::Closed, |rate| Pace::Open { rate }),
            requests_per_connection: arguments.requests_per_connection,
            follow: if arguments.follow {
                Follow::Always
            } else {
                Follow::Never
            },
            warm_up: arguments.warm_up,
            duration: arguments.duration,
            most_requests: arguments.most_requests,
            timeout: arguments.timeout,
            seed: arguments.seed,
            cores: arguments.cores,
            server: arguments.pid.map(|pid| Watch {
                tree: Tree::of(pid),
                cores: arguments.server_cores.get(),
            }),
            ..Plan::new(target, parts.collect())
        };
        Ok(Self {
            plan,
            title,
            rate: arguments.rate,
            unchecked,
            json: arguments.json,
            html: arguments.html,
        })
    }
}

impl Arguments {
    fn asks(&self, listed: Vec<Listed>) -> Vec<Ask> {
        let status = self.status.map_or(Status::Object, Status::Exactly);
        let headers: HeaderMap = self.header.iter().cloned().collect();
        let unknown = if self.no_check { Content::Any } else { Content::Same };
        let ask = |listed: Listed| Ask {
            method: if self.head { Method::HEAD } else { Method::GET },
            headers: headers.clone(),
            ..Ask::get(
                listed.path,
                Expect {
                    status,
                    content: listed.content.unwrap_or_else(|| unknown.clone()),
                },
            )
        };
        listed.into_iter().map(ask).collect()
    }

    fn pick(&self) -> Pick {
        if self.in_order {
            Pick::InOrder
        } else {
            Pick::Zipf { exponent: self.zipf }
        }
    }

    fn protocol(&self) -> Protocol {
        if self.h2 {
            Protocol::Http2 { streams: self.streams }
        } else {
            Protocol::Http1
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "it has to be a number from 0 to 1".to_owned())
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("it has to be a name, a colon and a value")?;
    let name = name.trim().parse::<HeaderName>().map_err(|error| error.to_string())?;
    let value = value.trim().parse::<HeaderValue>().map_err(|error| error.to_string())?;
    Ok((name, value))
}
