//! The stages composed, once: pixels in, palette and indices out.

use rayon::prelude::*;

use crate::color::Space;
use crate::color_points::ColorSpace;
use crate::error::{Error, Result};
use crate::histogram::Histogram;
use crate::indexed_image::Indices;
use crate::kmeans::{self, Fit, Settings, Task, coarse_to_fine};
use crate::labels::{self, DitherMethod, Labeled, Scene};
use crate::nearest::assign_blocks;
use crate::palette::{self, Palette};
use crate::pixels::Pixels;
use crate::points::WeightedPoints;
use crate::preset::Preset;
use crate::progress::Progress;
use crate::targets::{Chosen, Labeler};

/// Most colours a picture can be given: indices of 16 bits hold them.
pub const MAX_COLORS: usize = 1 << 16;

/// Coarse points, at least, where there are as many distinct colours.
const MIN_COARSE: usize = 4096;

/// Points of the sketch, at least, where there are as many distinct colours.
const MIN_SKETCH: usize = 4096;

/// Distinct colours that get their labels at a time, when there are too many to keep all as
/// points.
const LABELLED: usize = 1 << 20;

/// Pixels on which the default rate weight is found, about; larger images are sampled.
const SAMPLED_PIXELS: usize = 1 << 20;

/// Images of more pixels are searched with half the ways, which need two points more bytes.
const LARGE_IMAGE: usize = 1 << 22;

/// How bits are weighed against errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// At most a point of SSIMULACRA2 is given for bits; nothing where the palette holds every
    /// colour.
    Affordable,
    /// A bit is worth this much squared error, at least 0 (see [`labels::Settings`]).
    RateWeight(f64),
    /// The smallest file whose SSIMULACRA2 is at least this.
    Quality(f64),
    /// The best picture whose PNG has at most this many bytes.
    MaxBytes(usize),
}

/// What to compress to.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Number of colours, 1..=[`MAX_COLORS`]. An image with fewer distinct colours keeps those.
    pub k: usize,
    /// The space in which distances are measured.
    pub space: Space,
    /// How hard to try.
    pub preset: Preset,
    /// Few bits, or few errors.
    pub goal: Goal,
    /// How much of an error is made up for, 0 to 1. `None` means what looks best;
    /// nothing where the palette holds every colour.
    pub dither: Option<f64>,
    /// How errors are made up for.
    pub dither_method: DitherMethod,
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
    /// The rate weight that the labels were chosen with.
    pub rate_weight: f64,
    /// How much of the errors was made up for.
    pub dither: f64,
}

/// Compresses an image by K-Means vector quantisation.
///
/// # Errors
/// [`Error::InvalidK`] for `k` outside 1..=[`MAX_COLORS`]; [`Error::InvalidRateWeight`],
/// [`Error::InvalidQuality`] and [`Error::InvalidDither`] outside their ranges;
/// [`Error::TooManyColorsToWeigh`] when one of these is asked for and `k` is above
/// [`labels::MAX_COLORS`]; [`Error::QualityNotReached`] and [`Error::SizeNotReached`]; and what
/// `progress` returns to stop.
pub fn compress(
    pixels: &Pixels<'_>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Compressed> {
    check(options)?;
    let histogram = Histogram::of(pixels, progress)?;
    let space = ColorSpace::new(&histogram, pixels.max_sample(), options.space, options.k);
    match space.dim() {
        3 => compress_in::<3>(pixels, &histogram, &space, options, progress),
        _ => compress_in::<4>(pixels, &histogram, &space, options, progress),
    }
}

fn check(options: &Options) -> Result<()> {
    let Options { k, goal, dither, dither_method: method, .. } = *options;
    if k == 0 || k > MAX_COLORS {
        return Err(Error::InvalidK { k, max: MAX_COLORS });
    }
    match goal {
        Goal::RateWeight(weight) if !(weight.is_finite() && weight >= 0.0) => {
            return Err(Error::InvalidRateWeight(weight));
        }
        Goal::Quality(quality) if quality.is_nan() || quality > 100.0 => {
            return Err(Error::InvalidQuality(quality));
        }
        _ => {}
    }
    if let Some(dither) = dither
        && !(0.0..=1.0).contains(&dither)
    {
        return Err(Error::InvalidDither(dither));
    }
    let plain = matches!(goal, Goal::Affordable) || goal == Goal::RateWeight(0.0);
    let undithered = dither.map_or(method == DitherMethod::Diffusion, |dither| dither == 0.0);
    if k > labels::MAX_COLORS && !(plain && undithered) {
        return Err(Error::TooManyColorsToWeigh { k, max: labels::MAX_COLORS });
    }
    Ok(())
}

fn compress_in<const D: usize>(
    pixels: &Pixels<'_>,
    histogram: &Histogram,
    space: &ColorSpace,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Compressed> {
    let codebook = fit_codebook::<D>(space, histogram, options, progress)?;
    let lossy = codebook.lossy;
    let (palette, entries) = rounded(&codebook, space, histogram, pixels.channels(), D);
    let indices = labels::nearest(pixels, histogram, &entries, palette.colors.len(), progress)?;
    // Without loss there is nothing to weigh or to diffuse, unless it is asked for.
    let Options { goal, dither, .. } = *options;
    let unweighed = goal == Goal::RateWeight(0.0) || goal == Goal::Affordable && !lossy;
    let plain = unweighed && (dither == Some(0.0) || dither.is_none() && !lossy);
    match indices {
        Indices::U8(labels) if !plain => {
            let scene = Scene::<D>::new(pixels, histogram, space, progress)?;
            let start = start(palette, pixels.channels(), labels);
            let labeler = labeler(pixels, &scene, options, progress);
            let chosen = match options.goal {
                Goal::RateWeight(weight) => labeler.weighed(start, weight)?,
                Goal::Quality(quality) => labeler.of_quality(start, quality)?,
                Goal::MaxBytes(max_bytes) => labeler.of_size(start, max_bytes)?,
                Goal::Affordable if lossy => affordable(&labeler, start)?,
                Goal::Affordable => labeler.weighed(start, 0.0)?,
            };
            Ok(compressed(chosen, pixels.channels()))
        }
        indices => Ok(Compressed {
            palette: palette.colors,
            centroids: palette.centroids,
            indices,
            rate_weight: 0.0,
            dither: 0.0,
        }),
    }
}

fn labeler<'a, const D: usize>(
    pixels: &'a Pixels<'a>,
    scene: &'a Scene<'a, D>,
    options: &Options,
    progress: &'a dyn Progress,
) -> Labeler<'a, D> {
    let Preset { beam, passes, target_trials: trials, png_level, .. } = options.preset;
    let beam = if pixels.count() > LARGE_IMAGE { beam.div_ceil(2) } else { beam };
    let method = options.dither_method;
    let settings = labels::Settings { rate_weight: 0.0, dither: 0.0, method, beam, passes };
    Labeler { pixels, scene, settings, dither: options.dither, trials, png_level, progress }
}

/// Finds the affordable rate weight, on rows spread over a large image.
fn affordable<const D: usize>(labeler: &Labeler<'_, D>, start: Labeled) -> Result<Chosen> {
    let Labeler { pixels, scene, .. } = *labeler;
    if pixels.count() <= SAMPLED_PIXELS {
        return labeler.affordable(start);
    }
    let rows = scene.spread_rows(SAMPLED_PIXELS);
    let samples = pixels.rows(&rows);
    let sampled = Pixels::new(samples.borrowed(), pixels.width(), rows.len(), pixels.channels())?;
    let part = scene.of_rows(&rows);
    let labels = rows.iter().flat_map(|&y| &start.labels[y * scene.width..][..scene.width]);
    let sample = Labeled { labels: labels.copied().collect(), ..start.clone() };
    let found = Labeler { pixels: &sampled, scene: &part, ..*labeler }.affordable(sample)?;
    labeler.weighed(start, found.settings.rate_weight)
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

/// The rounded palette, and for every distinct colour its entry.
fn rounded(
    codebook: &Codebook,
    space: &ColorSpace,
    histogram: &Histogram,
    channels: usize,
    dim: usize,
) -> (Palette, Vec<u32>) {
    let mut weights = vec![0.0; codebook.centroids.len() / dim];
    for (&label, &count) in codebook.labels.iter().zip(histogram.counts()) {
        weights[label as usize] += count as f64;
    }
    let srgb: Vec<f64> = codebook
        .centroids
        .chunks_exact(dim)
        .flat_map(|centroid| space.to_srgb(centroid).into_iter().take(channels))
        .collect();
    let palette = palette::from_centroids(&srgb, channels, &weights);
    let entries = codebook.labels.iter().map(|&label| palette.entry_of[label as usize]).collect();
    (palette, entries)
}

/// Centroids, row by row, and for every distinct colour the nearest.
struct Codebook {
    centroids: Vec<f64>,
    labels: Vec<u32>,
    /// Whether a palette of 8 bits holds fewer colours than the image.
    lossy: bool,
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
        return Ok(Codebook { centroids: means.into_flattened(), labels, lossy: false });
    }
    if histogram.len() <= k {
        let colors = space.points::<D>(histogram).blocks;
        let centroids = (0..histogram.len()).flat_map(|i| colors.point(i)).collect();
        let labels = (0..histogram.len() as u32).collect();
        return Ok(Codebook { centroids, labels, lossy: false });
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
    Ok(Codebook { centroids: fit.centroids, labels, lossy: true })
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

fn start(palette: Palette, channels: usize, labels: Vec<u8>) -> Labeled {
    let padded = |centroid: &[f64]| {
        let mut rgba = [255.0; 4];
        rgba[..channels].copy_from_slice(centroid);
        rgba
    };
    let centroids = palette.centroids.chunks_exact(channels).map(padded).collect();
    Labeled { palette: palette.colors, centroids, labels }
}

fn compressed(Chosen { labeled, settings }: Chosen, channels: usize) -> Compressed {
    let samples = labeled.centroids.iter().flat_map(|rgba| rgba[..channels].to_vec());
    Compressed {
        centroids: samples.collect(),
        palette: labeled.palette,
        indices: Indices::U8(labeled.labels),
        rate_weight: settings.rate_weight,
        dither: settings.dither,
    }
}
