//! `evergate presign KEY`: a URL signed now, with the credentials of the configuration.

use super::args::PresignArguments;
use super::{Exit, bucket_of, fail, load, written};
use crate::access::Permit;
use crate::clock::Clock;
use crate::config::{self, BucketConfig, Environment, OriginConfig, Source};
use crate::credentials::{self, Credentials, CredentialsUnavailable, Snapshot};
use crate::resolve::Target;
use crate::route::Bucket;
use crate::s3::{ObjectKey, Operation};
use crate::sigv4::PresignRequest;
use crate::telemetry::BucketMetrics;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for credentials that come from elsewhere.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the command.
pub(super) fn run(arguments: &PresignArguments) -> Exit {
    let environment = Environment::of_process();
    let loaded = match load(&Source::find(arguments.file.config.clone(), &environment), &environment) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let key = match ObjectKey::parse(&arguments.key) {
        Ok(key) => key,
        Err(refused) => {
            return fail(
                Exit::Usage,
                &format!("the key {:?} is refused: {refused}", arguments.key),
            );
        }
    };
    if key.as_str().starts_with('/') {
        // Nothing can be done about a closed terminal.
        let _ = writeln!(
            io::stderr(),
            "warning: the key starts with \"/\", which keys seldom do; it is a part of the key"
        );
    }
    match bucket_of(&loaded.config, arguments.bucket.as_deref()) {
        Ok(bucket) => presign(bucket, key, arguments),
        Err(sentence) => fail(Exit::Usage, &sentence),
    }
}

fn presign(bucket: &BucketConfig, key: ObjectKey, arguments: &PresignArguments) -> Exit {
    let OriginConfig::Server(server) = &bucket.origin else {
        let sentence = format!(
            "bucket {} is embedded: its keys live only inside a running gateway",
            bucket.id.as_str()
        );
        return fail(Exit::Usage, &sentence);
    };
    let clock = Clock::system();
    let snapshot = match credentials_now(bucket, server, &clock) {
        Ok(snapshot) => snapshot,
        Err(unavailable) => return fail(Exit::NoPermission, &unavailable),
    };
    let permit = Permit::operator(Arc::new(Bucket::new(0, bucket, server)), key, Operation::GetObject);
    let target = Target::streamed(permit);
    let permit = target.permit();
    let expires = arguments.expires.unwrap_or(bucket.url_expiry);
    let now = clock.now();
    let place = permit.bucket().place();
    let url = snapshot.signing.presign(&PresignRequest {
        method: &permit.operation().method(),
        address: &place.address,
        region: &place.region,
        key: permit.key(),
        query: &target.query(),
        signed_at: now,
        expires,
    });
    if let Some(end) = snapshot.expires_at().filter(|end| *end < now.plus(expires)) {
        let left = humantime::format_duration(end.since(now));
        // Nothing can be done about a closed terminal.
        let _ = writeln!(
            io::stderr(),
            "warning: the credentials end in {left}, and the URL with them"
        );
    }
    let line = if arguments.curl {
        format!("curl --fail --output {} '{url}'", quoted(file_name(permit.key())))
    } else {
        url
    };
    written(&writeln!(io::stdout(), "{line}"))
}

fn credentials_now(
    bucket: &BucketConfig,
    server: &config::ServerConfig,
    clock: &Clock,
) -> Result<Arc<Snapshot>, Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let metrics = Arc::new(BucketMetrics::new(bucket.id.as_str()));
    let (region, config) = (&server.region, &server.credentials);
    let credentials = credentials::start(&bucket.id, region, config, clock, &metrics, runtime.handle());
    runtime.block_on(async {
        // The first word from the sources is the answer: a person waits here, who can try again.
        let unasked = reason(&credentials);
        let loaded = async {
            while unasked.is_some() && reason(&credentials) == unasked {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        // What is missing is said below.
        let _ = tokio::time::timeout(PATIENCE, loaded).await;
    });
    credentials
        .current()
        .map_err(|unavailable: CredentialsUnavailable| unavailable.into())
}

/// Why there is nothing to sign with, if there is nothing.
fn reason(credentials: &Credentials) -> Option<Arc<str>> {
    credentials.current().err().map(|unavailable| unavailable.reason)
}

fn file_name(key: &ObjectKey) -> &str {
    key.as_str()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty())
        .unwrap_or("download")
}

/// Quotes for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
