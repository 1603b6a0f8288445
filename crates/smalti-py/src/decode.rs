//! Decoding of files with 16 bits a sample.

use pyo3::prelude::*;

use crate::arrays::{self, AnyArray};
use crate::errors::to_python;

#[pyfunction]
pub fn decode16<'py>(
    py: Python<'py>,
    file: &[u8],
    max_bytes: u64,
) -> PyResult<(AnyArray<'py>, Option<String>)> {
    let decoded = py
        .detach(|| smalti_core::decode::samples16(file, max_bytes))
        .map_err(|error| to_python(py, &error))?;
    let shape = [decoded.height, decoded.width, decoded.channels];
    Ok((arrays::shaped(py, decoded.samples, shape)?, decoded.profile_refused))
}
