//! Heights of prototypes by products of bytes.
//!
//! Each point y and each prototype z is rounded to whole numbers q and r up to 127, in units u and v
//! of their own. The rounding errors are e and f:
//!
//! ```text
//! y = u q + e        z = v r + f        y . z = u v q . r + e . z + u q . f
//! ```
//!
//! So a height is off by at most |e| |z| + |u q| |f| (Cauchy and Schwarz). The norms |z| and |f|, in
//! units of their v, are bounded for all prototypes at once. So each point has an *allowance*: a
//! whole number that is added to all its q . r.
//!
//! A smaller allowance suffices if the nearest prototype is known to be within d of y. With
//! w = y - z,
//!
//! ```text
//! e . z = e . y - e . w        u q . f = z . f + w . f - e . f
//! ```
//!
//! The terms e . y and z . f can be computed; the others are at most |e| d + (d + |e|) |f|.

use super::frame::{Frame, GROUP};
use super::point_codes::PointCodes;
use super::prototype_codes::PrototypeCodes;
use super::vnni::{Kernel, kernel};
use crate::real::Real;

/// Fewest coordinates, and fewest prototypes, for which rounding the points pays.
const MIN_DIM: usize = 24;
const MIN_PROTOTYPES: usize = 128;

/// Most coordinates: sums of their products stay far below 2^31.
const MAX_DIM: usize = 16_384;

/// Prototypes as whole numbers, and how they are multiplied with points.
pub(super) struct Codes {
    kernel: Kernel,
    prototypes: PrototypeCodes,
}

impl Codes {
    /// Rounds row-major `centroids`; None if the processor does not multiply bytes, or if that does
    /// not pay.
    pub(super) fn new<T: Real>(centroids: &[f64], frame: &Frame<T>) -> Option<Self> {
        let dim = frame.dim();
        let worth_while = dim >= MIN_DIM && centroids.len() / dim >= MIN_PROTOTYPES;
        kernel().filter(|_| worth_while).and_then(|kernel| Self::by(kernel, centroids, frame))
    }

    /// The same with a given kernel; None if there are too many coordinates.
    pub(super) fn by<T: Real>(kernel: Kernel, centroids: &[f64], frame: &Frame<T>) -> Option<Self> {
        let fits = frame.dim() <= MAX_DIM;
        fits.then(|| Self { kernel, prototypes: PrototypeCodes::new(centroids, frame) })
    }

    /// The prototypes.
    pub(super) fn prototypes(&self) -> &PrototypeCodes {
        &self.prototypes
    }

    /// Writes a lower bound of the heights in each tile.
    pub(super) fn bound(&self, points: &PointCodes, bounds: &mut [[f32; GROUP]]) {
        (self.kernel)(points, &self.prototypes, bounds);
    }
}
