//! Lloyd's algorithm on weighted points, to its fixed point.
//!
//! S. P. Lloyd, "Least squares quantization in PCM", 1982, doi:10.1109/TIT.1982.1056489.
//! Assignment step: every point joins its nearest centroid. Update step: every centroid
//! becomes the mean of its members. Neither can raise the inertia, so the two are repeated
//! until no point changes its centroid, which is when the centroids stop changing.
//!
//! A centroid without members is moved to the point that contributes most to the inertia.
//! That lowers the inertia too, so the promise holds.
//!
//! Sums are taken over fixed chunks and added in order: the result has the same bits on
//! any number of threads.

use rayon::prelude::*;

use super::Fit;
use crate::error::{Error, Result};
use crate::nearest::{Assignment, Prototypes, assign, squared_distance};
use crate::points::WeightedPoints;
use crate::progress::{Progress, Stage};

/// Points summed at a time in the update step, at least.
const MIN_CHUNK: usize = 4096;

/// Bound on the memory for partial sums, in f64 values (64 MiB).
const MAX_PARTIAL_SUMS: usize = 1 << 23;

/// When Lloyd's algorithm ends, besides at its fixed point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// Largest number of iterations, at least 1.
    pub max_iter: usize,
    /// Ends when the squared distances that the centroids move add up to at most `tol` times
    /// the mean variance of the coordinates. 0 runs to the fixed point.
    pub tol: f64,
}

impl Stop {
    /// # Errors
    /// [`Error::ZeroCount`] and [`Error::InvalidTolerance`] for values outside their range.
    pub(super) fn check(&self) -> Result<()> {
        if self.max_iter == 0 {
            return Err(Error::ZeroCount { name: "max_iter" });
        }
        if !(self.tol.is_finite() && self.tol >= 0.0) {
            return Err(Error::InvalidTolerance(self.tol));
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
    points: &WeightedPoints,
    mut centroids: Vec<f64>,
    stop: &Stop,
    progress: &dyn Progress,
) -> Result<Fit> {
    stop.check()?;
    let dim = points.dim();
    let tolerance = if stop.tol > 0.0 { stop.tol * points.mean_variance() } else { 0.0 };
    let mut history: Vec<f64> = Vec::new();
    let assigned = |centroids: &[f64], done: usize| {
        let fraction = done as f64 / stop.max_iter as f64;
        let go_on = || progress.report(Stage::KMeans, fraction);
        assign(points, &Prototypes::new(centroids, dim), &go_on)
    };
    let mut assignment = assigned(&centroids, 0)?;
    let mut inertia = assignment.inertia(points.weights());
    while history.len() < stop.max_iter {
        let updated = update(points, &assignment, &centroids);
        let moved = squared_distance(&updated, &centroids);
        let next = assigned(&updated, history.len())?;
        let next_inertia = next.inertia(points.weights());
        if next_inertia > inertia {
            // Only rounding can raise it: what follows would shuffle last bits.
            history.push(inertia);
            break;
        }
        let settled = next.labels == assignment.labels || moved <= tolerance;
        (centroids, assignment, inertia) = (updated, next, next_inertia);
        history.push(inertia);
        if settled {
            break;
        }
    }
    Ok(Fit { inertia, n_iter: history.len(), labels: assignment.labels, centroids, history })
}

/// The update step: means of the members, and empty clusters refilled.
fn update(points: &WeightedPoints, assignment: &Assignment, centroids: &[f64]) -> Vec<f64> {
    let dim = points.dim();
    let mut sums = member_sums(points, &assignment.labels, centroids.len() / dim);
    let mut empty = Vec::new();
    for (k, weight) in sums.weights.iter().enumerate() {
        let centroid = &mut sums.values[k * dim..(k + 1) * dim];
        if *weight > 0.0 {
            centroid.iter_mut().for_each(|value| *value /= weight);
        } else {
            centroid.copy_from_slice(&centroids[k * dim..(k + 1) * dim]);
            empty.push(k);
        }
    }
    let refills = costliest(points, &assignment.labels, &sums.values, empty.len());
    for (k, point) in empty.iter().zip(refills) {
        sums.values[k * dim..(k + 1) * dim].copy_from_slice(points.row(point));
    }
    sums.values
}

struct MemberSums {
    /// Row-major weighted sums of the members' coordinates.
    values: Vec<f64>,
    /// Total weight of the members.
    weights: Vec<f64>,
}

fn member_sums(points: &WeightedPoints, labels: &[u32], k: usize) -> MemberSums {
    let dim = points.dim();
    let max_chunks = (MAX_PARTIAL_SUMS / (k * (dim + 1))).clamp(1, 256);
    let chunk = points.len().div_ceil(max_chunks).max(MIN_CHUNK);
    let partial_sums: Vec<MemberSums> = labels
        .par_chunks(chunk)
        .enumerate()
        .map(|(c, labels)| {
            let mut sums = MemberSums { values: vec![0.0; k * dim], weights: vec![0.0; k] };
            for (i, &label) in (c * chunk..).zip(labels) {
                let (label, weight) = (label as usize, points.weights()[i]);
                sums.weights[label] += weight;
                let sum = &mut sums.values[label * dim..(label + 1) * dim];
                sum.iter_mut().zip(points.row(i)).for_each(|(sum, value)| *sum += weight * value);
            }
            sums
        })
        .collect();
    let add = |mut total: MemberSums, part: MemberSums| {
        total.values.iter_mut().zip(part.values).for_each(|(sum, value)| *sum += value);
        total.weights.iter_mut().zip(part.weights).for_each(|(sum, value)| *sum += value);
        total
    };
    let none = MemberSums { values: vec![0.0; k * dim], weights: vec![0.0; k] };
    partial_sums.into_iter().fold(none, add)
}

/// Positions of the `count` points that contribute most to the inertia with these centroids,
/// the largest contribution first; points on their centroid are left out.
fn costliest(
    points: &WeightedPoints,
    labels: &[u32],
    centroids: &[f64],
    count: usize,
) -> Vec<usize> {
    if count == 0 {
        return Vec::new();
    }
    let centroids = centroids.chunks_exact(points.dim()).collect::<Vec<_>>();
    let costs: Vec<f64> = (0..points.len())
        .map(|i| {
            points.weights()[i] * squared_distance(points.row(i), centroids[labels[i] as usize])
        })
        .collect();
    let mut order: Vec<usize> = (0..points.len()).filter(|&i| costs[i] > 0.0).collect();
    order.sort_unstable_by(|&i, &j| costs[j].total_cmp(&costs[i]).then(i.cmp(&j)));
    order.truncate(count);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use proptest::prelude::*;

    const TO_THE_END: Stop = Stop { max_iter: 1000, tol: 0.0 };

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
        let run = |max_iter, tol| {
            lloyd(&points(&line, 1), vec![0.0, 1.0, 2.0], &Stop { max_iter, tol }, &Silent).unwrap()
        };
        let full = run(1000, 0.0).n_iter;
        assert_eq!(run(2, 0.0).n_iter, 2);
        assert!(run(1000, 1e-2).n_iter < full);
    }

    proptest! {
        #[test]
        fn inertia_never_rises_and_a_fixed_point_is_reached(
            values in prop::collection::vec(-100i32..100, 2..120),
            k in 1usize..8,
        ) {
            let values: Vec<f64> = values[..values.len() / 2 * 2].iter().map(|&v| v.into()).collect();
            let (points, _) = points(&values, 2).distinct();
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
            // Equal initial centroids leave one empty, which each version refills its own way.
            prop_assume!(initial[0] != initial[1]);
            let a = lloyd(&weighted, initial.clone(), &TO_THE_END, &Silent).unwrap();
            let b = lloyd(&points(&repeated, 1), initial, &TO_THE_END, &Silent).unwrap();
            prop_assert!((a.inertia - b.inertia).abs() <= 1e-9 * b.inertia.max(1.0));
        }
    }
}
