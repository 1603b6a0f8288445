//! SSIMULACRA2 of many pictures against one.

use std::borrow::Cow;

use enough::{Stop, StopReason};
use fast_ssim2::{Ssimulacra2Config, Ssimulacra2Reference};

use super::{WHOLE_IMAGE_UP_TO, native_bytes, scored, slice, strips};
use crate::error::Result;
use crate::pixels::Pixels;
use crate::progress::Progress;

/// Scores pictures against one reference, of which it keeps what every score needs.
pub struct Scorer<'a> {
    reference: Pixels<'a>,
    bytes: Cow<'a, [u8]>,
    /// Not for images that are scored in strips.
    prepared: Option<Ssimulacra2Reference>,
    stop: StopWhenAsked<'a>,
}

impl<'a> Scorer<'a> {
    /// Prepares for scores against `reference`; `progress` may stop them.
    ///
    /// # Errors
    /// What `progress` returns to stop, and [`crate::Error::Metric`].
    pub fn new(reference: Pixels<'a>, progress: &'a dyn Progress) -> Result<Self> {
        let bytes = native_bytes(&reference);
        let stop = StopWhenAsked(progress);
        let prepared = if reference.count() > WHOLE_IMAGE_UP_TO {
            None
        } else {
            let config = Ssimulacra2Config::default().with_stop(&stop);
            let pixels = slice(&reference, &bytes)?;
            Some(scored(Ssimulacra2Reference::new_with_config(&pixels, &config))?)
        };
        Ok(Self { reference, bytes, prepared, stop })
    }

    /// The score of a picture of the same shape, see [`super::ssimulacra2`].
    ///
    /// # Errors
    /// Those of [`super::ssimulacra2`].
    pub fn score(&self, distorted: &Pixels<'_>) -> Result<f64> {
        super::check_same_shape(&self.reference, distorted)?;
        let bytes = native_bytes(distorted);
        let pixels = slice(distorted, &bytes)?;
        let config = Ssimulacra2Config::default().with_stop(&self.stop);
        scored(if let Some(reference) = &self.prepared {
            reference.compare_with_config(&pixels, &config)
        } else {
            let reference = slice(&self.reference, &self.bytes)?;
            fast_ssim2::compute_ssimulacra2_with_config(&reference, &pixels, &strips(config))
        })
    }
}

struct StopWhenAsked<'a>(&'a dyn Progress);

impl Stop for StopWhenAsked<'_> {
    fn check(&self) -> std::result::Result<(), StopReason> {
        self.0.go_on().map_err(|_| StopReason::Cancelled)
    }
}
