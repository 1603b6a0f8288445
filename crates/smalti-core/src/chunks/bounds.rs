//! The box around the points of a chunk.

use rayon::prelude::*;

use crate::real::Real;

/// Rows looked at by one thread at a time.
const ROWS: usize = 1 << 14;

/// The least and the greatest value of each coordinate of row-major `values`.
///
/// NaN where a coordinate of some point is NaN. Without points the least is infinity and the greatest
/// minus infinity.
#[must_use]
pub fn bounds<T: Real>(values: &[T], dim: usize) -> (Vec<f64>, Vec<f64>) {
    let nothing = || (vec![f64::INFINITY; dim], vec![f64::NEG_INFINITY; dim]);
    values.par_chunks(ROWS * dim).map(|rows| of_rows(rows, dim)).reduce(nothing, |a, b| {
        let merged = |a: Vec<f64>, b: Vec<f64>, order: fn(f64, f64) -> f64| {
            a.into_iter().zip(b).map(|(a, b)| order(a, b)).collect()
        };
        (merged(a.0, b.0, least), merged(a.1, b.1, greatest))
    })
}

fn of_rows<T: Real>(rows: &[T], dim: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut low, mut high) = (vec![f64::INFINITY; dim], vec![f64::NEG_INFINITY; dim]);
    for row in rows.chunks_exact(dim) {
        for ((low, high), &value) in low.iter_mut().zip(&mut high).zip(row) {
            let value = value.into();
            (*low, *high) = (least(*low, value), greatest(*high, value));
        }
    }
    (low, high)
}

/// NaN if one of them is NaN, unlike [`f64::min`].
#[inline]
fn least(a: f64, b: f64) -> f64 {
    if a.is_nan() || a < b { a } else { b }
}

#[inline]
fn greatest(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_each_coordinate() {
        assert_eq!(bounds(&[1.0f32, -2.0, 0.5, 7.0], 2), (vec![0.5, -2.0], vec![1.0, 7.0]));
    }

    #[test]
    fn no_points_have_no_bounds() {
        let nothing: [f64; 0] = [];
        assert_eq!(bounds(&nothing, 1), (vec![f64::INFINITY], vec![f64::NEG_INFINITY]));
    }

    #[test]
    fn nan_is_not_lost_wherever_it_is() {
        for at in [0, ROWS - 1, ROWS, 3 * ROWS - 1] {
            let mut values = vec![1.0; 3 * ROWS];
            values[at] = f64::NAN;
            let (low, high) = bounds(&values, 1);
            assert!(low[0].is_nan() && high[0].is_nan(), "{at}");
        }
    }
}
