//! From what a picture should score or weigh to how much a bit is worth.
//!
//! A higher rate weight makes fewer bits and less quality, nearly steadily on a logarithmic scale. So
//! a target is found as a root is: from a first guess outwards until it is enclosed, then by straight
//! lines between the bounds. Every trial begins with the labels of the trial before, so that it needs
//! one pass only.

mod root_search;

use crate::encode::Coder;
use crate::error::{Error, Result};
use crate::goal::Goal;
use crate::indexed_image::{IndexedImage, Mapped};
use crate::labels::{self, DitherMethod, LabelSettings, Scene};
use crate::metrics::Scorer;
use crate::pixels::{Pixels, Samples};
use crate::progress::Progress;

use root_search::RootSearch;

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

/// Points of SSIMULACRA2 that the default may cost against labels that do not count bits.
const AFFORDABLE: f64 = 1.0;

/// A rate weight that costs less than that on most photographs.
const USUALLY_AFFORDABLE: f64 = 0.02;

/// Rate weights from first to last: beyond them nothing changes any more.
const WEIGHTS: (f64, f64) = (0.002, 1000.0);

/// Passes of a target's first trial, at least. One pass has the prices of nearest labels, and with
/// these a lower quality can need more bytes.
const TARGET_PASSES: usize = 2;

/// A score this far above the target is near enough.
const NEAR_SCORE: f64 = 0.25;

/// A file smaller than allowed by this share is near enough.
const NEAR_SIZE: f64 = 0.01;

/// The picture, and how it is labelled and written.
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

/// What a search for a score begins with.
struct Beginning<'a> {
    scorer: Scorer<'a>,
    /// Labels that do not count bits, and their score.
    free: Mapped,
    free_score: f64,
    /// The nearest labels.
    start: IndexedImage,
    /// The first rate weight, and the labels with it.
    guess: f64,
    first: Mapped,
}

impl<const D: usize> Labeler<'_, D> {
    /// Labels with a rate weight.
    ///
    /// # Errors
    /// What the progress returns to stop.
    pub fn weighed(&self, start: IndexedImage, rate_weight: f64) -> Result<Mapped> {
        self.weighed_in(self.settings.passes, start, rate_weight)
    }

    /// Labels from those of another rate weight, if there are any: they have the right order and
    /// nearly the right frequencies. Colours that a higher weight gave up are worth having again.
    fn weighed_again(
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
        let dither = self.dither.unwrap_or_else(|| usual_dither(self.settings.method, rate_weight));
        let settings = LabelSettings { rate_weight, dither, passes, ..self.settings };
        let image = labels::rate_distortion(self.scene, start, &settings, self.progress)?;
        Ok(Mapped { image, rate_weight, dither })
    }

    /// Labels that need few bits and score at most a point less than those that need many.
    ///
    /// # Errors
    /// What the progress returns to stop.
    pub fn affordable(&self, start: IndexedImage) -> Result<Mapped> {
        let beginning = self.beginning(start, USUALLY_AFFORDABLE)?;
        let target = beginning.free_score - AFFORDABLE;
        self.at_least(beginning, target, AFFORDABLE)
    }

    /// The fewest bits for a quality, or the best picture for a size.
    ///
    /// # Errors
    /// [`Error::QualityNotReached`] and [`Error::SizeNotReached`], and what the progress returns to
    /// stop.
    pub fn targeted(&self, goal: Goal, start: IndexedImage) -> Result<Mapped> {
        let passes = self.settings.passes.max(TARGET_PASSES);
        let labeler = Labeler { settings: LabelSettings { passes, ..self.settings }, ..*self };
        match goal {
            Goal::Quality(quality) => labeler.of_quality(start, quality),
            Goal::MaxBytes(max_bytes) => labeler.of_size(&start, max_bytes),
            Goal::Affordable | Goal::RateWeight(_) => unreachable!("these are no targets"),
        }
    }

    /// Whether a result reaches the target, and how well or nearly: more is better.
    ///
    /// # Errors
    /// What stopped it.
    pub fn merit(&self, goal: Goal, found: &Result<Mapped>) -> Result<(bool, f64)> {
        match found {
            Ok(chosen) if matches!(goal, Goal::MaxBytes(_)) => {
                let scorer = Scorer::new(*self.pixels, self.progress)?;
                Ok((true, self.score(&scorer, chosen)?))
            }
            Ok(chosen) => Ok((true, -(self.bytes(chosen)? as f64))),
            Err(Error::QualityNotReached { best, .. }) => Ok((false, *best)),
            Err(Error::SizeNotReached { smallest, .. }) => Ok((false, -(*smallest as f64))),
            Err(stopped) => Err(stopped.clone()),
        }
    }

    /// The fewest bits for a SSIMULACRA2 of at least `quality`.
    fn of_quality(&self, start: IndexedImage, quality: f64) -> Result<Mapped> {
        // Photographs score about 80 at a weight of 0.06 and lose 8 points whenever it doubles. Small
        // photographs lose more, so the search begins with less.
        let guess = 0.04 * libm::exp2((80.0 - quality) / 8.0);
        let beginning = self.beginning(start, guess.clamp(0.01, 4.0))?;
        if beginning.free_score < quality {
            return Err(Error::QualityNotReached { quality, best: beginning.free_score });
        }
        self.at_least(beginning, quality, NEAR_SCORE)
    }

    /// What every search for a score begins with. Two steps run side by side where neither needs the
    /// other's result.
    fn beginning(&self, start: IndexedImage, guess: f64) -> Result<Beginning<'_>> {
        let (scorer, free) = rayon::join(
            || Scorer::new(*self.pixels, self.progress),
            || self.weighed(start.clone(), 0.0),
        );
        let (scorer, free) = (scorer?, free?);
        let (free_score, first) =
            rayon::join(|| self.score(&scorer, &free), || self.weighed(start.clone(), guess));
        Ok(Beginning { scorer, free, free_score: free_score?, start, guess, first: first? })
    }

    /// The labels of the largest rate weight that keeps the score; those that count no bits reach it.
    fn at_least(&self, beginning: Beginning<'_>, score: f64, near: f64) -> Result<Mapped> {
        let Beginning { scorer, free: mut best, start, guess, first, .. } = beginning;
        let (mut first, mut last) = (Some(first), None);
        let search = RootSearch { trials: self.trials, near, slope: -6.0, range: WEIGHTS };
        search.run(guess, |weight, is_largest| {
            let chosen = match first.take() {
                Some(first) => first,
                None => self.weighed_again(&start, last.as_ref(), weight)?,
            };
            let margin = self.score(&scorer, &chosen)? - score;
            last = Some(chosen.clone());
            if margin >= 0.0 && is_largest {
                best = chosen;
            }
            Ok(margin)
        })?;
        Ok(best)
    }

    /// The best labels whose file has at most `max_bytes`.
    fn of_size(&self, start: &IndexedImage, max_bytes: usize) -> Result<Mapped> {
        let free = self.weighed(start.clone(), 0.0)?;
        let free_bytes = self.bytes(&free)?;
        if free_bytes <= max_bytes {
            return Ok(free);
        }
        let ratio = free_bytes as f64 / max_bytes as f64;
        let guess = (0.01 * ratio * ratio).clamp(WEIGHTS.0, WEIGHTS.1);
        let (mut last, mut best, mut smallest) = (None, None, free_bytes);
        // The search wants a falling margin. The margin of a size grows with the weight, so the search
        // runs over its inverse.
        let range = (1.0 / WEIGHTS.1, 1.0 / WEIGHTS.0);
        let search = RootSearch { trials: self.trials + 2, near: NEAR_SIZE, slope: -0.5, range };
        search.run(1.0 / guess, |inverse, is_largest| {
            let chosen = self.weighed_again(start, last.as_ref(), 1.0 / inverse)?;
            let bytes = self.bytes(&chosen)?;
            last = Some(chosen.clone());
            smallest = smallest.min(bytes);
            if bytes <= max_bytes && is_largest {
                best = Some(chosen);
            }
            Ok(libm::log(max_bytes as f64 / bytes as f64))
        })?;
        best.ok_or(Error::SizeNotReached { max_bytes, smallest })
    }

    fn score(&self, scorer: &Scorer<'_>, chosen: &Mapped) -> Result<f64> {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        let channels = self.pixels.channels();
        let samples = chosen.image.samples(channels);
        scorer.score(&Pixels::new(Samples::U8(&samples), width, height, channels)?)
    }

    fn bytes(&self, chosen: &Mapped) -> Result<usize> {
        self.coder.bytes(chosen, self.progress)
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
