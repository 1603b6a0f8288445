//! The assignment step by its definition: every point is compared with every prototype.
//!
//! Prototypes are stored coordinate by coordinate in blocks of `LANES`, so that one point is
//! compared with `LANES` prototypes at a time whatever the dimension; the compiler turns the
//! inner loops into vector instructions, and `multiversion` picks AVX-512, AVX2 or the baseline
//! at run time (NEON is aarch64's baseline). Only plain additions and multiplications are used,
//! in one order, so every version gives the same bits.
//!
//! The helpers of the kernels are always inlined, or they would be compiled for the baseline.
//!
//! Cost: n * k * dim multiply-adds in f64, spread over threads in fixed chunks. Ties go to the
//! lowest prototype.

#![expect(clippy::inline_always)]

use multiversion::multiversion;
use pulp::Simd;
use rayon::prelude::*;

use super::cloud::{Cloud, squared_distance};
use super::clusters::{Assigned, CHUNK, Clusters};
use super::sums;
use crate::error::Result;
use crate::points::WeightedPoints;
use crate::progress::Progress;
use crate::real::Real;

/// Prototypes compared at once: one AVX-512 or two AVX2 registers of f64.
pub(crate) const LANES: usize = 8;

/// Coordinates whose bounds are checked together.
const UNROLLED: usize = 4;

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

    /// Coordinates of a prototype.
    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// Bytes of memory that the coordinates take.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.blocks.as_slice())
    }

    /// Number of prototypes.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Squared distances of each of some points to a tile of prototypes: `LANES` of them, from
    /// `LANES * tile` on. They have the same bits as those of [`compare_all`].
    ///
    /// Several points are summed at once, so that no sum waits for another. `wide` has room for the
    /// points in f64.
    #[inline(always)]
    pub(crate) fn distances<S: Simd, T: Real, const N: usize>(
        &self,
        simd: S,
        rows: [&[T]; N],
        tiles: [usize; N],
        wide: &mut [f64],
    ) -> [[f64; LANES]; N] {
        let dim = self.dim;
        for (wide, row) in wide.chunks_exact_mut(dim).zip(rows) {
            wide.iter_mut().zip(row).for_each(|(wide, &value)| *wide = value.into());
        }
        let rows: [&[f64]; N] = std::array::from_fn(|n| &wide[n * dim..][..dim]);
        let columns = tiles.map(|tile| &self.blocks[tile * dim..][..dim]);
        let mut distances = [[0.0; LANES]; N];
        for v in 0..LANES / S::F64_LANES {
            let mut sums = [simd.splat_f64s(0.0); N];
            let mut add = |n: usize, value: f64, column: &[f64; LANES]| {
                let difference =
                    simd.sub_f64s(simd.splat_f64s(value), S::as_simd_f64s(column).0[v]);
                sums[n] = simd.add_f64s(sums[n], simd.mul_f64s(difference, difference));
            };
            let whole = dim / UNROLLED * UNROLLED;
            for b in 0..dim / UNROLLED {
                let rows = rows.map(|row| &row.as_chunks::<UNROLLED>().0[b]);
                let columns = columns.map(|column| &column.as_chunks::<UNROLLED>().0[b]);
                for d in 0..UNROLLED {
                    for n in 0..N {
                        add(n, rows[n][d], &columns[n][d]);
                    }
                }
            }
            for d in whole..dim {
                for n in 0..N {
                    add(n, rows[n][d], &columns[n][d]);
                }
            }
            for n in 0..N {
                S::as_mut_simd_f64s(&mut distances[n]).0[v] = sums[n];
            }
        }
        distances
    }

    /// Finds the nearest prototype of some rows.
    pub(super) fn compare<T: Real>(&self, rows: &[T], labels: &mut [u32], distances: &mut [f64]) {
        match self.dim {
            3 => assign_fixed::<T, 3>(rows, &self.blocks, labels, distances),
            4 => assign_fixed::<T, 4>(rows, &self.blocks, labels, distances),
            dim => assign_any(rows, dim, &self.blocks, labels, distances),
        }
    }
}

/// For every row of `values` the position of its nearest prototype, and the squared distance.
///
/// # Errors
/// What `progress` returns to stop; it is asked before each chunk.
pub fn compare_all<T: Real>(
    values: &[T],
    prototypes: &Prototypes,
    progress: &dyn Progress,
) -> Result<Assigned> {
    let dim = prototypes.dim;
    let mut found = Assigned::of(values.len() / dim);
    values
        .par_chunks(CHUNK * dim)
        .zip(found.labels.par_chunks_mut(CHUNK))
        .zip(found.distances.par_chunks_mut(CHUNK))
        .try_for_each(|((values, labels), distances)| {
            progress.go_on()?;
            prototypes.compare(values, labels, distances);
            Ok(())
        })?;
    Ok(found)
}

impl<T: Real> Cloud for WeightedPoints<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn weight(&self, i: usize) -> f64 {
        self.weights()[i]
    }

    fn coordinates(&self, i: usize) -> Vec<f64> {
        self.row(i).iter().map(|&value| value.into()).collect()
    }

    fn squared_distance_to(&self, i: usize, centroid: &[f64]) -> f64 {
        squared_distance(self.row(i), centroid)
    }

    fn assign(&self, centroids: &[f64], progress: &dyn Progress) -> Result<Clusters> {
        let prototypes = Prototypes::new(centroids, self.dim());
        let assigned = compare_all(self.values(), &prototypes, progress)?;
        Ok(sums::clusters(self, assigned, prototypes.count()))
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2", "x86_64+sse4.1"))]
fn assign_fixed<T: Real, const DIM: usize>(
    values: &[T],
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
                add_squares(&mut found, point[d].into(), &block[d]);
            }
            best.offer(b as u32, &found);
        }
        (*label, *distance) = best.nearest();
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2", "x86_64+sse4.1"))]
fn assign_any<T: Real>(
    values: &[T],
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
                add_squares(&mut found, value.into(), lanes);
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

    /// Labels and distances by the definition, one distance at a time.
    fn by_definition(values: &[f64], centroids: &[f64], dim: usize) -> Assigned {
        let nearest = |row: &[f64]| {
            let distances = centroids.chunks_exact(dim).map(|c| squared_distance(row, c));
            let mut best = (0, f64::INFINITY);
            for (k, distance) in distances.enumerate() {
                if distance < best.1 {
                    best = (k as u32, distance);
                }
            }
            best
        };
        let (labels, distances) = values.chunks_exact(dim).map(nearest).unzip();
        Assigned { labels, distances }
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
            let found = compare_all(&values, &Prototypes::new(&centroids, dim), &Silent).unwrap();
            prop_assert_eq!(found, by_definition(&values, &centroids, dim));
        }
    }
}
