//! The stages composed, once: pixels in, palette and indices out.

use crate::color::Space;
use crate::color_points::ColorPoints;
use crate::error::{Error, Result};
use crate::histogram::Histogram;
use crate::indexed_image::Indices;
use crate::kmeans::{self, Init, Settings, Stop};
use crate::labels;
use crate::palette::{self, Palette};
use crate::pixels::Pixels;
use crate::preset::Preset;
use crate::progress::{Progress, Stage};

/// Most colours a picture can be given: indices of 16 bits hold them.
pub const MAX_COLORS: usize = 1 << 16;

/// Points to fit for each colour asked for, at least, where there are as many distinct colours:
/// with fewer, the gathering of colours would decide the palette and not K-Means.
const POINTS_PER_COLOR: usize = 8;

/// What to compress to.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Number of colours, 1..=[`MAX_COLORS`]. An image with fewer distinct colours keeps those.
    pub k: usize,
    /// The space in which distances are measured.
    pub space: Space,
    /// How hard to try.
    pub preset: Preset,
    /// Fixes every random choice.
    pub seed: u64,
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
    progress.report(Stage::Histogram, 0.0)?;
    let histogram = Histogram::of(pixels);
    let (palette, entries) = fit_palette(pixels, &histogram, options, progress)?;
    progress.report(Stage::Labels, 0.0)?;
    let indices = labels::nearest(pixels, &histogram, &entries, palette.colors.len());
    progress.report(Stage::Labels, 1.0)?;
    Ok(Compressed { palette: palette.colors, centroids: palette.centroids, indices })
}

/// The palette, and for every distinct colour its entry.
fn fit_palette(
    pixels: &Pixels<'_>,
    histogram: &Histogram,
    options: &Options,
    progress: &dyn Progress,
) -> Result<(Palette, Vec<u32>)> {
    let exact = ColorPoints::new(histogram, pixels.max_sample(), options.space, options.k)?;
    let Codebook { centroids, labels } = fit_codebook(&exact, histogram, options, progress)?;
    let (dim, channels) = (exact.points.dim(), pixels.channels());
    let mut weights = vec![0.0; centroids.len() / dim];
    for (&label, weight) in labels.iter().zip(exact.points.weights()) {
        weights[label as usize] += weight;
    }
    let srgb: Vec<f64> = centroids
        .chunks_exact(dim)
        .flat_map(|centroid| exact.to_srgb(centroid).into_iter().take(channels))
        .collect();
    let palette = palette::from_centroids(&srgb, channels, &weights);
    let entries = labels.iter().map(|&label| palette.entry_of[label as usize]).collect();
    Ok((palette, entries))
}

/// Centroids, and for every distinct colour the nearest.
struct Codebook {
    centroids: Vec<f64>,
    labels: Vec<u32>,
}

fn fit_codebook(
    exact: &ColorPoints,
    histogram: &Histogram,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Codebook> {
    let Options { k, preset, seed, .. } = *options;
    if let Some((rounded, groups)) = exact.rounded(histogram)?
        && rounded.points.len() <= k
    {
        // Few enough colours in the 8 bits of a palette.
        let labels = groups.into_iter().map(|group| group as u32).collect();
        return Ok(Codebook { centroids: rounded.points.values().to_vec(), labels });
    }
    let max_points = preset.max_fit_colors.max(k * POINTS_PER_COLOR);
    let gathered = exact.gathered(histogram, k * POINTS_PER_COLOR, max_points)?;
    let to_fit = gathered.as_ref().unwrap_or(exact);
    let settings = Settings {
        k,
        init: Init::KMeansPlusPlus { candidates: preset.candidates, seeds: to_fit.seeds.clone() },
        n_init: 1,
        stop: Stop { max_iter: preset.max_iter, tol: 0.0 },
        seed,
    };
    let mut fit = kmeans::fit(&to_fit.points, &settings, progress)?;
    if gathered.is_some() {
        let stop = Stop { max_iter: preset.max_exact_iter, tol: 0.0 };
        fit = kmeans::lloyd(&exact.points, fit.centroids, &stop, progress)?;
    }
    Ok(Codebook { centroids: fit.centroids, labels: fit.labels })
}
