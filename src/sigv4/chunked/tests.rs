//! The decoder against AWS's own examples and against everything that must be refused.

use super::encoder::{FieldEnd, Kind, encode, seed};
use super::{ChunkedError, Decoder};
use crate::sigv4::Payload;
use bytes::Bytes;

const CRC: &str = "x-amz-checksum-crc32c";
/// The length of a signed chunk's first line when its size has one digit, in bytes.
const SIGNED_LINE: usize = 1 + 17 + 64 + 2;

/// Decodes a body that comes in one piece.
fn decode(
    payload: &Payload,
    announced: Option<&str>,
    length: Option<u64>,
    body: &[u8],
) -> Result<(Vec<u8>, Option<Box<str>>), ChunkedError> {
    let mut decoder = Decoder::of(payload, announced, length)?.unwrap();
    let mut input = Bytes::copy_from_slice(body);
    let mut data = Vec::new();
    while let Some(piece) = decoder.decode(&mut input)? {
        data.extend(piece);
    }
    assert!(input.is_empty());
    Ok((data, decoder.finish()?))
}

fn unsigned(length: u64, body: &str) -> Result<(Vec<u8>, Option<Box<str>>), ChunkedError> {
    decode(&Payload::UnsignedTrailer, Some(CRC), Some(length), body.as_bytes())
}

/// 65,536 and 1,024 times `a`, as in AWS's examples, with these signatures.
fn example(signatures: [&str; 3], trailer: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (size, signature) in [65_536, 1_024, 0].into_iter().zip(signatures) {
        body.extend(format!("{size:x};chunk-signature={signature}\r\n").into_bytes());
        if size > 0 {
            body.extend(vec![b'a'; size]);
            body.extend(b"\r\n");
        }
    }
    body.extend(trailer.as_bytes());
    body.extend(b"\r\n");
    body
}

#[test]
fn the_example_of_chunks_holds() {
    let payload = Payload::SignedChunks(seed("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"));
    let body = example(
        [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ],
        "",
    );
    let (data, trailer) = decode(&payload, None, Some(66_560), &body).unwrap();
    assert_eq!((data, trailer), (vec![b'a'; 66_560], None));
}

#[test]
fn the_example_of_a_trailer_holds() {
    let payload =
        Payload::SignedChunksTrailer(seed("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"));
    let signatures = [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ];
    let last = "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n";
    for end in ["\r\n", "\n\r\n"] {
        let trailer = format!("x-amz-checksum-crc32c:sOO8/Q=={end}{last}");
        let (data, value) = decode(&payload, Some(CRC), Some(66_560), &example(signatures, &trailer)).unwrap();
        assert_eq!((data.len(), value.as_deref()), (66_560, Some("sOO8/Q==")));
        let other = format!("x-amz-checksum-crc32c:sOO8/A=={end}{last}");
        let refused = decode(&payload, Some(CRC), Some(66_560), &example(signatures, &other));
        assert_eq!(refused, Err(ChunkedError::SignatureMismatch));
    }
}

#[test]
fn what_clients_write_is_read() {
    let field = "x-amz-checksum-crc32c:sOO8/Q==";
    for body in [
        format!("3\r\nabc\r\n0\r\n{field}\r\n\r\n"),
        format!("1\r\na\r\n2\r\nbc\r\n0\r\n{field}\n\r\n\r\n"),
        format!("0003\r\nabc\r\n00\r\n{field}\r\n\r\n"),
        "3\r\nabc\r\n0\r\nX-Amz-Checksum-Crc32c: sOO8/Q== \r\n\r\n".to_owned(),
    ] {
        let (data, value) = unsigned(3, &body).unwrap();
        assert_eq!(
            (&data[..], value.as_deref()),
            (&b"abc"[..], Some("sOO8/Q==")),
            "{body:?}"
        );
    }
    let no_trailer = decode(&Payload::UnsignedTrailer, None, None, b"3\r\nabc\r\n0\r\n\r\n");
    assert_eq!(no_trailer, Ok((b"abc".to_vec(), None)));
}

#[test]
fn rule_14_what_could_be_read_in_two_ways_is_refused() {
    use ChunkedError as E;
    let field = "x-amz-checksum-crc32c:sOO8/Q==\r\n";
    for (body, error) in [
        ("", E::Truncated),
        ("3\r\nabc\r\n", E::Truncated),
        ("3\r\nab", E::Truncated),
        ("3\r\nabc\r\n0\r\n", E::Truncated),
        (&format!("3\r\nabc\r\n0\r\n{field}"), E::Truncated),
        ("3\nabc\r\n", E::BadLineEnd),
        ("3\r\nabc\n", E::BadLineEnd),
        ("3\r\nabc\r\r\n", E::BadLineEnd),
        ("3\r\nabcd\r\n", E::BadLineEnd),
        ("3\r\nabc\r\n0\n", E::BadLineEnd),
        ("\r\n3\r\nabc\r\n", E::BadSize),
        ("+3\r\nabc\r\n", E::BadSize),
        ("3 \r\nabc\r\n", E::BadSize),
        (" 3\r\nabc\r\n", E::BadSize),
        ("0x3\r\nabc\r\n", E::BadSize),
        ("00000000000000003\r\nabc\r\n", E::BadSize),
        ("10000000000000000\r\nabc\r\n", E::BadSize),
        ("3;a=b\r\nabc\r\n", E::BadExtension),
        ("ffffffffffffffff\r\nabc\r\n", E::TooLong),
        ("4\r\nabcd\r\n", E::TooLong),
        ("3\r\nabc\r\nffffffffffffffff\r\n", E::TooLong),
        ("2\r\nab\r\n0\r\n", E::TooShort),
        ("3\r\nabc\r\n0\r\n\r\n", E::MissingTrailer),
        ("3\r\nabc\r\n0\r\nx-amz-checksum-crc32c\r\n", E::BadTrailer),
        ("3\r\nabc\r\n0\r\nx-amz-checksum-crc32c:\r\n", E::BadTrailer),
        ("3\r\nabc\r\n0\r\nx-amz-checksum-crc32c:a b\r\n", E::BadTrailer),
        ("3\r\nabc\r\n0\r\nx-amz-checksum-crc32c:ab\r\r\n", E::BadTrailer),
        ("3\r\nabc\r\n0\r\nx-amz-checksum-crc32c :ab\r\n", E::UnexpectedTrailer),
        ("3\r\nabc\r\n0\r\n x-amz-checksum-crc32c:ab\r\n", E::UnexpectedTrailer),
        ("3\r\nabc\r\n0\r\nx-amz-checksum-sha1:ab==\r\n", E::UnexpectedTrailer),
        (&format!("3\r\nabc\r\n0\r\n{field}{field}"), E::UnexpectedTrailer),
        ("3\r\nabc\r\n0\r\nx-amz-checksum-crc32c:ab\n\n", E::BadLineEnd),
        ("3\r\nabc\r\n0\r\nx-amz-checksum-crc32c:ab\na\r\n", E::BadTrailer),
        (&format!("3\r\nabc\r\n0\r\n{field}\n"), E::BadLineEnd),
        (&format!("3\r\nabc\r\n0\r\n{field}\r\n\r\n"), E::BytesAfterEnd),
        (&format!("3\r\nabc\r\n0\r\n{field}\r\n0\r\n\r\n"), E::BytesAfterEnd),
        (
            &format!("3\r\nabc\r\n0\r\nx-amz-checksum-crc32c:{}\r\n", "a".repeat(128)),
            E::LineTooLong,
        ),
        (&"0".repeat(200), E::LineTooLong),
    ] {
        assert_eq!(unsigned(3, body), Err(error), "{body:?}");
    }
}

#[test]
fn rule_14_signatures_are_due_where_they_were_promised_and_nowhere_else() {
    let chunks: [&[u8]; 2] = [b"abc", b"def"];
    for kind in Kind::ALL {
        let field = (kind != Kind::SignedChunks).then_some((CRC, "sOO8/Q=="));
        let body = encode(kind, &chunks, field, FieldEnd::CrLf);
        for other in Kind::ALL {
            let announced = (other != Kind::SignedChunks).then_some(CRC);
            let result = decode(&other.payload(), announced, Some(6), &body);
            assert_eq!(result.is_ok(), kind == other, "{kind:?} read as {other:?}: {result:?}");
        }
    }
    // No signature behind the trailer.
    let body = encode(Kind::SignedChunks, &chunks, Some((CRC, "sOO8/Q==")), FieldEnd::CrLf);
    let refused = decode(&Kind::SignedChunksTrailer.payload(), Some(CRC), Some(6), &body);
    assert_eq!(refused, Err(ChunkedError::BadTrailer));
    // Chunks in another order.
    let body = encode(Kind::SignedChunks, &chunks, None, FieldEnd::CrLf);
    let (first, rest) = body.split_at(SIGNED_LINE + 5);
    let (second, last) = rest.split_at(SIGNED_LINE + 5);
    let swapped = [second, first, last].concat();
    let refused = decode(&Kind::SignedChunks.payload(), None, Some(6), &swapped);
    assert_eq!(refused, Err(ChunkedError::SignatureMismatch));
}

#[test]
fn rule_14_a_chunk_cut_off_at_its_border_is_missed() {
    // The last chunk has a signature of its own, so that nobody can end a body early.
    let body = encode(Kind::SignedChunks, &[b"abc", b"def"], None, FieldEnd::CrLf);
    let short = encode(Kind::SignedChunks, &[b"abc"], None, FieldEnd::CrLf);
    let (start, _) = body.split_at(SIGNED_LINE + 5);
    assert_eq!(&short[..start.len()], start);
    for length in [Some(3), Some(6), None] {
        assert_eq!(
            decode(&Kind::SignedChunks.payload(), None, length, start),
            Err(ChunkedError::Truncated)
        );
    }
}

#[test]
fn a_kind_without_a_trailer_takes_none_and_a_signed_one_needs_one() {
    let of = |kind: Kind, announced| Decoder::of(&kind.payload(), announced, None).map(|decoder| decoder.is_some());
    assert_eq!(of(Kind::SignedChunks, Some(CRC)), Err(ChunkedError::UnexpectedTrailer));
    assert_eq!(of(Kind::SignedChunksTrailer, None), Err(ChunkedError::MissingTrailer));
    assert_eq!(of(Kind::UnsignedTrailer, None), Ok(true));
    assert!(Decoder::of(&Payload::Unsigned, None, None).unwrap().is_none());
    assert!(Decoder::of(&Payload::Sha256([0; 32]), None, None).unwrap().is_none());
}

#[test]
fn data_is_passed_on_as_slices_of_what_came() {
    let body = Bytes::from_static(b"3\r\nabc\r\n0\r\n\r\n");
    let mut decoder = Decoder::of(&Payload::UnsignedTrailer, None, Some(3)).unwrap().unwrap();
    let piece = decoder.decode(&mut body.clone()).unwrap().unwrap();
    assert_eq!(piece.as_ptr(), body[3..].as_ptr());
}

#[test]
fn an_error_stays_an_error() {
    let mut decoder = Decoder::of(&Payload::UnsignedTrailer, None, Some(3)).unwrap().unwrap();
    let wrong = decoder.decode(&mut Bytes::from_static(b"x\r\n"));
    assert_eq!(wrong, Err(ChunkedError::BadSize));
    let more = decoder.decode(&mut Bytes::from_static(b"3\r\nabc\r\n0\r\n\r\n"));
    assert_eq!(more, Err(ChunkedError::BadSize));
    assert_eq!(decoder.finish(), Err(ChunkedError::BadSize));
}
