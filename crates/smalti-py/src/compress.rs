//! Compression of images to a palette and indices.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use smalti_core::encode::{Coder, PngCoder};
use smalti_core::goal::Goal;
use smalti_core::indexed_image::{IndexedImage, Indices, Mapped};
use smalti_core::labels::DitherMethod;
use smalti_core::map::{GivenPalette, MapOptions, to_palette};
use smalti_core::pipeline::{self, Options};
use smalti_core::preset::Preset;

use crate::arrays::{self, ByteRows, ImageArray};
use crate::coder::PythonCoder;
use crate::coordinates::space_of;
use crate::errors::to_python;
use crate::raw_array::{Raw, raw, raw_indices};
use crate::work;

/// Indices, palette and centroids; rate weight and dither; the file and the SSIMULACRA2, if they were
/// found on the way.
type Compressed<'py> =
    (Raw<'py>, Raw<'py>, Raw<'py>, (f64, f64), Option<Bound<'py, PyBytes>>, Option<f64>);

#[pyfunction]
#[pyo3(signature = (pixels, k, *, rate_weight, quality, max_bytes, dither, dither_method, keep, order, space, effort, palette=None, count_bytes=None, progress=None))]
#[expect(clippy::too_many_arguments, reason = "keyword arguments of the Python function")]
pub fn compress<'py>(
    py: Python<'py>,
    pixels: ImageArray<'py>,
    k: usize,
    rate_weight: Option<f64>,
    quality: Option<f64>,
    max_bytes: Option<usize>,
    dither: Option<f64>,
    dither_method: &str,
    keep: Vec<[u8; 4]>,
    order: Option<ByteRows<'py>>,
    space: &str,
    effort: u8,
    palette: Option<Vec<[u8; 4]>>,
    count_bytes: Option<Py<PyAny>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Compressed<'py>> {
    let pixels = pixels.pixels(py)?;
    let space = space_of(space)?;
    let dither_method = match dither_method {
        "diffusion" => DitherMethod::Diffusion,
        "blue-noise" => DitherMethod::BlueNoise,
        "ordered" => DitherMethod::Ordered,
        other => return Err(PyValueError::new_err(format!("unknown dither_method {other:?}"))),
    };
    let preset = Preset::of_effort(effort).map_err(|error| to_python(py, &error))?;
    let goal = match (rate_weight, quality, max_bytes) {
        (Some(weight), ..) => Goal::RateWeight(weight),
        (_, Some(quality), _) => Goal::Quality(quality),
        (.., Some(bytes)) => Goal::MaxBytes(bytes),
        (None, None, None) => Goal::Affordable,
    };
    let given = palette.as_deref();
    let (keep, order) = (&keep, &order.map_or(Ok(Vec::new()), |order| order.colors())?);
    // A given palette with see-through colours can make an opaque image see-through.
    let see_through = given.is_some_and(|colors| colors.iter().any(|color| color[3] < u8::MAX));
    let channels = if see_through { 4 } else { pixels.channels() };
    let png = PngCoder { level: preset.png_level };
    let python = count_bytes.as_ref().map(|function| PythonCoder::new(function, png, channels));
    let coder: &dyn Coder = python.as_ref().map_or(&png, |python| python);
    let map = MapOptions { space, preset, goal, dither, dither_method, coder };
    let found = work::run(py, progress.as_ref(), |progress| match given {
        Some(colors) => to_palette(&pixels, &GivenPalette { colors, before: None }, &map, progress),
        None => pipeline::compress(&pixels, &Options { k, keep, order, map }, progress),
    });
    if let Some(raised) = python.and_then(PythonCoder::raised) {
        return Err(raised);
    }
    let Mapped { image, rate_weight, dither, file, score } = found?;
    let (palette, indices, centroids) = parts(py, &image, channels)?;
    let file = file.map(|contents| PyBytes::new(py, &contents));
    Ok((indices, palette, centroids, (rate_weight, dither), file, score))
}

/// Palette, indices and centroids of a picture whose colours have so many channels.
fn parts<'py>(
    py: Python<'py>,
    image: &IndexedImage<Indices>,
    channels: usize,
) -> PyResult<(Raw<'py>, Raw<'py>, Raw<'py>)> {
    let (size, colors) = ([image.height(), image.width()], image.palette().len());
    let palette = arrays::in_channels(image.palette(), channels);
    let centroids = arrays::in_channels(image.centroids(), channels);
    Ok((
        raw(py, &palette, [colors, channels])?,
        raw_indices(py, image.indices(), size)?,
        raw(py, &centroids, [colors, channels])?,
    ))
}
