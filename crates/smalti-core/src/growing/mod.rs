//! Codebooks of many sizes from one growth, to choose K by.
//!
//! Independent fits for K = 1 to 16 cost eight times the largest. Here each codebook begins where
//! the last one ended: the cluster whose split lowers the inertia most is split, and a few of
//! Lloyd's iterations settle all clusters (Y. Linde, A. Buzo and R. M. Gray, "An algorithm for
//! vector quantizer design", 1980, doi:10.1109/TCOM.1980.1094577; they split every cluster at
//! once). The cluster is chosen by the gain itself, found by 2-means on its members, rather than by
//! its inertia: a wide, even cluster gains less than two narrow groups far apart. Then clusters
//! *move* as long as that pays: the two whose merger costs least become one (J. H. Ward, 1963,
//! doi:10.1080/01621459.1963.10500845), and another is split in its place (T. Kaukoranta, P. Fränti
//! and O. Nevalainen, "Iterative split-and-merge algorithm for VQ codebook generation", 1998,
//! doi:10.1117/1.602012).
//!
//! No chance is involved, and the inertia never rises with K.

mod split;

use rayon::prelude::*;

use crate::error::Result;
use crate::kmeans::{Fit, Init, KMeansSettings, Stop, fit};
use crate::points::WeightedPoints;
use crate::progress::{Progress, Stage};

use split::{Cluster, mean_of};

/// Most moves tried for each codebook: few pay, and each costs a fit.
const MAX_MOVES: usize = 4;

/// Codebooks up to this size are improved by moves. The cost of pricing all mergers grows with the
/// square of the size.
const MOVES_UP_TO: usize = 1024;

/// Returns a codebook for each size of `ks`, which ascend and are at least 1.
///
/// `points` must be distinct. If there are fewer points than centroids, the points are the
/// centroids. Each codebook ends at `stop`.
///
/// # Errors
/// [`crate::Error::ZeroCount`] and [`crate::Error::InvalidTolerance`] for an unusable `stop`, and
/// what `progress` returns to stop.
pub fn grow(
    points: &WeightedPoints,
    ks: &[usize],
    stop: &Stop,
    progress: &dyn Progress,
) -> Result<Vec<Fit>> {
    debug_assert!(ks.is_sorted() && ks.first().is_none_or(|&k| k > 0));
    let mut clusters = vec![Cluster::new(points, (0..points.len() as u32).collect())];
    let mut fits: Vec<Fit> = Vec::with_capacity(ks.len());
    for (done, &k) in ks.iter().enumerate() {
        progress.report(Stage::KMeans, done as f64 / ks.len() as f64)?;
        let k = k.min(points.len());
        split_until(points, &mut clusters, k, progress)?;
        let mut best = settled(points, k, centroids_of(&clusters), stop, progress)?;
        clusters = regrouped(points, &best, clusters);
        for _ in 0..MAX_MOVES {
            let Some(moved) = moved(points, &clusters) else { break };
            let next = settled(points, k, moved, stop, progress)?;
            if next.inertia >= best.inertia {
                break;
            }
            clusters = regrouped(points, &next, clusters);
            best = next;
        }
        fits.push(best);
    }
    Ok(fits)
}

/// Splits the cluster that gains most, again and again, until there are `k` clusters.
fn split_until(
    points: &WeightedPoints,
    clusters: &mut Vec<Cluster>,
    k: usize,
    progress: &dyn Progress,
) -> Result<()> {
    while clusters.len() < k {
        progress.go_on()?;
        let widest = widest(clusters);
        let Some(split) = &clusters[widest].split else { break };
        let parts = split.members.clone().into_par_iter();
        let parts: Vec<_> = parts.map(|members| Cluster::new(points, members)).collect();
        clusters.splice(widest..=widest, parts);
    }
    Ok(())
}

/// The first cluster whose split gains most.
fn widest(clusters: &[Cluster]) -> usize {
    let mut widest = 0;
    for (i, cluster) in clusters.iter().enumerate() {
        if cluster.gain() > clusters[widest].gain() {
            widest = i;
        }
    }
    widest
}

fn centroids_of(clusters: &[Cluster]) -> Vec<f64> {
    clusters.iter().flat_map(|cluster| cluster.mean.iter().copied()).collect()
}

/// Lloyd's algorithm from these centroids.
fn settled(
    points: &WeightedPoints,
    k: usize,
    mut centroids: Vec<f64>,
    stop: &Stop,
    progress: &dyn Progress,
) -> Result<Fit> {
    // Some points are too near each other to be split. Lloyd's algorithm moves repeated centroids.
    let first = centroids[..points.dim()].to_vec();
    while centroids.len() < k * points.dim() {
        centroids.extend_from_slice(&first);
    }
    let Stop { max_iter, tolerance: tol } = *stop;
    let settings =
        KMeansSettings { k, init: Init::Centroids(centroids), n_init: 1, max_iter, tol, seed: 0 };
    fit(points, &settings, &WithoutReports(progress))
}

/// The clusters of a fit; those with the same members as before keep their means and splits.
fn regrouped(points: &WeightedPoints, fit: &Fit, before: Vec<Cluster>) -> Vec<Cluster> {
    let mut members = vec![Vec::new(); fit.centroids.len() / points.dim()];
    (0..).zip(&fit.labels).for_each(|(i, &label)| members[label as usize].push(i));
    let mut known: Vec<Option<Cluster>> = before.into_iter().map(Some).collect();
    known.resize_with(members.len(), || None);
    let pairs = members.into_par_iter().zip(known);
    pairs
        .map(|(members, known)| match known {
            Some(cluster) if cluster.members == members => cluster,
            _ => Cluster::new(points, members),
        })
        .collect()
}

/// The centroids after the cheapest merger and the best split of another cluster; `None` unless
/// the split gains more than the merger costs.
fn moved(points: &WeightedPoints, clusters: &[Cluster]) -> Option<Vec<f64>> {
    if clusters.len() > MOVES_UP_TO {
        return None;
    }
    let widest = widest(clusters);
    let split = clusters[widest].split.as_ref()?;
    let others: Vec<usize> = (0..clusters.len()).filter(|&i| i != widest).collect();
    let prices = others.par_iter().enumerate().filter_map(|(at, &i)| {
        let later = others[at + 1..].iter();
        let prices = later.map(|&j| (clusters[i].merger_cost(&clusters[j]), i, j));
        prices.min_by(|a, b| a.0.total_cmp(&b.0))
    });
    let prices: Vec<(f64, usize, usize)> = prices.collect();
    let &(cost, i, j) = prices.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    if cost >= split.gain {
        return None;
    }
    let mut centroids: Vec<Vec<f64>> = clusters.iter().map(|c| c.mean.clone()).collect();
    centroids[i] = clusters[i].mean_with(&clusters[j]);
    let [first, second] = &split.members;
    centroids[widest] = mean_of(points, first).1;
    centroids[j] = mean_of(points, second).1;
    Some(centroids.concat())
}

/// Stops the work when asked and passes no reports on: each fit is a small part of the whole.
struct WithoutReports<'a>(&'a dyn Progress);

impl Progress for WithoutReports<'_> {
    fn report(&self, _stage: Stage, _fraction: f64) -> Result<()> {
        self.0.go_on()
    }

    fn go_on(&self) -> Result<()> {
        self.0.go_on()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::progress::Silent;
    use proptest::prelude::*;

    const TO_THE_END: Stop = Stop { max_iter: 1000, tolerance: 0.0 };

    fn points(values: &[f64], dim: usize) -> WeightedPoints {
        WeightedPoints::distinct(values, dim, None).unwrap().0
    }

    #[test]
    fn three_pairs_are_split_where_that_gains_most() {
        // Means 10, then 1 | 14.5, then 1 | 11 | 18.
        let line = points(&[0.0, 2.0, 10.0, 12.0, 17.0, 19.0], 1);
        let fits = grow(&line, &[1, 2, 3, 6, 9], &TO_THE_END, &Silent).unwrap();
        let inertia: Vec<f64> = fits.iter().map(|fit| fit.inertia).collect();
        // 100 + 64 + 0 + 4 + 49 + 81; 1 + 1 + 20.25 + 6.25 + 6.25 + 20.25; 6 times 1. A cut at the
        // mean would end with 0 2 10 | 12 17 19.
        assert_eq!(inertia, [298.0, 55.0, 6.0, 0.0, 0.0]);
        assert_eq!(fits[1].centroids, [1.0, 14.5]);
        assert_eq!(fits[2].centroids, [1.0, 11.0, 18.0]);
    }

    #[test]
    fn a_move_merges_the_closest_and_splits_the_widest() {
        let line = points(&[0.0, 1.0, 100.0, 101.0, 200.0, 201.0], 1);
        let clusters = |groups: &[&[u32]]| -> Vec<Cluster> {
            groups.iter().map(|members| Cluster::new(&line, members.to_vec())).collect()
        };
        let stuck = clusters(&[&[0], &[1], &[2, 3, 4, 5]]);
        assert_eq!(moved(&line, &stuck), Some(vec![0.5, 200.5, 100.5]));
        // Merging any two pairs would cost 10,000 to gain a half.
        assert_eq!(moved(&line, &clusters(&[&[0, 1], &[2, 3], &[4, 5]])), None);
    }

    #[test]
    fn whoever_listens_can_stop_it() {
        struct Impatient;
        impl Progress for Impatient {
            fn report(&self, _stage: Stage, fraction: f64) -> Result<()> {
                if fraction > 0.4 { Err(Error::Interrupted) } else { Ok(()) }
            }
            fn go_on(&self) -> Result<()> {
                Ok(())
            }
        }
        let line = points(&[0.0, 1.0, 5.0, 9.0], 1);
        let stopped = grow(&line, &[1, 2], &TO_THE_END, &Impatient);
        assert_eq!(stopped, Err(Error::Interrupted));
    }

    proptest! {
        #[test]
        fn inertia_never_rises_and_each_codebook_is_a_fixed_point(
            values in prop::collection::vec(-40i32..40, 2..160),
            step in 1usize..4,
        ) {
            let values: Vec<f64> = values[..values.len() / 2 * 2].iter().map(|&v| v.into()).collect();
            let points = points(&values, 2);
            let ks: Vec<usize> = (1..12).step_by(step).collect();
            let fits = grow(&points, &ks, &TO_THE_END, &Silent).unwrap();
            for (fit, &k) in fits.iter().zip(&ks) {
                prop_assert_eq!(fit.centroids.len() / 2, k.min(points.len()));
                let init = Init::Centroids(fit.centroids.clone());
                let k = fit.centroids.len() / 2;
                let settings =
                    KMeansSettings { k, init, n_init: 1, max_iter: 9, tol: 0.0, seed: 0 };
                let again = super::fit(&points, &settings, &Silent).unwrap();
                prop_assert!((again.inertia - fit.inertia).abs() <= 1e-12 * fit.inertia);
            }
            for pair in fits.windows(2) {
                prop_assert!(pair[1].inertia <= pair[0].inertia * (1.0 + 1e-12));
            }
        }
    }
}
