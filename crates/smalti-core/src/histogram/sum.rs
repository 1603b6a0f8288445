//! The colours of many images together, within a bound of memory.
//!
//! The result depends on the images alone, neither on their order nor on how they are shared among
//! threads or machines. Up to [`MAX_COLORS`] distinct colours it is exact, and opaque colours of 8 bits
//! are never more. Where there are more, every colour becomes the middle of the box that it lies in, of
//! the smallest boxes that are few enough. Boxes lie within larger ones and counts are whole numbers, so
//! it makes no difference at which image that begins.

use std::borrow::Cow;

use super::{Boxes, Histogram};

/// Distinct colours that are told apart. They take 256 MiB, and a few times as much while they are merged.
pub const MAX_COLORS: usize = 1 << 24;

/// What makes samples of 8 bits those of 16.
const WIDER: u16 = 257;

/// The histograms of many images, added up.
#[derive(Debug, Clone)]
pub struct HistogramSum {
    /// Of images of 8 bits a sample.
    bytes: Parts,
    /// Of images of 16 bits a sample.
    words: Parts,
}

/// The colours of many images as those of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// Colours and counts.
    pub histogram: Histogram,
    /// The largest value that a sample can take: 255, or 65535 if any image has 16 bits.
    pub max_sample: u16,
}

impl Default for HistogramSum {
    fn default() -> Self {
        Self::bounded(MAX_COLORS)
    }
}

impl HistogramSum {
    fn bounded(max_colors: usize) -> Self {
        let of = |max_sample| Parts { stack: Vec::new(), max_sample, max_colors };
        Self { bytes: of(u8::MAX.into()), words: of(u16::MAX) }
    }

    /// Adds the histogram of an image whose samples are 255 or 65535 at most.
    pub fn add(&mut self, histogram: Histogram, max_sample: u16) {
        let parts = if max_sample == u16::MAX { &mut self.words } else { &mut self.bytes };
        parts.push(Part { histogram, dropped: 0 });
    }

    /// Adds what another sum holds.
    pub fn merge(&mut self, other: Self) {
        other.bytes.stack.into_iter().for_each(|part| self.bytes.push(part));
        other.words.stack.into_iter().for_each(|part| self.words.push(part));
    }

    /// All colours as one histogram; samples are widened to 16 bits if any image has them.
    #[must_use]
    pub fn total(&self) -> Total {
        let Some(bytes) = self.bytes.merged() else {
            let histogram = self.words.merged().unwrap_or_default().histogram;
            return Total { histogram, max_sample: u16::MAX };
        };
        let Some(words) = self.words.merged() else {
            return Total { histogram: bytes.histogram, max_sample: u8::MAX.into() };
        };
        let wide = bytes.histogram.mapped(|color| color.map(|sample| sample * WIDER));
        let both = Part { histogram: wide.merge(&words.histogram), dropped: words.dropped };
        Total { histogram: self.words.coarsened(both).histogram, max_sample: u16::MAX }
    }
}

/// Histograms of images of one depth. Each has less than half the colours of the one before, so that
/// every colour is merged few times.
#[derive(Debug, Clone)]
struct Parts {
    stack: Vec<Part>,
    max_sample: u16,
    max_colors: usize,
}

/// A histogram, and how many trailing bits its colours' keys have lost.
#[derive(Debug, Clone, Default)]
struct Part {
    histogram: Histogram,
    dropped: u32,
}

impl Parts {
    fn push(&mut self, part: Part) {
        let mut part = self.coarsened(part);
        while let Some(last) =
            self.stack.pop_if(|last| last.histogram.len() < 2 * part.histogram.len())
        {
            part = self.both(&last, &part);
        }
        self.stack.push(part);
    }

    /// All parts as one; `None` if there is none.
    fn merged(&self) -> Option<Part> {
        let (last, others) = self.stack.split_last()?;
        Some(others.iter().rev().fold(last.clone(), |part, other| self.both(other, &part)))
    }

    fn both(&self, a: &Part, b: &Part) -> Part {
        let dropped = a.dropped.max(b.dropped);
        let [a, b] = [a, b].map(|part| self.without(part, dropped));
        self.coarsened(Part { histogram: a.merge(&b), dropped })
    }

    /// A part with few enough colours.
    fn coarsened(&self, part: Part) -> Part {
        if part.histogram.len() <= self.max_colors {
            return part;
        }
        // Opaque colours keep to themselves: there may be a few boxes more than are counted here.
        let least = part.histogram.levels().at_most(self.max_colors).dropped;
        let mut dropped = least.max(part.dropped + 1);
        loop {
            let histogram = self.without(&part, dropped);
            if histogram.len() <= self.max_colors {
                return Part { histogram: histogram.into_owned(), dropped };
            }
            dropped += 1;
        }
    }

    /// The histogram of a part whose keys have lost so many bits, no fewer than they have.
    fn without<'a>(&self, part: &'a Part, dropped: u32) -> Cow<'a, Histogram> {
        if part.dropped == dropped {
            return Cow::Borrowed(&part.histogram);
        }
        let boxes = Boxes { dropped, count: 0 };
        Cow::Owned(part.histogram.mapped(|color| boxes.middle(color, self.max_sample)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pixels::{Pixels, Samples};
    use crate::progress::Silent;

    fn of_bytes(samples: &[u8]) -> Histogram {
        let pixels = Pixels::new(Samples::U8(samples), samples.len() / 4, 1, 4).unwrap();
        Histogram::of(&pixels, &Silent).unwrap()
    }

    fn of_words(samples: &[u16]) -> Histogram {
        let pixels = Pixels::new(Samples::U16(samples), samples.len() / 4, 1, 4).unwrap();
        Histogram::of(&pixels, &Silent).unwrap()
    }

    #[test]
    fn no_image_has_no_colours() {
        assert!(HistogramSum::default().total().histogram.is_empty());
    }

    #[test]
    fn bytes_are_widened_beside_words() {
        let mut sum = HistogramSum::default();
        sum.add(of_bytes(&[255, 0, 1, 255, 9, 9, 9, 0]), 255);
        sum.add(of_words(&[u16::MAX, 0, 257, u16::MAX]), u16::MAX);
        let total = sum.total();
        assert_eq!(total.max_sample, u16::MAX);
        let colors: Vec<_> = total.histogram.colors().collect();
        assert_eq!(colors, [[0; 4], [u16::MAX, 0, 257, u16::MAX]]);
        assert_eq!(total.histogram.counts(), [1, 2]);
    }

    #[test]
    fn colours_become_the_middle_of_their_box_and_opaque_ones_stay_opaque() {
        // Eight bits of the key are two of each channel.
        let boxes = Boxes { dropped: 8, count: 0 };
        assert_eq!(boxes.middle([0, 7, 253, 255], 255), [2, 6, 254, 255]);
        assert_eq!(boxes.middle([0, 7, 253, 254], 255), [2, 6, 254, 254]);
        assert_eq!(boxes.middle([4, 5, 6, 1], 255), [6, 6, 6, 2]);
        assert_eq!(boxes.middle([0; 4], 255), [0; 4]);
        let one = Boxes { dropped: 1, count: 0 };
        assert_eq!(one.middle([4, 5, 6, 252], 255), [4, 5, 6, 253]);
    }

    proptest! {
        #[test]
        fn boxes_lie_within_larger_ones(color: [u8; 4], dropped in 0u32..40, more in 0u32..40) {
            let middle = |dropped: u32, color| Boxes { dropped, count: 0 }.middle(color, 255);
            let color = if color[3] == 0 { [0; 4] } else { color.map(u16::from) };
            let coarse = middle(dropped + more, color);
            prop_assert_eq!(middle(dropped + more, middle(dropped, color)), coarse);
            prop_assert_eq!((coarse[3] == 0, coarse[3] == 255), (color[3] == 0, color[3] == 255));
        }

        #[test]
        fn neither_order_nor_shares_make_a_difference(
            images in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 4..60)), 1..9),
            shuffled in prop::collection::vec(any::<u64>(), 9),
            cut in 0usize..9,
            max in 1usize..40,
        ) {
            let histogram = |deep: bool, samples: &[u8]| {
                let samples = &samples[..samples.len() / 4 * 4];
                let words: Vec<u16> = samples.iter().map(|&byte| u16::from(byte) * 200).collect();
                if deep { (of_words(&words), u16::MAX) } else { (of_bytes(samples), 255) }
            };
            let mut one = HistogramSum::bounded(max);
            for (deep, samples) in &images {
                let (histogram, max_sample) = histogram(*deep, samples);
                one.add(histogram, max_sample);
            }
            let mut order: Vec<usize> = (0..images.len()).collect();
            order.sort_by_key(|&i| shuffled[i]);
            let mut shares = [HistogramSum::bounded(max), HistogramSum::bounded(max)];
            for (place, &i) in order.iter().enumerate() {
                let (histogram, max_sample) = histogram(images[i].0, &images[i].1);
                shares[usize::from(place < cut)].add(histogram, max_sample);
            }
            let [mut first, second] = shares;
            first.merge(second);
            let total = one.total();
            prop_assert_eq!(&first.total(), &total);
            prop_assert!(total.histogram.len() <= max);
            let pixels: usize = images.iter().map(|(_, samples)| samples.len() / 4).sum();
            prop_assert_eq!(total.histogram.counts().iter().sum::<u64>(), pixels as u64);
        }
    }
}
