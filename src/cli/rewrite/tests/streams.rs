//! Nothing else changes, however the bytes arrive.

use super::*;
use crate::cli::rewrite::rewriter::{Bounds, Sink};
use proptest::prelude::*;
use std::io::Read;

/// Hands out pieces of so many bytes.
struct Pieces<'a> {
    rest: &'a [u8],
    sizes: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes.next().unwrap().min(self.rest.len()).min(buffer.len());
        let (piece, rest) = self.rest.split_at(size);
        buffer[..size].copy_from_slice(piece);
        self.rest = rest;
        Ok(size)
    }
}

/// Writes down what passed and what was replaced.
#[derive(Default)]
struct Record {
    out: Vec<u8>,
    undone: Vec<u8>,
}

impl Sink for Record {
    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.extend_from_slice(bytes);
        self.undone.extend_from_slice(bytes);
        Ok(())
    }
    fn replace(&mut self, old: &[u8], new: &[u8]) -> io::Result<()> {
        self.out.extend_from_slice(new);
        self.undone.extend_from_slice(old);
        Ok(())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn recorded(text: &[u8], bounds: Bounds, sizes: Vec<usize>) -> (Record, u64, u64) {
    let mut rewriter = rewriter(None).with_bounds(bounds);
    let mut record = Record::default();
    let pieces = Pieces {
        rest: text,
        sizes: sizes.into_iter().cycle(),
    };
    rewriter.run(pieces, &mut record).unwrap();
    (record, rewriter.tally().replaced(), rewriter.tally().all_left())
}

/// A piece of a stream: a URL in some spelling and surrounding, or a part of one, or anything at all.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let url = || {
        let key = prop_oneof!["images/[a-z &=ü/]{1,20}", "[a-z/]{1,8}"]
            .prop_filter("a key", |key| ObjectKey::parse(key).is_ok());
        (key, 0..SPELLINGS.len()).prop_map(|(key, spelling)| spell(&presigned(&key, &[]), SPELLINGS[spelling]))
    };
    let whole = (url(), 0..SURROUNDINGS.len()).prop_map(|(url, surrounding)| {
        let (before, behind) = SURROUNDINGS[surrounding];
        format!("{before}{url}{behind}").into_bytes()
    });
    let part = (url(), any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(url, from, to)| {
        let (from, to) = (from.index(url.len()), to.index(url.len()));
        url.as_bytes()[from.min(to)..from.max(to)].to_vec()
    });
    let words = prop::sample::select(vec![
        "http://",
        "https:\\/\\/",
        "X-Amz-Signature",
        "X-Amz-Signature=",
        "AWSAccessKeyId",
        "?",
        "&amp;",
        "\\",
        "&",
        "\n",
        "/",
    ]);
    prop_oneof![
        4 => whole,
        2 => part,
        2 => prop::collection::vec(any::<u8>(), 0..200),
        1 => (words, 1..60_usize).prop_map(|(word, times)| word.repeat(times).into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is replaced, the rest stays, and how the stream arrives changes nothing.
    #[test]
    fn with_replacements_undone_the_output_is_the_input(
        pieces in prop::collection::vec(piece(), 0..12),
        sizes in prop::collection::vec(1_usize..700, 1..8),
    ) {
        let text = pieces.concat();
        let (whole, replaced, left) = recorded(&text, Bounds::default(), vec![usize::MAX]);
        prop_assert_eq!(&whole.undone, &text);
        prop_assert_eq!(replaced == 0, whole.out == text);
        let small = Bounds { window: 8 * 1024, longest: 2 * 1024 };
        let (halting, ..) = recorded(&text, small, sizes.clone());
        prop_assert_eq!(&halting.undone, &text);
        let (in_pieces, again, also_left) = recorded(&text, Bounds::default(), sizes);
        prop_assert_eq!(&in_pieces.undone, &text);
        prop_assert_eq!(in_pieces.out, whole.out);
        prop_assert_eq!((replaced, left), (again, also_left));
    }

    #[test]
    fn bytes_without_candidates_pass_as_they_are(text in prop::collection::vec(any::<u8>(), 0..3000), sizes in prop::collection::vec(1_usize..700, 1..8)) {
        let (record, replaced, left) = recorded(&text, Bounds { window: 2048, longest: 512 }, sizes);
        prop_assert_eq!(record.out, text);
        prop_assert_eq!((replaced, left), (0, 0));
    }
}

/// A line is passed on when it has ended, not when the window is full.
#[test]
fn lines_pass_as_they_come() {
    struct Lines(Vec<Vec<u8>>);
    impl Read for Lines {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some(line) = self.0.pop() else { return Ok(0) };
            buffer[..line.len()].copy_from_slice(&line);
            Ok(line.len())
        }
    }
    struct Seen(Vec<u8>, Vec<usize>);
    impl Write for Seen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            self.1.push(self.0.len());
            Ok(())
        }
    }
    let line = format!("{}\n", presigned("images/u.png", &[])).into_bytes();
    let mut seen = Seen(Vec::new(), Vec::new());
    rewriter(None)
        .rewrite(Lines(vec![line.clone(), line.clone(), line]), &mut seen)
        .unwrap();
    let one = "/avatars/u.png\n".len();
    assert_eq!(seen.1, [one, 2 * one, 3 * one, 3 * one]);
}
