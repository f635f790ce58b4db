//! Reads a mapping field by field and reports everything about its shape: not a mapping, unknown, duplicate and missing
//! fields, empty values, lists where a value belongs.

use super::document::{Entry, Node, Value};
use super::faults::Place;
use super::file::Shape;
use super::report::{Report, Wrong};
use super::text::Text;
use super::words::{list_of, nearest};

/// The fields of one mapping.
pub(super) struct Fields<'n> {
    place: &'n Place,
    entries: &'n [Entry],
    shape: &'static Shape,
}

impl<'n> Fields<'n> {
    /// Opens a mapping of the given shape; `None` when it is no mapping, which is then reported.
    pub(super) fn open(node: &'n Node, shape: &'static Shape, report: &mut Report<'_>) -> Option<Self> {
        let entries = match &node.value {
            Value::Map(entries) => entries,
            Value::Broken => return None,
            other => {
                report.fault(
                    &node.place,
                    format!("{} is a mapping, not {}", shape.what, kind(other)),
                    format!("write its fields, one a line: {}", list_of(shape.fields, "and")),
                );
                return None;
            }
        };
        let fields = Self {
            place: &node.place,
            entries,
            shape,
        };
        fields.judge_names(report);
        Some(fields)
    }

    fn judge_names(&self, report: &mut Report<'_>) {
        judge_duplicates(self.entries, report);
        for entry in self.entries {
            if !self.shape.fields.contains(&&*entry.name) {
                report.wrong(&entry.name_place, self.unknown(&entry.name));
            }
        }
    }

    fn unknown(&self, name: &str) -> Wrong {
        let Shape { what, fields } = self.shape;
        let remedy = match nearest(name, fields.iter().copied()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("{what} has {}", list_of(fields, "and")),
        };
        Wrong::new(format!("{what} has no field {}", super::text::quoted(name)), remedy)
    }

    /// Where the mapping stands.
    pub(super) fn place(&self) -> &'n Place {
        self.place
    }

    /// Returns a field, when it is there; the first of duplicates.
    pub(super) fn get(&self, name: &str) -> Option<&'n Entry> {
        debug_assert!(self.shape.fields.contains(&name), "{name} is not in the shape");
        self.entries.iter().find(|entry| &*entry.name == name)
    }

    /// Returns a field, and reports when it is missing, with what to write.
    pub(super) fn require(&self, name: &str, remedy: &str, report: &mut Report<'_>) -> Option<&'n Entry> {
        let entry = self.get(name);
        if entry.is_none() {
            report.fault(self.place, format!("{} needs \"{name}\"", self.shape.what), remedy);
        }
        entry
    }

    /// Reads a field that holds one value. `None` when it is absent, or wrong and reported.
    pub(super) fn value<T>(
        &self,
        name: &str,
        report: &mut Report<'_>,
        parse: impl FnOnce(&Text) -> Result<T, Wrong>,
    ) -> Option<T> {
        value(self.get(name)?, report, parse)
    }
}

/// Reads one value. `None` when a variable's absence left nothing, or when it is wrong and reported.
pub(super) fn value<T>(
    entry: &Entry,
    report: &mut Report<'_>,
    parse: impl FnOnce(&Text) -> Result<T, Wrong>,
) -> Option<T> {
    let text = text(entry, report)?;
    if text.is_absent() {
        return None;
    }
    parse(text).map_err(|wrong| report.wrong(&entry.node.place, wrong)).ok()
}

/// Reads one value that has to be there: a variable's absence is a fault.
pub(super) fn present<T>(
    entry: &Entry,
    report: &mut Report<'_>,
    parse: impl FnOnce(&Text) -> Result<T, Wrong>,
) -> Option<T> {
    judge_absence(entry, report);
    value(entry, report, parse)
}

/// Whether a field holds nothing because its variables do.
pub(super) fn is_absent(entry: &Entry) -> bool {
    matches!(&entry.node.value, Value::Text(text) if text.is_absent())
}

/// Reports a value that came out empty because its variables hold nothing.
pub(super) fn judge_absence(entry: &Entry, report: &mut Report<'_>) {
    if is_absent(entry) {
        report.fault(
            &entry.node.place,
            format!("\"{}\" came out empty", entry.name),
            "give the variable a value, or a default that is not empty",
        );
    }
}

/// Returns a field's text; reports when it is empty, a list or a mapping.
pub(super) fn text<'n>(entry: &'n Entry, report: &mut Report<'_>) -> Option<&'n Text> {
    let name = &entry.name;
    match &entry.node.value {
        Value::Text(text) => Some(text),
        Value::Broken => None,
        Value::Empty => {
            report.fault(
                &entry.name_place,
                format!("\"{name}\" has no value"),
                format!("write a value behind \"{name}:\", or remove the line"),
            );
            None
        }
        other => {
            report.fault(
                &entry.node.place,
                format!("\"{name}\" takes one value, not {}", kind(other)),
                format!("write it as \"{name}: value\""),
            );
            None
        }
    }
}

/// Returns a field's list; reports when it is none.
pub(super) fn list<'n>(entry: &'n Entry, report: &mut Report<'_>) -> &'n [Node] {
    match &entry.node.value {
        Value::List(items) => items,
        Value::Broken | Value::Empty => &[],
        other => {
            report.fault(
                &entry.node.place,
                format!("\"{}\" is a list, not {}", entry.name, kind(other)),
                "write the items in brackets, [one, two], or each behind \"- \" on a line of its own",
            );
            &[]
        }
    }
}

/// Returns the values of a field's list, without those that a variable's absence left empty; reports what is no value,
/// with what to write.
pub(super) fn values<'n>(entry: &'n Entry, remedy: &str, report: &mut Report<'_>) -> Vec<(&'n Place, &'n Text)> {
    let mut values = Vec::new();
    for item in list(entry, report) {
        match &item.value {
            Value::Text(text) if text.is_absent() => {}
            Value::Text(text) => values.push((&item.place, text)),
            Value::Broken => {}
            other => report.fault(
                &item.place,
                format!("\"{}\" is a list of values, and this is {}", entry.name, kind(other)),
                remedy,
            ),
        }
    }
    values
}

/// Reports names that stand twice in one mapping.
pub(super) fn judge_duplicates(entries: &[Entry], report: &mut Report<'_>) {
    for (index, entry) in entries.iter().enumerate() {
        let Some(first) = entries[..index].iter().find(|earlier| earlier.name == entry.name) else {
            continue;
        };
        let line = match first.name_place {
            Place::Text { line, .. } => format!(" (first on line {line})"),
            Place::Whole | Place::Variable(_) => String::new(),
        };
        report.fault(
            &entry.name_place,
            format!("\"{}\" is written twice{line}", entry.name),
            "keep one of the two",
        );
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Empty => "nothing",
        Value::Text(_) => "a single value",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
        Value::Broken => "that",
    }
}
