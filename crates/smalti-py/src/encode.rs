//! Encoding of indexed images as files.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use smalti_core::Error;
use smalti_core::encode;
use smalti_core::indexed_image::IndexedImage;
use smalti_core::preset::Preset;
use smalti_core::progress::{Silent, Stage};

use crate::arrays::ByteRows;
use crate::errors::to_python;
use crate::work;

#[pyfunction]
#[pyo3(signature = (indices, palette, *, effort, weighed, progress=None))]
pub fn encode_png<'py>(
    py: Python<'py>,
    indices: ByteRows<'py>,
    palette: ByteRows<'py>,
    effort: u8,
    weighed: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let (bytes, height, width) = indices.parts()?;
    let refused = |error: Error| to_python(py, &error);
    let image =
        IndexedImage::new(width, height, palette.colors()?, bytes.to_vec()).map_err(refused)?;
    let Preset { png_level, .. } = Preset::of_effort(effort).map_err(refused)?;
    let png = work::run_unstoppable(py, progress.as_ref(), Stage::Encode, move || {
        encode::png(&image, png_level, weighed, &Silent)
    })?;
    Ok(PyBytes::new(py, &png))
}
