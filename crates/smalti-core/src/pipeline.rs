//! The stages composed, once: pixels in, palette and indices out.

use rayon::prelude::*;

use crate::color::Space;
use crate::color_points::ColorSpace;
use crate::error::{Error, Result};
use crate::histogram::Histogram;
use crate::indexed_image::Indices;
use crate::kmeans::{self, Fit, Settings, Task, coarse_to_fine};
use crate::labels;
use crate::nearest::assign_blocks;
use crate::palette::{self, Palette};
use crate::pixels::Pixels;
use crate::points::WeightedPoints;
use crate::preset::Preset;
use crate::progress::{Progress, Stage};

/// Most colours a picture can be given: indices of 16 bits hold them.
pub const MAX_COLORS: usize = 1 << 16;

/// Coarse points, at least, where there are as many distinct colours.
const MIN_COARSE: usize = 4096;

/// Points of the sketch, at least, where there are as many distinct colours.
const MIN_SKETCH: usize = 4096;

/// Distinct colours that get their labels at a time, when there are too many to keep all as
/// points.
const LABELLED: usize = 1 << 20;

/// What to compress to.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Number of colours, 1..=[`MAX_COLORS`]. An image with fewer distinct colours keeps those.
    pub k: usize,
    /// The space in which distances are measured.
    pub space: Space,
    /// How hard to try.
    pub preset: Preset,
}

/// A compressed picture: palette, unrounded centroids and one index a pixel.
#[derive(Debug, Clone, PartialEq)]
pub struct Compressed {
    /// Straight sRGB and alpha, at most `k` colours, all different.
    pub palette: Vec<[u8; 4]>,
    /// The colours before rounding, 0..=255, as many values each as the image has channels.
    pub centroids: Vec<f64>,
    /// Positions in the palette, row by row.
    pub indices: Indices,
}

/// Compresses an image by K-Means vector quantisation.
///
/// # Errors
/// [`Error::InvalidK`] for `k` outside 1..=[`MAX_COLORS`], and what `progress` returns to stop.
pub fn compress(
    pixels: &Pixels<'_>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Compressed> {
    if options.k == 0 || options.k > MAX_COLORS {
        return Err(Error::InvalidK { k: options.k, max: MAX_COLORS });
    }
    let histogram = Histogram::of(pixels, progress)?;
    let (palette, entries) = fit_palette(pixels, &histogram, options, progress)?;
    let indices = labels::nearest(pixels, &histogram, &entries, palette.colors.len(), progress)?;
    progress.report(Stage::Labels, 1.0)?;
    Ok(Compressed { palette: palette.colors, centroids: palette.centroids, indices })
}

/// Runs K-Means on the colours of an image of 3 channels as they are stored, each one a point
/// that weighs as many pixels as have it; returns the fit and every pixel's label.
///
/// The same as [`kmeans::fit`] on all pixels, without a hash of each.
///
/// # Errors
/// [`Error::InvalidChannels`] for 4 channels, and those of [`kmeans::fit`].
pub fn cluster(
    pixels: &Pixels<'_>,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<(Fit, Indices)> {
    if pixels.channels() != 3 {
        return Err(Error::InvalidChannels(pixels.channels()));
    }
    let histogram = Histogram::of(pixels, progress)?;
    let colors: Vec<[u16; 4]> = histogram.colors().collect();
    // In the order of `WeightedPoints::distinct`: seeds mean the same for pixels and points.
    let mut order: Vec<usize> = (0..colors.len()).collect();
    order.par_sort_unstable_by_key(|&i| colors[i]);
    let rgb = |&i: &usize| colors[i][..3].iter().map(|&sample| f64::from(sample));
    let weights = order.iter().map(|&i| histogram.counts()[i] as f64).collect();
    let points = WeightedPoints::new(order.iter().flat_map(rgb).collect(), 3, weights)?;
    let fit = kmeans::fit(&points, settings, progress)?;
    let mut labels = vec![0; colors.len()];
    order.iter().zip(&fit.labels).for_each(|(&i, &label)| labels[i] = label);
    let labels = labels::nearest(pixels, &histogram, &labels, fit.centroids.len() / 3, progress)?;
    Ok((fit, labels))
}

/// The palette, and for every distinct colour its entry.
fn fit_palette(
    pixels: &Pixels<'_>,
    histogram: &Histogram,
    options: &Options,
    progress: &dyn Progress,
) -> Result<(Palette, Vec<u32>)> {
    let space = ColorSpace::new(histogram, pixels.max_sample(), options.space, options.k);
    let dim = space.dim();
    let Codebook { centroids, labels } = match dim {
        3 => fit_codebook::<3>(&space, histogram, options, progress)?,
        _ => fit_codebook::<4>(&space, histogram, options, progress)?,
    };
    let channels = pixels.channels();
    let mut weights = vec![0.0; centroids.len() / dim];
    for (&label, &count) in labels.iter().zip(histogram.counts()) {
        weights[label as usize] += count as f64;
    }
    let srgb: Vec<f64> = centroids
        .chunks_exact(dim)
        .flat_map(|centroid| space.to_srgb(centroid).into_iter().take(channels))
        .collect();
    let palette = palette::from_centroids(&srgb, channels, &weights);
    let entries = labels.iter().map(|&label| palette.entry_of[label as usize]).collect();
    Ok((palette, entries))
}

/// Centroids, row by row, and for every distinct colour the nearest.
struct Codebook {
    centroids: Vec<f64>,
    labels: Vec<u32>,
}

fn fit_codebook<const D: usize>(
    space: &ColorSpace,
    histogram: &Histogram,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Codebook> {
    let Options { k, preset, .. } = *options;
    if let Some((means, labels)) = space.rounded::<D>(histogram, k) {
        // Few enough colours in the 8 bits of a palette.
        return Ok(Codebook { centroids: means.into_flattened(), labels });
    }
    if histogram.len() <= k {
        let colors = space.points::<D>(histogram).blocks;
        let centroids = (0..histogram.len()).flat_map(|i| colors.point(i)).collect();
        return Ok(Codebook { centroids, labels: (0..histogram.len() as u32).collect() });
    }
    let levels = histogram.levels();
    let at_least = |per_color: usize, least: usize| (per_color * k).max(least);
    let sketch = levels.at_most(at_least(preset.sketch_per_color, MIN_SKETCH));
    let coarse = levels.at_most(at_least(preset.coarse_per_color, MIN_COARSE));
    let fine = levels.at_most(preset.max_fine_colors.max(coarse.count));
    let exact = fine.count == histogram.len();
    let fine = if exact {
        space.points::<D>(histogram)
    } else {
        space.points_in_boxes(histogram, fine, progress)?
    };
    let (coarse, sketch) = (fine.gathered(histogram, coarse), fine.gathered(histogram, sketch));
    let parts = space.sheets_of(&sketch.points);
    let task = Task { k, fine: &fine.blocks, coarse, sketch, parts, apart: space.apart() };
    let fit = coarse_to_fine(task, &preset.fit, progress)?;
    let labels = if exact {
        fit.labels
    } else {
        labels_of_colors::<D>(space, histogram, &fit.centroids, progress)?
    };
    Ok(Codebook { centroids: fit.centroids, labels })
}

/// For every distinct colour the nearest centroid.
fn labels_of_colors<const D: usize>(
    space: &ColorSpace,
    histogram: &Histogram,
    centroids: &[f64],
    progress: &dyn Progress,
) -> Result<Vec<u32>> {
    let (centroids, _) = centroids.as_chunks::<D>();
    let mut labels = Vec::with_capacity(histogram.len());
    for start in (0..histogram.len()).step_by(LABELLED) {
        let range = start..histogram.len().min(start + LABELLED);
        let blocks = space.blocks::<D>(histogram, range);
        labels.extend(assign_blocks(&blocks, centroids, progress)?.labels);
    }
    Ok(labels)
}
