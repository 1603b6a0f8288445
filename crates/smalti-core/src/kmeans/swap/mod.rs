//! Past Lloyd's local optimum: a centroid that is hardly missed moves to where one is needed most.
//!
//! Lloyd's algorithm never moves a centroid across a gap, so the shares of its start remain: too
//! many centroids here, too few there. A *swap* takes one centroid away and splits another cluster
//! in two. P. Fränti swaps at random and keeps what helps ("Efficiency of random swap clustering",
//! 2018, doi:10.1186/s40537-018-0122-y), which takes thousands of trials. Here both halves of a
//! swap are priced first. That is cheap, because the removal and the split are independent of each
//! other unless their clusters are neighbours:
//!
//! 1. [`rounds`]: every cluster gets a price for going and a gain for being split
//!    ([`evaluate`]); the promising ones are priced again with a few of Lloyd's steps among
//!    their neighbours. All swaps that pay and do not touch each other are done at once.
//! 2. [`trials`]: when none pays any more, pairs are tried in the order of what they promise,
//!    each followed by Lloyd's steps on everything, and kept when the inertia is lower.
//!
//! The swaps that are tried in parallel are chosen beforehand, so the result does not depend on the
//! number of threads.

mod evaluate;
mod rounds;
mod state;
mod terrain;
mod trials;

pub use terrain::{SwapSearch, Terrain};

use crate::error::Result;
use crate::progress::Progress;

/// Neighbour lists are made by comparing all pairs of centroids: with more than this many,
/// the search is left out.
const MAX_CENTROIDS: usize = 4096;

/// Better centroids than those given, which should be near a fixed point of Lloyd's algorithm.
///
/// # Errors
/// What `progress` returns to stop.
pub fn swap_centroids<const D: usize>(
    terrain: &Terrain<'_, D>,
    centroids: Vec<[f64; D]>,
    search: &SwapSearch,
    progress: &dyn Progress,
) -> Result<Vec<[f64; D]>> {
    if centroids.len() < 2 || centroids.len() > MAX_CENTROIDS {
        return Ok(centroids);
    }
    let centroids = rounds::rounds(terrain, centroids, search, progress)?;
    trials::trials(terrain, centroids, search, progress)
}

#[cfg(test)]
mod tests {
    use super::terrain::settle;
    use super::*;
    use crate::nearest::assign_blocks;
    use crate::point_blocks::PointBlocks;
    use crate::progress::Silent;
    use proptest::prelude::*;

    const SEARCH: SwapSearch = SwapSearch {
        rounds: 9,
        neighbours: 4,
        local_steps: 2,
        slack: 2.0,
        trials: 9,
        trial_steps: 5,
    };

    fn inertia<const D: usize>(points: &PointBlocks<D>, centroids: &[[f64; D]]) -> f64 {
        assign_blocks(points, centroids, &Silent).unwrap().inertia
    }

    #[test]
    fn a_centroid_too_many_moves_to_where_one_is_missing() {
        // Two heaps far from each other share a centroid, a third heap has two.
        let points: Vec<[f64; 2]> = (0..90)
            .map(|i| [f64::from(i / 30) * 100.0 + f64::from(i % 6), f64::from(i % 5)])
            .collect();
        let (weights, start) = (vec![1.0; 90], vec![[1.0, 2.0], [4.0, 2.0], [152.5, 2.0]]);
        let blocks = PointBlocks::new(&points, &weights);
        let terrain = Terrain {
            points: &points,
            weights: &weights,
            blocks: &blocks,
            locked: 0,
            apart: f64::INFINITY,
        };
        let mut found = swap_centroids(&terrain, start, &SEARCH, &Silent).unwrap();
        found.sort_by(|a, b| a[0].total_cmp(&b[0]));
        assert_eq!(found, [[2.5, 2.0], [102.5, 2.0], [202.5, 2.0]]);
    }

    #[test]
    fn what_must_stay_apart_keeps_its_centroid() {
        // One light point far away, a wide heap with one centroid.
        let mut points: Vec<[f64; 1]> = (0..50).map(|i| [f64::from(i)]).collect();
        points.push([1000.0]);
        let mut weights = vec![1000.0; 50];
        weights.push(1e-3);
        let blocks = PointBlocks::new(&points, &weights);
        let run = |apart: f64| {
            let terrain =
                Terrain { points: &points, weights: &weights, blocks: &blocks, locked: 0, apart };
            swap_centroids(&terrain, vec![[24.5], [1000.0]], &SEARCH, &Silent).unwrap()
        };
        assert_eq!(run(900.0 * 900.0), [[24.5], [1000.0]]);
        assert!(run(f64::INFINITY).iter().all(|c| c[0] < 100.0));
    }

    proptest! {
        #[test]
        fn the_inertia_does_not_rise(
            points in prop::collection::vec([0u8..=255, 0u8..=255, 0u8..=255], 20..300),
            k in 2usize..12,
        ) {
            let points: Vec<[f64; 3]> = points.iter().map(|p| p.map(f64::from)).collect();
            let weights: Vec<f64> = (0..points.len()).map(|i| (i % 3 + 1) as f64).collect();
            let blocks = PointBlocks::new(&points, &weights);
            let terrain = Terrain {
                points: &points, weights: &weights, blocks: &blocks, locked: 0, apart: f64::INFINITY,
            };
            let start = settle(&terrain, points[..k].to_vec(), 30, &Silent).unwrap();
            let before = inertia(&blocks, &start);
            let found = swap_centroids(&terrain, start, &SEARCH, &Silent).unwrap();
            prop_assert_eq!(found.len(), k);
            prop_assert!(inertia(&blocks, &found) <= before * (1.0 + 1e-12));
        }
    }
}
