//! The sample avatars: a dozen pictures drawn in code, and one for who has none.
//!
//! No picture file ships with the program, and none needs a licence. See [`picture`] for what they are made of.

mod cast;
mod picture;
mod png;
mod svg;

use bytes::Bytes;
use picture::Picture;

/// What the keys of all samples start with.
pub const SAMPLE_PREFIX: &str = "avatars/";

/// The avatar for who has none, inside [`SAMPLE_PREFIX`]; meant as a route's `fallback`.
pub static DEFAULT_AVATAR: Sample = Sample {
    file_name: "default-avatar.png",
    description: "A grey head and shoulders",
    picture: &cast::NOBODY,
    kind: Kind::Png,
};

/// One sample picture.
#[derive(Debug)]
pub struct Sample {
    /// The key behind [`SAMPLE_PREFIX`].
    pub file_name: &'static str,
    /// What it shows, in words, for `alt`.
    pub description: &'static str,
    picture: &'static Picture,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Png,
    Svg,
}

impl Sample {
    /// The whole key.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{SAMPLE_PREFIX}{}", self.file_name)
    }

    /// `Content-Type`.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        match self.kind {
            Kind::Png => "image/png",
            Kind::Svg => "image/svg+xml",
        }
    }

    /// Draws the file; a few milliseconds. `None` when there is no memory for it.
    #[must_use]
    pub fn draw(&self) -> Option<Bytes> {
        match self.kind {
            Kind::Png => png::render(self.picture).map(Bytes::from),
            Kind::Svg => Some(Bytes::from(svg::render(self.picture))),
        }
    }
}

/// The dozen, without [`DEFAULT_AVATAR`].
#[must_use]
pub fn samples() -> &'static [Sample] {
    &SAMPLES
}

static SAMPLES: [Sample; 12] = [
    png("fox.png", "A fox", &cast::FOX),
    png("cat.png", "A black cat", &cast::CAT),
    svg("panda.svg", "A panda", &cast::PANDA),
    png("owl.png", "An owl at night", &cast::OWL),
    png("robot.png", "A robot", &cast::ROBOT),
    png("frog.png", "A frog", &cast::FROG),
    svg("penguin.svg", "A penguin with a red scarf", &cast::PENGUIN),
    png("bear.png", "A bear", &cast::BEAR),
    png("alien.png", "A green alien", &cast::ALIEN),
    png("rabbit.png", "A white rabbit", &cast::RABBIT),
    png("chick.png", "A yellow chick", &cast::CHICK),
    svg("ghost.svg", "A friendly ghost", &cast::GHOST),
];

const fn png(file_name: &'static str, description: &'static str, picture: &'static Picture) -> Sample {
    Sample {
        file_name,
        description,
        picture,
        kind: Kind::Png,
    }
}

const fn svg(file_name: &'static str, description: &'static str, picture: &'static Picture) -> Sample {
    Sample {
        file_name,
        description,
        picture,
        kind: Kind::Svg,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_sample_is_a_file_of_its_kind_and_unlike_the_others() {
        let mut seen = HashSet::new();
        for sample in samples().iter().chain([&DEFAULT_AVATAR]) {
            let file = sample.draw().unwrap();
            match sample.content_type() {
                "image/png" => {
                    assert!(file.starts_with(b"\x89PNG\r\n\x1a\n"), "{}", sample.file_name);
                    let picture = tiny_skia::Pixmap::decode_png(&file).unwrap();
                    assert_eq!((picture.width(), picture.height()), (256, 256));
                    let corner = picture.pixel(0, 0).unwrap();
                    assert_eq!(corner.alpha(), 0, "round: the corners are clear");
                }
                _ => assert!(file.starts_with(b"<svg xmlns="), "{}", sample.file_name),
            }
            assert!(file.len() < 64 * 1024, "{} is small", sample.file_name);
            assert!(!sample.description.is_empty());
            assert!(seen.insert(file), "{} is like another", sample.file_name);
        }
    }

    #[test]
    fn an_svg_holds_no_script_and_no_reference() {
        for sample in samples()
            .iter()
            .filter(|sample| sample.content_type() == "image/svg+xml")
        {
            let text = String::from_utf8(sample.draw().unwrap().to_vec()).unwrap();
            for word in ["<script", "href", "<image", "<foreignObject", " onload"] {
                assert!(!text.contains(word), "{} holds {word}", sample.file_name);
            }
        }
    }
}
