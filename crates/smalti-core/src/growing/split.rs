//! One cluster: its mean, and the gain of splitting it in two.

use crate::points::WeightedPoints;

/// Steps of the power iteration: the axis only has to be good enough to begin from.
const POWER_STEPS: usize = 8;

/// Most iterations of 2-means on the members, which mostly settle in fewer.
const HALVING_STEPS: usize = 12;

/// Members with their mean and weight, and their best split unless they are all one point.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub members: Vec<u32>,
    pub mean: Vec<f64>,
    weight: f64,
    pub split: Option<Split>,
}

/// Two parts of a cluster.
#[derive(Debug, Clone)]
pub(super) struct Split {
    /// By how much the inertia falls.
    pub gain: f64,
    pub members: [Vec<u32>; 2],
}

impl Cluster {
    /// `members` must not be empty.
    pub fn new(points: &WeightedPoints, members: Vec<u32>) -> Self {
        let (weight, mean) = mean_of(points, &members);
        let split = Split::of(points, &members, &mean);
        Self { members, mean, weight, split }
    }

    /// By how much the inertia falls when the cluster is split.
    pub fn gain(&self) -> f64 {
        self.split.as_ref().map_or(0.0, |split| split.gain)
    }

    /// By how much the inertia rises when the two become one (Ward's criterion).
    pub fn merger_cost(&self, other: &Self) -> f64 {
        let squares = self.mean.iter().zip(&other.mean).map(|(a, b)| (a - b) * (a - b));
        squares.sum::<f64>() * (self.weight / (self.weight + other.weight) * other.weight)
    }

    /// The mean of both clusters' members.
    pub fn mean_with(&self, other: &Self) -> Vec<f64> {
        let share = other.weight / (self.weight + other.weight);
        self.mean.iter().zip(&other.mean).map(|(a, b)| a + share * (b - a)).collect()
    }
}

/// Weight and mean of some points, at least one.
pub(super) fn mean_of(points: &WeightedPoints, members: &[u32]) -> (f64, Vec<f64>) {
    let (mut weight, mut mean) = (0.0, vec![0.0; points.dim()]);
    for &i in members {
        let w = points.weights()[i as usize];
        weight += w;
        mean.iter_mut().zip(points.row(i as usize)).for_each(|(sum, value)| *sum += w * value);
    }
    mean.iter_mut().for_each(|sum| *sum /= weight);
    (weight, mean)
}

/// Deviations of the members from their mean, in units of the largest.
struct Deviations {
    values: Vec<f64>,
    weights: Vec<f64>,
    dim: usize,
    unit: f64,
}

impl Deviations {
    /// `None` when all members are one point.
    fn of(points: &WeightedPoints, members: &[u32], mean: &[f64]) -> Option<Self> {
        let mut values = Vec::with_capacity(members.len() * mean.len());
        for &i in members {
            values
                .extend(points.row(i as usize).iter().zip(mean).map(|(value, mean)| value - mean));
        }
        let unit = values.iter().fold(0.0, |unit: f64, value| unit.max(value.abs()));
        if members.len() < 2 || unit == 0.0 {
            return None;
        }
        values.iter_mut().for_each(|value| *value /= unit);
        let weights = members.iter().map(|&i| points.weights()[i as usize]).collect();
        Some(Self { values, weights, dim: mean.len(), unit })
    }

    fn rows(&self) -> impl Iterator<Item = (&[f64], f64)> {
        self.values.chunks_exact(self.dim).zip(self.weights.iter().copied())
    }

    /// About the direction of the largest spread, by power iteration from the farthest member,
    /// which takes part in the spread and so is not orthogonal to it. The largest coordinate of the
    /// axis is positive, so that halves stand in ascending order.
    fn axis(&self) -> Vec<f64> {
        let mut farthest = (0.0, &self.values[..self.dim]);
        for (row, _) in self.rows() {
            let square = dot(row, row);
            if square > farthest.0 {
                farthest = (square, row);
            }
        }
        let mut axis = farthest.1.to_vec();
        for _ in 0..POWER_STEPS {
            let mut next = vec![0.0; self.dim];
            for (row, weight) in self.rows() {
                let along = weight * dot(row, &axis);
                next.iter_mut().zip(row).for_each(|(sum, value)| *sum += along * value);
            }
            let further = |a: f64, &b: &f64| if b.abs() > a.abs() { b } else { a };
            let largest = next.iter().fold(0.0, further);
            if largest == 0.0 {
                break;
            }
            axis = next.into_iter().map(|value| value / largest).collect();
        }
        axis
    }

    /// Which members lie beyond the cut across `axis` that lowers the inertia most.
    ///
    /// The mean is 0, so the sums S of both sides cancel, and a cut lowers the inertia by
    /// `|S|^2 (1 / w1 + 1 / w2)`.
    fn cut(&self, axis: &[f64]) -> Vec<bool> {
        let along: Vec<f64> = self.rows().map(|(row, _)| dot(row, axis)).collect();
        let mut order: Vec<usize> = (0..along.len()).collect();
        order.sort_by(|&i, &j| along[i].total_cmp(&along[j]));
        let total: f64 = self.weights.iter().sum();
        let (mut weight, mut sum) = (0.0, vec![0.0; self.dim]);
        let (mut best, mut size) = (0.0, 0);
        for (before, &i) in order[..order.len() - 1].iter().enumerate() {
            weight += self.weights[i];
            let row = &self.values[i * self.dim..][..self.dim];
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += self.weights[i] * value);
            let gain = dot(&sum, &sum) / weight * (total / (total - weight));
            if gain > best {
                (best, size) = (gain, before + 1);
            }
        }
        let mut second = vec![true; order.len()];
        order[..size].iter().for_each(|&i| second[i] = false);
        second
    }

    /// Weights and means of both sides; `None` when one is empty.
    fn halves(&self, second: &[bool]) -> Option<([f64; 2], [Vec<f64>; 2])> {
        let mut weights = [0.0; 2];
        let mut means = [vec![0.0; self.dim], vec![0.0; self.dim]];
        for ((row, weight), &side) in self.rows().zip(second) {
            let side = usize::from(side);
            weights[side] += weight;
            means[side].iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
        }
        if weights.contains(&0.0) {
            return None;
        }
        for (mean, weight) in means.iter_mut().zip(weights) {
            mean.iter_mut().for_each(|sum| *sum /= weight);
        }
        Some((weights, means))
    }
}

impl Split {
    /// 2-means from the best cut across the longest axis.
    fn of(points: &WeightedPoints, members: &[u32], mean: &[f64]) -> Option<Self> {
        let deviations = Deviations::of(points, members, mean)?;
        let mut second = deviations.cut(&deviations.axis());
        let (mut weights, mut means) = deviations.halves(&second)?;
        for _ in 0..HALVING_STEPS {
            // A member is nearer to the second mean if a linear function of it exceeds the middle.
            let towards: Vec<f64> = means[1].iter().zip(&means[0]).map(|(b, a)| b - a).collect();
            let middle = (dot(&means[1], &means[1]) - dot(&means[0], &means[0])) / 2.0;
            let nearer = |(row, _): (&[f64], f64)| dot(row, &towards) > middle;
            let next: Vec<bool> = deviations.rows().map(nearer).collect();
            if next == second {
                break;
            }
            let Some(halves) = deviations.halves(&next) else { break };
            ((weights, means), second) = (halves, next);
        }
        // The mean of all deviations is 0.
        let lowered =
            weights[0] * dot(&means[0], &means[0]) + weights[1] * dot(&means[1], &means[1]);
        let mut parts = [Vec::new(), Vec::new()];
        members.iter().zip(second).for_each(|(&i, side)| parts[usize::from(side)].push(i));
        Some(Self { gain: lowered * deviations.unit * deviations.unit, members: parts })
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(values: &[f64], dim: usize, weights: &[f64]) -> Cluster {
        let points = WeightedPoints::new(values.to_vec(), dim, weights.to_vec()).unwrap();
        Cluster::new(&points, (0..weights.len() as u32).collect())
    }

    #[test]
    fn two_groups_of_unequal_weight_are_told_apart() {
        let found = cluster(&[0.0, 1.0, 13.0], 1, &[6.0, 3.0, 3.0]);
        let split = found.split.unwrap();
        assert_eq!(found.mean, [3.5]);
        assert_eq!(split.members, [vec![0, 1], vec![2]]);
        // 6 * 3.5^2 + 3 * 2.5^2 + 3 * 9.5^2 before, 6 / 9 + 3 * 4 / 9 after.
        assert!((split.gain - (363.0 - 2.0)).abs() < 1e-9, "{}", split.gain);
    }

    #[test]
    fn the_cut_is_across_the_longest_axis() {
        let found = cluster(&[0.0, 0.0, 0.0, 1.0, 9.0, 9.0, 9.0, 10.0], 2, &[1.0; 4]);
        let mut parts = found.split.unwrap().members;
        parts.sort();
        assert_eq!(parts, [vec![0, 1], vec![2, 3]]);
    }

    #[test]
    fn a_single_point_has_no_split_and_extreme_units_have_one() {
        assert!(cluster(&[3.0, 1.0], 2, &[2.0]).split.is_none());
        for unit in [1e-180, 1e80] {
            let found = cluster(&[0.0, unit, 10.0 * unit], 1, &[1.0; 3]);
            let [a, b] = found.split.unwrap().members;
            assert_eq!([a.len(), b.len()].iter().max(), Some(&2));
        }
    }

    #[test]
    fn a_merger_costs_what_the_inertia_rises_by() {
        let a = cluster(&[0.0, 2.0], 1, &[1.0, 1.0]);
        let b = cluster(&[4.0], 1, &[2.0]);
        // 2 and 2 around 1 and 4: each is 1.5 from the common mean 2.5.
        assert_eq!(a.merger_cost(&b), 9.0);
        assert_eq!(a.mean_with(&b), [2.5]);
    }
}
