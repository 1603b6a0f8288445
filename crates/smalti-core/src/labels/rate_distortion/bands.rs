//! Bands of rows, which are counted and searched side by side.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::beam::{Band, BeamSearch, Limits};
use super::prices::LabelPrices;
use super::scene::Scene;
use super::settings::LabelSettings;
use super::shortlist::{LabelCodebook, Shortlists};
use super::thresholds::Thresholds;
use crate::error::Result;
use crate::indexed_image::IndexedImage;
use crate::progress::Progress;

/// Rows searched one after the other.
pub const BAND_ROWS: usize = 128;

/// Pixels on which the passes before the last are made, about; the last one does all.
pub const LEARNED_PIXELS: usize = 1 << 20;

/// The same of drawings, which repeat themselves.
pub const LEARNED_PIXELS_OF_DRAWINGS: usize = 1 << 18;

/// How much farther off than the nearest colour a single label may be. On photographs 18 costs
/// nothing at any score, 12 one percent of the bytes, 8 three.
const MAX_ERROR: f64 = 18.0;

/// The sum of what is counted in each of the bands.
pub fn total<T: Send>(
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

/// The bands of a picture of so many rows.
pub fn bands_of(height: usize) -> Vec<Range<usize>> {
    let starts = (0..height).step_by(BAND_ROWS);
    starts.map(|start| start..height.min(start + BAND_ROWS)).collect()
}

/// At most `count` of the bands, evenly spread.
pub fn spread(bands: &[Range<usize>], count: usize) -> Vec<Range<usize>> {
    let count = count.clamp(1, bands.len());
    (0..count).map(|i| bands[(2 * i + 1) * bands.len() / (2 * count)].clone()).collect()
}

/// The labels of `current` with those of `bands` chosen anew; pixels that are `held` stay near
/// their nearest colours.
pub fn searched<C: LabelPrices, const D: usize>(
    scene: &Scene<'_, D>,
    current: &IndexedImage,
    prices: &C,
    settings: &LabelSettings,
    bands: &[Range<usize>],
    held: &[bool],
    progress: &dyn Progress,
) -> Result<Vec<u8>> {
    let width = scene.width;
    let codebook = LabelCodebook::new(scene.entry_places(&current.palette));
    let kept = scene.kept_entries(&current.palette);
    let reach = (MAX_ERROR * settings.looseness()).powi(2) as f32;
    let limits = Limits { kept: &kept, held, reach };
    let thresholds = Thresholds::of(settings.method, settings.dither as f32);
    let dither = if thresholds.is_none() { settings.dither as f32 } else { 0.0 };
    let beam = settings.beam;
    let search =
        BeamSearch { scene, codebook: &codebook, limits, prices, dither, thresholds, beam };
    // What a shortlist holds does not depend on the band that asked for it first.
    let unused = Mutex::new(Vec::new());
    let mut labels = current.indices.clone();
    let chunks = labels.par_chunks_mut(BAND_ROWS * width).enumerate();
    let chosen = chunks.filter(|(i, _)| bands.iter().any(|rows| rows.start == i * BAND_ROWS));
    chosen.try_for_each(|(i, chunk)| {
        let start = i * BAND_ROWS;
        let free = unused.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut band = Band::new(&search, free.unwrap_or_else(|| Shortlists::new(&codebook)));
        let mut above = start.checked_sub(1).map(|y| &current.indices[y * width..][..width]);
        for (y, row) in (start..).zip(chunk.chunks_exact_mut(width)) {
            progress.go_on()?;
            band.label_row(y, above, row);
            above = Some(row);
        }
        unused.lock().unwrap_or_else(PoisonError::into_inner).push(band.into_shortlists());
        Ok(())
    })?;
    Ok(labels)
}
