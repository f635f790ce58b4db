//! `evergate check --online`: asks every origin what a configuration can't know of itself, and says which line to change.

use super::bucket::{self, Subjects};
use super::lines::{Level, Lines, Subject, Tally};
use super::remedy::Settings;
use super::trial::Kit;
use crate::cli::Exit;
use crate::clock::Clock;
use crate::config::{BucketConfig, Environment, Loaded, OriginConfig, RouteConfig, Source};
use crate::fetch::{OriginTls, Prober, TlsError};
use crate::s3::AddressStyle;
use futures_util::StreamExt;
use futures_util::stream;
use std::io::{self, Write};
use std::time::Duration;

/// The longest that the checks of one bucket may take.
const DEADLINE: Duration = Duration::from_secs(28);
/// How many buckets are asked at once.
const AT_ONCE: usize = 64;

/// Why nothing could be asked.
#[derive(Debug, thiserror::Error)]
pub enum OnlineError {
    /// No TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No runtime, or nowhere to write to.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What is checked.
#[derive(Clone, Copy, Debug)]
pub struct Online<'a> {
    /// The configuration, and where its settings stand.
    pub loaded: &'a Loaded,
    /// Where it came from.
    pub source: &'a Source,
    /// The environment that it was read in.
    pub env: &'a Environment,
    /// The time of day.
    pub clock: &'a Clock,
}

/// Asks all origins at once and writes a line for each check to `out`, bucket by bucket. Takes at most half a minute
/// for up to 64 buckets. Returns the exit of the first failure.
///
/// # Errors
/// When TLS or a runtime can't be set up, and those of the writer.
pub fn check(online: Online<'_>, out: &mut impl Write) -> Result<Exit, OnlineError> {
    let tls = OriginTls::load(&[])?;
    let prober = Prober::new(&tls);
    let kit = Kit {
        prober: &prober,
        tls: &tls,
        clock: online.clock,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut tally = Tally::default();
    runtime.block_on(async {
        let buckets = online.loaded.config.buckets.iter().enumerate();
        let mut checked = stream::iter(buckets)
            .map(|(index, bucket)| one(online, kit, index, bucket))
            .buffered(AT_ONCE);
        while let Some(lines) = checked.next().await {
            lines.write(&mut tally, out)?;
        }
        io::Result::Ok(())
    })?;
    // Name lookups that still wait are nobody's business any more.
    runtime.shutdown_background();
    Ok(tally.finish(out)?)
}

async fn one(online: Online<'_>, kit: Kit<'_>, index: usize, bucket: &BucketConfig) -> Lines {
    let id = bucket.id.as_str();
    let server = match &bucket.origin {
        OriginConfig::Server(server) => server,
        OriginConfig::Embedded(folder) => {
            let mut lines = Lines::new(id.to_owned());
            let text = format!(
                "held in {}, by the gateway itself; there is nothing to ask",
                folder.display()
            );
            lines.add(Subject::Embedded, Level::Info, text);
            return lines;
        }
    };
    let style = match server.style {
        AddressStyle::Path => "path style",
        AddressStyle::VirtualHosted => "virtual-hosted style",
    };
    let mut lines = Lines::new(format!("{id}: bucket {} at {}, {style}", bucket.name, server.endpoint));
    let routes: Vec<(usize, &RouteConfig)> = (online.loaded.config.routes.iter().enumerate())
        .filter(|(_, route)| route.bucket == index)
        .collect();
    let subjects = Subjects {
        config: bucket,
        server,
        routes: &routes,
        settings: Settings {
            places: &online.loaded.places,
            source: online.source,
            bucket: &bucket.id,
        },
        env: online.env,
        kit,
    };
    if tokio::time::timeout(DEADLINE, bucket::check(subjects, &mut lines))
        .await
        .is_err()
    {
        let text = format!("the rest was not asked: {} s have passed", DEADLINE.as_secs());
        lines.add(Subject::Deadline, Level::Fail(Exit::Unavailable), text);
    }
    for subject in [
        Subject::Signature,
        Subject::Region,
        Subject::PathStyle,
        Subject::Bucket,
        Subject::Read,
    ] {
        if !lines.has(subject) && (subject != Subject::Read || !routes.is_empty()) {
            lines.add(subject, Level::Skip, "can't be told yet");
        }
    }
    lines
}
