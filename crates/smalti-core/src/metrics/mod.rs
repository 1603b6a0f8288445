//! How far a picture is from its original.

mod local_error;
mod mse;
mod shape;
mod ssimulacra2;

pub use local_error::{UNITS, WorstPlace, local_errors, worst_local_error};
pub use mse::mse;
pub use ssimulacra2::{Scorer, ssimulacra2};
