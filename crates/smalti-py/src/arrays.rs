//! Conversion between `NumPy` arrays and the core's values. Python hands over contiguous arrays.

use numpy::{
    Element, IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray2, PyReadonlyArray3,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use smalti_core::indexed_image::Indices;
use smalti_core::pixels::{Pixels, Samples};

use crate::errors;
use crate::raw_array::RawArray;

/// An array whose element type depends on the values.
pub type AnyArray<'py> = Bound<'py, PyAny>;

/// An image of 8- or 16-bit samples, shape (H, W, 3 or 4).
#[derive(FromPyObject)]
pub enum ImageArray<'py> {
    // Tried first: asking whether an object is an array loads NumPy.
    Raw(RawArray),
    U8(PyReadonlyArray3<'py, u8>),
    U16(PyReadonlyArray3<'py, u16>),
}

impl ImageArray<'_> {
    pub fn pixels(&self, py: Python<'_>) -> PyResult<Pixels<'_>> {
        let (samples, shape) = match self {
            Self::Raw(array) => (Samples::U8(array.bytes()?), array.shape::<3>()?.as_slice()),
            Self::U8(array) => (Samples::U8(array.as_slice()?), array.shape()),
            Self::U16(array) => (Samples::U16(array.as_slice()?), array.shape()),
        };
        Pixels::new(samples, shape[1], shape[0], shape[2])
            .map_err(|error| errors::to_python(py, &error))
    }
}

/// Points, shape (n, D): numbers in either precision, or opaque colours as they are stored.
#[derive(FromPyObject)]
pub enum PointsArray<'py> {
    F64(PyReadonlyArray2<'py, f64>),
    F32(PyReadonlyArray2<'py, f32>),
    Colors(PyReadonlyArray2<'py, u8>),
}

impl PointsArray<'_> {
    /// The number of points and of their coordinates.
    pub fn shape(&self) -> (usize, usize) {
        let shape = match self {
            Self::F64(array) => array.shape(),
            Self::F32(array) => array.shape(),
            Self::Colors(array) => array.shape(),
        };
        (shape[0], shape[1])
    }
}

/// Points, shape (n, D), in either precision.
#[derive(FromPyObject)]
pub enum RowsArray<'py> {
    F64(PyReadonlyArray2<'py, f64>),
    F32(PyReadonlyArray2<'py, f32>),
}

impl RowsArray<'_> {
    /// The number of coordinates.
    pub fn dim(&self) -> usize {
        match self {
            Self::F64(array) => array.shape()[1],
            Self::F32(array) => array.shape()[1],
        }
    }
}

/// Bytes in rows: indices of shape (H, W), or colours of shape (n, 3) or (n, 4).
#[derive(FromPyObject)]
pub enum ByteRows<'py> {
    // Tried first, as above.
    Raw(RawArray),
    Array(PyReadonlyArray2<'py, u8>),
}

impl ByteRows<'_> {
    /// The bytes, and how many rows and columns they are.
    pub fn parts(&self) -> PyResult<(&[u8], usize, usize)> {
        match self {
            Self::Raw(array) => {
                array.shape().and_then(|&[rows, columns]| Ok((array.bytes()?, rows, columns)))
            }
            Self::Array(array) => Ok((array.as_slice()?, array.shape()[0], array.shape()[1])),
        }
    }

    /// The rows as colours, opaque where they have no alpha.
    pub fn colors(&self) -> PyResult<Vec<[u8; 4]>> {
        let (bytes, _, channels) = self.parts()?;
        let color = |row: &[u8]| [row[0], row[1], row[2], *row.get(3).unwrap_or(&u8::MAX)];
        Ok(bytes.chunks_exact(channels).map(color).collect())
    }
}

/// The array's values, row by row.
pub fn values(array: &PyReadonlyArray2<'_, f64>) -> PyResult<Vec<f64>> {
    Ok(array.as_slice()?.to_vec())
}

/// A flat array shaped to `shape`.
pub fn shaped<T: Element, const N: usize>(
    py: Python<'_>,
    values: Vec<T>,
    shape: [usize; N],
) -> PyResult<AnyArray<'_>>
where
    [usize; N]: numpy::ndarray::IntoDimension,
{
    Ok(values.into_pyarray(py).reshape(shape)?.into_any())
}

/// Indices as an array of `shape`, of their own type.
pub fn indices<const N: usize>(
    py: Python<'_>,
    indices: Indices,
    shape: [usize; N],
) -> PyResult<AnyArray<'_>>
where
    [usize; N]: numpy::ndarray::IntoDimension,
{
    match indices {
        Indices::U8(values) => shaped(py, values, shape),
        Indices::U16(values) => shaped(py, values, shape),
        Indices::U32(values) => shaped(py, values, shape),
    }
}

/// The first `channels` values of each colour, one colour after the other.
pub fn in_channels<T: Copy>(colors: &[[T; 4]], channels: usize) -> Vec<T> {
    colors.iter().flat_map(|color| &color[..channels]).copied().collect()
}

/// A one-dimensional array.
pub fn flat<T: Element>(py: Python<'_>, values: Vec<T>) -> Bound<'_, PyArray1<T>> {
    values.into_pyarray(py)
}
