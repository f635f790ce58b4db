//! What entries cost: caches are bounded by the weights that they are told. Rule 23.

/// What an entry costs beside its key's and value's own bytes: moka's table slot, entry, queue nodes and the headers
/// of its allocations. Measured: 360 bytes of heap, 410 resident, an entry over 100,000 entries.
const MOKA_OVERHEAD: usize = 400;

/// Tells how much memory a value takes.
pub trait Weigh {
    /// Returns the bytes that it takes, its own and those that it points to.
    fn weigh(&self) -> usize;
}

/// Returns what moka is told of an entry whose key takes `key` bytes.
pub(super) fn of_entry(key: usize, value: &impl Weigh) -> u32 {
    let bytes = MOKA_OVERHEAD.saturating_add(key).saturating_add(value.weigh());
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
