//! Decoding of PNG, GIF and WebP files, and of others with 16 bits a sample.

use numpy::Element;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use smalti_core::decode::{self, Decoded, DecodedPixels, Sample};
use smalti_core::pixels::{Pixels, Samples};

use crate::arrays::{self, AnyArray, ImageArray};
use crate::errors::to_python;
use crate::raw_array::{Raw, raw};

/// Pixels or indices, the palette if there is one, bits, frames, EXIF, and why the colour profile was
/// not used.
type Parts<'py> =
    (Raw<'py>, Option<Raw<'py>>, usize, usize, Option<Bound<'py, PyBytes>>, Option<String>);

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
pub fn decode_png<'py>(py: Python<'py>, file: &[u8], max_bytes: usize) -> PyResult<Parts<'py>> {
    let decoded =
        py.detach(|| decode::png(file, max_bytes)).map_err(|error| to_python(py, &error))?;
    parts(py, decoded)
}

/// As `decode_png`, of the first picture of a GIF or WebP file.
#[pyfunction]
pub fn decode_first<'py>(py: Python<'py>, file: &[u8], max_bytes: usize) -> PyResult<Parts<'py>> {
    let decoded = py
        .detach(|| decode::first_picture(file, max_bytes))
        .map_err(|error| to_python(py, &error))?;
    parts(py, decoded)
}

/// Width, height and frames of a GIF or WebP file.
#[pyfunction]
pub fn read_header(py: Python<'_>, file: &[u8]) -> PyResult<(usize, usize, usize)> {
    let header = py.detach(|| decode::header(file)).map_err(|error| to_python(py, &error))?;
    Ok((header.width, header.height, header.frames))
}

fn parts(py: Python<'_>, decoded: Decoded) -> PyResult<Parts<'_>> {
    let (height, width) = (decoded.height, decoded.width);
    let (pixels, palette) = match decoded.pixels {
        DecodedPixels::Bytes(samples, channels) => {
            (raw(py, &samples, [height, width, channels])?, None)
        }
        DecodedPixels::Words(samples, channels) => {
            (raw(py, &samples, [height, width, channels])?, None)
        }
        DecodedPixels::Indexed { indices, palette, has_alpha } => {
            let channels = if has_alpha { 4 } else { 3 };
            let colors = arrays::in_channels(&palette, channels);
            let palette = raw(py, &colors, [palette.len(), channels])?;
            (raw(py, &indices, [height, width])?, Some(palette))
        }
    };
    let bits = decoded.bits_per_pixel * height * width;
    let exif = decoded.exif.map(|exif| PyBytes::new(py, &exif));
    Ok((pixels, palette, bits, decoded.frames, exif, decoded.profile_refused))
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

/// The samples, of 8 bits, as sRGB, and why the profile was not used.
#[pyfunction]
pub fn apply_profile<'py>(
    py: Python<'py>,
    image: ImageArray<'py>,
    icc: &[u8],
    is_grey: bool,
) -> PyResult<(Raw<'py>, Option<String>)> {
    let pixels = image.pixels(py)?;
    let Samples::U8(samples) = pixels.samples() else {
        return Err(PyTypeError::new_err("samples of 8 bits are needed"));
    };
    let mut samples = samples.to_vec();
    let channels = pixels.channels();
    let applied = py.detach(|| decode::apply_profile(&mut samples, channels, icc, is_grey));
    let refused = applied.err().map(|error| error.to_string());
    Ok((raw(py, &samples, [pixels.height(), pixels.width(), channels])?, refused))
}
