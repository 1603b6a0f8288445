//! The result of K-Means: centroids, labels and how the iterations went.

use crate::points::WeightedPoints;
use crate::real::Real;

/// A codebook and the assignment that goes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Row-major coordinates of the centroids.
    pub centroids: Vec<f64>,
    /// For every point the position of its nearest centroid.
    pub labels: Vec<u32>,
    /// Weighted sum of the squared distances of the points to their centroids.
    pub inertia: f64,
    /// Iterations done, each an update and an assignment step.
    pub n_iter: usize,
    /// Inertia after each iteration; it never rises.
    pub history: Vec<f64>,
    /// Why there are no more iterations.
    pub ended_by: End,
}

/// Why Lloyd's algorithm ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The centroids moved by no more than the tolerance; with a tolerance of 0, not at all.
    Tolerance,
    /// No label changed, so another iteration would change nothing.
    Labels,
    /// There were as many iterations as allowed.
    MaxIter,
}

impl End {
    /// The Python parameter that ended it, or "labels".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tolerance => "tol",
            Self::Labels => "labels",
            Self::MaxIter => "max_iter",
        }
    }
}

impl Fit {
    pub(super) fn of_points_themselves<T: Real>(points: &WeightedPoints<T>) -> Self {
        Self {
            centroids: points.values().iter().map(|&value| value.into()).collect(),
            labels: (0..points.len() as u32).collect(),
            inertia: 0.0,
            n_iter: 1,
            history: vec![0.0],
            ended_by: End::Tolerance,
        }
    }
}
