//! Smoother borders: pixels there are assigned once more, with regard to their neighbours.
//!
//! Each of the 8 neighbours that has another label adds a charge to the squared distance (the Potts
//! model). A pixel may take the labels that its neighbours had before, so the result does not
//! depend on an order. A pixel beside 4 of its own label stays: that label's centre is the nearest,
//! and no label has more neighbours. More rounds than one change little.

use rayon::prelude::*;

use super::centers::Center;
use super::image::UNLABELLED;
use super::planes::Planes;
use crate::error::Result;
use crate::progress::Progress;

/// The charge of a pixel that differs from all 8 neighbours, in units of the features' variance
/// within cells. From 0.7 to 3 the undersegmentation error is the same to a hundredth; a smaller
/// charge keeps thin shapes better.
pub(super) const CHARGE: f64 = 1.0;

const NEIGHBOURS: usize = 8;

/// A pixel with this many neighbours of its own label keeps it.
const ENOUGH: u8 = 4;

/// Rows that one thread refines at a time.
const ROWS: usize = 16;

/// The labels after one round; `weight` is that of positions, `charge` is [`CHARGE`] in the units
/// of squared features.
///
/// # Errors
/// What `progress` returns to stop.
pub(super) fn refined<const D: usize>(
    labels: &[u32],
    centers: &[Center<D>],
    planes: &Planes<'_, D>,
    [weight, charge]: [f32; 2],
    progress: &dyn Progress,
) -> Result<Vec<u32>> {
    let width = planes.width();
    let charge = charge / NEIGHBOURS as f32;
    let mut refined = labels.to_vec();
    refined.par_chunks_mut(ROWS * width).enumerate().try_for_each(|(chunk, rows)| {
        progress.go_on()?;
        let mut alike = vec![0; width];
        for (y, row) in (chunk * ROWS..).zip(rows.chunks_exact_mut(width)) {
            count_alike(labels, width, y, &mut alike);
            for (x, label) in row.iter_mut().enumerate() {
                if alike[x] < ENOUGH && *label != UNLABELLED {
                    let (around, count) = neighbours(labels, width, x, y);
                    let (features, place) = (planes.pixel(x, y), [x as f32, y as f32]);
                    *label = cheapest(*label, &around[..count], |label, others| {
                        let distance = centers[label as usize].distance(&features, place, weight);
                        distance + charge * others as f32
                    });
                }
            }
        }
        Ok(())
    })?;
    Ok(refined)
}

/// The label that costs least among a pixel's own and its neighbours'; its own wins ties.
/// `cost(label, others)` is the cost of a label if `others` neighbours have other labels.
fn cheapest(own: u32, neighbours: &[u32], cost: impl Fn(u32, usize) -> f32) -> u32 {
    let cost = |label: u32| {
        cost(label, neighbours.iter().filter(|&&neighbour| neighbour != label).count())
    };
    let (mut cheapest, mut least) = (own, cost(own));
    for (i, &label) in neighbours.iter().enumerate() {
        if label != own && !neighbours[..i].contains(&label) {
            let cost = cost(label);
            if cost < least {
                (cheapest, least) = (label, cost);
            }
        }
    }
    cheapest
}

/// Counts for each pixel of row `y` the neighbours that have its label.
fn count_alike(labels: &[u32], width: usize, y: usize, alike: &mut [u8]) {
    let row = &labels[y * width..][..width];
    alike.fill(0);
    let count = |alike: &mut [u8], row: &[u32], others: &[u32]| {
        for ((alike, label), other) in alike.iter_mut().zip(row).zip(others) {
            *alike += u8::from(label == other);
        }
    };
    for other in y.saturating_sub(1)..(y + 2).min(labels.len() / width) {
        let others = &labels[other * width..][..width];
        count(&mut alike[1..], &row[1..], others);
        count(alike, row, &others[1..]);
        if other != y {
            count(alike, row, others);
        }
    }
}

/// The labels of the pixels around one, and how many there are: fewer at the image's border, and
/// only those within the mask.
fn neighbours(labels: &[u32], width: usize, x: usize, y: usize) -> ([u32; NEIGHBOURS], usize) {
    let (mut found, mut count) = ([UNLABELLED; NEIGHBOURS], 0);
    for row in y.saturating_sub(1)..(y + 2).min(labels.len() / width) {
        for column in x.saturating_sub(1)..(x + 2).min(width) {
            let label = labels[row * width + column];
            if (column, row) != (x, y) && label != UNLABELLED {
                found[count] = label;
                count += 1;
            }
        }
    }
    (found, count)
}
