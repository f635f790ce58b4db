//! What is asked for: a list of keys, paths or URLs from a file, or numbers.
//!
//! One a line: a key (`u42.png`), a path (`/avatars/u42.png?size=2`) or a whole URL, of which the path and the query count. After a
//! tab the length in bytes may follow, and after another the SHA-256 of the content; a line as `sha256sum` writes it does, too.

use crate::error::BenchError;
use crate::load::{Content, Digest};
use http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::path::Path;

/// What no path may have. `%` and `?` stay: a path is given as it is sent.
const NOT_IN_PATHS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// One object to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) path: PathAndQuery,
    /// What is known of its bytes.
    pub(super) content: Option<Content>,
}

/// Reads a list. `template` says what becomes of a key that is neither a path nor a URL: it takes the place of `{key}`.
///
/// # Errors
/// When the file can't be read, a line makes no sense, or there is none.
pub(super) fn read(file: &Path, template: &str) -> Result<Vec<Listed>, BenchError> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|source| BenchError::File {
        what: format!("the keys in {name} can't be read"),
        source,
    })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let listed = lines.map(|(index, line)| {
        let number = index.saturating_add(1);
        parse(line, template).map_err(|reason| BenchError::said(format!("{name}, line {number}: {reason}")))
    });
    let listed = listed.collect::<Result<Vec<_>, _>>()?;
    if listed.is_empty() {
        return Err(BenchError::said(format!(
            "{name} names nothing to ask for: write one key a line"
        )));
    }
    Ok(listed)
}

/// Makes so many keys, `1` and on.
///
/// # Errors
/// When the template makes no path.
pub(super) fn generate(count: u32, template: &str) -> Result<Vec<Listed>, BenchError> {
    let path = |number: u32| to_path(&number.to_string(), template).map_err(BenchError::said);
    let listed = |number| {
        Ok(Listed {
            path: path(number)?,
            content: None,
        })
    };
    (1..=count).map(listed).collect()
}

fn parse(line: &str, template: &str) -> Result<Listed, String> {
    let line = line.trim_end_matches('\r');
    if let Some((sum, key)) = line.split_once("  ")
        && sum.len() == 64
        && let Ok(sum) = sha256(sum)
    {
        // The length is not known: the digest alone tells.
        return Ok(Listed {
            path: to_path(key, template)?,
            content: Some(Content::Digest(None, sum)),
        });
    }
    let mut fields = line.split('\t');
    let path = to_path(fields.next().unwrap_or_default(), template)?;
    let length = match fields.next().filter(|field| !field.is_empty()) {
        None => None,
        Some(length) => Some(
            length
                .parse::<u64>()
                .map_err(|_| format!("`{length}` is no length in bytes"))?,
        ),
    };
    let sum = fields.next().map(sha256).transpose()?;
    if fields.next().is_some() {
        return Err("it has more than three fields: a key, its length in bytes, its SHA-256".to_owned());
    }
    let content = match (length, sum) {
        (length, Some(sum)) => Some(Content::Digest(length, sum)),
        (Some(length), None) => Some(Content::Length(length)),
        (None, None) => None,
    };
    Ok(Listed { path, content })
}

fn sha256(sum: &str) -> Result<Digest, String> {
    let mut bytes = [0; 32];
    match hex::decode_to_slice(sum, &mut bytes) {
        Ok(()) => Ok(Digest::Sha256(bytes)),
        Err(_) => Err(format!("`{sum}` is no SHA-256 in 64 hexadecimal digits")),
    }
}

fn to_path(key: &str, template: &str) -> Result<PathAndQuery, String> {
    let url = key.strip_prefix("http://").or_else(|| key.strip_prefix("https://"));
    let path = match url {
        Some(url) => url.find(['/', '?']).map_or("/", |at| &url[at..]).to_owned(),
        None if key.starts_with('/') => key.to_owned(),
        None => template.replace("{key}", key),
    };
    let path = utf8_percent_encode(&path, NOT_IN_PATHS).to_string();
    let path = if path.starts_with('/') {
        path
    } else {
        format!("/{path}")
    };
    path.parse().map_err(|error| format!("`{key}` makes no path: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn path(line: &str) -> String {
        parse(line, "/avatars/{key}").expect(line).path.to_string()
    }

    #[test]
    fn keys_paths_and_urls_are_paths_in_the_end() {
        assert_eq!(path("u42.png"), "/avatars/u42.png");
        assert_eq!(path("a b/ü#1.png"), "/avatars/a%20b/%C3%BC%231.png");
        assert_eq!(path("/other/%2F?x=1&y"), "/other/%2F?x=1&y");
        assert_eq!(path("https://files.example.com/b/k?X-Amz-Date=1"), "/b/k?X-Amz-Date=1");
        assert_eq!(path("http://files.example.com"), "/");
        assert_eq!(path("http://files.example.com?a"), "/?a");
        let numbers = generate(3, "pictures/{key}.png").expect("paths");
        let paths: Vec<_> = numbers.iter().map(|listed| listed.path.to_string()).collect();
        assert_eq!(paths, ["/pictures/1.png", "/pictures/2.png", "/pictures/3.png"]);
    }

    #[test]
    fn lengths_and_digests_are_read_with_them() {
        let content = |line: &str| parse(line, "/{key}").expect(line).content;
        let Ok(sum) = sha256(SUM) else { panic!("a digest") };
        assert_eq!(content("a"), None);
        assert_eq!(content("a\t0"), Some(Content::Length(0)));
        assert_eq!(
            content(&format!("a\t12\t{SUM}\r")),
            Some(Content::Digest(Some(12), sum))
        );
        assert_eq!(content(&format!("a\t\t{SUM}")), Some(Content::Digest(None, sum)));
        let listed = parse(&format!("{SUM}  a  b"), "/{key}").expect("as sha256sum writes it");
        assert_eq!(
            (listed.path.as_str(), listed.content),
            ("/a%20%20b", Some(Content::Digest(None, sum)))
        );
        for bad in ["a\tx", "a\t1\tx", &format!("a\t1\t{SUM}\tmore")] {
            assert!(parse(bad, "/{key}").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_line_that_makes_no_sense_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("keys");
        std::fs::write(&file, "a\n\nb\tmany\n").expect("a file");
        let error = read(&file, "/{key}").expect_err("no length").to_string();
        assert!(error.ends_with("keys, line 3: `many` is no length in bytes"), "{error}");
        std::fs::write(&file, "\n").expect("a file");
        assert!(
            read(&file, "/{key}")
                .expect_err("empty")
                .to_string()
                .contains("names nothing")
        );
        assert!(read(&folder.path().join("none"), "/{key}").is_err());
    }
}
