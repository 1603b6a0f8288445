//! Heights of prototypes by products of bytes.
//!
//! Each point and each prototype is rounded to whole numbers up to 127, in a unit of its own:
//! y = u q + e, z = v r + f. As y . z = u v q . r + e . z + u q . f, a height is off by at most
//! |e| |z| + |u q| |f| (Cauchy and Schwarz); what belongs to prototypes, |z| and |f|, is bounded for
//! all of them in units of their v. So a point *allows* whole numbers on top of all its q . r.
//!
//! Where it is known that the nearest prototype is within d of y, less will do: with w = y - z,
//! e . z = e . y - e . w and u q . f = z . f + w . f - e . f, where e . y and z . f can be computed, and
//! what is left is at most |e| d + (d + |e|) |f|.

use super::frame::{Frame, GROUP};
use super::point_codes::PointCodes;
use super::prototype_codes::PrototypeCodes;
use super::vnni::{Kernel, kernel};
use crate::real::Real;

/// Fewest coordinates and prototypes for which it pays to round the points.
const MIN_DIM: usize = 24;
const MIN_PROTOTYPES: usize = 128;

/// Most coordinates of which sums of products stay far below 2^31.
const MAX_DIM: usize = 16_384;

/// Prototypes as whole numbers, and how they are multiplied with points.
pub(super) struct Codes {
    kernel: Kernel,
    prototypes: PrototypeCodes,
}

impl Codes {
    /// Rounds row-major `centroids`; None if the processor does not multiply bytes or it is not
    /// worth while.
    pub(super) fn new<T: Real>(centroids: &[f64], frame: &Frame<T>) -> Option<Self> {
        let dim = frame.dim();
        let worth_while = dim >= MIN_DIM && centroids.len() / dim >= MIN_PROTOTYPES;
        kernel().filter(|_| worth_while).and_then(|kernel| Self::by(kernel, centroids, frame))
    }

    /// The same, whatever the processor; None if there are too many coordinates.
    pub(super) fn by<T: Real>(kernel: Kernel, centroids: &[f64], frame: &Frame<T>) -> Option<Self> {
        let fits = frame.dim() <= MAX_DIM;
        fits.then(|| Self { kernel, prototypes: PrototypeCodes::new(centroids, frame) })
    }

    /// The prototypes.
    pub(super) fn prototypes(&self) -> &PrototypeCodes {
        &self.prototypes
    }

    /// Writes at most the heights in each tile.
    pub(super) fn bound(&self, points: &PointCodes, bounds: &mut [[f32; GROUP]]) {
        (self.kernel)(points, &self.prototypes, bounds);
    }
}
