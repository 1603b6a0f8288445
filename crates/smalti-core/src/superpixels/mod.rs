//! Superpixels: K-Means of colour and position on a grid, in linear time.
//!
//! R. Achanta, A. Shaji, K. Smith, A. Lucchi, P. Fua and S. Süsstrunk, "SLIC superpixels compared
//! to state-of-the-art superpixel methods", 2012, doi:10.1109/TPAMI.2012.120. The image is divided
//! into nearly square cells, one superpixel each (`grid`). A superpixel's centre is the mean
//! colour and position of its pixels; it begins where the image changes least near the middle of
//! its cell (`seeds`). Lloyd's two steps alternate, but a pixel is compared only with the centres
//! of its own cell and of the 8 around it (`assign`), nine whatever their number.
//!
//! The squared distance of a pixel to a centre is that of their features plus a weight times that
//! of their positions. The weight is `compactness^2 V / S`: V is the variance of the features
//! within a cell, mean over the image; S is that of the positions within a cell. So at a
//! compactness of 1 position counts as much as the typical local spread of colour, in any units of
//! the features and for cells of any size.
//!
//! We deviate from the paper as follows; figures are for the composites of known truth of
//! docs/benchmarks.md:
//! - Features are smoothed over 3 x 3 pixels first (`planes`): noise makes ragged borders.
//! - All pixels of a cell have the same nine candidates, rather than those whose centres are
//!   within reach, so that they can be compared many at a time (`block`).
//! - Centres are the means of a part of the rows, other rows in each iteration: with a sixth of
//!   them the undersegmentation error is the same to a hundredth.
//! - At the end pixels at borders are assigned once more, with a charge for each neighbour in
//!   another superpixel (`refine`): 3 % less undersegmentation error.
//! - A disconnected part becomes a superpixel of its own, or joins its neighbour if it is smaller
//!   than a quarter of a cell (`connected`). The original merges all but the largest part.
//!
//! Cost: 9 (D + 2) multiply-adds for each pixel that an iteration looks at, and copies of the
//! features and of the labels. The image's size fixes the order of every sum, so results have the
//! same bits on any number of threads.

mod assign;
mod block;
mod centers;
mod connected;
mod grid;
mod image;
mod planes;
mod refine;
mod seeds;
#[cfg(test)]
mod tests;

pub use image::{FeatureImage, MAX_FEATURES, OUTSIDE};

use crate::error::{Error, Result};
use crate::progress::{Progress, Stage};
use grid::Grid;
use planes::Planes;

/// Iterations of the K-Means. Undersegmentation error on composites: 2 to 6 % less than with 5, 1 %
/// more than with 15.
pub const ITERATIONS: usize = 10;

/// How to divide an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SuperpixelSettings {
    /// Superpixels wanted, at least 1. The number found differs by the rounding to a grid and by
    /// parts that are merged or set apart.
    pub count: usize,
    /// How much position counts beside colour, at least 0.
    pub compactness: f64,
    /// Iterations, at least 1.
    pub iterations: usize,
}

/// The superpixel of every pixel, from 1 on in the order of their first pixels, or [`OUTSIDE`].
///
/// # Errors
/// [`Error::ZeroCount`] and [`Error::InvalidCompactness`] for settings outside their ranges, and
/// what `progress` returns to stop.
pub fn superpixels(
    image: &FeatureImage<'_>,
    settings: &SuperpixelSettings,
    progress: &dyn Progress,
) -> Result<Vec<u32>> {
    for (name, count) in [("n", settings.count), ("iterations", settings.iterations)] {
        if count == 0 {
            return Err(Error::ZeroCount { name });
        }
    }
    if !(settings.compactness.is_finite() && settings.compactness >= 0.0) {
        return Err(Error::InvalidCompactness(settings.compactness));
    }
    // Missing coordinates are 0.
    match image.dim {
        1 => divided::<1>(image, settings, progress),
        2 => divided::<2>(image, settings, progress),
        3 => divided::<3>(image, settings, progress),
        4 => divided::<4>(image, settings, progress),
        5..=8 => divided::<8>(image, settings, progress),
        9..=16 => divided::<16>(image, settings, progress),
        _ => divided::<MAX_FEATURES>(image, settings, progress),
    }
}

fn divided<const D: usize>(
    image: &FeatureImage<'_>,
    settings: &SuperpixelSettings,
    progress: &dyn Progress,
) -> Result<Vec<u32>> {
    let steps = settings.iterations + 2;
    let report = |done: usize| progress.report(Stage::Superpixels, done as f64 / steps as f64);
    report(0)?;
    let Some(grid) = Grid::new(image, settings.count) else {
        return Ok(vec![OUTSIDE; image.width * image.height]);
    };
    let planes = Planes::<D>::new(image, progress)?;
    let variance = seeds::variance(&planes, &grid, grid.rows_of(0), progress)?;
    let compactness = settings.compactness * settings.compactness;
    let weight = (compactness * variance / grid.variance()) as f32;
    let mut centers = seeds::seeds(&planes, &grid);
    for iteration in 0..settings.iterations {
        report(1 + iteration)?;
        let rows = grid.rows_of(iteration);
        assign::update(&mut centers, &planes, &grid, weight, rows, progress)?;
    }
    report(1 + settings.iterations)?;
    let labels = assign::labels(&centers, &planes, &grid, weight, progress)?;
    let charge = (variance * refine::CHARGE) as f32;
    let labels = refine::refined(&labels, &centers, &planes, [weight, charge], progress)?;
    connected::connected(labels, image.width, grid.least_size(), progress)
}
