//! Distinct points of a chunk that are picked by a key: drawn at random, or far from their centroids.
//!
//! Those with the smallest keys are picked; of equal keys those whose coordinates are less, the first
//! coordinate first. If a point is among the first m of all, it is among the first m of its chunk.
//! So chunks may leave the others out.

use std::cmp::Ordering;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::error::Result;
use crate::nearest::{Assigned, nearest, squared_distance};
use crate::progress::Progress;
use crate::random::uniform_at;
use crate::real::Real;

/// Rows handed to a thread at a time.
const CHUNK: usize = 1 << 14;

/// Rows that are sorted at first, for each that is picked: most of them are distinct.
const SORTED: usize = 4;

/// How many times more are sorted when these were too few.
const MORE: usize = 16;

/// Picked points, by key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picks {
    /// Row-major coordinates.
    pub rows: Vec<f64>,
    /// Keys, ascending.
    pub keys: Vec<f64>,
    /// Position of the nearest centroid; 0 where there were none.
    pub labels: Vec<u32>,
    /// Points that are equal to it and have its key, itself among them.
    pub copies: Vec<i64>,
}

/// Which random numbers points get.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    /// Fixes all numbers.
    pub seed: u64,
    /// Each round has its own numbers.
    pub round: u64,
    /// The number of the chunk's first row among the rows of all chunks.
    pub first_row: u64,
}

/// Up to `count` distinct points, drawn with probability proportional to the squared distance to the
/// nearest of row-major `centroids`; all are as likely where there are no centroids.
///
/// This is sampling without replacement (P. Efraimidis and P. Spirakis, "Weighted random sampling
/// with a reservoir", 2006, doi:10.1016/j.ipl.2005.11.003). Points on a centroid are not drawn.
///
/// # Errors
/// What `progress` returns to stop.
pub fn drawn<T: Real>(
    values: &[T],
    dim: usize,
    draw: Draw,
    centroids: &[f64],
    count: usize,
    progress: &dyn Progress,
) -> Result<Picks> {
    let rows = values.len() / dim;
    let Assigned { labels, distances } = if centroids.is_empty() {
        Assigned { labels: vec![0; rows], distances: vec![1.0; rows] }
    } else {
        nearest(values, dim, centroids, progress)?
    };
    let key = |i: usize| {
        let uniform = uniform_at(draw.seed, draw.round, draw.first_row.wrapping_add(i as u64));
        -libm::log(uniform) / distances[i]
    };
    let keyed = (0..rows).into_par_iter().with_min_len(CHUNK).map(|i| (key(i), i));
    let keyed = keyed.filter(|(key, _)| key.is_finite()).collect();
    Ok(first_distinct(values, dim, keyed, &labels, count))
}

/// Up to `count` distinct points that lie farthest from the mean of their cluster; the key is minus
/// the squared distance. Row-major `centroids` tell the clusters, `means` where their means are.
/// Points on the mean are left out.
///
/// # Errors
/// What `progress` returns to stop.
pub fn costliest<T: Real>(
    values: &[T],
    dim: usize,
    (centroids, means): (&[f64], &[f64]),
    count: usize,
    progress: &dyn Progress,
) -> Result<Picks> {
    let Assigned { labels, .. } = nearest(values, dim, centroids, progress)?;
    let key = |i: usize| {
        let mean = &means[labels[i] as usize * dim..][..dim];
        -squared_distance(&values[i * dim..][..dim], mean)
    };
    let keyed = (0..labels.len()).into_par_iter().with_min_len(CHUNK).map(|i| (key(i), i));
    let keyed = keyed.filter(|&(key, _)| key < 0.0).collect();
    Ok(first_distinct(values, dim, keyed, &labels, count))
}

/// The first `count` distinct rows by key and coordinates; `keyed` holds keys and positions.
fn first_distinct<T: Real>(
    values: &[T],
    dim: usize,
    mut keyed: Vec<(f64, usize)>,
    labels: &[u32],
    count: usize,
) -> Picks {
    let row = |i: usize| &values[i * dim..][..dim];
    let compare = |a: &(f64, usize), b: &(f64, usize)| {
        let differing = || row(a.1).iter().zip(row(b.1)).find_map(differ);
        a.0.total_cmp(&b.0).then_with(|| differing().unwrap_or(Ordering::Equal))
    };
    let mut sorted = SORTED * (count + 1);
    loop {
        let everything = sorted >= keyed.len();
        if everything {
            keyed.par_sort_unstable_by(compare);
        } else {
            keyed.select_nth_unstable_by(sorted, compare);
            keyed[..sorted].par_sort_unstable_by(compare);
        }
        let known = &keyed[..sorted.min(keyed.len())];
        let (picks, is_complete) = Picks::of(known, row, labels, count);
        if everything || is_complete {
            return picks;
        }
        sorted *= MORE;
    }
}

fn differ<T: Real>((a, b): (&T, &T)) -> Option<Ordering> {
    a.partial_cmp(b).filter(|order| order.is_ne())
}

impl Picks {
    /// The first `count` distinct rows in the order given, and whether that order told of yet
    /// another, so that nothing after it matters.
    fn of<'a, T: Real>(
        keyed: &[(f64, usize)],
        row: impl Fn(usize) -> &'a [T],
        labels: &[u32],
        count: usize,
    ) -> (Self, bool) {
        let mut picks = Self::default();
        let mut places: FxHashMap<Vec<u64>, usize> = FxHashMap::default();
        let (mut coordinates, mut bits) = (Vec::new(), Vec::new());
        for &(key, i) in keyed {
            coordinates.clear();
            // -0 becomes 0.
            coordinates.extend(row(i).iter().map(|&value| value.into() + 0.0));
            bits.clear();
            bits.extend(coordinates.iter().map(|value| value.to_bits()));
            if let Some(&place) = places.get(bits.as_slice()) {
                picks.copies[place] += i64::from(picks.keys[place] == key);
                continue;
            }
            if picks.keys.len() == count {
                return (picks, true);
            }
            places.insert(bits.clone(), picks.keys.len());
            picks.rows.extend_from_slice(&coordinates);
            picks.keys.push(key);
            picks.labels.push(labels[i]);
            picks.copies.push(1);
        }
        (picks, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use proptest::prelude::*;

    const DRAW: Draw = Draw { seed: 7, round: 0, first_row: 0 };

    #[test]
    fn the_costliest_points_come_first_with_their_copies() {
        // Members of 0 with mean 1, and of 10 with mean 10.
        let values = [0.0, 3.0, -1.0, 10.0, 3.0, 12.0];
        let means = ([0.0, 10.0].as_slice(), [1.0, 10.0].as_slice());
        let found = costliest(&values, 1, means, 4, &Silent).unwrap();
        // Of the three at a squared distance of 4 the least comes first.
        let expected = Picks {
            rows: vec![-1.0, 3.0, 12.0, 0.0],
            keys: vec![-4.0, -4.0, -4.0, -1.0],
            labels: vec![0, 0, 1, 0],
            copies: vec![1, 2, 1, 1],
        };
        assert_eq!(found, expected);
        let first = costliest(&values, 1, means, 2, &Silent).unwrap();
        assert_eq!((first.rows, first.copies), (vec![-1.0, 3.0], vec![1, 2]));
    }

    #[test]
    fn every_distinct_point_is_drawn_if_there_are_few() {
        let values: Vec<f32> = (0..5000).map(|i| (i % 3) as f32 - 0.0).chain([-0.0]).collect();
        let mut found = drawn(&values, 1, DRAW, &[], 10, &Silent).unwrap().rows;
        found.sort_by(f64::total_cmp);
        assert_eq!(found, [0.0, 1.0, 2.0]);
    }

    #[test]
    fn points_on_a_centroid_are_not_drawn() {
        let found = drawn(&[0.0, 5.0, 0.0, 9.0], 1, DRAW, &[0.0, 9.0], 4, &Silent).unwrap();
        assert_eq!(found.rows, [5.0]);
    }

    #[test]
    fn far_points_are_drawn_as_often_as_their_squared_distance_says() {
        // Squared distances 1, 1 and 8.
        let values = [1.0, 0.0, 0.0, 1.0, 2.0, 2.0];
        let far = |seed| {
            let draw = Draw { seed, round: 3, first_row: 11 };
            drawn(&values, 2, draw, &[0.0, 0.0], 1, &Silent).unwrap().rows == [2.0, 2.0]
        };
        let count = (0..1000).filter(|&seed| far(seed)).count();
        // Expected 800, standard deviation 13.
        assert!((740..860).contains(&count), "{count}");
    }

    proptest! {
        #[test]
        fn what_chunks_leave_out_is_not_missed(
            values in prop::collection::vec(-40i8..40, 2..400),
            cut: prop::sample::Index,
            count in 1usize..9,
            seed: u64,
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let draw = Draw { seed, round: 1, first_row: 0 };
            let whole = drawn(&values, 1, draw, &[0.0], count, &Silent).unwrap();
            let (a, b) = values.split_at(cut.index(values.len()));
            let second = Draw { first_row: a.len() as u64, ..draw };
            let parts = [
                drawn(a, 1, draw, &[0.0], count, &Silent).unwrap(),
                drawn(b, 1, second, &[0.0], count, &Silent).unwrap(),
            ];
            let mut both: Vec<(f64, f64)> =
                parts.iter().flat_map(|p| p.keys.iter().copied().zip(p.rows.iter().copied())).collect();
            both.sort_by(|a, b| a.partial_cmp(b).unwrap());
            let mut rows: Vec<f64> = Vec::new();
            for (_, row) in both {
                if !rows.contains(&row) && rows.len() < count {
                    rows.push(row);
                }
            }
            prop_assert_eq!(rows, whole.rows);
        }
    }
}
