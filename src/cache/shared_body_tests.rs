//! One writer, many readers.

use super::*;
use crate::cache::Budget;
use proptest::prelude::*;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

fn begin(length: u64) -> (Arc<SharedBody<&'static str>>, BodyWriter<&'static str>, Arc<Budget>) {
    let budget = Budget::new(1 << 20);
    let (body, writer) = SharedBody::begin(length, budget.lease(2 * length).unwrap(), "abandoned");
    (body, writer, budget)
}

async fn collect(mut reader: BodyReader<&'static str>) -> (Vec<u8>, Option<&'static str>) {
    let mut all = Vec::new();
    while let Some(next) = poll_fn(|context| reader.poll_next(context)).await {
        match next {
            Ok(bytes) => all.extend_from_slice(&bytes),
            Err(why) => return (all, Some(why)),
        }
    }
    (all, None)
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn rule_23_a_reader_that_goes_away_leaves_no_waker_behind() {
    let (body, mut writer, _) = begin(4);
    let (woken, other) = (Arc::new(Count::default()), Arc::new(Count::default()));
    let mut stays = body.reader(0, 4);
    let waker = Waker::from(Arc::clone(&other));
    assert!(stays.poll_next(&mut Context::from_waker(&waker)).is_pending());
    for _ in 0..3 {
        let mut leaves = body.reader(0, 4);
        let waker = Waker::from(Arc::clone(&woken));
        assert!(leaves.poll_next(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(
        Arc::strong_count(&woken),
        1,
        "an origin that falls silent may be left by thousands"
    );
    let late = body.reader(0, 4);
    writer.write(Bytes::from_static(b"abc"));
    drop(late);
    assert_eq!(
        (woken.0.load(Ordering::Relaxed), other.0.load(Ordering::Relaxed)),
        (0, 1)
    );
}

#[test]
fn the_first_bytes_are_read_before_the_last_have_come() {
    let (body, mut writer, _) = begin(4);
    let mut reader = body.reader(0, 4);
    let woken = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    assert!(reader.poll_next(&mut context).is_pending());
    assert!(reader.poll_next(&mut context).is_pending());
    writer.write(Bytes::from_static(b"ab"));
    assert_eq!(woken.0.load(Ordering::Relaxed), 1, "listed once");
    assert_eq!(
        reader.poll_next(&mut context),
        Poll::Ready(Some(Ok(Bytes::from_static(b"ab"))))
    );
    assert!(reader.poll_next(&mut context).is_pending());
    writer.write(Bytes::from_static(b"cd"));
    assert!(
        reader.poll_next(&mut context).is_pending(),
        "the last bytes wait for it to be kept"
    );
    let whole = writer.finish().unwrap();
    assert_eq!(whole.bytes(), "abcd");
    assert!(reader.poll_next(&mut context).is_pending());
    drop(whole);
    assert_eq!(
        reader.poll_next(&mut context),
        Poll::Ready(Some(Ok(Bytes::from_static(b"cd"))))
    );
    assert_eq!(reader.poll_next(&mut context), Poll::Ready(None));
}

#[tokio::test]
async fn rule_19_what_breaks_off_breaks_off_for_all() {
    let (body, mut writer, budget) = begin(4);
    writer.write(Bytes::from_static(b"ab"));
    let early = tokio::spawn(collect(body.reader(0, 4)));
    writer.break_off("cut");
    assert_eq!(early.await.unwrap(), (b"ab".to_vec(), Some("cut")));
    assert_eq!(collect(body.reader(0, 4)).await, (b"ab".to_vec(), Some("cut")));
    assert_eq!(
        collect(body.reader(0, 2)).await,
        (b"ab".to_vec(), None),
        "all that it asked for"
    );
    drop(body);
    assert_eq!(budget.leased(), 0);

    let (body, writer, _) = begin(4);
    drop(writer);
    assert_eq!(collect(body.reader(0, 4)).await, (Vec::new(), Some("abandoned")));
    let (body, mut writer, _) = begin(4);
    writer.write(Bytes::from_static(b"abc"));
    assert!(writer.finish().is_none(), "too short");
    assert_eq!(collect(body.reader(1, 4)).await, (b"bc".to_vec(), Some("abandoned")));
}

#[test]
fn a_finished_body_is_leased_once_until_nobody_holds_it() {
    let (body, mut writer, budget) = begin(4);
    assert_eq!(budget.leased(), 8, "what arrives lies here twice for a moment");
    writer.write(Bytes::from_static(b"abcd"));
    let whole = writer.finish().unwrap().bytes().clone();
    assert_eq!(budget.leased(), 4);
    drop(body);
    assert_eq!(budget.leased(), 4);
    drop(whole);
    assert_eq!(budget.leased(), 0);
}

proptest! {
    #[test]
    fn every_reader_gets_its_part(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..50), 0..8),
        parts in prop::collection::vec((0u64..400, 0u64..400, 0usize..9), 1..6),
    ) {
        let whole = pieces.concat();
        let (body, mut writer, _) = begin(whole.len() as u64);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut readers = Vec::new();
            for after in 0..=pieces.len() {
                for (first, end, _) in parts.iter().filter(|(_, _, begins)| *begins == after) {
                    readers.push((*first, *end, tokio::spawn(collect(body.reader(*first, *end)))));
                }
                if let Some(piece) = pieces.get(after) {
                    writer.write(Bytes::copy_from_slice(piece));
                }
                tokio::task::yield_now().await;
            }
            assert_eq!(*writer.finish().unwrap().bytes(), whole);
            for (first, end, reader) in readers {
                let place = |at: u64| usize::try_from(at).unwrap();
                let (first, end) = (place(first), place(end).min(whole.len()));
                let expected = whole.get(first..end).unwrap_or_default();
                assert_eq!(reader.await.unwrap(), (expected.to_vec(), None));
            }
        });
    }
}
