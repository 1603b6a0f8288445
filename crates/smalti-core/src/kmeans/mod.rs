//! K-Means: a codebook of `k` centroids that minimises the weighted squared distance.
//!
//! [`fit`] is the whole method on distinct weighted points: initial centroids, Lloyd's
//! algorithm, the best of several starts. It promises the same result for the same seed
//! on any number of threads.

mod lloyd;

pub use lloyd::{Stop, lloyd};

use rand::SeedableRng;

use crate::error::{Error, Result};
use crate::init;
use crate::points::{WeightedPoints, check_values};
use crate::progress::Progress;

/// Where the initial centroids come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// Points far apart, see [`init::kmeans_plusplus`].
    KMeansPlusPlus {
        /// Candidates drawn for each centroid; the best is kept. At least 1.
        candidates: usize,
        /// Positions of points that are centroids from the start.
        seeds: Vec<usize>,
    },
    /// Points drawn at random, see [`init::random`].
    Random,
    /// Row-major coordinates of `k` given centroids.
    Given(Vec<f64>),
}

impl Init {
    /// Greedy k-means++ with scikit-learn's number of candidates, `2 + ln k`.
    #[must_use]
    pub fn greedy_kmeans_plusplus(k: usize) -> Self {
        Self::KMeansPlusPlus { candidates: 2 + (k as f64).ln() as usize, seeds: Vec::new() }
    }
}

/// What to fit and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Number of centroids, at least 1; no more than there are points are found.
    pub k: usize,
    /// Where the initial centroids come from.
    pub init: Init,
    /// Number of starts, at least 1; the fit with the lowest inertia wins.
    pub n_init: usize,
    /// When Lloyd's algorithm ends.
    pub stop: Stop,
    /// Fixes every random choice.
    pub seed: u64,
}

/// A codebook and the assignment that goes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Row-major coordinates of the centroids.
    pub centroids: Vec<f64>,
    /// For every point the position of its nearest centroid.
    pub labels: Vec<u32>,
    /// Weighted sum of the squared distances of the points to their centroids.
    pub inertia: f64,
    /// Iterations done, each an update and an assignment step.
    pub n_iter: usize,
    /// Inertia after each iteration; it never rises.
    pub history: Vec<f64>,
}

impl Fit {
    fn of_points_themselves(points: &WeightedPoints) -> Self {
        Self {
            centroids: points.values().to_vec(),
            labels: (0..points.len() as u32).collect(),
            inertia: 0.0,
            n_iter: 1,
            history: vec![0.0],
        }
    }
}

/// Runs K-Means from `n_init` starts and returns the fit with the lowest inertia.
///
/// `points` must be distinct. With no more points than `k` the points are the centroids.
/// Given centroids are run once: every start would be the same. Points far from the origin
/// are seen from their mean, so that squared distances keep their precision.
///
/// # Errors
/// [`Error::ZeroCount`] for `k` of 0, or `n_init` of 0,
/// [`Error::SizeMismatch`] and [`Error::NotFinite`] for unusable given centroids, the errors of
/// [`lloyd`], and what `progress` returns to stop.
pub fn fit(points: &WeightedPoints, settings: &Settings, progress: &dyn Progress) -> Result<Fit> {
    let Settings { k, init, n_init, stop, .. } = settings;
    let k = *k;
    for (name, count) in [("k", k), ("n_init", *n_init)] {
        if count == 0 {
            return Err(Error::ZeroCount { name });
        }
    }
    stop.check()?;
    if points.len() <= k {
        return Ok(Fit::of_points_themselves(points));
    }
    let mut init = init.clone();
    if let Init::Given(centroids) = &init {
        check_centroids(centroids, k, points.dim())?;
    }
    let origin = points.far_means();
    if origin.iter().all(|&mean| mean == 0.0) {
        return best_of_starts(points, &Settings { init, ..settings.clone() }, progress);
    }
    let shift = |values: &mut [f64], sign: f64| {
        values.iter_mut().zip(origin.iter().cycle()).for_each(|(v, o)| *v += sign * o);
    };
    if let Init::Given(centroids) = &mut init {
        shift(centroids, -1.0);
    }
    let settings = Settings { init, ..settings.clone() };
    let mut fit = best_of_starts(&points.seen_from(&origin), &settings, progress)?;
    shift(&mut fit.centroids, 1.0);
    Ok(fit)
}

fn best_of_starts(
    points: &WeightedPoints,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Fit> {
    let Settings { k, init, n_init, stop, seed } = settings;
    let mut rng = rand_pcg::Pcg64::seed_from_u64(*seed);
    let mut start = || {
        let initial = match init {
            Init::KMeansPlusPlus { candidates, seeds } => {
                init::kmeans_plusplus(points, *k, seeds, *candidates, &mut rng, progress)?
            }
            Init::Random => init::random(points, *k, &mut rng),
            Init::Given(centroids) => centroids.clone(),
        };
        lloyd(points, initial, stop, progress)
    };
    let starts = if matches!(init, Init::Given(_)) { 1 } else { *n_init };
    let mut best = start()?;
    for _ in 1..starts {
        let other = start()?;
        if other.inertia < best.inertia {
            best = other;
        }
    }
    Ok(best)
}

fn check_centroids(centroids: &[f64], k: usize, dim: usize) -> Result<()> {
    if centroids.len() != k * dim {
        return Err(Error::SizeMismatch {
            what: "init",
            unit: "coordinates",
            found: centroids.len(),
            expected: k * dim,
        });
    }
    check_values("init", centroids, dim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn inertia_never_rises_far_from_the_origin(
            values in prop::collection::vec(-100i32..100, 12..80),
            weights in prop::collection::vec(1u8..9, 6..40),
            exponent in 0i32..15,
            k in 1usize..6,
            seed: u64,
        ) {
            let offset = 10f64.powi(exponent);
            let rows = (values.len() / 2).min(weights.len());
            let values = values[..rows * 2].iter().map(|&v| f64::from(v) + offset).collect();
            let weights = weights[..rows].iter().map(|&w| w.into()).collect();
            let (points, _) = WeightedPoints::new(values, 2, weights).unwrap().distinct();
            let settings = Settings {
                k,
                init: Init::Random,
                n_init: 1,
                stop: Stop { max_iter: 300, tol: 0.0 },
                seed,
            };
            let found = fit(&points, &settings, &Silent).unwrap();
            prop_assert!(found.n_iter < 300);
            for pair in found.history.windows(2) {
                prop_assert!(pair[1] <= pair[0]);
            }
            let used: std::collections::HashSet<u32> = found.labels.iter().copied().collect();
            prop_assert_eq!(used.len(), k.min(points.len()));
        }
    }
}
