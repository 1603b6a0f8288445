//! The one place where an effort level becomes knobs.
//!
//! Effort runs from 1 (fast) to 9 (for people who wait); 5 is the default. docs/benchmarks.md
//! has the time and the distortion of every level.

use crate::error::{Error, Result};
use crate::kmeans::{Schedule, SwapSearch};

/// What an effort level stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// Points of the sketch for each colour asked for, at most.
    pub sketch_per_color: usize,
    /// Coarse points for each colour asked for, at most.
    pub coarse_per_color: usize,
    /// Fine points, at most: with more distinct colours, those that lie in one small box are
    /// fitted as their mean. Every colour is mapped exactly all the same.
    pub max_fine_colors: usize,
    /// How much K-Means does on which points.
    pub fit: Schedule,
    /// Ways to label a row that are followed at a time.
    pub beam: usize,
    /// Rounds of labelling and counting bits.
    pub passes: usize,
    /// Whether the default's rate weight is checked by scores on larger photographs; otherwise the usual
    /// one is taken.
    pub scores_photographs: bool,
    /// Pixels of drawings on which the default's rate weight is found, about.
    pub pixels_of_drawings: usize,
    /// Trials to reach a target with.
    pub target_trials: usize,
    /// How hard PNG is compressed, 0..=6: oxipng's levels.
    pub png_level: u8,
}

/// The default effort level.
pub const DEFAULT_EFFORT: u8 = 5;

impl Preset {
    /// The knobs of `effort`, 1 to 9.
    ///
    /// # Errors
    /// [`Error::InvalidEffort`] outside that range.
    pub fn of_effort(effort: u8) -> Result<Self> {
        let (sketch_per_color, coarse_per_color, sketch_steps, coarse_steps, fine_iter) =
            match effort {
                1 => (60, 60, 10, 0, 1),
                2 => (60, 60, 12, 0, 1),
                3 => (60, 80, 12, 2, 2),
                4 => (60, 100, 12, 3, 3),
                DEFAULT_EFFORT => (60, 120, 12, 4, 4),
                6 => (60, 160, 12, 6, 8),
                7 => (60, 200, 15, 8, 15),
                8 => (60, 250, 20, 12, 40),
                9 => (60, 300, 30, 20, 200),
                _ => return Err(Error::InvalidEffort(effort)),
            };
        let (rounds, neighbours, local_steps, slack, trials) = match effort {
            // No search: the rest is not used.
            1 => (0, 0, 0, 0.0, 0),
            2 => (1, 6, 1, 1.5, 0),
            3 => (3, 6, 1, 1.5, 0),
            4 => (6, 6, 2, 1.8, 0),
            DEFAULT_EFFORT => (20, 6, 2, 2.0, 8),
            6 => (30, 8, 3, 2.0, 32),
            7 => (40, 8, 3, 2.5, 100),
            8 => (60, 10, 4, 3.0, 400),
            _ => (100, 12, 5, 3.0, 1600),
        };
        let png_level = [0, 0, 1, 1, 2, 3, 4, 5, 6][usize::from(effort) - 1];
        // docs/rate-distortion.md has the bytes, scores and time of each number.
        let pixels_of_drawings = match effort {
            1..=2 => 1 << 17,
            3..=6 => 1 << 18,
            _ => 1 << 20,
        };
        let (beam, passes, target_trials) = match effort {
            1 => (2, 1, 5),
            2 => (3, 1, 5),
            3 => (4, 2, 5),
            4 => (4, 3, 5),
            DEFAULT_EFFORT => (6, 3, 6),
            6 => (6, 4, 7),
            7 => (8, 4, 8),
            8 => (12, 4, 10),
            _ => (16, 5, 12),
        };
        let search = SwapSearch { rounds, neighbours, local_steps, slack, trials, trial_steps: 10 };
        let fit = Schedule { sketch_steps, coarse_steps, search, fine_iter };
        let max_fine_colors = if effort < 7 { 1 << 20 } else { 1 << 21 };
        Ok(Self {
            sketch_per_color,
            coarse_per_color,
            max_fine_colors,
            fit,
            beam,
            passes,
            scores_photographs: effort > 2,
            pixels_of_drawings,
            target_trials,
            png_level,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_effort_never_does_less() {
        let presets: Vec<Preset> = (1..=9).map(|e| Preset::of_effort(e).unwrap()).collect();
        for pair in presets.windows(2) {
            let (less, more) = (pair[0], pair[1]);
            assert!(less.sketch_per_color <= more.sketch_per_color);
            assert!(less.coarse_per_color <= more.coarse_per_color);
            assert!(less.sketch_per_color <= less.coarse_per_color);
            assert!(less.max_fine_colors <= more.max_fine_colors);
            assert!(less.fit.sketch_steps <= more.fit.sketch_steps);
            assert!(less.fit.coarse_steps <= more.fit.coarse_steps);
            assert!(less.fit.fine_iter <= more.fit.fine_iter);
            let (less_search, more_search) = (less.fit.search, more.fit.search);
            assert!(less_search.rounds < more_search.rounds);
            assert!(less_search.neighbours <= more_search.neighbours);
            assert!(less_search.local_steps <= more_search.local_steps);
            assert!(less_search.slack <= more_search.slack);
            assert!(less_search.trials <= more_search.trials);
            assert!(less.beam <= more.beam);
            assert!(less.passes <= more.passes);
            assert!(less.scores_photographs <= more.scores_photographs);
            assert!(less.target_trials <= more.target_trials);
            assert!(less.png_level <= more.png_level);
        }
    }

    #[test]
    fn the_page_on_formats_names_the_png_levels() {
        let page = include_str!("../../../docs/formats.md");
        let levels = (1..=9).map(|effort| Preset::of_effort(effort).unwrap().png_level.to_string());
        let row = format!("| oxipng level | {} |", levels.collect::<Vec<_>>().join(" | "));
        assert!(page.contains(&row), "{row}");
    }

    #[test]
    fn levels_outside_1_to_9_are_refused() {
        assert_eq!(Preset::of_effort(0), Err(Error::InvalidEffort(0)));
        assert_eq!(Preset::of_effort(10), Err(Error::InvalidEffort(10)));
    }
}
