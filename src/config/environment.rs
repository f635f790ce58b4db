//! The process environment, read once. Every other room is kept from it by `clippy.toml`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

/// Environment variables at one moment; tests make their own. Values never show in `Debug`.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Value>,
}

/// What a variable holds.
#[derive(Clone)]
enum Value {
    Text(String),
    /// Bytes that are not UTF-8.
    Bytes,
}

/// What looking a variable up says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup<'e> {
    /// Not set.
    Unset,
    /// Set to nothing.
    Empty,
    /// Set to bytes that are not UTF-8.
    NotText,
    /// Set.
    Text(&'e str),
}

impl Environment {
    /// Reads the environment of this process.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the place that the ban points to")]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect()
    }

    /// Returns a variable's text; `None` when it is unset, empty or not UTF-8.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.look_up(name) {
            Lookup::Text(text) => Some(text),
            Lookup::Unset | Lookup::Empty | Lookup::NotText => None,
        }
    }

    /// Looks a variable up.
    pub(super) fn look_up(&self, name: &str) -> Lookup<'_> {
        match self.variables.get(name) {
            None => Lookup::Unset,
            Some(Value::Bytes) => Lookup::NotText,
            Some(Value::Text(text)) if text.is_empty() => Lookup::Empty,
            Some(Value::Text(text)) => Lookup::Text(text),
        }
    }

    /// Returns the names that start with `prefix`, in order.
    pub(super) fn names<'e>(&'e self, prefix: &'e str) -> impl Iterator<Item = &'e str> {
        self.variables
            .keys()
            .map(String::as_str)
            .filter(move |name| name.starts_with(prefix))
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(pairs: T) -> Self {
        let value = |value: OsString| value.into_string().map_or(Value::Bytes, Value::Text);
        Self {
            variables: pairs.into_iter().map(|(n, v)| (n.into(), value(v.into()))).collect(),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.variables.len())
    }
}
