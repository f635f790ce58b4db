//! Where each setting stands, for what is found wrong with it only later: by asking an origin.

use super::document::{Node, Value};
use super::faults::Place;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The places of all settings of one configuration, by path: `buckets.files.region`, `routes.0.fallback`.
#[derive(Clone, Debug)]
pub struct Places {
    source: Arc<str>,
    by_path: BTreeMap<Box<str>, Place>,
}

/// Where a setting stands, or where it would have to be written. Displays as `config.yaml:5:13`, or as
/// `environment: AWS_REGION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    source: Arc<str>,
    place: Place,
    written: bool,
}

impl Places {
    /// Takes what findings start with, and the tree.
    pub(super) fn of(source: &str, root: &Node) -> Self {
        let mut places = Self {
            source: source.into(),
            by_path: BTreeMap::new(),
        };
        places.walk(root, "");
        places
    }

    fn walk(&mut self, node: &Node, path: &str) {
        let below = |name: &str| {
            let dot = if path.is_empty() { "" } else { "." };
            format!("{path}{dot}{name}")
        };
        match &node.value {
            Value::Map(entries) => {
                for entry in entries {
                    let path = below(&entry.name);
                    // Of a value the value is meant, of a mapping its name.
                    let place = match entry.node.value {
                        Value::Map(_) | Value::List(_) => &entry.name_place,
                        _ => &entry.node.place,
                    };
                    self.by_path
                        .entry(path.as_str().into())
                        .or_insert_with(|| place.clone());
                    self.walk(&entry.node, &path);
                }
            }
            Value::List(nodes) => {
                for (index, node) in nodes.iter().enumerate() {
                    let path = below(&index.to_string());
                    self.by_path.insert(path.as_str().into(), node.place.clone());
                    self.walk(node, &path);
                }
            }
            Value::Empty | Value::Text(_) | Value::Broken => {}
        }
    }

    /// Returns where the setting of this path stands; when it is not written, where the mapping stands that it belongs in.
    #[must_use]
    pub fn find(&self, path: &str) -> Spot {
        let spot = |place: &Place, written| Spot {
            source: Arc::clone(&self.source),
            place: place.clone(),
            written,
        };
        let mut part = path;
        loop {
            if let Some(place) = self.by_path.get(part) {
                return spot(place, part == path);
            }
            match part.rsplit_once('.') {
                Some((parent, _)) => part = parent,
                None => return spot(&Place::Whole, false),
            }
        }
    }
}

impl Spot {
    /// Whether the setting is written there; else that is where it belongs.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.written
    }

    /// The environment variable that the setting came from, in a configuration without a file.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match &self.place {
            Place::Variable(name) => Some(name),
            Place::Whole | Place::Text { .. } => None,
        }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        match &self.place {
            Place::Whole => Ok(()),
            Place::Text { line, column, .. } => write!(f, ":{line}:{column}"),
            Place::Variable(name) => write!(f, ": {name}"),
        }
    }
}
