//! Palettes of colours given by the caller, and the colours that indices stand for.

use numpy::{PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use smalti_core::indexed_image::{IndexedImage, Indices};
use smalti_core::palette;

use crate::arrays::{self, AnyArray, ByteRows};
use crate::errors::to_python;
use crate::raw_array::{Raw, raw};

/// What an index outside the palette stands for.
const OPAQUE_BLACK: [u8; 4] = [0, 0, 0, u8::MAX];

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

/// The colours of indices, shape (H, W, 3 or 4); black where an index is outside the palette.
#[pyfunction]
pub fn looked_up<'py>(
    py: Python<'py>,
    indices: ByteRows<'py>,
    palette: ByteRows<'py>,
) -> PyResult<Raw<'py>> {
    let (indices, height, width) = indices.parts()?;
    let (_, _, channels) = palette.parts()?;
    let mut colors = palette.colors()?;
    colors.resize(256, OPAQUE_BLACK);
    let samples = py.detach(|| {
        let image = IndexedImage::new(width, height, colors, indices.to_vec())?;
        Ok(image.samples(channels))
    });
    let samples = samples.map_err(|error| to_python(py, &error))?;
    raw(py, &samples, [height, width, channels])
}
