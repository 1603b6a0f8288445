//! Distinct colours with their counts: what K-Means works on instead of pixels.
//!
//! A 24-megapixel photograph has about 0.6 million distinct colours, so everything
//! after this stage is some forty times cheaper, with the same result. The histogram
//! is exact and its merge is associative and commutative: chunks, threads or machines
//! in any order give the same histogram.
//!
//! Cost: 8-bit RGB images of a megapixel and more are counted in a table of 2^24 bins
//! (64 MiB, about 80 ms for 24 megapixels); everything else by sorting chunks.

use rayon::prelude::*;

use crate::pixels::{Pixels, Samples};

/// Pixels sorted at a time; bounds the memory for keys to 32 MiB a thread.
const CHUNK: usize = 1 << 22;

/// From this many pixels on, walking a table of 2^24 bins is cheaper than sorting.
const TABLE_FROM: usize = 1 << 20;

/// Number of distinct 8-bit RGB colours.
pub(crate) const RGB8_COLORS: usize = 1 << 24;

/// Distinct colours, ascending by red, green, blue and alpha, and how often each occurs.
///
/// Fully transparent colours are one colour, `[0, 0, 0, 0]`: nobody sees a difference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram {
    keys: Vec<u64>,
    counts: Vec<u64>,
}

impl Histogram {
    /// Counts the colours of an image.
    #[must_use]
    pub fn of(pixels: &Pixels<'_>) -> Self {
        match pixels.samples() {
            Samples::U8(samples) if uses_rgb8_table(pixels) => Self::of_rgb8(samples),
            _ => Self::by_sorting(pixels),
        }
    }

    fn of_rgb8(samples: &[u8]) -> Self {
        let mut bins = vec![0u32; RGB8_COLORS];
        for rgb in samples.chunks_exact(3) {
            bins[rgb8_bin(rgb[0], rgb[1], rgb[2])] += 1;
        }
        let (mut keys, mut counts) = (Vec::new(), Vec::new());
        for (bin, &count) in bins.iter().enumerate().filter(|&(_, &count)| count > 0) {
            let [_, r, g, b] = (bin as u32).to_be_bytes();
            keys.push(key([r.into(), g.into(), b.into(), u8::MAX.into()]));
            counts.push(u64::from(count));
        }
        Self { keys, counts }
    }

    fn by_sorting(pixels: &Pixels<'_>) -> Self {
        let count = pixels.count();
        (0..count.div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let range = chunk * CHUNK..((chunk + 1) * CHUNK).min(count);
                let mut keys: Vec<u64> = range.map(|i| key(pixels.rgba(i))).collect();
                keys.par_sort_unstable();
                Self::of_sorted(&keys)
            })
            .reduce(Self::default, |a, b| a.merge(&b))
    }

    fn of_sorted(sorted: &[u64]) -> Self {
        let mut histogram = Self::default();
        for run in sorted.chunk_by(|a, b| a == b) {
            histogram.keys.push(run[0]);
            histogram.counts.push(run.len() as u64);
        }
        histogram
    }

    /// The histogram of both images together.
    #[must_use]
    pub fn merge(self, other: &Self) -> Self {
        if self.keys.is_empty() {
            return other.clone();
        }
        let mut merged = Self::default();
        let (mut i, mut j) = (0, 0);
        while i < self.keys.len() || j < other.keys.len() {
            let mine = self.keys.get(i).copied().unwrap_or(u64::MAX);
            let theirs = other.keys.get(j).copied().unwrap_or(u64::MAX);
            let smallest = if i == self.keys.len() {
                theirs
            } else if j == other.keys.len() {
                mine
            } else {
                mine.min(theirs)
            };
            let mut count = 0;
            if i < self.keys.len() && mine == smallest {
                count += self.counts[i];
                i += 1;
            }
            if j < other.keys.len() && theirs == smallest {
                count += other.counts[j];
                j += 1;
            }
            merged.keys.push(smallest);
            merged.counts.push(count);
        }
        merged
    }

    /// Number of distinct colours.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nothing has been counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The distinct colours as raw samples (red, green, blue, alpha), ascending.
    #[must_use]
    pub fn colors(&self) -> impl ExactSizeIterator<Item = [u16; 4]> + '_ {
        self.keys.iter().map(|&key| color(key))
    }

    /// Pixels of each distinct colour, in the order of [`Histogram::colors`].
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Position of a counted colour in [`Histogram::colors`].
    ///
    /// # Panics
    /// If the colour was not counted.
    #[inline]
    #[must_use]
    pub fn position(&self, rgba: [u16; 4]) -> usize {
        self.keys.binary_search(&key(rgba)).expect("only counted colours are looked up")
    }
}

/// Whether the image is large enough and of the kind to be handled by a table of 2^24 bins.
pub(crate) fn uses_rgb8_table(pixels: &Pixels<'_>) -> bool {
    matches!(pixels.samples(), Samples::U8(_))
        && pixels.channels() == 3
        && pixels.count() >= TABLE_FROM
        // A bin counts in 32 bits.
        && u32::try_from(pixels.count()).is_ok()
}

/// Position of an 8-bit RGB colour in a table of 2^24 bins.
#[inline]
pub(crate) fn rgb8_bin(r: u8, g: u8, b: u8) -> usize {
    usize::from(r) << 16 | usize::from(g) << 8 | usize::from(b)
}

#[inline]
fn key([r, g, b, a]: [u16; 4]) -> u64 {
    if a == 0 {
        0
    } else {
        u64::from(r) << 48 | u64::from(g) << 32 | u64::from(b) << 16 | u64::from(a)
    }
}

#[inline]
fn color(key: u64) -> [u16; 4] {
    [(key >> 48) as u16, (key >> 32) as u16, (key >> 16) as u16, key as u16]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn histogram(samples: &[u8], channels: usize) -> Histogram {
        let pixels = Pixels::new(Samples::U8(samples), samples.len() / channels, 1, channels);
        Histogram::of(&pixels.unwrap())
    }

    #[test]
    fn counts_each_distinct_colour_in_ascending_order() {
        let found = histogram(&[9, 9, 9, 0, 0, 1, 9, 9, 9], 3);
        assert_eq!(found.colors().collect::<Vec<_>>(), [[0, 0, 1, 255], [9, 9, 9, 255]]);
        assert_eq!(found.counts(), [1, 2]);
    }

    #[test]
    fn transparent_pixels_are_one_colour_whatever_lies_beneath() {
        let found = histogram(&[1, 2, 3, 0, 7, 8, 9, 0, 7, 8, 9, 1], 4);
        assert_eq!(found.colors().collect::<Vec<_>>(), [[0, 0, 0, 0], [7, 8, 9, 1]]);
        assert_eq!(found.counts(), [2, 1]);
        assert_eq!(found.position([5, 5, 5, 0]), 0);
    }

    #[test]
    fn table_and_sorting_agree() {
        let samples: Vec<u8> =
            (0..3 * TABLE_FROM).map(|i| ((i * 2_654_435_761) >> 13) as u8).collect();
        let pixels = Pixels::new(Samples::U8(&samples), TABLE_FROM, 1, 3).unwrap();
        assert!(uses_rgb8_table(&pixels));
        assert_eq!(Histogram::of(&pixels), Histogram::by_sorting(&pixels));
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
    }
}
