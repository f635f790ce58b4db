//! Text in XML: escaped on its way out, resolved on its way in. XML 1.0 §2.2, §4.1.

use quick_xml::escape::{escape, unescape};
use std::borrow::Cow;

/// Appends `<name>text</name>`, without the characters that no document may hold.
pub(crate) fn push_element(out: &mut String, name: &str, text: &str) {
    for part in ["<", name, ">"] {
        out.push_str(part);
    }
    push_text(out, text);
    for part in ["</", name, ">"] {
        out.push_str(part);
    }
}

/// Appends `text`, escaped, without the characters that no document may hold.
pub(super) fn push_text(out: &mut String, text: &str) {
    let allowed: Cow<'_, str> = if text.chars().all(is_char) {
        text.into()
    } else {
        text.chars().filter(|&c| is_char(c)).collect::<String>().into()
    };
    out.push_str(&escape(&*allowed));
}

/// Resolves `&name;`; `None` for entities that only a document type could define.
pub(crate) fn resolve(name: &str) -> Option<String> {
    unescape(&format!("&{name};")).ok().map(Cow::into_owned)
}

/// XML 1.0 §2.2 `Char`: what may stand in a document at all.
pub(super) const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..) && c != '\u{FFFE}'
}
