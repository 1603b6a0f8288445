//! Bounds after the centroids have moved.
//!
//! G. Hamerly, "Making k-means even faster", 2010, doi:10.1137/1.9781611972801.12. When a centroid
//! moves, its distance to a point changes by at most as much. A point needs no search while these
//! bounds show that its own centroid is still the nearest.

use super::super::cloud::squared_distance;
use super::super::clusters::Gap;
use super::precision::{FLOOR, LESS, MORE};

/// How far each centroid has moved.
pub(super) struct Moves {
    by: Vec<f32>,
    farthest: f32,
    /// The centroid that moved farthest, and how far the others moved at most.
    farthest_of: u32,
    farthest_of_others: f32,
}

impl Moves {
    /// The moves from `before` to `now`, multiplied by `scale`.
    pub(super) fn between(before: &[f64], now: &[f64], dim: usize, scale: f64) -> Self {
        let pairs = now.chunks_exact(dim).zip(before.chunks_exact(dim));
        let by = |(a, b)| (squared_distance::<f64>(a, b).sqrt() * scale) as f32 * MORE + FLOOR;
        let by: Vec<f32> = pairs.map(by).collect();
        let mut moves = Self { by, farthest: 0.0, farthest_of: 0, farthest_of_others: 0.0 };
        for (k, &by) in moves.by.iter().enumerate() {
            if by > moves.farthest {
                (moves.farthest_of, moves.farthest_of_others) = (k as u32, moves.farthest);
                moves.farthest = by;
            } else {
                moves.farthest_of_others = moves.farthest_of_others.max(by);
            }
        }
        moves
    }

    /// A point's bounds after the moves.
    #[inline]
    pub(super) fn after(&self, gap: Gap, label: u32) -> Gap {
        let others =
            if label == self.farthest_of { self.farthest_of_others } else { self.farthest };
        Gap {
            own: (gap.own + self.by[label as usize]) * MORE,
            // The difference may be rounded up by a part of the larger number.
            others: gap.others * LESS - others,
        }
    }
}
