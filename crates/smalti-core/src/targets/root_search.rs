//! The largest argument that is enough, by few trials.

use crate::error::Result;

/// How the largest argument is sought for which a falling margin is not negative.
pub struct RootSearch {
    /// How often, at most.
    pub trials: usize,
    /// A margin from 0 to this ends the search.
    pub near: f64,
    /// The margin's fall when the argument grows e-fold, to begin with.
    pub slope: f64,
    /// Arguments from first to last.
    pub range: (f64, f64),
}

impl RootSearch {
    /// Calls `margin(argument)` for one argument after the other.
    pub fn run(&self, guess: f64, mut margin: impl FnMut(f64) -> Result<f64>) -> Result<()> {
        let range = (libm::log(self.range.0), libm::log(self.range.1));
        let mut enough: Option<(f64, f64)> = None;
        let mut short: Option<(f64, f64)> = None;
        let mut at = libm::log(guess);
        let mut last: Option<(f64, f64)> = None;
        for _ in 0..self.trials {
            let found = margin(libm::exp(at))?;
            if found >= 0.0 {
                enough = Some(enough.filter(|&(best, _)| best > at).unwrap_or((at, found)));
            } else {
                short = Some(short.filter(|&(least, _)| least < at).unwrap_or((at, found)));
            }
            if (0.0..=self.near).contains(&found) {
                break;
            }
            // Aims a little above the target: the margin is not quite a line.
            let aim = self.near / 2.0;
            at = match (enough, short) {
                (Some((low, high_margin)), Some((high, low_margin))) if low < high => {
                    let share = (high_margin - aim) / (high_margin - low_margin);
                    low + (high - low) * share.clamp(0.1, 0.9)
                }
                _ => {
                    // The slope of the last step tells how long the next one must be. With the first
                    // guess throughout, steps on a flatter curve would be too short: each would come
                    // nearer to the root, and none would cross it.
                    let slope = last.map_or(self.slope, |(x, margin)| (found - margin) / (at - x));
                    let slope = slope.max(8.0 * self.slope).min(self.slope / 8.0);
                    last = Some((at, found));
                    at + ((aim - found) / slope).clamp(-2.5, 2.5)
                }
            };
            if at <= range.0 && short.is_some_and(|(least, _)| least <= range.0)
                || at >= range.1 && enough.is_some_and(|(best, _)| best >= range.1)
            {
                break;
            }
            at = at.clamp(range.0, range.1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::targets::{NEAR_SCORE, WEIGHTS};
    use proptest::prelude::*;

    /// An argument and its margin.
    type Trial = (f64, f64);

    /// Arguments and margins in the order of the trials, and the largest argument that is enough.
    fn trials_of(
        search: &RootSearch,
        guess: f64,
        margin: impl Fn(f64) -> f64,
    ) -> (Vec<Trial>, Option<Trial>) {
        let mut trials = Vec::new();
        let mut best: Option<Trial> = None;
        let found = search.run(guess, |at| {
            trials.push((at, margin(at)));
            if margin(at) >= 0.0 && best.is_none_or(|(largest, _)| at > largest) {
                best = Some((at, margin(at)));
            }
            Ok(margin(at))
        });
        assert_eq!(found, Ok(()));
        assert!(trials.len() <= search.trials);
        let (low, high) = search.range;
        let inside = low * 0.999..=high * 1.001;
        assert!(trials.iter().all(|(at, _)| inside.contains(at)), "{trials:?}");
        (trials, best)
    }

    fn scores(trials: usize) -> RootSearch {
        RootSearch { trials, near: NEAR_SCORE, slope: -6.0, range: WEIGHTS }
    }

    proptest! {
        #[test]
        fn the_root_of_a_line_is_found_in_six_trials(
            root in -6.0f64..4.0,
            slope in -14.0f64..-3.0,
            guess in 0.01f64..4.0,
        ) {
            let (trials, best) =
                trials_of(&scores(6), guess, |at| slope * (libm::log(at) - root));
            let best = best.map(|(_, margin)| margin);
            prop_assert!(best.is_some_and(|margin| margin <= NEAR_SCORE), "{:?}", trials);
        }

        #[test]
        fn the_root_of_a_bent_curve_is_found_in_twelve_trials(
            root in -6.0f64..4.0,
            bend in 0.0f64..0.2,
            slope in -14.0f64..-3.0,
            guess in 0.01f64..4.0,
        ) {
            let margin = |at: f64| {
                let x = libm::log(at) - root;
                slope * x * (1.0 + bend * x.abs())
            };
            let (trials, best) = trials_of(&scores(12), guess, margin);
            let best = best.map(|(_, margin)| margin);
            prop_assert!(best.is_some_and(|margin| margin <= NEAR_SCORE), "{:?}", trials);
        }
    }

    #[test]
    fn a_margin_that_is_near_enough_ends_the_search() {
        let (trials, best) = trials_of(&scores(6), 1.0, |_| 0.2);
        assert_eq!((trials.as_slice(), best), ([(1.0, 0.2)].as_slice(), Some((1.0, 0.2))));
    }

    #[test]
    fn what_is_always_enough_ends_at_the_far_end_and_never_enough_at_the_near_one() {
        let (trials, best) = trials_of(&scores(50), 0.1, |_| 30.0);
        assert!(best.is_some_and(|(at, _)| (at / WEIGHTS.1 - 1.0).abs() < 1e-9), "{trials:?}");
        let (trials, best) = trials_of(&scores(50), 0.1, |_| -30.0);
        assert_eq!(best, None);
        let last = trials.last().map(|&(at, _)| at);
        assert!(last.is_some_and(|at| (at / WEIGHTS.0 - 1.0).abs() < 1e-9), "{trials:?}");
        assert!(trials.len() < 10);
    }

    #[test]
    fn an_error_ends_the_search() {
        let mut calls = 0;
        let found = scores(6).run(1.0, |_| {
            calls += 1;
            Err(Error::Interrupted)
        });
        assert_eq!((found, calls), (Err(Error::Interrupted), 1));
    }
}
