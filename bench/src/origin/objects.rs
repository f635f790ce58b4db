//! The objects of the bench: what a key holds follows from the key alone, so that nobody needs to keep it, and whoever
//! fetches it can check every byte.

use bytes::Bytes;
use std::fmt::Write as _;
use std::sync::OnceLock;

/// The largest object.
pub(super) const LARGEST: usize = 16 * 1024 * 1024;

/// Bodies begin at so many different places of the pattern.
const PLACES: usize = 1024 * 1024;

/// An object: its key ends in `/<size>/<number>.png`, whatever stands in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object {
    size: usize,
    number: u64,
}

impl Object {
    /// The object of this size in bytes (at most [`LARGEST`]) and number.
    #[must_use]
    pub fn new(size: usize, number: u64) -> Self {
        Self {
            size: size.min(LARGEST),
            number,
        }
    }

    /// Takes the object from a path or key, without query; `None` for one of another form.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let (front, name) = path.rsplit_once('/')?;
        let size = front.rsplit('/').next()?.parse().ok().filter(|size| *size <= LARGEST)?;
        let number = name.strip_suffix(".png")?.parse().ok()?;
        Some(Self { size, number })
    }

    /// The end of its key: `16384/00000042.png`.
    #[must_use]
    pub fn name(self) -> String {
        format!("{}/{:08}.png", self.size, self.number)
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(self) -> usize {
        self.size
    }

    /// Its bytes; a slice of what all objects share.
    #[must_use]
    pub fn body(self) -> Bytes {
        let start = self.place();
        pattern().slice(start..start + self.size)
    }

    /// Its ETag, with its quotes.
    #[must_use]
    pub fn etag(self) -> String {
        let mut etag = String::with_capacity(34);
        // Can't fail: it is written to memory.
        let _ = write!(etag, "\"{:016x}{:016x}\"", self.size, self.number.wrapping_add(1));
        etag
    }

    fn place(self) -> usize {
        let mixed = (self.number ^ (self.size as u64).rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        usize::try_from(mixed >> 44).unwrap_or_default() % PLACES
    }
}

/// What all bodies are cut from: bytes that repeat nowhere.
fn pattern() -> &'static Bytes {
    static PATTERN: OnceLock<Bytes> = OnceLock::new();
    PATTERN.get_or_init(|| {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let words = (LARGEST + PLACES) / 8;
        let mut pattern = Vec::with_capacity(words * 8);
        for _ in 0..words {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            pattern.extend_from_slice(&state.to_le_bytes());
        }
        pattern.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_all_about_its_object() {
        let object = Object::new(16_384, 42);
        assert_eq!(object.name(), "16384/00000042.png");
        for path in [
            "/files/images/16384/00000042.png",
            "/16384/00000042.png",
            "x/16384/42.png",
        ] {
            assert_eq!(Object::of_path(path), Some(object), "{path}");
        }
        assert_eq!(object.body().len(), 16_384);
        for path in ["/", "/a.png", "/16384/x.png", "/99999999/1.png", "/16384/42.gif"] {
            assert_eq!(Object::of_path(path), None, "{path}");
        }
    }

    #[test]
    fn objects_differ_in_their_bytes_and_etags() {
        let all: Vec<_> = (0..500).map(|number| Object::new(64, number)).collect();
        let bodies: std::collections::HashSet<_> = all.iter().map(|object| object.body()).collect();
        let etags: std::collections::HashSet<_> = all.iter().map(|object| object.etag()).collect();
        assert_eq!((bodies.len(), etags.len()), (500, 500));
        assert_eq!(Object::new(LARGEST, u64::MAX).body().len(), LARGEST);
    }
}
