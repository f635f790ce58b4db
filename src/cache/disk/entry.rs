//! How an entry lies on disk: its name is foyer's key, the rest foyer's value. Numbers are little-endian.
//!
//! ```text
//! name:   space's name (u32 length, bytes)   key (u32 length, bytes)   0, or 1 and the version (u32 length, bytes)
//! entry:  magic with the format's version (8)   digest (8)   run (8)   space's number (8)   stamp (8)   since (8)
//!         asked_at (8)   answered_at (8)   body's length (8)   fields (u32), each: name (u32 length, bytes), value (u32 length, bytes)   body
//! ```
//!
//! The digest is CRC-64/NVME over the length of the name, the name, and everything that follows the digest. It is against
//! accidents: who can write the folder can serve what they like.

use super::DiskObject;
use crate::cache::{Exchange, Moment, ObjectName};
use crate::clock::Timestamp;
use bytes::{Buf, BufMut, Bytes};
use crc_fast::{CrcAlgorithm, Digest};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::hash::{Hash, Hasher};

/// The last byte is the format's version: another is another format, and so a miss.
const MAGIC: &[u8; 8] = b"evgobj\0\x01";
/// Magic and digest.
const OPENING: usize = 16;

/// An object's name as it lies on disk. Two names are equal when all of their bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(Bytes);

impl Name {
    pub(super) fn of(name: &ObjectName) -> Self {
        let query = name.as_query();
        let (space, key) = (query.space.name(), query.key.as_str());
        let mut bytes = Vec::with_capacity(space.len().saturating_add(key.len()).saturating_add(16));
        put_slice(&mut bytes, space.as_bytes());
        put_slice(&mut bytes, key.as_bytes());
        bytes.put_u8(u8::from(query.version.is_some()));
        if let Some(version) = query.version {
            put_slice(&mut bytes, version.as_bytes());
        }
        Self(bytes.into())
    }

    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

// The same over restarts, which a derived one does not promise.
impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

/// Who wrote an entry, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The run that wrote it.
    pub(super) run: u64,
    /// The number of the space in that run: what is forgotten is noted under it.
    pub(super) space: u64,
    /// Its place among the writes of that run.
    pub(super) stamp: u64,
    /// The moment before the origin was asked.
    pub(super) since: Moment,
}

/// An entry without its body, sealed.
pub(super) fn head(name: &Name, mark: Mark, object: &DiskObject) -> Vec<u8> {
    let mut rest = Vec::with_capacity(512);
    rest.put_u64_le(mark.run);
    rest.put_u64_le(mark.space);
    rest.put_u64_le(mark.stamp);
    rest.put_u64_le(mark.since.as_u64());
    rest.put_u64_le(object.exchange.asked_at.as_unix());
    rest.put_u64_le(object.exchange.answered_at.as_unix());
    rest.put_u64_le(object.body.len() as u64);
    rest.put_u32_le(u32::try_from(object.fields.len()).unwrap_or(u32::MAX));
    for (field, value) in &object.fields {
        put_slice(&mut rest, field.as_str().as_bytes());
        put_slice(&mut rest, value.as_bytes());
    }
    let digest = digest(name, &[&rest, &object.body]);
    let mut head = Vec::with_capacity(rest.len().saturating_add(OPENING));
    head.put_slice(MAGIC);
    head.put_u64_le(digest);
    head.put_slice(&rest);
    head
}

/// How many bytes an entry has, its name with it; never too few.
pub(super) fn size(name: &Name, object: &DiskObject) -> usize {
    let fields = object.fields.iter();
    let fields = fields.map(|(field, value)| field.as_str().len().saturating_add(value.len()).saturating_add(8));
    fields.fold(
        object
            .body
            .len()
            .saturating_add(name.0.len())
            .saturating_add(OPENING + 60),
        usize::saturating_add,
    )
}

/// Reads an entry that was found under `name`; the body shares its bytes. `None` when a single bit is not as it was written,
/// when it is another name's, and when it is in another format.
pub(super) fn parse(name: &Name, entry: &Bytes) -> Option<(Mark, DiskObject)> {
    let rest = entry.strip_prefix(MAGIC.as_slice())?;
    let (sealed, rest) = rest.split_at_checked(8)?;
    if sealed != digest(name, &[rest]).to_le_bytes() {
        return None;
    }
    let mut rest = entry.slice_ref(rest);
    let mark = Mark {
        run: rest.try_get_u64_le().ok()?,
        space: rest.try_get_u64_le().ok()?,
        stamp: rest.try_get_u64_le().ok()?,
        since: Moment::from_u64(rest.try_get_u64_le().ok()?),
    };
    let exchange = Exchange {
        asked_at: Timestamp::from_unix(rest.try_get_u64_le().ok()?),
        answered_at: Timestamp::from_unix(rest.try_get_u64_le().ok()?),
    };
    let length = rest.try_get_u64_le().ok()?;
    let mut fields = HeaderMap::new();
    for _ in 0..rest.try_get_u32_le().ok()? {
        let field = HeaderName::from_bytes(&get_slice(&mut rest)?).ok()?;
        fields
            .try_append(field, HeaderValue::from_maybe_shared(get_slice(&mut rest)?).ok()?)
            .ok()?;
    }
    let object = DiskObject {
        fields,
        exchange,
        body: rest,
    };
    (object.body.len() as u64 == length).then_some((mark, object))
}

fn digest(name: &Name, parts: &[&[u8]]) -> u64 {
    let mut digest = Digest::new(CrcAlgorithm::Crc64Nvme);
    digest.update(&(name.0.len() as u64).to_le_bytes());
    digest.update(&name.0);
    for part in parts {
        digest.update(part);
    }
    digest.finalize()
}

// A length that does not fit is one that nothing is written with: what is kept is a few MiB at most.
fn put_slice(bytes: &mut Vec<u8>, slice: &[u8]) {
    bytes.put_u32_le(u32::try_from(slice.len()).unwrap_or(u32::MAX));
    bytes.put_slice(slice);
}

fn get_slice(bytes: &mut Bytes) -> Option<Bytes> {
    let length = usize::try_from(bytes.try_get_u32_le().ok()?).ok()?;
    (length <= bytes.len()).then(|| bytes.split_to(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{ObjectQuery, Space};
    use crate::s3::ObjectKey;
    use proptest::prelude::*;

    fn name(space: &str, key: &str, version: Option<&str>) -> Name {
        let (space, key) = (Space::new(space), ObjectKey::parse(key).unwrap());
        Name::of(&ObjectName::of(&ObjectQuery {
            space: &space,
            key: &key,
            version,
        }))
    }

    fn object(body: &[u8]) -> DiskObject {
        let mut fields = HeaderMap::new();
        fields.append("content-type", HeaderValue::from_static("image/png"));
        fields.append("x-note", HeaderValue::from_bytes(b"\xff").unwrap());
        fields.append("x-note", HeaderValue::from_static(""));
        DiskObject {
            fields,
            exchange: Exchange {
                asked_at: Timestamp::from_unix(1),
                answered_at: Timestamp::from_unix(u64::MAX),
            },
            body: Bytes::copy_from_slice(body),
        }
    }

    const MARK: Mark = Mark {
        run: 7,
        space: 6,
        stamp: 8,
        since: Moment::from_u64(9),
    };

    fn written(name: &Name, object: &DiskObject) -> Bytes {
        let entry = [head(name, MARK, object), object.body.to_vec()].concat();
        assert_eq!(entry.len() + name.as_bytes().len(), size(name, object));
        entry.into()
    }

    #[test]
    fn what_was_written_is_read() {
        let name = name("files", "a", None);
        for body in [b"".as_slice(), b"some bytes"] {
            let object = object(body);
            assert_eq!(parse(&name, &written(&name, &object)), Some((MARK, object)));
        }
    }

    #[test]
    fn rule_18_no_two_names_are_one() {
        let names = [
            name("files", "a", None),
            name("files", "a", Some("")),
            name("files", "a", Some("1")),
            name("files", "b", None),
            name("filesa", "b", None),
            name("file", "sa", None),
        ];
        for (at, one) in names.iter().enumerate() {
            let entry = written(one, &object(b"mine"));
            for (other, asked) in names.iter().enumerate() {
                assert_eq!(asked == one, at == other);
                assert_eq!(parse(asked, &entry).is_some(), at == other);
            }
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_a_miss() {
        let name = name("files", "a", Some("1"));
        let entry = written(&name, &object(b"body"));
        for at in 0..entry.len() * 8 {
            let mut flipped = entry.to_vec();
            flipped[at / 8] ^= 1 << (at % 8);
            assert_eq!(parse(&name, &flipped.into()), None, "bit {at}");
        }
        for length in 0..entry.len() {
            assert_eq!(parse(&name, &entry.slice(..length)), None, "{length} bytes");
        }
        let longer = [&entry[..], b"\0"].concat();
        assert_eq!(parse(&name, &longer.into()), None);
    }

    #[test]
    fn an_older_format_is_a_miss() {
        let name = name("files", "a", None);
        let mut entry = written(&name, &object(b"body")).to_vec();
        entry[7] = 0;
        assert_eq!(parse(&name, &entry.into()), None);
    }

    proptest! {
        #[test]
        fn nothing_that_is_sealed_trips_the_reader(rest in proptest::collection::vec(any::<u8>(), 0..200)) {
            let name = name("files", "a", None);
            let sealed = digest(&name, &[&rest]).to_le_bytes();
            let entry = [MAGIC.as_slice(), &sealed, &rest].concat();
            let _ = parse(&name, &entry.into());
        }
    }
}
