//! Secrets: only from `${NAME}` or `file:/path`, never in the file itself.

use super::document::Entry;
use super::fields;
use super::key_files::{self, KeyPart};
use super::report::{Report, Wrong};
use super::text::{Origin, Text};
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;

/// A part of a key pair as it was found.
pub(super) struct Found {
    /// What it is now.
    pub(super) value: SecretString,
    /// The file that holds it, if one does: it may change there.
    file: Option<PathBuf>,
}

impl Found {
    fn given(value: &str) -> Self {
        Self {
            value: value.into(),
            file: None,
        }
    }

    /// Whether it stands in a file.
    pub(super) fn is_in_file(&self) -> bool {
        self.file.is_some()
    }

    /// Where it is to be found again.
    pub(super) fn into_part(self) -> KeyPart {
        match self.file {
            Some(path) => KeyPart::File(path),
            None => KeyPart::Given(self.value),
        }
    }
}

/// Reads a secret. `None` when a variable's absence left nothing, or when it is wrong and reported.
pub(super) fn secret(entry: &Entry, report: &mut Report<'_>) -> Option<Found> {
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
            secret => Some(Found::given(secret)),
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

/// The fewest characters of a secret that others show to the gateway: so many can't be guessed by trying.
const FEWEST: usize = 16;
/// The most: anything longer is something else.
const LONGEST: usize = 1024;

/// Reads a secret that others show to the gateway, or sign for it with: visible ASCII, and long enough.
pub(super) fn long_secret(entry: &Entry, report: &mut Report<'_>) -> Option<Found> {
    let found = secret(entry, report)?;
    let text = found.value.expose_secret();
    // The caret marks the name: how long the value is, is said well enough by words.
    let problem = if text.len() < FEWEST {
        "has fewer than 16 characters"
    } else if text.len() > LONGEST {
        "has more than 1,024 characters"
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        "holds blanks or characters outside ASCII"
    } else {
        return Some(found);
    };
    report.fault(
        &entry.name_place,
        format!("the secret of \"{}\" {problem}", entry.name),
        "take a random one: `evergate client new NAME` issues key pairs, `openssl rand -hex 32` anything else",
    );
    None
}

/// Reads what is no secret but may be kept beside one: the text itself, or what the file of a `file:` reference holds.
pub(super) fn text_or_file(entry: &Entry, report: &mut Report<'_>) -> Option<Found> {
    let text = fields::present(entry, report, |text| Ok(text.clone()))?;
    match file_reference(&text) {
        Some(_) => secret(entry, report),
        None => Some(Found::given(text.as_str().trim())),
    }
}

/// Returns the path of a `file:/path` that was written as such; a variable's value is never taken for one.
fn file_reference(text: &Text) -> Option<&str> {
    match text.origin() {
        Origin::Variable(_) => None,
        Origin::Literal | Origin::Default(_) | Origin::Mixed(_) => text.as_str().strip_prefix("file:"),
    }
}

fn read(path: &str, report: &mut Report<'_>) -> Result<Found, Wrong> {
    let file = report.resolve(path);
    report.watch(file.clone());
    let value = key_files::read(&file).map_err(|reason| {
        Wrong::new(
            format!("the secret's file {} can't be used: {reason}", file.display()),
            "create it, holding the secret alone, readable by the gateway's user",
        )
    })?;
    Ok(Found {
        value,
        file: Some(file),
    })
}
