//! The colours of many images together, within a bound of memory.
//!
//! The result depends on the images alone, not on their order. Up to [`MAX_COLORS`] distinct colours it is exact, and opaque colours of 8 bits
//! are never more. Where there are more, every colour becomes the middle of the box that it lies in, of
//! the smallest boxes that are few enough. Boxes lie within larger ones and counts are whole numbers, so
//! it makes no difference at which image that begins.

use std::borrow::Cow;

use super::opaque::OpaqueCounts;
use super::wire::{Wire, WirePart};
use super::{Boxes, Histogram};
use crate::error::Result;
use crate::pixels::{Pixels, Samples};
use crate::progress::Progress;

/// Distinct colours that are told apart. They take 256 MiB, and a few times as much while they are merged.
pub const MAX_COLORS: usize = 1 << 24;

/// What makes samples of 8 bits those of 16.
const WIDER: u16 = 257;

/// Images of more pixels are counted by themselves, by several threads.
const SMALL: usize = 1 << 20;

/// The colours of an image that are to be added.
#[derive(Debug)]
pub enum ImageColors<'a> {
    /// The samples of an 8-bit image without alpha.
    Pixels(&'a [u8]),
    /// Any other image, and the largest value that its samples can take.
    Histogram(Histogram, u16),
}

impl<'a> ImageColors<'a> {
    /// Counts the colours of an image, each pixel `weight` times, unless there is no need to.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    pub fn of(pixels: &Pixels<'a>, weight: u64, progress: &dyn Progress) -> Result<Self> {
        if let Some(uncounted) = Self::uncounted(pixels, weight) {
            return Ok(uncounted);
        }
        let histogram = Histogram::of(pixels, progress)?.times(weight);
        Ok(Self::Histogram(histogram, pixels.max_sample()))
    }

    /// The colours of an image that is quicker to add than to count: then it takes a millisecond or two.
    #[must_use]
    pub fn uncounted(pixels: &Pixels<'a>, weight: u64) -> Option<Self> {
        let Samples::U8(samples) = pixels.samples() else { return None };
        let is_suitable = weight == 1 && pixels.channels() == 3 && pixels.count() <= SMALL;
        is_suitable.then_some(Self::Pixels(samples))
    }
}

/// The colours of many images, added up.
#[derive(Debug, Clone)]
pub struct HistogramSum {
    /// Opaque colours of images of 8 bits a sample, if there have been any.
    opaque: Option<OpaqueCounts>,
    /// Other colours of these.
    bytes: Parts,
    /// Colours of images of 16 bits a sample.
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
        Self { opaque: None, bytes: of(u8::MAX.into()), words: of(u16::MAX) }
    }

    /// Adds the colours of an image.
    pub fn add(&mut self, colors: ImageColors<'_>) {
        match colors {
            ImageColors::Pixels(samples) => self.opaque_counts().add_pixels(samples),
            ImageColors::Histogram(histogram, u16::MAX) => self.words.add(histogram),
            ImageColors::Histogram(histogram, opaque) => {
                self.opaque_counts().add_colors(&histogram.filtered(|color| color[3] == opaque));
                self.bytes.add(histogram.filtered(|color| color[3] != opaque));
            }
        }
    }

    /// Adds what another sum holds.
    pub fn merge(&mut self, other: Self) {
        if let Some(counts) = other.opaque {
            self.opaque_counts().add_colors(&counts.histogram());
        }
        other.bytes.stack.into_iter().for_each(|part| self.bytes.push(part));
        other.words.stack.into_iter().for_each(|part| self.words.push(part));
    }

    /// Packs the sum into bytes, which [`HistogramSum::add_bytes`] adds to another.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let part =
            |parts: &Parts| parts.merged().map(|part| WirePart::of(&part.histogram, part.dropped));
        let opaque = self.opaque.as_ref().map(OpaqueCounts::counts);
        Wire { opaque, bytes: part(&self.bytes), words: part(&self.words) }.to_bytes()
    }

    /// Adds a sum that has been packed.
    ///
    /// # Errors
    /// If nothing was packed into these bytes; then nothing is added.
    pub fn add_bytes(&mut self, data: &[u8]) -> Result<()> {
        let wire = Wire::from_bytes(data)?;
        if let Some(counts) = wire.opaque {
            self.opaque_counts().add_counts(&counts);
        }
        for (parts, part) in [(&mut self.bytes, wire.bytes), (&mut self.words, wire.words)] {
            if let Some(part) = part {
                parts.push(Part { dropped: part.dropped, histogram: part.histogram() });
            }
        }
        Ok(())
    }

    /// All colours as one histogram; samples are widened to 16 bits if any image has them.
    #[must_use]
    pub fn total(&self) -> Total {
        let bytes = self.bytes.merged().unwrap_or_default();
        let bytes = match &self.opaque {
            None => bytes.histogram,
            Some(counts) => {
                let opaque = counts.histogram();
                self.bytes.with_finer(&bytes, &opaque)
            }
        };
        let Some(words) = self.words.merged() else {
            return Total { histogram: bytes, max_sample: u8::MAX.into() };
        };
        let wide = bytes.mapped(|color| color.map(|sample| sample * WIDER));
        Total { histogram: self.words.with_finer(&words, &wide), max_sample: u16::MAX }
    }

    fn opaque_counts(&mut self) -> &mut OpaqueCounts {
        self.opaque.get_or_insert_with(OpaqueCounts::new)
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
    fn add(&mut self, histogram: Histogram) {
        if !histogram.is_empty() {
            self.push(Part { histogram, dropped: 0 });
        }
    }

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

    /// A part and colours that have lost fewer bits, few enough of them.
    fn with_finer(&self, part: &Part, finer: &Histogram) -> Histogram {
        let histogram = part.histogram.merge(finer);
        // The others may lose as many bits as the part has lost, before all lose one more.
        let dropped = part.dropped.saturating_sub(1);
        self.coarsened(Part { histogram, dropped }).histogram
    }

    /// A part with few enough colours.
    fn coarsened(&self, part: Part) -> Part {
        if part.histogram.len() <= self.max_colors.max(3) {
            return part;
        }
        // Opaque colours keep to themselves: there may be a few boxes more than are counted here.
        let least = part.histogram.levels().at_most(self.max_colors).dropped;
        let mut dropped = least.max(part.dropped + 1);
        loop {
            let histogram = self.without(&part, dropped);
            // At last clear, opaque and other colours are one each.
            if histogram.len() <= self.max_colors.max(3) {
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

    fn pixels(samples: Samples<'_>) -> Pixels<'_> {
        let length = match samples {
            Samples::U8(samples) => samples.len(),
            Samples::U16(samples) => samples.len(),
        };
        Pixels::new(samples, length / 4, 1, 4).unwrap()
    }

    /// Adds pixels of four samples.
    fn add(sum: &mut HistogramSum, samples: Samples<'_>, weight: u64) {
        sum.add(ImageColors::of(&pixels(samples), weight, &Silent).unwrap());
    }

    proptest! {
        #[test]
        fn sums_of_parts_add_up_to_the_sum_of_all(
            images in prop::collection::vec(prop::collection::vec(any::<[u8; 4]>(), 1..40), 1..6),
            deep in prop::collection::vec(any::<[u16; 4]>(), 0..20),
            cut in 0_usize..6,
        ) {
            let [mut all, mut first, mut second] = [(); 3].map(|()| HistogramSum::default());
            for (i, image) in images.iter().enumerate() {
                // Some are opaque, which are counted in another way.
                let opaque = |color: &[u8; 4]| [color[0], color[1], color[2], 255];
                let image: Vec<[u8; 4]> =
                    if i % 2 == 0 { image.iter().map(opaque).collect() } else { image.clone() };
                let samples = image.concat();
                add(&mut all, Samples::U8(&samples), 1 + i as u64);
                let part = if i < cut { &mut first } else { &mut second };
                add(part, Samples::U8(&samples), 1 + i as u64);
            }
            if !deep.is_empty() {
                add(&mut all, Samples::U16(&deep.concat()), 1);
                add(&mut second, Samples::U16(&deep.concat()), 1);
            }
            let mut packed = HistogramSum::default();
            packed.add_bytes(&second.to_bytes()).unwrap();
            packed.add_bytes(&first.to_bytes()).unwrap();
            first.merge(second);
            prop_assert_eq!(first.total(), all.total());
            prop_assert_eq!(packed.total(), all.total());
            prop_assert_eq!(packed.to_bytes(), all.to_bytes());
        }
    }

    #[test]
    fn no_image_has_no_colours() {
        assert!(HistogramSum::default().total().histogram.is_empty());
    }

    #[test]
    fn bytes_are_widened_beside_words_and_weights_multiply() {
        let mut sum = HistogramSum::default();
        add(&mut sum, Samples::U8(&[255, 0, 1, 255, 9, 9, 9, 0]), 3);
        add(&mut sum, Samples::U16(&[u16::MAX, 0, 257, u16::MAX]), 2);
        add(&mut sum, Samples::U8(&[255, 0, 1, 255]), 1);
        let total = sum.total();
        assert_eq!(total.max_sample, u16::MAX);
        let colors: Vec<_> = total.histogram.colors().collect();
        assert_eq!(colors, [[0; 4], [u16::MAX, 0, 257, u16::MAX]]);
        assert_eq!(total.histogram.counts(), [3, 6]);
    }

    #[test]
    fn large_images_count_as_small_ones_do() {
        let samples: Vec<u8> = (0..3 * (SMALL as u32 + 1))
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 27) as u8)
            .collect();
        let whole = Pixels::new(Samples::U8(&samples), SMALL + 1, 1, 3).unwrap();
        let (mut large, mut small) = (HistogramSum::default(), HistogramSum::default());
        let counted = ImageColors::of(&whole, 1, &Silent).unwrap();
        assert!(matches!(counted, ImageColors::Histogram(..)));
        large.add(counted);
        small.add(ImageColors::Pixels(&samples));
        assert_eq!(large.total(), small.total());
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
    }

    /// Samples, whether they have 16 bits, and whether all are opaque.
    type Image = (Vec<u8>, bool, bool);

    fn add_image(sum: &mut HistogramSum, (samples, is_deep, is_opaque): &Image) {
        let mut samples = samples[..samples.len() / 4 * 4].to_vec();
        if *is_opaque {
            samples.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = 255);
        }
        let words: Vec<u16> = samples.iter().map(|&byte| u16::from(byte) * 200).collect();
        add(sum, if *is_deep { Samples::U16(&words) } else { Samples::U8(&samples) }, 1);
    }

    proptest! {
        // Each table has 16 MiB.
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_order_makes_no_difference(
            images in prop::collection::vec(
                (prop::collection::vec(any::<u8>(), 4..60), any::<bool>(), any::<bool>()),
                1..9,
            ),
            shuffled in prop::collection::vec(any::<u64>(), 9),
            max in 1usize..40,
        ) {
            let mut one = HistogramSum::bounded(max);
            images.iter().for_each(|image| add_image(&mut one, image));
            let mut order: Vec<usize> = (0..images.len()).collect();
            order.sort_by_key(|&i| shuffled[i]);
            let mut other = HistogramSum::bounded(max);
            order.iter().for_each(|&i| add_image(&mut other, &images[i]));
            let expected = one.total();
            prop_assert_eq!(&other.total(), &expected);
            prop_assert_eq!(other.to_bytes(), one.to_bytes());
            let mut packed = HistogramSum::bounded(max);
            for image in &images {
                let mut alone = HistogramSum::bounded(max);
                add_image(&mut alone, image);
                packed.add_bytes(&alone.to_bytes()).unwrap();
            }
            prop_assert_eq!(&packed.total(), &expected);
            prop_assert!(expected.histogram.len() <= max.max(3));
            let pixels: usize = images.iter().map(|(samples, ..)| samples.len() / 4).sum();
            prop_assert_eq!(expected.histogram.counts().iter().sum::<u64>(), pixels as u64);
        }
    }
}
