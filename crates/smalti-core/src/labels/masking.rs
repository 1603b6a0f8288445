//! Contrast masking: noise hides errors, and smooth areas show them.
//!
//! A pixel's squared error weighs `1 / (1 + MASKING s)`, where `s` is the standard deviation of
//! lightness around it.

use std::ops::Range;

use rayon::prelude::*;

/// How much one percent of standard deviation takes from a pixel's weight. On 4 photographs, bytes
/// at equal SSIMULACRA2 (see docs/rate-distortion.md): 1.5 is 0.4 % worse.
const MASKING: f32 = 2.5;

/// Pixels to each side of the window in which the standard deviation is taken.
const REACH: usize = 3;

/// What squared errors weigh, above 0 and at most 1, by the lightness of each pixel in percent.
pub fn weights(width: usize, count: usize, lightness: impl Fn(usize) -> f32 + Sync) -> Vec<f32> {
    let (mut weights, height) = (vec![0.0; count], count / width);
    weights.par_chunks_mut(width).enumerate().for_each(|(y, weights)| {
        let rows = y.saturating_sub(REACH)..(y + REACH + 1).min(height);
        mask_row(&lightness, rows, weights);
    });
    weights
}

/// Weights of one row from the `rows` around it: sums of columns, then of windows.
fn mask_row(lightness: impl Fn(usize) -> f32, rows: Range<usize>, weights: &mut [f32]) {
    let width = weights.len();
    let mut columns = vec![[0.0f64; 2]; width];
    for y in rows.clone() {
        for (x, column) in columns.iter_mut().enumerate() {
            let lightness = f64::from(lightness(y * width + x));
            column[0] += lightness;
            column[1] += lightness * lightness;
        }
    }
    for (x, weight) in weights.iter_mut().enumerate() {
        let window = x.saturating_sub(REACH)..(x + REACH + 1).min(width);
        let count = (window.len() * rows.len()) as f64;
        let sums = columns[window].iter().fold([0.0; 2], |a, b| [a[0] + b[0], a[1] + b[1]]);
        let variance = (sums[1] / count - (sums[0] / count) * (sums[0] / count)).max(0.0);
        *weight = 1.0 / (1.0 + MASKING * variance.sqrt() as f32);
    }
}
