//! The initial centres, and the variance of the features within cells.

use std::ops::Range;

use rayon::prelude::*;

use super::centers::Center;
use super::grid::{Grid, Rows};
use super::planes::Planes;
use crate::error::Result;
use crate::progress::Progress;

/// Most pixels that a seed moves to where the features change least. A quarter of a cell is no
/// better on composites.
const REACH: usize = 1;

/// The variance of the features within cells, mean over the pixels of some rows.
///
/// # Errors
/// What `progress` returns to stop.
pub(super) fn variance<const D: usize>(
    planes: &Planes<'_, D>,
    grid: &Grid,
    rows: Rows,
    progress: &dyn Progress,
) -> Result<f64> {
    let of_row = |row: usize| {
        progress.go_on()?;
        let visited: Vec<usize> = rows.within(grid.row(row)).collect();
        let scatters =
            (0..grid.across()).map(|column| scatter(planes, grid.column(column), &visited));
        Ok(scatters.fold((0.0, 0.0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1)))
    };
    let rows: Vec<(f64, f64)> =
        (0..grid.down()).into_par_iter().map(of_row).collect::<Result<_>>()?;
    let (scatter, pixels) =
        rows.into_iter().fold((0.0, 0.0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    // Possibly none of the rows looked at has a pixel to be segmented.
    Ok(if pixels > 0.0 { scatter / pixels } else { 0.0 })
}

/// The summed squared distances of a cell's features from their mean, and its number of pixels.
fn scatter<const D: usize>(
    planes: &Planes<'_, D>,
    columns: Range<usize>,
    rows: &[usize],
) -> (f64, f64) {
    // Sums of differences to some pixel of the cell lose few digits.
    let mut origin = None;
    let (mut sums, mut squares, mut pixels) = ([0.0f64; D], 0.0f64, 0.0f64);
    for &y in rows {
        let (mut row_sums, mut row_squares) = ([0.0f32; D], [0.0f32; D]);
        for x in columns.clone().filter(|&x| planes.is_inside(x, y)) {
            let features = planes.pixel(x, y);
            let origin = *origin.get_or_insert(features);
            for d in 0..D {
                let difference = features[d] - origin[d];
                row_sums[d] += difference;
                row_squares[d] += difference * difference;
            }
            pixels += 1.0;
        }
        for d in 0..D {
            sums[d] += f64::from(row_sums[d]);
            squares += f64::from(row_squares[d]);
        }
    }
    let of_mean: f64 = sums.iter().map(|sum| sum * sum).sum();
    (if pixels > 0.0 { (squares - of_mean / pixels).max(0.0) } else { 0.0 }, pixels)
}

/// A centre for each cell, whether it is used or not.
pub(super) fn seeds<const D: usize>(planes: &Planes<'_, D>, grid: &Grid) -> Vec<Center<D>> {
    let seed = |cell: usize| {
        let (column, row) = (cell % grid.across(), cell / grid.across());
        let cell = Cell { columns: grid.column(column), rows: grid.row(row) };
        let [x, y] = cell.calmest(planes, cell.middle(planes));
        Center { features: planes.pixel(x, y), x: x as f32, y: y as f32 }
    };
    (0..grid.across() * grid.down()).into_par_iter().map(seed).collect()
}

/// The pixels of a cell.
struct Cell {
    columns: Range<usize>,
    rows: Range<usize>,
}

impl Cell {
    /// The pixel nearest to the middle among those to be segmented; if there are none, the middle.
    fn middle<const D: usize>(&self, planes: &Planes<'_, D>) -> [usize; 2] {
        let middle = [&self.columns, &self.rows].map(|range| range.start.midpoint(range.end));
        if planes.is_inside(middle[0], middle[1]) {
            return middle;
        }
        let distance = |place: &[usize; 2]| {
            let [x, y] = [0, 1].map(|axis| place[axis].abs_diff(middle[axis]));
            x * x + y * y
        };
        let places = self.rows.clone().flat_map(|y| self.columns.clone().map(move |x| [x, y]));
        places.filter(|&[x, y]| planes.is_inside(x, y)).min_by_key(distance).unwrap_or(middle)
    }

    /// The pixel near `place` where the features change least; the first of equals, row by row.
    fn calmest<const D: usize>(&self, planes: &Planes<'_, D>, place: [usize; 2]) -> [usize; 2] {
        let around = |at: usize, range: &Range<usize>| {
            at.saturating_sub(REACH).max(range.start)..(at + REACH + 1).min(range.end)
        };
        let (mut least, mut calmest) = (f32::INFINITY, place);
        for y in around(place[1], &self.rows) {
            for x in around(place[0], &self.columns) {
                if planes.is_inside(x, y) {
                    let change = gradient(planes, x, y);
                    if change < least {
                        (least, calmest) = (change, [x, y]);
                    }
                }
            }
        }
        calmest
    }
}

/// The squared difference of the features on either side, and of those above and below.
fn gradient<const D: usize>(planes: &Planes<'_, D>, x: usize, y: usize) -> f32 {
    let own = planes.pixel(x, y);
    let at = |x: usize, y: usize| {
        if planes.is_inside(x, y) { planes.pixel(x, y) } else { own }
    };
    let (right, below) = ((x + 1).min(planes.width() - 1), (y + 1).min(planes.height() - 1));
    let pairs =
        [[at(x.saturating_sub(1), y), at(right, y)], [at(x, y.saturating_sub(1)), at(x, below)]];
    let squares = pairs.iter().flat_map(|[a, b]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)));
    squares.sum()
}
