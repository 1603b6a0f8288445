//! The best labels of a whole row or column, given those beside it.
//!
//! Along a line the energy is that of a chain, whose minimum dynamic programming finds: the least
//! cost of the cells so far for each label of the last one is its own plus the least of going on
//! with the same label or of changing from the best (A. J. Viterbi, 1967,
//! doi:10.1109/TIT.1967.1054010; that a change costs the same between all labels makes it linear in
//! their number). Then the labels are read off backwards. Lines that are minimised at the same
//! time have one between them, so that none sees another change.

use std::ops::Range;

use rayon::prelude::*;

use super::OUTSIDE;
use super::pyramid::Level;
use crate::error::Result;
use crate::progress::Progress;

/// What a pair of neighbours along an axis costs, of a unit of boundary.
const AXIS: f32 = std::f32::consts::SQRT_2 - 1.0;

/// What a pair of diagonal neighbours costs.
const DIAGONAL: f32 = AXIS * std::f32::consts::FRAC_1_SQRT_2;

/// The cost of lanes that stand for no class.
const NEVER: f32 = 1e30;

/// Columns that one thread minimises together, every other of them at a time.
const STRIP: usize = 64;

/// What labels cost, with one lane for each class.
pub struct Model<const K: usize> {
    /// The centroids, coordinate by coordinate.
    centroids: Vec<[f32; K]>,
    /// What lanes cost from the outset.
    start: [f32; K],
    /// For each label what a neighbour along an axis, or a diagonal one, that has it takes off.
    axis: Vec<[f32; K]>,
    diagonal: Vec<[f32; K]>,
    /// What a change of label along a line costs.
    change: f32,
}

impl<const K: usize> Model<K> {
    /// `beta` is the cost of a boundary as long as the side of a cell.
    pub fn new(centroids: &[f64], dim: usize, beta: f32) -> Self {
        let classes = centroids.len() / dim;
        let lane = |d: usize, k: usize| if k < classes { centroids[k * dim + d] as f32 } else { 0.0 };
        let taken_off = |weight: f32| -> Vec<[f32; K]> {
            let row = |label| {
                let at = |k| if k == label && k < classes { weight * beta } else { 0.0 };
                std::array::from_fn(at)
            };
            (0..=usize::from(OUTSIDE)).map(row).collect()
        };
        Self {
            centroids: (0..dim).map(|d| std::array::from_fn(|k| lane(d, k))).collect(),
            start: std::array::from_fn(|k| if k < classes { 0.0 } else { NEVER }),
            axis: taken_off(AXIS),
            diagonal: taken_off(DIAGONAL),
            change: AXIS * beta,
        }
    }

    /// The nearest class.
    pub fn nearest(&self, mean: &[f32]) -> u8 {
        first_least(&self.errors(mean, 1.0)).0
    }

    /// What `count` pixels of this mean cost with each label.
    #[inline]
    fn errors(&self, mean: &[f32], count: f32) -> [f32; K] {
        let mut errors = self.start;
        for (&value, centroids) in mean.iter().zip(&self.centroids) {
            for (error, centroid) in errors.iter_mut().zip(centroids) {
                let difference = value - centroid;
                *error += count * (difference * difference);
            }
        }
        errors
    }

    /// Takes off what the neighbours agree with: two along an axis, four diagonal ones.
    #[inline]
    fn agree(&self, costs: &mut [f32; K], axis: [u8; 2], diagonal: [u8; 4]) {
        for label in axis {
            subtract(costs, &self.axis[usize::from(label)]);
        }
        for label in diagonal {
            subtract(costs, &self.diagonal[usize::from(label)]);
        }
    }
}

#[inline]
fn subtract<const K: usize>(costs: &mut [f32; K], other: &[f32; K]) {
    costs.iter_mut().zip(other).for_each(|(cost, other)| *cost -= other);
}

/// The first of the least values, and that value.
#[inline]
fn first_least<const K: usize>(values: &[f32; K]) -> (u8, f32) {
    let least = values.iter().fold(f32::INFINITY, |least, &value| least.min(value));
    let first = values.iter().position(|&value| value == least);
    (first.unwrap_or_default() as u8, least)
}

/// Costs of the cells of a line so far, for each label of the last.
struct Chain<const K: usize> {
    /// Less their minimum.
    costs: [f32; K],
    best: u8,
}

impl<const K: usize> Chain<K> {
    const START: Self = Self { costs: [0.0; K], best: 0 };

    /// Adds a cell; returns for each of its labels the one before it.
    #[inline]
    fn add(&mut self, own: &[f32; K], change: f32) -> [u8; K] {
        let mut before = [0; K];
        for (k, (cost, place)) in self.costs.iter_mut().zip(&mut before).enumerate() {
            let stays = *cost <= change;
            *place = if stays { k as u8 } else { self.best };
            *cost = if stays { *cost } else { change } + own[k];
        }
        let (best, least) = first_least(&self.costs);
        self.costs.iter_mut().for_each(|cost| *cost -= least);
        self.best = best;
        before
    }
}

/// Minimises every row and every column once; returns whether a label changed.
///
/// # Errors
/// What `progress` returns to stop.
pub fn sweep<const K: usize>(
    level: &Level<'_>,
    model: &Model<K>,
    labels: &mut Vec<u8>,
    progress: &dyn Progress,
) -> Result<bool> {
    let before = labels.clone();
    for parity in 0..2 {
        rows(level, model, labels, parity, progress)?;
    }
    for parity in 0..2 {
        columns(level, model, labels, parity, progress)?;
    }
    Ok(*labels != before)
}

/// Minimises every other row.
fn rows<const K: usize>(
    level: &Level<'_>,
    model: &Model<K>,
    labels: &mut [u8],
    parity: usize,
    progress: &dyn Progress,
) -> Result<()> {
    let stride = level.stride();
    let beside = labels.to_vec();
    let pairs = labels[stride..].par_chunks_mut(2 * stride).enumerate();
    pairs.try_for_each_init(Vec::new, |memory, (pair, rows)| {
        progress.go_on()?;
        let y = 2 * pair + parity;
        if y < level.height {
            let row = &mut rows[parity * stride..][..stride];
            minimise_row(level, model, y, (row, &beside), memory);
        }
        Ok(())
    })
}

fn minimise_row<const K: usize>(
    level: &Level<'_>,
    model: &Model<K>,
    y: usize,
    (row, labels): (&mut [u8], &[u8]),
    memory: &mut Vec<[u8; K]>,
) {
    let stride = level.stride();
    let above = &labels[y * stride..][..stride];
    let below = &labels[(y + 2) * stride..][..stride];
    memory.clear();
    let mut chain = Chain::START;
    for (x, (a, b)) in above.windows(3).zip(below.windows(3)).enumerate() {
        let i = y * level.width + x;
        let inside = row[x + 1] != OUTSIDE;
        let mut costs = model.errors(level.mean(i), level.count(i));
        model.agree(&mut costs, [a[1], b[1]], [a[0], a[2], b[0], b[2]]);
        memory.push(add(&mut chain, &costs, model, inside));
    }
    let mut label = chain.best;
    for (place, before) in row[1..=level.width].iter_mut().zip(memory).rev() {
        if *place != OUTSIDE {
            *place = label;
        }
        label = before[usize::from(label)];
    }
}

/// Adds a cell to a chain; one that is outside costs nothing and ties nothing together.
#[inline]
fn add<const K: usize>(
    chain: &mut Chain<K>,
    costs: &[f32; K],
    model: &Model<K>,
    inside: bool,
) -> [u8; K] {
    if inside { chain.add(costs, model.change) } else { chain.add(&model.start, 0.0) }
}

/// Minimises every other column, in strips of them.
fn columns<const K: usize>(
    level: &Level<'_>,
    model: &Model<K>,
    labels: &mut [u8],
    parity: usize,
    progress: &dyn Progress,
) -> Result<()> {
    let beside = &*labels;
    let strips: Vec<Vec<u8>> = (0..level.width.div_ceil(STRIP))
        .into_par_iter()
        .map_init(Vec::new, |memory, strip| {
            progress.go_on()?;
            let columns = strip * STRIP + parity..level.width.min((strip + 1) * STRIP);
            Ok(minimised_columns(level, model, columns, beside, memory))
        })
        .collect::<Result<_>>()?;
    let rows = labels.par_chunks_mut(level.stride()).skip(1).take(level.height);
    rows.enumerate().for_each(|(y, row)| {
        for (strip, columns) in row[1..=level.width].chunks_mut(STRIP).zip(&strips) {
            let places = strip.iter_mut().skip(parity).step_by(2);
            let count = places.len();
            places.zip(&columns[y * count..]).for_each(|(place, &label)| *place = label);
        }
    });
    Ok(())
}

/// The new labels of every other one of `columns`, row by row.
fn minimised_columns<const K: usize>(
    level: &Level<'_>,
    model: &Model<K>,
    columns: Range<usize>,
    labels: &[u8],
    memory: &mut Vec<[u8; K]>,
) -> Vec<u8> {
    let (stride, width) = (level.stride(), level.width);
    let columns = columns.step_by(2);
    let count = columns.len();
    memory.clear();
    let mut chains: Vec<Chain<K>> = columns.clone().map(|_| Chain::START).collect();
    for y in 0..level.height {
        let row = |dy: usize| &labels[(y + dy) * stride..][..stride];
        let (above, own, below) = (row(0), row(1), row(2));
        for (x, chain) in columns.clone().zip(&mut chains) {
            let i = y * width + x;
            let mut costs = model.errors(level.mean(i), level.count(i));
            let diagonal = [above[x], above[x + 2], below[x], below[x + 2]];
            model.agree(&mut costs, [own[x], own[x + 2]], diagonal);
            memory.push(add(chain, &costs, model, own[x + 1] != OUTSIDE));
        }
    }
    let mut ends: Vec<u8> = chains.iter().map(|chain| chain.best).collect();
    let mut found = vec![OUTSIDE; count * level.height];
    for y in (0..level.height).rev() {
        let own = &labels[(y + 1) * stride + 1..];
        let places = found[y * count..].iter_mut().zip(&memory[y * count..]);
        for ((x, label), (place, before)) in columns.clone().zip(&mut ends).zip(places) {
            if own[x] != OUTSIDE {
                *place = *label;
            }
            *label = before[usize::from(*label)];
        }
    }
    found
}
