//! k-means++: initial centroids that lie far apart.
//!
//! D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", 2007
//! (SODA '07, <https://dl.acm.org/doi/10.5555/1283383.1283494>). Each next centroid is
//! drawn with probability proportional to its weighted squared distance to those chosen
//! already. As the paper's own code and scikit-learn do, several candidates are drawn and
//! the one that lowers the total most is kept (greedy k-means++).
//!
//! Cost: `n * k * candidates` distances, fewer by what the triangle inequality saves; with boxes,
//! in few dimensions, a twentieth of that.

use super::masses::Masses;
use crate::error::Result;
use crate::progress::{Progress, Stage};

/// The row-major coordinates of `k` centroids: the `initial` ones, and points far from them.
///
/// No point of `masses` has been chosen yet. If there are fewer points than centroids to find, some
/// centroids are equal. Without initial centroids the first point is drawn with probability
/// proportional to its weight. `candidates` of 1 is plain k-means++.
///
/// # Errors
/// What `progress` returns to stop the computation.
pub fn kmeans_plusplus(
    masses: &mut dyn Masses,
    (initial, k): (&[f64], usize),
    candidates: usize,
    rng: &mut dyn rand::Rng,
    progress: &dyn Progress,
) -> Result<Vec<f64>> {
    let mut centroids = initial.to_vec();
    let dim = masses.coordinates(0).len();
    initial.chunks_exact(dim).for_each(|centroid| masses.choose_centroid(centroid));
    for chosen in initial.len() / dim..k {
        progress.report(Stage::InitialCentroids, (chosen + 1) as f64 / k as f64)?;
        let next = if chosen == 0 {
            masses.draw_by_weight(rng)
        } else {
            let drawn = masses.draw(candidates, rng);
            best(&drawn, &masses.totals_with(&drawn))
        };
        centroids.extend(masses.coordinates(next));
        masses.choose(next);
    }
    Ok(centroids)
}

/// The candidate that lowers the total most; the first of equals.
fn best(candidates: &[usize], totals: &[f64]) -> usize {
    let pairs = candidates.iter().zip(totals);
    pairs.min_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(&i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::RowMasses;
    use crate::points::WeightedPoints;
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
            let mut found =
                kmeans_plusplus(&mut RowMasses::new(&points), (&[], 3), 3, &mut rng, &Silent)
                    .unwrap();
            found.sort_by(f64::total_cmp);
            assert!(found[0] < -900.0 && found[1].abs() < 3.0 && found[2] > 900.0, "{found:?}");
        }
    }

    #[test]
    fn given_centroids_come_first_and_the_others_lie_far_from_them() {
        let points = line(&[0.0, 1.0, 2.0, 1000.0, 1001.0, 1002.0, -1000.0, -1001.0, -1002.0]);
        for seed in 0..50 {
            let mut rng = rand_pcg::Pcg64::seed_from_u64(seed);
            let mut masses = RowMasses::new(&points);
            let given = ([3.0, 990.0].as_slice(), 3);
            let found = kmeans_plusplus(&mut masses, given, 3, &mut rng, &Silent).unwrap();
            assert_eq!(found[..2], [3.0, 990.0]);
            assert!(found[2] < -900.0, "{found:?}");
        }
    }

    #[test]
    fn all_distinct_points_are_chosen_when_k_is_their_number() {
        let points = line(&[3.0, 1.0, 4.0, 1.5, 9.0]);
        let mut rng = rand_pcg::Pcg64::seed_from_u64(1);
        let mut found =
            kmeans_plusplus(&mut RowMasses::new(&points), (&[], 5), 2, &mut rng, &Silent).unwrap();
        found.sort_by(f64::total_cmp);
        assert_eq!(found, [1.0, 1.5, 3.0, 4.0, 9.0]);
    }
}
