//! Lower precision tells which prototypes can be nearest.
//!
//! Let z be a prototype and y a point, both relative to an origin among the points. Then
//! |y - z|^2 = |y|^2 + 2 (|z|^2 / 2 - y . z): the nearest prototype has the least *height*
//! |z|^2 / 2 - y . z, and all heights are a matrix product. Filters find a lower bound of the
//! heights in each *tile* of prototypes.

use super::codes::Codes;
use super::frame::Frame;
use super::heights::Heights;
use crate::real::Real;

/// Largest norm of a prototype: products stay far from f32's limits. Points have norms of at most
/// 8 sqrt(dim).
const MAX_REACH: f32 = 1e12;

/// Prototypes as filters see them.
pub(super) struct Filter {
    pub heights: Heights,
    /// Whole numbers, if the processor is faster with them.
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
