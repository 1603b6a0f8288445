//! K-Means on colours: converge on a coarse picture of them, finish on a fine one.
//!
//! Nearly all the way to a good palette can be gone on the means of small boxes of colours, of
//! which there are ten times fewer: first on a *sketch* of some 60 points for each centroid,
//! then on *coarse* points, some hundred, where centroids are also swapped. What is left are a
//! few iterations on all colours, the *fine* points. At every level the iterations start so near
//! their end that a few suffice.

use super::relaxed::{FACTOR, relaxed};
use super::swap::{Search, Terrain, search};
use super::{Fit, Stop, lloyd};
use crate::color_points::Gathered;
use crate::error::Result;
use crate::init::wu;
use crate::point_blocks::PointBlocks;
use crate::progress::{Progress, Stage};

/// How much is done on which points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// Steps on the sketch.
    pub sketch_steps: usize,
    /// Steps on the coarse points, before centroids are swapped.
    pub coarse_steps: usize,
    /// Swaps on the coarse points.
    pub search: Search,
    /// Iterations of Lloyd's algorithm on the fine points, at most.
    pub fine_iter: usize,
}

/// What is fitted.
#[derive(Debug)]
pub struct Task<'a, const D: usize> {
    /// Number of centroids, at least 1.
    pub k: usize,
    /// All points.
    pub fine: &'a PointBlocks<D>,
    /// The means of small boxes of them.
    pub coarse: Gathered<D>,
    /// The means of boxes that are no smaller.
    pub sketch: Gathered<D>,
    /// Positions of the sketch's points of each part that must not be mixed with another;
    /// together all of them. At most `k`.
    pub parts: Vec<Vec<u32>>,
    /// Squared distance that is exceeded only between parts; infinity when there is one.
    pub apart: f64,
}

/// A codebook of up to `task.k` centroids, and the assignment of the fine points.
///
/// # Errors
/// What `progress` returns to stop.
pub fn coarse_to_fine<const D: usize>(
    task: Task<'_, D>,
    schedule: &Schedule,
    progress: &dyn Progress,
) -> Result<Fit> {
    let Task { k, fine, coarse, sketch, parts, apart } = task;
    let initial = wu(&sketch.points, &sketch.weights, parts, k, progress)?;
    progress.report(Stage::KMeans, 0.0)?;
    let centroids = relaxed(&sketch.blocks(), initial, schedule.sketch_steps, FACTOR, progress)?;
    let blocks = coarse.blocks();
    let centroids = relaxed(&blocks, centroids, schedule.coarse_steps, FACTOR, progress)?;
    let Gathered { points, weights, .. } = &coarse;
    let terrain = Terrain { points, weights, blocks: &blocks, apart };
    let centroids = search(&terrain, centroids, &schedule.search, progress)?;
    lloyd(fine, centroids.into_flattened(), &Stop::after(schedule.fine_iter), progress)
}
