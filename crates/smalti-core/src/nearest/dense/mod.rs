//! The assignment step in many dimensions: lower precision decides wherever it is certain.
//!
//! Squared distances are a matrix product, plus terms that depend on the point or the prototype
//! alone. A [`filter`] computes the product for a [`group`] of points. For each tile of eight
//! prototypes it gives a bound of the products: by f32 ([`heights`]), or by bytes where the
//! processor is faster with them ([`codes`], [`prototype_codes`], [`point_codes`], [`vnni`]).
//! [`chunk`] then compares the points in f64 with the tiles that can hold their nearest prototype,
//! mostly one. [`moves`] leaves out points whose centroid cannot have changed. Labels and distances
//! are those of comparing everything in f64, bit for bit, whatever the processor's vectors and
//! filters.
//!
//! Cost: n * k * dim multiply-adds in f32 at nearly the processor's peak rate, or a quarter of that
//! time with bytes; and n * 8 * dim multiply-adds in f64, a few times that where filters are
//! coarse.

mod chunk;
mod codes;
mod filter;
mod frame;
mod group;
mod heights;
mod moves;
mod point_codes;
mod precision;
mod prototype_codes;
mod search;
mod vnni;

use pulp::Arch;
use rayon::prelude::*;

use super::cloud::Cloud;
use super::clusters::{Assigned, CHUNK, Clusters};
use super::every_pair::{Prototypes, compare_all};
use super::sums;
use crate::error::Result;
use crate::points::WeightedPoints;
use crate::progress::Progress;
use crate::real::Real;
use chunk::AssignChunk;
use frame::Frame;
use moves::Moves;
use search::{DensePrototypes, DenseSearch, Found};

/// Fewest points for which a look at all of them pays.
const MIN_POINTS: usize = 64;

/// Points of many dimensions.
pub struct Dense<'a, T> {
    points: &'a WeightedPoints<T>,
    frame: Frame<T>,
}

impl<'a, T: Real> Dense<'a, T> {
    /// Looks at the points once.
    #[must_use]
    pub fn new(points: &'a WeightedPoints<T>) -> Self {
        Self { points, frame: Frame::around(points.values(), points.dim()) }
    }

    /// The clusters around `centroids`. They begin from the clusters `before`, if those and their
    /// gaps are known.
    fn clusters(
        &self,
        centroids: &[f64],
        before: Option<(&[f64], &Clusters)>,
        progress: &dyn Progress,
    ) -> Result<Clusters> {
        let dim = self.points.dim();
        let Some(prototypes) = DensePrototypes::new(centroids, &self.frame, dim) else {
            return self.points.assign(centroids, progress);
        };
        let before = before.filter(|(_, clusters)| !clusters.gaps.is_empty());
        let mut found = Found::of(self.points.len());
        let moves = before.map(|(before, clusters)| {
            found.assigned.labels.copy_from_slice(&clusters.labels);
            found.gaps.copy_from_slice(&clusters.gaps);
            Moves::between(before, centroids, dim, self.frame.scale())
        });
        let moves = moves.as_ref();
        let search = DenseSearch { frame: &self.frame, prototypes: &prototypes, moves };
        assign(&search, self.points.values(), &mut found, progress)?;
        let clusters = sums::clusters(self.points, found.assigned, centroids.len() / dim);
        Ok(Clusters { gaps: found.gaps, ..clusters })
    }
}

impl<T: Real> Cloud for Dense<'_, T> {
    fn count(&self) -> usize {
        self.points.count()
    }

    fn weight(&self, i: usize) -> f64 {
        self.points.weight(i)
    }

    fn coordinates(&self, i: usize) -> Vec<f64> {
        self.points.coordinates(i)
    }

    fn squared_distance_to(&self, i: usize, centroid: &[f64]) -> f64 {
        self.points.squared_distance_to(i, centroid)
    }

    fn assign(&self, centroids: &[f64], progress: &dyn Progress) -> Result<Clusters> {
        self.clusters(centroids, None, progress)
    }

    fn assign_again(
        &self,
        centroids: &[f64],
        before: (&[f64], &Clusters),
        progress: &dyn Progress,
    ) -> Result<Clusters> {
        self.clusters(centroids, Some(before), progress)
    }
}

/// For every row of `values` the position of the nearest of row-major `centroids`, and the
/// squared distance; rows have `dim` coordinates.
///
/// # Errors
/// What `progress` returns to stop.
pub fn nearest<T: Real>(
    values: &[T],
    dim: usize,
    centroids: &[f64],
    progress: &dyn Progress,
) -> Result<Assigned> {
    if values.len() >= MIN_POINTS * dim {
        let frame = Frame::around(values, dim);
        if let Some(prototypes) = DensePrototypes::new(centroids, &frame, dim) {
            let mut found = Found::of(values.len() / dim);
            let search = DenseSearch { frame: &frame, prototypes: &prototypes, moves: None };
            assign(&search, values, &mut found, progress)?;
            return Ok(found.assigned);
        }
    }
    compare_all(values, &Prototypes::new(centroids, dim), progress)
}

/// Sets the labels, distances and gaps of all points, chunk by chunk.
fn assign<T: Real>(
    search: &DenseSearch<'_, T>,
    values: &[T],
    found: &mut Found,
    progress: &dyn Progress,
) -> Result<()> {
    let (arch, dim) = (Arch::new(), search.frame.dim());
    let Found { assigned: Assigned { labels, distances }, gaps } = found;
    values
        .par_chunks(CHUNK * dim)
        .zip(labels.par_chunks_mut(CHUNK))
        .zip(distances.par_chunks_mut(CHUNK))
        .zip(gaps.par_chunks_mut(CHUNK))
        .try_for_each(|(((rows, labels), distances), gaps)| {
            arch.dispatch(AssignChunk { search, rows, labels, distances, gaps, progress })
        })
}

#[cfg(test)]
mod tests;
