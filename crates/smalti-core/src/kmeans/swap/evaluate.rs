//! What removing a cluster costs, and what splitting it gains.
//!
//! The first price needs the cluster's own members only: where they would go, and how two centroids
//! would share them. The second price lets the neighbours answer with some of Lloyd's steps. Both
//! are upper bounds of the inertia that the change leads to: points outside can only gain from the
//! new centroids.

#![expect(clippy::inline_always)]

use pulp::{Arch, Simd, WithSimd};

use super::state::State;
use crate::moments::Moments;
use crate::nearest::{Candidate, Tally, squared_distance};
use crate::point_blocks::{Block, LANES};

/// Lloyd's steps by which two centroids share a cluster.
const SPLIT_STEPS: usize = 2;

/// The first price of a cluster.
#[derive(Debug, Clone)]
pub(super) struct Price<const D: usize> {
    /// By how much the inertia rises when its centroid goes.
    pub removal: f64,
    /// By how much the inertia falls when the cluster is split; negative infinity if it cannot be
    /// split.
    pub gain: f64,
    /// The two centroids of the split.
    pub split: [[f64; D]; 2],
}

/// A change around a cluster, after Lloyd's steps among its neighbours.
#[derive(Debug, Clone)]
pub(super) struct Change<const D: usize> {
    /// By how much the inertia rises.
    pub cost: f64,
    /// The centroids that replace the cluster's own: none when it goes, two when it is split.
    pub own: Vec<[f64; D]>,
    /// New centroids of the neighbours, in their order.
    pub neighbours: Vec<[f64; D]>,
}

/// Memory that one evaluation after another uses.
#[derive(Debug, Default)]
pub(super) struct Workspace<const D: usize> {
    blocks: Vec<Block<D>>,
    candidates: Vec<Candidate<D>>,
    tally: Tally<D>,
    labels: Vec<[u32; LANES]>,
}

impl<const D: usize> State<'_, D> {
    /// The first price of a cluster.
    pub(super) fn price(&self, cluster: usize, work: &mut Workspace<D>) -> Price<D> {
        let members = self.members(cluster);
        let centroid = self.centroids[cluster];
        if self.is_locked(cluster) {
            let removal = f64::INFINITY;
            return Price { removal, gain: f64::NEG_INFINITY, split: [centroid; 2] };
        }
        if members.is_empty() {
            return Price { removal: 0.0, gain: f64::NEG_INFINITY, split: [centroid; 2] };
        }
        work.load(self, std::iter::once(cluster));
        let removal = self.removal_price(cluster, work);
        if members.len() == 1 {
            return Price { removal, gain: f64::NEG_INFINITY, split: [centroid; 2] };
        }
        let terrain = self.terrain;
        let weighted = members.iter().map(|&i| i as usize);
        let moments = Moments::of(weighted.map(|i| (&terrain.points[i], terrain.weights[i])));
        let axis = moments.principal_axis();
        let reach = moments.deviation_along(&axis);
        let side = |sign: f64| std::array::from_fn(|d| moments.mean[d] + sign * reach * axis[d]);
        let mut split = [side(1.0), side(-1.0)];
        let gain = self.inertias[cluster] - work.lloyd(&mut split, |_| false, SPLIT_STEPS);
        Price { removal, gain, split }
    }

    fn removal_price(&self, cluster: usize, work: &mut Workspace<D>) -> f64 {
        let neighbours = &self.neighbours[cluster];
        let centroids: Vec<[f64; D]> =
            neighbours.iter().map(|&k| self.centroids[k as usize]).collect();
        work.assign(&centroids);
        if work.tally.farthest() >= self.terrain.apart {
            return f64::INFINITY;
        }
        // A neighbour of weight W that wins members of weight w moves to the mean of all. That
        // lowers the inertia by w^2 / (W + w) times its squared distance to the mean of the new
        // members.
        let mut price = work.tally.inertia() - self.inertias[cluster];
        let won = work.tally.clusters.iter().zip(neighbours);
        for (won, &neighbour) in won.filter(|(won, _)| won.weight > 0.0) {
            if self.is_locked(neighbour as usize) {
                continue;
            }
            let distance = squared_distance(&won.mean(), &self.centroids[neighbour as usize]);
            let had = self.weights[neighbour as usize];
            price -= won.weight * won.weight / (had + won.weight) * distance;
        }
        price
    }

    /// The second price of taking a cluster away.
    pub(super) fn removed(
        &self,
        cluster: usize,
        steps: usize,
        work: &mut Workspace<D>,
    ) -> Change<D> {
        self.changed(cluster, Vec::new(), steps, work)
    }

    /// The second price of splitting a cluster.
    pub(super) fn split(
        &self,
        cluster: usize,
        split: [[f64; D]; 2],
        steps: usize,
        work: &mut Workspace<D>,
    ) -> Change<D> {
        self.changed(cluster, split.to_vec(), steps, work)
    }

    fn is_locked(&self, cluster: usize) -> bool {
        cluster < self.terrain.locked
    }

    fn changed(
        &self,
        cluster: usize,
        own: Vec<[f64; D]>,
        steps: usize,
        work: &mut Workspace<D>,
    ) -> Change<D> {
        work.load(self, self.around(cluster));
        let before: f64 = self.around(cluster).map(|k| self.inertias[k]).sum();
        let count = own.len();
        let mut centroids = own;
        centroids.extend(self.neighbours[cluster].iter().map(|&k| self.centroids[k as usize]));
        let neighbours = &self.neighbours[cluster];
        let stays = |i: usize| i >= count && self.is_locked(neighbours[i - count] as usize);
        let cost = work.lloyd(&mut centroids, stays, steps) - before;
        let neighbours = centroids.split_off(count);
        Change { cost, own: centroids, neighbours }
    }
}

impl<const D: usize> Workspace<D> {
    /// Fills the blocks with the members of some clusters.
    fn load(&mut self, state: &State<'_, D>, clusters: impl Iterator<Item = usize>) {
        self.blocks.clear();
        let mut lane = LANES;
        for &i in clusters.flat_map(|cluster| state.members(cluster)) {
            let (point, weight) =
                (state.terrain.points[i as usize], state.terrain.weights[i as usize]);
            if lane == LANES {
                // Lanes left over repeat a point, without weight.
                let coordinates = point.map(|value| [value; LANES]);
                self.blocks.push(Block { coordinates, weights: [0.0; LANES] });
                lane = 0;
            }
            if let Some(block) = self.blocks.last_mut() {
                block.weights[lane] = weight;
                for d in 0..D {
                    block.coordinates[d][lane] = point[d];
                }
            }
            lane += 1;
        }
    }

    /// Moves `centroids` by `steps` of Lloyd's steps, except those that stay, and returns the
    /// inertia there.
    fn lloyd(
        &mut self,
        centroids: &mut [[f64; D]],
        stays: impl Fn(usize) -> bool,
        steps: usize,
    ) -> f64 {
        for _ in 0..steps {
            self.assign(centroids);
            let clusters = centroids.iter_mut().zip(&self.tally.clusters).enumerate();
            for (i, (centroid, cluster)) in clusters {
                if cluster.weight > 0.0 && !stays(i) {
                    *centroid = cluster.mean();
                }
            }
        }
        self.assign(centroids);
        self.tally.inertia()
    }

    fn assign(&mut self, centroids: &[[f64; D]]) {
        self.tally.reset(centroids.len());
        let candidate = |(number, &at): (usize, _)| Candidate { at, number: number as f64 };
        self.candidates.clear();
        self.candidates.extend(centroids.iter().enumerate().map(candidate));
        self.labels.resize(self.blocks.len(), [0; LANES]);
        Arch::new().dispatch(Assign(self));
    }
}

/// Assigns the points of a neighbourhood to a few centroids; both are too few for boxes to pay.
struct Assign<'a, const D: usize>(&'a mut Workspace<D>);

impl<const D: usize> WithSimd for Assign<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Workspace { blocks, candidates, tally, labels } = self.0;
        tally.assign(simd, blocks, candidates, labels);
    }
}
