//! One value of the configuration after interpolation, and where its text came from.
//!
//! The origin matters three times: a secret may not stand in the file, a bare number of seconds is taken only from
//! `S3_URL_EXPIRY_SECONDS`, and a value that came from a secret's variable is never repeated to anyone.

use std::fmt;

/// A value: its text, and where it came from.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Text {
    value: Box<str>,
    origin: Origin,
}

/// Where a value's text came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Written in the file.
    Literal,
    /// The value of one variable, and nothing else.
    Variable(Box<str>),
    /// One `${NAME:-default}` and nothing else, and the default was used.
    Default(Box<str>),
    /// Literal text and variables, or several variables: the names of those that were set.
    Mixed(Vec<Box<str>>),
}

impl Text {
    /// Takes text and its origin.
    pub(super) fn new(value: impl Into<Box<str>>, origin: Origin) -> Self {
        Self {
            value: value.into(),
            origin,
        }
    }

    /// Returns the text.
    pub(super) fn as_str(&self) -> &str {
        &self.value
    }

    /// Returns where it came from.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Tells whether nothing was given: an empty text that a variable's absence made, not one that was written as `""`.
    pub(super) fn is_absent(&self) -> bool {
        self.value.is_empty() && self.origin != Origin::Literal
    }

    /// Returns whether the text is the variable `name`'s, or the default written for it.
    pub(super) fn comes_from(&self, name: &str) -> bool {
        matches!(&self.origin, Origin::Variable(n) | Origin::Default(n) if &**n == name)
    }

    /// Tells whether a variable that sounds secret is part of it.
    pub(super) fn may_be_secret(&self) -> bool {
        self.secret_variable().is_some()
    }

    fn secret_variable(&self) -> Option<&str> {
        let names: &[Box<str>] = match &self.origin {
            Origin::Literal | Origin::Default(_) => &[],
            Origin::Variable(name) => std::slice::from_ref(name),
            Origin::Mixed(names) => names,
        };
        names.iter().find(|name| sounds_secret(name)).map(|name| &**name)
    }

    /// Returns advice that repeats the text, or, when it may be secret, advice that does not.
    pub(super) fn advice(&self, repeating: impl FnOnce(&str) -> String, otherwise: &str) -> String {
        if self.may_be_secret() {
            otherwise.to_owned()
        } else {
            repeating(&self.value)
        }
    }

    /// Returns the text for a message: quoted, shortened, without control characters; only named when it may be secret.
    pub(super) fn shown(&self) -> String {
        if let Some(name) = self.secret_variable() {
            return format!("the value of {name}");
        }
        let quoted = quoted(&self.value);
        match &self.origin {
            Origin::Variable(name) => format!("{quoted} (from {name})"),
            _ => quoted,
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({:?})", self.origin)
    }
}

/// Returns text in quotes, cut after 80 characters, without control characters and without a URL's user and password.
pub(super) fn quoted(text: &str) -> String {
    let text = super::mask::user_info(text);
    let mut shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    if text.chars().nth(80).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

/// Tells whether a variable's name says that its value is not for everyone.
fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["SECRET", "TOKEN", "PASSW", "KEY", "CREDENTIAL"]
        .iter()
        .any(|word| name.contains(word))
}
