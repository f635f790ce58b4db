//! `${NAME}`, `${NAME:-default}` and `$$` in scalars, applied after YAML has been parsed: what a variable holds is text
//! and can't become YAML, whatever stands in it.

use super::environment::{Environment, Lookup};
use super::report::Wrong;
use super::text::{Origin, Text};

/// What a scalar is for, as far as advice depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A setting.
    Setting,
    /// A secret, which takes no default and may stand in a file of its own.
    Secret,
}

/// Fills in the variables of one scalar.
///
/// # Errors
/// Every fault in it: a variable that is unset, empty or not UTF-8 and has no default, a stray `$`, an unclosed or
/// misspelled `${…}`.
pub(super) fn interpolate(written: &str, purpose: Purpose, env: &Environment) -> Result<Text, Vec<Wrong>> {
    if !written.contains('$') {
        return Ok(Text::new(written, Origin::Literal));
    }
    let mut filling = Filling::default();
    let mut rest = written;
    while let Some(at) = rest.find('$') {
        filling.literal(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            filling.literal("$");
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('{') {
            let Some((expression, after)) = inner.split_once('}') else {
                filling.wrongs.push(Wrong::new(
                    "a ${ without its closing brace",
                    "write ${NAME} or ${NAME:-default}; a dollar sign itself is written $$",
                ));
                break;
            };
            match fill(expression, purpose, env) {
                Ok(text) => filling.variable(&text),
                Err(wrong) => filling.wrongs.push(wrong),
            }
            rest = after;
        } else {
            filling.wrongs.push(stray(rest));
        }
    }
    filling.literal(rest);
    filling.finish()
}

/// The text as it grows, and what it was made of.
#[derive(Default)]
struct Filling {
    value: String,
    has_literal: bool,
    variables: Vec<Origin>,
    wrongs: Vec<Wrong>,
}

impl Filling {
    fn literal(&mut self, text: &str) {
        self.has_literal |= !text.is_empty();
        self.value.push_str(text);
    }

    fn variable(&mut self, text: &Text) {
        self.value.push_str(text.as_str());
        self.variables.push(text.origin().clone());
    }

    fn finish(mut self) -> Result<Text, Vec<Wrong>> {
        if !self.wrongs.is_empty() {
            return Err(self.wrongs);
        }
        let origin = match (self.has_literal, self.variables.len()) {
            (true, 0) => Origin::Literal,
            (false, 1) => self.variables.remove(0),
            _ => Origin::Mixed(
                self.variables
                    .into_iter()
                    .filter_map(|origin| match origin {
                        Origin::Variable(name) => Some(name),
                        _ => None,
                    })
                    .collect(),
            ),
        };
        Ok(Text::new(self.value, origin))
    }
}

/// Fills in one `${expression}`.
fn fill(expression: &str, purpose: Purpose, env: &Environment) -> Result<Text, Wrong> {
    let (name, default) = match expression.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (expression, None),
    };
    if !is_name(name) {
        return Err(misspelled(name, purpose));
    }
    if default.is_some_and(|default| default.contains('$')) {
        return Err(Wrong::new(
            format!("the default of ${{{name}}} holds a dollar sign"),
            "a default is plain text, without variables of its own",
        ));
    }
    match (env.look_up(name), default) {
        (Lookup::Text(text), _) => Ok(Text::new(text, Origin::Variable(name.into()))),
        (Lookup::NotText, _) => Err(Wrong::new(
            format!("the environment variable {name} is not UTF-8 text"),
            format!("set {name} to text"),
        )),
        (Lookup::Unset | Lookup::Empty, Some(default)) => Ok(Text::new(default, Origin::Default(name.into()))),
        (Lookup::Unset, None) => Err(Wrong::new(
            format!("the environment variable {name} is not set"),
            match purpose {
                Purpose::Setting => format!("set {name}, or write ${{{name}:-default}}"),
                Purpose::Secret => format!("set {name} to the secret, or take it from a file: file:/path"),
            },
        )),
        (Lookup::Empty, None) => Err(Wrong::new(
            format!("the environment variable {name} is set to nothing"),
            match purpose {
                Purpose::Setting => format!("give {name} a value, or write ${{{name}:-}} when nothing is meant"),
                Purpose::Secret => format!("set {name} to the secret, or take it from a file: file:/path"),
            },
        )),
    }
}

fn is_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && name.starts_with(|c: char| !c.is_ascii_digit())
}

/// Says what is wrong with something that is no name; the shell's other operators get their own words.
fn misspelled(name: &str, purpose: Purpose) -> Wrong {
    let plain: String = (name.chars())
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    match name.strip_prefix(plain.as_str()) {
        Some(operator) if is_name(&plain) && operator.starts_with(['-', ':', '?', '+', '=', '#', '%', '/']) => {
            Wrong::new(
                format!("${{{plain}…}} uses an operator that is not known here"),
                match purpose {
                    Purpose::Setting => format!("write ${{{plain}}} or ${{{plain}:-default}}"),
                    Purpose::Secret => format!("write ${{{plain}}}: a secret has no default"),
                },
            )
        }
        _ => Wrong::new(
            "a ${…} that names no environment variable",
            "a name is made of A-Z, a-z, 0-9 and _ and does not start with a digit: ${NAME}",
        ),
    }
}

fn stray(rest: &str) -> Wrong {
    let name: String = (rest.chars())
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    if is_name(&name) {
        Wrong::new(
            format!("${name} without braces is not filled in"),
            format!("write ${{{name}}}, or $${name} for the text itself"),
        )
    } else {
        Wrong::new(
            "a lone dollar sign",
            "write $$ for a dollar sign, ${NAME} for a variable",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn env() -> Environment {
        Environment::from_iter([("A", "alpha"), ("YAML", "x\nadmin: off # {${A}}"), ("EMPTY", "")])
    }

    fn value(written: &str) -> Result<String, String> {
        match interpolate(written, Purpose::Setting, &env()) {
            Ok(text) => Ok(text.as_str().to_owned()),
            Err(wrongs) => Err(wrongs.into_iter().map(|w| w.problem).collect::<Vec<_>>().join("; ")),
        }
    }

    #[test]
    fn fills_in_variables_defaults_and_dollars() {
        for (written, expected) in [
            ("plain", "plain"),
            ("${A}", "alpha"),
            ("a-${A}-${B:-beta}", "a-alpha-beta"),
            ("${EMPTY:-e}", "e"),
            ("${EMPTY:-}", ""),
            ("$$", "$"),
            ("$${A}", "${A}"),
            ("${B:-a: {b, c}", "a: {b, c"),
            ("${YAML}", "x\nadmin: off # {${A}}"),
        ] {
            assert_eq!(value(written).as_deref(), Ok(expected), "{written}");
        }
    }

    #[test]
    fn says_every_fault() {
        assert_eq!(
            value("${B} ${EMPTY} $A ${"),
            Err(
                "the environment variable B is not set; the environment variable EMPTY is set to nothing; \
                 $A without braces is not filled in; a ${ without its closing brace"
                    .into()
            )
        );
        for wrong in [
            "${}", "${1A}", "${A-b}", "${A:?b}", "${a b}", "100$", "${B:-$A}", "${ä}",
        ] {
            assert!(value(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_advised_to_no_default() {
        for written in ["${B}", "${EMPTY}", "${B-x}"] {
            let wrongs = interpolate(written, Purpose::Secret, &env()).unwrap_err();
            assert!(wrongs.iter().all(|wrong| !wrong.remedy.contains(":-")), "{wrongs:?}");
        }
    }

    #[test]
    fn remembers_where_the_text_came_from() {
        let origin = |written| interpolate(written, Purpose::Setting, &env()).unwrap().origin().clone();
        assert_eq!(origin("a"), Origin::Literal);
        assert_eq!(origin("$$"), Origin::Literal);
        assert_eq!(origin("${A}"), Origin::Variable("A".into()));
        assert_eq!(origin("${B:-x}"), Origin::Default("B".into()));
        assert_eq!(origin("x${A}"), Origin::Mixed(vec!["A".into()]));
        assert_eq!(origin("${A}${B:-x}"), Origin::Mixed(vec!["A".into()]));
    }

    proptest! {
        #[test]
        fn never_panics(written in "[${}:\\-?A-C_1ä\n ]{0,30}") {
            let _ = interpolate(&written, Purpose::Secret, &env());
        }

        #[test]
        fn text_without_dollars_stays(written in "[^$]{0,60}") {
            prop_assert_eq!(value(&written), Ok(written));
        }
    }
}
