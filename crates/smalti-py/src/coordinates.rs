//! Images as coordinates of a colour space, and back.

use numpy::{PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use smalti_core::color::Space;
use smalti_core::coordinates::Coordinates;

use crate::arrays::{self, AnyArray, ImageArray};
use crate::work;

/// The space of that name.
pub fn space_of(name: &str) -> PyResult<Space> {
    match name {
        "srgb" => Ok(Space::Srgb),
        "linear" => Ok(Space::Linear),
        "oklab" => Ok(Space::Oklab),
        other => Err(PyValueError::new_err(format!("unknown space {other:?}"))),
    }
}

#[pyfunction]
pub fn color_coordinates<'py>(
    py: Python<'py>,
    pixels: ImageArray<'py>,
    space: &str,
) -> PyResult<AnyArray<'py>> {
    let (pixels, space) = (pixels.pixels(py)?, space_of(space)?);
    let places = work::run(py, None, |progress| {
        Coordinates::new(space, pixels.max_sample()).of_pixels(&pixels, progress)
    })?;
    arrays::shaped(py, places, [pixels.height(), pixels.width(), pixels.channels()])
}

#[pyfunction]
pub fn colors_at<'py>(
    py: Python<'py>,
    coordinates: PyReadonlyArray2<'py, f64>,
    space: &str,
) -> PyResult<AnyArray<'py>> {
    let (count, dim) = (coordinates.shape()[0], coordinates.shape()[1]);
    // The depth of samples does not matter in this direction.
    let converter = Coordinates::new(space_of(space)?, u16::from(u8::MAX));
    let colors = coordinates.as_slice()?.chunks_exact(dim);
    let colors: Vec<f64> =
        colors.flat_map(|place| converter.to_srgb(place).into_iter().take(dim)).collect();
    arrays::shaped(py, colors, [count, dim])
}

#[pyfunction]
#[pyo3(signature = (pixels, space, *, progress=None))]
pub fn color_features<'py>(
    py: Python<'py>,
    pixels: ImageArray<'py>,
    space: &str,
    progress: Option<Py<PyAny>>,
) -> PyResult<AnyArray<'py>> {
    let (pixels, space) = (pixels.pixels(py)?, space_of(space)?);
    let features = work::run(py, progress.as_ref(), |progress| {
        smalti_core::color_features::color_features(&pixels, space, progress)
    })?;
    arrays::shaped(py, features, [pixels.height(), pixels.width(), 3])
}
