//! The assignment step: for every point its nearest prototype. The only argmin there is.
//!
//! Prototypes are stored coordinate by coordinate in blocks of `LANES`, so that one
//! point is compared with `LANES` prototypes at a time whatever the dimension; the
//! compiler turns the inner loops into vector instructions, and `multiversion` picks
//! AVX-512, AVX2 or the baseline at run time. Only plain additions and multiplications
//! are used, in one order, so every version gives the same bits.
//!
//! The helpers of the kernels are always inlined, or they would be compiled for the baseline.
//!
//! Cost: n * k * dim multiply-adds, spread over threads in fixed chunks. Ties go to the
//! lowest prototype. Results do not depend on the number of threads.

#![expect(clippy::inline_always)]

use multiversion::multiversion;
use rayon::prelude::*;

use crate::error::Result;
use crate::points::WeightedPoints;

/// Prototypes compared at once: one AVX-512 or two AVX2 registers of f64.
const LANES: usize = 8;

/// Points handed to a thread at a time; small enough to balance, large enough to amortise.
const CHUNK: usize = 2048;

/// Multiply-adds between two looks at whether to go on: some 50 ms of two cores.
const PIECE: usize = 1 << 28;

/// A codebook laid out for the search.
#[derive(Debug, Clone)]
pub struct Prototypes {
    /// Block by block, coordinate by coordinate, the values of `LANES` prototypes; unused lanes
    /// hold infinity, which is never nearest.
    blocks: Vec<[f64; LANES]>,
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
        Self { blocks, dim }
    }
}

/// For every point the position of its nearest prototype and the squared distance to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Position of the nearest prototype.
    pub labels: Vec<u32>,
    /// Squared Euclidean distance to it.
    pub distances: Vec<f64>,
}

impl Assignment {
    /// Weighted sum of the squared distances, added in a fixed order.
    #[must_use]
    pub fn inertia(&self, weights: &[f64]) -> f64 {
        self.distances.iter().zip(weights).map(|(distance, weight)| distance * weight).sum()
    }
}

/// Assigns every point to its nearest prototype.
///
/// `go_on` is asked between pieces of `PIECE` multiply-adds.
///
/// # Errors
/// What `go_on` returns to stop.
pub fn assign(
    points: &WeightedPoints,
    prototypes: &Prototypes,
    go_on: &dyn Fn() -> Result<()>,
) -> Result<Assignment> {
    let dim = points.dim();
    debug_assert_eq!(dim, prototypes.dim);
    let mut labels = vec![0; points.len()];
    let mut distances = vec![0.0; points.len()];
    let chunks = (PIECE / (CHUNK * prototypes.blocks.len() * LANES)).max(1);
    let piece = chunks * CHUNK;
    for ((values, labels), distances) in points
        .values()
        .chunks(piece * dim)
        .zip(labels.chunks_mut(piece))
        .zip(distances.chunks_mut(piece))
    {
        go_on()?;
        values
            .par_chunks(CHUNK * dim)
            .zip(labels.par_chunks_mut(CHUNK))
            .zip(distances.par_chunks_mut(CHUNK))
            .for_each(|((values, labels), distances)| match dim {
                3 => assign_fixed::<3>(values, &prototypes.blocks, labels, distances),
                4 => assign_fixed::<4>(values, &prototypes.blocks, labels, distances),
                dim => assign_any(values, dim, &prototypes.blocks, labels, distances),
            });
    }
    Ok(Assignment { labels, distances })
}

/// Writes to `lowered` the squared distance of each point to `prototype` or to those in
/// `distances`, whichever is less, and returns their weighted sum, added in a fixed order.
pub fn lower_distances(
    points: &WeightedPoints,
    prototype: &[f64],
    distances: &[f64],
    lowered: &mut [f64],
) -> f64 {
    let dim = points.dim();
    let chunk_sums: Vec<f64> = points
        .values()
        .par_chunks(CHUNK * dim)
        .zip(points.weights().par_chunks(CHUNK))
        .zip(distances.par_chunks(CHUNK))
        .zip(lowered.par_chunks_mut(CHUNK))
        .map(|(((values, weights), distances), lowered)| {
            let rows = values.chunks_exact(dim).zip(weights).zip(distances).zip(lowered);
            let masses = rows.map(|(((point, weight), distance), lowered)| {
                *lowered = distance.min(squared_distance(point, prototype));
                *lowered * weight
            });
            masses.sum()
        })
        .collect();
    chunk_sums.iter().sum()
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
    use proptest::prelude::*;

    /// The definition, one distance at a time.
    fn by_definition(points: &WeightedPoints, centroids: &[f64]) -> Assignment {
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
        let (labels, distances) = (0..points.len()).map(nearest).unzip();
        Assignment { labels, distances }
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
            let found = assign(&points, &Prototypes::new(&centroids, dim), &|| Ok(()));
            prop_assert_eq!(found.unwrap(), by_definition(&points, &centroids));
        }
    }
}
