//! The checks of one bucket, from its credentials to its objects. What one finds wrong is set right for the next, where
//! that can be done, so that all faults come in one go.

use super::lines::{Level, Lines, Subject};
use super::remedy::Settings;
use super::trial::{Kit, Trial};
use super::verdict::Verdict;
use super::{credentials, keys, objects, settle};
use crate::cli::Exit;
use crate::config::{BucketConfig, Environment, RouteConfig, ServerConfig};
use crate::fetch::{ReachError, Reached, reach};
use crate::s3::AddressStyle;

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
    let (loaded, reached) = tokio::join!(credentials::load(subjects), reach_either(subjects, configured));
    credentials::tell(subjects, loaded.as_deref().map_err(|reason| &**reason), lines);
    let Some(trial) = tell_reached(subjects, reached, lines) else {
        return;
    };
    let Ok(snapshot) = loaded else {
        return;
    };
    let signer = snapshot.signing.signer();
    let Some(key) = keys::missing(subjects.routes.first().map(|(_, route)| &route.prefix)) else {
        return;
    };
    let (trial, verdict) = settle::settle(subjects, trial, &key, signer, lines).await;
    let signing_time = trial.bucket.signing_time(kit.clock.now());
    let identity = credentials::tell_identity(subjects, &snapshot, signing_time);
    if matches!(verdict, Some(Verdict::Missing | Verdict::Denied)) {
        let (identity, ()) = tokio::join!(identity, objects::check(subjects, &trial, signer, lines));
        identity.write(lines);
    } else {
        identity.await.write(lines);
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
