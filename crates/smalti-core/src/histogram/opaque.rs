//! The opaque 8-bit colours of many images, in a table of all such colours.

use rustc_hash::FxHashMap;

use super::cells::{self, CELLS, COLORS, CellCounts, Counted, LOW_BITS, Numbers};
use super::wire::Counts;
use super::{Histogram, unpacked};
use crate::progress::Silent;

/// How often each opaque 8-bit colour occurs: the last byte of its count, in Z-order, and the rest where
/// there is more. The bytes take 16 MiB: counts of eight bytes each would not fit a cache, and take four
/// times as long.
#[derive(Clone)]
pub(super) struct OpaqueCounts {
    bytes: Vec<u8>,
    /// What colours have beside their byte, as multiples of 256.
    more: FxHashMap<u32, u64>,
    /// The cells that hold any colours.
    is_used: Vec<bool>,
    numbers: Numbers,
}

impl OpaqueCounts {
    pub fn new() -> Self {
        Self {
            bytes: vec![0; CELLS * COLORS],
            more: FxHashMap::default(),
            is_used: vec![false; CELLS],
            numbers: Numbers::new(),
        }
    }

    /// Adds pixels of three samples each.
    pub fn add_pixels(&mut self, samples: &[u8]) {
        for pixel in samples.chunks_exact(3) {
            let number = self.numbers.of(pixel);
            self.is_used[number >> LOW_BITS] = true;
            let count = self.bytes[number].wrapping_add(1);
            self.bytes[number] = count;
            if count == 0 {
                *self.more.entry(number as u32).or_default() += 1;
            }
        }
    }

    /// Adds the colours of a histogram, all of them opaque and of 8 bits.
    pub fn add_colors(&mut self, histogram: &Histogram) {
        for (&color, &count) in histogram.colors.iter().zip(&histogram.counts) {
            let [r, g, b, _] = unpacked(color).map(|sample| sample as u8);
            self.add(self.numbers.of(&[r, g, b]), count);
        }
    }

    /// All colours.
    pub fn histogram(&self) -> Histogram {
        let counted = cells::counted(std::slice::from_ref(self), &Silent);
        counted.unwrap_or_else(|_| unreachable!("nobody stops it"))
    }

    /// The numbers of colours, ascending, and how often each occurs.
    pub fn counts(&self) -> Counts {
        let used = (0..CELLS).filter(|&cell| self.is_used[cell]);
        let numbers = used.flat_map(|cell| cell * COLORS..(cell + 1) * COLORS);
        let counts = numbers.map(|number| (number as u64, self.count(number)));
        counts.filter(|&(_, count)| count > 0).collect()
    }

    /// Adds what [`OpaqueCounts::counts`] has returned.
    pub fn add_counts(&mut self, counts: &Counts) {
        counts.iter().for_each(|&(number, count)| self.add(number as usize, count));
    }

    /// How often a colour occurs.
    fn count(&self, number: usize) -> u64 {
        let more = self.more.get(&(number as u32)).copied().unwrap_or(0);
        more.saturating_mul(1 << u8::BITS).saturating_add(self.bytes[number].into())
    }

    fn add(&mut self, number: usize, count: u64) {
        self.is_used[number >> LOW_BITS] = true;
        let sum = count.saturating_add(self.bytes[number].into());
        self.bytes[number] = sum as u8;
        if sum > u8::MAX.into() {
            let more = self.more.entry(number as u32).or_default();
            *more = more.saturating_add(sum >> u8::BITS);
        }
    }
}

impl Counted for OpaqueCounts {
    fn add(&self, cell: usize, counts: &mut CellCounts) {
        if !self.is_used[cell] {
            return;
        }
        for low in 0..COLORS {
            counts.add(low, self.count(cell * COLORS + low));
        }
    }
}

impl std::fmt::Debug for OpaqueCounts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cells = self.is_used.iter().filter(|&&is_used| is_used).count();
        write!(formatter, "OpaqueCounts of {cells} cells")
    }
}
