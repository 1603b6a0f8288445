//! Nearest centroids in f64, and how clear the decisions are.

use rayon::prelude::*;

use super::features::{Features, OUTSIDE};
use crate::error::Result;
use crate::progress::Progress;

/// Pixels that one thread compares at a time.
const CHUNK: usize = 1 << 14;

/// The nearest centroid of every pixel within the mask, and how clear the decisions are.
///
/// The gap of a pixel is how much larger the squared distance to the second nearest centroid is. What
/// is returned is the median, over the classes that have pixels, of the mean gap of their pixels; 0
/// with one centroid. A mean over all pixels would let one class far from the others, such as the
/// black around a retina, decide what boundaries between these cost.
pub fn nearest(
    features: &Features<'_>,
    centroids: &[f64],
    progress: &dyn Progress,
) -> Result<(Vec<u8>, f64)> {
    let dim = features.dim;
    let mut labels = vec![OUTSIDE; features.count()];
    let k = centroids.len() / dim;
    let sums: Vec<Vec<(f64, usize)>> = labels
        .par_chunks_mut(CHUNK)
        .zip(features.values.par_chunks(CHUNK * dim))
        .enumerate()
        .map(|(chunk, (labels, values))| {
            progress.go_on()?;
            let mask = features.mask.map(|mask| &mask[chunk * CHUNK..]);
            let mut sums = vec![(0.0, 0); k];
            for (i, (label, point)) in labels.iter_mut().zip(values.chunks_exact(dim)).enumerate() {
                if mask.is_none_or(|mask| mask[i]) {
                    let (class, gap) = of_point(point, centroids);
                    *label = class;
                    let sum = &mut sums[usize::from(class)];
                    *sum = (sum.0 + gap, sum.1 + 1);
                }
            }
            Ok(sums)
        })
        .collect::<Result<_>>()?;
    // In the order of the chunks, on any number of threads.
    let mut totals = vec![(0.0, 0usize); k];
    for sums in &sums {
        for (total, sum) in totals.iter_mut().zip(sums) {
            *total = (total.0 + sum.0, total.1 + sum.1);
        }
    }
    let occupied = totals.iter().filter(|total| total.1 > 0);
    Ok((labels, median(occupied.map(|total| total.0 / total.1 as f64).collect())))
}

/// The middle value, or the mean of the two in the middle; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count => f64::midpoint(values[(count - 1) / 2], values[count / 2]),
    }
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
