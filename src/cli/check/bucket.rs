//! The checks of one bucket, from its credentials to its objects. What one finds wrong is set right for the next, where
//! that can be done, so that all faults come in one go.

use super::identity::{self, Identity};
use super::lines::{Level, Lines, Subject};
use super::remedy::Settings;
use super::trial::{Kit, Trial};
use super::verdict::Verdict;
use super::{keys, objects, settle};
use crate::cli::Exit;
use crate::clock::Timestamp;
use crate::config::{BucketConfig, CredentialsConfig, Environment, RouteConfig, ServerConfig};
use crate::credentials::{self, Snapshot};
use crate::fetch::{ReachError, Reached, reach};
use crate::s3::AddressStyle;
use crate::telemetry::BucketMetrics;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long to wait for credentials that come from elsewhere.
const PATIENCE: Duration = Duration::from_secs(10);
/// A credential with less left signs no redirect.
const SHORTEST_CREDENTIAL: Duration = Duration::from_mins(2);

/// One bucket, and what is asked about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subjects<'a> {
    pub(super) config: &'a BucketConfig,
    pub(super) server: &'a ServerConfig,
    /// Its routes, with their numbers in the file.
    pub(super) routes: &'a [(usize, &'a RouteConfig)],
    pub(super) settings: Settings<'a>,
    pub(super) env: &'a Environment,
    pub(super) kit: Kit<'a>,
}

/// Runs all checks; writes down what each says as soon as it is known.
pub(super) async fn check(subjects: Subjects<'_>, lines: &mut Lines) {
    let Subjects {
        config, server, kit, ..
    } = subjects;
    let configured = Trial::new(config, server);
    let ((snapshot, reason), reached) = tokio::join!(load(subjects), reach_either(subjects, configured));
    tell_credentials(subjects, snapshot.as_deref(), reason.as_deref(), lines);
    let Some(trial) = tell_reached(subjects, reached, lines) else {
        return;
    };
    let Some(snapshot) = snapshot else {
        return;
    };
    let signer = snapshot.signing.signer();
    let Some(key) = keys::missing(subjects.routes.first().map(|(_, route)| &route.prefix)) else {
        return;
    };
    let (trial, verdict) = settle::settle(subjects, trial, &key, signer, lines).await;
    let signing_time = trial.bucket.signing_time(kit.clock.now());
    let identity = tell_identity(subjects, &snapshot, signing_time);
    if matches!(verdict, Some(Verdict::Missing | Verdict::Denied)) {
        let (identity, ()) = tokio::join!(identity, objects::check(subjects, &trial, signer, lines));
        identity.write(lines);
    } else {
        identity.await.write(lines);
    }
}

/// Returns a snapshot, or why there is none.
async fn load(subjects: Subjects<'_>) -> (Option<Arc<Snapshot>>, Option<Arc<str>>) {
    let (config, server) = (subjects.config, subjects.server);
    let clock = subjects.kit.clock;
    let held = credentials::start(
        &config.id,
        &server.region,
        &server.credentials,
        clock,
        &Arc::new(BucketMetrics::new(config.id.as_str())),
        &Handle::current(),
    );
    let ready = async {
        while !held.ready() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    // What is missing is said below.
    let _ = tokio::time::timeout(PATIENCE, ready).await;
    match held.current() {
        Ok(snapshot) => (Some(snapshot), None),
        Err(unavailable) => (None, Some(unavailable.reason)),
    }
}

fn tell_credentials(subjects: Subjects<'_>, snapshot: Option<&Snapshot>, reason: Option<&str>, lines: &mut Lines) {
    let settings = subjects.settings;
    let from = match subjects.server.credentials {
        CredentialsConfig::Chain => "the provider chain",
        CredentialsConfig::Profile(_) => "the profile",
        CredentialsConfig::AssumeRole(_) => "the role",
        CredentialsConfig::Static(_) => "the configuration",
        CredentialsConfig::Files(_) => "files",
        CredentialsConfig::Anonymous => "nobody",
    };
    let Some(snapshot) = snapshot else {
        let reason = reason.unwrap_or("there are none");
        lines
            .add(
                Subject::Credentials,
                Level::Fail(Exit::NoPermission),
                format!("none from {from}: {reason}"),
            )
            .remedy(settings.at(
                "credentials",
                "give this machine a role or a profile, or write a key pair here",
            ));
        return;
    };
    let Some(credential) = snapshot.signing.credential() else {
        lines.add(
            Subject::Credentials,
            Level::Ok,
            "none: requests are not signed".to_owned(),
        );
        return;
    };
    let id = credential.access_key_id().as_str();
    let now = subjects.kit.clock.now();
    match snapshot.expires_at().map(|end| end.since(now)) {
        None => lines.add(
            Subject::Credentials,
            Level::Ok,
            format!("{id}, from {from}; it does not end"),
        ),
        Some(left) => {
            let level = if left < SHORTEST_CREDENTIAL {
                Level::Warn
            } else {
                Level::Ok
            };
            let left = humantime::format_duration(left);
            lines.add(
                Subject::Credentials,
                level,
                format!("{id}, from {from}; good for {left}"),
            )
        }
    };
}

/// A line that is still to be written.
struct Told(Level, String);

impl Told {
    fn write(self, lines: &mut Lines) {
        lines.add(Subject::Identity, self.0, self.1);
    }
}

async fn tell_identity(subjects: Subjects<'_>, snapshot: &Snapshot, now: Timestamp) -> Told {
    let Some(credential) = snapshot.signing.credential() else {
        return Told(Level::Info, "nobody: requests are not signed".to_owned());
    };
    match identity::ask(credential, subjects.server, subjects.env, subjects.kit.prober, now).await {
        Identity::Known(arn, host) => Told(Level::Ok, format!("{arn}, says {host}")),
        Identity::Untold(why) => Told(Level::Warn, format!("unknown: {why}")),
        Identity::NotAsked(why) => Told(Level::Info, why),
    }
}

/// How far one got, and in which style.
enum Reach {
    /// As configured.
    Configured(Trial, Reached),
    /// Not as configured, for this reason; but in the other style.
    OtherStyle(Trial, Reached, ReachError),
    /// Not at all.
    Not(ReachError),
}

/// Connects in the configured style; where that fails for a virtual-hosted name, in path style.
async fn reach_either(subjects: Subjects<'_>, configured: Trial) -> Reach {
    let tls = subjects.kit.tls;
    let address = configured.bucket.place().address.clone();
    let error = match reach(&address, tls).await {
        Ok(reached) => return Reach::Configured(configured, reached),
        Err(error) => error,
    };
    if configured.style == AddressStyle::VirtualHosted
        && let Some(other) = Trial::other_style(subjects.config, subjects.server)
    {
        let address = other.bucket.place().address.clone();
        if let Ok(reached) = reach(&address, tls).await {
            return Reach::OtherStyle(other, reached, error);
        }
    }
    Reach::Not(error)
}

fn tell_reached(subjects: Subjects<'_>, reach: Reach, lines: &mut Lines) -> Option<Trial> {
    let settings = subjects.settings;
    let configured = Trial::new(subjects.config, subjects.server);
    let host = configured.bucket.place().address.host().to_owned();
    let (trial, reached) = match reach {
        Reach::Configured(trial, reached) => (trial, reached),
        Reach::OtherStyle(trial, reached, error) => {
            let server = trial.bucket.place().address.host().to_owned();
            let what = match error {
                ReachError::Name(_) => "does not resolve",
                ReachError::Connection(_) => "takes no connection",
                ReachError::Tls(_) => "has no valid certificate",
            };
            lines
                .add(
                    Subject::PathStyle,
                    Level::Fail(Exit::Config),
                    format!("{host} {what} ({error}), {server} does: this server wants path style"),
                )
                .remedy(settings.write("path_style", "true"));
            (trial, reached)
        }
        Reach::Not(error) => {
            tell_unreached(settings, &host, &error, lines);
            return None;
        }
    };
    let host = trial.bucket.place().address.host().to_owned();
    if let Some(count) = reached.addresses {
        let plural = if count == 1 { "" } else { "es" };
        lines.add(Subject::Name, Level::Ok, format!("{host} has {count} address{plural}"));
    }
    lines.add(
        Subject::Connection,
        Level::Ok,
        format!("{} takes connections", reached.peer),
    );
    match reached.tls {
        Some(version) => lines.add(
            Subject::Tls,
            Level::Ok,
            format!("{version}, the certificate is good for {host}"),
        ),
        None => lines.add(Subject::Tls, Level::Info, "plain HTTP, as the endpoint says"),
    };
    Some(trial)
}

fn tell_unreached(settings: Settings<'_>, host: &str, error: &ReachError, lines: &mut Lines) {
    let failed = Level::Fail(Exit::Unavailable);
    let field = if settings.is_written("endpoint") {
        "endpoint"
    } else {
        "region"
    };
    match error {
        ReachError::Name(_) => lines
            .add(Subject::Name, failed, format!("{host} does not resolve: {error}"))
            .remedy(settings.at(field, "is this the right server? If so, look at this machine's DNS")),
        ReachError::Connection(_) => lines
            .add(
                Subject::Connection,
                failed,
                format!("{host} takes no connection: {error}"),
            )
            .remedy(settings.at(
                field,
                "is this the right server and port, does it run, does a firewall stand between?",
            )),
        ReachError::Tls(_) => lines
            .add(Subject::Tls, failed, format!("no TLS with {host}: {error}"))
            .remedy(settings.at(
            field,
            "is this the right name (and https)? A private authority belongs into this machine's trust store, or into \
                 the file that SSL_CERT_FILE names",
        )),
    };
}
