//! The search within blocks of points, and sums of the members of each cluster.

#![expect(clippy::inline_always)]

use pulp::Simd;

use crate::point_blocks::{Block, LANES};

/// Blocks searched together, so that no comparison waits for another.
const TOGETHER: usize = 4;

/// Sums of the members of each cluster.
#[derive(Debug, Default)]
pub(crate) struct Tally<const D: usize> {
    pub clusters: Vec<ClusterSum<D>>,
    /// One sum a lane: no sum waits for another.
    inertia: [f64; LANES],
    /// The largest squared distance of a point to its centroid, by lane.
    farthest: [f64; LANES],
}

/// A prototype and its number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<const D: usize> {
    pub at: [f64; D],
    /// In f64: the mask of a comparison of distances selects numbers of the same width.
    pub number: f64,
}

/// Weighted sum of the members' coordinates, and their total weight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClusterSum<const D: usize> {
    pub sum: [f64; D],
    pub weight: f64,
}

impl<const D: usize> ClusterSum<D> {
    /// The mean of the members; there must be some.
    pub fn mean(&self) -> [f64; D] {
        self.sum.map(|value| value / self.weight)
    }
}

impl<const D: usize> Tally<D> {
    pub fn new(k: usize) -> Self {
        let mut tally = Self::default();
        tally.reset(k);
        tally
    }

    /// Starts again with `k` clusters.
    pub fn reset(&mut self, k: usize) {
        self.clusters.clear();
        self.clusters.resize(k, ClusterSum { sum: [0.0; D], weight: 0.0 });
        self.inertia = [0.0; LANES];
        self.farthest = [0.0; LANES];
    }

    /// Weighted sum of the squared distances of the points to their centroids.
    pub fn inertia(&self) -> f64 {
        self.inertia.iter().sum()
    }

    /// The largest squared distance of a point to its centroid.
    pub fn farthest(&self) -> f64 {
        self.farthest.iter().copied().fold(0.0, f64::max)
    }

    /// Adds another tally of as many clusters.
    pub fn add(&mut self, other: &Self) {
        for lane in 0..LANES {
            self.inertia[lane] += other.inertia[lane];
            self.farthest[lane] = self.farthest[lane].max(other.farthest[lane]);
        }
        for (mine, theirs) in self.clusters.iter_mut().zip(&other.clusters) {
            mine.weight += theirs.weight;
            mine.sum.iter_mut().zip(theirs.sum).for_each(|(sum, value)| *sum += value);
        }
    }

    /// Assigns the points of some blocks to the nearest of the candidates and writes the winners'
    /// numbers to `labels`. Ties go to the first.
    #[inline(always)]
    pub fn assign<S: Simd>(
        &mut self,
        simd: S,
        blocks: &[Block<D>],
        candidates: &[Candidate<D>],
        labels: &mut [[u32; LANES]],
    ) {
        let (some, rest) = blocks.as_chunks::<TOGETHER>();
        let (some_labels, rest_labels) = labels.as_chunks_mut::<TOGETHER>();
        for (blocks, labels) in some.iter().zip(some_labels) {
            self.assign_together(simd, blocks, candidates, labels);
        }
        for (block, labels) in rest.iter().zip(rest_labels) {
            let (block, labels) = (std::array::from_ref(block), std::array::from_mut(labels));
            self.assign_together(simd, block, candidates, labels);
        }
    }

    #[inline(always)]
    fn assign_together<S: Simd, const B: usize>(
        &mut self,
        simd: S,
        blocks: &[Block<D>; B],
        candidates: &[Candidate<D>],
        labels: &mut [[u32; LANES]; B],
    ) {
        let (mut least, mut winner) = ([[0.0; LANES]; B], [[0.0; LANES]; B]);
        // A block is one vector or several; the processor's width decides.
        for v in 0..LANES / S::F64_LANES {
            let mut points = [[simd.splat_f64s(0.0); D]; B];
            for b in 0..B {
                for d in 0..D {
                    points[b][d] = S::as_simd_f64s(&blocks[b].coordinates[d]).0[v];
                }
            }
            let (nearest, numbers) = search(simd, &points, candidates);
            for b in 0..B {
                S::as_mut_simd_f64s(&mut least[b]).0[v] = nearest[b];
                S::as_mut_simd_f64s(&mut winner[b]).0[v] = numbers[b];
            }
        }
        for b in 0..B {
            self.add_block(&blocks[b], &least[b], &winner[b], &mut labels[b]);
        }
    }

    #[inline(always)]
    fn add_block(
        &mut self,
        block: &Block<D>,
        least: &[f64; LANES],
        winner: &[f64; LANES],
        labels: &mut [u32; LANES],
    ) {
        for lane in 0..LANES {
            let farther = least[lane] > self.farthest[lane];
            self.farthest[lane] = if farther { least[lane] } else { self.farthest[lane] };
            self.inertia[lane] += least[lane] * block.weights[lane];
            labels[lane] = winner[lane] as u32;
        }
        for lane in 0..LANES {
            let (cluster, weight) =
                (&mut self.clusters[labels[lane] as usize], block.weights[lane]);
            cluster.weight += weight;
            for d in 0..D {
                cluster.sum[d] += weight * block.coordinates[d][lane];
            }
        }
    }
}

/// The least squared distances of `B` vectors of points to the candidates, and the numbers of
/// the first candidates at these distances.
#[inline(always)]
fn search<S: Simd, const D: usize, const B: usize>(
    simd: S,
    points: &[[S::f64s; D]; B],
    candidates: &[Candidate<D>],
) -> ([S::f64s; B], [S::f64s; B]) {
    let mut least = [simd.splat_f64s(f64::INFINITY); B];
    let mut winner = [simd.splat_f64s(0.0); B];
    for candidate in candidates {
        let number = simd.splat_f64s(candidate.number);
        for b in 0..B {
            let mut found = simd.splat_f64s(0.0);
            for d in 0..D {
                let difference = simd.sub_f64s(points[b][d], simd.splat_f64s(candidate.at[d]));
                // Not fused: the sum has the same bits on every processor.
                found = simd.add_f64s(found, simd.mul_f64s(difference, difference));
            }
            let nearer = simd.less_than_f64s(found, least[b]);
            least[b] = simd.select_f64s(nearer, found, least[b]);
            winner[b] = simd.select_f64s(nearer, number, winner[b]);
        }
    }
    (least, winner)
}
