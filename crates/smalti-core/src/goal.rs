//! What is asked for: few bits, few errors, or the best of one for a limit of the other.

use crate::error::{Error, Result};

/// How bits are weighed against errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// At most a point of SSIMULACRA2 is given for bits; nothing where the palette holds every
    /// colour. Low efforts take the usual rate weight for larger photographs instead.
    Affordable,
    /// A bit is worth this much squared error, at least 0 (see [`crate::labels::LabelSettings`]).
    RateWeight(f64),
    /// The smallest file whose SSIMULACRA2 is at least this.
    Quality(f64),
    /// The best picture whose file has at most this many bytes.
    MaxBytes(usize),
}

impl Goal {
    /// Checks the range of what is asked for.
    ///
    /// # Errors
    /// [`Error::InvalidRateWeight`] and [`Error::InvalidQuality`].
    pub fn check(self) -> Result<()> {
        match self {
            Self::RateWeight(weight) if !(weight.is_finite() && weight >= 0.0) => {
                Err(Error::InvalidRateWeight(weight))
            }
            Self::Quality(quality) if quality.is_nan() || quality > 100.0 => {
                Err(Error::InvalidQuality(quality))
            }
            _ => Ok(()),
        }
    }

    /// Whether bits count, for a palette that is `lossy`: without loss there is nothing to weigh
    /// unless it is asked for.
    #[must_use]
    pub fn weighs_bits(self, lossy: bool) -> bool {
        match self {
            Self::Affordable => lossy,
            Self::RateWeight(weight) => weight != 0.0,
            Self::Quality(_) | Self::MaxBytes(_) => true,
        }
    }
}
