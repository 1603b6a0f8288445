//! What a search is given, and what it finds.

use super::super::clusters::{Assigned, Gap};
use super::super::every_pair::Prototypes;
use super::filter::Filter;
use super::frame::Frame;
use super::moves::Moves;
use crate::real::Real;

/// Prototypes for both precisions.
pub(super) struct DensePrototypes {
    /// In f64.
    pub exact: Prototypes,
    /// In less.
    pub filter: Filter,
}

impl DensePrototypes {
    pub fn new<T: Real>(centroids: &[f64], frame: &Frame<T>, dim: usize) -> Option<Self> {
        let filter = Filter::new(centroids, frame)?;
        Some(Self { exact: Prototypes::new(centroids, dim), filter })
    }
}

/// What does not depend on the point.
pub(super) struct DenseSearch<'a, T> {
    pub frame: &'a Frame<T>,
    pub prototypes: &'a DensePrototypes,
    /// What labels and gaps that are known say of the centroids now.
    pub moves: Option<&'a Moves>,
}

/// What is known of points.
pub(super) struct Found {
    pub assigned: Assigned,
    pub gaps: Vec<Gap>,
}

impl Found {
    pub fn of(count: usize) -> Self {
        Self { assigned: Assigned::of(count), gaps: vec![Gap::default(); count] }
    }
}
