//! The members of each cluster, added up exactly.
//!
//! Numbers are rounded to multiples of a quantum that all chunks share, a power of 2, and added up as
//! integers. Sums of integers have no order: they are the same whatever the chunks.

use multiversion::multiversion;
use rayon::prelude::*;

use crate::error::Result;
use crate::nearest::{Assigned, nearest};
use crate::progress::Progress;
use crate::real::Real;

/// Points assigned together: their labels and distances need some megabytes.
const PIECE: usize = 1 << 16;

/// Bound on the memory for sums of threads, in integers (64 MiB).
const MAX_SUMS: usize = 1 << 22;

/// What numbers are multiplied by to become integers.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// For each coordinate a power of 2 that brings it to at most 2^62.
    pub coordinates: Vec<f64>,
    /// A power of 2 that brings squared distances to at most 2^86.
    pub distances: f64,
}

/// The members of each cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// Number of members.
    pub counts: Vec<i64>,
    /// Row-major sums of their scaled coordinates.
    pub sums: Vec<i128>,
    /// Sum of the scaled squared distances to the nearest centroid.
    pub inertia: i128,
}

impl Tally {
    fn new(k: usize, dim: usize) -> Self {
        Self { counts: vec![0; k], sums: vec![0; k * dim], inertia: 0 }
    }

    fn add(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, theirs)| *mine += theirs);
        self.sums.iter_mut().zip(&other.sums).for_each(|(mine, theirs)| *mine += theirs);
        self.inertia += other.inertia;
    }
}

/// Assigns every row of `values` to the nearest of row-major `centroids` and adds up the members.
///
/// Up to 2^40 points do not overflow.
///
/// # Errors
/// What `progress` returns to stop.
pub fn tally<T: Real>(
    values: &[T],
    centroids: &[f64],
    scale: &Scale,
    progress: &dyn Progress,
) -> Result<Tally> {
    let dim = scale.coordinates.len();
    let k = centroids.len() / dim;
    let parts = (MAX_SUMS / (k * dim)).clamp(1, rayon::current_num_threads());
    let rows = (values.len() / dim).div_ceil(parts).max(PIECE);
    let tallies: Vec<Tally> = values
        .par_chunks(rows * dim)
        .map(|rows| {
            let mut tally = Tally::new(k, dim);
            for piece in rows.chunks(PIECE * dim) {
                add_members(&mut tally, piece, &nearest(piece, dim, centroids, progress)?, scale);
            }
            Ok(tally)
        })
        .collect::<Result<_>>()?;
    let mut total = Tally::new(k, dim);
    tallies.iter().for_each(|tally| total.add(tally));
    Ok(total)
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2", "x86_64+sse4.1"))]
fn add_members<T: Real>(tally: &mut Tally, values: &[T], assigned: &Assigned, scale: &Scale) {
    let dim = scale.coordinates.len();
    for (row, &label) in values.chunks_exact(dim).zip(&assigned.labels) {
        let label = label as usize;
        tally.counts[label] += 1;
        let sums = &mut tally.sums[label * dim..][..dim];
        for ((sum, &value), &scale) in sums.iter_mut().zip(row).zip(&scale.coordinates) {
            *sum += i128::from((value.into() * scale).round_ties_even() as i64);
        }
    }
    for distance in &assigned.distances {
        tally.inertia += (distance * scale.distances).round_ties_even() as i128;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use proptest::prelude::*;

    #[test]
    fn members_are_added_up() {
        let scale = Scale { coordinates: vec![1.0, 4.0], distances: 16.0 };
        // The last point is as near to both: the first has it.
        let values = [0.0f32, 0.25, 1.0, -0.5, 8.0, 8.0, 4.5, 4.0];
        let found = tally(&values, &[1.0, 0.0, 8.0, 8.0], &scale, &Silent).unwrap();
        assert_eq!(found.counts, [3, 1]);
        // 0 + 1 + 4.5 to even; 4 (0.25 - 0.5 + 4).
        assert_eq!(found.sums, [5, 15, 8, 32]);
        // 1 + 0.0625, 0.25, 0, 12.25 + 16.
        assert_eq!(found.inertia, 17 + 4 + 452);
    }

    #[test]
    fn no_points_have_no_members() {
        let scale = Scale { coordinates: vec![1.0], distances: 1.0 };
        let nothing: [f64; 0] = [];
        assert_eq!(tally(&nothing, &[1.0, 2.0], &scale, &Silent).unwrap(), Tally::new(2, 1));
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let exponent = |e: i32| 2f64.powi(e);
        let scale = Scale { coordinates: vec![exponent(62 - 300)], distances: exponent(86 - 602) };
        let values = vec![-exponent(300); 1000];
        let found = tally(&values, &[exponent(300)], &scale, &Silent).unwrap();
        assert_eq!(found.sums, [-1000 * (1i128 << 62)]);
        assert_eq!(found.inertia, 1000 * (1i128 << 86));
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference(
            values in prop::collection::vec(-1e3f64..1e3, 6..600),
            cut: prop::sample::Index,
            dim in 1usize..4,
        ) {
            let values = &values[..values.len() / dim * dim];
            let centroids = &values[..2 * dim];
            let scale = Scale { coordinates: vec![2f64.powi(50); dim], distances: 2f64.powi(60) };
            let whole = tally(values, centroids, &scale, &Silent).unwrap();
            let (a, b) = values.split_at(cut.index(values.len() / dim + 1) * dim);
            let mut merged = tally(b, centroids, &scale, &Silent).unwrap();
            merged.add(&tally(a, centroids, &scale, &Silent).unwrap());
            prop_assert_eq!(merged, whole);
        }
    }
}
