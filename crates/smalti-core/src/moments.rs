//! Mean, spread and principal axis of weighted points of few dimensions.

/// Steps of the power iteration: the axis only has to be good enough to cut or split along.
const POWER_STEPS: usize = 12;

/// Moments up to the second.
pub(crate) struct Moments<const D: usize> {
    pub weight: f64,
    pub mean: [f64; D],
    /// Weighted sums of products of deviations from the mean.
    scatter: [[f64; D]; D],
}

impl<const D: usize> Moments<D> {
    /// The moments of at least one point, in two passes: no digits are lost far from the origin.
    pub fn of<'a>(points: impl Iterator<Item = (&'a [f64; D], f64)> + Clone) -> Self {
        let (mut weight, mut mean) = (0.0, [0.0; D]);
        for (point, w) in points.clone() {
            weight += w;
            mean.iter_mut().zip(point).for_each(|(sum, value)| *sum += w * value);
        }
        mean.iter_mut().for_each(|value| *value /= weight);
        let mut scatter = [[0.0; D]; D];
        for (point, w) in points {
            let deviation: [f64; D] = std::array::from_fn(|d| point[d] - mean[d]);
            for (i, row) in scatter.iter_mut().enumerate() {
                for (sum, value) in row.iter_mut().zip(deviation) {
                    *sum += w * deviation[i] * value;
                }
            }
        }
        Self { weight, mean, scatter }
    }

    /// The unit vector along which the points spread most, by power iteration.
    pub fn principal_axis(&self) -> [f64; D] {
        // The column of the widest coordinate is orthogonal to the axis by accident only.
        let mut axis = [0.0; D];
        let mut widest = 0.0;
        for (i, row) in self.scatter.iter().enumerate() {
            if row[i] > widest {
                (widest, axis) = (row[i], row.map(|value| value / row[i]));
            }
        }
        if widest == 0.0 {
            return axis;
        }
        for _ in 0..POWER_STEPS {
            // Division by the largest entry keeps squares in range, whatever the unit.
            let next: [f64; D] = std::array::from_fn(|i| dot(&self.scatter[i], &axis) / widest);
            let length = dot(&next, &next).sqrt();
            axis = next.map(|value| value / length);
        }
        axis
    }

    /// Standard deviation along a unit vector.
    pub fn deviation_along(&self, axis: &[f64; D]) -> f64 {
        let turned: [f64; D] = std::array::from_fn(|i| dot(&self.scatter[i], axis));
        (dot(&turned, axis) / self.weight).sqrt()
    }
}

#[inline]
pub(crate) fn dot<const D: usize>(a: &[f64; D], b: &[f64; D]) -> f64 {
    (0..D).map(|d| a[d] * b[d]).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_along_a_diagonal() {
        let points = [[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]];
        let moments = Moments::of(points.iter().zip([1.0, 2.0, 1.0]));
        assert_eq!((moments.weight, moments.mean), (4.0, [2.0, 2.0]));
        let axis = moments.principal_axis();
        assert!(axis.iter().all(|v| (v - 0.5f64.sqrt()).abs() < 1e-12), "{axis:?}");
        // Variance 2 in each coordinate, 4 along the diagonal.
        assert!((moments.deviation_along(&axis) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_single_point_has_no_axis() {
        let moments = Moments::of([[3.0, 1.0]].iter().zip([2.0]));
        assert_eq!(moments.principal_axis(), [0.0, 0.0]);
    }
}
