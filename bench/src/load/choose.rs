//! Which request is next: the mix by weight, and in each part by popularity or in order.

use super::{Ask, Content, LoadError, Part, Pick, Turn};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Zipf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The mix of a plan, shared by all tasks.
#[derive(Debug)]
pub(super) struct Mix {
    parts: Vec<Chance>,
}

#[derive(Debug)]
struct Chance {
    /// The sum of the shares of this part and of those before it, from 0 to 1.
    up_to: f64,
    asks: Arc<[Ask]>,
    turn: Turn,
    order: Order,
    /// The first part that asks for the same: what is seen of an object is one for all of them.
    list: usize,
    /// Whether what is seen of objects is of use: to this part, or to another one that asks for the same.
    learns: bool,
}

#[derive(Debug)]
enum Order {
    Zipf(Zipf<f64>),
    InOrder(AtomicUsize),
}

/// One request as it was chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen<'a> {
    pub(super) ask: &'a Ask,
    pub(super) turn: Turn,
    /// Names its object within the plan: the list and the place in it.
    pub(super) name: (usize, usize),
    /// Whether what is seen of it is of use.
    pub(super) learns: bool,
}

impl Mix {
    /// Takes parts with shares above zero in all, and something to ask for in each.
    ///
    /// # Errors
    /// When a zipf exponent is none.
    pub(super) fn new(parts: &[Part]) -> Result<Self, LoadError> {
        let all: f64 = parts.iter().map(|part| part.share).sum();
        let mut sum = 0.0;
        let chances = parts.iter().map(|part| {
            sum += part.share;
            let alike = |other: &Part| Arc::ptr_eq(&part.asks, &other.asks);
            let order = match part.pick {
                Pick::InOrder => Order::InOrder(AtomicUsize::new(0)),
                Pick::Zipf { exponent } => {
                    let count = u32::try_from(part.asks.len()).map_err(|_| LoadError::Plan("it asks for too much"))?;
                    let zipf = Zipf::new(f64::from(count), exponent);
                    Order::Zipf(zipf.map_err(|_| LoadError::Plan("a zipf exponent has to be 0 or more"))?)
                }
            };
            Ok(Chance {
                up_to: sum / all,
                asks: Arc::clone(&part.asks),
                turn: part.turn,
                order,
                list: parts.iter().position(alike).unwrap_or(0),
                learns: parts.iter().any(|other| alike(other) && other.turn != Turn::AsIs),
            })
        });
        Ok(Self {
            parts: chances.collect::<Result<_, LoadError>>()?,
        })
    }

    /// Chooses a request. Returns `None` for an empty mix only.
    pub(super) fn choose(&self, chance: &mut SmallRng) -> Option<Chosen<'_>> {
        let part = match self.parts.len() {
            0 | 1 => 0,
            // Rounding may leave the last sum a little below 1.
            count => {
                let drawn: f64 = chance.random();
                self.parts
                    .iter()
                    .position(|part| drawn < part.up_to)
                    .unwrap_or(count.saturating_sub(1))
            }
        };
        let chosen = self.parts.get(part)?;
        let count = chosen.asks.len();
        let index = match &chosen.order {
            Order::Zipf(zipf) => rank(zipf.sample(chance)).min(count.saturating_sub(1)),
            Order::InOrder(next) => next.fetch_add(1, Ordering::Relaxed) % count.max(1),
        };
        let ask = chosen.asks.get(index)?;
        Some(Chosen {
            ask,
            turn: chosen.turn,
            name: (chosen.list, index),
            learns: chosen.learns || ask.expect.content == Content::Same,
        })
    }
}

/// Makes chance for one task.
pub(super) fn chance(seed: u64, task: u64) -> SmallRng {
    SmallRng::seed_from_u64(seed.wrapping_add(task.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// Returns the place of a rank that counts from 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank is a whole number from 1 to the count, which is below 2^32"
)]
fn rank(rank: f64) -> usize {
    (rank as usize).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Content, Expect};

    fn part(share: f64, count: usize, pick: Pick) -> Part {
        let ask = |key| Ask::get(format!("/{key}").parse().expect("a path"), Expect::ok(Content::Any));
        Part {
            share,
            asks: (0..count).map(ask).collect(),
            pick,
            turn: Turn::AsIs,
        }
    }

    fn shares(mix: &Mix, draws: u32, seed: u64) -> Vec<Vec<f64>> {
        let mut chance = chance(seed, 0);
        let mut counts: Vec<Vec<u32>> = mix.parts.iter().map(|part| vec![0; part.asks.len()]).collect();
        for _ in 0..draws {
            let (part, index) = mix.choose(&mut chance).expect("something").name;
            counts[part][index] += 1;
        }
        let share = |count: &u32| f64::from(*count) / f64::from(draws);
        counts.iter().map(|part| part.iter().map(share).collect()).collect()
    }

    #[test]
    fn zipf_asks_for_the_nth_in_proportion_to_one_over_n() {
        for exponent in [0.0, 0.8, 1.0, 1.2] {
            let mix = Mix::new(&[part(1.0, 100, Pick::Zipf { exponent })]).expect("a mix");
            let weight = |rank: u32| f64::from(rank).powf(-exponent);
            let all: f64 = (1..=100).map(weight).sum();
            let shares = shares(&mix, 400_000, 7).remove(0);
            for rank in [1_u32, 2, 3, 10, 50, 100] {
                let (expected, found) = (weight(rank) / all, shares[rank as usize - 1]);
                assert!(
                    (expected - found).abs() < 0.002,
                    "{exponent}: rank {rank}: {expected} {found}"
                );
            }
            assert!(shares.iter().all(|share| *share > 0.0), "{exponent}: all are asked for");
        }
    }

    #[test]
    fn parts_are_chosen_by_their_shares() {
        let parts = [
            part(3.0, 2, Pick::InOrder),
            part(0.0, 1, Pick::InOrder),
            part(1.0, 5, Pick::InOrder),
        ];
        let shares = shares(&Mix::new(&parts).expect("a mix"), 100_000, 1);
        let sums: Vec<f64> = shares.iter().map(|part| part.iter().sum()).collect();
        assert!(
            (sums[0] - 0.75).abs() < 0.01 && sums[1] == 0.0 && (sums[2] - 0.25).abs() < 0.01,
            "{sums:?}"
        );
    }

    #[test]
    fn in_order_asks_for_each_once_before_it_begins_again() {
        let mix = Mix::new(&[part(1.0, 5, Pick::InOrder)]).expect("a mix");
        // Tasks with chances of their own share one order.
        let mut chances = [chance(1, 0), chance(1, 1)];
        let asked: Vec<_> = (0..7)
            .map(|turn| mix.choose(&mut chances[turn % 2]).expect("something").name.1)
            .collect();
        assert_eq!(asked, [0, 1, 2, 3, 4, 0, 1]);
    }

    #[test]
    fn the_same_seed_makes_the_same_requests_and_another_task_others() {
        let mix = Mix::new(&[part(1.0, 1_000, Pick::Zipf { exponent: 0.9 })]).expect("a mix");
        let asked = |seed, task| {
            let mut chance = chance(seed, task);
            (0..20)
                .map(|_| mix.choose(&mut chance).expect("something").name)
                .collect::<Vec<_>>()
        };
        assert_eq!(asked(3, 0), asked(3, 0));
        assert_ne!(asked(3, 0), asked(3, 1));
        assert_ne!(asked(3, 0), asked(4, 0));
    }
}
