//! Sorted keys with their counts, and merging them.

use rayon::prelude::*;

use crate::error::Result;
use crate::progress::Progress;

/// Keys that each part contributes to the choice of the borders between ranges.
const SAMPLES: usize = 256;

/// Different keys, ascending, and how often each occurs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Runs {
    pub keys: Vec<u64>,
    pub counts: Vec<u64>,
}

impl Runs {
    pub fn of_sorted(keys: &[u64]) -> Self {
        let mut runs = Self::default();
        for run in keys.chunk_by(|a, b| a == b) {
            runs.keys.push(run[0]);
            runs.counts.push(run.len() as u64);
        }
        runs
    }

    /// All `parts` together. The keys are cut into ranges of about equal size, and each range is
    /// merged by itself, so that threads share the work and it can be stopped.
    pub fn merged(parts: &[Self], progress: &dyn Progress) -> Result<Self> {
        let borders = borders(parts);
        let ranges: Vec<Self> = (0..=borders.len())
            .into_par_iter()
            .map(|range| {
                progress.go_on()?;
                let from = range.checked_sub(1).map(|i| borders[i]);
                Ok(Self::merged_range(parts, from, borders.get(range).copied()))
            })
            .collect::<Result<_>>()?;
        let keys: Vec<&[u64]> = ranges.iter().map(|range| &range.keys[..]).collect();
        let counts: Vec<&[u64]> = ranges.iter().map(|range| &range.counts[..]).collect();
        Ok(Self { keys: keys.concat(), counts: counts.concat() })
    }

    /// What the parts hold from one border to below the next, where there are borders.
    fn merged_range(parts: &[Self], from: Option<u64>, to: Option<u64>) -> Self {
        let mut pairs = Vec::new();
        for part in parts {
            let position = |border: u64| part.keys.partition_point(|&key| key < border);
            let range = from.map_or(0, position)..to.map_or(part.keys.len(), position);
            pairs.extend(part.keys[range.clone()].iter().zip(&part.counts[range]));
        }
        pairs.sort_unstable();
        let mut merged = Self::default();
        for run in pairs.chunk_by(|a, b| a.0 == b.0) {
            merged.keys.push(*run[0].0);
            merged.counts.push(run.iter().fold(0, |sum, (_, count)| count.saturating_add(sum)));
        }
        merged
    }
}

/// Different keys, ascending, that cut the parts' keys into ranges of about equal size.
fn borders(parts: &[Runs]) -> Vec<u64> {
    let step = |part: &Runs| part.keys.len().div_ceil(SAMPLES).max(1);
    let mut samples: Vec<u64> =
        parts.iter().flat_map(|part| part.keys.iter().copied().step_by(step(part))).collect();
    samples.sort_unstable();
    let mut borders: Vec<u64> = samples.into_iter().step_by(parts.len().max(1)).collect();
    borders.dedup();
    borders
}
