//! K-Means on colours: converge on a coarse picture of them, finish on a fine one.
//!
//! Nearly all steps to a good palette can be taken on the means of small boxes of colours, of which
//! there are ten times fewer than colours. The first steps use a *sketch* of some 60 points for
//! each centroid. The next use *coarse* points, some hundred for each centroid, on which centroids
//! are also swapped. A few iterations on all colours, the *fine* points, remain. At every level the
//! iterations start so near their end that a few suffice.

use super::fitted::Fit;
use super::lloyd::{Stop, lloyd};
use super::locked::Locked;
use super::overrelaxed::{FACTOR, overrelaxed};
use super::swap::{SwapSearch, Terrain, swap_centroids};
use crate::color_points::Gathered;
use crate::error::Result;
use crate::init::wu;
use crate::nearest::squared_distance;
use crate::point_blocks::PointBlocks;
use crate::progress::{Progress, Stage};

/// How many steps are taken on which points.
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

/// The points to fit, at all levels, and the centroids wanted.
#[derive(Debug)]
pub struct Task<'a, const D: usize> {
    /// Number of centroids to find, at least 1.
    pub k: usize,
    /// Centroids that are locked: they stay as they are.
    pub locked: Vec<[f64; D]>,
    /// All points.
    pub fine: &'a PointBlocks<D>,
    /// The means of small boxes of them.
    pub coarse: Gathered<D>,
    /// The means of boxes that are no smaller.
    pub sketch: Gathered<D>,
    /// Parts of the sketch that must not be mixed with each other, as positions of points; together
    /// they hold all points. At most `k` parts hold no locked centroid.
    pub parts: Vec<Vec<u32>>,
    /// Squared distance that only points of different parts exceed; infinity with a single part.
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
    let centroids = overrelaxed(&points, centroids, schedule.sketch_steps, FACTOR, progress)?;
    let blocks = coarse.blocks();
    let points = Locked { points: &blocks, count };
    let centroids = overrelaxed(&points, centroids, schedule.coarse_steps, FACTOR, progress)?;
    let Gathered { points, weights, .. } = &coarse;
    let terrain = Terrain { points, weights, blocks: &blocks, locked: count, apart };
    let centroids = swap_centroids(&terrain, centroids, &schedule.search, progress)?;
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
