//! The canonical headers of a request signed in its `Authorization` header. AWS "Create a canonical request".

/// Headers as SigV4 sees them: sorted by name, values trimmed, runs of spaces folded into one, fields
/// of one name joined by `,`. Deliberately without `Debug`: a session token is one of them.
pub struct CanonicalHeaders {
    block: Vec<u8>,
    names: String,
}

impl CanonicalHeaders {
    /// Takes the fields to be signed: names in lower case, fields of one name in the order they are sent.
    #[must_use]
    pub fn of(mut fields: Vec<(&str, &[u8])>) -> Self {
        // Stable: fields of one name stay in order.
        fields.sort_by_key(|(name, _)| *name);
        let size = fields.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        let mut block = Vec::with_capacity(size);
        let mut names = String::with_capacity(fields.iter().map(|(name, _)| name.len() + 1).sum());
        for same_name in fields.chunk_by(|(left, _), (right, _)| left == right) {
            for (at, (name, value)) in same_name.iter().enumerate() {
                if at == 0 {
                    if !names.is_empty() {
                        names.push(';');
                    }
                    names.push_str(name);
                    block.extend_from_slice(name.as_bytes());
                    block.push(b':');
                } else {
                    block.push(b',');
                }
                push_folded(value, &mut block);
            }
            block.push(b'\n');
        }
        Self { block, names }
    }

    /// `name:value\n` for each name.
    #[must_use]
    pub fn block(&self) -> &[u8] {
        &self.block
    }

    /// The names with `;` between them.
    #[must_use]
    pub fn names(&self) -> &str {
        &self.names
    }
}

/// Appends a value without spaces at its ends and with single spaces inside.
fn push_folded(value: &[u8], out: &mut Vec<u8>) {
    let mut words = value.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    if let Some(first) = words.next() {
        out.extend_from_slice(first);
    }
    for word in words {
        out.push(b' ');
        out.extend_from_slice(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_sorted_joined_and_folded() {
        let headers = CanonicalHeaders::of(vec![
            ("x-amz-date", b"20130524T000000Z"),
            ("my-header", b"  a   b "),
            ("host", b"h"),
            ("my-header", b"c"),
            ("empty", b"  "),
        ]);
        assert_eq!(
            headers.block(),
            b"empty:\nhost:h\nmy-header:a b,c\nx-amz-date:20130524T000000Z\n"
        );
        assert_eq!(headers.names(), "empty;host;my-header;x-amz-date");
    }
}
