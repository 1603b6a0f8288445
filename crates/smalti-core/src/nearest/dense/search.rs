//! The input of a search among many dimensions, and its results.

use super::super::clusters::{Assigned, Gap};
use super::super::every_pair::Prototypes;
use super::filter::Filter;
use super::frame::Frame;
use super::moves::Moves;
use crate::real::Real;

/// Prototypes for both precisions.
pub(super) struct DensePrototypes {
    /// Prototypes in f64, which decide.
    pub exact: Prototypes,
    /// Prototypes in lower precision, which leave tiles out.
    pub filter: Filter,
}

impl DensePrototypes {
    pub fn new<T: Real>(centroids: &[f64], frame: &Frame<T>, dim: usize) -> Option<Self> {
        let filter = Filter::new(centroids, frame)?;
        Some(Self { exact: Prototypes::new(centroids, dim), filter })
    }
}

/// The input that all points share.
pub(super) struct DenseSearch<'a, T> {
    pub frame: &'a Frame<T>,
    pub prototypes: &'a DensePrototypes,
    /// How far centroids have moved since the known labels and gaps were found.
    pub moves: Option<&'a Moves>,
}

/// Labels, distances and gaps of all points.
pub(super) struct Found {
    pub assigned: Assigned,
    pub gaps: Vec<Gap>,
}

impl Found {
    pub fn of(count: usize) -> Self {
        Self { assigned: Assigned::of(count), gaps: vec![Gap::default(); count] }
    }
}
