//! Properties of uploads: a body that was changed on the way is never taken for whole.

use super::fakes::{FakeBody, Request, chunked, consume, data};
use crate::sigv4::chunked_encoder::Kind;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn rule_14_a_changed_body_is_never_taken_for_whole(
        kind in prop::sample::select(Kind::ALL.to_vec()),
        length in prop_oneof![0_usize..300, 65_500_usize..66_500],
        size in prop_oneof![100_usize..300, 8_192_usize..70_000],
        step in prop_oneof![50_usize..5_000, Just(1_000_000)],
        at: prop::sample::Index, mask in 1..=u8::MAX, how in 0_u8..3,
    ) {
        let body = data(length);
        let mut wire = chunked(kind, &body, size);
        let at = at.index(wire.len());
        match how {
            0 => wire[at] ^= mask,
            1 => wire.insert(at, mask),
            _ => drop(wire.remove(at)),
        }
        let request = Request::chunked(kind, length);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (seen, whole) = runtime.block_on(async {
            match request.upload(FakeBody::of(&wire, step)).await {
                Ok(upload) => {
                    let (seen, end, fault) = consume(upload).await;
                    assert_eq!(end.err(), fault.get());
                    (seen, end.is_ok())
                }
                Err(_) => (Vec::new(), false),
            }
        });
        if whole {
            // The size of a chunk or the trailer's name may be written in other words, the data may not.
            prop_assert!(seen == body);
        } else {
            prop_assert!(length == 0 || seen.len() < length);
        }
    }
}
