//! Distinct colours with their counts: what K-Means works on instead of pixels.
//!
//! A 24-megapixel photograph has about 0.6 million distinct colours, so everything
//! after this stage is some forty times cheaper, with the same result. The histogram
//! is exact and its merge is associative and commutative: chunks, threads or machines
//! in any order give the same histogram.
//!
//! Colours stand in Z-order ([`crate::morton`]): neighbours in the histogram look alike, and
//! those that agree in their leading bits stand side by side.
//!
//! Cost on one thread: opaque 8-bit images are counted in cells, 2 to 10 ns a
//! pixel; everything else, and small images, by sorting chunks, 20 to 50 ns.

mod cells;
mod opaque;
mod runs;
mod sum;
mod wire;

pub(crate) use cells::Numbers;
pub use sum::{HistogramSum, ImageColors, MAX_COLORS, Total};

use rayon::prelude::*;

use crate::error::Result;
use crate::morton;
use crate::pixels::{Pixels, Samples};
use crate::progress::{Progress, Silent, Stage};

use runs::Runs;

/// Pixels sorted at a time by one thread, in some 10 ms; their keys take 2 MiB.
const SORTED: usize = 1 << 18;

/// Pixels or colours looked at by one thread at a time.
const CHUNK: usize = 1 << 16;

/// Below this many pixels sorting is cheaper than walking through all cells.
const CELLS_FROM: usize = 1 << 14;

/// Distinct colours in Z-order and how often each occurs.
///
/// Fully transparent colours are one colour, `[0, 0, 0, 0]`: nobody sees a difference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram {
    /// Packed: see [`packed`].
    colors: Vec<u64>,
    counts: Vec<u64>,
}

impl Histogram {
    /// Counts the colours of an image.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    pub fn of(pixels: &Pixels<'_>, progress: &dyn Progress) -> Result<Self> {
        progress.report(Stage::Histogram, 0.0)?;
        match pixels.samples() {
            Samples::U8(samples) if pixels.count() >= CELLS_FROM && is_opaque(pixels) => {
                cells::count(samples, pixels.channels(), progress)
            }
            _ => Self::by_sorting(pixels, progress),
        }
    }

    fn by_sorting(pixels: &Pixels<'_>, progress: &dyn Progress) -> Result<Self> {
        let count = pixels.count();
        let sorted = (0..count.div_ceil(SORTED)).into_par_iter().map(|chunk| {
            progress.go_on()?;
            let range = chunk * SORTED..((chunk + 1) * SORTED).min(count);
            let mut keys: Vec<u64> = range.map(|i| key(pixels.rgba(i))).collect();
            keys.sort_unstable();
            Ok(Runs::of_sorted(&keys))
        });
        Ok(Self::of_runs(Runs::merged(&sorted.collect::<Result<Vec<_>>>()?, progress)?))
    }

    fn of_runs(runs: Runs) -> Self {
        let colors = runs.keys.par_iter().map(|&key| packed(morton::coordinates(key))).collect();
        Self { colors, counts: runs.counts }
    }

    /// The histogram of both images together.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        let runs = |of: &Self| Runs { keys: of.keys(), counts: of.counts.clone() };
        let merged = Runs::merged(&[runs(self), runs(other)], &Silent);
        Self::of_runs(merged.unwrap_or_else(|_| unreachable!("nobody stops it")))
    }

    /// The histogram of the colours that are `wanted`, which is asked for their raw samples.
    #[must_use]
    pub fn filtered(&self, wanted: impl Fn([u16; 4]) -> bool) -> Self {
        let left = |&(color, _): &(&u64, &u64)| wanted(unpacked(*color));
        let (colors, counts) = self.colors.iter().zip(&self.counts).filter(left).unzip();
        Self { colors, counts }
    }

    /// The histogram of other colours, given what becomes of each one's raw samples.
    #[must_use]
    pub fn mapped(&self, to: impl Fn([u16; 4]) -> [u16; 4] + Sync) -> Self {
        let keys = self.colors.par_iter().map(|&color| key(to(unpacked(color))));
        let mut pairs: Vec<(u64, u64)> = keys.zip(self.counts.par_iter().copied()).collect();
        pairs.par_sort_unstable();
        let mut runs = Runs::default();
        for run in pairs.chunk_by(|a, b| a.0 == b.0) {
            runs.keys.push(run[0].0);
            runs.counts.push(run.iter().fold(0, |sum, (_, count)| count.saturating_add(sum)));
        }
        Self::of_runs(runs)
    }

    /// The same colours, each counted so many times as often.
    #[must_use]
    pub fn times(mut self, factor: u64) -> Self {
        self.counts.iter_mut().for_each(|count| *count = count.saturating_mul(factor));
        self
    }

    /// Number of distinct colours.
    #[must_use]
    pub fn len(&self) -> usize {
        self.colors.len()
    }

    /// Whether nothing has been counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.colors.is_empty()
    }

    /// The distinct colour at a position, as raw samples: red, green, blue, alpha.
    #[inline]
    #[must_use]
    pub fn color(&self, position: usize) -> [u16; 4] {
        unpacked(self.colors[position])
    }

    /// The distinct colours as raw samples (red, green, blue, alpha), in Z-order.
    #[must_use]
    pub fn colors(&self) -> impl ExactSizeIterator<Item = [u16; 4]> + '_ {
        self.colors.iter().map(|&color| unpacked(color))
    }

    /// The distinct colours' Z-order keys, ascending.
    #[must_use]
    pub fn keys(&self) -> Vec<u64> {
        self.colors.par_iter().map(|&color| key(unpacked(color))).collect()
    }

    /// Pixels of each distinct colour, in the order of [`Histogram::colors`].
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The sizes of boxes that the colours can be gathered in.
    #[must_use]
    pub fn levels(&self) -> Levels {
        // Neighbours share a box once the highest bit of their keys that differs is dropped.
        let chunks = (0..self.len().div_ceil(CHUNK)).into_par_iter().map(|chunk| {
            let mut merged_by = [0; u64::BITS as usize + 1];
            let end = self.len().min((chunk + 1) * CHUNK + 1);
            for pair in self.colors[chunk * CHUNK..end].windows(2) {
                merged_by[morton::bits(unpacked(pair[0] ^ pair[1])) as usize] += 1;
            }
            merged_by
        });
        let add = |a: [usize; _], b: [usize; _]| std::array::from_fn(|bits| a[bits] + b[bits]);
        let merged_by = chunks.reduce(|| [0; u64::BITS as usize + 1], add);
        let mut left = self.len();
        let after = merged_by.map(|merged| {
            left -= merged;
            left
        });
        Levels { boxes: after.to_vec() }
    }

    /// Whether the colours at two positions lie in one box.
    #[inline]
    #[must_use]
    pub fn share_box(&self, a: usize, b: usize, boxes: Boxes) -> bool {
        (self.colors[a] ^ self.colors[b]) & boxes.mask() == 0
    }
}

/// How many boxes hold any colours, by their size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    /// Position: trailing bits of the keys that are dropped.
    boxes: Vec<usize>,
}

impl Levels {
    /// The smallest boxes of which at most `max` hold any colours; at least one box.
    #[must_use]
    pub fn at_most(&self, max: usize) -> Boxes {
        let enough = self.boxes.iter().position(|&count| count <= max.max(1));
        let dropped = enough.unwrap_or(self.boxes.len() - 1);
        Boxes { dropped: dropped as u32, count: self.boxes[dropped] }
    }
}

/// Boxes of colours whose Z-order keys agree in their leading bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boxes {
    /// Trailing bits of the keys in which colours of one box may differ.
    dropped: u32,
    /// Boxes that hold any colours.
    pub count: usize,
}

impl Boxes {
    /// The bits of packed colours in which colours of one box agree.
    fn mask(self) -> u64 {
        // The last channel's bit is the first to be dropped.
        let channel = |c: u32| u16::MAX.checked_shl((self.dropped + c) / 4).unwrap_or(0);
        packed([channel(0), channel(1), channel(2), channel(3)])
    }

    /// The middle of the box in which a colour of samples up to `max_sample` lies. Opaque colours stay
    /// opaque and others do not become so; the clear colour stays as it is.
    fn middle(self, color: [u16; 4], max_sample: u16) -> [u16; 4] {
        if self.dropped == 0 || color[3] == 0 {
            return color;
        }
        let middle = |c: usize| {
            let (sample, bits) = (u32::from(color[c]), (self.dropped + c as u32) / 4);
            let half = 1 << bits >> 1;
            (sample >> bits << bits | half).min(max_sample.into()) as u16
        };
        let alpha = if color[3] == max_sample { max_sample } else { middle(3).min(max_sample - 1) };
        [middle(0), middle(1), middle(2), alpha]
    }
}

/// A colour in 64 bits.
#[inline]
fn packed([r, g, b, a]: [u16; 4]) -> u64 {
    u64::from(r) << 48 | u64::from(g) << 32 | u64::from(b) << 16 | u64::from(a)
}

#[inline]
fn unpacked(color: u64) -> [u16; 4] {
    [(color >> 48) as u16, (color >> 32) as u16, (color >> 16) as u16, color as u16]
}

/// The key under which a colour is counted.
#[inline]
pub(crate) fn key([r, g, b, a]: [u16; 4]) -> u64 {
    if a == 0 { 0 } else { morton::key([r, g, b, a]) }
}

/// Whether no pixel of an 8-bit image is see-through.
pub(crate) fn is_opaque(pixels: &Pixels<'_>) -> bool {
    let opaque = |chunk: &[u8]| chunk.iter().skip(3).step_by(4).all(|&alpha| alpha == u8::MAX);
    match pixels.samples() {
        Samples::U8(samples) => pixels.channels() == 3 || samples.par_chunks(4 * CHUNK).all(opaque),
        Samples::U16(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use proptest::prelude::*;

    fn histogram(samples: &[u8], channels: usize) -> Histogram {
        let pixels = Pixels::new(Samples::U8(samples), samples.len() / channels, 1, channels);
        Histogram::of(&pixels.unwrap(), &Silent).unwrap()
    }

    #[test]
    fn counts_each_distinct_colour_in_z_order() {
        let found = histogram(&[9, 9, 9, 0, 0, 1, 9, 9, 9], 3);
        assert_eq!(found.colors().collect::<Vec<_>>(), [[0, 0, 1, 255], [9, 9, 9, 255]]);
        assert_eq!(found.counts(), [1, 2]);
    }

    #[test]
    fn transparent_pixels_are_one_colour_whatever_lies_beneath() {
        let found = histogram(&[1, 2, 3, 0, 7, 8, 9, 0, 7, 8, 9, 1], 4);
        assert_eq!(found.colors().collect::<Vec<_>>(), [[0, 0, 0, 0], [7, 8, 9, 1]]);
        assert_eq!(found.counts(), [2, 1]);
    }

    #[test]
    fn cells_and_sorting_agree() {
        let count = 3 * CELLS_FROM + 5;
        let samples: Vec<u8> = (0..4 * count).map(|i| ((i * 2_654_435_761) >> 13) as u8).collect();
        let opaque: Vec<u8> =
            samples.chunks_exact(4).flat_map(|c| [c[0], c[1] / 8, c[2] / 64, 255]).collect();
        for (samples, channels) in [(&samples[..3 * count], 3), (&opaque[..], 4)] {
            let pixels = Pixels::new(Samples::U8(samples), count, 1, channels).unwrap();
            assert!(is_opaque(&pixels));
            let found = Histogram::of(&pixels, &Silent).unwrap();
            assert_eq!(found, Histogram::by_sorting(&pixels, &Silent).unwrap());
        }
    }

    #[test]
    fn boxes_grow_until_there_are_few_enough() {
        // The first differs from the others in the highest bits, they in the last bit of blue.
        let found = histogram(&[0, 0, 0, 255, 255, 255, 255, 255, 254], 3);
        assert_eq!(found.levels().at_most(3), Boxes { dropped: 0, count: 3 });
        assert_eq!(found.levels().at_most(2), Boxes { dropped: 2, count: 2 });
        assert_eq!(found.levels().at_most(1), Boxes { dropped: 32, count: 1 });
        assert!(
            found.share_box(1, 2, found.levels().at_most(2))
                && !found.share_box(0, 1, found.levels().at_most(2))
        );
        assert!(
            !found.share_box(1, 2, found.levels().at_most(3))
                && found.share_box(0, 1, found.levels().at_most(1))
        );
    }

    #[test]
    fn counts_beyond_a_byte_are_kept_by_the_table() {
        let count = (1 << 24) + 7;
        let mut samples = vec![200; 3 * count];
        samples[..6].copy_from_slice(&[1, 2, 3, 1, 2, 3]);
        let found = histogram(&samples, 3);
        assert_eq!(found.colors().collect::<Vec<_>>(), [[1, 2, 3, 255], [200, 200, 200, 255]]);
        assert_eq!(found.counts(), [2, count as u64 - 2]);
    }

    proptest! {
        #[test]
        fn merging_parts_equals_counting_the_whole(
            samples in prop::collection::vec(0u8..4, 0..400),
            cut in 0usize..100,
        ) {
            let samples = &samples[..samples.len() / 4 * 4];
            let (left, right) = samples.split_at((cut * 4).min(samples.len()));
            let part = |s: &[u8]| if s.is_empty() { Histogram::default() } else { histogram(s, 4) };
            prop_assert_eq!(part(left).merge(&part(right)), part(samples));
            prop_assert_eq!(part(right).merge(&part(left)), part(samples));
        }

        #[test]
        fn boxes_are_runs_of_equal_leading_bits(
            samples in prop::collection::vec(any::<u8>(), 12..300),
            max in 1usize..40,
        ) {
            let found = histogram(&samples[..samples.len() / 4 * 4], 4);
            let boxes = found.levels().at_most(max);
            let left = |dropped: u32| {
                let leading = |key: &u64| key.checked_shr(dropped).unwrap_or(0);
                let mut boxes: Vec<u64> = found.keys().iter().map(leading).collect();
                boxes.dedup();
                boxes.len()
            };
            prop_assert!(boxes.count <= max);
            prop_assert_eq!(boxes.count, left(boxes.dropped));
            prop_assert!(boxes.dropped == 0 || left(boxes.dropped - 1) > max);
            let borders = (1..found.len()).filter(|&i| !found.share_box(i - 1, i, boxes)).count();
            prop_assert_eq!(borders + 1, boxes.count);
        }
    }
}
