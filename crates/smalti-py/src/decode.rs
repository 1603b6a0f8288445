//! Decoding of PNG files, and of others with 16 bits a sample.

use numpy::{Element, PyReadonlyArray3, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use smalti_core::decode::{self, PngPixels, Sample};
use smalti_core::pixels::{Pixels, Samples};

use crate::arrays::{self, AnyArray, ImageArray};
use crate::errors::to_python;

/// Pixels, bits, frames, EXIF, and why the colour profile was not used.
type Decoded<'py> = (Bound<'py, PyAny>, usize, usize, Option<Bound<'py, PyBytes>>, Option<String>);

#[pyfunction]
pub fn decode16<'py>(
    py: Python<'py>,
    file: &[u8],
    max_bytes: u64,
) -> PyResult<(AnyArray<'py>, Option<String>)> {
    let decoded =
        py.detach(|| decode::samples16(file, max_bytes)).map_err(|error| to_python(py, &error))?;
    let shape = [decoded.height, decoded.width, decoded.channels];
    Ok((arrays::shaped(py, decoded.samples, shape)?, decoded.profile_refused))
}

#[pyfunction]
pub fn decode_png<'py>(py: Python<'py>, file: &[u8], max_bytes: usize) -> PyResult<Decoded<'py>> {
    let decoded =
        py.detach(|| decode::png(file, max_bytes)).map_err(|error| to_python(py, &error))?;
    let (height, width) = (decoded.height, decoded.width);
    let pixels = match decoded.pixels {
        PngPixels::Bytes(samples, channels) => {
            arrays::shaped(py, samples, [height, width, channels])?
        }
        PngPixels::Words(samples, channels) => {
            arrays::shaped(py, samples, [height, width, channels])?
        }
        PngPixels::Indexed { indices, palette, has_alpha } => {
            let channels = if has_alpha { 4 } else { 3 };
            let colors: Vec<u8> =
                palette.iter().flat_map(|color| color[..channels].to_vec()).collect();
            let indices = arrays::shaped(py, indices, [height, width])?;
            let palette = arrays::shaped(py, colors, [palette.len(), channels])?;
            (indices, palette).into_pyobject(py)?.into_any()
        }
    };
    let bits = decoded.bits_per_pixel * height * width;
    let exif = decoded.exif.map(|exif| PyBytes::new(py, &exif));
    Ok((pixels, bits, decoded.frames, exif, decoded.profile_refused))
}

#[pyfunction]
pub fn apply_gamma<'py>(
    py: Python<'py>,
    image: ImageArray<'py>,
    gamma: f64,
) -> PyResult<AnyArray<'py>> {
    let pixels = image.pixels(py)?;
    match pixels.samples() {
        Samples::U8(samples) => gamma_applied(py, samples, &pixels, gamma),
        Samples::U16(samples) => gamma_applied(py, samples, &pixels, gamma),
    }
}

fn gamma_applied<'py, S: Sample + Element>(
    py: Python<'py>,
    samples: &[S],
    pixels: &Pixels<'_>,
    gamma: f64,
) -> PyResult<AnyArray<'py>> {
    let mut samples = samples.to_vec();
    py.detach(|| decode::apply_gamma(&mut samples, pixels.channels(), gamma));
    arrays::shaped(py, samples, [pixels.height(), pixels.width(), pixels.channels()])
}

/// The samples as sRGB, and why the profile was not used.
#[pyfunction]
pub fn apply_profile<'py>(
    py: Python<'py>,
    image: PyReadonlyArray3<'py, u8>,
    icc: &[u8],
    is_grey: bool,
) -> PyResult<(AnyArray<'py>, Option<String>)> {
    let shape = <[usize; 3]>::try_from(image.shape())?;
    let mut samples = image.as_slice()?.to_vec();
    let applied = py.detach(|| decode::apply_profile(&mut samples, shape[2], icc, is_grey));
    let refused = applied.err().map(|error| error.to_string());
    Ok((arrays::shaped(py, samples, shape)?, refused))
}
