//! The avatars: what each holds follows from its number, so that origin and viewers agree without talking to each other.

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// One avatar.
#[derive(Debug)]
pub(super) struct Picture {
    /// The end of its key, such as `u0042.png`.
    pub(super) name: String,
    /// What it holds.
    pub(super) bytes: Bytes,
    /// The SHA-256 of that.
    pub(super) digest: [u8; 32],
    /// Its entity tag, with quotes.
    pub(super) etag: String,
}

/// All avatars of the chat.
#[derive(Debug)]
pub(super) struct Gallery {
    pictures: Vec<Picture>,
}

impl Gallery {
    /// Makes so many, of 2 to 18 KiB.
    pub(super) fn new(count: usize) -> Self {
        Self {
            pictures: (0..count).map(picture).collect(),
        }
    }

    /// The avatar of this number, counted around.
    pub(super) fn picture(&self, number: usize) -> &Picture {
        &self.pictures[number % self.pictures.len()]
    }

    /// The avatar that a path leads to.
    pub(super) fn of_path(&self, path: &str) -> Option<(usize, &Picture)> {
        let name = path.rsplit('/').next()?;
        let number: usize = name.strip_prefix('u')?.strip_suffix(".png")?.parse().ok()?;
        Some((number, self.pictures.get(number)?))
    }

    pub(super) fn len(&self) -> usize {
        self.pictures.len()
    }
}

fn picture(number: usize) -> Picture {
    let mut random = fastrand::Rng::with_seed(number as u64);
    let length = random.usize(2 * 1024..18 * 1024);
    let bytes: Bytes = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    Picture {
        name: format!("u{number:04}.png"),
        etag: format!("\"{}\"", hex::encode(&digest[..16])),
        bytes,
        digest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_what_its_name_says() {
        let gallery = Gallery::new(50);
        let (number, picture) = gallery.of_path("/bucket/avatars/u0042.png").unwrap();
        assert_eq!((number, &*picture.name), (42, "u0042.png"));
        assert_ne!(picture.digest, gallery.picture(43).digest);
        for path in ["/u0050.png", "/u0042.jpg", "/", "/ux.png"] {
            assert!(gallery.of_path(path).is_none(), "{path}");
        }
    }
}
