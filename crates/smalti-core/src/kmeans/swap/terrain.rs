//! The points of a search and how hard to search; Lloyd's steps on all points.

use super::super::locked::Locked;
use super::super::overrelaxed::overrelaxed;
use crate::error::Result;
use crate::point_blocks::PointBlocks;
use crate::progress::{Progress, Stage};

/// How hard to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SwapSearch {
    /// Rounds of swaps, at most.
    pub rounds: usize,
    /// Clusters around one that take part in its price.
    pub neighbours: usize,
    /// Lloyd's steps among the neighbours for the second price.
    pub local_steps: usize,
    /// A swap is priced a second time when its gain, times this, exceeds its price.
    pub slack: f64,
    /// Swaps tried with Lloyd's steps on everything, at most.
    pub trials: usize,
    /// Lloyd's steps for each of them, at most.
    pub trial_steps: usize,
}

/// The points among which centroids are swapped.
#[derive(Debug)]
pub struct Terrain<'a, const D: usize> {
    /// The points, one by one.
    pub points: &'a [[f64; D]],
    /// Their weights.
    pub weights: &'a [f64],
    /// The same points in blocks.
    pub blocks: &'a PointBlocks<D>,
    /// How many centroids, the first ones, stay where they are.
    pub locked: usize,
    /// No point may be given a centroid at this squared distance or farther; infinity allows
    /// all.
    pub apart: f64,
}

impl<const D: usize> Terrain<'_, D> {
    /// The points with their locked centroids.
    pub(super) fn cloud(&self) -> Locked<'_> {
        Locked { points: self.blocks, count: self.locked }
    }
}

/// Reports the done fraction of the search: rounds are its first half, trials its second.
pub(super) fn report(progress: &dyn Progress, done: f64) -> Result<()> {
    progress.report(Stage::Swaps, done)
}

/// Takes Lloyd's steps on all points after swaps.
pub(super) fn settle<const D: usize>(
    terrain: &Terrain<'_, D>,
    centroids: Vec<[f64; D]>,
    steps: usize,
    progress: &dyn Progress,
) -> Result<Vec<[f64; D]>> {
    overrelaxed(&terrain.cloud(), centroids, steps, 1.0, progress)
}
