//! Asks for a key that can't be there until the origin's answer is about the key: setting clock, region and address
//! style right on the way, and saying so.

use super::bucket::Subjects;
use super::conclude;
use super::lines::{Level, Lines, Subject};
use super::trial::{Asked, Trial};
use super::verdict::{self, Verdict};
use crate::cli::Exit;
use crate::clock::Timestamp;
use crate::route::{Learned, origin_date};
use crate::s3::{AddressStyle, ObjectKey, Region};
use crate::sigv4::Signer;
use http::Method;
use std::time::Duration;

/// Once as configured, and once more for each of clock, region and style.
const ROUNDS: usize = 5;
/// What clocks may differ by without a word.
const FINE: Duration = Duration::from_secs(30);
/// What S3 lets pass.
const TOLERATED: Duration = Duration::from_mins(15);

/// Returns the trial that got furthest, and what it was told; `None` without an answer.
pub(super) async fn settle(
    subjects: Subjects<'_>,
    mut trial: Trial,
    key: &ObjectKey,
    signer: Option<&Signer>,
    lines: &mut Lines,
) -> (Trial, Option<Verdict>) {
    let mut other = Trial::other_style(subjects.config, subjects.server).filter(|other| other.style != trial.style);
    for _ in 0..ROUNDS {
        let asked = match trial.ask(Method::GET, key, signer, subjects.kit).await {
            Ok(asked) => asked,
            Err(error) => {
                lines.add(Subject::Bucket, Level::Fail(Exit::Unavailable), error.to_string());
                return (trial, None);
            }
        };
        if !lines.has(Subject::Clock) {
            tell_clock(subjects, &asked, lines);
        }
        match &asked.verdict {
            Verdict::Skewed => {
                let date = origin_date(&asked.answer.headers);
                if date.map(|date| trial.bucket.learn_offset(date, asked.at)) == Some(Learned::New) {
                    continue;
                }
            }
            Verdict::Elsewhere(Some(region)) if trial.bucket.learn_region(region) == Learned::New => {
                tell_region(subjects, &trial, region, lines);
                continue;
            }
            verdict if may_be_style(verdict, subjects) && !lines.has(Subject::PathStyle) => {
                if let Some(other) = other.take()
                    && works(&other, key, signer, subjects).await
                {
                    tell_style(subjects, &other, lines);
                    trial = other;
                    continue;
                }
            }
            _ => {}
        }
        conclude::tell(subjects, &trial, &asked, lines);
        return (trial, Some(asked.verdict));
    }
    let text = "the origin contradicts itself about its clock, its region or its address";
    lines.add(Subject::Bucket, Level::Fail(Exit::Unavailable), text);
    (trial, None)
}

/// Whether another address style could be what the origin wants. AWS takes both.
fn may_be_style(verdict: &Verdict, subjects: Subjects<'_>) -> bool {
    let puzzled = matches!(
        verdict,
        Verdict::NoBucket | Verdict::Denied | Verdict::WrongSignature | Verdict::Found | Verdict::Strange(_)
    );
    puzzled && !subjects.server.endpoint.is_aws()
}

async fn works(other: &Trial, key: &ObjectKey, signer: Option<&Signer>, subjects: Subjects<'_>) -> bool {
    let asked = other.ask(Method::GET, key, signer, subjects.kit).await;
    asked.is_ok_and(|asked| asked.verdict == Verdict::Missing)
}

fn tell_style(subjects: Subjects<'_>, right: &Trial, lines: &mut Lines) {
    let (wanted, value) = match right.style {
        AddressStyle::Path => ("path style", "true"),
        AddressStyle::VirtualHosted => ("virtual-hosted style", "false"),
    };
    let host = right.bucket.place().address.host().to_owned();
    let text = format!("the bucket is not found as configured; {wanted} at {host} works");
    lines
        .add(Subject::PathStyle, Level::Fail(Exit::Config), text)
        .remedy(subjects.settings.write("path_style", value));
}

fn tell_region(subjects: Subjects<'_>, trial: &Trial, region: &Region, lines: &mut Lines) {
    let configured = &subjects.server.region;
    let (settings, endpoint) = (subjects.settings, &subjects.server.endpoint);
    lines
        .add(
            Subject::Region,
            Level::Fail(Exit::Config),
            format!("the bucket is in {region}, not in {configured}"),
        )
        .remedy(settings.write("region", region.as_str()));
    if endpoint.is_aws() && settings.is_written("endpoint") {
        let host = trial.bucket.place().address.host().to_owned();
        let right = endpoint.in_region(region).map_or(host, |endpoint| endpoint.to_string());
        lines.remedy(settings.write("endpoint", &right));
    }
}

/// Says how far the clocks are apart, by the `Date` of an answer.
fn tell_clock(subjects: Subjects<'_>, asked: &Asked, lines: &mut Lines) {
    let refused = asked.verdict == Verdict::Skewed;
    let Some(date) = origin_date(&asked.answer.headers) else {
        if refused {
            let text = "the origin refuses our time, and does not tell its own";
            lines
                .add(Subject::Clock, Level::Fail(Exit::Config), text)
                .remedy(SET_THE_CLOCK);
        } else {
            lines.add(Subject::Clock, Level::Info, "the origin's answers are not dated");
        }
        return;
    };
    let (apart, direction) = apart(date, asked.at);
    let told = format!("{} {direction} the origin's", humantime::format_duration(apart));
    let half_a_life = subjects.config.url_expiry / 2;
    if refused || apart > TOLERATED {
        lines
            .add(
                Subject::Clock,
                Level::Fail(Exit::Config),
                format!("our clock is {told}, which refuses what is more than 15m off"),
            )
            .remedy(SET_THE_CLOCK);
    } else if apart <= FINE {
        lines.add(Subject::Clock, Level::Ok, "ours and the origin's agree");
    } else if date > asked.at && apart >= half_a_life {
        let life = humantime::format_duration(subjects.config.url_expiry);
        lines
            .add(
                Subject::Clock,
                Level::Fail(Exit::Config),
                format!("our clock is {told}: URLs that live for {life} arrive half dead, or dead"),
            )
            .remedy(SET_THE_CLOCK);
    } else {
        lines
            .add(Subject::Clock, Level::Warn, format!("our clock is {told}"))
            .remedy(SET_THE_CLOCK);
    }
}

const SET_THE_CLOCK: &str = "set this machine's clock, and keep it so by NTP (chrony, systemd-timesyncd)";

fn apart(origin: Timestamp, ours: Timestamp) -> (Duration, &'static str) {
    if origin > ours {
        (origin.since(ours), "behind")
    } else {
        (ours.since(origin), "ahead of")
    }
}

/// What an answer says about its bucket's region, if it does.
pub(super) fn named_region(asked: &Asked) -> Option<Region> {
    verdict::region(&asked.answer, None)
}
