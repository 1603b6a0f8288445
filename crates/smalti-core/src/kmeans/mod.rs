//! K-Means: a codebook of `k` centroids that minimises the weighted squared distance.
//!
//! [`fit`] is the plain method on distinct weighted points: initial centroids, Lloyd's algorithm,
//! the best of several starts. Pictures take [`coarse_to_fine`], which is quicker and ends at a
//! lower inertia. Both give the same result for the same seed on any number of threads.

mod coarse_to_fine;
mod fitted;
mod lloyd;
mod locked;
mod overrelaxed;
mod swap;

pub use coarse_to_fine::{Schedule, Task, coarse_to_fine};
pub use fitted::{End, Fit};
pub use lloyd::{Stop, lloyd};
pub use overrelaxed::overrelaxed;
pub use swap::{SwapSearch, Terrain, swap_centroids};

use rand::SeedableRng;

use crate::error::{Error, Result};
use crate::init::{self, Masses};
use crate::nearest::{Cloud, Dense};
use crate::point_blocks::{PointBlocks, z_order};
use crate::points::{WeightedPoints, check_values};
use crate::progress::Progress;
use crate::real::Real;

use locked::Locked;

/// From this many points on, in up to 4 dimensions, sorting them into blocks pays.
const BLOCKS_FROM: usize = 256;

/// From this many points on, the search in single precision pays, which looks at all points first.
const DENSE_FROM: usize = 256;

/// Where the initial centroids come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// Points far apart, see [`init::kmeans_plusplus`].
    KMeansPlusPlus {
        /// Candidates drawn for each centroid; the best is kept. At least 1.
        candidates: usize,
    },
    /// Points drawn at random, see [`init::random`].
    Random,
    /// Means of clusters split off, see [`init::wu`]; in 3 or 4 dimensions.
    Wu,
    /// Row-major coordinates of `k` centroids.
    Centroids(Vec<f64>),
    /// Up to `k` centroids, and points far from them and from each other, chosen as by k-means++.
    Partial {
        /// Row-major coordinates of the initial centroids.
        centroids: Vec<f64>,
        /// How many of these, from the first on, stay where they are.
        locked: usize,
    },
}

impl Init {
    /// Greedy k-means++ with scikit-learn's number of candidates, `2 + ln k`.
    #[must_use]
    pub fn greedy_kmeans_plusplus(k: usize) -> Self {
        Self::KMeansPlusPlus { candidates: candidates(k) }
    }
}

/// How many candidates greedy k-means++ draws for each of `k` centroids.
fn candidates(k: usize) -> usize {
    2 + libm::log(k as f64) as usize
}

/// What to fit and how.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansSettings {
    /// Number of centroids, at least 1; no more are found than there are points.
    pub k: usize,
    /// Where the initial centroids come from.
    pub init: Init,
    /// Number of starts, at least 1; the fit with the lowest inertia wins.
    pub n_init: usize,
    /// Largest number of iterations of a start, at least 1.
    pub max_iter: usize,
    /// A start ends when the squared distances that the centroids move add up to at most `tol`
    /// times the mean variance of the coordinates. 0 runs to the fixed point.
    pub tol: f64,
    /// Fixes every random choice.
    pub seed: u64,
}

/// Runs K-Means from `n_init` starts and returns the fit with the lowest inertia.
///
/// `points` must be distinct. If there are no more points than `k`, the points are the centroids;
/// but with [`Init::Partial`] some centroids may have no members then. Without chance in the
/// initial centroids there is one start, as every other would be the same. Points far from the
/// origin are moved to their mean first, so that squared distances keep their precision.
///
/// # Errors
/// [`Error::ZeroCount`] for `k`, `n_init` or `max_iter` of 0, [`Error::InvalidTolerance`],
/// [`Error::SizeMismatch`] and [`Error::NotFinite`] for unusable initial centroids,
/// [`Error::InvalidDimension`] for Wu's method on points that are not colours, and what
/// `progress` returns to stop.
pub fn fit<T: Real>(
    points: &WeightedPoints<T>,
    settings: &KMeansSettings,
    progress: &dyn Progress,
) -> Result<Fit> {
    let KMeansSettings { k, init, n_init, max_iter, tol, .. } = settings;
    let k = *k;
    for (name, count) in [("k", k), ("n_init", *n_init)] {
        if count == 0 {
            return Err(Error::ZeroCount { name });
        }
    }
    Stop { max_iter: *max_iter, tolerance: *tol }.check()?;
    match init {
        Init::Centroids(centroids) => check_centroids(centroids, k, points.dim())?,
        Init::Partial { centroids, locked } => {
            let count = (centroids.len() / points.dim()).min(k).max(*locked);
            check_centroids(centroids, count, points.dim())?;
        }
        Init::Wu if !is_colors(points) => return Err(Error::InvalidDimension(points.dim())),
        _ => {}
    }
    let is_partial = matches!(init, Init::Partial { .. });
    if points.len() <= k && !is_partial {
        return Ok(Fit::of_points_themselves(points));
    }
    let origin = points.far_means();
    if origin.iter().all(|&mean| mean == 0.0) {
        return fit_here(points, settings, progress);
    }
    let shift = |values: &mut [f64], sign: f64| {
        values.iter_mut().zip(origin.iter().cycle()).for_each(|(v, o)| *v += sign * o);
    };
    let mut settings = settings.clone();
    if let Init::Centroids(centroids) | Init::Partial { centroids, .. } = &mut settings.init {
        shift(centroids, -1.0);
    }
    let mut fit = fit_here(&points.seen_from(&origin), &settings, progress)?;
    shift(&mut fit.centroids, 1.0);
    Ok(fit)
}

fn is_colors<T: Real>(points: &WeightedPoints<T>) -> bool {
    matches!(points.dim(), 3 | 4)
}

/// Fits with the kind of search that suits the points.
fn fit_here<T: Real>(
    points: &WeightedPoints<T>,
    settings: &KMeansSettings,
    progress: &dyn Progress,
) -> Result<Fit> {
    let many = points.len() >= BLOCKS_FROM || settings.init == Init::Wu;
    match points.dim() {
        1 if many => fit_in_blocks::<T, 1>(points, settings, progress),
        2 if many => fit_in_blocks::<T, 2>(points, settings, progress),
        3 if many => fit_in_blocks::<T, 3>(points, settings, progress),
        4 if many => fit_in_blocks::<T, 4>(points, settings, progress),
        _ => {
            let masses = || Box::new(init::RowMasses::new(points)) as Box<dyn Masses>;
            if points.len() < DENSE_FROM {
                return best_of_starts(points, points, &masses, settings, progress);
            }
            best_of_starts(points, &Dense::new(points), &masses, settings, progress)
        }
    }
}

/// Fits the points in Z-order and returns their labels in the order given.
fn fit_in_blocks<T: Real, const D: usize>(
    points: &WeightedPoints<T>,
    settings: &KMeansSettings,
    progress: &dyn Progress,
) -> Result<Fit> {
    let (rows, _) = points.values().as_chunks::<D>();
    let rows: Vec<[f64; D]> = rows.iter().map(|row| row.map(Into::into)).collect();
    let order = z_order(&rows);
    let sorted: Vec<[f64; D]> = order.iter().map(|&i| rows[i as usize]).collect();
    let weights: Vec<f64> = order.iter().map(|&i| points.weights()[i as usize]).collect();
    let blocks = PointBlocks::new(&sorted, &weights);
    let mut settings = settings.clone();
    if settings.init == Init::Wu {
        let everything = vec![(0..sorted.len() as u32).collect()];
        let mut centroids = init::wu(&sorted, &weights, everything, settings.k, progress)?;
        // Some points are too near each other to be split. Lloyd's algorithm moves repeated
        // centroids.
        centroids.resize(settings.k, centroids[0]);
        settings.init = Init::Centroids(centroids.into_flattened());
    }
    let masses = || Box::new(init::BoxMasses::new(&blocks)) as Box<dyn Masses>;
    let mut fit = best_of_starts(points, &blocks, &masses, &settings, progress)?;
    let mut labels = vec![0; order.len()];
    order.iter().zip(&fit.labels).for_each(|(&i, &label)| labels[i as usize] = label);
    fit.labels = labels;
    Ok(fit)
}

/// The best of Lloyd's fixed points. `points`, `cloud` and the result of `masses` hold the same
/// points, in any order.
fn best_of_starts<'a, T: Real>(
    points: &WeightedPoints<T>,
    cloud: &dyn Cloud,
    masses: &dyn Fn() -> Box<dyn Masses + 'a>,
    settings: &KMeansSettings,
    progress: &dyn Progress,
) -> Result<Fit> {
    let KMeansSettings { k, init, n_init, max_iter, tol, seed } = settings;
    let tolerance = if *tol > 0.0 { tol * points.mean_variance() } else { 0.0 };
    let stop = Stop { max_iter: *max_iter, tolerance };
    let mut rng = rand_pcg::Pcg64::seed_from_u64(*seed);
    let locked = match init {
        Init::Partial { locked, .. } => *locked,
        _ => 0,
    };
    let cloud: &dyn Cloud =
        if locked > 0 { &Locked { points: cloud, count: locked } } else { cloud };
    let plusplus = |initial: &[f64], candidates, rng: &mut rand_pcg::Pcg64| {
        init::kmeans_plusplus(&mut *masses(), (initial, *k), candidates, rng, progress)
    };
    let mut start = || {
        let initial = match init {
            Init::KMeansPlusPlus { candidates } => plusplus(&[], *candidates, &mut rng)?,
            Init::Partial { centroids, .. } => plusplus(centroids, candidates(*k), &mut rng)?,
            Init::Random => init::random(points, *k, &mut rng),
            Init::Centroids(centroids) => centroids.clone(),
            Init::Wu => unreachable!("Wu's centroids are given by now"),
        };
        lloyd(cloud, initial, &stop, progress)
    };
    let starts = if matches!(init, Init::Centroids(_)) { 1 } else { *n_init };
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
            let values: Vec<f64> =
                values[..rows * 2].iter().map(|&v| f64::from(v) + offset).collect();
            let weights: Vec<f64> = weights[..rows].iter().map(|&w| w.into()).collect();
            let (points, _) = WeightedPoints::distinct(&values, 2, Some(&weights)).unwrap();
            let settings = KMeansSettings {
                k,
                init: Init::Random,
                n_init: 1,
                max_iter: 300,
                tol: 0.0,
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
