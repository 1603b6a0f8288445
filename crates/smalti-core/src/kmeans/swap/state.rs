//! Centroids, their clusters and their neighbours.

use rayon::prelude::*;

use super::terrain::Terrain;
use crate::error::Result;
use crate::nearest::{assign_blocks, squared_distance};
use crate::progress::Progress;

/// Centroids with all that the prices depend on.
pub(super) struct State<'a, const D: usize> {
    pub terrain: &'a Terrain<'a, D>,
    pub centroids: Vec<[f64; D]>,
    /// Positions of the points, cluster by cluster.
    pub members: Vec<u32>,
    /// Where each cluster starts in `members`, and where the last one ends.
    pub starts: Vec<usize>,
    /// Inertia and weight of each cluster.
    pub inertias: Vec<f64>,
    pub weights: Vec<f64>,
    /// Inertia of all clusters.
    pub inertia: f64,
    /// The nearest other centroids of each, the nearest first.
    pub neighbours: Vec<Vec<u32>>,
}

impl<'a, const D: usize> State<'a, D> {
    pub fn new(
        terrain: &'a Terrain<'a, D>,
        centroids: Vec<[f64; D]>,
        neighbours: usize,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let clusters = assign_blocks(terrain.blocks, &centroids, progress)?;
        let k = centroids.len();
        let mut starts = vec![0; k + 1];
        let mut inertias = vec![0.0; k];
        for (i, &label) in clusters.labels.iter().enumerate() {
            let label = label as usize;
            starts[label] += 1;
            let distance = squared_distance(&terrain.points[i], &centroids[label]);
            inertias[label] += terrain.weights[i] * distance;
        }
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut members = vec![0; clusters.labels.len()];
        for (i, &label) in clusters.labels.iter().enumerate().rev() {
            starts[label as usize] -= 1;
            members[starts[label as usize]] = i as u32;
        }
        let neighbours = nearest_centroids(&centroids, neighbours);
        let (weights, inertia) = (clusters.weights, clusters.inertia);
        Ok(Self { terrain, centroids, members, starts, inertias, weights, inertia, neighbours })
    }

    pub fn members(&self, cluster: usize) -> &[u32] {
        &self.members[self.starts[cluster]..self.starts[cluster + 1]]
    }

    /// A cluster and its neighbours.
    pub fn around(&self, cluster: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(cluster).chain(self.neighbours[cluster].iter().map(|&k| k as usize))
    }
}

/// For every centroid the `count` nearest others, the nearest first; ties by number.
fn nearest_centroids<const D: usize>(centroids: &[[f64; D]], count: usize) -> Vec<Vec<u32>> {
    let nearest = |found: &mut Vec<(f64, u32)>, (i, from): (u32, &[f64; D])| {
        found.clear();
        for (j, at) in (0..).zip(centroids).filter(|&(j, _)| j != i) {
            let distance = squared_distance(from, at);
            if found.len() == count {
                if found.last().is_none_or(|&(farthest, _)| distance >= farthest) {
                    continue;
                }
                found.pop();
            }
            found.insert(found.partition_point(|&(nearer, _)| nearer <= distance), (distance, j));
        }
        found.iter().map(|&(_, j)| j).collect()
    };
    let numbered = (0..centroids.len() as u32).into_par_iter().zip(centroids);
    numbered.map_init(Vec::new, nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_the_nearest_others_and_ties_go_by_number() {
        let centroids = [[0.0], [5.0], [2.0], [-2.0], [9.0]];
        let found = nearest_centroids(&centroids, 3);
        assert_eq!(found, [[2, 3, 1], [2, 4, 0], [0, 1, 3], [0, 2, 1], [1, 2, 0]]);
        assert_eq!(nearest_centroids(&centroids[..2], 6), [[1], [0]]);
        assert_eq!(nearest_centroids(&centroids[..2], 0), [[0; 0]; 2]);
    }
}
