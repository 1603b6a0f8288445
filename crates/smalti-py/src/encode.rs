//! Encoding of indexed images as files.

use numpy::{PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use smalti_core::Error;
use smalti_core::encode;
use smalti_core::indexed_image::IndexedImage;
use smalti_core::preset::Preset;
use smalti_core::progress::{Silent, Stage};

use crate::errors::to_python;
use crate::work;

#[pyfunction]
#[pyo3(signature = (indices, palette, *, effort, weighed, progress=None))]
pub fn encode_png<'py>(
    py: Python<'py>,
    indices: PyReadonlyArray2<'py, u8>,
    palette: PyReadonlyArray2<'py, u8>,
    effort: u8,
    weighed: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let (height, width) = (indices.shape()[0], indices.shape()[1]);
    let mut colors = Vec::with_capacity(palette.shape()[0]);
    for entry in palette.as_slice()?.chunks_exact(palette.shape()[1]) {
        colors.push([entry[0], entry[1], entry[2], *entry.get(3).unwrap_or(&u8::MAX)]);
    }
    let refused = |error: Error| to_python(py, &error);
    let image =
        IndexedImage::new(width, height, colors, indices.as_slice()?.to_vec()).map_err(refused)?;
    let Preset { png_level, .. } = Preset::of_effort(effort).map_err(refused)?;
    let png = work::run_unstoppable(py, progress.as_ref(), Stage::Encode, move || {
        encode::png(&image, png_level, weighed, &Silent)
    })?;
    Ok(PyBytes::new(py, &png))
}
