//! K-Means of vectors, and the nearest of some centroids.

use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use smalti_core::Result;
use smalti_core::growing;
use smalti_core::indexed_image::Indices;
use smalti_core::kmeans::{Fit, Init, KMeansSettings, Stop, fit};
use smalti_core::nearest::Assigned;
use smalti_core::pipeline;
use smalti_core::pixels::{Pixels, Samples};
use smalti_core::points::{WeightedPoints, check_values};
use smalti_core::progress::Progress;
use smalti_core::real::Real;

use crate::arrays::{self, AnyArray, PointsArray, RowsArray};
use crate::work;

#[derive(FromPyObject)]
pub enum InitArgument<'py> {
    Name(String),
    Centroids(PyReadonlyArray2<'py, f64>),
}

#[pyfunction]
#[pyo3(signature = (points, sample_weight, k, init, *, n_init, max_iter, tol, seed, progress=None))]
#[expect(clippy::too_many_arguments, reason = "keyword arguments of the Python function")]
pub fn kmeans<'py>(
    py: Python<'py>,
    points: PointsArray<'py>,
    sample_weight: Option<PyReadonlyArray1<'py, f64>>,
    k: usize,
    init: InitArgument<'py>,
    n_init: usize,
    max_iter: usize,
    tol: f64,
    seed: u64,
    progress: Option<Py<PyAny>>,
) -> PyResult<(AnyArray<'py>, AnyArray<'py>, f64, usize, AnyArray<'py>, &'static str)> {
    let (count, dim) = points.shape();
    let init = match &init {
        InitArgument::Centroids(centroids) => Init::Centroids(arrays::values(centroids)?),
        InitArgument::Name(name) if name == "random" => Init::Random,
        InitArgument::Name(name) if name == "wu" => Init::Wu,
        InitArgument::Name(name) if name == "k-means++" => Init::greedy_kmeans_plusplus(k),
        InitArgument::Name(other) => {
            return Err(PyValueError::new_err(format!("unknown init {other:?}")));
        }
    };
    let settings = KMeansSettings { k, init, n_init, max_iter, tol, seed };
    let weights = sample_weight.as_ref().map(|weights| weights.as_slice()).transpose()?;
    let (fit, labels) = match &points {
        PointsArray::F64(rows) => {
            let values = rows.as_slice()?;
            work::run(py, progress.as_ref(), |progress| {
                clustered(values, dim, weights, &settings, progress)
            })?
        }
        PointsArray::F32(rows) => {
            let values = rows.as_slice()?;
            work::run(py, progress.as_ref(), |progress| {
                clustered(values, dim, weights, &settings, progress)
            })?
        }
        PointsArray::Colors(_) if sample_weight.is_some() => {
            return Err(PyValueError::new_err("8-bit colours are counted: they take no weights"));
        }
        PointsArray::Colors(colors) => {
            let samples = Samples::U8(colors.as_slice()?);
            work::run(py, progress.as_ref(), |progress| {
                pipeline::cluster(&Pixels::new(samples, count, 1, dim)?, &settings, progress)
            })?
        }
    };
    let found = fit.centroids.len() / dim;
    Ok((
        arrays::shaped(py, fit.centroids, [found, dim])?,
        arrays::indices(py, labels, [count])?,
        fit.inertia,
        fit.n_iter,
        arrays::flat(py, fit.history).into_any(),
        fit.ended_by.name(),
    ))
}

/// Codebooks of several sizes: the centroids of each, smallest first.
#[pyfunction]
#[pyo3(signature = (points, sample_weight, ks, *, max_iter, tol, progress=None))]
pub fn grow<'py>(
    py: Python<'py>,
    points: PyReadonlyArray2<'py, f64>,
    sample_weight: PyReadonlyArray1<'py, f64>,
    ks: Vec<usize>,
    max_iter: usize,
    tol: f64,
    progress: Option<Py<PyAny>>,
) -> PyResult<Vec<AnyArray<'py>>> {
    let dim = points.shape()[1];
    let (values, weights) = (points.as_slice()?, sample_weight.as_slice()?);
    let fits = work::run(py, progress.as_ref(), |progress| {
        let (points, _) = WeightedPoints::distinct(values, dim, Some(weights))?;
        let tolerance = tol * points.mean_variance();
        growing::grow(&points, &ks, &Stop { max_iter, tolerance }, progress)
    })?;
    let shaped = |fit: Fit| {
        let count = fit.centroids.len() / dim;
        arrays::shaped(py, fit.centroids, [count, dim])
    };
    fits.into_iter().map(shaped).collect()
}

#[pyfunction]
#[pyo3(signature = (points, centroids, *, progress=None))]
pub fn nearest<'py>(
    py: Python<'py>,
    points: RowsArray<'py>,
    centroids: PyReadonlyArray2<'py, f64>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(AnyArray<'py>, AnyArray<'py>)> {
    let (count, dim) = (centroids.shape()[0], centroids.shape()[1]);
    let centroids = centroids.as_slice()?;
    let Assigned { labels, distances } = match &points {
        RowsArray::F64(rows) => {
            let values = rows.as_slice()?;
            work::run(py, progress.as_ref(), |progress| {
                quantised(values, dim, centroids, progress)
            })?
        }
        RowsArray::F32(rows) => {
            let values = rows.as_slice()?;
            work::run(py, progress.as_ref(), |progress| {
                quantised(values, dim, centroids, progress)
            })?
        }
    };
    let labels = Indices::smallest(labels.into_iter(), count);
    let points = distances.len();
    Ok((arrays::indices(py, labels, [points])?, arrays::flat(py, distances).into_any()))
}

/// Fits the distinct points; returns labels of all points.
fn clustered<T: Real>(
    values: &[T],
    dim: usize,
    weights: Option<&[f64]>,
    settings: &KMeansSettings,
    progress: &dyn Progress,
) -> Result<(Fit, Indices)> {
    let (distinct, position_of) = WeightedPoints::distinct(values, dim, weights)?;
    let fit = fit(&distinct, settings, progress)?;
    let labels = position_of.iter().map(|&i| fit.labels[i as usize]);
    let labels = Indices::smallest(labels, fit.centroids.len() / dim);
    Ok((fit, labels))
}

/// Labels and squared distances of points to the nearest of some centroids.
fn quantised<T: Real>(
    values: &[T],
    dim: usize,
    centroids: &[f64],
    progress: &dyn Progress,
) -> Result<Assigned> {
    check_values("x", values, dim)?;
    smalti_core::nearest::nearest(values, dim, centroids, progress)
}
