//! The assignment step: for every point its nearest prototype. The only argmin there is.
//!
//! [`assign`] compares every point with every prototype, in any dimension. [`assign_blocks`]
//! gives the same labels for points of few dimensions, some twenty times faster at 256
//! prototypes. [`Cloud`] is what they have in common.
//!
//! In [`assign`], prototypes are stored coordinate by coordinate in blocks of `LANES`, so that
//! one point is compared with `LANES` prototypes at a time whatever the dimension; the
//! compiler turns the inner loops into vector instructions, and `multiversion` picks
//! AVX-512, AVX2 or the baseline at run time (NEON is aarch64's baseline). Only plain additions
//! and multiplications are used, in one order, so every version gives the same bits.
//!
//! The helpers of the kernels are always inlined, or they would be compiled for the baseline.
//!
//! Cost of [`assign`]: n * k * dim multiply-adds, spread over threads in fixed chunks. Ties go
//! to the lowest prototype. Results do not depend on the number of threads.

#![expect(clippy::inline_always)]

mod pruned;
mod tally;

pub use pruned::assign_blocks;
pub(crate) use tally::{Candidate, Tally};

use multiversion::multiversion;
use rayon::prelude::*;

use crate::error::Result;
use crate::point_blocks::PointBlocks;
use crate::points::WeightedPoints;
use crate::progress::Progress;

/// Prototypes compared at once: one AVX-512 or two AVX2 registers of f64.
const LANES: usize = 8;

/// Points handed to a thread at a time; small enough to balance, large enough to amortise.
const CHUNK: usize = 2048;

/// Points summed at a time, at least.
const MIN_SUMMED: usize = 4096;

/// Bound on the memory for partial sums, in f64 values (64 MiB).
const MAX_PARTIAL_SUMS: usize = 1 << 23;

/// Points that know their nearest centroid.
pub trait Cloud: Sync {
    /// Number of points.
    fn count(&self) -> usize;

    /// Weight of point `i`.
    fn weight(&self, i: usize) -> f64;

    /// Coordinates of point `i`.
    fn coordinates(&self, i: usize) -> Vec<f64>;

    /// Squared Euclidean distance of point `i` to a centroid.
    fn squared_distance_to(&self, i: usize, centroid: &[f64]) -> f64;

    /// Assigns every point to the nearest of row-major `centroids`.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    fn assign(&self, centroids: &[f64], progress: &dyn Progress) -> Result<Clusters>;
}

/// The clusters that an assignment makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// For every point the position of its nearest centroid.
    pub labels: Vec<u32>,
    /// Weighted sum of the squared distances to it.
    pub inertia: f64,
    /// Row-major weighted sums of the members' coordinates.
    pub sums: Vec<f64>,
    /// Total weight of the members.
    pub weights: Vec<f64>,
}

impl<const D: usize> Cloud for PointBlocks<D> {
    fn count(&self) -> usize {
        self.len()
    }

    fn weight(&self, i: usize) -> f64 {
        Self::weight(self, i)
    }

    fn coordinates(&self, i: usize) -> Vec<f64> {
        self.point(i).to_vec()
    }

    fn squared_distance_to(&self, i: usize, centroid: &[f64]) -> f64 {
        squared_distance(&self.point(i), centroid)
    }

    fn assign(&self, centroids: &[f64], progress: &dyn Progress) -> Result<Clusters> {
        assign_blocks(self, centroids.as_chunks::<D>().0, progress)
    }
}

impl Cloud for WeightedPoints {
    fn count(&self) -> usize {
        self.len()
    }

    fn weight(&self, i: usize) -> f64 {
        self.weights()[i]
    }

    fn coordinates(&self, i: usize) -> Vec<f64> {
        self.row(i).to_vec()
    }

    fn squared_distance_to(&self, i: usize, centroid: &[f64]) -> f64 {
        squared_distance(self.row(i), centroid)
    }

    fn assign(&self, centroids: &[f64], progress: &dyn Progress) -> Result<Clusters> {
        assign(self, &Prototypes::new(centroids, self.dim()), progress)
    }
}

/// A codebook laid out for the search.
#[derive(Debug, Clone)]
pub struct Prototypes {
    /// Block by block, coordinate by coordinate, the values of `LANES` prototypes; unused lanes
    /// hold infinity, which is never nearest.
    blocks: Vec<[f64; LANES]>,
    count: usize,
    dim: usize,
}

impl Prototypes {
    /// Arranges row-major `centroids` of `dim` coordinates each.
    #[must_use]
    pub fn new(centroids: &[f64], dim: usize) -> Self {
        let count = centroids.len() / dim;
        let mut blocks = vec![[f64::INFINITY; LANES]; count.div_ceil(LANES) * dim];
        for (k, centroid) in centroids.chunks_exact(dim).enumerate() {
            for (d, &value) in centroid.iter().enumerate() {
                blocks[k / LANES * dim + d][k % LANES] = value;
            }
        }
        Self { blocks, count, dim }
    }
}

/// Assigns every point to its nearest prototype.
///
/// # Errors
/// What `progress` returns to stop; it is asked before each chunk.
pub fn assign(
    points: &WeightedPoints,
    prototypes: &Prototypes,
    progress: &dyn Progress,
) -> Result<Clusters> {
    let (labels, distances) = nearest(points.values(), prototypes, progress)?;
    let masses = distances.iter().zip(points.weights()).map(|(distance, weight)| distance * weight);
    let inertia = masses.sum();
    let (sums, weights) = member_sums(points, &labels, prototypes.count);
    Ok(Clusters { labels, inertia, sums, weights })
}

/// For every row of `values` the position of its nearest prototype, and the squared distance.
///
/// # Errors
/// What `progress` returns to stop; it is asked before each chunk.
pub fn nearest(
    values: &[f64],
    prototypes: &Prototypes,
    progress: &dyn Progress,
) -> Result<(Vec<u32>, Vec<f64>)> {
    let dim = prototypes.dim;
    let count = values.len() / dim;
    let (mut labels, mut distances) = (vec![0; count], vec![0.0; count]);
    values
        .par_chunks(CHUNK * dim)
        .zip(labels.par_chunks_mut(CHUNK))
        .zip(distances.par_chunks_mut(CHUNK))
        .try_for_each(|((values, labels), distances)| {
            progress.go_on()?;
            match dim {
                3 => assign_fixed::<3>(values, &prototypes.blocks, labels, distances),
                4 => assign_fixed::<4>(values, &prototypes.blocks, labels, distances),
                dim => assign_any(values, dim, &prototypes.blocks, labels, distances),
            }
            Ok(())
        })?;
    Ok((labels, distances))
}

/// Row-major weighted sums of the members' coordinates and total weights of the `k` clusters,
/// added up in fixed chunks.
fn member_sums(points: &WeightedPoints, labels: &[u32], k: usize) -> (Vec<f64>, Vec<f64>) {
    let dim = points.dim();
    let max_chunks = (MAX_PARTIAL_SUMS / (k * (dim + 1))).clamp(1, 256);
    let chunk = points.len().div_ceil(max_chunks).max(MIN_SUMMED);
    let partial: Vec<(Vec<f64>, Vec<f64>)> = labels
        .par_chunks(chunk)
        .enumerate()
        .map(|(c, labels)| {
            let (mut sums, mut weights) = (vec![0.0; k * dim], vec![0.0; k]);
            for (i, &label) in (c * chunk..).zip(labels) {
                let (label, weight) = (label as usize, points.weights()[i]);
                weights[label] += weight;
                let sum = &mut sums[label * dim..(label + 1) * dim];
                sum.iter_mut().zip(points.row(i)).for_each(|(sum, value)| *sum += weight * value);
            }
            (sums, weights)
        })
        .collect();
    let add = |total: &mut [f64], part: &[f64]| {
        total.iter_mut().zip(part).for_each(|(total, value)| *total += value);
    };
    let mut total = (vec![0.0; k * dim], vec![0.0; k]);
    for (sums, weights) in &partial {
        add(&mut total.0, sums);
        add(&mut total.1, weights);
    }
    total
}

/// Squared Euclidean distance, added in the order of the coordinates.
#[inline]
#[must_use]
pub fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2", "x86_64+sse4.1"))]
fn assign_fixed<const DIM: usize>(
    values: &[f64],
    blocks: &[[f64; LANES]],
    labels: &mut [u32],
    distances: &mut [f64],
) {
    let (points, _) = values.as_chunks::<DIM>();
    let (blocks, _) = blocks.as_chunks::<DIM>();
    for ((point, label), distance) in points.iter().zip(labels).zip(distances) {
        let mut best = BestPerLane::new();
        for (b, block) in blocks.iter().enumerate() {
            let mut found = [0.0; LANES];
            for d in 0..DIM {
                add_squares(&mut found, point[d], &block[d]);
            }
            best.offer(b as u32, &found);
        }
        (*label, *distance) = best.nearest();
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2", "x86_64+sse4.1"))]
fn assign_any(
    values: &[f64],
    dim: usize,
    blocks: &[[f64; LANES]],
    labels: &mut [u32],
    distances: &mut [f64],
) {
    for ((point, label), distance) in values.chunks_exact(dim).zip(labels).zip(distances) {
        let mut best = BestPerLane::new();
        for (b, block) in blocks.chunks_exact(dim).enumerate() {
            let mut found = [0.0; LANES];
            for (&value, lanes) in point.iter().zip(block) {
                add_squares(&mut found, value, lanes);
            }
            best.offer(b as u32, &found);
        }
        (*label, *distance) = best.nearest();
    }
}

#[inline(always)]
fn add_squares(sums: &mut [f64; LANES], value: f64, lanes: &[f64; LANES]) {
    for (sum, lane) in sums.iter_mut().zip(lanes) {
        let difference = value - lane;
        *sum += difference * difference;
    }
}

/// The nearest prototype seen so far in each lane.
struct BestPerLane {
    distances: [f64; LANES],
    /// Block numbers as f64: the comparison's mask selects them at the same width.
    blocks: [f64; LANES],
}

impl BestPerLane {
    #[inline(always)]
    fn new() -> Self {
        Self { distances: [f64::INFINITY; LANES], blocks: [0.0; LANES] }
    }

    #[inline(always)]
    fn offer(&mut self, block: u32, distances: &[f64; LANES]) {
        let block = f64::from(block);
        for ((least, winner), &found) in
            self.distances.iter_mut().zip(&mut self.blocks).zip(distances)
        {
            let nearer = found < *least;
            *least = if nearer { found } else { *least };
            *winner = if nearer { block } else { *winner };
        }
    }

    #[inline(always)]
    fn nearest(&self) -> (u32, f64) {
        let position = |lane: usize| self.blocks[lane] as usize * LANES + lane;
        let mut best = 0;
        for lane in 1..LANES {
            let (found, least) = (self.distances[lane], self.distances[best]);
            if found < least || (found == least && position(lane) < position(best)) {
                best = lane;
            }
        }
        (position(best) as u32, self.distances[best])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use proptest::prelude::*;

    /// Labels and inertia by the definition, one distance at a time.
    fn by_definition(points: &WeightedPoints, centroids: &[f64]) -> (Vec<u32>, f64) {
        let nearest = |i: usize| {
            let distances =
                centroids.chunks_exact(points.dim()).map(|c| squared_distance(points.row(i), c));
            let mut best = (0, f64::INFINITY);
            for (k, distance) in distances.enumerate() {
                if distance < best.1 {
                    best = (k as u32, distance);
                }
            }
            best
        };
        let (labels, distances): (_, Vec<f64>) = (0..points.len()).map(nearest).unzip();
        (labels, distances.iter().sum())
    }

    proptest! {
        #[test]
        fn kernels_agree_with_the_definition(
            dim in 1usize..7,
            centroids in prop::collection::vec(-9i8..9, 1..240),
            values in prop::collection::vec(-9i8..9, 1..240),
        ) {
            // Small integers make ties common: the lowest prototype must win them.
            let rows = |v: Vec<i8>| -> Vec<f64> {
                let mut v: Vec<f64> = v.into_iter().map(f64::from).collect();
                v.resize(v.len().div_ceil(dim) * dim, 0.0);
                v
            };
            let (centroids, values) = (rows(centroids), rows(values));
            let weights = vec![1.0; values.len() / dim];
            let points = WeightedPoints::new(values, dim, weights).unwrap();
            let found = assign(&points, &Prototypes::new(&centroids, dim), &Silent).unwrap();
            prop_assert_eq!((found.labels, found.inertia), by_definition(&points, &centroids));
        }
    }
}
