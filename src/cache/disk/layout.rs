//! How the disk tier divides its room: blocks, which are emptied one at a time, oldest first, and are one file each.

use super::DiskError;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
/// foyer's unit: each entry begins on a page.
const PAGE: u64 = 4 * KIB;
/// What foyer puts before each entry.
const ENTRY_HEADER: u64 = 36;
/// Larger objects are not written: two buffers of the largest size are held in memory.
const LARGEST_OBJECT: u64 = 16 * MIB;
/// Nor are those that would take more than one part in so many.
const PARTS: u64 = 16;
/// The most bytes of a name and a head; what has more is not written.
const LARGEST_HEAD: u64 = 64 * KIB;
/// How many blocks there are when there is room for large ones. Each is an open file.
const BLOCKS: u64 = 64;
/// With fewer, emptying one throws away too much at once.
const LEAST_BLOCKS: u64 = 8;
/// And with more, too many files are open.
const MOST_BLOCKS: u64 = 1024;
/// foyer counts in 32 bits inside a block.
const LARGEST_BLOCK: u64 = 2 * KIB * MIB;
/// The least that one write may gather.
const LEAST_BUFFER: u64 = 4 * MIB;

/// How large everything is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// A block.
    pub(super) block: usize,
    /// All blocks.
    pub(super) capacity: usize,
    /// The largest entry as it lies on disk: header, name and object.
    pub(super) entry: usize,
    /// What may wait to be written, and what one write may gather.
    pub(super) buffer: usize,
}

impl Layout {
    /// Divides `max` bytes for objects of up to `max_object` bytes, as far as they may be that large.
    pub(super) fn new(max: u64, max_object: u64) -> Result<Self, DiskError> {
        let object = max_object.min(LARGEST_OBJECT).min(max / PARTS);
        let entry = pages(object.saturating_add(LARGEST_HEAD));
        // foyer's index of a block takes one page of it.
        let least = entry.saturating_add(PAGE).next_multiple_of(MIB);
        let block = (max / BLOCKS / MIB * MIB).clamp(least, LARGEST_BLOCK);
        let blocks = (max / block).min(MOST_BLOCKS);
        let size = |bytes| usize::try_from(bytes).ok();
        let sizes = (size(block), size(block.saturating_mul(blocks)), size(entry));
        let (Some(block), Some(capacity), Some(entry)) = sizes else {
            return Err(DiskError::TooLarge { max });
        };
        if blocks < LEAST_BLOCKS {
            let least = least.saturating_mul(LEAST_BLOCKS);
            return Err(DiskError::TooSmall { max, least });
        }
        let buffer = entry.max(size(LEAST_BUFFER).unwrap_or(entry));
        Ok(Self {
            block,
            capacity,
            entry,
            buffer,
        })
    }

    /// How many bytes an entry takes on disk that holds `bytes` of name and object; `None` when it is too large.
    pub(super) fn taken_by(&self, bytes: usize) -> Option<usize> {
        let bytes = u64::try_from(bytes).ok()?.checked_add(ENTRY_HEADER)?;
        usize::try_from(pages(bytes)).ok().filter(|taken| *taken <= self.entry)
    }
}

/// Rounds up to whole pages.
fn pages(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE).saturating_mul(PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_grow_with_the_room_and_stay_few() {
        for (max, object) in [
            (16 * MIB, 4 * KIB),
            (256 * MIB, MIB),
            (10 * KIB * MIB, MIB),
            (KIB * KIB * MIB, MIB),
        ] {
            let layout = Layout::new(max, object).unwrap();
            let blocks = layout.capacity / layout.block;
            assert!((8..=1024).contains(&blocks), "{max}: {blocks} blocks");
            let sizes = [layout.capacity, layout.block, layout.entry, layout.buffer];
            let [capacity, block, entry, buffer] = sizes.map(|size| size as u64);
            assert!(capacity <= max && entry + PAGE <= block && entry <= 17 * MIB);
            assert!(buffer >= entry && buffer.is_multiple_of(PAGE));
        }
    }

    #[test]
    fn what_is_too_small_says_what_would_do() {
        for max in [0, 1, 7 * MIB] {
            let Err(DiskError::TooSmall { least, .. }) = Layout::new(max, MIB) else {
                panic!("too small for eight blocks");
            };
            assert!(Layout::new(least, MIB).is_ok() && max < least);
        }
    }

    #[test]
    fn an_object_takes_a_small_part() {
        let largest = |max, object| Layout::new(max, object).unwrap().entry as u64 - LARGEST_HEAD;
        assert_eq!(largest(10 * KIB * MIB, MIB), MIB);
        assert_eq!(largest(64 * MIB, 16 * MIB), 4 * MIB);
        assert_eq!(largest(10 * KIB * MIB, KIB * MIB), 16 * MIB);
    }

    #[test]
    fn an_entry_takes_whole_pages() {
        let layout = Layout::new(256 * MIB, MIB).unwrap();
        assert_eq!(layout.taken_by(0), Some(4096));
        assert_eq!(layout.taken_by(4060), Some(4096));
        assert_eq!(layout.taken_by(4061), Some(8192));
        assert_eq!(layout.taken_by(layout.entry - 36), Some(layout.entry));
        assert_eq!(layout.taken_by(layout.entry - 35), None);
        assert_eq!(layout.taken_by(usize::MAX), None);
    }
}
