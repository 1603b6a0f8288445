//! The cost of labels: squared errors and boundaries.

use super::features::OUTSIDE;

/// What a pair of neighbours along an axis costs, relative to a unit of boundary.
const AXIS: f32 = std::f32::consts::SQRT_2 - 1.0;

/// What a pair of diagonal neighbours costs.
const DIAGONAL: f32 = AXIS * std::f32::consts::FRAC_1_SQRT_2;

/// The cost of lanes that stand for no class.
const NEVER: f32 = 1e30;

/// What labels cost, with one lane for each class.
pub struct Model<const K: usize> {
    /// The centroids, coordinate by coordinate.
    centroids: Vec<[f32; K]>,
    /// What lanes cost from the outset.
    start: [f32; K],
    /// What a neighbour takes off the cost of its own label, by label: one along an axis, and a
    /// diagonal one.
    axis: Vec<[f32; K]>,
    diagonal: Vec<[f32; K]>,
    /// What a change of label along a line costs.
    pub(super) change: f32,
}

impl<const K: usize> Model<K> {
    /// `beta` is the cost of a boundary as long as the side of a cell.
    pub fn new(centroids: &[f64], dim: usize, beta: f32) -> Self {
        let classes = centroids.len() / dim;
        let lane =
            |d: usize, k: usize| if k < classes { centroids[k * dim + d] as f32 } else { 0.0 };
        let taken_off = |weight: f32| -> Vec<[f32; K]> {
            let row = |label| {
                let at = |k| if k == label && k < classes { weight * beta } else { 0.0 };
                std::array::from_fn(at)
            };
            (0..=usize::from(OUTSIDE)).map(row).collect()
        };
        Self {
            centroids: (0..dim).map(|d| std::array::from_fn(|k| lane(d, k))).collect(),
            start: std::array::from_fn(|k| if k < classes { 0.0 } else { NEVER }),
            axis: taken_off(AXIS),
            diagonal: taken_off(DIAGONAL),
            change: AXIS * beta,
        }
    }

    /// The nearest class.
    pub fn nearest(&self, mean: &[f32]) -> u8 {
        first_least(&self.errors(mean, 1.0)).0
    }

    /// The squared error of `count` pixels of this mean with each label.
    #[inline]
    pub(super) fn errors(&self, mean: &[f32], count: f32) -> [f32; K] {
        let mut errors = self.start;
        for (&value, centroids) in mean.iter().zip(&self.centroids) {
            for (error, centroid) in errors.iter_mut().zip(centroids) {
                let difference = value - centroid;
                *error += count * (difference * difference);
            }
        }
        errors
    }

    /// The same with one label.
    pub(super) fn error(&self, mean: &[f32], count: f32, label: u8) -> f32 {
        let square = |(&value, centroids): (&f32, &[f32; K])| {
            let difference = value - centroids[usize::from(label)];
            difference * difference
        };
        count * mean.iter().zip(&self.centroids).map(square).sum::<f32>()
    }

    /// What neighbours of different labels cost: along an axis, and diagonal ones.
    pub(super) fn boundary(&self) -> [f32; 2] {
        [self.change, self.change * std::f32::consts::FRAC_1_SQRT_2]
    }

    /// Lowers the costs of the labels of neighbours: two along an axis, four diagonal ones.
    #[inline]
    pub(super) fn agree(&self, costs: &mut [f32; K], axis: [u8; 2], diagonal: [u8; 4]) {
        for label in axis {
            subtract(costs, &self.axis[usize::from(label)]);
        }
        for label in diagonal {
            subtract(costs, &self.diagonal[usize::from(label)]);
        }
    }
}

#[inline]
fn subtract<const K: usize>(costs: &mut [f32; K], other: &[f32; K]) {
    costs.iter_mut().zip(other).for_each(|(cost, other)| *cost -= other);
}

/// The first of the least values, and that value.
#[inline]
pub(super) fn first_least<const K: usize>(values: &[f32; K]) -> (u8, f32) {
    let least = values.iter().fold(f32::INFINITY, |least, &value| least.min(value));
    let first = values.iter().position(|&value| value == least);
    (first.unwrap_or_default() as u8, least)
}
