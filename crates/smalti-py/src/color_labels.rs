//! Labels of colours, looked up.

use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::arrays::{self, AnyArray};
use crate::errors::to_python;

/// The 8-bit labels of opaque 8-bit colours; several threads may look up and learn.
#[pyclass(module = "smalti._core", frozen)]
#[derive(Default)]
pub struct ColorLabels(smalti_core::map::ColorLabels);

#[pymethods]
impl ColorLabels {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// The label of each pixel, `clear` where alpha is 0; `None` if some colour has none.
    fn of<'py>(
        &self,
        py: Python<'py>,
        pixels: PyReadonlyArray3<'py, u8>,
        clear: u8,
    ) -> PyResult<Option<AnyArray<'py>>> {
        let [height, width, channels] = [0, 1, 2].map(|axis| pixels.shape()[axis]);
        let samples = pixels.as_slice()?;
        let labels = py.detach(|| self.0.of(samples, channels, clear));
        labels.map(|labels| arrays::shaped(py, labels, [height, width])).transpose()
    }

    /// The colours of pixels that have no label, shape (n, 3), each once.
    fn unknown<'py>(
        &self,
        py: Python<'py>,
        pixels: PyReadonlyArray3<'py, u8>,
    ) -> PyResult<AnyArray<'py>> {
        let (samples, channels) = (pixels.as_slice()?, pixels.shape()[2]);
        let colors = py.detach(|| self.0.unknown(samples, channels));
        let shape = [colors.len(), 3];
        arrays::shaped(py, colors.into_flattened(), shape)
    }

    /// Remembers the label of each colour.
    fn learn(
        &self,
        py: Python<'_>,
        colors: PyReadonlyArray2<'_, u8>,
        labels: PyReadonlyArray1<'_, u8>,
    ) -> PyResult<()> {
        self.0.learn(colors.as_slice()?, labels.as_slice()?).map_err(|error| to_python(py, &error))
    }
}
