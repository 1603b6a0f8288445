//! The distinct colours of images, and how often each occurs.

use pyo3::prelude::*;
use smalti_core::color_points::ColorSpace;
use smalti_core::histogram::Histogram;

use crate::arrays::{self, AnyArray, ByteRows, ImageArray};
use crate::coordinates::space_of;
use crate::work;

#[pyfunction]
pub fn count_colors(py: Python<'_>, pixels: ImageArray<'_>) -> PyResult<usize> {
    let pixels = pixels.pixels(py)?;
    work::run(py, None, |progress| Ok(Histogram::of(&pixels, progress)?.len()))
}

/// How often each distinct colour of an image occurs.
#[pyfunction]
pub fn color_counts(py: Python<'_>, pixels: ImageArray<'_>) -> PyResult<Vec<u64>> {
    let pixels = pixels.pixels(py)?;
    work::run(py, None, |progress| Ok(Histogram::of(&pixels, progress)?.counts().to_vec()))
}

/// How often each of 256 indices occurs.
#[pyfunction]
pub fn count_indices(py: Python<'_>, indices: ByteRows<'_>) -> PyResult<[u64; 256]> {
    let (indices, ..) = indices.parts()?;
    Ok(py.detach(|| {
        let mut counts = [0; 256];
        indices.iter().for_each(|&index| counts[usize::from(index)] += 1);
        counts
    }))
}

/// The distinct colours of an image, as many samples each as it has channels, and how often each
/// occurs.
#[pyfunction]
#[pyo3(signature = (pixels, *, progress=None))]
pub fn distinct_colors<'py>(
    py: Python<'py>,
    pixels: ImageArray<'py>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(AnyArray<'py>, AnyArray<'py>)> {
    let pixels = pixels.pixels(py)?;
    let (colors, counts) = work::run(py, progress.as_ref(), |progress| {
        let histogram = Histogram::of(&pixels, progress)?;
        let channels = pixels.channels();
        let colors = histogram.colors().flat_map(|color| color.into_iter().take(channels));
        let counts: Vec<f64> = histogram.counts().iter().map(|&count| count as f64).collect();
        Ok((colors.collect::<Vec<u16>>(), counts))
    })?;
    let shape = [counts.len(), pixels.channels()];
    Ok((arrays::shaped(py, colors, shape)?, arrays::flat(py, counts).into_any()))
}

/// The distinct colours of an image as points of a colour space, and how often each occurs.
#[pyfunction]
#[pyo3(signature = (pixels, space, *, progress=None))]
pub fn color_points<'py>(
    py: Python<'py>,
    pixels: ImageArray<'py>,
    space: &str,
    progress: Option<Py<PyAny>>,
) -> PyResult<(AnyArray<'py>, AnyArray<'py>)> {
    let (pixels, space) = (pixels.pixels(py)?, space_of(space)?);
    let (points, counts, dim) = work::run(py, progress.as_ref(), |progress| {
        let histogram = Histogram::of(&pixels, progress)?;
        // A k of 1: with more clusters, see-through colours would be set apart.
        let space = ColorSpace::new(&histogram, pixels.max_sample(), space, 1);
        let points = match space.dim() {
            3 => flat_colors::<3>(&histogram, &space),
            _ => flat_colors::<4>(&histogram, &space),
        };
        let counts: Vec<f64> = histogram.counts().iter().map(|&n| n as f64).collect();
        Ok((points, counts, space.dim()))
    })?;
    let points = arrays::shaped(py, points, [counts.len(), dim])?;
    Ok((points, arrays::flat(py, counts).into_any()))
}

fn flat_colors<const D: usize>(histogram: &Histogram, space: &ColorSpace) -> Vec<f64> {
    histogram.colors().flat_map(|color| space.coordinates::<D>(color)).collect()
}
