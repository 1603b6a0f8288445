//! The assignment step: for every point its nearest prototype. The only argmin there is.
//!
//! [`compare_all`] is the definition: every point is compared with every prototype in f64.
//! [`assign_blocks`] gives the same labels for points of few dimensions, some twenty times
//! faster at 256 prototypes; [`Dense`] gives them for points of many dimensions, some ten times
//! faster. [`Cloud`] is what they have in common.
//!
//! Ties go to the lowest prototype. Results do not depend on the number of threads.

mod dense;
mod every_pair;
mod pruned;
mod sums;
mod tally;

pub use dense::{Dense, nearest};
pub(crate) use every_pair::LANES;
pub use every_pair::{Prototypes, compare_all};
pub use pruned::assign_blocks;
pub(crate) use tally::{Candidate, Tally};

use crate::error::Result;
use crate::point_blocks::PointBlocks;
use crate::points::WeightedPoints;
use crate::progress::Progress;
use crate::real::Real;

/// Points handed to a thread at a time; small enough to balance, large enough to amortise.
const CHUNK: usize = 2048;

/// Points that know their nearest centroid.
pub trait Cloud: Sync {
    /// Number of points.
    fn count(&self) -> usize;

    /// Weight of point `i`.
    fn weight(&self, i: usize) -> f64;

    /// Coordinates of point `i`.
    fn coordinates(&self, i: usize) -> Vec<f64>;

    /// Squared Euclidean distance of point `i` to a centroid.
    fn squared_distance_to(&self, i: usize, centroid: &[f64]) -> f64;

    /// Assigns every point to the nearest of row-major `centroids`.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    fn assign(&self, centroids: &[f64], progress: &dyn Progress) -> Result<Clusters>;

    /// The same, for points of which it is known to which of the centroids `before` they were
    /// assigned; this may save work.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    fn assign_again(
        &self,
        centroids: &[f64],
        before: (&[f64], &Clusters),
        progress: &dyn Progress,
    ) -> Result<Clusters> {
        let _ = before;
        self.assign(centroids, progress)
    }
}

/// For every point the position of its nearest prototype, and the squared distance.
#[derive(Debug, Clone, PartialEq)]
pub struct Assigned {
    /// Positions.
    pub labels: Vec<u32>,
    /// Squared Euclidean distances.
    pub distances: Vec<f64>,
}

impl Assigned {
    fn of(count: usize) -> Self {
        Self { labels: vec![0; count], distances: vec![0.0; count] }
    }
}

/// The clusters that an assignment makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// For every point the position of its nearest centroid.
    pub labels: Vec<u32>,
    /// Weighted sum of the squared distances to it.
    pub inertia: f64,
    /// Row-major weighted sums of the members' coordinates.
    pub sums: Vec<f64>,
    /// Total weight of the members.
    pub weights: Vec<f64>,
    /// For every point how clear the decision was; empty where it is not known.
    pub gaps: Vec<Gap>,
}

/// Bounds of the distances of a point, in the units of what found them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Gap {
    /// At least the distance to its own centroid.
    pub own: f32,
    /// At most the distance to any other centroid.
    pub others: f32,
}

impl<const D: usize> Cloud for PointBlocks<D> {
    fn count(&self) -> usize {
        self.len()
    }

    fn weight(&self, i: usize) -> f64 {
        Self::weight(self, i)
    }

    fn coordinates(&self, i: usize) -> Vec<f64> {
        self.point(i).to_vec()
    }

    fn squared_distance_to(&self, i: usize, centroid: &[f64]) -> f64 {
        squared_distance(&self.point(i), centroid)
    }

    fn assign(&self, centroids: &[f64], progress: &dyn Progress) -> Result<Clusters> {
        assign_blocks(self, centroids.as_chunks::<D>().0, progress)
    }
}

impl<T: Real> Cloud for WeightedPoints<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn weight(&self, i: usize) -> f64 {
        self.weights()[i]
    }

    fn coordinates(&self, i: usize) -> Vec<f64> {
        self.row(i).iter().map(|&value| value.into()).collect()
    }

    fn squared_distance_to(&self, i: usize, centroid: &[f64]) -> f64 {
        squared_distance(self.row(i), centroid)
    }

    fn assign(&self, centroids: &[f64], progress: &dyn Progress) -> Result<Clusters> {
        let prototypes = Prototypes::new(centroids, self.dim());
        let assigned = compare_all(self.values(), &prototypes, progress)?;
        Ok(sums::clusters(self, assigned, prototypes.count()))
    }
}

/// Squared Euclidean distance, added in the order of the coordinates.
#[inline]
#[must_use]
pub fn squared_distance<T: Real>(a: &[T], b: &[f64]) -> f64 {
    let square = |(&a, b): (&T, &f64)| (a.into() - b) * (a.into() - b);
    a.iter().zip(b).map(square).sum()
}
