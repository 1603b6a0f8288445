//! From what a picture should score or weigh to how much a bit is worth.
//!
//! A higher rate weight makes fewer bits and less quality, nearly steadily on a logarithmic scale. So
//! a target is found as a root is: from a first guess outwards until it is enclosed, then by straight
//! lines between the bounds. Every trial begins with the labels of the trial before, so that it needs
//! one pass only. All pictures that were seen are candidates (`candidates`), and so are those of
//! nearest labels.

mod attempt;
mod candidates;
mod labeler;
mod root_search;

use crate::error::Result;
use crate::indexed_image::{IndexedImage, Mapped};
use crate::labels::LabelSettings;
use crate::metrics::Scorer;

use attempt::Attempt;
pub use candidates::Wanted;
use candidates::{Candidate, Candidates};
pub use labeler::Labeler;

/// Points of SSIMULACRA2 that the default may cost against labels that do not count bits.
const AFFORDABLE: f64 = 1.0;

/// A rate weight that costs less than that on most photographs.
pub const USUALLY_AFFORDABLE: f64 = 0.02;

/// Rate weights from first to last: beyond them nothing changes any more.
const WEIGHTS: (f64, f64) = (0.002, 1000.0);

/// Passes of a target's first trial, at least. One pass has the prices of nearest labels, and with
/// these a lower quality can need more bytes.
const TARGET_PASSES: usize = 2;

/// A score this far above the target is near enough.
const NEAR_SCORE: f64 = 0.25;

/// A file smaller than allowed by this share is near enough.
const NEAR_SIZE: f64 = 0.01;

/// Photographs of nearest labels that score so many points more than is wanted are larger than those in
/// which bits count.
const FAR_ABOVE: f64 = 8.0;

/// Nearest labels that lack more than this many points of SSIMULACRA2 are given up, and so are those of
/// fewer colours. Dither and other labels of the same colours gain less.
const HOPELESS: f64 = 8.0;

/// Attempts are searched to their ends whose cost is that of the most promising one or nearly so.
const NEARLY_AS_PROMISING: f64 = 0.01;

/// The first guess of a rate weight for a score: photographs score about 70 at 0.2. Whenever the weight
/// doubles, they lose 6 points before and 12 after that.
fn weight_for_score(score: f64) -> f64 {
    let points = if score > 70.0 { 6.0 } else { 12.0 };
    (0.2 * libm::exp2((70.0 - score) / points)).clamp(0.01, 4.0)
}

/// How many points of SSIMULACRA2 photographs lose about there when a rate weight grows e-fold.
fn score_slope(rate_weight: f64) -> f64 {
    -13.0 * libm::pow(rate_weight / 0.3, 0.75).clamp(0.1, 1.0)
}

/// The same for a size, when nearest labels take this many bytes.
fn weight_for_size(max_bytes: usize, plain_bytes: usize) -> f64 {
    let ratio = plain_bytes as f64 / max_bytes as f64;
    (0.01 * ratio * ratio).clamp(WEIGHTS.0, WEIGHTS.1)
}

impl<const D: usize> Labeler<'_, D> {
    /// Labels that do not count bits: dithered, or the nearest if these look better.
    ///
    /// # Errors
    /// What the progress returns to stop.
    pub fn free(&self, start: IndexedImage) -> Result<Mapped> {
        if !self.may_be_plain() {
            return self.weighed(start, 0.0);
        }
        let (scorer, free) = rayon::join(|| self.scorer(), || self.weighed(start.clone(), 0.0));
        let (scorer, free, plain) = (scorer?, free?, Mapped::nearest(start));
        let (free_score, plain_score) =
            rayon::join(|| self.score(&scorer, &free), || self.score(&scorer, &plain));
        Ok(if plain_score? > free_score? { plain } else { free })
    }

    /// Labels that need few bits and score at most a point less than those that need many.
    ///
    /// # Errors
    /// What the progress returns to stop.
    pub fn affordable(&self, start: &IndexedImage) -> Result<Mapped> {
        let (scorer, free) = rayon::join(|| self.scorer(), || self.weighed(start.clone(), 0.0));
        let (scorer, free) = (&scorer?, free?);
        let plain = self.may_be_plain().then(|| Mapped::nearest(start.clone()));
        // One after the other: each takes all threads, and much memory.
        let free_score = self.score(scorer, &free)?;
        let plain_score = match &plain {
            Some(plain) => self.score(scorer, plain)?,
            None => f64::NEG_INFINITY,
        };
        let is_drawing = self.scene.is_drawing();
        let tries_undithered = is_drawing || plain_score > free_score;
        let least = free_score.max(plain_score) - AFFORDABLE;
        let mut seen = Candidates::new(Wanted::Score(least));
        let mut ways = Vec::new();
        if let Some(mapped) = plain.filter(|_| plain_score >= least) {
            let bytes = self.coder.about(&mapped, self.progress)?;
            seen.add(Candidate { mapped, score: plain_score, bytes });
            if tries_undithered {
                ways.push(self.undithered());
            }
        }
        if free_score >= least {
            // Dithered photographs need fewer bytes whenever bits count, so that this one is the last resort.
            let bytes =
                if is_drawing { self.coder.about(&free, self.progress)? } else { usize::MAX };
            seen.add(Candidate { mapped: free, score: free_score, bytes });
            ways.push(*self);
        }
        let near = if is_drawing { NEAR_SCORE } else { AFFORDABLE };
        let attempt =
            |way: &Self| way.attempt(scorer, start.clone(), USUALLY_AFFORDABLE, &mut seen);
        let attempts = ways.iter().map(attempt).collect::<Result<_>>()?;
        self.search_best(attempts, scorer, near, seen)
    }

    /// What is wanted, from one of `starts`, nearest labels with ever fewer colours. The first is
    /// `exact` if it shows every pixel as it is.
    ///
    /// # Errors
    /// [`Error::QualityNotReached`](crate::Error::QualityNotReached) and
    /// [`Error::SizeNotReached`](crate::Error::SizeNotReached), and what the progress returns to
    /// stop.
    pub fn targeted(
        &self,
        wanted: Wanted,
        starts: impl Iterator<Item = Result<IndexedImage>>,
        mut exact: bool,
    ) -> Result<Mapped> {
        let passes = self.settings.passes.max(TARGET_PASSES);
        let labeler = Labeler { settings: LabelSettings { passes, ..self.settings }, ..*self };
        let ways = labeler.ways();
        let scorer = &labeler.scorer()?;
        let mut seen = Candidates::new(wanted);
        let mut attempts = Vec::new();
        for start in starts {
            let start = start?;
            let plain = labeler.nearest_candidate(scorer, start.clone(), wanted)?;
            let (score, bytes) = (plain.score, plain.bytes);
            if exact || labeler.may_be_plain() {
                seen.add(plain);
            }
            let guess = match wanted {
                Wanted::Score(least) if score < least - HOPELESS && !attempts.is_empty() => break,
                Wanted::Score(least) => weight_for_score(least),
                Wanted::Bytes(most) => weight_for_size(most, bytes),
            };
            for way in &ways {
                attempts.push(way.attempt(scorer, start.clone(), guess, &mut seen)?);
            }
            exact = false;
        }
        labeler.search_best(attempts, scorer, NEAR_SCORE, seen)
    }

    /// The picture of nearest labels. Where others are smaller its size is not asked for.
    fn nearest_candidate(
        &self,
        scorer: &Scorer<'_>,
        start: IndexedImage,
        wanted: Wanted,
    ) -> Result<Candidate> {
        let mapped = Mapped::nearest(start);
        match wanted {
            Wanted::Score(least) if !self.scene.is_drawing() => {
                let score = self.score(scorer, &mapped)?;
                let is_far_above = score > least + FAR_ABOVE;
                let about = || self.coder.about(&mapped, self.progress);
                let bytes = if is_far_above { usize::MAX } else { about()? };
                Ok(Candidate { mapped, score, bytes })
            }
            _ => self.candidate(scorer, mapped, wanted),
        }
    }

    /// The best of what the most promising attempts lead to, and of what has been seen.
    fn search_best(
        &self,
        mut attempts: Vec<Attempt<'_, D>>,
        scorer: &Scorer<'_>,
        near: f64,
        mut seen: Candidates,
    ) -> Result<Mapped> {
        attempts.sort_by(|a, b| a.cost().total_cmp(&b.cost()));
        let least_cost = attempts.first().map_or(0.0, Attempt::cost);
        let mut is_reached = false;
        for attempt in attempts {
            if attempt.cost() < least_cost + NEARLY_AS_PROMISING || !is_reached {
                is_reached |= attempt.search(scorer, near, &mut seen)?;
            }
        }
        let Candidate { mapped, score, .. } = seen.best(self.coder, self.progress)?;
        Ok(Mapped { score: (!scorer.enlarges()).then_some(score), ..mapped })
    }

    /// Dithered as asked for, and in drawings also without dither, if nothing was asked for.
    fn ways(&self) -> Vec<Self> {
        if self.scene.is_drawing() && self.may_be_plain() {
            vec![*self, self.undithered()]
        } else {
            vec![*self]
        }
    }
}
