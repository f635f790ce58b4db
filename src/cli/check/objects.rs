//! Whether objects may be read: keys below each route's prefix, each route's fallback, and what browsers may do.

use super::bucket::Subjects;
use super::lines::{Level, Lines, Subject};
use super::trial::Trial;
use super::verdict::Verdict;
use super::{conclude, keys};
use crate::cli::Exit;
use crate::config::{Delivery, RouteConfig};
use crate::s3::{KeyPrefix, ObjectKey};
use crate::sigv4::Signer;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderValue, Method};
use std::collections::BTreeMap;

/// The most prefixes, and the most fallbacks, that are asked for: each is a request or two.
const MOST: usize = 16;
/// A site that no CORS rule names; only a rule for everyone covers it.
const SOMEBODY: &str = "https://cors-check.invalid";

/// Checks all of them; of routes with one prefix, the first is named.
pub(super) async fn check(subjects: Subjects<'_>, trial: &Trial, signer: Option<&Signer>, lines: &mut Lines) {
    let readable = fallbacks(subjects, trial, signer, lines).await;
    if !readable.is_empty() {
        // An object that was read says more than a refusal elsewhere.
        conclude::tell_signature(subjects, lines);
        lines.replace(Subject::Bucket, Level::Ok, format!("{} answers", subjects.config.name));
    }
    prefixes(subjects, trial, signer, &readable, lines).await;
    if subjects
        .routes
        .iter()
        .any(|(_, route)| route.delivery != Delivery::Stream)
    {
        cors(subjects, trial, lines).await;
    }
}

/// Returns the prefixes below which an object was found.
async fn fallbacks<'a>(
    subjects: Subjects<'a>,
    trial: &Trial,
    signer: Option<&Signer>,
    lines: &mut Lines,
) -> Vec<&'a KeyPrefix> {
    let with_fallback = |(number, route): &(usize, &'a RouteConfig)| {
        let route = *route;
        Some((route.fallback.as_ref()?.as_str(), (*number, route)))
    };
    let distinct: BTreeMap<_, _> = subjects.routes.iter().rev().filter_map(with_fallback).collect();
    let mut readable = Vec::new();
    for (number, route) in distinct.into_values().take(MOST) {
        let Some(key) = &route.fallback else { continue };
        if fallback(subjects, trial, signer, (number, route, key), lines).await {
            readable.push(&route.prefix);
        }
    }
    readable
}

async fn fallback(
    subjects: Subjects<'_>,
    trial: &Trial,
    signer: Option<&Signer>,
    (number, route, key): (usize, &RouteConfig, &ObjectKey),
    lines: &mut Lines,
) -> bool {
    let (shown, path) = (key.as_str(), &route.path);
    let (level, text, advice) = match trial.ask(Method::HEAD, key, signer, subjects.kit).await {
        Ok(asked) => match asked.verdict {
            Verdict::Found => {
                lines.add(Subject::Fallback, Level::Ok, format!("{shown} is there, for {path}"));
                return true;
            }
            Verdict::Missing => (
                Level::Fail(Exit::Config),
                format!("{shown} is missing, for {path}"),
                "upload it, or name another object",
            ),
            Verdict::Denied => (
                Level::Fail(Exit::NoPermission),
                format!("{shown} may not be read, or is missing, for {path}"),
                "upload it, and allow s3:GetObject for it",
            ),
            other => (Level::Warn, format!("{shown}, for {path}: {other}"), "ask again"),
        },
        Err(error) => (Level::Warn, format!("{shown}, for {path}: {error}"), "ask again"),
    };
    lines
        .add(Subject::Fallback, level, text)
        .remedy(subjects.settings.at_route(number, "fallback", advice));
    false
}

async fn prefixes(
    subjects: Subjects<'_>,
    trial: &Trial,
    signer: Option<&Signer>,
    readable: &[&KeyPrefix],
    lines: &mut Lines,
) {
    let distinct: BTreeMap<&str, (usize, &KeyPrefix)> = subjects
        .routes
        .iter()
        .rev()
        .map(|(number, route)| (route.prefix.as_str(), (*number, &route.prefix)))
        .collect();
    for (number, prefix) in distinct.into_values().take(MOST) {
        let Some(key) = keys::missing(Some(prefix)) else {
            continue;
        };
        let below = match prefix.as_str() {
            "" => "any key".to_owned(),
            prefix => format!("keys below {prefix}"),
        };
        match trial
            .ask(Method::GET, &key, signer, subjects.kit)
            .await
            .map(|asked| asked.verdict)
        {
            Ok(Verdict::Missing) => {
                lines.add(Subject::Read, Level::Ok, format!("{below} may be read"));
            }
            Ok(Verdict::Denied) => denied(subjects, &below, (number, prefix), readable.contains(&prefix), lines),
            Ok(other) => {
                lines.add(Subject::Read, Level::Warn, format!("{below}: {other}"));
            }
            Err(error) => {
                lines.add(Subject::Read, Level::Warn, format!("{below}: {error}"));
            }
        }
    }
}

/// A missing key is 403 to whoever may not list the bucket; so this says for sure only that one of the two is missing.
fn denied(
    subjects: Subjects<'_>,
    below: &str,
    (number, prefix): (usize, &KeyPrefix),
    readable: bool,
    lines: &mut Lines,
) {
    let name = &subjects.config.name;
    let list = format!("allow s3:ListBucket on {name}: without it a missing key can't be told from a forbidden one");
    if readable {
        let text = format!("{below} may be read, but missing ones are answered 403: no fallback for them");
        lines.add(Subject::Read, Level::Warn, text).remedy(list);
        return;
    }
    if conclude::is_anonymous(subjects) {
        let text = format!("{below} may not be read by everybody");
        lines.add(Subject::Read, Level::Fail(Exit::NoPermission), text).remedy(
            subjects
                .settings
                .at("credentials", "write credentials here, or make the bucket public"),
        );
        return;
    }
    let get = format!("allow s3:GetObject on {name}/{}*", prefix.as_str());
    lines
        .add(
            Subject::Read,
            Level::Fail(Exit::NoPermission),
            format!("{below} may not be read"),
        )
        .remedy(subjects.settings.at_route(number, "prefix", &get))
        .remedy(list);
}

/// Asks as a browser does before a script of another site reads an object. Told for information: pictures need no CORS.
async fn cors(subjects: Subjects<'_>, trial: &Trial, lines: &mut Lines) {
    let prefix = subjects.routes.first().map(|(_, route)| &route.prefix);
    let Some(key) = keys::missing(prefix) else { return };
    let headers = HeaderMap::from_iter([
        (ORIGIN, HeaderValue::from_static(SOMEBODY)),
        (ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("GET")),
    ]);
    let host = trial.bucket.place().address.host().to_owned();
    let url = trial.bare_url(&key);
    let text = match subjects.kit.prober.ask(Method::OPTIONS, &url, &host, headers).await {
        Ok(answer) if answer.headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) => {
            "scripts of every site may read what redirects lead to".to_owned()
        }
        Ok(_) => {
            "scripts of other sites can't read what redirects lead to, unless a CORS rule names their site; links, \
                  <img> and <video> work"
                .to_owned()
        }
        Err(error) => format!("unknown: {error}"),
    };
    lines.add(Subject::Cors, Level::Info, text);
}
