//! The assignment and update steps on the grid.

use std::ops::Range;

use pulp::Arch;
use rayon::prelude::*;

use super::block::{Cell, LabelRows, SumRows};
use super::centers::{Center, Near, Sum};
use super::grid::{Grid, Rows, Strip};
use super::image::UNLABELLED;
use super::planes::Planes;
use crate::error::Result;
use crate::progress::Progress;

/// Strips whose sums are held at a time.
const BATCH: usize = 64;

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

/// What a strip adds to the sums of the cells that it reaches.
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
