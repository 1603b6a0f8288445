//! Labels that depend on a pixel's colour alone: each colour of 8 bits is labelled once, and looked up
//! ever after.
//!
//! An image larger than memory is labelled part by part, and its parts have mostly the same colours. A
//! gigapixel has some millions of them, so that whatever labels them hardly counts. Several threads may
//! look up and learn at the same time: whoever labels a colour, it is the same label.
//!
//! Cost: 2 bytes for each of the 2^24 colours, in Z-order, so that those of a part lie together.

use std::sync::atomic::{AtomicU16, Ordering};

use crate::error::{Error, Result};
use crate::histogram::Numbers;

const COLORS: usize = 1 << 24;

/// What is no label: labels have 8 bits.
const UNKNOWN: u16 = u16::MAX;

/// The labels of opaque colours of 8 bits.
pub struct ColorLabels {
    labels: Vec<AtomicU16>,
    numbers: Numbers,
}

impl Default for ColorLabels {
    fn default() -> Self {
        Self {
            labels: std::iter::repeat_with(|| AtomicU16::new(UNKNOWN)).take(COLORS).collect(),
            numbers: Numbers::new(),
        }
    }
}

impl ColorLabels {
    /// The label of each pixel, of `channels` samples: 3, or 4 with an alpha of 0 for those that get
    /// the label `clear`. `None` if some colour has no label yet.
    #[must_use]
    pub fn of(&self, samples: &[u8], channels: usize, clear: u8) -> Option<Vec<u8>> {
        let mut largest = 0;
        let mut looked_up = |pixel: &[u8]| {
            let label = self.labels[self.numbers.of(pixel)].load(Ordering::Relaxed);
            largest = largest.max(label);
            label as u8
        };
        let seen = |pixel: &[u8]| {
            if channels == 4 && pixel[3] == 0 { clear } else { looked_up(pixel) }
        };
        let labels = samples.chunks_exact(channels).map(seen).collect();
        (largest < UNKNOWN).then_some(labels)
    }

    /// The colours of pixels that have no label yet, each once, in the order in which they occur.
    #[must_use]
    pub fn unknown(&self, samples: &[u8], channels: usize) -> Vec<[u8; 3]> {
        let mut is_found = vec![0_u64; COLORS / 64];
        let mut colors = Vec::new();
        for pixel in samples.chunks_exact(channels) {
            let number = self.numbers.of(pixel);
            let (word, bit) = (&mut is_found[number / 64], 1 << (number % 64));
            let is_clear = channels == 4 && pixel[3] == 0;
            if !is_clear
                && *word & bit == 0
                && self.labels[number].load(Ordering::Relaxed) == UNKNOWN
            {
                *word |= bit;
                colors.push([pixel[0], pixel[1], pixel[2]]);
            }
        }
        colors
    }

    /// Remembers labels of colours, red, green and blue one after the other.
    ///
    /// # Errors
    /// [`Error::SizeMismatch`] unless there is a label for each colour.
    pub fn learn(&self, colors: &[u8], labels: &[u8]) -> Result<()> {
        if colors.len() != 3 * labels.len() {
            let (found, expected) = (labels.len(), colors.len() / 3);
            return Err(Error::SizeMismatch { what: "labels", unit: "values", found, expected });
        }
        for (color, &label) in colors.chunks_exact(3).zip(labels) {
            self.labels[self.numbers.of(color)].store(label.into(), Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unknown_colours_are_told_once_and_looked_up_when_they_are_known() {
        let labels = ColorLabels::default();
        let pixels = [9, 8, 7, 1, 2, 3, 9, 8, 7];
        assert_eq!(labels.of(&pixels, 3, 0), None);
        assert_eq!(labels.unknown(&pixels, 3), [[9, 8, 7], [1, 2, 3]]);
        labels.learn(&[9, 8, 7], &[255]).unwrap();
        assert_eq!(labels.unknown(&pixels, 3), [[1, 2, 3]]);
        labels.learn(&[1, 2, 3], &[4]).unwrap();
        assert_eq!(labels.of(&pixels, 3, 0), Some(vec![255, 4, 255]));
        assert!(labels.learn(&[1, 2, 3], &[]).is_err());
    }

    #[test]
    fn clear_pixels_have_a_label_of_their_own_and_need_no_other() {
        let labels = ColorLabels::default();
        labels.learn(&[1, 2, 3], &[4]).unwrap();
        let pixels = [1, 2, 3, 1, 5, 5, 5, 0];
        assert_eq!(labels.unknown(&pixels, 4), [[0_u8; 3]; 0]);
        assert_eq!(labels.of(&pixels, 4, 77), Some(vec![4, 77]));
    }

    proptest! {
        #[test]
        fn every_colour_has_its_own_label(colors in prop::collection::vec(any::<[u8; 3]>(), 1..200)) {
            let labels = ColorLabels::default();
            let samples = colors.concat();
            let label = |color: &[u8; 3]| color[0] ^ color[1].rotate_left(3) ^ color[2].rotate_left(5);
            let unknown = labels.unknown(&samples, 3);
            labels.learn(&unknown.concat(), &unknown.iter().map(label).collect::<Vec<_>>()).unwrap();
            let expected: Vec<u8> = colors.iter().map(label).collect();
            prop_assert_eq!(labels.of(&samples, 3, 0), Some(expected));
        }
    }
}
