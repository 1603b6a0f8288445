//! Labels that lie together: squared error plus boundary length, Potts' model of regions.
//!
//! We seek the label map that minimises
//!
//! ```text
//! E(z) = sum_p |x_p - mu_{z_p}|^2  +  beta * length of the boundaries between labels
//! ```
//!
//! (S. Geman and D. Geman, 1984, doi:10.1109/TPAMI.1984.4767596; T. N. Pappas takes K-Means'
//! distortion as its data term, 1992, doi:10.1109/78.127962). The length is that of the eight
//! neighbours of a pixel, weighted so that a boundary along an axis and one along a diagonal cost
//! what they measure (Y. Boykov and V. Kolmogorov, 2003, doi:10.1109/ICCV.2003.1238310).
//!
//! The minimum is NP-hard for three labels and more; for two it is a minimum cut. Here dynamic
//! programming minimises whole lines exactly, each given its neighbours: every other row, the rows
//! between them, and columns likewise ([`lines`]). The search begins with blocks of pixels
//! ([`pyramid`]): their boundaries can move by more than one pixel at a time (F. Heitz, P. Perez
//! and P. Bouthemy, 1994, doi:10.1006/ciun.1994.1008). With two labels that ends within 1.2 % of
//! the least energy, mostly within a quarter of a percent (`bench/segmentation/potts.py`); moving single pixels
//! (iterated conditional modes) ends up to 6 % above.
//!
//! Cost: for each pixel and sweep some forty operations on as many lanes as there are labels.
//! Rows that are minimised at once do not touch: the result is the same on any number of threads.

mod features;
mod lines;
mod model;
mod nearest;
mod pyramid;

pub use features::{Features, MAX_CLASSES, OUTSIDE};

use crate::error::{Error, Result};
use crate::progress::{Progress, Stage};

use lines::Field;
use model::Model;
use nearest::nearest;
use pyramid::Level;

/// Sweeps over each level; more sweeps lower the energy by less than a thousandth.
const SWEEPS: usize = 2;

/// Sides of blocks are at most 2 to this power, which is longer than any image.
const MAX_HALVINGS: u32 = 30;

/// Square blocks of pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocks {
    /// Coordinates of their means, row by row.
    pub means: Vec<f32>,
    /// How many pixels of each are within the mask; the mean of none is 0.
    pub counts: Vec<f32>,
    /// Blocks in a row.
    pub width: usize,
}

/// The means of blocks of pixels with sides of 2 to the power of `halvings`, less at the edges.
///
/// Classes that are to lie together are learnt better from these means: noise averages out, as it
/// does along a boundary.
///
/// # Errors
/// Those of [`potts`] for features, and what `progress` returns to stop.
pub fn block_means(
    features: &Features<'_>,
    halvings: u32,
    progress: &dyn Progress,
) -> Result<Blocks> {
    features.check()?;
    let mut level = Level::pixels(features);
    for _ in 0..halvings {
        progress.go_on()?;
        level = level.coarser();
    }
    let width = level.width;
    let (means, counts) = level.into_parts();
    Ok(Blocks { means, counts, width })
}

/// What boundaries cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boundaries {
    /// The length in pixels by which a boundary outweighs a pixel; see [`potts`].
    pub weight: f64,
    /// How much classes differ ([`class_gap`]). `None` for what they do in the image at hand; the parts
    /// of an image have one gap.
    pub gap: Option<f64>,
}

/// How much the classes of an image differ: the median, over those that have pixels, of the mean
/// difference between the squared distances to the second nearest centroid and to the nearest.
///
/// # Errors
/// As of [`potts`].
pub fn class_gap(
    features: &Features<'_>,
    centroids: &[f64],
    progress: &dyn Progress,
) -> Result<f64> {
    check(features, centroids)?;
    Ok(nearest(features, centroids, progress)?.1)
}

/// The class of every pixel among at most [`MAX_CLASSES`], [`OUTSIDE`] for those that take no part.
///
/// With a weight of 0 it is the nearest centroid, the first of those equally near,
/// compared in f64. A larger weight is the length in pixels by which a boundary outweighs a pixel:
/// shapes thinner than twice the weight are given up where classes differ as much as they do on
/// average. (`beta` is the weight times the gap between the classes, see `nearest`.)
///
/// # Errors
/// [`Error::Empty`] without pixels, [`Error::SizeMismatch`] for values that fill no rows, a mask of
/// another size or half centroids, [`Error::InvalidK`] for no centroids or too many,
/// [`Error::InvalidSpatialWeight`], and what `progress` returns to stop.
pub fn potts(
    features: &Features<'_>,
    centroids: &[f64],
    boundaries: Boundaries,
    progress: &dyn Progress,
) -> Result<Vec<u8>> {
    let k = check(features, centroids)?;
    let Boundaries { weight: spatial_weight, gap } = boundaries;
    if !(spatial_weight.is_finite() && spatial_weight >= 0.0) {
        return Err(Error::InvalidSpatialWeight(spatial_weight));
    }
    progress.report(Stage::Labels, 0.0)?;
    let (labels, own_gap) = nearest(features, centroids, progress)?;
    // No boundary is longer than the image; larger weights would only overflow.
    let spatial_weight = spatial_weight.min((features.width + features.height()) as f64);
    let beta = (spatial_weight * gap.unwrap_or(own_gap)) as f32;
    if k == 1 || beta == 0.0 {
        return Ok(labels);
    }
    match k {
        2..=4 => smoothed::<4>(features, &labels, centroids, (beta, spatial_weight), progress),
        5..=8 => smoothed::<8>(features, &labels, centroids, (beta, spatial_weight), progress),
        9..=16 => smoothed::<16>(features, &labels, centroids, (beta, spatial_weight), progress),
        17..=64 => smoothed::<64>(features, &labels, centroids, (beta, spatial_weight), progress),
        _ => smoothed::<256>(features, &labels, centroids, (beta, spatial_weight), progress),
    }
}

/// Checks what is to be labelled, and returns the number of classes.
fn check(features: &Features<'_>, centroids: &[f64]) -> Result<usize> {
    features.check()?;
    let k = centroids.len() / features.dim;
    if !centroids.len().is_multiple_of(features.dim) {
        let (found, expected) = (centroids.len(), (k + 1) * features.dim);
        return Err(Error::SizeMismatch { what: "centroids", unit: "values", found, expected });
    }
    if !(1..=MAX_CLASSES).contains(&k) {
        return Err(Error::InvalidK { k, max: MAX_CLASSES });
    }
    Ok(k)
}

/// Labels of low energy, from blocks to pixels, with `K` lanes for the classes.
fn smoothed<const K: usize>(
    features: &Features<'_>,
    nearest: &[u8],
    centroids: &[f64],
    (beta, spatial_weight): (f32, f64),
    progress: &dyn Progress,
) -> Result<Vec<u8>> {
    let mut levels = vec![Level::pixels(features)];
    for _ in 0..halvings(spatial_weight) {
        progress.go_on()?;
        let coarsest = &levels[levels.len() - 1];
        if coarsest.width == 1 && coarsest.height == 1 {
            break;
        }
        levels.push(coarsest.coarser());
    }
    let total = (SWEEPS * levels.len()) as f64;
    let mut done = 0;
    let mut coarse: Option<Vec<u8>> = None;
    for level in levels.iter().rev() {
        let model = Model::<K>::new(centroids, features.dim, beta * level.side());
        let nearest = match level.side() {
            1.0 => level.framed(nearest),
            _ => level.nearest(&model),
        };
        let mut labels = match &coarse {
            Some(coarse) => level.refined(coarse),
            None => nearest.clone(),
        };
        let field = Field { level, model: &model, nearest: &nearest };
        for _ in 0..SWEEPS {
            progress.report(Stage::Labels, f64::from(done) / total)?;
            done += 1;
            field.sweep(&mut labels, progress)?;
        }
        // In noise, where nothing belongs together, large blocks may lead astray.
        if level.side() == 1.0 && field.energy(&labels) > field.energy(&nearest) {
            labels.clone_from(&nearest);
            for _ in 0..SWEEPS {
                field.sweep(&mut labels, progress)?;
            }
        }
        coarse = Some(labels);
    }
    let labels = coarse.unwrap_or_else(|| unreachable!("there is a level of pixels"));
    Ok(levels[0].unframed(&labels))
}

/// How often to halve the image: until a block is twice as long as shapes that are given up.
fn halvings(spatial_weight: f64) -> u32 {
    let long_enough = |&halvings: &u32| f64::from(1 << halvings) >= 4.0 * spatial_weight;
    (1..MAX_HALVINGS).find(long_enough).unwrap_or(MAX_HALVINGS)
}

#[cfg(test)]
mod tests;
