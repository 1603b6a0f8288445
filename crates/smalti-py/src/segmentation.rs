//! Classes of pixels: their centroids, and labels that lie together.

use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3, PyUntypedArrayMethods};
use pyo3::prelude::*;
use smalti_core::kmeans::{Init, KMeansSettings, fit};
use smalti_core::labels::{self, Boundaries, Features};
use smalti_core::points::WeightedPoints;

use crate::arrays::{self, AnyArray};
use crate::work;

/// Largest number of iterations of a start.
const MAX_ITER: usize = 300;

/// Centroids of up to `k` classes and the weight of each. The initial centroids come first, and the
/// first `locked` of them stay.
#[pyfunction]
#[pyo3(signature = (points, sample_weight, k, initial_centroids, locked, *, n_init, seed, progress=None))]
#[expect(clippy::too_many_arguments, reason = "keyword arguments of the Python function")]
pub fn fit_classes<'py>(
    py: Python<'py>,
    points: PyReadonlyArray2<'py, f64>,
    sample_weight: PyReadonlyArray1<'py, f64>,
    k: usize,
    initial_centroids: PyReadonlyArray2<'py, f64>,
    locked: usize,
    n_init: usize,
    seed: u64,
    progress: Option<Py<PyAny>>,
) -> PyResult<(AnyArray<'py>, AnyArray<'py>)> {
    let dim = points.shape()[1];
    let init = Init::Partial { centroids: arrays::values(&initial_centroids)?, locked };
    let settings = KMeansSettings { k, init, n_init, max_iter: MAX_ITER, tol: 0.0, seed };
    let (values, weights) = (points.as_slice()?, sample_weight.as_slice()?);
    let (centroids, weights) = work::run(py, progress.as_ref(), |progress| {
        let (points, _) = WeightedPoints::distinct(values, dim, Some(weights))?;
        let fit = fit(&points, &settings, progress)?;
        let mut weights = vec![0.0; fit.centroids.len() / dim];
        for (&label, weight) in fit.labels.iter().zip(points.weights()) {
            weights[label as usize] += weight;
        }
        Ok((fit.centroids, weights))
    })?;
    let shape = [weights.len(), dim];
    Ok((arrays::shaped(py, centroids, shape)?, arrays::flat(py, weights).into_any()))
}

/// Means of square blocks of pixels, shape (rows, columns, D), and how many pixels of each are
/// within the mask.
#[pyfunction]
#[pyo3(signature = (features, halvings, *, mask=None, progress=None))]
pub fn block_means<'py>(
    py: Python<'py>,
    features: PyReadonlyArray3<'py, f32>,
    halvings: u32,
    mask: Option<PyReadonlyArray2<'py, bool>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(AnyArray<'py>, AnyArray<'py>)> {
    let [width, dim] = [1, 2].map(|axis| features.shape()[axis]);
    let values = features.as_slice()?;
    let mask = mask.as_ref().map(|mask| mask.as_slice()).transpose()?;
    let blocks = work::run(py, progress.as_ref(), |progress| {
        labels::block_means(&Features { values, dim, width, mask }, halvings, progress)
    })?;
    let (rows, columns) = (blocks.counts.len() / blocks.width, blocks.width);
    Ok((
        arrays::shaped(py, blocks.means, [rows, columns, dim])?,
        arrays::shaped(py, blocks.counts, [rows, columns])?,
    ))
}

/// Features multiplied by a matrix of shape (D, D).
#[pyfunction]
#[pyo3(signature = (features, matrix, *, progress=None))]
pub fn mixed_features<'py>(
    py: Python<'py>,
    features: PyReadonlyArray3<'py, f32>,
    matrix: PyReadonlyArray2<'py, f32>,
    progress: Option<Py<PyAny>>,
) -> PyResult<AnyArray<'py>> {
    let shape = [0, 1, 2].map(|axis| features.shape()[axis]);
    let (values, matrix) = (features.as_slice()?, matrix.as_slice()?);
    let mixed = work::run(py, progress.as_ref(), |progress| {
        smalti_core::color_features::mixed(values, matrix, shape[2], progress)
    })?;
    arrays::shaped(py, mixed, shape)
}

/// The class of every pixel; boundaries between classes have a cost.
#[pyfunction]
#[pyo3(signature = (features, centroids, *, spatial_weight, gap=None, mask=None, progress=None))]
pub fn class_labels<'py>(
    py: Python<'py>,
    features: PyReadonlyArray3<'py, f32>,
    centroids: PyReadonlyArray2<'py, f64>,
    spatial_weight: f64,
    gap: Option<f64>,
    mask: Option<PyReadonlyArray2<'py, bool>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<AnyArray<'py>> {
    let boundaries = Boundaries { weight: spatial_weight, gap };
    let [height, width, dim] = [0, 1, 2].map(|axis| features.shape()[axis]);
    let (values, centroids) = (features.as_slice()?, centroids.as_slice()?);
    let mask = mask.as_ref().map(|mask| mask.as_slice()).transpose()?;
    let labels = work::run(py, progress.as_ref(), |progress| {
        let features = Features { values, dim, width, mask };
        labels::potts(&features, centroids, boundaries, progress)
    })?;
    arrays::shaped(py, labels, [height, width])
}

/// How much the classes of an image differ, which is what boundaries between them cost.
#[pyfunction]
#[pyo3(signature = (features, centroids, *, mask=None, progress=None))]
pub fn class_gap(
    py: Python<'_>,
    features: PyReadonlyArray3<'_, f32>,
    centroids: PyReadonlyArray2<'_, f64>,
    mask: Option<PyReadonlyArray2<'_, bool>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<f64> {
    let [width, dim] = [1, 2].map(|axis| features.shape()[axis]);
    let (values, centroids) = (features.as_slice()?, centroids.as_slice()?);
    let mask = mask.as_ref().map(|mask| mask.as_slice()).transpose()?;
    work::run(py, progress.as_ref(), |progress| {
        labels::class_gap(&Features { values, dim, width, mask }, centroids, progress)
    })
}
