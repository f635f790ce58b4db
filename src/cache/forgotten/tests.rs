//! What is forgotten and what lives: by hand, against a plain list of everything that happened, and by many threads.

use super::*;
use crate::s3::ObjectKey;

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

pub(super) fn is_forgotten(forgotten: &Forgotten, space: &Space, text: &str, since: Moment) -> bool {
    let key = key(text);
    let query = |version| ObjectQuery {
        space,
        key: &key,
        version,
    };
    let current = forgotten.is_forgotten(&query(None), since);
    assert_eq!(
        current,
        forgotten.is_forgotten(&query(Some("v1")), since),
        "a version of {text}"
    );
    current
}

#[test]
fn a_key_is_forgotten_in_its_space_for_what_began_before() {
    let (forgotten, here, there) = (Forgotten::new(), Space::new("here"), Space::new("there"));
    let before = forgotten.moment();
    assert!(!is_forgotten(&forgotten, &here, "a/b", before));
    forgotten.forget_key(&here, "a/b");
    let after = forgotten.moment();
    assert!(is_forgotten(&forgotten, &here, "a/b", before));
    assert!(!is_forgotten(&forgotten, &here, "a/b", after));
    for (space, text) in [(&here, "a/c"), (&here, "a/"), (&here, "a/b/c"), (&there, "a/b")] {
        // One time in 65,536 they share a slot.
        let shares = forgotten.slot_of(space, text) == forgotten.slot_of(&here, "a/b");
        assert_eq!(is_forgotten(&forgotten, space, text, before), shares, "{text}");
    }
}

#[test]
fn of_two_writers_in_one_slot_the_later_number_stands() {
    let (forgotten, here) = (Forgotten::new(), Space::new("here"));
    let (first, second) = (forgotten.next(), forgotten.next());
    forgotten.stamp(&here, "a", second);
    forgotten.stamp(&here, "a", first);
    assert!(is_forgotten(&forgotten, &here, "a", Moment(first)));
    assert!(!is_forgotten(&forgotten, &here, "a", Moment(second)));
}

#[test]
fn a_prefix_is_forgotten_byte_for_byte_in_its_space() {
    let (forgotten, here, there) = (Forgotten::new(), Space::new("here"), Space::new("there"));
    let before = forgotten.moment();
    forgotten.forget_prefix(&here, "avatars/é");
    let after = forgotten.moment();
    for (text, expected) in [
        ("avatars/é", true),
        ("avatars/é/1.png", true),
        ("avatars/ê", false),
        ("avatars/", false),
        ("avatars-private/é", false),
    ] {
        assert_eq!(is_forgotten(&forgotten, &here, text, before), expected, "{text}");
        assert!(!is_forgotten(&forgotten, &here, text, after), "{text}");
        assert!(!is_forgotten(&forgotten, &there, text, before), "{text}");
    }
    forgotten.forget_prefix(&here, "");
    assert!(is_forgotten(&forgotten, &here, "other", after));
    assert!(!is_forgotten(&forgotten, &here, "other", forgotten.moment()));
    assert!(!is_forgotten(&forgotten, &there, "other", before));
}

#[test]
fn a_shorter_prefix_takes_the_place_of_longer_ones_below_it() {
    let (forgotten, here) = (Forgotten::new(), Space::new("here"));
    let before = forgotten.moment();
    for at in 0..100 {
        forgotten.forget_prefix(&here, &format!("avatars/{at}/"));
    }
    forgotten.forget_prefix(&here, "banners/");
    assert_eq!(forgotten.prefixes.load().len(), 101);
    forgotten.forget_prefix(&here, "avatars/");
    assert_eq!(forgotten.prefixes.load().len(), 2);
    assert!(is_forgotten(&forgotten, &here, "avatars/7/x", before));
    assert!(is_forgotten(&forgotten, &here, "banners/7/x", before));
    assert!(!is_forgotten(&forgotten, &here, "others/7/x", before));
    forgotten.forget_prefix(&here, "");
    assert_eq!(forgotten.prefixes.load().len(), 0);
}

#[test]
fn rule_23_a_full_table_forgets_its_space_and_begins_anew() {
    let (here, there) = (Space::new("here"), Space::new("there"));
    let length = |at: usize| format!("{}/", "x".repeat(at));
    let number = |at: usize| format!("{at:04}/");
    let cases: [(&dyn Fn(usize) -> String, usize); 2] = [(&length, 32), (&number, 1_024)];
    for (prefix, most) in cases {
        let forgotten = Forgotten::new();
        forgotten.forget_prefix(&there, "kept/");
        let before = forgotten.moment();
        for at in 0..most {
            forgotten.forget_prefix(&here, &prefix(at));
        }
        assert_eq!(forgotten.prefixes.load().len(), most + 1);
        assert!(!is_forgotten(&forgotten, &here, "untouched", before));
        forgotten.forget_prefix(&here, &prefix(most));
        assert_eq!(forgotten.prefixes.load().len(), 1);
        assert!(is_forgotten(&forgotten, &here, "untouched", before));
        assert!(!is_forgotten(&forgotten, &here, "untouched", forgotten.moment()));
        assert!(!is_forgotten(&forgotten, &there, "untouched", before));
        forgotten.forget_prefix(&here, &prefix(0));
        assert_eq!(forgotten.prefixes.load().len(), 2);
    }
}

#[test]
fn a_reload_drops_spaces_and_brings_nothing_in_them_back_to_life() {
    let (forgotten, gone, stays) = (Forgotten::new(), Space::new("gone"), Space::new("stays"));
    let before = forgotten.moment();
    forgotten.forget_prefix(&gone, "a/");
    forgotten.forget_prefix(&stays, "a/");
    let after = forgotten.moment();
    forgotten.retain(&[&gone, &stays]);
    assert_eq!(forgotten.moment(), after);
    forgotten.retain(&[&stays]);
    assert_eq!(forgotten.prefixes.load().len(), 1);
    assert!(is_forgotten(&forgotten, &gone, "a/1", before));
    assert!(
        is_forgotten(&forgotten, &gone, "b/1", after),
        "a space that is gone is forgotten as a whole"
    );
    assert!(is_forgotten(&forgotten, &stays, "a/1", before));
    assert!(!is_forgotten(&forgotten, &stays, "b/1", before));
    assert!(!is_forgotten(&forgotten, &stays, "a/1", after));
    // A request that still walks with the old configuration, and a bucket that is new.
    assert!(!is_forgotten(&forgotten, &gone, "a/1", forgotten.moment()));
    forgotten.forget_prefix(&gone, "c/");
    assert!(is_forgotten(&forgotten, &gone, "a/1", before));
    let opened = Space::new("new");
    assert!(!is_forgotten(&forgotten, &opened, "a/1", forgotten.moment()));
}

/// Two writers, each with a key of its own in one slot, and readers with a cache in between, all at once. The objects and
/// the cache order nothing by themselves; what orders them is `Forgotten`.
#[test]
fn who_begins_after_a_forget_never_sees_what_was_before_it() {
    use std::thread;
    const WRITES: u64 = 20_000;
    const BITS: u32 = 32;
    struct Object {
        key: ObjectKey,
        origin: AtomicU64,
        /// What a writer has heard is forgotten: all before this.
        told: AtomicU64,
        /// The value that is kept, and below it the moment of its fetch.
        kept: AtomicU64,
    }
    let forgotten = &Forgotten::bounded(1, Bounds::default());
    let space = &Space::new("space");
    let object = |text| Object {
        key: key(text),
        origin: AtomicU64::new(0),
        told: AtomicU64::new(0),
        kept: AtomicU64::new(0),
    };
    let objects = &[object("a/1"), object("a/2")];
    let read = |object: &Object| {
        let (value, moment) = {
            let kept = object.kept.load(Ordering::Relaxed);
            (kept >> BITS, Moment(kept & u64::from(u32::MAX)))
        };
        let query = ObjectQuery {
            space,
            key: &object.key,
            version: None,
        };
        if !forgotten.is_forgotten(&query, moment) {
            return value;
        }
        let moment = forgotten.moment();
        let value = object.origin.load(Ordering::Relaxed);
        object.kept.store(value << BITS | moment.as_u64(), Ordering::Relaxed);
        value
    };
    thread::scope(|scope| {
        for object in objects {
            scope.spawn(move || {
                for value in 1..=WRITES {
                    object.origin.store(value, Ordering::Relaxed);
                    if value % 8 == 0 {
                        forgotten.forget_prefix(space, "a/");
                    } else {
                        forgotten.forget_key(space, object.key.as_str());
                    }
                    object.told.store(value, Ordering::Release);
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                while objects
                    .iter()
                    .any(|object| object.told.load(Ordering::Acquire) < WRITES)
                {
                    for object in objects {
                        let told = object.told.load(Ordering::Acquire);
                        let value = read(object);
                        assert!(
                            value >= told,
                            "{value} was read after {told} was written and the rest forgotten"
                        );
                    }
                }
            });
        }
    });
    for object in objects {
        assert_eq!((read(object), read(object)), (WRITES, WRITES));
    }
}
