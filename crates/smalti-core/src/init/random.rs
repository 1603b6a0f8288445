//! Forgy's initialisation: distinct points drawn at random, each as likely as its weight.
//!
//! Cheap and widely used; [`super::kmeans_plusplus`] starts nearer to the optimum.
//! Weighted sampling without replacement follows P. Efraimidis and P. Spirakis, "Weighted
//! random sampling with a reservoir", 2006, doi:10.1016/j.ipl.2005.11.003.

use rand::RngExt;

use crate::points::WeightedPoints;
use crate::real::Real;

/// The row-major coordinates of `k` points drawn without replacement.
///
/// The points must be distinct and at least `k`.
pub fn random<T: Real>(points: &WeightedPoints<T>, k: usize, rng: &mut impl rand::Rng) -> Vec<f64> {
    debug_assert!(k <= points.len());
    // The k largest keys ln(u) / w; u lies in (0, 1], so the logarithm is finite.
    let mut keys: Vec<(f64, usize)> = points
        .weights()
        .iter()
        .enumerate()
        .map(|(i, weight)| (libm::log(1.0 - rng.random::<f64>()) / weight, i))
        .collect();
    keys.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    keys[..k].iter().flat_map(|&(_, i)| points.row(i).iter().map(|&value| value.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn draws_distinct_points_and_prefers_heavy_ones() {
        let points = WeightedPoints::new(vec![1.0, 2.0, 3.0], 1, vec![1.0, 1.0, 8.0]).unwrap();
        let mut heavy_first = 0;
        for seed in 0..1000 {
            let mut rng = rand_pcg::Pcg64::seed_from_u64(seed);
            let mut drawn = random(&points, 3, &mut rng);
            heavy_first += i32::from(drawn[0] == 3.0);
            drawn.sort_by(f64::total_cmp);
            assert_eq!(drawn, [1.0, 2.0, 3.0]);
        }
        // Expected 800, standard deviation 13.
        assert!((740..860).contains(&heavy_first), "{heavy_first}");
    }
}
