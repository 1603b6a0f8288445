//! Running the core's work beside the interpreter: threads, progress reports, Ctrl-C.
//!
//! The work runs on a thread of its own, inside a pool of ours. The calling thread waits
//! for it with the interpreter released, hands reports to the Python callback, and looks for
//! signals every [`SIGNAL_INTERVAL`]; only the main thread can do that.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::ThreadPool;
use smalti_core::progress::{Progress, Stage};
use smalti_core::{Error, Result};

use crate::errors;

/// Longest time before a signal is seen.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Runs `work` and returns its result.
///
/// `callback(stage, fraction)` receives every report, in order. An exception of the callback or of
/// a signal handler stops the work at its next report or look at [`Relay::cancelled`]; then it is
/// raised.
pub fn run<T: Send>(
    py: Python<'_>,
    callback: Option<&Py<PyAny>>,
    work: impl FnOnce(&Relay<'_>) -> Result<T> + Send,
) -> PyResult<T> {
    let pool = pool()?;
    let cancelled = AtomicBool::new(false);
    let (reports, mut received) = channel();
    std::thread::scope(|scope| {
        let relay = Relay { reports, heard: callback.is_some(), cancelled: &cancelled };
        // The relay, and with it the channel, ends with the work.
        let worker = std::thread::Builder::new()
            .spawn_scoped(scope, move || pool.install(|| work(&relay)))
            .map_err(no_threads)?;
        let delivered = loop {
            let outcome = match wait(py, &mut received) {
                Ok((stage, fraction)) => call(py, callback, stage, fraction),
                Err(RecvTimeoutError::Timeout) => Ok(()),
                Err(RecvTimeoutError::Disconnected) => break Ok(()),
            };
            if let Err(raised) = outcome.and_then(|()| py.check_signals()) {
                cancelled.store(true, Ordering::Relaxed);
                break Err(raised);
            }
        };
        let result = py.detach(|| worker.join());
        delivered?;
        result.map_err(|_| core_failed())?.map_err(|error| errors::to_python(py, &error))
    })
}

/// Runs work that cannot be stopped. After an interrupt it goes on alone and its result is dropped.
/// `callback` is called with `stage` and 0 at the start and while the work lasts.
pub fn run_unstoppable<T: Send + 'static>(
    py: Python<'_>,
    callback: Option<&Py<PyAny>>,
    stage: Stage,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> PyResult<T> {
    call(py, callback, stage, 0.0)?;
    let pool = pool()?;
    let (done, mut result) = channel();
    // Nobody receives after an interrupt.
    let send = move || done.send(pool.install(work)).unwrap_or(());
    std::thread::Builder::new().spawn(send).map_err(no_threads)?;
    loop {
        match wait(py, &mut result) {
            Ok(result) => return result.map_err(|error| errors::to_python(py, &error)),
            Err(RecvTimeoutError::Timeout) => call(py, callback, stage, 0.0)?,
            Err(RecvTimeoutError::Disconnected) => return Err(core_failed()),
        }
        py.check_signals()?;
    }
}

/// The next message, or a time-out when it is time to look for signals.
fn wait<T: Send>(
    py: Python<'_>,
    messages: &mut Receiver<T>,
) -> std::result::Result<T, RecvTimeoutError> {
    // A receiver may move to another thread but not be shared, hence the exclusive borrow.
    let receive = |messages: &mut Receiver<T>| messages.recv_timeout(SIGNAL_INTERVAL);
    py.detach(|| receive(messages))
}

/// Hands a report to a Python callback, if there is one.
pub fn call(py: Python<'_>, callback: Option<&Py<PyAny>>, stage: Stage, done: f64) -> PyResult<()> {
    callback.map_or(Ok(()), |callback| callback.call1(py, (stage.id(), done)).map(drop))
}

/// The exception for a thread that panicked: a bug that must not end the interpreter.
fn core_failed() -> PyErr {
    PyRuntimeError::new_err("smalti's core failed; please report this")
}

fn no_threads(error: impl std::fmt::Display) -> PyErr {
    PyRuntimeError::new_err(format!("no threads can be started: {error}"))
}

/// Takes the reports of the work and tells it whether to go on.
pub struct Relay<'a> {
    reports: Sender<(Stage, f64)>,
    /// Whether anybody wants the reports: each wakes the thread that receives them.
    heard: bool,
    cancelled: &'a AtomicBool,
}

impl Relay<'_> {
    /// Set once the work is no longer wanted.
    pub fn cancelled(&self) -> &AtomicBool {
        self.cancelled
    }
}

impl Progress for Relay<'_> {
    fn report(&self, stage: Stage, fraction: f64) -> Result<()> {
        if self.heard {
            // Sending fails only after an interrupt, which the flag tells.
            let _ = self.reports.send((stage, fraction));
        }
        self.go_on()
    }

    fn go_on(&self) -> Result<()> {
        if self.cancelled.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }
}

/// The pool of this process, of `RAYON_NUM_THREADS` threads or as many as there are processors.
///
/// A forked process has none of its parent's threads and would wait for them forever; rayon's
/// global pool has the same problem. So each process gets a pool of its own. Work that Python asks
/// for from within other work gets one, too: its caller is a thread of the pool and would wait for
/// itself.
pub fn pool() -> PyResult<Arc<ThreadPool>> {
    static POOL: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);
    if rayon::current_thread_index().is_some() {
        return new_pool();
    }
    let mut current = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some((owner, pool)) = &*current
        && *owner == process
    {
        return Ok(Arc::clone(pool));
    }
    let pool = new_pool()?;
    // Dropping the parent's pool would wait for its threads, which do not exist here.
    std::mem::forget(current.replace((process, Arc::clone(&pool))));
    Ok(pool)
}

fn new_pool() -> PyResult<Arc<ThreadPool>> {
    let builder = rayon::ThreadPoolBuilder::new().thread_name(|i| format!("smalti-{i}"));
    builder.build().map(Arc::new).map_err(no_threads)
}
