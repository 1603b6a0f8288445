//! Labels with a rate weight, and what the picture scores and takes with them.

use crate::encode::{Coder, File};
use crate::error::Result;
use crate::indexed_image::{IndexedImage, Mapped};
use crate::labels::{self, DitherMethod, LabelSettings, Scene};
use crate::metrics::Scorer;
use crate::pixels::{Pixels, Samples};
use crate::progress::Progress;

use super::candidates::{Candidate, Wanted};

/// The share of an error that is diffused unless told otherwise. On photographs 0.4 and 0.7
/// need 2 % more bytes at equal SSIMULACRA2, 0.8 needs 7 %.
const DITHER: f64 = 0.55;

/// The same where bits do not count: the highest SSIMULACRA2 on most photographs.
const FREE_DITHER: f64 = 0.7;

/// The same two for thresholds. A mask moves a pixel's target, and no other pixel makes up for that.
/// So full strength looks best where bits do not count, above all with few colours.
const MASK_DITHER: f64 = 0.5;
const FREE_MASK_DITHER: f64 = 1.0;

/// The rate weight from which on bits count in full: up to it the share falls from the one to the
/// other.
const WEIGHT_OF_DITHER: f64 = 0.05;

/// The picture, and how it is labelled and written.
#[derive(Clone, Copy)]
pub struct Labeler<'a, const D: usize> {
    /// The image as it came.
    pub pixels: &'a Pixels<'a>,
    /// The same in the colour space.
    pub scene: &'a Scene<'a, D>,
    /// Passes and beam.
    pub settings: LabelSettings,
    /// How much of an error is made up for, if it was asked for.
    pub dither: Option<f64>,
    /// Trials to find a target with, at least 2.
    pub trials: usize,
    /// What tells the sizes of files.
    pub coder: &'a dyn Coder,
    /// May stop everything.
    pub progress: &'a dyn Progress,
}

impl<'a, const D: usize> Labeler<'a, D> {
    /// Labels with a rate weight.
    ///
    /// # Errors
    /// What the progress returns to stop.
    pub fn weighed(&self, start: IndexedImage, rate_weight: f64) -> Result<Mapped> {
        self.weighed_in(self.settings.passes, start, rate_weight)
    }

    /// Labels from those of another rate weight, if there are any: they have the right order and
    /// nearly the right frequencies. Colours that a higher weight gave up are worth having again.
    pub(super) fn weighed_again(
        &self,
        start: &IndexedImage,
        last: Option<&Mapped>,
        rate_weight: f64,
    ) -> Result<Mapped> {
        let all_colors = |last: &&Mapped| {
            let dropped = last.image.palette.len() < start.palette.len();
            !dropped || last.rate_weight <= rate_weight
        };
        match last.filter(all_colors) {
            Some(last) => self.weighed_in(1, last.image.clone(), rate_weight),
            None => self.weighed(start.clone(), rate_weight),
        }
    }

    fn weighed_in(&self, passes: usize, start: IndexedImage, rate_weight: f64) -> Result<Mapped> {
        let dither = self.dither_at(rate_weight);
        let settings = LabelSettings { rate_weight, dither, passes, ..self.settings };
        let image = labels::rate_distortion(self.scene, start, &settings, self.progress)?;
        Ok(Mapped { image, rate_weight, dither, file: None, score: None })
    }

    /// How much of an error is made up for at a rate weight.
    pub(super) fn dither_at(&self, rate_weight: f64) -> f64 {
        self.dither.unwrap_or_else(|| usual_dither(self.settings.method, rate_weight))
    }

    /// The same without dither.
    #[must_use]
    pub fn undithered(&self) -> Self {
        Self { dither: Some(0.0), ..*self }
    }

    /// Whether nearest labels, without dither, are among what may be chosen.
    #[must_use]
    pub fn may_be_plain(&self) -> bool {
        self.dither.is_none() && self.settings.method == DitherMethod::Diffusion
    }

    /// What tells the scores of pictures.
    ///
    /// # Errors
    /// Those of [`Scorer::new`].
    pub fn scorer(&self) -> Result<Scorer<'a>> {
        Scorer::new(*self.pixels, self.progress)
    }

    /// A picture with its score and size.
    ///
    /// # Errors
    /// What the progress and the coder return to stop.
    pub fn candidate(
        &self,
        scorer: &Scorer<'_>,
        mapped: Mapped,
        wanted: Wanted,
    ) -> Result<Candidate> {
        let (score, file) =
            rayon::join(|| self.score(scorer, &mapped), || self.file(&mapped, wanted));
        let (score, file) = (score?, file?);
        let bytes = file.bytes();
        Ok(Candidate { score, bytes, mapped: Mapped { file: file.into_contents(), ..mapped } })
    }

    /// The picture's file, or only its length where an estimate does.
    fn file(&self, mapped: &Mapped, wanted: Wanted) -> Result<File> {
        match wanted {
            Wanted::Score(_) => Ok(File::Measured(self.coder.about(mapped, self.progress)?)),
            Wanted::Bytes(_) => self.coder.file(mapped, self.progress),
        }
    }

    pub(super) fn score(&self, scorer: &Scorer<'_>, chosen: &Mapped) -> Result<f64> {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        let channels = self.pixels.channels();
        let samples = chosen.image.samples(channels);
        scorer.score(&Pixels::new(Samples::U8(&samples), width, height, channels)?)
    }
}

/// How much of an error is made up for unless told otherwise.
fn usual_dither(method: DitherMethod, rate_weight: f64) -> f64 {
    let (free, weighed) = match method {
        DitherMethod::Diffusion => (FREE_DITHER, DITHER),
        DitherMethod::BlueNoise | DitherMethod::Ordered => (FREE_MASK_DITHER, MASK_DITHER),
    };
    free + (weighed - free) * (rate_weight / WEIGHT_OF_DITHER).min(1.0)
}
