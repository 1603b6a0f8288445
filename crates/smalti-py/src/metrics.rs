//! Distances between two images.

use pyo3::prelude::*;
use smalti_core::metrics;

use crate::arrays::{self, AnyArray, ImageArray};
use crate::work;

#[pyfunction]
pub fn mse(py: Python<'_>, reference: ImageArray<'_>, distorted: ImageArray<'_>) -> PyResult<f64> {
    let (a, b) = (reference.pixels(py)?, distorted.pixels(py)?);
    work::run(py, None, |_| metrics::mse(&a, &b))
}

#[pyfunction]
pub fn ssimulacra2(
    py: Python<'_>,
    reference: ImageArray<'_>,
    distorted: ImageArray<'_>,
) -> PyResult<f64> {
    let (a, b) = (reference.pixels(py)?, distorted.pixels(py)?);
    work::run(py, None, |progress| metrics::ssimulacra2(&a, &b, progress.cancelled()))
}

#[pyfunction]
pub fn local_error(
    py: Python<'_>,
    reference: ImageArray<'_>,
    distorted: ImageArray<'_>,
) -> PyResult<(f64, (usize, usize))> {
    let (a, b) = (reference.pixels(py)?, distorted.pixels(py)?);
    let worst = work::run(py, None, |progress| metrics::worst_local_error(&a, &b, progress))?;
    Ok((worst.error, (worst.x, worst.y)))
}

#[pyfunction]
pub fn local_errors<'py>(
    py: Python<'py>,
    reference: ImageArray<'py>,
    distorted: ImageArray<'py>,
) -> PyResult<AnyArray<'py>> {
    let (a, b) = (reference.pixels(py)?, distorted.pixels(py)?);
    let map = work::run(py, None, |progress| metrics::local_errors(&a, &b, progress))?;
    arrays::shaped(py, map, [a.height(), a.width()])
}
