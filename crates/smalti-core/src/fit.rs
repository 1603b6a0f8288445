//! A palette from a histogram: that of one image, or of many merged.
//!
//! Colours that the palette has to hold take no part in K-Means; all others are learned by
//! [`coarse_to_fine`] on distinct colours. Where a palette of 8 bits can hold every colour there is
//! nothing to learn, and the picture stays as it is. The result depends on the histogram alone,
//! neither on the order of pixels or images nor on threads.
//!
//! A [`Fitter`] makes several palettes from the same colours: with fewer entries, or with some of
//! them fixed.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::color::Space;
use crate::color_points::ColorSpace;
use crate::error::{Error, Result};
use crate::histogram::{Histogram, Total};
use crate::kmeans::{Task, coarse_to_fine};
use crate::nearest::assign_blocks;
use crate::palette::{self, ColorMap, MAX_COLORS, Palette};
use crate::preset::Preset;
use crate::progress::Progress;

/// Coarse points, at least, where there are as many distinct colours.
const MIN_COARSE: usize = 4096;

/// Points of the sketch, at least, where there are as many distinct colours.
const MIN_SKETCH: usize = 4096;

/// Distinct colours that get their labels at a time, when there are too many to keep all as
/// points.
const LABELLED: usize = 1 << 20;

/// From this alpha on, of 255, colours become opaque unless the palette holds all colours. Over black or
/// white they then change by 2 of 255 at most, as much as a palette of 8 bits is off anyway. Translucent
/// and opaque colours need entries of their own, so each of these shades would cost one for nothing.
const NEARLY_OPAQUE: u32 = 253;

/// The colours that a palette is made for.
#[derive(Debug, Clone, Copy)]
pub struct ColorCounts<'a> {
    /// The colours of an image, or of many of the same sample depth.
    pub histogram: &'a Histogram,
    /// The largest value that a sample can take: 255 or 65535.
    pub max_sample: u16,
    /// Channels of the images, 3 or 4.
    pub channels: usize,
}

/// What a palette is asked for.
#[derive(Debug, Clone, Copy)]
pub struct FitOptions<'a> {
    /// Number of colours, 1..=[`MAX_COLORS`]. Fewer distinct colours are kept as they are.
    pub k: usize,
    /// The space in which distances are measured.
    pub space: Space,
    /// How hard to try.
    pub preset: Preset,
    /// Colours that the palette holds as they are, straight sRGB and alpha, at most `k`; pixels
    /// that have one of them keep it. All clear colours are one.
    pub keep: &'a [[u8; 4]],
}

impl FitOptions<'_> {
    /// Checks the options for images of so many channels.
    ///
    /// # Errors
    /// [`Error::InvalidK`] for `k` outside 1..=[`MAX_COLORS`]; [`Error::TooManyKept`] and
    /// [`Error::KeptAlpha`] for colours to keep that do not fit.
    pub fn check(&self, channels: usize) -> Result<()> {
        self.kept(channels).map(drop)
    }

    /// Whether a colour to keep is nearly opaque: then others stay as they are, too.
    pub(crate) fn keeps_nearly_opaque(&self) -> bool {
        self.keep.iter().any(|color| is_nearly_opaque(color[3].into(), u8::MAX.into()))
    }

    /// The colours to keep, each once.
    fn kept(&self, channels: usize) -> Result<Vec<[u8; 4]>> {
        if !(1..=MAX_COLORS).contains(&self.k) {
            return Err(Error::InvalidK { k: self.k, max: MAX_COLORS });
        }
        let (mut kept, mut known) = (Vec::new(), FxHashSet::default());
        for &color in self.keep {
            if channels == 3 && color[3] != u8::MAX {
                return Err(Error::KeptAlpha(color));
            }
            let color = if color[3] == 0 { [0; 4] } else { color };
            if known.insert(color) {
                kept.push(color);
            }
        }
        if kept.len() > self.k {
            return Err(Error::TooManyKept { count: kept.len(), k: self.k });
        }
        Ok(kept)
    }
}

/// Fits a palette of at most `options.k` colours.
///
/// # Errors
/// Those of [`Fitter::new`], and what `progress` returns to stop.
pub fn fit(
    counts: &ColorCounts<'_>,
    options: &FitOptions<'_>,
    progress: &dyn Progress,
) -> Result<ColorMap> {
    let fitter = Fitter::new(*counts, options)?;
    match fitter.space().dim() {
        3 => fitter.fit::<3>(options.k, &[], progress),
        _ => fitter.fit::<4>(options.k, &[], progress),
    }
}

/// A palette for many images.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedPalette {
    /// The colours.
    pub palette: Palette,
    /// Pixels to which each of them is the nearest.
    pub weights: Vec<u64>,
    /// Channels that the colours need: 4 if any is see-through, else 3.
    pub channels: usize,
}

/// Fits a palette of at most `options.k` colours to many images, given all of their colours.
///
/// That of a single image is the one with which every pixel gets its nearest colour.
///
/// # Errors
/// Those of [`fit`].
pub fn fit_shared(
    images: Total,
    options: &FitOptions<'_>,
    progress: &dyn Progress,
) -> Result<SharedPalette> {
    let Total { mut histogram, max_sample } = images;
    let nearly_opaque = |color: [u16; 4]| is_nearly_opaque(color[3], max_sample);
    if histogram.len() > options.k
        && !options.keeps_nearly_opaque()
        && histogram.colors().any(nearly_opaque)
    {
        histogram = histogram.mapped(|color| as_opaque(color, max_sample));
    }
    let is_opaque = histogram.colors().all(|color| color[3] == max_sample)
        && options.keep.iter().all(|color| color[3] == u8::MAX);
    let channels = if is_opaque { 3 } else { 4 };
    let counts = ColorCounts { histogram: &histogram, max_sample, channels };
    let ColorMap { palette, entries, .. } = fit(&counts, options, progress)?;
    let mut weights = vec![0; palette.colors.len()];
    for (&entry, &count) in entries.iter().zip(histogram.counts()) {
        let weight = &mut weights[entry as usize];
        *weight = count.saturating_add(*weight);
    }
    Ok(SharedPalette { palette, weights, channels })
}

/// Whether an alpha is not that of opaque colours, and nobody can see that.
pub(crate) fn is_nearly_opaque(alpha: u16, opaque: u16) -> bool {
    alpha < opaque && u32::from(alpha) * u32::from(u8::MAX) >= u32::from(opaque) * NEARLY_OPAQUE
}

fn as_opaque(color: [u16; 4], opaque: u16) -> [u16; 4] {
    let [r, g, b, alpha] = color;
    if is_nearly_opaque(alpha, opaque) { [r, g, b, opaque] } else { color }
}

/// Makes palettes from the colours of one histogram.
#[derive(Debug)]
pub struct Fitter<'a> {
    counts: ColorCounts<'a>,
    preset: Preset,
    space: ColorSpace,
    /// Colours that every palette holds, all different.
    kept: Vec<[u8; 4]>,
}

/// Centroids, and for every distinct colour the nearest.
#[derive(Debug)]
struct ColorCodebook<const D: usize> {
    /// The kept colours first.
    centroids: Vec<[f64; D]>,
    /// Positions of centroids, in the order of the histogram.
    labels: Vec<u32>,
    /// Whether a palette of 8 bits holds fewer colours than the histogram.
    lossy: bool,
}

impl<'a> Fitter<'a> {
    /// Places the colours in the space.
    ///
    /// # Errors
    /// Those of [`FitOptions::check`], and [`Error::Empty`] for a histogram without colours.
    pub fn new(counts: ColorCounts<'a>, options: &FitOptions<'_>) -> Result<Self> {
        let ColorCounts { histogram, max_sample, channels } = counts;
        if histogram.is_empty() {
            return Err(Error::Empty { what: "the histogram", unit: "colour" });
        }
        let kept = options.kept(channels)?;
        let space = ColorSpace::new(histogram, max_sample, options.space, options.k);
        Ok(Self { counts, preset: options.preset, space: space.keeping(&kept), kept })
    }

    /// Where the colours lie.
    #[must_use]
    pub fn space(&self) -> &ColorSpace {
        &self.space
    }

    /// The colours that every palette holds, each once.
    #[must_use]
    pub fn kept(&self) -> &[[u8; 4]] {
        &self.kept
    }

    /// A palette of at most `k` colours, those of the `fixed` centroids and the kept ones among
    /// them; `D` is the dimension of the space.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    pub fn fit<const D: usize>(
        &self,
        k: usize,
        fixed: &[[f64; D]],
        progress: &dyn Progress,
    ) -> Result<ColorMap> {
        let codebook = match self.lossless(k) {
            Some(codebook) => codebook,
            None => self.clustered(k, fixed, progress)?,
        };
        let (palette, entries) = self.palette(&codebook);
        Ok(ColorMap { palette, entries, lossy: codebook.lossy })
    }

    /// Kept and fixed centroids, and those that K-Means finds beside them.
    ///
    /// Kept colours do not take part in K-Means: their pixels are not attracted by other centroids.
    fn clustered<const D: usize>(
        &self,
        k: usize,
        fixed: &[[f64; D]],
        progress: &dyn Progress,
    ) -> Result<ColorCodebook<D>> {
        let Self { counts: ColorCounts { histogram, .. }, space, kept, preset } = self;
        let mut locked = self.kept_places();
        locked.extend(fixed);
        let (centroids, labels) = if locked.len() == k {
            (locked, None)
        } else if kept.is_empty() {
            learned(space, histogram, (k - locked.len(), locked), preset, progress)?
        } else {
            let numbers = self.kept_numbers();
            let rest = histogram.filtered(|color| !numbers.contains_key(&color));
            (learned(space, &rest, (k - locked.len(), locked), preset, progress)?.0, None)
        };
        let labels = match labels {
            Some(labels) => labels,
            None => self.nearest(&centroids, progress)?,
        };
        Ok(ColorCodebook { centroids, labels, lossy: true })
    }

    /// The codebook of all colours, if `k` suffice in the 8 bits of a palette.
    fn lossless<const D: usize>(&self, k: usize) -> Option<ColorCodebook<D>> {
        let Self { counts: ColorCounts { histogram, .. }, space, .. } = self;
        let (own, mut labels) = space.rounded::<D>(histogram, k).or_else(|| {
            let colors = (histogram.len() <= k).then(|| space.points::<D>(histogram).blocks)?;
            let points = (0..histogram.len()).map(|i| colors.point(i)).collect();
            Some((points, (0..histogram.len() as u32).collect()))
        })?;
        let mut centroids = self.kept_places();
        labels.iter_mut().for_each(|label| *label += centroids.len() as u32);
        centroids.extend(own);
        self.keep_exactly(&mut labels);
        let codebook = ColorCodebook { centroids, labels, lossy: false };
        let fits = self.kept.is_empty() || self.palette(&codebook).0.colors.len() <= k;
        fits.then_some(codebook)
    }

    /// The rounded palette, and for every distinct colour its entry.
    fn palette<const D: usize>(&self, codebook: &ColorCodebook<D>) -> (Palette, Vec<u32>) {
        let ColorCounts { histogram, channels, .. } = self.counts;
        let mut weights = vec![0.0; codebook.centroids.len()];
        for (&label, &count) in codebook.labels.iter().zip(histogram.counts()) {
            weights[label as usize] += count as f64;
        }
        // Colours are kept whether or not any pixel has them.
        weights[..self.kept.len()].iter_mut().for_each(|weight| *weight = weight.max(1.0));
        let to_srgb = |centroid: &[f64; D]| self.space.to_srgb(centroid);
        let srgb: Vec<f64> = codebook
            .centroids
            .iter()
            .flat_map(|centroid| to_srgb(centroid).into_iter().take(channels))
            .collect();
        let (palette, entry_of) = palette::from_centroids(&srgb, channels, &weights);
        let entry = |&label: &u32| entry_of[label as usize];
        let entries = codebook.labels.iter().map(entry).collect();
        (palette, entries)
    }

    /// For every distinct colour the nearest centroid.
    fn nearest<const D: usize>(
        &self,
        centroids: &[[f64; D]],
        progress: &dyn Progress,
    ) -> Result<Vec<u32>> {
        let histogram = self.counts.histogram;
        let mut labels = Vec::with_capacity(histogram.len());
        for start in (0..histogram.len()).step_by(LABELLED) {
            let range = start..histogram.len().min(start + LABELLED);
            let blocks = self.space.blocks::<D>(histogram, range);
            labels.extend(assign_blocks(&blocks, centroids, progress)?.labels);
        }
        self.keep_exactly(&mut labels);
        Ok(labels)
    }

    /// Gives kept colours their own centroid, which another may be as near to.
    fn keep_exactly(&self, labels: &mut [u32]) {
        if self.kept.is_empty() {
            return;
        }
        let numbers = self.kept_numbers();
        for (label, color) in labels.iter_mut().zip(self.counts.histogram.colors()) {
            if let Some(&own) = numbers.get(&color) {
                *label = own;
            }
        }
    }

    fn kept_places<const D: usize>(&self) -> Vec<[f64; D]> {
        self.kept.iter().map(|&color| self.space.coordinates_of_8_bits(color)).collect()
    }

    /// The centroids of kept colours by their raw samples.
    fn kept_numbers(&self) -> FxHashMap<[u16; 4], u32> {
        self.kept.iter().map(|&color| self.space.samples_of_8_bits(color)).zip(0..).collect()
    }
}

/// Centroids and, if known, the nearest to every colour.
type Learned<const D: usize> = (Vec<[f64; D]>, Option<Vec<u32>>);

/// The `locked` centroids and `k` others; and the nearest to every colour of the histogram if it
/// is small enough to be fitted as it is.
fn learned<const D: usize>(
    space: &ColorSpace,
    histogram: &Histogram,
    (k, locked): (usize, Vec<[f64; D]>),
    preset: &Preset,
    progress: &dyn Progress,
) -> Result<Learned<D>> {
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
    let coarse = fine.gathered(histogram, coarse);
    // The boxes of the sketch are no smaller than those of the coarse points.
    const { assert!(MIN_SKETCH <= MIN_COARSE) };
    let sketch = fine.gathered_again(histogram, &coarse, sketch);
    let parts = space.sheets_of(&sketch.points);
    let task = Task { k, locked, fine: &fine.blocks, coarse, sketch, parts, apart: space.apart() };
    let fit = coarse_to_fine(task, &preset.fit, progress)?;
    let (centroids, _) = fit.centroids.as_chunks::<D>();
    Ok((centroids.to_vec(), exact.then_some(fit.labels)))
}
