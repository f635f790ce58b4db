//! What the last answer about a key that can't be there says about signature, region, address style and bucket.

use super::bucket::Subjects;
use super::lines::{Level, Lines, Subject};
use super::settle::named_region;
use super::trial::{Asked, Trial};
use super::verdict::Verdict;
use crate::cli::Exit;
use crate::config::CredentialsConfig;
use crate::s3::AddressStyle;

/// Writes what `asked` says.
pub(super) fn tell(subjects: Subjects<'_>, trial: &Trial, asked: &Asked, lines: &mut Lines) {
    let settings = subjects.settings;
    let name = &subjects.config.name;
    let refused = Level::Fail(Exit::NoPermission);
    let wrong = Level::Fail(Exit::Config);
    let endpoint = || {
        settings.at(
            where_the_server_is(subjects),
            "is this an S3 server, and the right one?",
        )
    };
    match &asked.verdict {
        Verdict::Missing => {
            tell_signature(subjects, lines);
            tell_place(subjects, trial, asked, lines);
            lines.add(Subject::Bucket, Level::Ok, format!("{name} answers"));
        }
        // AWS looks at the signature first and says what is wrong with it; others (Ceph) deny access for that too.
        Verdict::Denied if subjects.server.endpoint.is_aws() || is_anonymous(subjects) => {
            tell_signature(subjects, lines);
            tell_place(subjects, trial, asked, lines);
            lines.add(Subject::Bucket, Level::Ok, format!("{name} answers, and denies access"));
        }
        Verdict::Denied => {
            let text = "not told: access is denied, which may be for wrong keys as much as for a missing right";
            lines.add(Subject::Signature, Level::Warn, text).remedy(settings.at(
                "credentials",
                "are these keys for this server, and are they still active?",
            ));
            tell_place(subjects, trial, asked, lines);
        }
        Verdict::NoBucket => {
            tell_signature(subjects, lines);
            lines
                .add(Subject::Bucket, wrong, format!("there is no bucket {name}"))
                .remedy(settings.at("name", "is this what the bucket is called at this server?"));
        }
        Verdict::WrongKeyId => {
            lines
                .add(Subject::Signature, refused, "the origin knows no such access key id")
                .remedy(settings.at(
                    "credentials.access_key_id",
                    "are these keys for this server, and are they still active?",
                ));
        }
        Verdict::WrongSignature => {
            lines
                .add(Subject::Signature, refused, "the secret does not belong to the access key id")
                .remedy(settings.at(
                    "credentials.secret_access_key",
                    "is the secret complete? If it is, does something between here and the server rewrite Host or path?",
                ));
        }
        Verdict::WrongToken(told) => {
            lines
                .add(
                    Subject::Signature,
                    refused,
                    format!("the session token is no good ({told})"),
                )
                .remedy(settings.at(
                    "credentials",
                    "temporary credentials come from the chain, which renews them; a pasted token ends within hours",
                ));
        }
        // The line about the clock says it.
        Verdict::Skewed => {}
        Verdict::Elsewhere(named) => tell_elsewhere(subjects, trial, named.as_ref().map(ToString::to_string), lines),
        Verdict::Throttled => {
            lines.add(
                Subject::Bucket,
                Level::Warn,
                "the origin asks to slow down: ask again later for the rest",
            );
        }
        Verdict::Broken(told) => {
            let text = format!("the origin is broken: {told}");
            lines.add(Subject::Bucket, Level::Fail(Exit::Unavailable), text);
        }
        Verdict::Found => {
            let text = "the server answers 200 for a key that nobody has ever used: this is no S3 bucket";
            lines.add(Subject::Bucket, wrong, text).remedy(endpoint());
        }
        Verdict::Strange(told) => {
            lines
                .add(Subject::Bucket, wrong, format!("the server {told}"))
                .remedy(endpoint());
        }
    }
}

pub(super) fn is_anonymous(subjects: Subjects<'_>) -> bool {
    matches!(subjects.server.credentials, CredentialsConfig::Anonymous)
}

pub(super) fn tell_signature(subjects: Subjects<'_>, lines: &mut Lines) {
    let (level, text) = if is_anonymous(subjects) {
        (Level::Info, "none: requests are not signed")
    } else {
        (Level::Ok, "accepted")
    };
    lines.replace(Subject::Signature, level, text);
}

fn tell_place(subjects: Subjects<'_>, trial: &Trial, asked: &Asked, lines: &mut Lines) {
    let region = &subjects.server.region;
    if !lines.has(Subject::Region) {
        match named_region(asked) {
            Some(named) if named == *region => {
                lines.add(Subject::Region, Level::Ok, format!("{region}, says the origin"))
            }
            Some(named) => lines
                .add(
                    Subject::Region,
                    Level::Warn,
                    format!("{region} is accepted, but the origin names {named}"),
                )
                .remedy(subjects.settings.write("region", named.as_str())),
            None => lines.add(Subject::Region, Level::Ok, format!("{region} is accepted")),
        };
    }
    if !lines.has(Subject::PathStyle) {
        let text = match trial.style {
            AddressStyle::Path => "path style works",
            AddressStyle::VirtualHosted => "virtual-hosted style works",
        };
        lines.add(Subject::PathStyle, Level::Ok, text);
    }
}

/// The origin wants another region, and it can't be followed.
fn tell_elsewhere(subjects: Subjects<'_>, trial: &Trial, named: Option<String>, lines: &mut Lines) {
    let (settings, configured) = (subjects.settings, &subjects.server.region);
    let wrong = Level::Fail(Exit::Config);
    let signed = trial.bucket.place().region.clone();
    match named {
        Some(named) if named == signed.as_str() => {
            let text = format!("the origin refuses the region {signed}, and names it in the same breath");
            lines
                .add(Subject::Region, wrong, text)
                .remedy(settings.at(where_the_server_is(subjects), "is this the endpoint of that region?"));
        }
        Some(named) => {
            let host = subjects.server.endpoint.authority();
            let text = format!("the bucket is in {named}, which {host} does not serve");
            lines
                .add(Subject::Region, wrong, text)
                .remedy(settings.write("region", &named));
            if settings.is_written("endpoint") {
                lines.remedy(settings.at("endpoint", "name the endpoint of that region, or leave it out for AWS"));
            }
        }
        None => {
            let text = format!("the origin refuses the region {configured}, and names no other");
            lines
                .add(Subject::Region, wrong, text)
                .remedy(settings.at("region", "write what the server's own configuration calls it"));
        }
    }
}

fn where_the_server_is(subjects: Subjects<'_>) -> &'static str {
    if subjects.settings.is_written("endpoint") {
        "endpoint"
    } else {
        "region"
    }
}
