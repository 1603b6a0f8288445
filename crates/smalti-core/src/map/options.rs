//! How pixels are mapped to a palette.

use crate::color::Space;
use crate::encode::Coder;
use crate::error::{Error, Result};
use crate::goal::Goal;
use crate::labels::{self, DitherMethod};
use crate::preset::Preset;

/// How pixels are mapped to a palette.
#[derive(Clone, Copy)]
pub struct MapOptions<'a> {
    /// The space in which distances are measured.
    pub space: Space,
    /// How hard to try.
    pub preset: Preset,
    /// Few bits, or few errors.
    pub goal: Goal,
    /// How much of an error is made up for, 0 to 1. `None` means what looks best;
    /// nothing where the palette holds every colour.
    pub dither: Option<f64>,
    /// How errors are made up for.
    pub dither_method: DitherMethod,
    /// What the picture will be written by: labels are chosen for it, and sizes are those of its
    /// files.
    pub coder: &'a dyn Coder,
}

impl MapOptions<'_> {
    /// Checks the options for a palette of up to `colors` colours.
    ///
    /// # Errors
    /// Those of [`Goal::check`]; [`Error::InvalidDither`]; [`Error::TooManyColorsToWeigh`] when bits
    /// are to count or errors to be made up for with more than [`labels::MAX_COLORS`].
    pub fn check(&self, colors: usize) -> Result<()> {
        let Self { goal, dither, dither_method: method, .. } = *self;
        goal.check()?;
        if let Some(dither) = dither
            && !(0.0..=1.0).contains(&dither)
        {
            return Err(Error::InvalidDither(dither));
        }
        let weighed = goal != Goal::Affordable && goal.weighs_bits(true);
        let dithered = dither.map_or(method != DitherMethod::Diffusion, |dither| dither != 0.0);
        if colors > labels::MAX_COLORS && (weighed || dithered) {
            return Err(Error::TooManyColorsToWeigh { k: colors, max: labels::MAX_COLORS });
        }
        Ok(())
    }

    /// Whether every pixel keeps its nearest colour. Without loss there is nothing to weigh or to
    /// diffuse, unless it is asked for.
    pub(super) fn is_plain(&self, lossy: bool) -> bool {
        !self.goal.weighs_bits(lossy) && self.dither.map_or(!lossy, |dither| dither == 0.0)
    }
}
