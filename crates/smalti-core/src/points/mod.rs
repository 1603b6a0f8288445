//! Weighted points of any dimension: the input of K-Means.

mod distinct;

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::real::Real;

/// Largest magnitude of coordinates and weights: the weighted squares of up to 1e38 of them add up
/// to less than the largest f64, about 1.8e308.
const MAX_VALUE: f64 = 1e90;

/// A mean is far from 0 at this many standard deviations: sums of squares then lose 20 of 52 bits.
const FAR: f64 = 1024.0;

/// Values, or rows, handed to a thread at a time.
const CHUNK: usize = 1 << 14;

/// `len` points of `dim` coordinates each, with a weight each.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedPoints<T = f64> {
    values: Vec<T>,
    weights: Vec<f64>,
    dim: usize,
}

impl<T: Real> WeightedPoints<T> {
    /// Takes row-major coordinates and one weight a row.
    ///
    /// # Errors
    /// [`Error::Empty`] without points or coordinates, [`Error::TooManyPoints`] for more than 32
    /// bits number, [`Error::SizeMismatch`] when the sizes disagree, [`Error::NotFinite`],
    /// [`Error::TooLarge`] and [`Error::InvalidWeight`] for values outside their range.
    pub fn new(values: Vec<T>, dim: usize, weights: Vec<f64>) -> Result<Self> {
        check_rows(&values, dim, weights.len())?;
        check_weights(&weights)?;
        Ok(Self { values, weights, dim })
    }

    /// The distinct points among row-major `values` in ascending order, and for every row the
    /// position of its distinct point. The weights of equal points are added up; without `weights`
    /// each row weighs 1.
    ///
    /// K-Means on the result has the same optimum, does each piece of work once, and does
    /// not depend on the order of the points.
    ///
    /// Cost: sorting the rows.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn distinct(values: &[T], dim: usize, weights: Option<&[f64]>) -> Result<(Self, Vec<u32>)> {
        let count = weights.map_or(values.len() / dim.max(1), <[f64]>::len);
        check_rows(values, dim, count)?;
        weights.map_or(Ok(()), check_weights)?;
        let (values, weights, position_of) = distinct::distinct(values, dim, weights);
        Ok((Self { values, weights, dim }, position_of))
    }

    /// Number of points, at least 1.
    #[must_use]
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Always false: there is at least one point.
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
    pub fn values(&self) -> &[T] {
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
    pub fn row(&self, i: usize) -> &[T] {
        &self.values[i * self.dim..(i + 1) * self.dim]
    }

    /// Weighted mean and variance of each coordinate, in two passes over the rows.
    fn moments(&self) -> Vec<(f64, f64)> {
        let total: f64 = self.weights.iter().sum();
        let means = self.weighted_mean(total, |value, _| value, &vec![0.0; self.dim]);
        let squares = |value: f64, mean: f64| (value - mean) * (value - mean);
        let variances = self.weighted_mean(total, squares, &means);
        means.into_iter().zip(variances).collect()
    }

    /// The weighted mean of `term(value, origin)` for each coordinate, added up in fixed chunks.
    fn weighted_mean(
        &self,
        total: f64,
        term: impl Fn(f64, f64) -> f64 + Sync,
        origin: &[f64],
    ) -> Vec<f64> {
        let chunks = self.values.par_chunks(CHUNK * self.dim).zip(self.weights.par_chunks(CHUNK));
        let sums: Vec<Vec<f64>> = chunks
            .map(|(values, weights)| {
                let mut sums = vec![0.0; self.dim];
                for (row, weight) in values.chunks_exact(self.dim).zip(weights) {
                    for ((sum, &value), &origin) in sums.iter_mut().zip(row).zip(origin) {
                        *sum += weight * term(value.into(), origin);
                    }
                }
                sums
            })
            .collect();
        (0..self.dim).map(|d| sums.iter().map(|sums| sums[d]).sum::<f64>() / total).collect()
    }

    /// Mean of the coordinates' weighted variances: the unit of a relative tolerance.
    #[must_use]
    pub fn mean_variance(&self) -> f64 {
        self.moments().iter().map(|(_, variance)| variance).sum::<f64>() / self.dim as f64
    }

    /// The mean of each coordinate that lies far from 0, compared with its spread: squares would
    /// lose the digits that tell points apart. 0 for the other coordinates.
    #[must_use]
    pub fn far_means(&self) -> Vec<f64> {
        let far = |&(mean, variance): &(f64, f64)| mean * mean > FAR * FAR * variance;
        self.moments().iter().map(|moments| if far(moments) { moments.0 } else { 0.0 }).collect()
    }

    /// The same points relative to `origin`.
    #[must_use]
    pub fn seen_from(&self, origin: &[f64]) -> WeightedPoints<f64> {
        let seen = |(&value, origin): (&T, &f64)| value.into() - origin;
        let values = self.values.iter().zip(origin.iter().cycle()).map(seen).collect();
        WeightedPoints { values, weights: self.weights.clone(), dim: self.dim }
    }
}

/// Checks that row-major `values` are `count` points, at least one, of usable numbers.
fn check_rows<T: Real>(values: &[T], dim: usize, count: usize) -> Result<()> {
    for (empty, unit) in [(dim == 0, "coordinate"), (count == 0, "point")] {
        if empty {
            return Err(Error::Empty { what: "points", unit });
        }
    }
    check_count(count)?;
    if values.len() != count * dim {
        return Err(Error::SizeMismatch {
            what: "points",
            unit: "coordinates",
            found: values.len(),
            expected: count * dim,
        });
    }
    check_values("points", values, dim)
}

/// Positions of points are kept in 32 bits.
fn check_count(count: usize) -> Result<()> {
    let max = u32::MAX as usize;
    if count > max { Err(Error::TooManyPoints { count, max }) } else { Ok(()) }
}

fn check_weights(weights: &[f64]) -> Result<()> {
    let usable = |weight: &f64| (MAX_VALUE.recip()..=MAX_VALUE).contains(weight);
    match weights.iter().position(|weight| !usable(weight)) {
        Some(index) => Err(Error::InvalidWeight { index, value: weights[index] }),
        None => Ok(()),
    }
}

/// Checks that every coordinate of row-major `values` is finite and not too large.
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::TooLarge`] naming the first value that is not.
pub fn check_values<T: Real>(what: &'static str, values: &[T], dim: usize) -> Result<()> {
    let usable = |&value: &T| (-MAX_VALUE..=MAX_VALUE).contains(&value.into());
    // No early exit within a chunk, so that vector instructions check many values at once.
    let all_usable = |chunk: &[T]| chunk.iter().fold(true, |all, value| all & usable(value));
    if values.par_chunks(CHUNK).all(all_usable) {
        return Ok(());
    }
    let at = values.iter().position(|value| !usable(value)).unwrap_or(0);
    let (row, column, value) = (at / dim, at % dim, values[at].into());
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
        let values = [2.0, 0.0, 1.0, 5.0, 2.0, 0.0];
        let weights = [1.0, 2.0, 0.5];
        let (distinct, positions) = WeightedPoints::distinct(&values, 2, Some(&weights)).unwrap();
        assert_eq!(distinct.values(), [1.0, 5.0, 2.0, 0.0]);
        assert_eq!(distinct.weights(), [2.0, 1.5]);
        assert_eq!(positions, [1, 0, 1]);
    }

    #[test]
    fn negative_zero_equals_zero() {
        let values: [f64; 6] = [-0.0, 5.0, 0.0, 3.0, 0.0, 5.0];
        let (distinct, positions) = WeightedPoints::distinct(&values, 2, None).unwrap();
        assert_eq!(positions, [1, 0, 1]);
        assert!(distinct.values().iter().all(|value| value.is_sign_positive()));
    }

    #[test]
    fn variance_is_weighted_and_averaged_over_coordinates() {
        // First coordinate: 0 (weight 3) and 4 (weight 1), mean 1, variance 3; second: constant.
        let points = WeightedPoints::new(vec![0.0, 7.0, 4.0, 7.0], 2, vec![3.0, 1.0]).unwrap();
        assert!((points.mean_variance() - 1.5).abs() < 1e-12);
    }

    #[test]
    fn more_points_than_positions_have_bits_are_refused() {
        assert_eq!(check_count(u32::MAX as usize), Ok(()));
        let count = 1 << 33;
        let error = Error::TooManyPoints { count, max: u32::MAX as usize };
        assert_eq!(check_count(count), Err(error));
    }

    #[test]
    fn bad_values_are_refused_by_position() {
        let error = WeightedPoints::new(vec![0.0, 1.0, f64::NAN, 0.0], 2, vec![1.0; 2]);
        assert!(matches!(error, Err(Error::NotFinite { row: 1, column: 0, .. })));
        let error = WeightedPoints::new(vec![0.0, 1.0], 1, vec![1.0, 0.0]);
        assert_eq!(error, Err(Error::InvalidWeight { index: 1, value: 0.0 }));
    }
}
