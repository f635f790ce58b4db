//! Secrets: only from `${NAME}` or `file:/path`, never in the file itself.

use super::document::Entry;
use super::fields;
use super::report::{Report, Wrong};
use super::text::{Origin, Text};
use secrecy::{ExposeSecret, SecretString};
use std::fs;

/// The most bytes that a secret's file may hold; anything larger is some other file.
const MAX_BYTES: u64 = 64 * 1024;

/// Reads a secret. `None` when a variable's absence left nothing, or when it is wrong and reported.
pub(super) fn secret(entry: &Entry, report: &mut Report<'_>) -> Option<SecretString> {
    let text = fields::text(entry, report)?;
    if text.is_absent() {
        return None;
    }
    if let Some(path) = file_reference(text) {
        return read(path, report)
            .map_err(|wrong| report.wrong(&entry.node.place, wrong))
            .ok();
    }
    match text.origin() {
        Origin::Variable(name) => match text.as_str().trim() {
            "" => {
                report.fault(
                    &entry.node.place,
                    format!("{name} holds nothing but blanks"),
                    format!("set {name} to the secret"),
                );
                None
            }
            secret => Some(secret.into()),
        },
        // The caret marks the name, not the value: what the value is must not be shown.
        Origin::Literal | Origin::Default(_) | Origin::Mixed(_) => {
            report.fault(
                &entry.name_place,
                format!("\"{}\" is a secret, and it is written in the file", entry.name),
                format!(
                    "write \"{name}: ${{NAME}}\" to take it from the environment, or \"{name}: file:/path\"; and change \
                     the secret if this file was shared",
                    name = entry.name
                ),
            );
            None
        }
    }
}

/// Reads what is no secret but may be kept beside one: the text itself, or what the file of a `file:` reference holds.
pub(super) fn text_or_file(entry: &Entry, report: &mut Report<'_>) -> Option<String> {
    let text = fields::present(entry, report, |text| Ok(text.clone()))?;
    match file_reference(&text) {
        Some(_) => secret(entry, report).map(|secret| secret.expose_secret().to_owned()),
        None => Some(text.as_str().trim().to_owned()),
    }
}

/// Returns the path of a `file:/path` that was written as such; a variable's value is never taken for one.
fn file_reference(text: &Text) -> Option<&str> {
    match text.origin() {
        Origin::Variable(_) => None,
        Origin::Literal | Origin::Default(_) | Origin::Mixed(_) => text.as_str().strip_prefix("file:"),
    }
}

fn read(path: &str, report: &mut Report<'_>) -> Result<SecretString, Wrong> {
    let file = report.resolve(path);
    report.watch(file.clone());
    let shown = file.display();
    let refused = |reason: String| {
        Wrong::new(
            format!("the secret's file {shown} can't be used: {reason}"),
            "create it, holding the secret alone, readable by the gateway's user",
        )
    };
    let metadata = fs::metadata(&file).map_err(|error| refused(error.to_string()))?;
    if !metadata.is_file() {
        return Err(refused("it is not a regular file".into()));
    }
    if metadata.len() > MAX_BYTES {
        return Err(refused(format!("it holds {} bytes", metadata.len())));
    }
    let secret = fs::read_to_string(&file).map_err(|error| refused(error.to_string()))?;
    match secret.trim() {
        "" => Err(refused("it is empty".into())),
        secret => Ok(secret.into()),
    }
}
