//! k-means++: initial centroids that lie far apart.
//!
//! D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", 2007
//! (SODA '07, <https://dl.acm.org/doi/10.5555/1283383.1283494>). Each next centroid is
//! drawn with probability proportional to its weighted squared distance to those chosen
//! already. As the paper's own code and scikit-learn do, several candidates are drawn and
//! the one that lowers the total most is kept (greedy k-means++).
//!
//! Cost: `n * k * candidates` distances.

use super::Cumulative;
use crate::error::Result;
use crate::nearest::lower_distances;
use crate::points::WeightedPoints;
use crate::progress::{Progress, Stage};

/// The row-major coordinates of `k` points.
///
/// The points must be distinct and at least `k`. The first centroid is drawn with probability
/// proportional to its weight. `candidates` of 1 is plain k-means++.
///
/// # Errors
/// What `progress` returns to stop the computation.
pub fn kmeans_plusplus(
    points: &WeightedPoints,
    k: usize,
    candidates: usize,
    rng: &mut impl rand::Rng,
    progress: &dyn Progress,
) -> Result<Vec<f64>> {
    debug_assert!((1..=points.len()).contains(&k));
    let weights = points.weights();
    let first = Cumulative::new(weights.iter().copied()).draw(rng);
    let mut chosen = vec![first];
    let mut lowered = vec![f64::INFINITY; points.len()];
    let mut distances = lowered.clone();
    lower_distances(points, points.row(first), &lowered, &mut distances);
    let mut best = distances.clone();
    while chosen.len() < k {
        let masses = Cumulative::new(distances.iter().zip(weights).map(|(d, w)| d * w));
        let mut least = f64::INFINITY;
        let mut next = 0;
        for _ in 0..candidates {
            progress.report(Stage::InitialCentroids, chosen.len() as f64 / k as f64)?;
            let candidate = masses.draw(rng);
            let total = lower_distances(points, points.row(candidate), &distances, &mut lowered);
            if total < least {
                (least, next) = (total, candidate);
                std::mem::swap(&mut best, &mut lowered);
            }
        }
        chosen.push(next);
        std::mem::swap(&mut distances, &mut best);
    }
    Ok(chosen.iter().flat_map(|&i| points.row(i).iter().copied()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use rand::SeedableRng;

    fn line(values: &[f64]) -> WeightedPoints {
        WeightedPoints::new(values.to_vec(), 1, vec![1.0; values.len()]).unwrap()
    }

    #[test]
    fn separated_groups_get_a_centroid_each() {
        let points = line(&[0.0, 1.0, 2.0, 1000.0, 1001.0, 1002.0, -1000.0, -1001.0, -1002.0]);
        for seed in 0..50 {
            let mut rng = rand_pcg::Pcg64::seed_from_u64(seed);
            let mut found = kmeans_plusplus(&points, 3, 3, &mut rng, &Silent).unwrap();
            found.sort_by(f64::total_cmp);
            assert!(found[0] < -900.0 && found[1].abs() < 3.0 && found[2] > 900.0, "{found:?}");
        }
    }

    #[test]
    fn all_distinct_points_are_chosen_when_k_is_their_number() {
        let points = line(&[3.0, 1.0, 4.0, 1.5, 9.0]);
        let mut rng = rand_pcg::Pcg64::seed_from_u64(1);
        let mut found = kmeans_plusplus(&points, 5, 2, &mut rng, &Silent).unwrap();
        found.sort_by(f64::total_cmp);
        assert_eq!(found, [1.0, 1.5, 3.0, 4.0, 9.0]);
    }
}
