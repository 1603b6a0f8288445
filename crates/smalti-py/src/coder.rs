//! Coders of formats that are written outside the core.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use smalti_core::encode::{Coder, File, PngCoder};
use smalti_core::indexed_image::Mapped;
use smalti_core::labels::BitModel;
use smalti_core::progress::Progress;
use smalti_core::{Error, Result};

use crate::arrays;

/// A coder whose files a Python function measures: `function(indices, palette)` returns the number
/// of bytes. Labels are chosen as for PNG.
pub struct PythonCoder<'a> {
    function: &'a Py<PyAny>,
    png: PngCoder,
    channels: usize,
    raised: Mutex<Option<PyErr>>,
}

impl<'a> PythonCoder<'a> {
    /// The palette is handed over with so many channels.
    pub fn new(function: &'a Py<PyAny>, png: PngCoder, channels: usize) -> Self {
        Self { function, png, channels, raised: Mutex::new(None) }
    }

    /// What the function has raised, which stopped the work.
    pub fn raised(self) -> Option<PyErr> {
        self.raised.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn measured(&self, py: Python<'_>, picture: &Mapped) -> PyResult<usize> {
        let image = &picture.image;
        let indices = arrays::shaped(py, image.indices().clone(), [image.height(), image.width()])?;
        let colors = arrays::in_channels(image.palette(), self.channels);
        let palette = arrays::shaped(py, colors, [image.palette().len(), self.channels])?;
        self.function.call1(py, (indices, palette))?.extract(py)
    }
}

impl Coder for PythonCoder<'_> {
    fn bit_model(&self, is_drawing: bool) -> BitModel {
        self.png.bit_model(is_drawing)
    }

    fn file(&self, picture: &Mapped, progress: &dyn Progress) -> Result<File> {
        progress.go_on()?;
        Python::attach(|py| self.measured(py, picture)).map(File::Measured).map_err(|raised| {
            *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(raised);
            Error::Interrupted
        })
    }
}
