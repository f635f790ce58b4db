//! How `/`, `&` and `=` are spelled inside other languages: JSON (`\/`, `\u0026`), JSON inside JSON or SQL (more
//! backslashes), scripts (`\x26`), HTML and XML (`&amp;`, `&#x2F;`).

/// The most bytes that one spelling takes; whoever looks at fewer may not see its end.
pub(super) const LONGEST: usize = 48;
/// More backslashes in a row are no spelling of anything.
const MOST_BACKSLASHES: usize = 16;
/// More `amp;` in a row neither.
const MOST_AMPS: usize = 4;

/// What stands at the start of some text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// One of the three characters, in so many bytes.
    Character(u8, usize),
    /// Something that no URL goes on with.
    End,
}

/// Reads what begins with a backslash.
pub(super) fn backslash(text: &[u8]) -> Token {
    let count = text
        .iter()
        .take(MOST_BACKSLASHES + 1)
        .take_while(|byte| **byte == b'\\')
        .count();
    let Some(rest) = text.get(count..).filter(|_| count <= MOST_BACKSLASHES) else {
        return Token::End;
    };
    match rest {
        [b'/', ..] => Token::Character(b'/', count + 1),
        [b'u', b'0', b'0', high, low, ..] => code(*high, *low, count + 5),
        [b'x', high, low, ..] => code(*high, *low, count + 3),
        _ => Token::End,
    }
}

fn code(high: u8, low: u8, length: usize) -> Token {
    match (high, low.to_ascii_lowercase()) {
        (b'2', b'f') => Token::Character(b'/', length),
        (b'2', b'6') => Token::Character(b'&', length),
        (b'3', b'd') => Token::Character(b'=', length),
        _ => Token::End,
    }
}

/// Reads what begins with an ampersand: itself, `&amp;` (escaped once or more often), a number, or the name of a character
/// that no URL holds, such as `&quot;`.
pub(super) fn ampersand(text: &[u8]) -> Token {
    let mut at = 1;
    for _ in 0..MOST_AMPS {
        if !text.get(at..).is_some_and(|rest| rest.starts_with(b"amp;")) {
            break;
        }
        at += b"amp;".len();
    }
    let rest = text.get(at..).unwrap_or_default();
    if let Some(number) = rest.strip_prefix(b"#") {
        return numbered(number, at + 1);
    }
    let name = rest
        .iter()
        .take(16)
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    match rest.get(name) {
        Some(b';') if name > 0 => Token::End,
        _ => Token::Character(b'&', at),
    }
}

/// Reads `38;` or `x26;`, which so many bytes stand in front of.
fn numbered(text: &[u8], before: usize) -> Token {
    let (digits, radix, start) = match text {
        [b'x' | b'X', digits @ ..] => (digits, 16, 1),
        digits => (digits, 10, 0),
    };
    let length = digits
        .iter()
        .take(8)
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let number = digits.get(..length).and_then(|digits| str::from_utf8(digits).ok());
    let number = number.and_then(|digits| u32::from_str_radix(digits, radix).ok());
    let whole = before + start + length + 1;
    match (number, digits.get(length)) {
        (Some(0x26), Some(b';')) => Token::Character(b'&', whole),
        (Some(0x2f), Some(b';')) => Token::Character(b'/', whole),
        (Some(0x3d), Some(b';')) => Token::Character(b'=', whole),
        _ => Token::End,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_read() {
        for (text, character, length) in [
            (r"\/x", b'/', 2),
            (r"\\\/x", b'/', 4),
            (r"\u0026x", b'&', 6),
            (r"\\u0026x", b'&', 7),
            (r"\u003Dx", b'=', 6),
            (r"\x3dx", b'=', 4),
            (r"\u002fx", b'/', 6),
        ] {
            assert_eq!(
                backslash(text.as_bytes()),
                Token::Character(character, length),
                "{text}"
            );
        }
        for (text, character, length) in [
            ("&X-Amz-Date=1", b'&', 1),
            ("&a", b'&', 1),
            ("&", b'&', 1),
            ("&amp;X-Amz", b'&', 5),
            ("&amp;amp;X-Amz", b'&', 9),
            ("&#38;X", b'&', 5),
            ("&#038;X", b'&', 6),
            ("&#x26;X", b'&', 6),
            ("&#x2F;X", b'/', 6),
            ("&amp;#61;X", b'=', 9),
        ] {
            assert_eq!(
                ampersand(text.as_bytes()),
                Token::Character(character, length),
                "{text}"
            );
        }
        for text in [
            r"\",
            r"\n",
            r#"\""#,
            r"\u00",
            r"\u0022",
            r"\x22",
            r"\u2026",
            &r"\".repeat(40),
        ] {
            assert_eq!(backslash(text.as_bytes()), Token::End, "{text}");
        }
        for text in [
            "&quot;",
            "&lt;",
            "&amp;quot;x",
            "&#34;",
            "&#x22;",
            "&#38",
            "&#;",
            "&#xfffffffff;",
            "&nbsp;",
        ] {
            assert_eq!(ampersand(text.as_bytes()), Token::End, "{text}");
        }
        let longest = format!("&{}#x0000026;", "amp;".repeat(MOST_AMPS));
        assert!(longest.len() <= LONGEST && MOST_BACKSLASHES + 6 <= LONGEST);
    }
}
