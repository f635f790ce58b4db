//! Properties of the decoder: what is encoded comes back under any split, and what was changed on the way does not pass.

use super::encoder::{FieldEnd, Kind, encode};
use super::{ChunkedError, Decoder};
use bytes::Bytes;
use proptest::prelude::*;

const NAME: &str = "x-amz-checksum-crc32";

/// Feeds `body` in pieces of these lengths, over and over.
fn decode(
    kind: Kind,
    announced: bool,
    length: Option<u64>,
    body: &[u8],
    steps: &[usize],
) -> Result<Vec<u8>, ChunkedError> {
    let mut decoder = Decoder::of(&kind.payload(), announced.then_some(NAME), length)?.unwrap();
    let mut rest = Bytes::copy_from_slice(body);
    let mut data = Vec::new();
    let mut steps = steps.iter().cycle();
    while !rest.is_empty() {
        let step = steps.next().map_or(1, |step| (*step).clamp(1, rest.len()));
        let mut input = rest.split_to(step);
        while let Some(piece) = decoder.decode(&mut input)? {
            assert!(!piece.is_empty());
            data.extend(piece);
        }
    }
    let value = decoder.finish()?;
    assert_eq!(value.is_some(), announced);
    Ok(data)
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL.to_vec())
}

fn chunks() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 0..6)
}

fn steps() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1_usize..300, 1..6)
}

fn encoded(kind: Kind, chunks: &[Vec<u8>], end: FieldEnd) -> Vec<u8> {
    let slices: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
    let field = (kind != Kind::SignedChunks).then_some((NAME, "AAAAAA=="));
    encode(kind, &slices, field, end)
}

/// One change to a body.
#[derive(Clone, Debug)]
enum Change {
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Cut(prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
    Append(u8),
}

fn changes() -> impl Strategy<Value = Change> {
    // What the grammar is made of is more telling than any byte.
    let byte = || prop_oneof![any::<u8>(), prop::sample::select(b"\r\n;:=0af+- ".to_vec())];
    let index = any::<prop::sample::Index>;
    prop_oneof![
        (index(), 1..=u8::MAX).prop_map(|(at, mask)| Change::Flip(at, mask)),
        (index(), byte()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        index().prop_map(Change::Remove),
        index().prop_map(Change::Cut),
        (index(), index()).prop_map(|(from, to)| Change::Repeat(from, to)),
        byte().prop_map(Change::Append),
    ]
}

fn change(body: &mut Vec<u8>, change: &Change) {
    if body.is_empty() {
        return;
    }
    match change {
        Change::Flip(at, mask) => {
            let at = at.index(body.len());
            body[at] ^= mask;
        }
        Change::Insert(at, byte) => body.insert(at.index(body.len()), *byte),
        Change::Remove(at) => drop(body.remove(at.index(body.len()))),
        Change::Cut(at) => body.truncate(at.index(body.len())),
        Change::Repeat(from, to) => {
            let (from, to) = (from.index(body.len()), to.index(body.len()));
            let part = body[from.min(to)..from.max(to)].to_vec();
            body.splice(from..from, part);
        }
        Change::Append(byte) => body.push(*byte),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_was_encoded_comes_back_under_any_split(
        kind in kinds(), chunks in chunks(), steps in steps(), lf: bool, told: bool,
    ) {
        let end = if lf { FieldEnd::LfCrLf } else { FieldEnd::CrLf };
        let data = chunks.concat();
        let length = told.then_some(data.len() as u64);
        let body = encoded(kind, &chunks, end);
        prop_assert_eq!(decode(kind, kind != Kind::SignedChunks, length, &body, &steps), Ok(data));
    }

    #[test]
    fn another_length_than_was_told_does_not_pass(
        kind in kinds(), chunks in chunks(), steps in steps(), told in 0_u64..1_000,
    ) {
        let data = chunks.concat();
        prop_assume!(told != data.len() as u64);
        let body = encoded(kind, &chunks, FieldEnd::CrLf);
        let result = decode(kind, kind != Kind::SignedChunks, Some(told), &body, &steps);
        let expected = if told < data.len() as u64 { ChunkedError::TooLong } else { ChunkedError::TooShort };
        prop_assert_eq!(result, Err(expected));
    }

    #[test]
    fn signed_data_that_was_changed_never_passes(
        signed in prop::sample::select(vec![Kind::SignedChunks, Kind::SignedChunksTrailer]),
        chunks in chunks(), steps in steps(), changes in prop::collection::vec(changes(), 1..4), told: bool,
    ) {
        let data = chunks.concat();
        let mut body = encoded(signed, &chunks, FieldEnd::CrLf);
        for one in &changes {
            change(&mut body, one);
        }
        let length = told.then_some(data.len() as u64);
        // A size may be written in other words; its data can't.
        if let Ok(decoded) = decode(signed, signed == Kind::SignedChunksTrailer, length, &body, &steps) {
            prop_assert_eq!(decoded, data);
        }
    }

    #[test]
    fn how_the_input_is_split_changes_no_verdict(
        kind in kinds(), chunks in chunks(), steps in steps(), changes in prop::collection::vec(changes(), 1..4),
    ) {
        let mut body = encoded(kind, &chunks, FieldEnd::CrLf);
        for one in &changes {
            change(&mut body, one);
        }
        let announced = kind != Kind::SignedChunks;
        let length = Some(chunks.concat().len() as u64);
        let whole = decode(kind, announced, length, &body, &[usize::MAX]);
        prop_assert_eq!(decode(kind, announced, length, &body, &steps), whole.clone());
        prop_assert_eq!(decode(kind, announced, length, &body, &[1]), whole);
    }

    #[test]
    fn noise_never_panics(kind in kinds(), body in prop::collection::vec(any::<u8>(), 0..500), steps in steps()) {
        let announced = kind != Kind::SignedChunks;
        prop_assert!(decode(kind, announced, None, &body, &steps).is_err());
    }
}
