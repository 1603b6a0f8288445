//! Progress reports to a Python callable, and Ctrl-C.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use pyo3::prelude::*;
use smalti_core::progress::{Progress, Stage};
use smalti_core::{Error, Result};

use crate::errors;

/// How often a wait for work that does not report by itself looks for Ctrl-C.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Waits for the result of another thread's work, reporting `stage` meanwhile.
///
/// The outer failure is what `progress` returns to stop; a thread that ended without a result
/// counts as interrupted.
pub fn wait<T>(receiver: &Receiver<T>, stage: Stage, progress: &dyn Progress) -> Result<T> {
    loop {
        match receiver.recv_timeout(SIGNAL_INTERVAL) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Timeout) => progress.report(stage, 0.0)?,
            Err(RecvTimeoutError::Disconnected) => return Err(Error::Interrupted),
        }
    }
}

/// Calls `callback(stage, fraction)` and looks for signals at every report.
pub struct PyProgress {
    callback: Option<Py<PyAny>>,
    /// What the callback or a signal handler raised; it stops the computation.
    raised: Mutex<Option<PyErr>>,
}

impl PyProgress {
    pub fn new(callback: Option<Py<PyAny>>) -> Self {
        Self { callback, raised: Mutex::new(None) }
    }

    /// Runs `work` with the interpreter released and translates its failure.
    pub fn run<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&dyn Progress) -> Result<T> + Send,
    ) -> PyResult<T> {
        py.detach(|| work(self)).map_err(|error| {
            let raised = self.raised.lock().ok().and_then(|mut raised| raised.take());
            raised.unwrap_or_else(|| errors::to_python(py, &error))
        })
    }
}

impl Progress for PyProgress {
    fn report(&self, stage: Stage, fraction: f64) -> Result<()> {
        let outcome = Python::attach(|py| {
            py.check_signals()?;
            if let Some(callback) = &self.callback {
                callback.call1(py, (stage.name(), fraction))?;
            }
            Ok(())
        });
        outcome.map_err(|error| {
            if let Ok(mut raised) = self.raised.lock() {
                *raised = Some(error);
            }
            Error::Interrupted
        })
    }
}
