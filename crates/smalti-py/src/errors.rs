//! The one place where the core's errors become Python's.

use pyo3::prelude::*;
use smalti_core::Error;

/// The exception of `smalti.exceptions` that stands for `error`.
///
/// If importing it fails, that failure is returned instead.
pub fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    let class = match error {
        Error::Decoding(_) | Error::DamagedPng(_) | Error::HighDynamicRange(_) => "ImageReadError",
        Error::QualityNotReached { .. } | Error::SizeNotReached { .. } => "TargetNotReachedError",
        _ => "InvalidParameterError",
    };
    let exception = py
        .import("smalti.exceptions")
        .and_then(|module| module.getattr(class))
        .and_then(|class| class.call1((error.to_string(),)));
    match exception {
        Ok(exception) => PyErr::from_value(exception),
        Err(failure) => failure,
    }
}
