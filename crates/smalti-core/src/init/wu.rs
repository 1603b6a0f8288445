//! Variance-minimising splits: initial centroids without chance.
//!
//! All points are one cluster at first. Until there are enough, the cluster whose split lowers the
//! inertia most is cut in two. The cut is a plane across its principal axis, at the place where the
//! two parts have the least variance: X. Wu, "Color quantization by dynamic programming and
//! principal analysis", 1992, doi:10.1145/146443.146475. That paper turns the boxes of his
//! "Efficient statistical computations for optimal color quantization" (Graphics Gems II, 1991)
//! into the direction of the data. The best of `BINS` places is taken.
//!
//! Cost: O(n log k), as each cut halves its cluster more or less.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::error::Result;
use crate::moments::{Moments, dot};
use crate::progress::{Progress, Stage};

/// Positions along the axis where a cluster may be cut.
const BINS: usize = 64;

/// Members from which on two threads share a split: waking a thread takes longer than a smaller split.
const JOINED_FROM: usize = 1 << 11;

/// The centroids of up to `k` clusters; fewer when no cluster is left that can be split.
///
/// `parts` are the clusters to begin with, as positions of points. Points of different parts are
/// never mixed. Usually there is one part of all points.
///
/// # Errors
/// What `progress` returns to stop.
pub fn wu<const D: usize>(
    points: &[[f64; D]],
    weights: &[f64],
    parts: Vec<Vec<u32>>,
    k: usize,
    progress: &dyn Progress,
) -> Result<Vec<[f64; D]>> {
    let first = |part: Vec<u32>| {
        let member = |i: u32| (points[i as usize], weights[i as usize]);
        Cluster::new(part.into_iter().map(member).collect())
    };
    let mut clusters: BinaryHeap<Cluster<D>> = parts.into_iter().map(first).collect();
    while clusters.len() < k {
        progress.report(Stage::InitialCentroids, clusters.len() as f64 / k as f64)?;
        let Some(widest) = clusters.pop() else { break };
        if widest.gain <= 0.0 {
            clusters.push(widest);
            break;
        }
        let members = widest.members.len();
        let (low, high) = widest.parts();
        let (low, high) = (|| Cluster::new(low), || Cluster::new(high));
        let (low, high) =
            if members < JOINED_FROM { (low(), high()) } else { rayon::join(low, high) };
        clusters.extend([low, high]);
    }
    Ok(clusters.into_iter().map(|cluster| cluster.mean).collect())
}

/// A cluster and its best split.
struct Cluster<const D: usize> {
    members: Vec<Weighted<D>>,
    mean: [f64; D],
    /// The members' bins along the principal axis.
    bins: Vec<u8>,
    /// The first bin above the cut.
    cut: u8,
    /// By how much the cut lowers the inertia; 0 if the cluster cannot be split.
    gain: f64,
}

impl<const D: usize> Cluster<D> {
    fn new(members: Vec<Weighted<D>>) -> Self {
        let moments = Moments::of(members.iter().map(|(point, weight)| (point, *weight)));
        let scale = Scale::new(&members, moments.principal_axis());
        let bins: Vec<u8> = members.iter().map(|(point, _)| scale.bin(point)).collect();
        let mut sums = [Bin { sum: [0.0; D], weight: 0.0 }; BINS];
        for ((point, weight), &bin) in members.iter().zip(&bins) {
            sums[usize::from(bin)].add(point, *weight);
        }
        let (gain, cut) = best_cut(&sums, &moments);
        Self { mean: moments.mean, bins, cut, gain, members }
    }

    /// The members below and above the cut; neither part is empty if there is a gain.
    fn parts(self) -> (Vec<Weighted<D>>, Vec<Weighted<D>>) {
        let Self { members, bins, cut, .. } = self;
        let below = bins.iter().filter(|&&bin| bin < cut).count();
        let mut low = Vec::with_capacity(below);
        let mut high = Vec::with_capacity(members.len() - below);
        for (member, bin) in members.into_iter().zip(bins) {
            if bin < cut { low.push(member) } else { high.push(member) }
        }
        (low, high)
    }
}

/// Bins of equal width along an axis.
struct Scale<const D: usize> {
    axis: [f64; D],
    low: f64,
    width: f64,
}

impl<const D: usize> Scale<D> {
    fn new(members: &[Weighted<D>], axis: [f64; D]) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (point, _) in members {
            let position = dot(point, &axis);
            low = low.min(position);
            high = high.max(position);
        }
        Self { axis, low, width: (high - low) / BINS as f64 }
    }

    fn bin(&self, point: &[f64; D]) -> u8 {
        // A width of 0 makes this NaN, which becomes 0: all points are in the first bin.
        let bin = ((dot(point, &self.axis) - self.low) / self.width) as u8;
        bin.min(BINS as u8 - 1)
    }
}

/// A point and its weight.
type Weighted<const D: usize> = ([f64; D], f64);

/// Points that lie next to each other along the axis.
#[derive(Clone, Copy)]
struct Bin<const D: usize> {
    sum: [f64; D],
    weight: f64,
}

impl<const D: usize> Bin<D> {
    fn add(&mut self, point: &[f64; D], weight: f64) {
        self.weight += weight;
        self.sum.iter_mut().zip(point).for_each(|(sum, value)| *sum += weight * value);
    }
}

/// By how much the best cut lowers the inertia, and the bin before which it lies.
fn best_cut<const D: usize>(bins: &[Bin<D>; BINS], moments: &Moments<D>) -> (f64, u8) {
    let mut best = (0.0, 0);
    let mut below = Bin { sum: [0.0; D], weight: 0.0 };
    for (above_cut, bin) in (1..).zip(&bins[..BINS - 1]) {
        below.weight += bin.weight;
        below.sum.iter_mut().zip(bin.sum).for_each(|(sum, value)| *sum += value);
        let above = moments.weight - below.weight;
        if below.weight <= 0.0 || above <= 0.0 {
            continue;
        }
        // Two parts of weight a and b whose means lie m apart have a b / (a + b) m^2 less
        // inertia than the whole; m is the lower part's distance to the mean, times (a + b) / b.
        let offset = |d: usize| below.sum[d] / below.weight - moments.mean[d];
        let squared: f64 = (0..D).map(|d| offset(d) * offset(d)).sum();
        let gain = squared * below.weight * moments.weight / above;
        if gain > best.0 {
            best = (gain, above_cut);
        }
    }
    best
}

impl<const D: usize> PartialEq for Cluster<D> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<const D: usize> Eq for Cluster<D> {}

impl<const D: usize> PartialOrd for Cluster<D> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const D: usize> Ord for Cluster<D> {
    /// By gain, then by the mean: with equal gains the choice must not depend on the heap.
    fn cmp(&self, other: &Self) -> Ordering {
        let means = self.mean.iter().zip(&other.mean);
        let by_mean = means.map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
        self.gain.total_cmp(&other.gain).then(by_mean.unwrap_or(Ordering::Equal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    fn everything(count: usize) -> Vec<Vec<u32>> {
        vec![(0..count as u32).collect()]
    }

    #[test]
    fn separated_heaps_get_their_means() {
        let points =
            [[0.0, 0.0], [2.0, 0.0], [100.0, 100.0], [100.0, 104.0], [0.0, 90.0], [0.0, 92.0]];
        let mut found =
            wu(&points, &[1.0, 3.0, 1.0, 1.0, 1.0, 1.0], everything(6), 3, &Silent).unwrap();
        found.sort_by(|a, b| {
            a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|o| o.is_ne()).unwrap()
        });
        assert_eq!(found, [[0.0, 91.0], [1.5, 0.0], [100.0, 102.0]]);
    }

    #[test]
    fn equal_points_cannot_be_split() {
        assert_eq!(wu(&[[7.0]; 3], &[1.0; 3], everything(3), 2, &Silent).unwrap(), [[7.0]]);
    }

    #[test]
    fn what_must_stay_apart_stays_apart() {
        let points = [[0.0], [1.0], [50.0], [2.0]];
        let mut found = wu(&points, &[1.0; 4], vec![vec![0, 2, 3], vec![1]], 3, &Silent).unwrap();
        found.sort_by(|a, b| a[0].total_cmp(&b[0]));
        assert_eq!(found, [[1.0], [1.0], [50.0]]);
    }
}
