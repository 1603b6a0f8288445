//! Nearest centroids in f64, and how clear the decisions are.

use rayon::prelude::*;

use super::features::{Features, OUTSIDE};
use crate::error::Result;
use crate::progress::Progress;

/// Pixels that one thread compares at a time.
const CHUNK: usize = 1 << 14;

/// The nearest centroid of every pixel within the mask, and the mean gap: how much larger the
/// squared distance to the second nearest is; 0 with one centroid.
pub fn nearest(
    features: &Features<'_>,
    centroids: &[f64],
    progress: &dyn Progress,
) -> Result<(Vec<u8>, f64)> {
    let dim = features.dim;
    let mut labels = vec![OUTSIDE; features.count()];
    let sums: Vec<(f64, usize)> = labels
        .par_chunks_mut(CHUNK)
        .zip(features.values.par_chunks(CHUNK * dim))
        .enumerate()
        .map(|(chunk, (labels, values))| {
            progress.go_on()?;
            let mask = features.mask.map(|mask| &mask[chunk * CHUNK..]);
            let mut sum = (0.0, 0);
            for (i, (label, point)) in labels.iter_mut().zip(values.chunks_exact(dim)).enumerate() {
                if mask.is_none_or(|mask| mask[i]) {
                    let (class, gap) = of_point(point, centroids);
                    *label = class;
                    sum = (sum.0 + gap, sum.1 + 1);
                }
            }
            Ok(sum)
        })
        .collect::<Result<_>>()?;
    let count: usize = sums.iter().map(|sum| sum.1).sum();
    let total: f64 = sums.iter().map(|sum| sum.0).sum();
    Ok((labels, if count == 0 { 0.0 } else { total / count as f64 }))
}

fn of_point(point: &[f32], centroids: &[f64]) -> (u8, f64) {
    let (mut class, mut first, mut second) = (0, f64::INFINITY, f64::INFINITY);
    for (k, centroid) in centroids.chunks_exact(point.len()).enumerate() {
        let squares = point.iter().zip(centroid).map(|(&x, mu)| (f64::from(x) - mu).powi(2));
        let distance: f64 = squares.sum();
        if distance < first {
            (class, second, first) = (k as u8, first, distance);
        } else {
            second = second.min(distance);
        }
    }
    (class, if second.is_finite() { second - first } else { 0.0 })
}
