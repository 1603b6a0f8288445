//! The one place where an effort level becomes knobs.
//!
//! Effort runs from 1 (fast) to 9 (for people who wait); 5 is the default. A higher level
//! never does less of anything.

use crate::error::{Error, Result};

/// What an effort level stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Candidates for each initial centroid of greedy k-means++.
    pub candidates: usize,
    /// Distinct colours that K-Means is fitted on, at most; beyond, colours that agree in their
    /// leading bits are fitted as their mean. Every colour is mapped exactly all the same.
    pub max_fit_colors: usize,
    /// Iterations of Lloyd's algorithm, at most.
    pub max_iter: usize,
    /// Iterations on all distinct colours after a fit on gathered ones, at most.
    pub max_exact_iter: usize,
    /// oxipng's optimisation level, 0..=6.
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
        let (candidates, fit_bits, max_iter, max_exact_iter, png_level) = match effort {
            1 => (1, 13, 6, 1, 0),
            2 => (1, 14, 10, 1, 0),
            3 => (2, 15, 15, 2, 1),
            4 => (3, 16, 25, 2, 1),
            DEFAULT_EFFORT => (4, 17, 40, 3, 2),
            6 => (5, 18, 80, 5, 3),
            7 => (6, 19, 160, 10, 4),
            8 => (7, 20, 320, 20, 5),
            9 => (8, 24, 1000, 40, 6),
            _ => return Err(Error::InvalidEffort(effort)),
        };
        let max_fit_colors = 1 << fit_bits;
        Ok(Self { candidates, max_fit_colors, max_iter, max_exact_iter, png_level })
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
            assert!(less.candidates <= more.candidates);
            assert!(less.max_fit_colors < more.max_fit_colors);
            assert!(less.max_iter < more.max_iter);
            assert!(less.max_exact_iter <= more.max_exact_iter);
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
