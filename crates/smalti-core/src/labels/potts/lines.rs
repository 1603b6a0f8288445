//! The best labels of a whole row or column, given those beside it.
//!
//! The energy along a line is that of a chain, and dynamic programming finds its minimum (A. J.
//! Viterbi, 1967, doi:10.1109/TIT.1967.1054010). For each label of the last cell, the least cost of
//! the cells so far is the cell's own cost, plus the lesser of two: going on with the same label,
//! or changing from the best. A change costs the same between all labels, so the work is linear in
//! their number. Then the labels are read off backwards. Lines that are minimised at the same time
//! have one between them, so none sees another change.
//!
//! A cell is settled if it has its nearest class and all its neighbours have that class too.
//! Settled cells are left alone, except a few beside others. In a photograph they are nine in ten.
//! Runs of the other cells are chains between two known labels.

use std::ops::Range;

use rayon::prelude::*;

use super::features::OUTSIDE;
use super::model::{Model, first_least};
use super::pyramid::Level;
use crate::error::Result;
use crate::progress::Progress;

/// Lines of a strip: one thread minimises every other of them at a time.
const STRIP: usize = 64;

/// How many settled cells on either side of an open one may change with it.
const MARGIN: usize = 2;

/// States of cells: those that stay as they are, those that may change, and those outside.
const SETTLED: u8 = 0;
const OPEN: u8 = 1;
const BARRED: u8 = 2;

/// Costs of the cells of a run so far, for each label of the last, less their minimum.
struct Chain<const K: usize> {
    costs: [f32; K],
    best: u8,
}

impl<const K: usize> Chain<K> {
    /// The chain after a cell with a label, or with none.
    fn after(label: u8, change: f32) -> Self {
        if label == OUTSIDE {
            return Self { costs: [0.0; K], best: 0 };
        }
        let cost = |k: usize| if k == usize::from(label) { 0.0 } else { change };
        Self { costs: std::array::from_fn(cost), best: label }
    }

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

    /// The best last label if a cell with the label `next`, or with none, follows.
    fn last(&self, next: u8, change: f32) -> u8 {
        match self.costs.get(usize::from(next)) {
            Some(&cost) if next != OUTSIDE && cost <= change => next,
            _ => self.best,
        }
    }
}

/// Rows, or columns.
#[derive(Clone, Copy)]
struct Direction {
    /// Steps in labels to the next cell of the line, and to the cell beside it.
    along: usize,
    across: usize,
    /// Steps in means to the next cell of the line, and to the cell beside it.
    mean_along: usize,
    mean_across: usize,
    /// Cells of a line, and lines.
    length: usize,
    lines: usize,
}

impl Direction {
    fn both(level: &Level<'_>) -> [Self; 2] {
        let (width, height, stride) = (level.width, level.height, level.stride());
        [
            Self {
                along: 1,
                across: stride,
                mean_along: 1,
                mean_across: width,
                length: width,
                lines: height,
            },
            Self {
                along: stride,
                across: 1,
                mean_along: width,
                mean_across: 1,
                length: height,
                lines: width,
            },
        ]
    }
}

/// A level's cells, with all that their labels are chosen by.
pub struct Field<'a, const K: usize> {
    /// The cells.
    pub level: &'a Level<'a>,
    /// What labels cost.
    pub model: &'a Model<K>,
    /// The nearest class of each cell, framed like labels.
    pub nearest: &'a [u8],
}

impl<const K: usize> Field<'_, K> {
    /// Minimises every row and every column once.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    pub fn sweep(&self, labels: &mut [u8], progress: &dyn Progress) -> Result<()> {
        for direction in Direction::both(self.level) {
            for parity in 0..2 {
                let seen = &*labels;
                let strips: Vec<Vec<(usize, u8)>> = (0..direction.lines.div_ceil(STRIP))
                    .into_par_iter()
                    .map(|strip| {
                        progress.go_on()?;
                        let lines = strip * STRIP..direction.lines.min((strip + 1) * STRIP);
                        Ok(self.strip(seen, direction, lines, parity))
                    })
                    .collect::<Result<_>>()?;
                for (place, label) in strips.into_iter().flatten() {
                    labels[place] = label;
                }
            }
        }
        Ok(())
    }

    /// What labels cost altogether.
    pub fn energy(&self, labels: &[u8]) -> f64 {
        let stride = self.level.stride();
        let [axis, diagonal] = self.model.boundary().map(f64::from);
        let cell = |place: usize, i: usize| {
            let label = labels[place];
            if label == OUTSIDE {
                return 0.0;
            }
            let meets = |other: usize| labels[other] != OUTSIDE && labels[other] != label;
            let met = |other: usize, cost: f64| if meets(other) { cost } else { 0.0 };
            let error = self.model.error(self.level.mean(i), self.level.count(i), label);
            let boundaries = met(place + 1, axis)
                + met(place + stride - 1, diagonal)
                + met(place + stride, axis)
                + met(place + stride + 1, diagonal);
            f64::from(error) + boundaries
        };
        let width = self.level.width;
        let row = |y| (0..width).map(|x| cell((y + 1) * stride + x + 1, y * width + x)).sum();
        let rows: Vec<f64> = (0..self.level.height).into_par_iter().map(row).collect();
        rows.iter().sum()
    }

    /// Minimises every other one of `lines`; returns the places that change and their new labels.
    fn strip(
        &self,
        labels: &[u8],
        direction: Direction,
        lines: Range<usize>,
        parity: usize,
    ) -> Vec<(usize, u8)> {
        let mut changes = Vec::new();
        let mut before = Vec::new();
        let states = self.states(labels, direction, &lines, parity);
        let lines = (lines.start + parity..lines.end).step_by(2);
        for (line, states) in lines.zip(states.chunks_exact(direction.length)) {
            for run in runs(states) {
                self.run(labels, direction, (line, run), &mut before, &mut changes);
            }
        }
        changes
    }

    /// The states of the cells of every other one of `lines`, line by line.
    fn states(
        &self,
        labels: &[u8],
        direction: Direction,
        lines: &Range<usize>,
        parity: usize,
    ) -> Vec<u8> {
        let length = direction.length;
        let odd = (lines.start + parity..lines.end).step_by(2);
        let mut states = vec![SETTLED; odd.len() * length];
        if states.is_empty() {
            return states;
        }
        if direction.along == 1 {
            for (y, states) in odd.zip(states.chunks_exact_mut(length)) {
                self.states_of_row(labels, y, 0..length, states);
            }
            return states;
        }
        let mut row = vec![SETTLED; lines.len()];
        for y in 0..length {
            self.states_of_row(labels, y, lines.clone(), &mut row);
            let places = states[y..].iter_mut().step_by(length);
            places.zip(row.iter().skip(parity).step_by(2)).for_each(|(to, &state)| *to = state);
        }
        states
    }

    /// The states of the cells in some columns of a row.
    fn states_of_row(&self, labels: &[u8], y: usize, columns: Range<usize>, states: &mut [u8]) {
        let framed = |labels, y: usize| {
            let labels: &[u8] = labels;
            labels[y * self.level.stride() + columns.start..][..columns.len() + 2].windows(3)
        };
        let rows = framed(labels, y).zip(framed(labels, y + 1)).zip(framed(labels, y + 2));
        let cells = rows.zip(framed(self.nearest, y + 1));
        for (state, (((above, row), below), nearest)) in states.iter_mut().zip(cells) {
            let label = row[1];
            let beside = (row[0] ^ label) | (row[2] ^ label);
            let above = (above[0] ^ label) | (above[1] ^ label) | (above[2] ^ label);
            let below = (below[0] ^ label) | (below[1] ^ label) | (below[2] ^ label);
            let differs = (nearest[1] ^ label) | beside | above | below;
            let open = if differs == 0 { SETTLED } else { OPEN };
            *state = if label == OUTSIDE { BARRED } else { open };
        }
    }

    /// Minimises a run of cells of a line.
    fn run(
        &self,
        labels: &[u8],
        direction: Direction,
        (line, run): (usize, Range<usize>),
        before: &mut Vec<[u8; K]>,
        changes: &mut Vec<(usize, u8)>,
    ) {
        let (level, model) = (self.level, self.model);
        let Direction { along, across, .. } = direction;
        // The frame is one cell wide.
        let first = level.stride() + 1 + line * across;
        let place = |t: usize| first + t * along;
        let mut chain = Chain::after(labels[place(run.start) - along], model.change);
        before.clear();
        for t in run.clone() {
            let (at, i) = (place(t), line * direction.mean_across + t * direction.mean_along);
            let mut costs = model.errors(level.mean(i), level.count(i));
            let (a, b) = (at - across, at + across);
            let diagonal = [a - along, a + along, b - along, b + along].map(|at| labels[at]);
            model.agree(&mut costs, [labels[a], labels[b]], diagonal);
            before.push(chain.add(&costs, model.change));
        }
        let mut label = chain.last(labels[place(run.end - 1) + along], model.change);
        for (t, before) in run.zip(before).rev() {
            if labels[place(t)] != label {
                changes.push((place(t), label));
            }
            label = before[usize::from(label)];
        }
    }
}

/// Ranges of cells that are open or near open ones; at least one settled cell lies between ranges.
fn runs(states: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let may_change = |&i: &usize| states[i] != BARRED;
    for t in (0..states.len()).filter(|&t| states[t] == OPEN) {
        let start = (t.saturating_sub(MARGIN)..t).rev().take_while(may_change).last().unwrap_or(t);
        let end = (t..states.len().min(t + MARGIN + 1)).take_while(may_change).last().unwrap_or(t);
        match found.last_mut() {
            Some(run) if start <= run.end => run.end = end + 1,
            _ => found.push(start..end + 1),
        }
    }
    found
}
