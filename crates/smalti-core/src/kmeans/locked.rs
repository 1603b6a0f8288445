//! Centroids that stay where they are.

use crate::error::Result;
use crate::nearest::{Cloud, Clusters};
use crate::progress::Progress;

/// Points of a weight of at least 1. The first few of their centroids are locked: they never move.
///
/// Whatever moves centroids sees each locked one as its own only member. So means, steps longer
/// than Lloyd's and refilled clusters leave it alone. Labels and inertia are the true ones.
pub struct Locked<'a> {
    /// The points.
    pub points: &'a dyn Cloud,
    /// How many centroids stay.
    pub count: usize,
}

impl Cloud for Locked<'_> {
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
        let mut clusters = self.points.assign(centroids, progress)?;
        let dim = centroids.len() / clusters.weights.len();
        let values = self.count * dim;
        clusters.sums[..values].copy_from_slice(&centroids[..values]);
        // No more than any point weighs: else a point that is taken away would move them.
        clusters.weights[..self.count].fill(1.0);
        Ok(clusters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kmeans::overrelaxed::{FACTOR, overrelaxed};
    use crate::kmeans::{Stop, lloyd};
    use crate::point_blocks::PointBlocks;
    use crate::progress::Silent;

    /// Two heaps, and a centroid that is given between them.
    fn heaps() -> PointBlocks<1> {
        PointBlocks::new(&[[0.0], [2.0], [9.0], [10.0], [14.0], [16.0]], &[1.0; 6])
    }

    #[test]
    fn the_others_are_learned_beside_them() {
        let blocks = heaps();
        let points = Locked { points: &blocks, count: 1 };
        let start = vec![8.0, 3.0, 13.0];
        let found = lloyd(&points, start.clone(), &Stop::after(50), &Silent).unwrap();
        assert_eq!(found.centroids, [8.0, 1.0, 15.0]);
        assert_eq!(found.labels, [1, 1, 0, 0, 2, 2]);
        assert_eq!(found.inertia, 1.0 + 1.0 + 1.0 + 4.0 + 1.0 + 1.0);
        let start = start.into_iter().map(|value| [value]).collect();
        let steps = overrelaxed(&points, start, 9, FACTOR, &Silent).unwrap();
        assert_eq!(steps, [[8.0], [1.0], [15.0]]);
    }

    #[test]
    fn one_whose_member_refills_another_cluster_stays() {
        let blocks = heaps();
        let points = Locked { points: &blocks, count: 1 };
        let found = lloyd(&points, vec![0.0, 1000.0], &Stop::after(50), &Silent).unwrap();
        // 16 is the costliest; it goes, and its new cluster wins 9, 10 and 14 too.
        assert_eq!(found.centroids, [0.0, 12.25]);
    }

    #[test]
    fn those_without_members_are_not_moved_to_where_one_is_missing() {
        let blocks = heaps();
        let points = Locked { points: &blocks, count: 1 };
        let found = lloyd(&points, vec![-90.0, 5.0], &Stop::after(50), &Silent).unwrap();
        assert_eq!(found.centroids, [-90.0, 8.5]);
    }
}
