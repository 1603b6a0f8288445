//! What deflate spends on a label without a filter, measured on the labels of the pass before.
//!
//! Drawings repeat themselves exactly: runs of one label, and rows that equal the one above.
//! Both are matches, dear to start and nearly free to continue; what begins anew is a literal and
//! costs what its frequency says. A match with the row above has a long distance, which takes
//! some more bits.

#![expect(clippy::inline_always, reason = "only what is inlined becomes wide vectors")]

use std::ops::Range;

use super::prices::{CONTINUATION_BITS, LabelPrices, Move, Neighbours, PRIOR, SPREAD_BITS};
use super::shortlist::FAR;

/// The shortest match that deflate has.
const SHORTEST: usize = 3;

/// Bits of a match's length beside the frequency of matches.
const LENGTH_BITS: f64 = 2.0;

/// States after a pixel of a run, and of a match with the row above.
const RUN: u8 = 1;
const ABOVE: u8 = 2;

/// How often deflate would meet each symbol.
#[derive(Clone)]
pub struct Symbols {
    literals: [f64; 256],
    runs: f64,
    aboves: f64,
    /// Extra bits of the distance to the row above.
    distance_bits: f64,
}

impl Symbols {
    /// Counts what codes the labels of `rows`, each taking the longest match that there is.
    pub fn of(labels: &[u8], width: usize, rows: Range<usize>) -> Self {
        // The distance is a row and its filter byte; deflate's distances have 2 classes for every
        // doubling (RFC 1951, 3.2.5).
        let distance_bits = (libm::log2(width as f64).floor() - 1.0).max(0.0);
        let mut symbols = Self { literals: [0.0; 256], runs: 0.0, aboves: 0.0, distance_bits };
        for y in rows {
            let above = y.checked_sub(1).map(|y| &labels[y * width..][..width]);
            symbols.count_row(&labels[y * width..][..width], above);
        }
        symbols
    }

    fn count_row(&mut self, row: &[u8], above: Option<&[u8]>) {
        let mut x = 0;
        while x < row.len() {
            let run = match x {
                0 => 0,
                _ => row[x..].iter().take_while(|&&label| label == row[x - 1]).count(),
            };
            let same = above.map_or(0, |above| {
                row[x..].iter().zip(&above[x..]).take_while(|(label, above)| label == above).count()
            });
            if run.max(same) < SHORTEST {
                self.literals[usize::from(row[x])] += 1.0;
                x += 1;
            } else if run >= same {
                self.runs += 1.0;
                x += run;
            } else {
                self.aboves += 1.0;
                x += same;
            }
        }
    }

    /// Adds the counts of other rows.
    pub fn add(&mut self, other: &Self) {
        self.literals.iter_mut().zip(other.literals).for_each(|(sum, count)| *sum += count);
        self.runs += other.runs;
        self.aboves += other.aboves;
    }
}

/// Prices of labels.
pub struct MatchPrices {
    literals: [f32; 256],
    start_run: f32,
    start_above: f32,
    continuation: f32,
    spread: f32,
}

impl MatchPrices {
    /// Prices from frequencies; a bit is worth `lambda`.
    pub fn new(symbols: &Symbols, lambda: f64) -> Self {
        let seen = symbols.literals.iter().sum::<f64>() + symbols.runs + symbols.aboves;
        let bits = |count: f64| libm::log2((seen + 258.0 * PRIOR) / (count + PRIOR));
        let price = |bits: f64| (lambda * bits) as f32;
        Self {
            literals: symbols.literals.map(|count| price(bits(count))),
            start_run: price(bits(symbols.runs) + LENGTH_BITS),
            start_above: price(bits(symbols.aboves) + LENGTH_BITS + symbols.distance_bits),
            continuation: price(CONTINUATION_BITS),
            spread: price(SPREAD_BITS + symbols.distance_bits),
        }
    }
}

impl LabelPrices for MatchPrices {
    const ARE_LITERALS_ALIKE: bool = true;

    #[inline(always)]
    fn moves(&self, state: u8, at: Neighbours) -> [Move; 2] {
        let price = |own, start| if state == own { self.continuation } else { start };
        let above = if at.below_another { price(ABOVE, self.start_above) } else { FAR };
        [
            Move { label: at.left, price: price(RUN, self.start_run), state: RUN },
            Move { label: at.above, price: above, state: ABOVE },
        ]
    }

    #[inline(always)]
    fn literals(&self, _at: Neighbours) -> &[f32; 256] {
        &self.literals
    }

    #[inline(always)]
    fn spread(&self) -> f32 {
        self.spread
    }
}
