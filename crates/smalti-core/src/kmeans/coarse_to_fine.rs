//! K-Means on colours: converge on a coarse picture of them, finish on a fine one.
//!
//! Nearly all the way to a good palette can be gone on the means of small boxes of colours, of
//! which there are ten times fewer: first on a *sketch* of some 60 points for each centroid,
//! then on *coarse* points, some hundred, where centroids are also swapped. What is left are a
//! few iterations on all colours, the *fine* points. At every level the iterations start so near
//! their end that a few suffice.

use super::fit::Fit;
use super::lloyd::{Stop, lloyd};
use super::locked::Locked;
use super::relaxed::{FACTOR, relaxed};
use super::swap::{SwapSearch, Terrain, search};
use crate::color_points::Gathered;
use crate::error::Result;
use crate::init::wu;
use crate::nearest::squared_distance;
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
    pub search: SwapSearch,
    /// Iterations of Lloyd's algorithm on the fine points, at most.
    pub fine_iter: usize,
}

/// What is fitted.
#[derive(Debug)]
pub struct Task<'a, const D: usize> {
    /// Number of centroids to find, at least 1.
    pub k: usize,
    /// Centroids that are given, and stay as they are.
    pub locked: Vec<[f64; D]>,
    /// All points.
    pub fine: &'a PointBlocks<D>,
    /// The means of small boxes of them.
    pub coarse: Gathered<D>,
    /// The means of boxes that are no smaller.
    pub sketch: Gathered<D>,
    /// Positions of the sketch's points of each part that must not be mixed with another;
    /// together all of them. At most `k` of them hold no locked centroid.
    pub parts: Vec<Vec<u32>>,
    /// Squared distance that is exceeded only between parts; infinity when there is one.
    pub apart: f64,
}

/// A codebook of the locked centroids and up to `task.k` others, and the assignment of the fine
/// points.
///
/// # Errors
/// What `progress` returns to stop.
pub fn coarse_to_fine<const D: usize>(
    task: Task<'_, D>,
    schedule: &Schedule,
    progress: &dyn Progress,
) -> Result<Fit> {
    let parts = task.parts_to_fill();
    let Task { k, locked, fine, coarse, sketch, apart, .. } = task;
    let count = locked.len();
    let mut centroids = locked;
    centroids.extend(wu(&sketch.points, &sketch.weights, parts, k, progress)?);
    progress.report(Stage::KMeans, 0.0)?;
    let blocks = sketch.blocks();
    let points = Locked { points: &blocks, count };
    let centroids = relaxed(&points, centroids, schedule.sketch_steps, FACTOR, progress)?;
    let blocks = coarse.blocks();
    let points = Locked { points: &blocks, count };
    let centroids = relaxed(&points, centroids, schedule.coarse_steps, FACTOR, progress)?;
    let Gathered { points, weights, .. } = &coarse;
    let terrain = Terrain { points, weights, blocks: &blocks, locked: count, apart };
    let centroids = search(&terrain, centroids, &schedule.search, progress)?;
    let points = Locked { points: fine, count };
    lloyd(&points, centroids.into_flattened(), &Stop::after(schedule.fine_iter), progress)
}

impl<const D: usize> Task<'_, D> {
    /// The parts to begin with: at most `k`, those without a locked centroid first.
    fn parts_to_fill(&self) -> Vec<Vec<u32>> {
        let mut parts = self.parts.clone();
        parts.sort_by_key(|part| {
            let point = &self.sketch.points[part[0] as usize];
            self.locked.iter().any(|at| squared_distance(at, point) < self.apart)
        });
        parts.truncate(self.k);
        parts
    }
}
