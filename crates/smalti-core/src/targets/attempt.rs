//! One way to what is wanted: a palette with its nearest labels, dithered or not, and the rate weight.

use crate::error::Result;
use crate::indexed_image::IndexedImage;
use crate::metrics::Scorer;

use super::candidates::{Candidate, Candidates, Wanted};
use super::labeler::Labeler;
use super::root_search::RootSearch;
use super::{NEAR_SIZE, WEIGHTS, score_slope};

/// How many points of SSIMULACRA2 an e-fold of bytes is worth, about. It compares pictures that differ
/// in both.
const POINTS_PER_E_FOLD: f64 = 40.0;

/// How the logarithm of the size falls when the rate weight grows e-fold, to begin with.
const SIZE_SLOPE: f64 = -0.5;

/// A score that is searched for at all is searched for this closely.
const SEARCHED_NEAR: f64 = 0.5;

/// Trials that a size needs more than a score.
const MORE_TRIALS: usize = 2;

/// Where a search begins: nearest labels, what chooses others, and the first picture of these.
pub struct Attempt<'a, const D: usize> {
    labeler: Labeler<'a, D>,
    start: IndexedImage,
    first: Candidate,
}

impl<'a, const D: usize> Labeler<'a, D> {
    /// Begins with a guess of the rate weight.
    ///
    /// # Errors
    /// What the progress and the coder return to stop.
    pub fn attempt(
        &self,
        scorer: &Scorer<'_>,
        start: IndexedImage,
        guess: f64,
        seen: &mut Candidates,
    ) -> Result<Attempt<'a, D>> {
        let first = self.weighed(start.clone(), guess)?;
        let first = self.candidate(scorer, first, seen.wanted())?;
        seen.add(first.clone());
        Ok(Attempt { labeler: *self, start, first })
    }
}

impl<const D: usize> Attempt<'_, D> {
    /// How far the first picture seems to be from what is best: the less the more promising.
    pub fn cost(&self) -> f64 {
        libm::log(self.first.bytes as f64) - self.first.score / POINTS_PER_E_FOLD
    }

    /// Looks for the rate weight of what is wanted, and tells whether there is one. A score that is at
    /// most `near` above it is enough.
    ///
    /// # Errors
    /// What the progress and the coder return to stop.
    pub fn search(self, scorer: &Scorer<'_>, near: f64, seen: &mut Candidates) -> Result<bool> {
        let Self { labeler, start, first } = self;
        let wanted = seen.wanted();
        let guess = first.mapped.rate_weight;
        if let Wanted::Score(least) = wanted
            && (0.0..=near).contains(&(first.score - least))
        {
            return Ok(true);
        }
        // The search wants a falling margin. The margin of a size grows with the weight, so that search
        // runs over its inverse.
        let (guess, search) = match wanted {
            Wanted::Score(_) => {
                let (trials, near) = (labeler.trials, near.min(SEARCHED_NEAR));
                (guess, RootSearch { trials, near, slope: score_slope(guess), range: WEIGHTS })
            }
            Wanted::Bytes(_) => {
                let (trials, range) =
                    (labeler.trials + MORE_TRIALS, (1.0 / WEIGHTS.1, 1.0 / WEIGHTS.0));
                (1.0 / guess, RootSearch { trials, near: NEAR_SIZE, slope: SIZE_SLOPE, range })
            }
        };
        let (mut first, mut last, mut is_reached) = (Some(first), None, false);
        search.run(guess, |argument| {
            let candidate = if let Some(first) = first.take() {
                first
            } else {
                let weight = if let Wanted::Score(_) = wanted { argument } else { 1.0 / argument };
                let mapped = labeler.weighed_again(&start, last.as_ref(), weight)?;
                let candidate = labeler.candidate(scorer, mapped, wanted)?;
                seen.add(candidate.clone());
                candidate
            };
            let margin = match wanted {
                Wanted::Score(least) => candidate.score - least,
                Wanted::Bytes(most) => libm::log(most as f64 / candidate.bytes as f64),
            };
            is_reached |= margin >= 0.0;
            last = Some(candidate.mapped);
            Ok(margin)
        })?;
        if is_reached || matches!(wanted, Wanted::Bytes(_)) {
            return Ok(is_reached);
        }
        if seen.has_free(labeler.dither_at(0.0)) {
            return Ok(true);
        }
        let free = labeler.weighed(start, 0.0)?;
        Ok(seen.add(labeler.candidate(scorer, free, wanted)?))
    }
}
