//! What deflate spends on a label behind PNG's Paeth filter, measured on the labels of the pass
//! before.
//!
//! The filter predicts an index from those to the left, above and above left, and always with
//! one of these three: every prediction is a colour that stands nearby. Deflate codes the
//! differences. A difference that is not 0 is a literal and costs what its frequency says
//! (-log2). Zeros come in runs: the first are literals too, a longer run is a match with the
//! byte before, dear to start and nearly free to continue. Thus runs follow flat areas and
//! edges alike, without the extra bits that a match with the row above would need.

#![expect(clippy::inline_always, reason = "only what is inlined becomes wide vectors")]

use super::prices::{CONTINUATION_BITS, LabelPrices, Move, Neighbours, PRIOR, SPREAD_BITS};
use super::shortlist::FAR;
use std::ops::Range;

/// Zeros in a row after which every further one costs the same.
pub const LONG_RUN: usize = 40;

/// Runs of zeros up to this length are literals; a longer one is one literal and a match.
const LITERAL_RUN: usize = 4;

/// Bits of a match's length and distance beside the frequency of matches: half the distances
/// and most of the lengths are the usual ones.
const MATCH_BITS: f64 = 3.0;

/// A literal costs more than its own bits: it changes what is predicted for three more pixels
/// and so breaks runs to come.
const DISTURBANCE_BITS: f64 = 4.0;

/// PNG's Paeth predictor (PNG specification, third edition, 9.4) on indices.
#[inline]
pub fn paeth(left: u8, above: u8, above_left: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(above_left));
    let (to_a, to_b, to_c) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
    if to_a <= to_b && to_a <= to_c {
        left
    } else if to_b <= to_c {
        above
    } else {
        above_left
    }
}

/// Calls `visit(prediction, label)` for all pixels of `rows`; labels are given row by row.
pub fn visit_predictions(
    labels: &[u8],
    width: usize,
    rows: Range<usize>,
    mut visit: impl FnMut(u8, u8),
) {
    for y in rows {
        let row = &labels[y * width..][..width];
        let above = y.checked_sub(1).map(|y| &labels[y * width..][..width]);
        let (mut left, mut above_left) = (0, 0);
        for (x, &label) in row.iter().enumerate() {
            let up = above.map_or(0, |above| above[x]);
            visit(paeth(left, up, above_left), label);
            (left, above_left) = (label, up);
        }
    }
}

/// How often deflate would meet each symbol.
#[derive(Clone)]
pub struct Residuals {
    literals: [f64; 256],
    matches: f64,
}

impl Residuals {
    /// Counts what codes the labels of `rows`.
    pub fn of(labels: &[u8], width: usize, rows: Range<usize>) -> Self {
        let mut counts = Self { literals: [0.0; 256], matches: 0.0 };
        for y in rows {
            // The filter's byte stands between two rows.
            let mut run = 0;
            visit_predictions(labels, width, y..y + 1, |prediction, label| {
                if label == prediction {
                    run += 1;
                } else {
                    counts.end_run(run);
                    run = 0;
                    counts.literals[usize::from(label.wrapping_sub(prediction))] += 1.0;
                }
            });
            counts.end_run(run);
        }
        counts
    }

    fn end_run(&mut self, run: usize) {
        if run < LITERAL_RUN {
            self.literals[0] += run as f64;
        } else {
            self.literals[0] += 1.0;
            self.matches += 1.0;
        }
    }

    /// Adds the counts of other rows.
    pub fn add(&mut self, other: &Self) {
        self.literals.iter_mut().zip(other.literals).for_each(|(sum, count)| *sum += count);
        self.matches += other.matches;
    }
}

/// Prices of labels: bits times what a bit is worth.
pub struct PaethPrices {
    /// By difference, repeated: with `offset = 256 - prediction`, `literals[offset + label]` is
    /// the price of a label. Neighbouring labels lie side by side.
    literals: Vec<f32>,
    /// What one more zero costs, by the number of zeros so far.
    zeros: [f32; LONG_RUN],
    spread: f32,
}

impl PaethPrices {
    /// Prices from frequencies; a bit is worth `lambda`.
    pub fn new(counts: &Residuals, lambda: f64) -> Self {
        let total = counts.literals.iter().sum::<f64>() + counts.matches + 257.0 * PRIOR;
        let bits = |count: f64| libm::log2(total / (count + PRIOR));
        // Huffman codes have no fewer than 1 bit.
        let zero = bits(counts.literals[0]).max(1.0);
        let run_of = |length: usize| {
            let as_match = zero + bits(counts.matches) + MATCH_BITS + length_bits(length);
            (zero * length as f64).min(as_match)
        };
        let zeros = std::array::from_fn(|i| {
            let bits = if i + 1 < LONG_RUN { run_of(i + 1) - run_of(i) } else { 0.0 };
            (lambda * bits.max(CONTINUATION_BITS)) as f32
        });
        // The predicted label is always coded as a zero, never as a literal.
        let literal = |difference: usize| match difference {
            0 => FAR,
            _ => (lambda * (bits(counts.literals[difference]) + DISTURBANCE_BITS)) as f32,
        };
        let literals = (0..768).map(|i| literal(i % 256)).collect();
        Self { literals, zeros, spread: (lambda * SPREAD_BITS) as f32 }
    }

    /// Prices of the 256 labels, where `prediction` is predicted.
    #[inline(always)]
    pub fn literals_from(&self, prediction: u8) -> &[f32; 256] {
        let start = 256 - usize::from(prediction);
        self.literals[start..start + 256].try_into().unwrap_or_else(|_| unreachable!("256 prices"))
    }

    /// The price of one more zero after `run` of them.
    #[inline]
    pub fn zero(&self, run: u8) -> f32 {
        self.zeros[usize::from(run).min(LONG_RUN - 1)]
    }
}

impl LabelPrices for PaethPrices {
    const ARE_LITERALS_ALIKE: bool = false;

    #[inline(always)]
    fn moves(&self, run: u8, at: Neighbours) -> [Move; 2] {
        let label = paeth(at.left, at.above, at.above_left);
        let state = (run + 1).min(LONG_RUN as u8);
        [Move { label, price: self.zero(run), state }, Move::NONE]
    }

    #[inline(always)]
    fn literals(&self, at: Neighbours) -> &[f32; 256] {
        self.literals_from(paeth(at.left, at.above, at.above_left))
    }

    #[inline(always)]
    fn spread(&self) -> f32 {
        self.spread
    }
}

/// Extra bits of a match that makes a run of `length`: deflate's lengths come in classes that
/// double about every four symbols.
fn length_bits(length: usize) -> f64 {
    libm::log2((length.saturating_sub(1)) as f64 / 3.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Differences 3 | 0 0 0 | 4 | 0 0 0 0 | -1 | 0 0, as nothing above predicts what is left.
    const ROW: [u8; 12] = [3, 3, 3, 3, 7, 7, 7, 7, 7, 6, 6, 6];

    fn of_row() -> Residuals {
        Residuals::of(&ROW, ROW.len(), 0..1)
    }

    proptest! {
        #[test]
        fn paeth_is_the_specifications(a: u8, b: u8, c: u8) {
            // PNG specification, third edition, 9.4.
            let p = i32::from(a) + i32::from(b) - i32::from(c);
            let distance = |x: u8| (p - i32::from(x)).abs();
            let (pa, pb, pc) = (distance(a), distance(b), distance(c));
            let expected = if pa <= pb && pa <= pc { a } else if pb <= pc { b } else { c };
            prop_assert_eq!(paeth(a, b, c), expected);
        }

        #[test]
        fn a_longer_run_never_costs_less(labels in prop::collection::vec(0u8..3, 1..200)) {
            let rates = PaethPrices::new(&Residuals::of(&labels, labels.len(), 0..1), 1.0);
            for run in 0..=u8::MAX {
                prop_assert!(rates.zero(run) >= CONTINUATION_BITS as f32);
            }
        }

        #[test]
        fn a_run_never_costs_more_than_its_zeros_one_by_one(
            labels in prop::collection::vec(0u8..3, 1..200),
        ) {
            let rates = PaethPrices::new(&Residuals::of(&labels, labels.len(), 0..1), 1.0);
            let mut total = 0.0;
            for run in 0..=u8::MAX {
                total += rates.zero(run);
                prop_assert!(total <= (f32::from(run) + 1.0) * rates.zero(0) * 1.0001);
            }
        }
    }

    #[test]
    fn predictions_come_from_three_neighbours_and_are_0_outside() {
        let mut visited = Vec::new();
        visit_predictions(&[5, 5, 9, 5, 8, 9], 3, 0..2, |prediction, label| {
            visited.push((prediction, label));
        });
        // Below: (0, 5, 0) -> 5; (5, 5, 5) -> 5; (8, 9, 5) -> 9.
        assert_eq!(visited, [(0, 5), (5, 5), (5, 9), (5, 5), (5, 8), (9, 9)]);
    }

    #[test]
    fn short_runs_are_literals_and_long_ones_a_literal_and_a_match() {
        let counts = of_row();
        let mut expected = [0.0; 256];
        (expected[3], expected[4], expected[255]) = (1.0, 1.0, 1.0);
        // 3 and 2 zeros one by one, and the first of 4.
        expected[0] = 3.0 + 2.0 + 1.0;
        assert_eq!((counts.literals, counts.matches), (expected, 1.0));
    }

    #[test]
    fn counts_of_parts_add_up() {
        let labels = [[1, 2, 3, 4], [9, 1, 8, 1]].concat();
        let mut sum = Residuals::of(&labels, 4, 0..1);
        sum.add(&Residuals::of(&labels, 4, 1..2));
        let whole = Residuals::of(&labels, 4, 0..2);
        assert_eq!((sum.literals, sum.matches), (whole.literals, whole.matches));
    }

    #[test]
    fn a_literal_costs_what_its_share_says() {
        let rates = PaethPrices::new(&of_row(), 2.0);
        // 9 literals, 1 match, and every of the 257 symbols half a time.
        let total = 9.0 + 1.0 + 257.0 / 2.0;
        let price =
            |count: f64, more: f64| (2.0 * (-libm::log2((count + 0.5) / total) + more)) as f32;
        let from_100 = rates.literals_from(100);
        assert_eq!(from_100[100], FAR);
        assert_eq!(rates.zero(0), price(6.0, 0.0));
        assert_eq!(from_100[104], price(1.0, DISTURBANCE_BITS));
        assert_eq!(from_100[99], price(1.0, DISTURBANCE_BITS));
        assert_eq!(from_100[98], price(0.0, DISTURBANCE_BITS));
        // Differences go round: 2 - 254 = 4.
        assert_eq!(rates.literals_from(254)[2], price(1.0, DISTURBANCE_BITS));
    }

    #[test]
    fn a_run_is_cheap_to_continue_once_it_is_a_match() {
        // Runs are common, so a match costs little.
        let labels: Vec<u8> = (0..4000).map(|i| u8::from(i % 80 >= 40)).collect();
        let rates = PaethPrices::new(&Residuals::of(&labels, labels.len(), 0..1), 1.0);
        assert!(rates.zero(30) < 0.25 * rates.zero(0));
        for run in LONG_RUN as u8 - 1..=u8::MAX {
            assert_eq!(rates.zero(run), CONTINUATION_BITS as f32);
        }
    }
}
