//! The core's work on vectors, composed for Python's functions.

use smalti_core::Result;
use smalti_core::indexed_image::Indices;
use smalti_core::kmeans::{Fit, Settings, fit};
use smalti_core::nearest::{Assigned, nearest};
use smalti_core::points::{WeightedPoints, check_values};
use smalti_core::progress::Progress;
use smalti_core::real::Real;

/// Fits the distinct points; labels are those of all.
pub fn clustered<T: Real>(
    values: &[T],
    dim: usize,
    weights: Option<&[f64]>,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<(Fit, Indices)> {
    let (distinct, position_of) = WeightedPoints::distinct(values, dim, weights)?;
    let fit = fit(&distinct, settings, progress)?;
    let labels = position_of.iter().map(|&i| fit.labels[i as usize]);
    let labels = Indices::smallest(labels, fit.centroids.len() / dim);
    Ok((fit, labels))
}

/// Labels and squared distances of points to the nearest of some centroids.
pub fn quantised<T: Real>(
    values: &[T],
    dim: usize,
    centroids: &[f64],
    progress: &dyn Progress,
) -> Result<Assigned> {
    check_values("x", values, dim)?;
    nearest(values, dim, centroids, progress)
}
