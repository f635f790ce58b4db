//! The file as a tree that remembers where everything stands: YAML by serde-saphyr, nothing judged but the syntax.
//!
//! A tree instead of derived structs, because a derived struct stops at its first fault and all faults are wanted
//! at once: unknown, duplicate and misshapen fields are then reported by [`super::fields`], field by field.

use super::faults::Place;
use super::file::SECRETS;
use super::interpolate::{Purpose, interpolate};
use super::placeholders::{shield, unshield};
use super::report::{Report, Wrong};
use super::text::Text;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Location, NonFiniteFloatPolicy, Spanned, UserMessageFormatter};
use std::fmt;

/// A node of the document, interpolated.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where it stands.
    pub(super) place: Place,
    /// What it is.
    pub(super) value: Value,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Nothing, `~` or `null`.
    Empty,
    /// A scalar, whatever YAML thinks its type is.
    Text(Text),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in order, duplicates included.
    Map(Vec<Entry>),
    /// A value that has already been reported; whoever reads it stays silent.
    Broken,
}

/// One field of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: Box<str>,
    /// Where the name stands.
    pub(super) name_place: Place,
    /// Its value.
    pub(super) node: Node,
}

/// Parses and interpolates a document.
///
/// # Errors
/// Where the syntax fails, and how; parsing can't go on behind it.
pub(super) fn parse(text: &str, report: &mut Report<'_>) -> Result<Node, (Place, Wrong)> {
    let shielded = shield(text);
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
        // Far more than a configuration needs, far less than an alias bomb.
        budget: serde_saphyr::budget! { max_nodes: 50_000, max_aliases: 1_000, max_depth: 32 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 50_000 },
    };
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(&shielded, options).map_err(|error| syntax(&error))?;
    Ok(settle(raw, &shielded, Purpose::Setting, report))
}

fn syntax(error: &serde_saphyr::Error) -> (Place, Wrong) {
    let at = error.location();
    let message = error.render_with_options(serde_saphyr::render_options! {
        formatter: &UserMessageFormatter,
        snippets: serde_saphyr::SnippetMode::Off,
    });
    // The renderer ends with the place, which is said in its own way here.
    let message = message.split(" at line ").next().unwrap_or_default();
    let remedy = if message.starts_with("tabs ") {
        "indent with spaces; the rest is judged once this is right"
    } else {
        "check the indentation, quotes and brackets around here; the rest is judged once this is right"
    };
    let wrong = Wrong::new(format!("this is not YAML: {}", unshield(message)), remedy);
    (at.map_or(Place::Whole, |at| place(&at, 1)), wrong)
}

/// A node as serde-saphyr hands it over.
enum Raw {
    Empty,
    /// A string.
    String(String),
    /// A number or boolean; its spelling is taken from the text.
    Other,
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or a mapping")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Empty)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Other)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Other)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Other)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Other)
    }
    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::String(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(field) = fields.next_entry()? {
            map.push(field);
        }
        Ok(Raw::Map(map))
    }
}

/// Turns the parser's node into ours; reports what interpolation finds.
fn settle(raw: Spanned<Raw>, shielded: &str, purpose: Purpose, report: &mut Report<'_>) -> Node {
    let at = raw.defined;
    let value = match raw.value {
        Raw::Empty => Value::Empty,
        Raw::String(text) => {
            let place = place(&at, slice(shielded, &at).chars().count());
            return scalar(&text, purpose, place, report);
        }
        Raw::Other => {
            let text = slice(shielded, &at);
            return scalar(text, purpose, place(&at, text.chars().count()), report);
        }
        Raw::List(items) => {
            let item = |item| settle(item, shielded, purpose, report);
            Value::List(items.into_iter().map(item).collect())
        }
        Raw::Map(fields) => Value::Map(
            fields
                .into_iter()
                .map(|(name, node)| {
                    let name_place = place(&name.defined, slice(shielded, &name.defined).chars().count());
                    let name = unshield(&name.value);
                    let purpose = if SECRETS.contains(&&*name) {
                        Purpose::Secret
                    } else {
                        Purpose::Setting
                    };
                    Entry {
                        name_place,
                        name: name.into(),
                        node: settle(node, shielded, purpose, report),
                    }
                })
                .collect(),
        ),
    };
    Node {
        place: place(&at, 1),
        value,
    }
}

fn scalar(shielded: &str, purpose: Purpose, place: Place, report: &mut Report<'_>) -> Node {
    let value = match interpolate(&unshield(shielded), purpose, report.env()) {
        Ok(text) => Value::Text(text),
        Err(wrongs) => {
            for wrong in wrongs {
                report.wrong(&place, wrong);
            }
            Value::Broken
        }
    };
    Node { place, value }
}

/// Returns what the location spans in the text, without trailing blanks; empty when unknown.
fn slice<'t>(text: &'t str, at: &Location) -> &'t str {
    let span = at.span();
    let bounds = span.byte_offset().zip(span.byte_len());
    bounds
        .and_then(|(start, length)| Some((usize::try_from(start).ok()?, usize::try_from(length).ok()?)))
        .and_then(|(start, length)| text.get(start..start.checked_add(length)?))
        .unwrap_or_default()
        .trim_end()
}

fn place(at: &Location, width: usize) -> Place {
    match (usize::try_from(at.line()), usize::try_from(at.column())) {
        (Ok(line @ 1..), Ok(column)) => Place::Text { line, column, width },
        _ => Place::Whole,
    }
}
