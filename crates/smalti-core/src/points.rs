//! Weighted points of any dimension: the value that K-Means consumes.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use rustc_hash::FxHashMap;

use crate::error::{Error, Result};

/// Largest magnitude of coordinates and weights: the sum of weighted squares of up to 1e38 of
/// them stays below the largest f64, about 1.8e308.
const MAX_VALUE: f64 = 1e90;

/// Standard deviations from 0 at which a mean is far: sums of squares then lose 20 of 52 bits.
const FAR: f64 = 1024.0;

/// `len` points of `dim` coordinates each, with a weight each.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedPoints {
    values: Vec<f64>,
    weights: Vec<f64>,
    dim: usize,
}

impl WeightedPoints {
    /// Takes row-major coordinates and one weight a row.
    ///
    /// # Errors
    /// [`Error::Empty`] without points or coordinates, [`Error::SizeMismatch`] when the sizes
    /// disagree, [`Error::NotFinite`], [`Error::TooLarge`] and [`Error::InvalidWeight`] for values outside
    /// their range.
    pub fn new(mut values: Vec<f64>, dim: usize, weights: Vec<f64>) -> Result<Self> {
        if weights.is_empty() {
            return Err(Error::Empty { what: "points", unit: "point" });
        }
        if dim == 0 {
            return Err(Error::Empty { what: "points", unit: "coordinate" });
        }
        if values.len() != weights.len() * dim {
            return Err(Error::SizeMismatch {
                what: "points",
                unit: "coordinates",
                found: values.len(),
                expected: weights.len() * dim,
            });
        }
        check_values("points", &values, dim)?;
        if let Some(index) =
            weights.iter().position(|w| !(MAX_VALUE.recip()..=MAX_VALUE).contains(w))
        {
            return Err(Error::InvalidWeight { index, value: weights[index] });
        }
        // -0.0 becomes 0.0, so that equal points are equal bit for bit.
        values.iter_mut().for_each(|value| *value += 0.0);
        Ok(Self { values, weights, dim })
    }

    /// Number of points, at least 1.
    #[must_use]
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Never: points are validated to be at least one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// Coordinates of a point.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// All coordinates, row by row.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// One weight a point.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Coordinates of point `i`.
    #[inline]
    #[must_use]
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.dim..(i + 1) * self.dim]
    }

    /// Weighted mean and variance of each coordinate, in two passes over the rows.
    fn moments(&self) -> Vec<(f64, f64)> {
        let total: f64 = self.weights.iter().sum();
        let mut moments = vec![(0.0, 0.0); self.dim];
        for (row, weight) in self.values.chunks_exact(self.dim).zip(&self.weights) {
            moments.iter_mut().zip(row).for_each(|((mean, _), value)| *mean += weight * value);
        }
        moments.iter_mut().for_each(|(mean, _)| *mean /= total);
        for (row, weight) in self.values.chunks_exact(self.dim).zip(&self.weights) {
            for ((mean, variance), value) in moments.iter_mut().zip(row) {
                *variance += weight * (value - *mean) * (value - *mean);
            }
        }
        moments.iter_mut().for_each(|(_, variance)| *variance /= total);
        moments
    }

    /// Mean over the coordinates of the weighted variance: the unit of a relative tolerance.
    #[must_use]
    pub fn mean_variance(&self) -> f64 {
        self.moments().iter().map(|(_, variance)| variance).sum::<f64>() / self.dim as f64
    }

    /// The mean of each coordinate that lies so far from 0, compared with its spread, that
    /// squares would lose what tells the points apart; 0 for the other coordinates.
    #[must_use]
    pub fn far_means(&self) -> Vec<f64> {
        let far = |&(mean, variance): &(f64, f64)| mean * mean > FAR * FAR * variance;
        self.moments().iter().map(|moments| if far(moments) { moments.0 } else { 0.0 }).collect()
    }

    /// The same points seen from `origin`.
    #[must_use]
    pub fn seen_from(&self, origin: &[f64]) -> Self {
        let values = self.values.iter().zip(origin.iter().cycle()).map(|(v, o)| v - o).collect();
        Self { values, weights: self.weights.clone(), dim: self.dim }
    }

    /// The distinct points in ascending order with their weights added up, and for every
    /// original point the position of its distinct one.
    ///
    /// K-Means on the result has the same optimum, does each piece of work once, and does
    /// not depend on the order of the points.
    ///
    /// Cost: one hash look-up a point, and sorting the distinct ones.
    #[must_use]
    pub fn distinct(&self) -> (Self, Vec<u32>) {
        let mut numbers = FxHashMap::default();
        let mut firsts: Vec<usize> = Vec::new();
        let mut weights: Vec<f64> = Vec::new();
        let mut position_of: Vec<u32> = Vec::with_capacity(self.len());
        for (i, weight) in self.weights.iter().enumerate() {
            let number = *numbers.entry(Row(self.row(i))).or_insert_with(|| {
                firsts.push(i);
                weights.push(0.0);
                firsts.len() as u32 - 1
            });
            weights[number as usize] += weight;
            position_of.push(number);
        }

        let mut order: Vec<u32> = (0..firsts.len() as u32).collect();
        let row = |number: u32| self.row(firsts[number as usize]);
        order.sort_unstable_by(|&a, &b| {
            let pairs = row(a).iter().zip(row(b));
            pairs.map(|(a, b)| a.total_cmp(b)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        });
        let mut rank = vec![0; order.len()];
        for (position, &number) in order.iter().enumerate() {
            rank[number as usize] = position as u32;
        }
        position_of.iter_mut().for_each(|number| *number = rank[*number as usize]);
        let distinct = Self {
            values: order.iter().flat_map(|&number| row(number).iter().copied()).collect(),
            weights: order.iter().map(|&number| weights[number as usize]).collect(),
            dim: self.dim,
        };
        (distinct, position_of)
    }
}

/// A point as a key: equal rows are equal bit for bit, because there is no -0.0 and no NaN.
#[derive(PartialEq)]
struct Row<'a>(&'a [f64]);

impl Eq for Row<'_> {}

impl Hash for Row<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for value in self.0 {
            state.write_u64(value.to_bits());
        }
    }
}

/// Checks that every coordinate of row-major `values` is finite and not too large.
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::TooLarge`] naming the first value that is not.
pub fn check_values(what: &'static str, values: &[f64], dim: usize) -> Result<()> {
    let Some(at) = values.iter().position(|v| !(-MAX_VALUE..=MAX_VALUE).contains(v)) else {
        return Ok(());
    };
    let (row, column, value) = (at / dim, at % dim, values[at]);
    Err(if value.is_finite() {
        Error::TooLarge { what, row, column, value, max: MAX_VALUE }
    } else {
        Error::NotFinite { what, row, column, value }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_points_add_their_weights_and_remember_positions() {
        let points =
            WeightedPoints::new(vec![2.0, 0.0, 1.0, 5.0, 2.0, 0.0], 2, vec![1.0, 2.0, 0.5])
                .unwrap();
        let (distinct, positions) = points.distinct();
        assert_eq!(distinct.values(), [1.0, 5.0, 2.0, 0.0]);
        assert_eq!(distinct.weights(), [2.0, 1.5]);
        assert_eq!(positions, [1, 0, 1]);
    }

    #[test]
    fn negative_zero_equals_zero() {
        let values = vec![-0.0, 5.0, 0.0, 3.0, 0.0, 5.0];
        let points = WeightedPoints::new(values, 2, vec![1.0; 3]).unwrap();
        assert_eq!(points.distinct().1, [1, 0, 1]);
    }

    #[test]
    fn variance_is_weighted_and_averaged_over_coordinates() {
        // First coordinate: 0 (weight 3) and 4 (weight 1), mean 1, variance 3; second: constant.
        let points = WeightedPoints::new(vec![0.0, 7.0, 4.0, 7.0], 2, vec![3.0, 1.0]).unwrap();
        assert!((points.mean_variance() - 1.5).abs() < 1e-12);
    }

    #[test]
    fn bad_values_are_refused_by_position() {
        let error = WeightedPoints::new(vec![0.0, 1.0, f64::NAN, 0.0], 2, vec![1.0; 2]);
        assert!(matches!(error, Err(Error::NotFinite { row: 1, column: 0, .. })));
        let error = WeightedPoints::new(vec![0.0, 1.0], 1, vec![1.0, 0.0]);
        assert_eq!(error, Err(Error::InvalidWeight { index: 1, value: 0.0 }));
    }
}
