//! Weighted sums of the members of each cluster.

use multiversion::multiversion;
use rayon::prelude::*;

use super::clusters::{Assigned, Clusters};
use crate::points::WeightedPoints;
use crate::real::Real;

/// Points summed at a time, at least.
const MIN_SUMMED: usize = 4096;

/// Parts summed at a time, at most.
const MAX_PARTS: usize = 64;

/// Bound on the memory for partial sums, in f64 values (16 MiB).
const MAX_PARTIAL_SUMS: usize = 1 << 21;

/// The `k` clusters of an assignment, added up in fixed chunks.
pub(super) fn clusters<T: Real>(
    points: &WeightedPoints<T>,
    assigned: Assigned,
    k: usize,
) -> Clusters {
    let dim = points.dim();
    let max_parts = (MAX_PARTIAL_SUMS / (k * (dim + 1))).clamp(1, MAX_PARTS);
    let part = points.len().div_ceil(max_parts).max(MIN_SUMMED);
    let Assigned { labels, distances } = assigned;
    let parts: Vec<Sums> = labels
        .par_chunks(part)
        .zip(distances.par_chunks(part))
        .zip(points.weights().par_chunks(part))
        .zip(points.values().par_chunks(part * dim))
        .map(|(((labels, distances), weights), values)| {
            let mut sums = Sums::new(k, dim);
            add_members(&mut sums, values, weights, labels);
            sums.inertia = distances.iter().zip(weights).map(|(d, weight)| d * weight).sum();
            sums
        })
        .collect();
    let mut total = Sums::new(k, dim);
    parts.iter().for_each(|part| total.add(part));
    let Sums { coordinates: sums, weights, inertia } = total;
    Clusters { labels, inertia, sums, weights, gaps: Vec::new() }
}

struct Sums {
    coordinates: Vec<f64>,
    weights: Vec<f64>,
    inertia: f64,
}

impl Sums {
    fn new(k: usize, dim: usize) -> Self {
        Self { coordinates: vec![0.0; k * dim], weights: vec![0.0; k], inertia: 0.0 }
    }

    fn add(&mut self, other: &Self) {
        let add = |mine: &mut [f64], theirs: &[f64]| {
            mine.iter_mut().zip(theirs).for_each(|(mine, value)| *mine += value);
        };
        add(&mut self.coordinates, &other.coordinates);
        add(&mut self.weights, &other.weights);
        self.inertia += other.inertia;
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2", "x86_64+sse4.1"))]
fn add_members<T: Real>(sums: &mut Sums, values: &[T], weights: &[f64], labels: &[u32]) {
    let dim = values.len() / labels.len();
    for ((row, &weight), &label) in values.chunks_exact(dim).zip(weights).zip(labels) {
        let label = label as usize;
        sums.weights[label] += weight;
        let sum = &mut sums.coordinates[label * dim..][..dim];
        for (sum, &value) in sum.iter_mut().zip(row) {
            *sum += weight * value.into();
        }
    }
}
