//! The results of an assignment step.

/// Points handed to a thread at a time; small enough to balance, large enough to amortise.
pub(super) const CHUNK: usize = 2048;

/// For every point the position of its nearest prototype, and the squared distance.
#[derive(Debug, Clone, PartialEq)]
pub struct Assigned {
    /// Positions.
    pub labels: Vec<u32>,
    /// Squared Euclidean distances.
    pub distances: Vec<f64>,
}

impl Assigned {
    pub(super) fn of(count: usize) -> Self {
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
    /// For every point how clear the decision was; empty if that is not known.
    pub gaps: Vec<Gap>,
}

/// Bounds of a point's distances, in units of the search that found them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Gap {
    /// Upper bound of the distance to its own centroid.
    pub own: f32,
    /// Lower bound of the distance to every other centroid.
    pub others: f32,
}
