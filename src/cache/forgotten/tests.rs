//! What is forgotten and what lives: by hand, against a plain list of everything that happened, and by many threads.

use super::*;
use crate::s3::ObjectKey;

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

fn is_forgotten(forgotten: &Forgotten, space: &Space, text: &str, since: Moment) -> bool {
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
