//! Palettes of colours given by the caller.

use numpy::{PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use smalti_core::indexed_image::Indices;
use smalti_core::palette;

use crate::arrays::{self, AnyArray};

#[pyfunction]
pub fn ordered_palette<'py>(
    py: Python<'py>,
    colors: PyReadonlyArray2<'py, u8>,
) -> PyResult<(AnyArray<'py>, AnyArray<'py>)> {
    let (count, channels) = (colors.shape()[0], colors.shape()[1]);
    let srgb: Vec<f64> = colors.as_slice()?.iter().copied().map(f64::from).collect();
    let (palette, entry_of) = palette::from_centroids(&srgb, channels, &vec![1.0; count]);
    let ordered = arrays::in_channels(&palette.colors, channels);
    let entries = Indices::smallest(entry_of.into_iter(), palette.colors.len());
    Ok((
        arrays::shaped(py, ordered, [palette.colors.len(), channels])?,
        arrays::indices(py, entries, [count])?,
    ))
}
