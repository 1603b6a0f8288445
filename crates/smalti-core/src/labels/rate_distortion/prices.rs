//! What the search asks of a model of bits: the prices of the labels that could come next.

#![expect(clippy::inline_always, reason = "only what is inlined becomes wide vectors")]

/// Bits of one more pixel of a long match.
pub const CONTINUATION_BITS: f64 = 0.06;

/// How many bits a way may be behind the cheapest: about those of one literal, by which it can reach
/// the same label.
pub const SPREAD_BITS: f64 = 12.0;

/// Every symbol counts as if seen this often more: none is impossible.
pub const PRIOR: f64 = 0.5;

/// The labels around a pixel that are already there; 0 outside the picture.
#[derive(Clone, Copy)]
pub struct Neighbours {
    /// To the left.
    pub left: u8,
    /// Above.
    pub above: u8,
    /// Above and to the left.
    pub above_left: u8,
    /// Whether there is a row above.
    pub below_another: bool,
}

/// A label that begins or continues a match.
#[derive(Clone, Copy)]
pub struct Move {
    /// The label.
    pub label: u8,
    /// What it costs.
    pub price: f32,
    /// The model's state after it, above 0.
    pub state: u8,
}

impl Move {
    /// There is no such move.
    pub const NONE: Self = Self { label: 0, price: super::shortlist::FAR, state: 1 };
}

/// Prices of labels: bits times what a bit is worth. State 0 is that after a literal.
pub trait LabelPrices: Sync {
    /// Whether a literal costs the same wherever it stands.
    const ARE_LITERALS_ALIKE: bool;

    /// The labels that begin or continue a match.
    fn moves(&self, state: u8, at: Neighbours) -> [Move; 2];

    /// The prices of all labels as literals.
    fn literals(&self, at: Neighbours) -> &[f32; 256];

    /// Ways that cost more than the cheapest by over this much are given up.
    fn spread(&self) -> f32;
}

/// Nothing costs anything.
pub struct Free;

impl LabelPrices for Free {
    const ARE_LITERALS_ALIKE: bool = true;

    #[inline(always)]
    fn moves(&self, _state: u8, _at: Neighbours) -> [Move; 2] {
        [Move::NONE; 2]
    }

    #[inline(always)]
    fn literals(&self, _at: Neighbours) -> &[f32; 256] {
        &[0.0; 256]
    }

    #[inline(always)]
    fn spread(&self) -> f32 {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bands::{bands_of, searched};
    use super::super::matches::{MatchPrices, Symbols};
    use super::super::tests::{blank, grey, in_scene};
    use super::super::{BitModel, DitherMethod, LabelSettings};
    use super::*;
    use crate::progress::Silent;

    /// The same prices, of which the search does not know that literals cost the same everywhere.
    struct Unknown<'a>(&'a MatchPrices);

    impl LabelPrices for Unknown<'_> {
        const ARE_LITERALS_ALIKE: bool = false;

        fn moves(&self, state: u8, at: Neighbours) -> [Move; 2] {
            self.0.moves(state, at)
        }

        fn literals(&self, at: Neighbours) -> &[f32; 256] {
            self.0.literals(at)
        }

        fn spread(&self) -> f32 {
            self.0.spread()
        }
    }

    proptest! {
        #[test]
        fn literals_of_the_cheapest_way_alone_lead_to_the_same_labels(
            runs in prop::collection::vec((any::<u8>(), 1usize..12), 200),
            dither in prop::sample::select(vec![0.0, 0.6]),
            beam in 1usize..=16,
            rate_weight in prop::sample::select(vec![0.02, 0.5, 5.0]),
        ) {
            let (width, height) = (20, 30);
            let values = runs.iter().flat_map(|&(value, count)| vec![value; count]);
            let values: Vec<u8> = values.chain(std::iter::repeat(7)).take(width * height).collect();
            let palette: Vec<[u8; 4]> = (0..16).map(|i| [16 * i, 16 * i, 16 * i, 255]).collect();
            let labels: Vec<u8> = values.iter().map(|value| value / 16).collect();
            let prices = MatchPrices::new(&Symbols::of(&labels, width, 0..height), rate_weight);
            let method = DitherMethod::Diffusion;
            let settings = LabelSettings {
                rate_weight, model: BitModel::Matches, dither, method, beam, passes: 1,
                fixed_palette: true,
            };
            let start = blank(&palette, values.len());
            in_scene(&grey(&values), width, |scene| {
                let bands = bands_of(height);
                let alike = searched(scene, &start, &prices, &settings, &bands, &[], &Silent);
                let prices = Unknown(&prices);
                let unknown = searched(scene, &start, &prices, &settings, &bands, &[], &Silent);
                prop_assert_eq!(alike, unknown);
                Ok(())
            })?;
        }
    }
}
