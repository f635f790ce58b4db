//! Random histories against a plain list of everything that was forgotten, searched from end to end.
//!
//! Two questions of each moment, space and key: what the list forgets is forgotten, whatever else is true; and nothing
//! else is, but for what the bounds, the slots and a reload explain, which the model works out on its own.

use super::tests::is_forgotten;
use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

#[derive(Clone, Debug)]
enum Step {
    Moment,
    Key(usize, String),
    Prefix(usize, String),
    /// By bits: which spaces stay.
    Retain(u8),
}

const SPACES: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    let key = || "[ab]{1,5}";
    prop_oneof![
        3 => Just(Step::Moment),
        3 => (0..SPACES, key()).prop_map(|(space, key)| Step::Key(space, key)),
        4 => (0..SPACES, "[ab]{0,5}").prop_map(|(space, prefix)| Step::Prefix(space, prefix)),
        1 => any::<u8>().prop_map(Step::Retain),
    ]
}

/// Something that was forgotten: in one space, what keys.
#[derive(Debug)]
enum Lost {
    Slot(usize),
    Prefix(usize, String),
    Spaces(Vec<usize>),
}

#[derive(Default)]
struct Model {
    /// All that was asked to be forgotten, and no more.
    asked: Vec<(usize, Step)>,
    /// All that is, with the number it has.
    lost: Vec<(usize, Lost)>,
    numbers: usize,
    /// The prefixes that a space's table holds; no list where there is no table.
    tables: [Option<Vec<String>>; SPACES],
}

impl Model {
    fn number(&mut self) -> usize {
        self.numbers += 1;
        self.numbers
    }

    fn prefix(&mut self, space: usize, prefix: &str, bounds: Bounds) {
        let number = self.number();
        let table = self.tables[space].get_or_insert_default();
        table.retain(|held| !held.starts_with(prefix));
        table.push(prefix.to_owned());
        let lengths: HashSet<_> = table.iter().map(String::len).collect();
        if table.len() > bounds.prefixes || lengths.len() > bounds.lengths || prefix.is_empty() {
            table.clear();
            self.lost.push((number, Lost::Spaces(vec![space])));
        } else {
            self.lost.push((number, Lost::Prefix(space, prefix.to_owned())));
        }
    }

    fn retain(&mut self, kept: u8) {
        let (stay, go): (Vec<_>, Vec<_>) = (0..SPACES).partition(|space| kept & (1 << space) != 0);
        if go.iter().all(|space| self.tables[*space].is_none()) {
            return;
        }
        let number = self.number();
        for space in &go {
            self.tables[*space] = None;
        }
        for space in stay {
            self.tables[space].get_or_insert_default();
        }
        self.lost.push((number, Lost::Spaces(go)));
    }

    fn must_be_forgotten(&self, space: usize, key: &str, since: usize) -> bool {
        self.asked.iter().any(|(number, step)| {
            *number > since
                && match step {
                    Step::Key(at, forgotten) => *at == space && forgotten == key,
                    Step::Prefix(at, prefix) => *at == space && key.starts_with(prefix.as_str()),
                    Step::Moment | Step::Retain(_) => false,
                }
        })
    }

    fn is_forgotten(&self, space: usize, key: &str, slot: usize, since: usize) -> bool {
        self.lost.iter().any(|(number, lost)| {
            *number > since
                && match lost {
                    Lost::Slot(at) => *at == slot,
                    Lost::Prefix(at, prefix) => *at == space && key.starts_with(prefix.as_str()),
                    Lost::Spaces(spaces) => spaces.contains(&space),
                }
        })
    }
}

fn compare(slots: usize, bounds: Bounds, steps: &[Step], looked_up: &[String]) -> Result<(), TestCaseError> {
    let forgotten = Forgotten::bounded(slots, bounds);
    let spaces: Vec<_> = (0..SPACES).map(|_| Space::new("space")).collect();
    let mut model = Model::default();
    let mut moments = vec![(0, forgotten.moment())];
    for step in steps {
        match step {
            Step::Moment => moments.push((model.numbers, forgotten.moment())),
            Step::Key(space, key) => {
                forgotten.forget_key(&spaces[*space], key);
                let number = model.number();
                model
                    .lost
                    .push((number, Lost::Slot(forgotten.slot_of(&spaces[*space], key))));
            }
            Step::Prefix(space, prefix) => {
                forgotten.forget_prefix(&spaces[*space], prefix);
                model.prefix(*space, prefix, bounds);
            }
            Step::Retain(kept) => {
                let stay = spaces.iter().enumerate().filter(|(at, _)| kept & (1 << at) != 0);
                forgotten.retain(&stay.map(|(_, space)| space).collect::<Vec<_>>());
                model.retain(*kept);
            }
        }
        model.asked.push((model.numbers, step.clone()));
        for (at, space) in spaces.iter().enumerate() {
            for key in looked_up {
                let slot = forgotten.slot_of(space, key);
                for (since, moment) in &moments {
                    let said = is_forgotten(&forgotten, space, key, *moment);
                    let told = format!("{key} in {at} since {since}, after {step:?}");
                    prop_assert!(said || !model.must_be_forgotten(at, key, *since), "alive: {}", told);
                    prop_assert_eq!(said, model.is_forgotten(at, key, slot, *since), "{}", told);
                }
                prop_assert!(
                    !is_forgotten(&forgotten, space, key, forgotten.moment()),
                    "not even now: {}",
                    key
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_history_is_remembered_as_it_was(
        steps in prop::collection::vec(step(), 1..40), keys in prop::collection::vec("[ab]{1,6}", 1..6),
    ) {
        compare(SLOTS, Bounds::default(), &steps, &keys)?;
    }

    #[test]
    fn bounds_and_shared_slots_err_to_the_safe_side_alone(
        slots in 1_usize..8, prefixes in 0_usize..6, lengths in 0_usize..4,
        steps in prop::collection::vec(step(), 1..40), keys in prop::collection::vec("[ab]{1,6}", 1..6),
    ) {
        compare(slots, Bounds { prefixes, lengths }, &steps, &keys)?;
    }
}
