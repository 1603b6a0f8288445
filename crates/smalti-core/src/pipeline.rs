//! The stages composed, once: pixels in, palette and indices out.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::fit::{ColorCounts, FitOptions, Fitter, is_nearly_opaque};
use crate::histogram::Histogram;
use crate::indexed_image::{Indices, Mapped};
use crate::kmeans::{self, Fit, KMeansSettings};
use crate::labels::{self, Scene, SceneColors};
use crate::map::{MapOptions, Mapper, NearestLabels, Refit};
use crate::pixels::Pixels;
use crate::points::WeightedPoints;
use crate::progress::Progress;

/// What to compress to.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Number of colours, see [`FitOptions::k`].
    pub k: usize,
    /// Colours that the palette holds as they are, see [`FitOptions::keep`].
    pub keep: &'a [[u8; 4]],
    /// The order of a palette that the picture had before, which its file may be small by. The new
    /// one has it if all of its colours are among these; then its order is as good as any other, and
    /// the file of a compressed picture stays as small as it was.
    pub order: &'a [[u8; 4]],
    /// How pixels are mapped to the palette; the space and the effort count for the palette, too.
    pub map: MapOptions<'a>,
}

/// Compresses an image by K-Means vector quantisation, with a palette of its own.
///
/// # Errors
/// Those of [`Fitter::new`], [`MapOptions::check`] and [`Mapper::map`], and what `progress` returns
/// to stop.
pub fn compress(
    pixels: &Pixels<'_>,
    options: &Options<'_>,
    progress: &dyn Progress,
) -> Result<Mapped<Indices>> {
    let Options { k, keep, map: MapOptions { space, preset, .. }, .. } = *options;
    let fit = FitOptions { k, space, preset, keep };
    fit.check(pixels.channels())?;
    options.map.check(k)?;
    if keep.iter().all(|color| color[3] == u8::MAX)
        && let Some(samples) = pixels.without_opaque_alpha()
    {
        return compress(&pixels.with_samples(&samples, 3)?, options, progress);
    }
    let histogram = &Histogram::of(pixels, progress)?;
    let max_sample = pixels.max_sample();
    let nearly_opaque = |color: [u16; 4]| is_nearly_opaque(color[3], max_sample);
    if histogram.len() > k && !fit.keeps_nearly_opaque() && histogram.colors().any(nearly_opaque) {
        let samples = pixels.with_opaque(nearly_opaque);
        let opaque = pixels.with_samples(&samples, pixels.channels())?;
        // The score was measured against the opaque copy, not against the image that came.
        return Ok(Mapped { score: None, ..compress(&opaque, options, progress)? });
    }
    let channels = pixels.channels();
    let fitter = Fitter::new(ColorCounts { histogram, max_sample, channels }, &fit)?;
    match fitter.space().dim() {
        3 => compress_in::<3>(pixels, (histogram, &fitter), options, progress),
        _ => compress_in::<4>(pixels, (histogram, &fitter), options, progress),
    }
}

fn compress_in<const D: usize>(
    pixels: &Pixels<'_>,
    (histogram, fitter): (&Histogram, &Fitter<'_>),
    options: &Options<'_>,
    progress: &dyn Progress,
) -> Result<Mapped<Indices>> {
    let nearest = |k: usize, fixed: &[[f64; D]]| {
        let map = fitter.fit(k, fixed, progress)?.in_order_of(options.order);
        NearestLabels::new(pixels, histogram, map, progress)
    };
    let (space, kept) = (fitter.space(), fitter.kept());
    let colors = SceneColors { histogram, space, kept, given: None };
    let fit = |k: usize, fixed: &[[f64; D]]| Ok(nearest(k, fixed)?.image);
    let refit = Some(Refit { k: options.k, fit: &fit });
    let mapper = Mapper { pixels, options: &options.map, refit, progress };
    mapper.map(nearest(options.k, &[])?, || Scene::new(pixels, &colors, progress))
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
