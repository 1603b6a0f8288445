//! Points that K-Means can assign to centroids, however they are stored.

use super::clusters::Clusters;
use crate::error::Result;
use crate::progress::Progress;
use crate::real::Real;

/// Points that know their nearest centroid.
pub trait Cloud: Sync {
    /// Number of points.
    fn count(&self) -> usize;

    /// Weight of point `i`.
    fn weight(&self, i: usize) -> f64;

    /// Coordinates of point `i`.
    fn coordinates(&self, i: usize) -> Vec<f64>;

    /// Squared Euclidean distance of point `i` to a centroid.
    fn squared_distance_to(&self, i: usize, centroid: &[f64]) -> f64;

    /// Assigns every point to the nearest of row-major `centroids`.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    fn assign(&self, centroids: &[f64], progress: &dyn Progress) -> Result<Clusters>;

    /// The same as [`Self::assign`]. The centroids and clusters `before` are known, which may save
    /// work.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    fn assign_again(
        &self,
        centroids: &[f64],
        before: (&[f64], &Clusters),
        progress: &dyn Progress,
    ) -> Result<Clusters> {
        let _ = before;
        self.assign(centroids, progress)
    }
}

/// Squared Euclidean distance, added in the order of the coordinates.
#[inline]
#[must_use]
pub fn squared_distance<T: Real>(a: &[T], b: &[f64]) -> f64 {
    let square = |(&a, b): (&T, &f64)| (a.into() - b) * (a.into() - b);
    a.iter().zip(b).map(square).sum()
}
