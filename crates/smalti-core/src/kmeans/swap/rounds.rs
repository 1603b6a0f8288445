//! Swaps that are sure to pay, many at a time.

use rayon::prelude::*;

use super::evaluate::{Change, Price, Workspace};
use super::state::State;
use super::terrain::{SwapSearch, Terrain, report, settle};
use crate::error::Result;
use crate::progress::Progress;

/// Lloyd's steps on everything after each round.
const STEPS_AFTER: usize = 2;

/// Makes swaps in rounds until none pays or `search.rounds` are done.
pub(super) fn rounds<const D: usize>(
    terrain: &Terrain<'_, D>,
    mut centroids: Vec<[f64; D]>,
    search: &SwapSearch,
    progress: &dyn Progress,
) -> Result<Vec<[f64; D]>> {
    for round in 0..search.rounds {
        report(progress, 0.5 * round as f64 / search.rounds as f64)?;
        let state = State::new(terrain, centroids, search.neighbours, progress)?;
        let offers = Offers::new(&state, search, progress)?;
        let (swapped, any) = offers.accepted(&state);
        centroids = swapped;
        if !any {
            break;
        }
        centroids = settle(terrain, centroids, STEPS_AFTER, progress)?;
    }
    Ok(centroids)
}

/// First prices of all clusters.
pub(super) fn prices<const D: usize>(
    state: &State<'_, D>,
    progress: &dyn Progress,
) -> Result<Vec<Price<D>>> {
    let price = |work: &mut Workspace<D>, k: usize| {
        progress.go_on()?;
        Ok(state.price(k, work))
    };
    (0..state.centroids.len()).into_par_iter().map_init(Workspace::default, price).collect()
}

/// Clusters by what taking them away costs, the cheapest first.
pub(super) fn by_removal<const D: usize>(prices: &[Price<D>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..prices.len()).collect();
    order.sort_by(|&a, &b| prices[a].removal.total_cmp(&prices[b].removal));
    order
}

/// Clusters by what splitting them gains, the most first.
pub(super) fn by_gain<const D: usize>(prices: &[Price<D>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..prices.len()).collect();
    order.sort_by(|&a, &b| prices[b].gain.total_cmp(&prices[a].gain));
    order
}

/// The promising halves of swaps at their second prices, the best first.
struct Offers<const D: usize> {
    removals: Vec<(usize, Change<D>)>,
    splits: Vec<(usize, Change<D>)>,
}

impl<const D: usize> Offers<D> {
    fn new(state: &State<'_, D>, search: &SwapSearch, progress: &dyn Progress) -> Result<Self> {
        let prices = prices(state, progress)?;
        let (removals, splits) = (by_removal(&prices), by_gain(&prices));
        let pays = |&(&removal, &split): &(&usize, &usize)| {
            prices[split].gain * search.slack > prices[removal].removal
        };
        let promising = removals.iter().zip(&splits).take_while(pays).count();
        let steps = search.local_steps;
        let removed = |work: &mut Workspace<D>, &k: &usize| {
            progress.go_on()?;
            Ok((k, state.removed(k, steps, work)))
        };
        let split = |work: &mut Workspace<D>, &k: &usize| {
            progress.go_on()?;
            Ok((k, state.split(k, prices[k].split, steps, work)))
        };
        let by_cost = |offers: &mut Vec<(usize, Change<D>)>| {
            offers.sort_by(|(_, a), (_, b)| a.cost.total_cmp(&b.cost));
        };
        let mut offers = Self {
            removals: removals[..promising]
                .par_iter()
                .map_init(Workspace::default, removed)
                .collect::<Result<_>>()?,
            splits: splits[..promising]
                .par_iter()
                .map_init(Workspace::default, split)
                .collect::<Result<_>>()?,
        };
        by_cost(&mut offers.removals);
        by_cost(&mut offers.splits);
        Ok(offers)
    }

    /// The centroids after all swaps that pay, and whether there were any. No cluster takes part in
    /// two changes, so that their prices hold together.
    fn accepted(&self, state: &State<'_, D>) -> (Vec<[f64; D]>, bool) {
        let mut centroids = state.centroids.clone();
        let mut touched = vec![false; centroids.len()];
        let mut any = false;
        for (split, gained) in &self.splits {
            if state.around(*split).any(|k| touched[k]) {
                continue;
            }
            let around: Vec<usize> = state.around(*split).collect();
            let free = |(k, _): &&(usize, Change<D>)| {
                state.around(*k).all(|k| !touched[k] && !around.contains(&k))
            };
            let Some((removal, paid)) = self.removals.iter().find(free) else { continue };
            if paid.cost + gained.cost >= 0.0 {
                continue;
            }
            centroids[*split] = gained.own[0];
            centroids[*removal] = gained.own[1];
            for (cluster, change) in [(split, gained), (removal, paid)] {
                let neighbours = state.neighbours[*cluster].iter().zip(&change.neighbours);
                neighbours.for_each(|(&k, centroid)| centroids[k as usize] = *centroid);
                state.around(*cluster).for_each(|k| touched[k] = true);
            }
            any = true;
        }
        (centroids, any)
    }
}
