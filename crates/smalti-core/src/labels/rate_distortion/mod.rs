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
//! Cost: about 100 ns of one thread a pixel, pass and way of the beam.

mod beam;
mod coder;
mod guard;
mod matches;
mod mixing;
mod order;
mod paeth;
mod scene;
mod shortlist;
#[cfg(test)]
mod tests;
mod thresholds;
mod ways;

use std::iter::repeat;
use std::ops::Range;

use rayon::prelude::*;

use crate::error::Result;
use crate::nearest::squared_distance;
use crate::progress::{Progress, Stage};

use beam::{Band, Limits, Search};
use coder::{Coder, Free};
pub use guard::{lost, worst_shown};
use matches::{MatchCoder, Symbols};
use order::Meetings;
use paeth::{PaethCoder, Residuals};
pub use scene::Scene;
use shortlist::Codebook;
pub use thresholds::DitherMethod;
use thresholds::Thresholds;
use ways::MAX_BEAM;

/// How much larger than that of the nearest colours a local error may be, in percent of the
/// space's range, however many bits it saves.
const MAX_LOCAL_ERROR: f64 = 8.0;

/// How much farther off than the nearest colour a single label may be. On photographs 18 costs
/// nothing at any score, 12 one percent of the bytes, 8 three.
const MAX_ERROR: f64 = 18.0;

/// Above this weight both bounds grow with the errors that the weight allows, so that any picture
/// can become as plain as it is asked to be.
const USEFUL_RATE_WEIGHT: f64 = 2.0;

/// Searches that hold pixels, at most: what is held here may make another place worse.
const HOLDING_SEARCHES: usize = 2;

/// Colours that labels of 8 bits can tell apart.
pub const MAX_COLORS: usize = 256;

/// Rows searched one after the other.
const BAND_ROWS: usize = 128;

/// A bit is worth no more than this: every picture has become as plain as it can be.
const MAX_RATE_WEIGHT: f64 = 1e6;

/// Bits of a colour in PNG's palette, and of its alpha.
const COLOR_BITS: f64 = 24.0;
const ALPHA_BITS: f64 = 8.0;

/// Pixels on which the passes before the last are made, about; the last one does all.
const LEARNED_PIXELS: usize = 1 << 20;

/// How labels are chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// What a bit is worth: squared error, in percent of the space's range, times the pixel's
    /// weight. 0 leaves the bits out.
    pub rate_weight: f64,
    /// How much of an error is made up for, 0 to 1.
    pub dither: f64,
    /// How that is done.
    pub method: DitherMethod,
    /// Ways to label a row that are followed at a time, 1 to 16.
    pub beam: usize,
    /// Rounds of labelling and counting bits, at least 1.
    pub passes: usize,
}

impl Settings {
    /// How many times the bounds on errors are exceeded.
    fn looseness(&self) -> f64 {
        (self.rate_weight / USEFUL_RATE_WEIGHT).sqrt().max(1.0)
    }
}

/// A palette and a label for every pixel.
#[derive(Debug, Clone, PartialEq)]
pub struct Labeled {
    /// Straight sRGB and alpha.
    pub palette: Vec<[u8; 4]>,
    /// The colours before rounding, 0..=255.
    pub centroids: Vec<[f64; 4]>,
    /// Row by row.
    pub labels: Vec<u8>,
}

/// Chooses labels anew, beginning with those of `start`.
///
/// The palette keeps its colours, save those that are left without pixels; it changes its order
/// unless the rate weight is 0.
///
/// # Errors
/// What `progress` returns to stop.
pub fn rate_distortion<const D: usize>(
    scene: &Scene<'_, D>,
    start: Labeled,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Labeled> {
    debug_assert!((1..=MAX_BEAM).contains(&settings.beam) && settings.passes > 0);
    let mut current = start;
    let bands = bands_of(scene.height);
    if settings.rate_weight == 0.0 {
        // Without bits there is nothing to look ahead for.
        let settings = Settings { beam: 1, ..*settings };
        current.labels = searched(scene, &current, &Free, &settings, &bands, &[], progress)?;
        current.drop_unused(scene);
        return Ok(current);
    }
    let (rate_weight, passes) = (settings.rate_weight.min(MAX_RATE_WEIGHT), settings.passes);
    let learned = spread(&bands, LEARNED_PIXELS.div_ceil(scene.width * BAND_ROWS));
    for pass in 1..=passes {
        current.drop_unworthy(scene, rate_weight, &bands);
        // At first all labels are nearest ones, later only those of `learned` are better.
        let counted = if pass == 1 { &bands } else { &learned };
        let labelled = if pass < passes { &learned } else { &bands };
        // Most pictures are for PNG's Paeth filter, drawings that repeat themselves for none.
        current.labels = if scene.is_drawing() {
            let coder = MatchCoder::new(&current.symbols(scene, counted), rate_weight);
            guarded(scene, &current, &coder, settings, labelled, progress)?
        } else {
            // Counted everywhere: some colours stand nowhere in `learned`.
            current.reorder(scene, &bands);
            let coder = PaethCoder::new(&current.residuals(scene, counted), rate_weight);
            guarded(scene, &current, &coder, settings, labelled, progress)?
        };
        progress.report(Stage::Labels, pass as f64 / passes as f64)?;
    }
    current.drop_unused(scene);
    Ok(current)
}

/// The sum of what is counted in each of the bands.
fn total<T: Send>(
    bands: &[Range<usize>],
    add: impl Fn(&mut T, &T),
    count: impl Fn(Range<usize>) -> T + Sync,
) -> T {
    let counts: Vec<T> = bands.par_iter().map(|rows| count(rows.clone())).collect();
    let sum = counts.into_iter().reduce(|mut sum, more| {
        add(&mut sum, &more);
        sum
    });
    sum.unwrap_or_else(|| unreachable!("a picture has rows"))
}

fn bands_of(height: usize) -> Vec<Range<usize>> {
    let starts = (0..height).step_by(BAND_ROWS);
    starts.map(|start| start..height.min(start + BAND_ROWS)).collect()
}

/// At most `count` of the bands, evenly spread.
fn spread(bands: &[Range<usize>], count: usize) -> Vec<Range<usize>> {
    let count = count.clamp(1, bands.len());
    (0..count).map(|i| bands[(2 * i + 1) * bands.len() / (2 * count)].clone()).collect()
}

/// The labels of `current` with those of `bands` chosen anew, and once more where they have gone
/// too far astray.
fn guarded<C: Coder, const D: usize>(
    scene: &Scene<'_, D>,
    current: &Labeled,
    coder: &C,
    settings: &Settings,
    bands: &[Range<usize>],
    progress: &dyn Progress,
) -> Result<Vec<u8>> {
    let labels = searched(scene, current, coder, settings, bands, &[], progress)?;
    if bands.len() < scene.height.div_ceil(BAND_ROWS) {
        // Prices are learned on these bands; what is lost in them shows at the end.
        return Ok(labels);
    }
    let bound = (MAX_LOCAL_ERROR * settings.looseness()) as f32;
    let mut held = Vec::new();
    let mut found = Labeled { labels, ..current.clone() };
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
        found.labels = searched(scene, &found, coder, settings, &again, &held, progress)?;
    }
    Ok(found.labels)
}

/// The labels of `current` with those of `bands` chosen anew; pixels that are `held` stay near
/// their nearest colours.
fn searched<C: Coder, const D: usize>(
    scene: &Scene<'_, D>,
    current: &Labeled,
    coder: &C,
    settings: &Settings,
    bands: &[Range<usize>],
    held: &[bool],
    progress: &dyn Progress,
) -> Result<Vec<u8>> {
    let width = scene.width;
    let codebook = Codebook::new(current.palette.iter().map(|&color| scene.place(color)).collect());
    let kept = scene.kept_entries(&current.palette);
    let reach = (MAX_ERROR * settings.looseness()).powi(2) as f32;
    let limits = Limits { kept: &kept, held, reach };
    let thresholds = Thresholds::of(settings.method, settings.dither as f32);
    let dither = if thresholds.is_none() { settings.dither as f32 } else { 0.0 };
    let beam = settings.beam;
    let search = Search { scene, codebook: &codebook, limits, coder, dither, thresholds, beam };
    let mut labels = current.labels.clone();
    let chunks = labels.par_chunks_mut(BAND_ROWS * width).enumerate();
    let chosen = chunks.filter(|(i, _)| bands.iter().any(|rows| rows.start == i * BAND_ROWS));
    chosen.try_for_each(|(i, chunk)| {
        let start = i * BAND_ROWS;
        let mut band = Band::new(&search);
        let mut above = start.checked_sub(1).map(|y| &current.labels[y * width..][..width]);
        for (y, row) in (start..).zip(chunk.chunks_exact_mut(width)) {
            progress.go_on()?;
            band.label_row(y, above, row);
            above = Some(row);
        }
        Ok(())
    })?;
    Ok(labels)
}

impl Labeled {
    /// How often a coder without a filter would meet each symbol in `bands`.
    fn symbols<const D: usize>(&self, scene: &Scene<'_, D>, bands: &[Range<usize>]) -> Symbols {
        total(bands, Symbols::add, |rows| Symbols::of(&self.labels, scene.width, rows))
    }

    /// The same behind PNG's Paeth filter.
    fn residuals<const D: usize>(&self, scene: &Scene<'_, D>, bands: &[Range<usize>]) -> Residuals {
        total(bands, Residuals::add, |rows| Residuals::of(&self.labels, scene.width, rows))
    }

    /// Puts the palette into the order that suits that filter in `bands`.
    fn reorder<const D: usize>(&mut self, scene: &Scene<'_, D>, bands: &[Range<usize>]) {
        let count = |rows| Meetings::of(&self.labels, scene.width, rows, self.palette.len());
        let order = total(bands, Meetings::add, count).order();
        self.pick(&order);
    }

    /// Gives the pixels of a colour to another where that loses less than the colour costs in the
    /// palette: what small pictures are full of.
    fn drop_unworthy<const D: usize>(
        &mut self,
        scene: &Scene<'_, D>,
        rate_weight: f64,
        bands: &[Range<usize>],
    ) {
        let price = rate_weight * if D == 3 { COLOR_BITS } else { COLOR_BITS + ALPHA_BITS };
        let places: Vec<[f64; D]> =
            self.palette.iter().map(|&color| scene.place(color).map(f64::from)).collect();
        let weights = weights(scene, &self.labels, places.len(), bands);
        let mut heir_of: [u8; MAX_COLORS] = std::array::from_fn(|entry| entry as u8);
        // Colours that stay, for being kept or for having inherited.
        let mut stays = [false; MAX_COLORS];
        scene
            .kept_entries(&self.palette)
            .into_iter()
            .for_each(|kept| stays[usize::from(kept)] = true);
        for entry in 0..places.len() {
            // Dither mixes colours, so what counts is how far apart the two are, not which one
            // is nearer to the pixels.
            let loss =
                |other: usize| weights[entry] * squared_distance(&places[entry], &places[other]);
            let apart = |a: &[f64; D], b: &[f64; D]| {
                D == 4 && (a[D - 1] - b[D - 1]).abs() > f64::from(scene.apart())
            };
            let others = (0..places.len()).filter(|&other| {
                let left = usize::from(heir_of[other]) == other;
                other != entry && left && !apart(&places[entry], &places[other])
            });
            let heir = others.min_by(|&a, &b| loss(a).total_cmp(&loss(b)));
            if let Some(heir) = heir
                && !stays[entry]
                && loss(heir) < price
            {
                heir_of[entry] = heir as u8;
                stays[heir] = true;
            }
        }
        self.labels.par_iter_mut().for_each(|label| *label = heir_of[usize::from(*label)]);
        self.drop_unused(scene);
    }

    /// Leaves out colours without pixels, save those that are kept.
    fn drop_unused<const D: usize>(&mut self, scene: &Scene<'_, D>) {
        let mut used = [false; MAX_COLORS];
        scene
            .kept_entries(&self.palette)
            .into_iter()
            .for_each(|kept| used[usize::from(kept)] = true);
        self.labels.iter().for_each(|&label| used[usize::from(label)] = true);
        let kept: Vec<u8> =
            (0..self.palette.len()).filter(|&entry| used[entry]).map(|entry| entry as u8).collect();
        self.pick(&kept);
    }

    /// Makes the palette of the `entries`, with all that have pixels among them.
    fn pick(&mut self, entries: &[u8]) {
        let mut position_of = [0; MAX_COLORS];
        for (position, &entry) in entries.iter().enumerate() {
            position_of[usize::from(entry)] = position as u8;
        }
        self.palette = entries.iter().map(|&entry| self.palette[usize::from(entry)]).collect();
        self.centroids = entries.iter().map(|&entry| self.centroids[usize::from(entry)]).collect();
        self.labels.par_iter_mut().for_each(|label| *label = position_of[usize::from(*label)]);
    }
}

/// For every colour what its pixels' errors weigh together.
fn weights<const D: usize>(
    scene: &Scene<'_, D>,
    labels: &[u8],
    colors: usize,
    bands: &[Range<usize>],
) -> Vec<f64> {
    let add = |sums: &mut Vec<f64>, more: &Vec<f64>| {
        sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    };
    total(bands, add, |rows| {
        let mut sums = vec![0.0; colors];
        for i in rows.start * scene.width..rows.end * scene.width {
            sums[usize::from(labels[i])] += f64::from(scene.weight(i));
        }
        sums
    })
}
