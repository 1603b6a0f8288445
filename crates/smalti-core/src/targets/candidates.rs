//! Pictures that a search has seen: the best of them is chosen, whichever way it was found.
//!
//! A curve of scores over sizes is not steady: labels are chosen by prices that are learned, and
//! deflate sees more than these tell. So the picture where a search ends may be larger than one that
//! it passed, or than that of nearest labels. None that does what is wanted is forgotten.

use crate::encode::Coder;
use crate::error::{Error, Result};
use crate::indexed_image::Mapped;
use crate::progress::Progress;

/// What is wanted of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    /// The fewest bytes for at least this SSIMULACRA2.
    Score(f64),
    /// The best SSIMULACRA2 for at most so many bytes.
    Bytes(usize),
}

/// A picture with its score and size.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The picture.
    pub mapped: Mapped,
    /// SSIMULACRA2.
    pub score: f64,
    /// The size of its file. Where a score is wanted it is an estimate.
    pub bytes: usize,
}

impl Candidate {
    /// Whether its labels are the nearest.
    fn is_plain(&self) -> bool {
        self.mapped.rate_weight == 0.0 && self.mapped.dither == 0.0
    }
}

/// Pictures of each kind that are kept where their sizes are estimates: those whose labels weigh bits, and
/// those of nearest labels.
const KEPT: usize = 2;

/// Estimates of pictures of one image differ from their sizes by nearly the same factor: two are told
/// apart if one is larger by more than this share.
const ESTIMATES_DIFFER: f64 = 0.015;

/// What has been seen.
#[derive(Debug)]
pub struct Candidates {
    wanted: Wanted,
    /// Those that do what is wanted, the best first.
    reached: Vec<Candidate>,
    /// The best score of others that do not count bits where a score is wanted, and the least bytes of
    /// others where bytes are.
    missed: f64,
}

impl Candidates {
    /// None yet.
    pub fn new(wanted: Wanted) -> Self {
        let missed = match wanted {
            Wanted::Score(_) => f64::NEG_INFINITY,
            Wanted::Bytes(_) => f64::INFINITY,
        };
        Self { wanted, reached: Vec::new(), missed }
    }

    /// What is wanted.
    pub fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// Whether there is one that does what is wanted and does not count bits, with so much dither.
    pub fn has_free(&self, dither: f64) -> bool {
        let is_it = |mapped: &Mapped| mapped.rate_weight == 0.0 && mapped.dither == dither;
        self.reached.iter().any(|candidate| is_it(&candidate.mapped))
    }

    /// Takes one in, and tells whether it does what is wanted.
    pub fn add(&mut self, candidate: Candidate) -> bool {
        let Candidate { score, bytes, .. } = candidate;
        match self.wanted {
            // Labels that weigh bits may score a little more by chance, which another search would miss.
            Wanted::Score(least) if score < least && candidate.mapped.rate_weight > 0.0 => {}
            Wanted::Score(least) if score < least => self.missed = self.missed.max(score),
            Wanted::Bytes(most) if bytes > most => self.missed = self.missed.min(bytes as f64),
            Wanted::Score(_) => {
                let is_plain = candidate.is_plain();
                self.reached.push(candidate);
                self.reached.sort_by_key(|candidate| candidate.bytes);
                let mut of_kind = 0;
                self.reached.retain(|candidate| {
                    of_kind += usize::from(candidate.is_plain() == is_plain);
                    candidate.is_plain() != is_plain || of_kind <= KEPT
                });
                return true;
            }
            Wanted::Bytes(_) => {
                self.reached.push(candidate);
                self.reached
                    .sort_by(|a, b| b.score.total_cmp(&a.score).then(a.bytes.cmp(&b.bytes)));
                self.reached.truncate(1);
                return true;
            }
        }
        false
    }

    /// The best.
    ///
    /// # Errors
    /// [`Error::QualityNotReached`] and [`Error::SizeNotReached`] if there is none, and what the coder
    /// and `progress` return to stop.
    pub fn best(mut self, coder: &dyn Coder, progress: &dyn Progress) -> Result<Candidate> {
        let Some(first) = self.reached.first() else { return Err(self.not_reached()) };
        let least = first.bytes as f64;
        self.reached.retain(|candidate| candidate.bytes as f64 <= least * (1.0 + ESTIMATES_DIFFER));
        if self.reached.len() > 1 {
            for candidate in &mut self.reached {
                if candidate.mapped.file.is_none() {
                    let file = coder.file(&candidate.mapped, progress)?;
                    candidate.bytes = file.bytes();
                    candidate.mapped.file = file.into_contents();
                }
            }
        }
        let smaller =
            |a: &Candidate, b: &Candidate| a.bytes.cmp(&b.bytes).then(b.score.total_cmp(&a.score));
        let best = self.reached.into_iter().min_by(smaller);
        Ok(best.unwrap_or_else(|| unreachable!("the first is near the first")))
    }

    fn not_reached(&self) -> Error {
        match self.wanted {
            Wanted::Score(quality) => Error::QualityNotReached { quality, best: self.missed },
            Wanted::Bytes(max_bytes) => {
                Error::SizeNotReached { max_bytes, smallest: self.missed as usize }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::PngCoder;
    use crate::indexed_image::IndexedImage;
    use crate::progress::Silent;

    /// A picture of so many shades, of noise that deflate cannot shrink.
    fn candidate(shades: u8, score: f64, bytes: usize) -> Candidate {
        let palette = (0..shades).map(|i| [i, 90, 200, 255]).collect();
        let noise = |i: u32| (i.wrapping_mul(2_654_435_761) >> 13) as u8 % shades;
        let image = IndexedImage::new(64, 64, palette, (0..64 * 64).map(noise).collect()).unwrap();
        Candidate { mapped: Mapped::nearest(image), score, bytes }
    }

    fn best_shades(wanted: Wanted, seen: &[(u8, f64, usize)]) -> Result<usize> {
        let mut candidates = Candidates::new(wanted);
        for &(shades, score, bytes) in seen {
            let reaches = match wanted {
                Wanted::Score(least) => score >= least,
                Wanted::Bytes(most) => bytes <= most,
            };
            assert_eq!(candidates.add(candidate(shades, score, bytes)), reaches);
        }
        Ok(candidates.best(&PngCoder { level: 0 }, &Silent)?.mapped.image.palette().len())
    }

    #[test]
    fn the_smallest_file_wins_among_those_that_score_enough() {
        // Estimates near each other are replaced by sizes, in which fewer shades are fewer bytes.
        let seen = [(9, 91.0, 1000), (4, 90.0, 1010), (2, 89.9, 500)];
        assert_eq!(best_shades(Wanted::Score(90.0), &seen), Ok(4));
        // Far from the least they are believed.
        let seen = [(9, 91.0, 1000), (4, 90.0, 1020)];
        assert_eq!(best_shades(Wanted::Score(90.0), &seen), Ok(9));
    }

    #[test]
    fn the_best_score_wins_among_those_that_fit_and_the_smaller_one_of_equals() {
        let seen = [(9, 91.0, 1000), (4, 93.0, 1050), (2, 99.0, 1101), (5, 93.0, 1040)];
        assert_eq!(best_shades(Wanted::Bytes(1100), &seen), Ok(5));
    }

    #[test]
    fn the_nearest_miss_is_told() {
        let seen = [(9, 71.0, 1000), (4, 73.0, 1050), (2, 60.0, 900)];
        let refused = best_shades(Wanted::Score(90.0), &seen);
        assert_eq!(refused, Err(Error::QualityNotReached { quality: 90.0, best: 73.0 }));
        let refused = best_shades(Wanted::Bytes(100), &seen);
        assert_eq!(refused, Err(Error::SizeNotReached { max_bytes: 100, smallest: 900 }));
    }
}
