//! The assignment and update steps on the grid.

use std::ops::Range;

use pulp::Arch;
use rayon::prelude::*;

use super::block::{Cell, LabelRows, SumRows};
use super::grid::{Grid, Rows, Strip};
use super::planes::Planes;
use crate::error::Result;
use crate::progress::Progress;

/// The cell of a pixel and the 8 around it.
pub(super) const CANDIDATES: usize = 9;

/// The label of pixels outside the mask, here and until superpixels are numbered.
pub(super) const UNLABELLED: u32 = u32::MAX;

/// Strips whose sums are held at a time.
const BATCH: usize = 64;

/// A superpixel's mean features and position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Center<const D: usize> {
    pub features: [f32; D],
    pub x: f32,
    pub y: f32,
}

impl<const D: usize> Center<D> {
    /// The squared distance of a pixel; in the order of operations of [`Cell`].
    #[inline]
    pub fn distance(&self, features: &[f32; D], [x, y]: [f32; 2], weight: f32) -> f32 {
        let (dx, dy) = (x - self.x, y - self.y);
        let mut distance = (dy * dy + dx * dx) * weight;
        for (value, center) in features.iter().zip(&self.features) {
            distance += (value - center) * (value - center);
        }
        distance
    }
}

/// The sums that a centre is the mean of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sum<const D: usize> {
    pub features: [f64; D],
    pub x: f64,
    pub y: f64,
    pub pixels: f64,
}

impl<const D: usize> Sum<D> {
    pub const ZERO: Self = Self { features: [0.0; D], x: 0.0, y: 0.0, pixels: 0.0 };

    #[inline]
    pub fn add(&mut self, other: &Self) {
        for (sum, value) in self.features.iter_mut().zip(other.features) {
            *sum += value;
        }
        self.x += other.x;
        self.y += other.y;
        self.pixels += other.pixels;
    }

    fn mean(&self) -> Center<D> {
        let mean = |sum: f64| (sum / self.pixels) as f32;
        Center { features: self.features.map(mean), x: mean(self.x), y: mean(self.y) }
    }
}

/// The centres that the pixels of a cell are compared with, its own first: it wins ties.
pub(super) struct Near<const D: usize> {
    pub centers: [Center<D>; CANDIDATES],
    pub cells: [usize; CANDIDATES],
    pub count: usize,
}

impl<const D: usize> Near<D> {
    fn new(centers: &[Center<D>], grid: &Grid, column: usize, row: usize) -> Self {
        let home = row * grid.across() + column;
        let (mut near, mut cells, mut count) = ([centers[home]; CANDIDATES], [home; CANDIDATES], 0);
        for cell in grid.near(column, row) {
            (near[count], cells[count]) = (centers[cell], cell);
            count += 1;
        }
        Self { centers: near, cells, count }
    }
}

/// Moves every centre to the mean of those pixels of some of the rows that are nearest to it.
///
/// # Errors
/// What `progress` returns to stop.
pub(super) fn update<const D: usize>(
    centers: &mut [Center<D>],
    planes: &Planes<'_, D>,
    grid: &Grid,
    weight: f32,
    rows: Rows,
    progress: &dyn Progress,
) -> Result<()> {
    let mut totals = vec![Sum::ZERO; centers.len()];
    for batch in grid.strips().chunks(BATCH) {
        let sums: Vec<Vec<Sum<D>>> = batch
            .par_iter()
            .map(|strip| {
                progress.go_on()?;
                Ok(strip_sums(centers, planes, grid, weight, strip, rows))
            })
            .collect::<Result<_>>()?;
        for (strip, sums) in batch.iter().zip(&sums) {
            let totals = &mut totals[reached(strip, grid)];
            totals.iter_mut().zip(sums).for_each(|(total, sum)| total.add(sum));
        }
    }
    for (center, total) in centers.iter_mut().zip(&totals) {
        // A centre that lost all its pixels stays where it is.
        if total.pixels > 0.0 {
            *center = total.mean();
        }
    }
    Ok(())
}

/// The cells that the pixels of a strip may belong to: those of three rows.
fn reached(strip: &Strip, grid: &Grid) -> Range<usize> {
    let (first, end) = (strip.cell_row.saturating_sub(1), (strip.cell_row + 2).min(grid.down()));
    first * grid.across()..end * grid.across()
}

/// What a strip adds to the cells that it reaches.
fn strip_sums<const D: usize>(
    centers: &[Center<D>],
    planes: &Planes<'_, D>,
    grid: &Grid,
    weight: f32,
    strip: &Strip,
    rows: Rows,
) -> Vec<Sum<D>> {
    let reached = reached(strip, grid);
    let mut sums = vec![Sum::ZERO; reached.len()];
    let visited: Vec<usize> = rows.within(strip.rows.clone()).collect();
    let arch = Arch::new();
    for column in 0..grid.across() {
        if grid.is_used(strip.cell_row * grid.across() + column) {
            let near = Near::new(centers, grid, column, strip.cell_row);
            let cell = Cell { planes, near: &near, weight, columns: &grid.column(column) };
            let found = arch.dispatch(SumRows { cell, rows: &visited });
            for (cell, sum) in near.cells.iter().zip(&found).take(near.count) {
                sums[cell - reached.start].add(sum);
            }
        }
    }
    sums
}

/// The label of every pixel: the cell whose centre is nearest.
///
/// # Errors
/// What `progress` returns to stop.
pub(super) fn labels<const D: usize>(
    centers: &[Center<D>],
    planes: &Planes<'_, D>,
    grid: &Grid,
    weight: f32,
    progress: &dyn Progress,
) -> Result<Vec<u32>> {
    let width = planes.width();
    let mut labels = vec![UNLABELLED; width * planes.height()];
    let mut rest = &mut labels[grid.rows().start * width..];
    let mut parts = Vec::new();
    for strip in grid.strips() {
        let (part, others) = rest.split_at_mut(strip.rows.len() * width);
        parts.push((strip, part));
        rest = others;
    }
    parts.into_par_iter().try_for_each(|(strip, part)| {
        progress.go_on()?;
        let arch = Arch::new();
        for column in 0..grid.across() {
            if grid.is_used(strip.cell_row * grid.across() + column) {
                let near = Near::new(centers, grid, column, strip.cell_row);
                let cell = Cell { planes, near: &near, weight, columns: &grid.column(column) };
                arch.dispatch(LabelRows { cell, first: strip.rows.start, part });
            }
        }
        Ok(())
    })?;
    Ok(labels)
}
