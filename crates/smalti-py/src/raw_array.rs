//! Arrays that need no `NumPy`: their bytes, their shape, and what `NumPy` calls their elements.

use std::borrow::Cow;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};
use smalti_core::indexed_image::Indices;

/// What Python hands over: `smalti.raw_array.RawArray`.
#[derive(FromPyObject)]
pub struct RawArray(PyBackedBytes, Vec<usize>, String);

impl RawArray {
    /// Its elements, which must be bytes, as many as its shape says.
    pub fn bytes(&self) -> PyResult<&[u8]> {
        let Self(bytes, shape, element) = self;
        let count = shape.iter().try_fold(1_usize, |count, &side| count.checked_mul(side));
        if element == u8::NAME && count == Some(bytes.len()) {
            return Ok(bytes);
        }
        let length = bytes.len();
        Err(PyValueError::new_err(format!("{length} bytes as {element} of shape {shape:?}")))
    }

    /// Its sides.
    pub fn shape<const N: usize>(&self) -> PyResult<&[usize; N]> {
        let refused = |_| PyValueError::new_err(format!("{N} sides wanted, got {:?}", self.1));
        self.1.as_slice().try_into().map_err(refused)
    }
}

/// What Python gets: the arguments of `smalti.raw_array.RawArray`.
pub type Raw<'py> = (Bound<'py, PyBytes>, Bound<'py, PyTuple>, &'static str);

/// What arrays can be made of.
pub trait Element: Sized {
    /// What `NumPy` calls it.
    const NAME: &'static str;

    /// The bytes of values as they lie in memory.
    fn bytes_of(values: &[Self]) -> Cow<'_, [u8]>;
}

impl Element for u8 {
    const NAME: &'static str = "uint8";

    fn bytes_of(values: &[Self]) -> Cow<'_, [u8]> {
        Cow::Borrowed(values)
    }
}

macro_rules! of_several_bytes {
    ($($element:ty: $name:literal),+) => {$(
        impl Element for $element {
            const NAME: &'static str = $name;

            fn bytes_of(values: &[Self]) -> Cow<'_, [u8]> {
                values.iter().flat_map(|value| value.to_ne_bytes()).collect()
            }
        }
    )+};
}

of_several_bytes!(u16: "uint16", u32: "uint32", f64: "float64");

/// Values as an array of `shape`.
pub fn raw<'py, T: Element, const N: usize>(
    py: Python<'py>,
    values: &[T],
    shape: [usize; N],
) -> PyResult<Raw<'py>> {
    Ok((PyBytes::new(py, &T::bytes_of(values)), PyTuple::new(py, shape)?, T::NAME))
}

/// Indices as an array of `shape`, of their own type.
pub fn raw_indices<'py, const N: usize>(
    py: Python<'py>,
    indices: &Indices,
    shape: [usize; N],
) -> PyResult<Raw<'py>> {
    match indices {
        Indices::U8(values) => raw(py, values, shape),
        Indices::U16(values) => raw(py, values, shape),
        Indices::U32(values) => raw(py, values, shape),
    }
}
