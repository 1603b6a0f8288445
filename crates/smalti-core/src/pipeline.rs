//! The stages composed, once: pixels in, palette and indices out.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::codebook::{Colors, Wanted};
use crate::color::Space;
use crate::color_points::{ColorSpace, SHEETS};
use crate::error::{Error, Result};
use crate::histogram::Histogram;
use crate::indexed_image::Indices;
use crate::kmeans::{self, Fit, KMeansSettings};
use crate::labels::{self, DitherMethod, Labeled, Scene};
use crate::palette::Palette;
use crate::pixels::Pixels;
use crate::points::WeightedPoints;
use crate::preset::Preset;
use crate::progress::Progress;
use crate::targets::{Chosen, Labeler};

/// Most colours a picture can be given: indices of 16 bits hold them.
pub const MAX_COLORS: usize = 1 << 16;

/// Pixels on which the default rate weight is found, about; larger images are sampled.
const SAMPLED_PIXELS: usize = 1 << 20;

/// Images of more pixels are searched with half the ways, which need two points more bytes.
const LARGE_IMAGE: usize = 1 << 22;

/// Numbers of colours that are tried for drawings which are to reach a target.
const FEWER_COLORS: [usize; 3] = [64, 32, 16];

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
pub struct Options<'a> {
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
    /// Colours that the palette holds as they are, straight sRGB and alpha, at most `k`; pixels
    /// that have one of them keep it. All clear colours are one.
    pub keep: &'a [[u8; 4]],
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
/// [`labels::MAX_COLORS`]; [`Error::TooManyKept`] and [`Error::KeptAlpha`] for colours to keep that
/// do not fit; [`Error::QualityNotReached`] and [`Error::SizeNotReached`]; and what
/// `progress` returns to stop.
pub fn compress(
    pixels: &Pixels<'_>,
    options: &Options<'_>,
    progress: &dyn Progress,
) -> Result<Compressed> {
    check(options)?;
    let kept = kept(options, pixels.channels())?;
    let histogram = Histogram::of(pixels, progress)?;
    let space = ColorSpace::new(&histogram, pixels.max_sample(), options.space, options.k);
    let space = space.keeping(&kept);
    let channels = pixels.channels();
    let colors = Colors { histogram: &histogram, space: &space, kept: &kept, channels };
    match space.dim() {
        3 => compress_in::<3>(pixels, &colors, options, progress),
        _ => compress_in::<4>(pixels, &colors, options, progress),
    }
}

fn check(options: &Options<'_>) -> Result<()> {
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

/// The colours to keep, each once.
fn kept(options: &Options<'_>, channels: usize) -> Result<Vec<[u8; 4]>> {
    let (mut kept, mut known) = (Vec::new(), FxHashSet::default());
    for &color in options.keep {
        if channels == 3 && color[3] != u8::MAX {
            return Err(Error::KeptAlpha(color));
        }
        let color = if color[3] == 0 { [0; 4] } else { color };
        if known.insert(color) {
            kept.push(color);
        }
    }
    if kept.len() > options.k {
        return Err(Error::TooManyKept { count: kept.len(), k: options.k });
    }
    Ok(kept)
}

fn compress_in<const D: usize>(
    pixels: &Pixels<'_>,
    colors: &Colors<'_>,
    options: &Options<'_>,
    progress: &dyn Progress,
) -> Result<Compressed> {
    let wanted = Wanted { k: options.k, given: &[], preset: &options.preset };
    let Quantised { palette, indices, lossy } = quantised::<D>(pixels, colors, &wanted, progress)?;
    // Without loss there is nothing to weigh or to diffuse, unless it is asked for.
    let Options { goal, dither, .. } = *options;
    let unweighed = goal == Goal::RateWeight(0.0) || goal == Goal::Affordable && !lossy;
    let plain = unweighed && (dither == Some(0.0) || dither.is_none() && !lossy);
    match indices {
        Indices::U8(labels) if !plain => {
            let scene = Scene::<D>::new(pixels, colors, progress)?;
            let mut start = start(palette, pixels.channels(), labels);
            if lossy {
                start = with_lost(pixels, colors, &scene, (wanted, start), progress)?;
            }
            let labeler = labeler(pixels, &scene, options, progress);
            let start_of = |k| {
                let wanted = Wanted { k, ..wanted };
                start_of_fewer(pixels, colors, &scene, wanted, progress)
            };
            let chosen = match options.goal {
                Goal::RateWeight(weight) => labeler.weighed(start, weight)?,
                Goal::Quality(_) | Goal::MaxBytes(_) => targeted(&labeler, goal, start, start_of)?,
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

/// Every pixel with its nearest colour.
struct Quantised {
    palette: Palette,
    indices: Indices,
    /// Whether a palette of 8 bits holds fewer colours than the image.
    lossy: bool,
}

fn quantised<const D: usize>(
    pixels: &Pixels<'_>,
    colors: &Colors<'_>,
    wanted: &Wanted<'_, D>,
    progress: &dyn Progress,
) -> Result<Quantised> {
    let codebook = colors.codebook(wanted, progress)?;
    let (palette, entries) = colors.palette(&codebook);
    let count = palette.colors.len();
    let indices = labels::nearest(pixels, colors.histogram, &entries, count, progress)?;
    Ok(Quantised { palette, indices, lossy: codebook.lossy })
}

/// The start with the colours of small regions that its palette has lost, if the worst error is
/// smaller with them.
fn with_lost<const D: usize>(
    pixels: &Pixels<'_>,
    colors: &Colors<'_>,
    scene: &Scene<'_, D>,
    (wanted, first): (Wanted<'_, D>, Labeled),
    progress: &dyn Progress,
) -> Result<Labeled> {
    let (lost, worst) = labels::lost(scene, &first, progress)?;
    if lost.is_empty() {
        return Ok(first);
    }
    let wanted = Wanted { given: &lost, ..wanted };
    let Quantised { palette, indices, .. } = quantised(pixels, colors, &wanted, progress)?;
    let Indices::U8(labels) = indices else { return Ok(first) };
    let other = start(palette, pixels.channels(), labels);
    let better = labels::worst_shown(scene, &other, progress)? < worst;
    Ok(if better { other } else { first })
}

/// A start with fewer colours than before, to which the same applies.
fn start_of_fewer<const D: usize>(
    pixels: &Pixels<'_>,
    colors: &Colors<'_>,
    scene: &Scene<'_, D>,
    wanted: Wanted<'_, D>,
    progress: &dyn Progress,
) -> Result<Labeled> {
    let Quantised { palette, indices, .. } = quantised(pixels, colors, &wanted, progress)?;
    let Indices::U8(labels) = indices else { unreachable!("fewer colours than 256") };
    let start = start(palette, pixels.channels(), labels);
    with_lost(pixels, colors, scene, (wanted, start), progress)
}

/// What reaches the goal best: with the colours of `start`, or, in drawings, with fewer of them or
/// without dither, as long as that is better. In photographs fewer colours never are.
fn targeted<const D: usize>(
    labeler: &Labeler<'_, D>,
    goal: Goal,
    start: Labeled,
    start_of: impl Fn(usize) -> Result<Labeled>,
) -> Result<Chosen> {
    let Labeler { scene, pixels, dither, .. } = *labeler;
    let colors = start.palette.len();
    let mut best = labeler.targeted(goal, start);
    if !scene.is_drawing() || pixels.count() > SAMPLED_PIXELS {
        return best;
    }
    let mut most = labeler.merit(goal, &best)?;
    let mut fewest = colors;
    // Clear, translucent and solid colours each need an entry beside the kept ones.
    for k in FEWER_COLORS.into_iter().filter(|&k| k < colors && k >= scene.kept_colors() + SHEETS) {
        let other = labeler.targeted(goal, start_of(k)?);
        let merit = labeler.merit(goal, &other)?;
        if merit > most {
            (best, most, fewest) = (other, merit, k);
        } else if best.is_ok() || matches!(goal, Goal::Quality(_)) {
            break;
        }
    }
    if dither.is_none() && fewest < colors {
        let other = Labeler { dither: Some(0.0), ..*labeler }.targeted(goal, start_of(fewest)?);
        if labeler.merit(goal, &other)? > most {
            best = other;
        }
    }
    best
}

fn labeler<'a, const D: usize>(
    pixels: &'a Pixels<'a>,
    scene: &'a Scene<'a, D>,
    options: &Options<'_>,
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
    settings: &KMeansSettings,
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
