//! Animations: their frames read, mapped to a palette, and written.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use smalti_core::animation::{self, FrameOptions, MappedFrame, Part};
use smalti_core::preset::Preset;
use smalti_core::{decode, encode};

use crate::coordinates::space_of;
use crate::errors::to_python;
use crate::raw_array::{Raw, RawArray, raw};

/// The frames of a GIF or APNG file.
#[pyclass(module = "smalti._core", frozen)]
pub struct AnimationReader(Mutex<decode::AnimationReader>);

impl AnimationReader {
    fn with<T>(&self, work: impl FnOnce(&mut decode::AnimationReader) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[pymethods]
impl AnimationReader {
    #[new]
    fn new(py: Python<'_>, file: &[u8], max_bytes: usize) -> PyResult<Self> {
        let opened = py.detach(|| decode::AnimationReader::new(file.to_vec(), max_bytes));
        opened.map(|reader| Self(Mutex::new(reader))).map_err(|error| to_python(py, &error))
    }

    /// Height and width.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        let (width, height) = self.with(|reader| reader.sides());
        (height, width)
    }

    #[getter]
    fn frames(&self) -> usize {
        self.with(|reader| reader.frames())
    }

    #[getter]
    fn plays(&self) -> usize {
        self.with(|reader| reader.plays())
    }

    /// Pixels with alpha, and milliseconds; `None` after the last frame.
    fn next_frame<'py>(&self, py: Python<'py>) -> PyResult<Option<(Raw<'py>, f64)>> {
        let (height, width) = self.shape();
        let found = py.detach(|| {
            self.with(|reader| {
                let found = reader.next_frame()?;
                Ok(found.map(|(pixels, milliseconds)| (pixels.to_vec(), milliseconds)))
            })
        });
        let found = found.map_err(|error| to_python(py, &error))?;
        found
            .map(|(pixels, milliseconds)| Ok((raw(py, &pixels, [height, width, 4])?, milliseconds)))
            .transpose()
    }
}

/// Row and column where a frame's part begins, its labels, whether it is cleared after it, and pixels
/// that are held.
type Mapped<'py> = (usize, usize, Raw<'py>, Option<Vec<[u8; 3]>>, bool, usize);

/// Maps frames to a palette, one after the other.
#[pyclass(module = "smalti._core")]
pub struct FrameMapper(animation::FrameMapper);

#[pymethods]
impl FrameMapper {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "arguments of the Python class")]
    fn new(
        py: Python<'_>,
        shape: (usize, usize),
        palette: Vec<[u8; 3]>,
        space: &str,
        effort: u8,
        weight: f64,
        dither: f64,
        has_own_palettes: bool,
    ) -> PyResult<Self> {
        let space = space_of(space)?;
        let preset = Preset::of_effort(effort).map_err(|error| to_python(py, &error))?;
        let (height, width) = shape;
        let options = FrameOptions { space, preset, weight, dither, has_own_palettes };
        let mapper = animation::FrameMapper::new((width, height), &palette, options);
        mapper.map(Self).map_err(|error| to_python(py, &error))
    }

    /// Maps the next frame, when some of those that follow are known.
    fn map<'py>(
        &mut self,
        py: Python<'py>,
        frame: RawArray,
        following: Vec<RawArray>,
    ) -> PyResult<Mapped<'py>> {
        let frame = frame.bytes()?;
        let following = following.iter().map(RawArray::bytes).collect::<PyResult<Vec<_>>>()?;
        let Self(mapper) = self;
        let mapped = py.detach(|| mapper.map(frame, &following));
        let MappedFrame { part, labels, palette, clears, held } =
            mapped.map_err(|error| to_python(py, &error))?;
        Ok((
            part.top,
            part.left,
            raw(py, &labels, [part.height, part.width])?,
            palette,
            clears,
            held,
        ))
    }
}

/// Writes a GIF file.
#[pyclass(module = "smalti._core")]
pub struct GifWriter(Option<encode::GifWriter>);

#[pymethods]
impl GifWriter {
    #[new]
    fn new(
        py: Python<'_>,
        shape: (usize, usize),
        palette: Vec<[u8; 3]>,
        plays: usize,
    ) -> PyResult<Self> {
        let (height, width) = shape;
        let writer = encode::GifWriter::new((width, height), &palette, plays);
        writer.map(|writer| Self(Some(writer))).map_err(|error| to_python(py, &error))
    }

    /// Writes a frame that is shown for so many hundredths of a second; returns the bytes so far.
    fn write(
        &mut self,
        py: Python<'_>,
        corner: (usize, usize),
        labels: RawArray,
        palette: Option<Vec<[u8; 3]>>,
        clears: bool,
        delay: u16,
    ) -> PyResult<usize> {
        let &[height, width] = labels.shape()?;
        let part = Part { left: corner.1, top: corner.0, width, height };
        let frame =
            MappedFrame { part, labels: labels.bytes()?.to_vec(), palette, clears, held: 0 };
        let Some(writer) = &mut self.0 else {
            return Err(PyValueError::new_err("the file is finished"));
        };
        py.detach(|| writer.write(&frame, delay)).map_err(|error| to_python(py, &error))
    }

    /// The file.
    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let file = self.0.take().map_or(Ok(Vec::new()), encode::GifWriter::finish);
        file.map(|file| PyBytes::new(py, &file)).map_err(|error| to_python(py, &error))
    }
}
