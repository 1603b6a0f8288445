//! Images divided into superpixels.

use numpy::{PyReadonlyArray2, PyReadonlyArray3, PyUntypedArrayMethods};
use pyo3::prelude::*;
use smalti_core::superpixels::{FeatureImage, ITERATIONS, SuperpixelSettings};

use crate::arrays::{self, AnyArray};
use crate::{errors, work};

#[pyfunction]
#[pyo3(signature = (features, count, *, compactness, mask=None, progress=None))]
pub fn superpixels<'py>(
    py: Python<'py>,
    features: PyReadonlyArray3<'py, f32>,
    count: usize,
    compactness: f64,
    mask: Option<PyReadonlyArray2<'py, bool>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<AnyArray<'py>> {
    let (height, width, dim) = (features.shape()[0], features.shape()[1], features.shape()[2]);
    let mask = mask.as_ref().map(|mask| mask.as_slice()).transpose()?;
    let image = FeatureImage::new(features.as_slice()?, dim, (width, height), mask)
        .map_err(|error| errors::to_python(py, &error))?;
    let settings = SuperpixelSettings { count, compactness, iterations: ITERATIONS };
    let labels = work::run(py, progress.as_ref(), |progress| {
        smalti_core::superpixels::superpixels(&image, &settings, progress)
    })?;
    arrays::shaped(py, labels, [height, width])
}
