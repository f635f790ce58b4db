//! Lists in what callers send: bounded while they are read (rule 23).

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// The most items of one list.
pub(super) const MOST: usize = 1_000;

/// Reads a list of at most [`MOST`] items, called `what` in messages. Reading ends at the one too many, so that a list of nothing
/// can't grow.
pub(super) fn bounded<'de, D, T>(deserializer: D, what: &'static str) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_seq(List {
        what,
        item: PhantomData,
    })
}

struct List<T> {
    what: &'static str,
    item: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most 1,000 {}", self.what)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            if items.len() == MOST {
                return Err(A::Error::custom(format_args!(
                    "there are more than 1,000 {}; send them in several calls",
                    self.what
                )));
            }
            items.push(item);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Call {
        #[serde(deserialize_with = "things")]
        things: Vec<String>,
    }

    fn things<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
        bounded(deserializer, "things")
    }

    fn of(count: usize) -> Result<Call, serde_json::Error> {
        serde_json::from_str(&format!(r#"{{"things":[{}]}}"#, vec!["\"\""; count].join(",")))
    }

    #[test]
    fn rule_23_a_list_ends_at_its_bound() {
        assert_eq!(of(MOST).unwrap().things.len(), MOST);
        assert!(of(MOST + 1).unwrap_err().to_string().contains("more than 1,000 things"));
        let error = serde_json::from_str::<Call>(r#"{"things":"a"}"#).unwrap_err();
        assert!(error.to_string().contains("a list of at most 1,000 things"), "{error}");
    }
}
