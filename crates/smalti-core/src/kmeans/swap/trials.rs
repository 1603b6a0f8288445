//! Swaps that may pay, one at a time.

use rayon::prelude::*;

use super::super::overrelaxed::{FACTOR, move_centroids};
use super::evaluate::Price;
use super::rounds::{by_gain, by_removal, prices};
use super::state::State;
use super::terrain::{SwapSearch, Terrain, report, settle};
use crate::error::Result;
use crate::nearest::Cloud;
use crate::progress::Progress;

/// Trials made in parallel; the best of them counts.
const BATCH: usize = 4;

/// Clusters of each kind that are paired: the cheapest to remove with those that gain most by a
/// split.
const PAIRED: usize = 64;

/// Lloyd's steps on everything before the first trial and after each success.
const STEPS_AFTER: usize = 4;

/// A trial is given up if, at the pace of its last step, it would need more than this many steps
/// more.
const PATIENCE: f64 = 6.0;

/// Tries swaps until `search.trials` are done or nothing is left to try.
pub(super) fn trials<const D: usize>(
    terrain: &Terrain<'_, D>,
    mut centroids: Vec<[f64; D]>,
    search: &SwapSearch,
    progress: &dyn Progress,
) -> Result<Vec<[f64; D]>> {
    if search.trials == 0 {
        return Ok(centroids);
    }
    centroids = settle(terrain, centroids, STEPS_AFTER, progress)?;
    let mut done = 0;
    while done < search.trials {
        let state = State::new(terrain, centroids, search.neighbours, progress)?;
        let prices = prices(&state, progress)?;
        let mut better = None;
        for batch in pairs(&prices).chunks(BATCH) {
            if done >= search.trials {
                break;
            }
            report(progress, 0.5 + 0.5 * done as f64 / search.trials as f64)?;
            done += batch.len();
            better = best_of(&state, &prices, batch, search, progress)?;
            if better.is_some() {
                break;
            }
        }
        let Some(found) = better else { return Ok(state.centroids) };
        centroids = settle(terrain, found, STEPS_AFTER, progress)?;
    }
    Ok(centroids)
}

/// A cluster to remove and a cluster to split.
type Pair = (usize, usize);

/// The swaps to try, the most promising first.
fn pairs<const D: usize>(prices: &[Price<D>]) -> Vec<Pair> {
    let count = prices.len().min(PAIRED);
    let (removals, splits) = (by_removal(prices), by_gain(prices));
    let mut pairs: Vec<(f64, Pair)> = Vec::new();
    for &removal in &removals[..count] {
        for &split in splits[..count].iter().filter(|&&split| split != removal) {
            pairs.push((prices[split].gain - prices[removal].removal, (removal, split)));
        }
    }
    pairs.retain(|(promise, _)| promise.is_finite());
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs.into_iter().map(|(_, pair)| pair).collect()
}

/// The centroids of the swap that lowers the inertia most, if any does.
fn best_of<const D: usize>(
    state: &State<'_, D>,
    prices: &[Price<D>],
    pairs: &[Pair],
    search: &SwapSearch,
    progress: &dyn Progress,
) -> Result<Option<Vec<[f64; D]>>> {
    let tried = |&(removal, split): &Pair| {
        let mut centroids = state.centroids.clone();
        [centroids[split], centroids[removal]] = prices[split].split;
        healed(state, centroids, search.trial_steps, progress)
    };
    let found: Vec<Option<(f64, Vec<[f64; D]>)>> =
        pairs.par_iter().map(tried).collect::<Result<_>>()?;
    let best = found.into_iter().flatten().min_by(|a, b| a.0.total_cmp(&b.0));
    Ok(best.map(|(_, centroids)| centroids))
}

/// The centroids once their inertia is below that of `state`, and the inertia; `None` when
/// `steps` do not lead there.
fn healed<const D: usize>(
    state: &State<'_, D>,
    mut centroids: Vec<[f64; D]>,
    steps: usize,
    progress: &dyn Progress,
) -> Result<Option<(f64, Vec<[f64; D]>)>> {
    let points = state.terrain.cloud();
    let mut last = f64::INFINITY;
    for _ in 0..steps {
        let clusters = points.assign(centroids.as_flattened(), progress)?;
        if clusters.inertia < state.inertia {
            return Ok(Some((clusters.inertia, centroids)));
        }
        if clusters.inertia - state.inertia > PATIENCE * (last - clusters.inertia) {
            return Ok(None);
        }
        last = clusters.inertia;
        move_centroids(&mut centroids, &clusters, FACTOR);
    }
    Ok(None)
}
