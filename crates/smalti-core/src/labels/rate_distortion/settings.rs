//! How labels are chosen.

use super::thresholds::DitherMethod;

/// Colours that labels of 8 bits can tell apart.
pub const MAX_COLORS: usize = 256;

/// Above this weight both bounds grow with the errors that the weight allows, so that any picture
/// can become as plain as it is asked to be.
const USEFUL_RATE_WEIGHT: f64 = 2.0;

/// A model of what a coder spends on labels: the prices that they are chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BitModel {
    /// Deflate behind PNG's Paeth filter: differences between positions in the palette, which is
    /// put into the order that makes them small. It suits photographs.
    Paeth,
    /// Deflate without a filter: runs and repeated rows, whatever the palette's order. It suits
    /// drawings, which repeat themselves.
    Matches,
}

/// How labels are chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelSettings {
    /// What a bit is worth: squared error, in percent of the space's range, times the pixel's
    /// weight. 0 leaves the bits out.
    pub rate_weight: f64,
    /// How bits are counted.
    pub model: BitModel,
    /// How much of an error is made up for, 0 to 1.
    pub dither: f64,
    /// How that is done.
    pub method: DitherMethod,
    /// Ways to label a row that are followed at a time, 1 to 16.
    pub beam: usize,
    /// Rounds of labelling and counting bits, at least 1.
    pub passes: usize,
    /// Whether the palette stays as it is, with its order and the colours that no pixel has.
    pub fixed_palette: bool,
}

impl LabelSettings {
    /// How many times the bounds on errors are exceeded.
    pub(super) fn looseness(&self) -> f64 {
        (self.rate_weight / USEFUL_RATE_WEIGHT).sqrt().max(1.0)
    }
}
