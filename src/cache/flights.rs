//! One fetch for each object, whoever and however many ask for it. Rule 21.
//!
//! A fetch that began before its object was forgotten is left to those who wait for it already; who asks later begins
//! another.

use super::forgotten::{Forgotten, Moment};
use super::name::{ObjectName, ObjectQuery};
use hashbrown::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many tables the fetches are spread over, so that workers seldom wait for each other.
const TABLES: usize = 16;

/// Of `hashbrown`, since the standard one can't be asked by a borrowed name: each stale hit asks.
type Table<F> = HashMap<ObjectName, UnderWay<F>, RandomState>;

/// The fetches that are under way. `F` is what those who wait for one share.
#[derive(Debug)]
pub struct Flights<F> {
    tables: [Mutex<Table<F>>; TABLES],
    hasher: RandomState,
    forgotten: Arc<Forgotten>,
}

#[derive(Debug)]
struct UnderWay<F> {
    since: Moment,
    flight: Arc<F>,
}

/// A place in a fetch.
#[derive(Debug)]
pub enum Joined<F> {
    /// Somebody else has begun it.
    Waits(Arc<F>),
    /// It was begun by this call, and has to be done.
    Leads(Arc<F>, Moment),
}

impl<F> Flights<F> {
    /// Begins with none; what is `forgotten` is not joined any more.
    #[must_use]
    pub fn new(forgotten: Arc<Forgotten>) -> Self {
        Self {
            tables: std::array::from_fn(|_| Mutex::new(HashMap::with_hasher(RandomState::new()))),
            hasher: RandomState::new(),
            forgotten,
        }
    }

    /// Joins the fetch of an object that is under way, or begins one with `begin`. Whoever leads calls [`Flights::end`].
    pub fn join(&self, query: &ObjectQuery<'_>, begin: impl FnOnce() -> F) -> Joined<F> {
        let mut table = self.table(query);
        if let Some(known) = table.get(query)
            && !self.forgotten.is_forgotten(query, known.since)
        {
            return Joined::Waits(Arc::clone(&known.flight));
        }
        // Before the origin is asked: what is forgotten from now on may be what the origin is about to say.
        let since = self.forgotten.moment();
        let flight = Arc::new(begin());
        let under_way = UnderWay {
            since,
            flight: Arc::clone(&flight),
        };
        table.insert(ObjectName::of(query), under_way);
        Joined::Leads(flight, since)
    }

    /// Ends `flight`, so that the next one who asks begins another.
    pub fn end(&self, query: &ObjectQuery<'_>, flight: &Arc<F>) {
        let mut table = self.table(query);
        if table.get(query).is_some_and(|known| Arc::ptr_eq(&known.flight, flight)) {
            table.remove(query);
        }
    }

    /// Whether a fetch of the object is under way.
    #[must_use]
    pub fn is_under_way(&self, query: &ObjectQuery<'_>) -> bool {
        self.table(query).contains_key(query)
    }

    fn table(&self, query: &ObjectQuery<'_>) -> MutexGuard<'_, Table<F>> {
        let at = usize::try_from(self.hasher.hash_one(query) % TABLES as u64).unwrap_or_default();
        let [first, ..] = &self.tables;
        let table = self.tables.get(at).unwrap_or(first);
        table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Space;
    use crate::s3::ObjectKey;

    #[test]
    fn rule_21_one_fetch_for_each_object_until_it_ends_or_is_forgotten() {
        let (space, key) = (Space::new("files"), ObjectKey::parse("a").unwrap());
        let query = ObjectQuery {
            space: &space,
            key: &key,
            version: None,
        };
        let forgotten = Arc::new(Forgotten::new());
        let flights = Flights::new(Arc::clone(&forgotten));
        let Joined::Leads(first, _) = flights.join(&query, || 1) else {
            panic!("nobody has begun it")
        };
        assert!(matches!(flights.join(&query, || 2), Joined::Waits(flight) if *flight == 1));
        forgotten.forget_key(&space, "a");
        let Joined::Leads(second, _) = flights.join(&query, || 3) else {
            panic!("the first may bring what was there before")
        };
        flights.end(&query, &first);
        assert!(matches!(flights.join(&query, || 4), Joined::Waits(flight) if *flight == 3));
        assert!(flights.is_under_way(&query));
        flights.end(&query, &second);
        assert!(!flights.is_under_way(&query));
    }
}
