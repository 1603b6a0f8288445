//! Equal points found and their weights added up.

use std::cmp::Ordering;

use rayon::prelude::*;

use crate::real::Real;

/// Rows gathered at a time by one thread, at least.
const CHUNK: usize = 1 << 14;

/// The coordinates and weights of the distinct points, and for every row the position of its point;
/// see [`super::WeightedPoints::distinct`]. The arguments are valid.
pub(super) fn distinct<T: Real>(
    values: &[T],
    dim: usize,
    weights: Option<&[f64]>,
) -> (Vec<T>, Vec<f64>, Vec<u32>) {
    let row = |i: u32| &values[i as usize * dim..][..dim];
    let count = values.len() / dim;
    let mut keyed: Vec<(u64, u32)> =
        (0..count as u32).into_par_iter().map(|i| (T::key(row(i)), i)).collect();
    // The coordinates that the keys do not hold.
    let rest = |i: u32| &row(i)[T::KEYED.min(dim)..];
    let compare = |a: u32, b: u32| {
        let mut pairs = rest(a).iter().zip(rest(b));
        pairs.find_map(|(a, b)| a.partial_cmp(b).filter(|order| order.is_ne()))
    };
    keyed.par_sort_unstable_by(|a, b| {
        let by_row = || compare(a.1, b.1).unwrap_or(Ordering::Equal);
        a.0.cmp(&b.0).then_with(by_row).then(a.1.cmp(&b.1))
    });

    let mut firsts: Vec<u32> = Vec::new();
    let mut total: Vec<f64> = Vec::new();
    let mut position_of = vec![0; count];
    let mut before = None;
    for &(key, i) in &keyed {
        let repeats = |(key_before, j)| key_before == key && compare(j, i).is_none();
        if !before.is_some_and(repeats) {
            firsts.push(i);
            total.push(0.0);
        }
        let last = firsts.len() - 1;
        total[last] += weights.map_or(1.0, |weights| weights[i as usize]);
        position_of[i as usize] = last as u32;
        before = Some((key, i));
    }

    let mut gathered = vec![T::default(); firsts.len() * dim];
    gathered.par_chunks_mut(dim).zip(&firsts).with_min_len(CHUNK).for_each(|(to, &i)| {
        // -0.0 becomes 0.0, whichever of equal points came first.
        to.iter_mut().zip(row(i)).for_each(|(to, &value)| *to = value + T::default());
    });
    (gathered, total, position_of)
}
