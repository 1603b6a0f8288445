//! Labels for few bytes: each pixel's colour and the bits that it costs are weighed together.
//!
//! Entropy-constrained vector quantisation (P. A. Chou, T. Lookabaugh and R. M. Gray,
//! "Entropy-constrained vector quantization", IEEE Trans. ASSP 37(1), 1989,
//! doi:10.1109/29.17498): labels minimise `weight |x - mu|^2 + lambda bits`, the bits are counted
//! anew, and so on for a few passes. Here the bits depend on the labels around ([`paeth`],
//! [`matches`]), so a row is searched with a beam ([`beam`]), and the palette is put into the
//! order that makes them few ([`order`]). Part of every error is diffused to the pixels that
//! follow; therefore colours stay where K-Means left them, and do not move to the means of their
//! pixels between passes.
//!
//! Rows are searched in bands of fixed height, side by side, each below the labels that the
//! pass before gave to the row above it: results are the same on any number of threads.
//! docs/rate-distortion.md tells more, and what was tried and dropped.
//!
//! Only the last pass follows several ways. Those before it are for the prices, and the labels of a
//! greedy search teach better ones in a third of the time: 1 % fewer bytes at equal score.
//!
//! Cost: about 100 ns of one thread a pixel, pass and way of the beam.

mod bands;
mod beam;
mod choices;
mod entries;
mod guard;
mod matches;
mod meetings;
mod mixing;
mod order;
mod paeth;
mod prices;
mod scene;
mod settings;
mod shortlist;
mod swaps;
#[cfg(test)]
mod tests;
mod thresholds;
mod ways;

use std::iter::repeat;
use std::ops::Range;

use crate::error::Result;
use crate::indexed_image::IndexedImage;
use crate::progress::{Progress, Stage};

use bands::{
    BAND_ROWS, LEARNED_PIXELS, LEARNED_PIXELS_OF_DRAWINGS, bands_of, searched, spread, total,
};
pub use guard::{lost, worst_shown};
use matches::{MatchPrices, Symbols};
use paeth::{PaethPrices, Residuals};
use prices::{Free, LabelPrices};
pub use scene::{GivenEntries, Scene, SceneColors};
pub use settings::{BitModel, LabelSettings, MAX_COLORS};
pub use thresholds::DitherMethod;
use ways::MAX_BEAM;

/// How much larger than that of the nearest colours a local error may be, in percent of the
/// space's range, however many bits it saves.
const MAX_LOCAL_ERROR: f64 = 8.0;

/// Searches that hold pixels, at most: what is held here may make another place worse.
const HOLDING_SEARCHES: usize = 2;

/// A bit is worth no more than this: every picture has become as plain as it can be.
const MAX_RATE_WEIGHT: f64 = 1e6;

/// Chooses labels anew, beginning with those of `start`.
///
/// The palette keeps its colours, save those that are left without pixels or are not worth their
/// bits, and changes its order where the model of bits has one; a fixed palette stays as it is.
///
/// # Errors
/// What `progress` returns to stop.
pub fn rate_distortion<const D: usize>(
    scene: &Scene<'_, D>,
    start: IndexedImage,
    settings: &LabelSettings,
    progress: &dyn Progress,
) -> Result<IndexedImage> {
    debug_assert!((1..=MAX_BEAM).contains(&settings.beam) && settings.passes > 0);
    let mut current = start;
    let bands = bands_of(scene.height);
    if settings.rate_weight == 0.0 {
        // Without bits there is nothing to look ahead for.
        let settings = LabelSettings { beam: 1, ..*settings };
        current.indices = searched(scene, &current, &Free, &settings, &bands, &[], progress)?;
    } else {
        current = weighed(scene, current, settings, &bands, progress)?;
    }
    if !settings.fixed_palette {
        current.drop_unused(scene);
    }
    Ok(current)
}

/// The labels of `current` chosen anew by errors and bits, pass by pass.
fn weighed<const D: usize>(
    scene: &Scene<'_, D>,
    mut current: IndexedImage,
    settings: &LabelSettings,
    bands: &[Range<usize>],
    progress: &dyn Progress,
) -> Result<IndexedImage> {
    let (rate_weight, passes) = (settings.rate_weight.min(MAX_RATE_WEIGHT), settings.passes);
    let width = scene.width;
    let enough = match settings.model {
        BitModel::Matches => LEARNED_PIXELS_OF_DRAWINGS,
        BitModel::Paeth => LEARNED_PIXELS,
    };
    let learned = spread(bands, enough.div_ceil(width * BAND_ROWS));
    for pass in 1..=passes {
        if !settings.fixed_palette {
            current.drop_unworthy(scene, rate_weight, bands);
        }
        // In the first pass all labels are nearest ones and are counted. After it only those of the
        // learned bands have been chosen by bits.
        let counted = if pass == 1 { bands } else { &learned };
        let is_last = pass == passes;
        let labelled = if is_last { bands } else { &learned };
        let settings =
            &LabelSettings { beam: if is_last { settings.beam } else { 1 }, ..*settings };
        current.indices = match settings.model {
            BitModel::Matches => {
                let count = |rows| Symbols::of(&current.indices, width, rows);
                let symbols = total(counted, Symbols::add, count);
                let prices = MatchPrices::new(&symbols, rate_weight);
                guarded(scene, &current, &prices, settings, labelled, progress)?
            }
            BitModel::Paeth => {
                if !settings.fixed_palette {
                    // Counted everywhere: some colours stand nowhere in `learned`.
                    current.reorder(scene, bands);
                }
                let count = |rows| Residuals::of(&current.indices, width, rows);
                let residuals = total(counted, Residuals::add, count);
                let prices = PaethPrices::new(&residuals, rate_weight);
                guarded(scene, &current, &prices, settings, labelled, progress)?
            }
        };
        progress.report(Stage::Labels, pass as f64 / passes as f64)?;
    }
    Ok(current)
}

/// The labels of `current` with those of `bands` chosen anew, and once more where they have gone
/// too far astray.
fn guarded<C: LabelPrices, const D: usize>(
    scene: &Scene<'_, D>,
    current: &IndexedImage,
    prices: &C,
    settings: &LabelSettings,
    bands: &[Range<usize>],
    progress: &dyn Progress,
) -> Result<Vec<u8>> {
    let labels = searched(scene, current, prices, settings, bands, &[], progress)?;
    if bands.len() < scene.height.div_ceil(BAND_ROWS) {
        // Prices are learned on these bands; what is lost in them shows at the end.
        return Ok(labels);
    }
    let bound = (MAX_LOCAL_ERROR * settings.looseness()) as f32;
    let mut held = Vec::new();
    let mut found = current.clone();
    found.indices = labels;
    for _ in 0..HOLDING_SEARCHES {
        let Some(more) = guard::to_hold(scene, &found, bound) else { break };
        if more.len() > LEARNED_PIXELS {
            // Nearly every band has such a place.
            return Ok(guard::nearest_where(scene, &found, &more));
        }
        let holds = |rows: &&Range<usize>| {
            more[rows.start * scene.width..rows.end * scene.width].contains(&true)
        };
        let again: Vec<Range<usize>> = bands.iter().filter(holds).cloned().collect();
        held = more.iter().zip(held.iter().chain(repeat(&false))).map(|(a, b)| a | b).collect();
        found.indices = searched(scene, &found, prices, settings, &again, &held, progress)?;
    }
    Ok(found.indices)
}
