//! From the nearest labels to those that are asked for.

use std::iter::once;

use super::options::MapOptions;
use crate::color_points::SHEETS;
use crate::error::Result;
use crate::goal::Goal;
use crate::histogram::Histogram;
use crate::indexed_image::{IndexedImage, Indices, Mapped};
use crate::labels::{self, LabelSettings, Scene};
use crate::palette::{ColorMap, Palette};
use crate::pixels::{Pixels, spread_rows};
use crate::preset::Preset;
use crate::progress::Progress;
use crate::targets::{Labeler, USUALLY_AFFORDABLE, Wanted};

/// Pixels of photographs on which the default's rate weight is found, about.
const PIXELS_OF_PHOTOGRAPHS: usize = 1 << 20;

/// Drawings of no more pixels are tried with fewer colours to reach a target.
const SMALL_DRAWING: usize = 1 << 20;

/// Photographs of no more pixels are scored at every effort: that takes little time, and the usual weight
/// costs thumbnails up to seven points.
const SMALL_PHOTOGRAPH: usize = 1 << 16;

/// With fewer colours, too, every photograph is scored: with 16 the usual weight costs up to five points.
const FEW_COLORS: usize = 64;

/// Images of more pixels are searched with half the ways, which need two points more bytes.
const LARGE_IMAGE: usize = 1 << 22;

/// Numbers of colours that are tried for drawings which are to reach a target.
const FEWER_COLORS: [usize; 5] = [128, 64, 32, 16, 8];

/// Every pixel with its nearest colour.
#[derive(Debug, Clone, PartialEq)]
pub struct NearestLabels {
    /// Palette and labels.
    pub image: IndexedImage<Indices>,
    /// Whether the palette, which has 8 bits a sample, lacks colours of the picture.
    pub lossy: bool,
}

impl NearestLabels {
    /// Gives every pixel the entry of its colour; `histogram`, for whose colours the map was made,
    /// holds the picture's.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    pub fn new(
        pixels: &Pixels<'_>,
        histogram: &Histogram,
        map: ColorMap,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let ColorMap { palette: Palette { colors: palette, centroids }, entries, lossy } = map;
        let indices = labels::nearest(pixels, histogram, &entries, palette.len(), progress)?;
        let (width, height) = (pixels.width(), pixels.height());
        Ok(Self { image: IndexedImage { width, height, palette, centroids, indices }, lossy })
    }
}

/// Returns the nearest labels of a palette of at most so many colours, with these centroids among them.
pub type FitNearest<'a, const D: usize> =
    dyn Fn(usize, &[[f64; D]]) -> Result<IndexedImage<Indices>> + 'a;

/// Makes other palettes for a picture whose palette is its own.
#[derive(Clone, Copy)]
pub struct Refit<'a, const D: usize> {
    /// Most colours that the palette may have.
    pub k: usize,
    /// What makes them.
    pub fit: &'a FitNearest<'a, D>,
}

/// What a picture is mapped with.
pub struct Mapper<'a, const D: usize> {
    /// The picture.
    pub pixels: &'a Pixels<'a>,
    /// How.
    pub options: &'a MapOptions<'a>,
    /// What makes other palettes; without it the palette stays as it is.
    pub refit: Option<Refit<'a, D>>,
    /// May stop everything.
    pub progress: &'a dyn Progress,
}

impl<const D: usize> Mapper<'_, D> {
    /// The labels that the options ask for; `scene` is made if these are not the nearest.
    ///
    /// # Errors
    /// [`Error::QualityNotReached`](crate::Error::QualityNotReached) and
    /// [`Error::SizeNotReached`](crate::Error::SizeNotReached), and what the progress or the coder
    /// returns to stop.
    pub fn map<'s>(
        &self,
        nearest: NearestLabels,
        scene: impl FnOnce() -> Result<Scene<'s, D>>,
    ) -> Result<Mapped<Indices>> {
        let Self { options, refit, .. } = self;
        let NearestLabels { image, lossy } = nearest;
        if options.is_plain(lossy) {
            return Ok(Mapped::nearest(image));
        }
        let mut start = match image.in_bytes() {
            Ok(start) => start,
            Err(wider) => return Ok(Mapped::nearest(wider)),
        };
        let scene = &scene()?;
        if let Some(refit) = refit.filter(|_| lossy) {
            start = self.with_lost(scene, refit, start)?;
        }
        let labeler = self.labeler(scene);
        let Mapped { image, rate_weight, dither, file, score } = match options.goal {
            Goal::RateWeight(0.0) if lossy => labeler.free(start)?,
            Goal::RateWeight(weight) => labeler.weighed(start, weight)?,
            Goal::Quality(score) => self.targeted(&labeler, Wanted::Score(score), start, lossy)?,
            Goal::MaxBytes(most) => self.targeted(&labeler, Wanted::Bytes(most), start, lossy)?,
            Goal::Affordable if lossy => affordable(&labeler, start, &options.preset)?,
            Goal::Affordable => labeler.weighed(start, 0.0)?,
        };
        Ok(Mapped { image: image.into(), rate_weight, dither, file, score })
    }

    fn labeler<'a>(&'a self, scene: &'a Scene<'_, D>) -> Labeler<'a, D> {
        let MapOptions { preset, dither, dither_method, coder, .. } = *self.options;
        let large = self.pixels.count() > LARGE_IMAGE;
        let settings = LabelSettings {
            rate_weight: 0.0,
            model: coder.bit_model(scene.is_drawing()),
            dither: 0.0,
            method: dither_method,
            beam: if large { preset.beam.div_ceil(2) } else { preset.beam },
            passes: preset.passes,
            fixed_palette: self.refit.is_none(),
        };
        let (pixels, trials, progress) = (self.pixels, preset.target_trials, self.progress);
        Labeler { pixels, scene, settings, dither, trials, coder, progress }
    }

    /// The start with the colours of small regions that its palette has lost, if the worst error is
    /// smaller with them.
    fn with_lost(
        &self,
        scene: &Scene<'_, D>,
        refit: Refit<'_, D>,
        first: IndexedImage,
    ) -> Result<IndexedImage> {
        let (lost, worst) = labels::lost(scene, &first, self.progress)?;
        if lost.is_empty() {
            return Ok(first);
        }
        let Ok(other) = (refit.fit)(refit.k, &lost)?.in_bytes() else { return Ok(first) };
        let better = labels::worst_shown(scene, &other, self.progress)? < worst;
        Ok(if better { other } else { first })
    }

    /// A start with fewer colours than before, to which the same applies.
    fn start_of_fewer(
        &self,
        scene: &Scene<'_, D>,
        refit: Refit<'_, D>,
        k: usize,
    ) -> Result<IndexedImage> {
        let Ok(start) = (refit.fit)(k, &[])?.in_bytes() else {
            unreachable!("fewer colours than 256")
        };
        self.with_lost(scene, Refit { k, ..refit }, start)
    }

    /// What reaches a target best, with the colours of `start`, or, in small drawings, with fewer. In
    /// photographs fewer colours never are better.
    fn targeted(
        &self,
        labeler: &Labeler<'_, D>,
        wanted: Wanted,
        start: IndexedImage,
        lossy: bool,
    ) -> Result<Mapped> {
        let scene = labeler.scene;
        let colors = start.palette.len();
        let small_drawing = scene.is_drawing() && self.pixels.count() <= SMALL_DRAWING;
        // Clear, translucent and solid colours each need an entry beside the kept ones.
        let enough = |k: &usize| *k < colors && *k >= scene.kept_colors() + SHEETS;
        let fewer = self.refit.filter(|_| small_drawing).into_iter().flat_map(|refit| {
            let numbers = FEWER_COLORS.into_iter().filter(enough);
            numbers.map(move |k| self.start_of_fewer(scene, refit, k))
        });
        labeler.targeted(wanted, once(Ok(start)).chain(fewer), !lossy)
    }
}

/// Takes the usual rate weight where scores are not asked for, and finds the affordable one elsewhere, on
/// rows spread over the image where that is less work.
fn affordable<const D: usize>(
    labeler: &Labeler<'_, D>,
    start: IndexedImage,
    preset: &Preset,
) -> Result<Mapped> {
    let Labeler { pixels, scene, .. } = *labeler;
    if !preset.scores_photographs && is_usual_photograph(labeler, &start) {
        return labeler.weighed(start, USUALLY_AFFORDABLE);
    }
    let sampled_pixels =
        if scene.is_drawing() { preset.pixels_of_drawings } else { PIXELS_OF_PHOTOGRAPHS };
    // Of a smaller image the whole is searched: the labels that are found are those wanted.
    if pixels.count() <= 2 * sampled_pixels {
        return labeler.affordable(&start);
    }
    let rows = spread_rows((pixels.width(), pixels.height()), sampled_pixels);
    let samples = pixels.rows(&rows);
    let sampled = Pixels::new(samples.borrowed(), pixels.width(), rows.len(), pixels.channels())?;
    let part = scene.of_rows(&rows);
    let found =
        Labeler { pixels: &sampled, scene: &part, ..*labeler }.affordable(&start.rows(&rows))?;
    match (found.rate_weight, found.dither) {
        (0.0, 0.0) => Ok(Mapped::nearest(start)),
        (weight, 0.0) => {
            let weighed = labeler.undithered().weighed(start.clone(), weight)?;
            let plain = Mapped::nearest(start);
            // Rows that were picked repeat less of what stands above them than the whole does.
            let about = |mapped| labeler.coder.about(mapped, labeler.progress);
            let is_plain_smaller = labeler.may_be_plain() && about(&plain)? < about(&weighed)?;
            Ok(if is_plain_smaller { plain } else { weighed })
        }
        (weight, _) => labeler.weighed(start, weight),
    }
}

/// Whether this is what the usual rate weight was measured on.
fn is_usual_photograph<const D: usize>(labeler: &Labeler<'_, D>, start: &IndexedImage) -> bool {
    let is_large = labeler.pixels.count() > SMALL_PHOTOGRAPH;
    let is_own_palette = !labeler.settings.fixed_palette && start.palette().len() >= FEW_COLORS;
    is_large && is_own_palette && labeler.may_be_plain() && !labeler.scene.is_drawing()
}
