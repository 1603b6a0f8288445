//! Compression of images to a palette and indices.

use numpy::PyReadonlyArray2;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use smalti_core::labels::DitherMethod;
use smalti_core::pipeline::{self, Goal, Options};
use smalti_core::preset::Preset;

use crate::arrays::{self, AnyArray, ImageArray};
use crate::coordinates::space_of;
use crate::errors::to_python;
use crate::work;

#[pyfunction]
#[pyo3(signature = (pixels, k, *, rate_weight, quality, max_bytes, dither, dither_method, keep, space, effort, progress=None))]
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
    keep: PyReadonlyArray2<'py, u8>,
    space: &str,
    effort: u8,
    progress: Option<Py<PyAny>>,
) -> PyResult<(AnyArray<'py>, AnyArray<'py>, AnyArray<'py>, f64, f64)> {
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
    let (keep, _) = keep.as_slice()?.as_chunks::<4>();
    let options = Options { k, space, preset, goal, dither, dither_method, keep };
    let compressed = work::run(py, progress.as_ref(), |progress| {
        pipeline::compress(&pixels, &options, progress)
    })?;
    let (channels, colors) = (pixels.channels(), compressed.palette.len());
    let palette: Vec<u8> =
        compressed.palette.iter().flat_map(|color| color[..channels].to_vec()).collect();
    Ok((
        arrays::indices(py, compressed.indices, [pixels.height(), pixels.width()])?,
        arrays::shaped(py, palette, [colors, channels])?,
        arrays::shaped(py, compressed.centroids, [colors, channels])?,
        compressed.rate_weight,
        compressed.dither,
    ))
}
