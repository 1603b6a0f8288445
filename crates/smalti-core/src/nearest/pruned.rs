//! The assignment step in few dimensions, without most of the distances.
//!
//! A prototype can be left out for a box of points if another is nearer to every point in it. Let
//! z be the prototype nearest to the box's middle, and c any other. The difference of the squared
//! distances to c and z is linear, so it is least at one known corner: one comparison decides
//! (T. Kanungo et al., "An efficient k-means clustering algorithm: analysis and
//! implementation", 2002, doi:10.1109/TPAMI.2002.1017616; their kd-tree is flattened here to two
//! levels of boxes). In three dimensions some 5 of 256 prototypes are left for a group of
//! 32 points; only these are compared, one after the other, with all points of a block at
//! once.
//!
//! Labels and distances are those of comparing everything, bit for bit.

#![expect(clippy::inline_always)]

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::cloud::{Cloud, squared_distance};
use super::clusters::Clusters;
use super::tally::{Candidate, Tally};
use crate::error::Result;
use crate::point_blocks::{Block, Bounds, GROUP, LANES, PointBlocks, REGION};
use crate::progress::Progress;

/// Pieces of work for the threads, at most; partial sums are kept for each.
const MAX_PIECES: usize = 64;

/// Regions in a piece of work, at least.
const MIN_REGIONS: usize = 2;

/// Bound on the memory for partial sums, in f64 values (32 MiB).
const MAX_PARTIAL_SUMS: usize = 1 << 22;

/// A prototype is left out only if it loses by this margin for rounding, relative to a scale. The
/// squared distances of the box's points are at most four times the scale; the margin is thirty
/// times their largest rounding error.
const MARGIN: f64 = 1e-13;

/// Squared distances below this have lost digits to underflow: no smaller difference decides.
const FLOOR: f64 = 1e-290;

/// Assigns every point to its nearest centroid; ties go to the lowest.
///
/// # Errors
/// What `progress` returns to stop.
pub fn assign_blocks<const D: usize>(
    points: &PointBlocks<D>,
    centroids: &[[f64; D]],
    progress: &dyn Progress,
) -> Result<Clusters> {
    let k = centroids.len();
    let (arch, all) = (Arch::new(), Candidates::new(centroids));
    let max_pieces = (MAX_PARTIAL_SUMS / (k * (D + 1))).clamp(1, MAX_PIECES);
    let regions = points.regions().len().div_ceil(max_pieces).max(MIN_REGIONS);
    let (groups, blocks) = (regions * REGION, regions * REGION * GROUP);
    let mut labels = vec![0; points.blocks().len() * LANES];
    let pieces: Vec<Tally<D>> = labels
        .par_chunks_mut(blocks * LANES)
        .zip(points.blocks().par_chunks(blocks))
        .zip(points.groups().par_chunks(groups))
        .zip(points.regions().par_chunks(regions))
        .map(|(((labels, blocks), groups), regions)| {
            let mut tally = Tally::new(k);
            let piece = Piece { blocks, groups, regions };
            arch.dispatch(AssignPiece { piece, all: &all, labels, tally: &mut tally, progress })?;
            Ok(tally)
        })
        .collect::<Result<_>>()?;
    let mut total = Tally::new(k);
    pieces.iter().for_each(|piece| total.add(piece));
    labels.truncate(points.len());
    let inertia = total.inertia();
    let (sums, weights): (Vec<[f64; D]>, _) =
        total.clusters.into_iter().map(|cluster| (cluster.sum, cluster.weight)).unzip();
    Ok(Clusters { labels, inertia, sums: sums.into_flattened(), weights, gaps: Vec::new() })
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

/// A run of whole regions.
struct Piece<'a, const D: usize> {
    blocks: &'a [Block<D>],
    groups: &'a [Bounds<D>],
    regions: &'a [Bounds<D>],
}

/// Prototypes that may be nearest, in ascending order.
struct Candidates<const D: usize> {
    rows: Vec<Candidate<D>>,
    /// The same, coordinate by coordinate in blocks of `LANES`; lanes left over hold infinity,
    /// which is never nearest.
    blocks: Vec<[[f64; LANES]; D]>,
}

impl<const D: usize> Candidates<D> {
    fn new(centroids: &[[f64; D]]) -> Self {
        let row = |(number, &at): (usize, &[f64; D])| Candidate { at, number: number as f64 };
        let rows: Vec<Candidate<D>> = centroids.iter().enumerate().map(row).collect();
        let mut all = Self::none();
        all.arrange(&rows);
        all
    }

    fn none() -> Self {
        Self { rows: Vec::new(), blocks: Vec::new() }
    }

    /// Replaces the candidates by these.
    #[inline(always)]
    fn arrange(&mut self, rows: &[Candidate<D>]) {
        self.rows.clear();
        self.rows.extend_from_slice(rows);
        self.blocks.clear();
        for rows in rows.chunks(LANES) {
            let mut block = [[f64::INFINITY; LANES]; D];
            for (lane, row) in rows.iter().enumerate() {
                for d in 0..D {
                    block[d][lane] = row.at[d];
                }
            }
            self.blocks.push(block);
        }
    }

    /// Writes the candidates that may be nearest to a point within `bounds` to the front of `kept`
    /// and returns their number. `kept` has room for all.
    #[inline(always)]
    fn within<S: Simd>(&self, simd: S, bounds: &Bounds<D>, kept: &mut [Candidate<D>]) -> usize {
        let z = self.nearest(simd, &bounds.middle()).at;
        let mut slack = 0.0;
        for d in 0..D {
            slack += (bounds.high[d] - bounds.low[d]) * (bounds.high[d] - bounds.low[d]);
        }
        let (slack, margin) = (simd.splat_f64s(slack), simd.splat_f64s(MARGIN));
        let mut count = 0;
        for (block, rows) in self.blocks.iter().zip(self.rows.chunks(LANES)) {
            let mut stays = [0.0; LANES];
            for v in 0..LANES / S::F64_LANES {
                let (mut to_z, mut to_c) = (simd.splat_f64s(0.0), simd.splat_f64s(0.0));
                for d in 0..D {
                    let c = S::as_simd_f64s(&block[d]).0[v];
                    let (z, low, high) = (z[d], bounds.low[d], bounds.high[d]);
                    let (z, low, high) =
                        (simd.splat_f64s(z), simd.splat_f64s(low), simd.splat_f64s(high));
                    let corner = simd.select_f64s(simd.less_than_f64s(z, c), high, low);
                    to_z = simd.add_f64s(to_z, square(simd, simd.sub_f64s(corner, z)));
                    to_c = simd.add_f64s(to_c, square(simd, simd.sub_f64s(corner, c)));
                }
                let scale = simd.add_f64s(simd.add_f64s(to_z, to_c), slack);
                let slack = simd.add_f64s(simd.mul_f64s(margin, scale), simd.splat_f64s(FLOOR));
                let limit = simd.add_f64s(to_z, slack);
                let may_win = simd.less_than_or_equal_f64s(to_c, limit);
                let (yes, no) = (simd.splat_f64s(1.0), simd.splat_f64s(0.0));
                S::as_mut_simd_f64s(&mut stays).0[v] = simd.select_f64s(may_win, yes, no);
            }
            // Each is written but counted only if it stays: there is no branch to mispredict.
            for (row, stays) in rows.iter().zip(stays) {
                kept[count] = *row;
                count += usize::from(stays != 0.0);
            }
        }
        count
    }

    /// The candidate nearest to `point`; any of those equally near.
    #[inline(always)]
    fn nearest<S: Simd>(&self, simd: S, point: &[f64; D]) -> &Candidate<D> {
        let (mut least, mut winner) = ([f64::INFINITY; LANES], [0.0; LANES]);
        for v in 0..LANES / S::F64_LANES {
            let mut best = simd.splat_f64s(f64::INFINITY);
            let mut number = simd.splat_f64s(0.0);
            for (b, block) in self.blocks.iter().enumerate() {
                let mut found = simd.splat_f64s(0.0);
                for d in 0..D {
                    let c = S::as_simd_f64s(&block[d]).0[v];
                    let difference = simd.sub_f64s(simd.splat_f64s(point[d]), c);
                    found = simd.add_f64s(found, square(simd, difference));
                }
                let nearer = simd.less_than_f64s(found, best);
                best = simd.select_f64s(nearer, found, best);
                number = simd.select_f64s(nearer, simd.splat_f64s(b as f64), number);
            }
            S::as_mut_simd_f64s(&mut least).0[v] = best;
            S::as_mut_simd_f64s(&mut winner).0[v] = number;
        }
        let mut lane = 0;
        for other in 1..LANES {
            lane = if least[other] < least[lane] { other } else { lane };
        }
        &self.rows[winner[lane] as usize * LANES + lane]
    }
}

impl<const D: usize> Bounds<D> {
    #[inline(always)]
    fn middle(&self) -> [f64; D] {
        std::array::from_fn(|d| 0.5 * (self.low[d] + self.high[d]))
    }
}

#[inline(always)]
fn square<S: Simd>(simd: S, value: S::f64s) -> S::f64s {
    simd.mul_f64s(value, value)
}

/// Assigns the points of a piece with the widest vectors that the processor has.
struct AssignPiece<'a, const D: usize> {
    piece: Piece<'a, D>,
    all: &'a Candidates<D>,
    labels: &'a mut [u32],
    tally: &'a mut Tally<D>,
    progress: &'a dyn Progress,
}

impl<const D: usize> WithSimd for AssignPiece<'_, D> {
    type Output = Result<()>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Result<()> {
        let Self { piece, all, labels, tally, progress } = self;
        let mut in_region = Candidates::none();
        // Room for all, which is at least one.
        let (mut kept, mut in_group) = (all.rows.clone(), all.rows.clone());
        let (labels, _) = labels.as_chunks_mut::<LANES>();
        for (r, region) in piece.regions.iter().enumerate() {
            progress.go_on()?;
            let count = all.within(simd, region, &mut kept);
            in_region.arrange(&kept[..count]);
            let first = r * REGION;
            let groups = &piece.groups[first..piece.groups.len().min(first + REGION)];
            for (g, group) in (first..).zip(groups) {
                let count = in_region.within(simd, group, &mut in_group);
                let blocks = g * GROUP..piece.blocks.len().min((g + 1) * GROUP);
                let labels = &mut labels[blocks.clone()];
                tally.assign(simd, &piece.blocks[blocks], &in_group[..count], labels);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::point_blocks::z_order;
    use crate::points::WeightedPoints;
    use crate::progress::Silent;
    use proptest::prelude::*;

    fn agrees<const D: usize>(points: &[[f64; D]], centroids: &[[f64; D]]) {
        let points: Vec<[f64; D]> = z_order(points).iter().map(|&i| points[i as usize]).collect();
        let weights: Vec<f64> = (0..points.len()).map(|i| (i % 7 + 1) as f64).collect();
        let found =
            assign_blocks(&PointBlocks::new(&points, &weights), centroids, &Silent).unwrap();
        let rows = WeightedPoints::new(points.concat(), D, weights).unwrap();
        let brute = rows.assign(centroids.as_flattened(), &Silent).unwrap();
        assert_eq!(found.labels, brute.labels);
        assert!((found.inertia - brute.inertia).abs() <= 1e-12 * brute.inertia);
        for (a, b) in found.sums.iter().zip(&brute.sums) {
            assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} is not {b}");
        }
        assert_eq!(found.weights, brute.weights);
    }

    /// Labels and inertia as one kind of vectors gives them.
    fn with_vectors<const D: usize>(
        points: &PointBlocks<D>,
        all: &Candidates<D>,
        dispatch: impl FnOnce(AssignPiece<'_, D>) -> Result<()>,
    ) -> (Vec<u32>, f64) {
        let mut labels = vec![0; points.blocks().len() * LANES];
        let mut tally = Tally::new(all.rows.len());
        let (blocks, groups) = (points.blocks(), points.groups());
        let piece = Piece { blocks, groups, regions: points.regions() };
        let (labels_of, tally_of) = (&mut labels, &mut tally);
        let progress = &Silent;
        dispatch(AssignPiece { piece, all, labels: labels_of, tally: tally_of, progress }).unwrap();
        (labels, tally.inertia())
    }

    #[test]
    fn vectors_of_every_width_give_the_same_bits() {
        let point = |i: usize| [7, 11, 13].map(|step| (i * step * 2_654_435 % 1009) as f64 / 7.0);
        let points: Vec<[f64; 3]> = (0..1300).map(point).collect();
        let weights: Vec<f64> = (0..1300).map(|i| f64::from(i % 5 + 1) / 3.0).collect();
        let all = Candidates::new(&(5000..5077).map(point).collect::<Vec<_>>());
        let points = PointBlocks::new(&points, &weights);
        let portable = with_vectors(&points, &all, |piece| piece.with_simd(pulp::Scalar));
        let widest = with_vectors(&points, &all, |piece| Arch::new().dispatch(piece));
        assert_eq!(portable, widest);
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = pulp::x86::V3::try_new() {
            let avx2 = with_vectors(&points, &all, |piece| Simd::vectorize(avx2, piece));
            assert_eq!(portable, avx2);
        }
    }

    proptest! {
        #[test]
        fn colours_get_the_labels_of_comparing_everything(
            points in prop::collection::vec([0u8..=255, 0u8..=255, 0u8..=255], 1..1500),
            centroids in prop::collection::vec([0u8..=255, 0u8..=255, 0u8..=255], 1..90),
        ) {
            agrees(&points.iter().map(|p| p.map(f64::from)).collect::<Vec<_>>(),
                &centroids.iter().map(|p| p.map(f64::from)).collect::<Vec<_>>());
        }

        #[test]
        fn squares_that_underflow_change_nothing(
            points in prop::collection::vec([-9i8..9, -9i8..9, -9i8..9], 1..500),
            centroids in prop::collection::vec([-9i8..9, -9i8..9, -9i8..9], 1..60),
        ) {
            let tiny = |p: &[i8; 3]| p.map(|v| f64::from(v) * 1e-161);
            agrees(&points.iter().map(tiny).collect::<Vec<_>>(),
                &centroids.iter().map(tiny).collect::<Vec<_>>());
        }

        #[test]
        fn ties_go_to_the_lowest(
            points in prop::collection::vec([-3i8..3, -3i8..3, -3i8..3, -3i8..3], 1..1500),
            centroids in prop::collection::vec([-3i8..3, -3i8..3, -3i8..3, -3i8..3], 1..90),
        ) {
            agrees(&points.iter().map(|p| p.map(f64::from)).collect::<Vec<_>>(),
                &centroids.iter().map(|p| p.map(f64::from)).collect::<Vec<_>>());
        }

        #[test]
        fn centroids_that_nearly_coincide_are_told_apart(
            points in prop::collection::vec([0.0..1.0, 0.0..1.0, 0.0..1.0f64], 1..500),
            steps in prop::collection::vec([-2i8..3, -2i8..3, -2i8..3], 1..60),
        ) {
            let near = |step: &[i8; 3]| step.map(|s| 0.5 + f64::from(s) * f64::EPSILON);
            agrees(&points, &steps.iter().map(near).collect::<Vec<_>>());
        }
    }
}
