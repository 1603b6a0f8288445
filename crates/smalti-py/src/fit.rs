//! Palettes for many images.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use smalti_core::fit::{FitOptions, SharedPalette, fit_shared};
use smalti_core::histogram::{HistogramSum, ImageColors, Total};
use smalti_core::preset::Preset;
use smalti_core::progress::Stage;

use crate::arrays::{self, AnyArray, ImageArray};
use crate::coordinates::space_of;
use crate::errors::to_python;
use crate::raw_array::{Raw, raw};
use crate::work;

/// Palette, centroids, and the pixels to which each colour is the nearest.
type Fitted<'py> = (Raw<'py>, Raw<'py>, Raw<'py>);

/// The colours of many images; several threads may add to them.
///
/// Only threads of Python lock the sum, without the interpreter's lock. A thread of the pool that waited
/// for it would keep others from their share of the work that is done under it.
#[pyclass(module = "smalti._core", frozen)]
#[derive(Default)]
pub struct ColorSum(Mutex<HistogramSum>);

impl ColorSum {
    /// Does something with the sum on the threads of the pool.
    fn locked<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut HistogramSum) -> T + Send,
    ) -> PyResult<T> {
        let pool = work::pool()?;
        Ok(py.detach(|| {
            let sum = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            pool.install(|| work(sum))
        }))
    }
}

#[pymethods]
impl ColorSum {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Adds the pixels of an image, each counted `weight` times.
    #[pyo3(signature = (pixels, weight, *, progress=None))]
    fn add(
        &self,
        py: Python<'_>,
        pixels: ImageArray<'_>,
        weight: u64,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let pixels = pixels.pixels(py)?;
        if let Some(colors) = ImageColors::uncounted(&pixels, weight) {
            work::call(py, progress.as_ref(), Stage::Histogram, 0.0)?;
            // This needs no pool, and is done before one would have begun.
            py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).add(colors));
            return Ok(());
        }
        let colors = work::run(py, progress.as_ref(), |progress| {
            ImageColors::of(&pixels, weight, progress)
        })?;
        self.locked(py, |sum| sum.add(colors))
    }

    /// Adds what another sum holds.
    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        let other = other.locked(py, |sum| sum.clone())?;
        self.locked(py, |sum| sum.merge(other))
    }

    /// The sum as bytes, which `add_bytes` adds to another.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let packed = self.locked(py, |sum| sum.to_bytes())?;
        Ok(PyBytes::new(py, &packed))
    }

    /// Adds what `to_bytes` has returned.
    fn add_bytes(&self, py: Python<'_>, data: &[u8]) -> PyResult<()> {
        self.locked(py, |sum| sum.add_bytes(data))?.map_err(|error| to_python(py, &error))
    }

    /// All distinct colours, four samples each, how often each occurs, and the largest sample.
    fn colors<'py>(&self, py: Python<'py>) -> PyResult<(AnyArray<'py>, AnyArray<'py>, u16)> {
        let Total { histogram, max_sample } = self.locked(py, |sum| sum.total())?;
        let colors: Vec<u16> = histogram.colors().flatten().collect();
        let counts = histogram.counts().iter().map(|&count| count as f64).collect();
        let shape = [histogram.len(), 4];
        Ok((arrays::shaped(py, colors, shape)?, arrays::flat(py, counts).into_any(), max_sample))
    }

    /// Fits a palette; there must have been pixels. One of an image whose weight was `unit` counts once.
    #[pyo3(signature = (k, *, unit, keep, space, effort, progress=None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of the Python method")]
    fn fit<'py>(
        &self,
        py: Python<'py>,
        k: usize,
        unit: u64,
        keep: Vec<[u8; 4]>,
        space: &str,
        effort: u8,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Fitted<'py>> {
        let space = space_of(space)?;
        let preset = Preset::of_effort(effort).map_err(|error| to_python(py, &error))?;
        let options = FitOptions { k, space, preset, keep: &keep };
        let total = self.locked(py, |sum| sum.total())?;
        let fitted =
            work::run(py, progress.as_ref(), |progress| fit_shared(total, &options, progress))?;
        let SharedPalette { palette, weights, channels } = fitted;
        let pixels: Vec<f64> = weights.iter().map(|&weight| weight as f64 / unit as f64).collect();
        let shape = [palette.colors.len(), channels];
        Ok((
            raw(py, &arrays::in_channels(&palette.colors, channels), shape)?,
            raw(py, &arrays::in_channels(&palette.centroids, channels), shape)?,
            raw(py, &pixels, [pixels.len()])?,
        ))
    }
}
