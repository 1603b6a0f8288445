//! Which prototypes can be nearest, by less than double precision.
//!
//! With z the prototypes and y the points, both seen from an origin among the points,
//! |y - z|^2 = |y|^2 + 2 (|z|^2 / 2 - y . z): the nearest prototype has the least *height*
//! |z|^2 / 2 - y . z, and all heights are a matrix product. Filters find for each *tile* of
//! prototypes what their heights are at least.

use super::codes::Codes;
use super::frame::Frame;
use super::heights::Heights;
use crate::real::Real;

/// Largest norm of a prototype for which products stay far from f32's limits; points have at
/// most 8 sqrt(dim).
const MAX_REACH: f32 = 1e12;

/// Prototypes as filters see them.
pub(super) struct Filter {
    pub heights: Heights,
    /// Whole numbers, where the processor is faster with them.
    pub codes: Option<Codes>,
}

impl Filter {
    /// Arranges row-major `centroids`; None if they lie too far from the points.
    pub(super) fn new<T: Real>(centroids: &[f64], frame: &Frame<T>) -> Option<Self> {
        let heights = Heights::new(centroids, frame);
        let near = heights.reach() <= MAX_REACH;
        near.then(|| Self { heights, codes: Codes::new(centroids, frame) })
    }
}
