//! Lloyd's algorithm on weighted points, to its fixed point.
//!
//! S. P. Lloyd, "Least squares quantization in PCM", 1982, doi:10.1109/TIT.1982.1056489.
//! Assignment step: every point joins its nearest centroid. Update step: every centroid
//! becomes the mean of its members. Neither step can raise the inertia. They are repeated until no
//! point changes its centroid; then the centroids stop changing too.
//!
//! A centroid without members is moved to the point that contributes most to the inertia.
//! That lowers the inertia too, so the promise holds.
//!
//! Sums are taken over fixed chunks and added in order: the result has the same bits on
//! any number of threads.

use super::fitted::{End, Fit};
use crate::error::{Error, Result};
use crate::nearest::{Cloud, Clusters, squared_distance};
use crate::progress::{Progress, Stage};

/// When Lloyd's algorithm ends before its fixed point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// Largest number of iterations, at least 1.
    pub max_iter: usize,
    /// It ends when the squared distances that the centroids move add up to at most this. 0 runs
    /// to the fixed point.
    pub tolerance: f64,
}

impl Stop {
    /// Ends at the fixed point, or after `max_iter` iterations.
    #[must_use]
    pub fn after(max_iter: usize) -> Self {
        Self { max_iter, tolerance: 0.0 }
    }

    /// # Errors
    /// [`Error::ZeroCount`] and [`Error::InvalidTolerance`] for values outside their range.
    pub(super) fn check(&self) -> Result<()> {
        if self.max_iter == 0 {
            return Err(Error::ZeroCount { name: "max_iter" });
        }
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            return Err(Error::InvalidTolerance(self.tolerance));
        }
        Ok(())
    }
}

/// Runs Lloyd's algorithm from row-major `centroids`.
///
/// # Errors
/// [`Error::ZeroCount`] and [`Error::InvalidTolerance`] for an unusable `stop`, and what
/// `progress` returns to stop.
pub fn lloyd(
    points: &dyn Cloud,
    mut centroids: Vec<f64>,
    stop: &Stop,
    progress: &dyn Progress,
) -> Result<Fit> {
    stop.check()?;
    let mut history: Vec<f64> = Vec::new();
    let report = |done: usize| progress.report(Stage::KMeans, done as f64 / stop.max_iter as f64);
    report(0)?;
    let mut clusters = points.assign(&centroids, progress)?;
    let mut ended_by = End::MaxIter;
    while history.len() < stop.max_iter {
        let updated = update(points, &clusters, &centroids);
        let moved = squared_distance(&updated, &centroids);
        report(history.len())?;
        let next = points.assign_again(&updated, (&centroids, &clusters), progress)?;
        if next.inertia > clusters.inertia {
            // Only rounding can raise it: further iterations would only shuffle the last bits.
            history.push(clusters.inertia);
            ended_by = End::Labels;
            break;
        }
        let same = next.labels == clusters.labels;
        (centroids, clusters) = (updated, next);
        history.push(clusters.inertia);
        if moved <= stop.tolerance {
            ended_by = End::Tolerance;
            break;
        }
        if same {
            ended_by = End::Labels;
            break;
        }
    }
    let Clusters { labels, inertia, .. } = clusters;
    Ok(Fit { inertia, n_iter: history.len(), labels, centroids, history, ended_by })
}

/// The update step: centroids become the means of their members, and empty clusters are refilled.
fn update(points: &dyn Cloud, clusters: &Clusters, centroids: &[f64]) -> Vec<f64> {
    let dim = centroids.len() / clusters.weights.len();
    let mut means = centroids.to_vec();
    let mut empty = Vec::new();
    for (k, &weight) in clusters.weights.iter().enumerate() {
        let range = k * dim..(k + 1) * dim;
        if weight > 0.0 {
            let sums = means[range.clone()].iter_mut().zip(&clusters.sums[range]);
            sums.for_each(|(mean, sum)| *mean = sum / weight);
        } else {
            empty.push(k);
        }
    }
    let refills = costliest(points, &clusters.labels, &means, dim, empty.len());
    let mut weights = clusters.weights.clone();
    for (k, point) in empty.into_iter().zip(refills) {
        let (coordinates, weight) = (points.coordinates(point), points.weight(point));
        means[k * dim..(k + 1) * dim].copy_from_slice(&coordinates);
        // The mean of its old cluster goes on without it.
        let cluster = clusters.labels[point] as usize;
        let left = weights[cluster] - weight;
        if left > 0.0 {
            let mean = means[cluster * dim..(cluster + 1) * dim].iter_mut();
            mean.zip(&coordinates).for_each(|(mean, value)| {
                *mean += (*mean - value) * (weight / left);
            });
            weights[cluster] = left;
        }
    }
    means
}

/// Positions of the `count` points that contribute most to the inertia with these centroids,
/// the largest contribution first; points on their centroid are left out.
fn costliest(
    points: &dyn Cloud,
    labels: &[u32],
    centroids: &[f64],
    dim: usize,
    count: usize,
) -> Vec<usize> {
    if count == 0 {
        return Vec::new();
    }
    let cost = |i: usize| {
        let centroid = &centroids[labels[i] as usize * dim..][..dim];
        points.weight(i) * points.squared_distance_to(i, centroid)
    };
    let costs: Vec<f64> = (0..points.count()).map(cost).collect();
    let mut order: Vec<usize> = (0..points.count()).filter(|&i| costs[i] > 0.0).collect();
    order.sort_unstable_by(|&i, &j| costs[j].total_cmp(&costs[i]).then(i.cmp(&j)));
    order.truncate(count);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::WeightedPoints;
    use crate::progress::Silent;
    use proptest::prelude::*;

    const TO_THE_END: Stop = Stop { max_iter: 1000, tolerance: 0.0 };

    fn points(values: &[f64], dim: usize) -> WeightedPoints {
        WeightedPoints::new(values.to_vec(), dim, vec![1.0; values.len() / dim]).unwrap()
    }

    #[test]
    fn two_pairs_on_a_line_end_at_their_means() {
        let found =
            lloyd(&points(&[0.0, 2.0, 10.0, 12.0], 1), vec![0.0, 2.0], &TO_THE_END, &Silent)
                .unwrap();
        assert_eq!(found.centroids, [1.0, 11.0]);
        assert_eq!(found.labels, [0, 0, 1, 1]);
        assert_eq!(found.inertia, 4.0);
        // 0 | 2 10 12 has means 0 and 8, inertia 4 + 4 + 16; then 0 2 | 10 12 has means 1 and 11.
        assert_eq!(found.history, [24.0, 4.0]);
    }

    #[test]
    fn an_empty_cluster_moves_to_the_costliest_point() {
        let found =
            lloyd(&points(&[0.0, 1.0, 50.0], 1), vec![0.0, 900.0], &TO_THE_END, &Silent).unwrap();
        assert_eq!(found.centroids, [0.5, 50.0]);
        assert_eq!(found.labels, [0, 0, 1]);
        // The first update leaves 50 out of the mean of 0 and 1, and nothing changes after it.
        assert_eq!(found.history, [0.5, 0.5]);
    }

    #[test]
    fn an_empty_cluster_is_refilled_from_what_is_far_after_the_update() {
        // Measured from the first centroid, 50, the heavy point would look costly; it is not.
        let points = WeightedPoints::new(vec![-1.0, 0.0, 1.0], 1, vec![1.0, 100.0, 1.0]).unwrap();
        let found = lloyd(&points, vec![50.0, 1000.0], &TO_THE_END, &Silent).unwrap();
        assert_ne!(found.labels[0], found.labels[2]);
        assert!(found.inertia < 1.5, "{}", found.inertia);
    }

    #[test]
    fn tolerance_and_max_iter_end_early() {
        let line: Vec<f64> = (0..200).map(f64::from).collect();
        let run = |max_iter, tolerance| {
            let stop = Stop { max_iter, tolerance };
            lloyd(&points(&line, 1), vec![0.0, 1.0, 2.0], &stop, &Silent).unwrap()
        };
        let full = run(1000, 0.0).n_iter;
        assert_eq!(run(2, 0.0).n_iter, 2);
        assert!(run(1000, 40.0).n_iter < full);
        assert_eq!(run(2, 0.0).ended_by, End::MaxIter);
        assert_eq!(run(1000, 40.0).ended_by, End::Tolerance);
        assert_eq!(run(1000, 0.0).ended_by, End::Labels);
    }

    proptest! {
        #[test]
        fn inertia_never_rises_and_a_fixed_point_is_reached(
            values in prop::collection::vec(-100i32..100, 2..120),
            k in 1usize..8,
        ) {
            let values: Vec<f64> = values[..values.len() / 2 * 2].iter().map(|&v| v.into()).collect();
            let (points, _) = WeightedPoints::distinct(&values, 2, None).unwrap();
            let k = k.min(points.len());
            let initial = points.values()[..k * 2].to_vec();
            let found = lloyd(&points, initial, &TO_THE_END, &Silent).unwrap();
            for pair in found.history.windows(2) {
                prop_assert!(pair[1] <= pair[0]);
            }
            let again = lloyd(&points, found.centroids.clone(), &TO_THE_END, &Silent).unwrap();
            prop_assert_eq!(again.n_iter, 1);
            prop_assert_eq!(again.centroids, found.centroids);
        }

        #[test]
        fn weights_equal_repeats(
            rows in prop::collection::vec((-50i32..50, 1u8..5), 3..40),
        ) {
            let values: Vec<f64> = rows.iter().map(|&(v, _)| v.into()).collect();
            let weights: Vec<f64> = rows.iter().map(|&(_, w)| w.into()).collect();
            let repeated: Vec<f64> =
                rows.iter().flat_map(|&(v, w)| vec![f64::from(v); w.into()]).collect();
            let weighted = WeightedPoints::new(values.clone(), 1, weights).unwrap();
            let initial = vec![values[0], values[1]];
            // With equal initial centroids one is empty, and each version refills it its own way.
            prop_assume!(initial[0] != initial[1]);
            let a = lloyd(&weighted, initial.clone(), &TO_THE_END, &Silent).unwrap();
            let b = lloyd(&points(&repeated, 1), initial, &TO_THE_END, &Silent).unwrap();
            prop_assert!((a.inertia - b.inertia).abs() <= 1e-9 * b.inertia.max(1.0));
        }
    }
}
