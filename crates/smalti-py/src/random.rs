//! Random numbers.

use numpy::PyArray1;
use pyo3::prelude::*;

use crate::arrays;

#[pyfunction]
pub fn uniform(py: Python<'_>, count: usize, seed: u64) -> Bound<'_, PyArray1<f64>> {
    arrays::flat(py, py.detach(|| smalti_core::random::uniform(count, seed)))
}
