//! The masses of points, in proportion to which k-means++ draws.

use rayon::prelude::*;

use super::cumulative::Cumulative;
use crate::point_blocks::{Block, Bounds, GROUP, LANES, PointBlocks, REGION};

/// Points with their *masses*: weight times squared distance to the nearest chosen point.
pub trait Masses: Sync {
    /// A point drawn with probability proportional to its weight.
    fn draw_by_weight(&self, rng: &mut dyn rand::Rng) -> usize;

    /// `count` points drawn with probability proportional to their masses.
    fn draw(&self, count: usize, rng: &mut dyn rand::Rng) -> Vec<usize>;

    /// For each candidate the sum of the masses if it were chosen as well.
    fn totals_with(&mut self, candidates: &[usize]) -> Vec<f64>;

    /// Chooses a point, which lowers the masses.
    fn choose(&mut self, chosen: usize);

    /// Chooses a centroid that need not be a point, which lowers the masses.
    fn choose_centroid(&mut self, centroid: &[f64]);

    /// Coordinates of a point.
    fn coordinates(&self, i: usize) -> Vec<f64>;
}

/// Masses of points in blocks. A box is left out if it is farther from the new choice than all its
/// points are from earlier choices.
pub struct BoxMasses<'a, const D: usize> {
    points: &'a PointBlocks<D>,
    distances: Vec<[f64; LANES]>,
    groups: Vec<Summary>,
    regions: Vec<Summary>,
}

/// The masses and distances of the points in a box.
#[derive(Clone, Copy)]
struct Summary {
    /// The sum of their masses.
    mass: f64,
    /// The largest of their squared distances.
    farthest: f64,
}

impl<'a, const D: usize> BoxMasses<'a, D> {
    /// Masses before anything is chosen.
    #[must_use]
    pub fn new(points: &'a PointBlocks<D>) -> Self {
        let unknown = Summary { mass: f64::INFINITY, farthest: f64::INFINITY };
        Self {
            points,
            distances: vec![[f64::INFINITY; LANES]; points.blocks().len()],
            groups: vec![unknown; points.groups().len()],
            regions: vec![unknown; points.regions().len()],
        }
    }

    fn total_with(&self, candidate: usize) -> f64 {
        let candidate = self.points.point(candidate);
        let total = |(region, bounds): (usize, &Bounds<D>)| {
            let summary = self.regions[region];
            if squared_distance_to(bounds, &candidate) >= summary.farthest {
                summary.mass
            } else {
                self.total_in_region(region, &candidate)
            }
        };
        self.points.regions().iter().enumerate().map(total).sum()
    }

    fn lower_to(&mut self, chosen: &[f64; D]) {
        let points = self.points;
        let near = |bounds: &Bounds<D>, summary: &Summary| {
            squared_distance_to(bounds, chosen) < summary.farthest
        };
        let regions = self
            .regions
            .par_iter_mut()
            .zip(self.groups.par_chunks_mut(REGION))
            .zip(self.distances.par_chunks_mut(REGION * GROUP))
            .zip(points.blocks().par_chunks(REGION * GROUP))
            .zip(points.groups().par_chunks(REGION))
            .zip(points.regions());
        regions.for_each(|(((((summary, groups), distances), blocks), bounds), region_bounds)| {
            if !near(region_bounds, summary) {
                return;
            }
            let members = distances.chunks_mut(GROUP).zip(blocks.chunks(GROUP));
            for ((group, bounds), (distances, blocks)) in groups.iter_mut().zip(bounds).zip(members)
            {
                if near(bounds, group) {
                    *group = lower(blocks, distances, chosen);
                }
            }
            *summary = Summary {
                mass: groups.iter().map(|group| group.mass).sum(),
                farthest: groups.iter().map(|group| group.farthest).fold(0.0, f64::max),
            };
        });
    }

    fn total_in_region(&self, region: usize, chosen: &[f64; D]) -> f64 {
        let groups = region * REGION..self.groups.len().min((region + 1) * REGION);
        let total = |group: usize| {
            let summary = self.groups[group];
            if squared_distance_to(&self.points.groups()[group], chosen) >= summary.farthest {
                return summary.mass;
            }
            let blocks = group * GROUP..self.distances.len().min((group + 1) * GROUP);
            let pairs = self.points.blocks()[blocks.clone()].iter().zip(&self.distances[blocks]);
            pairs.map(|(block, distances)| mass(block, &lowered(block, distances, chosen))).sum()
        };
        groups.map(total).sum()
    }
}

impl<const D: usize> Masses for BoxMasses<'_, D> {
    fn draw_by_weight(&self, rng: &mut dyn rand::Rng) -> usize {
        Cumulative::new((0..self.points.len()).map(|i| self.points.weight(i))).draw(rng)
    }

    fn draw(&self, count: usize, rng: &mut dyn rand::Rng) -> Vec<usize> {
        let regions = Cumulative::new(self.regions.iter().map(|summary| summary.mass));
        let per_region = REGION * GROUP * LANES;
        let drawn = |_| {
            let first = regions.draw(rng) * per_region;
            let last = self.points.len().min(first + per_region);
            let mass = |i: usize| self.points.weight(i) * self.distances[i / LANES][i % LANES];
            first + Cumulative::new((first..last).map(mass)).draw(rng)
        };
        (0..count).map(drawn).collect()
    }

    fn totals_with(&mut self, candidates: &[usize]) -> Vec<f64> {
        candidates.par_iter().map(|&candidate| self.total_with(candidate)).collect()
    }

    fn choose(&mut self, chosen: usize) {
        self.lower_to(&self.points.point(chosen));
    }

    fn choose_centroid(&mut self, centroid: &[f64]) {
        self.lower_to(&std::array::from_fn(|d| centroid[d]));
    }

    fn coordinates(&self, i: usize) -> Vec<f64> {
        self.points.point(i).to_vec()
    }
}

/// Squared distance of a point to the nearest place in a box.
fn squared_distance_to<const D: usize>(bounds: &Bounds<D>, point: &[f64; D]) -> f64 {
    let outside = |d: usize| (bounds.low[d] - point[d]).max(point[d] - bounds.high[d]).max(0.0);
    (0..D).map(|d| outside(d) * outside(d)).sum()
}

/// The distances in a block, lowered to those from `chosen`.
fn lowered<const D: usize>(
    block: &Block<D>,
    distances: &[f64; LANES],
    chosen: &[f64; D],
) -> [f64; LANES] {
    let mut found = [0.0; LANES];
    for d in 0..D {
        for lane in 0..LANES {
            let difference = block.coordinates[d][lane] - chosen[d];
            found[lane] += difference * difference;
        }
    }
    for lane in 0..LANES {
        found[lane] = if found[lane] < distances[lane] { found[lane] } else { distances[lane] };
    }
    found
}

fn mass<const D: usize>(block: &Block<D>, distances: &[f64; LANES]) -> f64 {
    (0..LANES).map(|lane| block.weights[lane] * distances[lane]).sum()
}

/// Lowers the distances of a group to those from `chosen`.
fn lower<const D: usize>(
    blocks: &[Block<D>],
    distances: &mut [[f64; LANES]],
    chosen: &[f64; D],
) -> Summary {
    let mut summary = Summary { mass: 0.0, farthest: 0.0 };
    for (block, distances) in blocks.iter().zip(distances) {
        *distances = lowered(block, distances, chosen);
        summary.mass += mass(block, distances);
        summary.farthest = distances.iter().copied().fold(summary.farthest, f64::max);
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::RowMasses;
    use crate::points::WeightedPoints;
    use proptest::prelude::*;
    use rand::SeedableRng;

    proptest! {
        #[test]
        fn boxes_change_nothing_but_the_order_of_sums(
            rows in prop::collection::vec(([-9i8..9, -9i8..9, -9i8..9], 1u8..5), 1..900),
            chosen in prop::collection::vec(any::<prop::sample::Index>(), 1..9),
        ) {
            let points: Vec<[f64; 3]> = rows.iter().map(|(row, _)| row.map(f64::from)).collect();
            let weights: Vec<f64> = rows.iter().map(|&(_, weight)| weight.into()).collect();
            let blocks = PointBlocks::new(&points, &weights);
            let weighted = WeightedPoints::new(points.concat(), 3, weights).unwrap();
            let (mut all, mut boxed) = (RowMasses::new(&weighted), BoxMasses::new(&blocks));
            for chosen in chosen.iter().map(|index| index.index(points.len())) {
                // Sums of small integers are exact.
                let candidates = [chosen, 0, points.len() / 2];
                prop_assert_eq!(all.totals_with(&candidates), boxed.totals_with(&candidates));
                all.choose(chosen);
                boxed.choose(chosen);
                for (i, distance) in all.distances().iter().enumerate() {
                    prop_assert_eq!(*distance, boxed.distances[i / LANES][i % LANES]);
                }
            }
            let mut rng = rand_pcg::Pcg64::seed_from_u64(1);
            if all.distances().iter().any(|&distance| distance > 0.0) {
                for drawn in boxed.draw(20, &mut rng) {
                    prop_assert!(all.distances()[drawn] > 0.0);
                }
            }
        }
    }
}
