//! The codebook of an image: given colours, and K-Means for the others.

use rustc_hash::FxHashMap;

use crate::color_points::ColorSpace;
use crate::error::Result;
use crate::histogram::Histogram;
use crate::kmeans::{Task, coarse_to_fine};
use crate::nearest::assign_blocks;
use crate::palette::{self, Palette};
use crate::preset::Preset;
use crate::progress::Progress;

/// Coarse points, at least, where there are as many distinct colours.
const MIN_COARSE: usize = 4096;

/// Points of the sketch, at least, where there are as many distinct colours.
const MIN_SKETCH: usize = 4096;

/// Distinct colours that get their labels at a time, when there are too many to keep all as
/// points.
const LABELLED: usize = 1 << 20;

/// Centroids, and for every distinct colour the nearest.
#[derive(Debug)]
pub struct Codebook<const D: usize> {
    /// The kept colours first.
    pub centroids: Vec<[f64; D]>,
    /// Positions of centroids, in the order of the histogram.
    pub labels: Vec<u32>,
    /// Whether a palette of 8 bits holds fewer colours than the image.
    pub lossy: bool,
}

/// What codebooks are made from.
#[derive(Debug, Clone, Copy)]
pub struct Colors<'a> {
    /// The image's colours.
    pub histogram: &'a Histogram,
    /// Where they lie.
    pub space: &'a ColorSpace,
    /// Colours that the codebook holds, at most `k`, all different.
    pub kept: &'a [[u8; 4]],
    /// Channels of the image, 3 or 4.
    pub channels: usize,
}

/// What a codebook is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a, const D: usize> {
    /// Number of centroids, at most.
    pub k: usize,
    /// Centroids that are given, beside the kept colours.
    pub given: &'a [[f64; D]],
    /// How hard to try.
    pub preset: &'a Preset,
}

impl Colors<'_> {
    /// A codebook of at most `wanted.k` centroids.
    ///
    /// Colours that are kept do not take part in K-Means, and others know where they are.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    pub fn codebook<const D: usize>(
        &self,
        wanted: &Wanted<'_, D>,
        progress: &dyn Progress,
    ) -> Result<Codebook<D>> {
        let Wanted { k, given, preset } = *wanted;
        if let Some(codebook) = self.lossless(k) {
            return Ok(codebook);
        }
        let Self { histogram, space, kept, .. } = *self;
        let mut locked = self.kept_places();
        locked.extend(given);
        let (centroids, labels) = if locked.len() == k {
            (locked, None)
        } else if kept.is_empty() {
            fitted(space, histogram, (k - locked.len(), locked), preset, progress)?
        } else {
            let numbers = self.kept_numbers();
            let rest = histogram.filtered(|color| !numbers.contains_key(&color));
            (fitted(space, &rest, (k - locked.len(), locked), preset, progress)?.0, None)
        };
        let labels = match labels {
            Some(labels) => labels,
            None => self.nearest(&centroids, progress)?,
        };
        Ok(Codebook { centroids, labels, lossy: true })
    }

    /// The codebook of all colours, if `k` suffice in the 8 bits of a palette.
    fn lossless<const D: usize>(&self, k: usize) -> Option<Codebook<D>> {
        let Self { histogram, space, .. } = *self;
        let (own, mut labels) = space.rounded::<D>(histogram, k).or_else(|| {
            let colors = (histogram.len() <= k).then(|| space.points::<D>(histogram).blocks)?;
            let points = (0..histogram.len()).map(|i| colors.point(i)).collect();
            Some((points, (0..histogram.len() as u32).collect()))
        })?;
        let mut centroids = self.kept_places();
        labels.iter_mut().for_each(|label| *label += centroids.len() as u32);
        centroids.extend(own);
        self.keep_exactly(&mut labels);
        let codebook = Codebook { centroids, labels, lossy: false };
        let fits = self.kept.is_empty() || self.palette(&codebook).0.colors.len() <= k;
        fits.then_some(codebook)
    }

    /// The rounded palette, and for every distinct colour its entry.
    #[must_use]
    pub fn palette<const D: usize>(&self, codebook: &Codebook<D>) -> (Palette, Vec<u32>) {
        let mut weights = vec![0.0; codebook.centroids.len()];
        for (&label, &count) in codebook.labels.iter().zip(self.histogram.counts()) {
            weights[label as usize] += count as f64;
        }
        // Colours are kept whether or not any pixel has them.
        weights[..self.kept.len()].iter_mut().for_each(|weight| *weight = weight.max(1.0));
        let to_srgb = |centroid: &[f64; D]| self.space.to_srgb(centroid);
        let srgb: Vec<f64> = codebook
            .centroids
            .iter()
            .flat_map(|centroid| to_srgb(centroid).into_iter().take(self.channels))
            .collect();
        let palette = palette::from_centroids(&srgb, self.channels, &weights);
        let entry = |&label: &u32| palette.entry_of[label as usize];
        let entries = codebook.labels.iter().map(entry).collect();
        (palette, entries)
    }

    /// For every distinct colour the nearest centroid.
    fn nearest<const D: usize>(
        &self,
        centroids: &[[f64; D]],
        progress: &dyn Progress,
    ) -> Result<Vec<u32>> {
        let mut labels = Vec::with_capacity(self.histogram.len());
        for start in (0..self.histogram.len()).step_by(LABELLED) {
            let range = start..self.histogram.len().min(start + LABELLED);
            let blocks = self.space.blocks::<D>(self.histogram, range);
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
        for (label, color) in labels.iter_mut().zip(self.histogram.colors()) {
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
type Fitted<const D: usize> = (Vec<[f64; D]>, Option<Vec<u32>>);

/// The `locked` centroids and `k` others; and the nearest to every colour of the histogram if it
/// is small enough to be fitted as it is.
fn fitted<const D: usize>(
    space: &ColorSpace,
    histogram: &Histogram,
    (k, locked): (usize, Vec<[f64; D]>),
    preset: &Preset,
    progress: &dyn Progress,
) -> Result<Fitted<D>> {
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
    let task = Task { k, locked, fine: &fine.blocks, coarse, sketch, parts, apart: space.apart() };
    let fit = coarse_to_fine(task, &preset.fit, progress)?;
    let (centroids, _) = fit.centroids.as_chunks::<D>();
    Ok((centroids.to_vec(), exact.then_some(fit.labels)))
}
