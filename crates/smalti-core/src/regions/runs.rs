//! Rows cut into runs of one label, and runs joined to regions.

use std::ops::Range;

use rayon::prelude::*;

use crate::error::Result;
use crate::progress::Progress;

/// Most pixels that can be numbered, with some room for sums of positions.
pub const MAX_PIXELS: usize = i32::MAX as usize;

/// Which pixels are neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connectivity {
    /// Those that share an edge.
    Four,
    /// Those that share an edge or a corner.
    Eight,
}

/// Rows that one thread works on at a time.
pub(super) const BAND_ROWS: usize = 64;

/// The runs of a label map, row by row.
pub(super) struct Runs {
    width: usize,
    /// The position of each run's first pixel, counted row by row, then the number of pixels: a
    /// run ends where the next begins.
    starts: Vec<u32>,
    /// The first run of each row, then the number of runs.
    rows: Vec<u32>,
}

impl Runs {
    /// Cuts rows of `width` labels.
    pub fn of<T: Copy + PartialEq + Sync>(
        labels: &[T],
        width: usize,
        progress: &dyn Progress,
    ) -> Result<Self> {
        debug_assert!(labels.len() <= MAX_PIXELS && labels.len().is_multiple_of(width));
        let cut_band = |(band, labels): (usize, &[T])| {
            progress.go_on()?;
            let (mut starts, mut counts) = (Vec::new(), Vec::with_capacity(BAND_ROWS));
            let mut found = vec![0; width];
            for (y, row) in labels.chunks_exact(width).enumerate() {
                let first = ((band * BAND_ROWS + y) * width) as u32;
                found[0] = first;
                let mut count = 1;
                for x in 1..width {
                    // Each is written and edges alone are counted: a branch would be mispredicted
                    // there.
                    found[count] = first + x as u32;
                    count += usize::from(row[x] != row[x - 1]);
                }
                starts.extend_from_slice(&found[..count]);
                counts.push(count as u32);
            }
            Ok((starts, counts))
        };
        let bands = labels.par_chunks(BAND_ROWS * width).enumerate().map(cut_band);
        let bands: Vec<(Vec<u32>, Vec<u32>)> = bands.collect::<Result<_>>()?;
        let mut starts =
            Vec::with_capacity(bands.iter().map(|band| band.0.len()).sum::<usize>() + 1);
        let mut rows = Vec::with_capacity(labels.len() / width + 1);
        rows.push(0);
        for (band, counts) in bands {
            starts.extend(band);
            rows.extend(counts.iter().scan(rows[rows.len() - 1], |runs, count| {
                *runs += count;
                Some(*runs)
            }));
        }
        starts.push(labels.len() as u32);
        Ok(Self { width, starts, rows })
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.rows.len() - 1
    }

    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The runs of row `y`.
    pub fn row(&self, y: usize) -> Range<usize> {
        self.rows[y] as usize..self.rows[y + 1] as usize
    }

    /// The positions of a run's pixels.
    pub fn positions(&self, run: usize) -> Range<usize> {
        self.starts[run] as usize..self.starts[run + 1] as usize
    }

    /// The first column of a run of row `y`, and the one after the last.
    pub fn columns(&self, run: usize, y: usize) -> (usize, usize) {
        let Range { start, end } = self.positions(run);
        (start - y * self.width, end - y * self.width)
    }

    /// Calls `visit(below, above)` for every run of row `y` and every run above it that it touches:
    /// over an edge, or over a corner if `connectivity` allows it.
    pub fn for_each_contact(
        &self,
        y: usize,
        connectivity: Connectivity,
        mut visit: impl FnMut(usize, usize),
    ) {
        if y == 0 {
            return;
        }
        let reach = match connectivity {
            Connectivity::Four => 0,
            Connectivity::Eight => 1,
        };
        let width = self.width as u32;
        let Range { start: mut first, end } = self.row(y - 1);
        for below in self.row(y) {
            let (left, right) = (self.starts[below] - width, self.starts[below + 1] - width);
            while self.starts[first + 1] + reach <= left {
                first += 1;
            }
            let mut above = first;
            while above < end && self.starts[above] < right + reach {
                visit(below, above);
                above += 1;
            }
        }
    }

    /// The region of each run, from 1 in the order of first pixels and 0 for `outside`, and the
    /// number of regions.
    pub fn numbered<T: Copy + PartialEq + Sync>(
        &self,
        labels: &[T],
        outside: T,
        connectivity: Connectivity,
        progress: &dyn Progress,
    ) -> Result<(Vec<u32>, usize)> {
        let mut roots = self.joined(labels, connectivity, progress)?;
        let mut count = 0;
        // A run's parent comes before it, so it has its number already.
        for run in 0..roots.len() {
            let parent = roots[run] as usize;
            roots[run] = if parent < run {
                roots[parent]
            } else if labels[self.starts[run] as usize] == outside {
                0
            } else {
                count += 1;
                count
            };
        }
        Ok((roots, count as usize))
    }

    /// A parent for each run: itself for the first of a region, else one before it.
    fn joined<T: Copy + PartialEq + Sync>(
        &self,
        labels: &[T],
        connectivity: Connectivity,
        progress: &dyn Progress,
    ) -> Result<Vec<u32>> {
        let label = |run: usize| labels[self.starts[run] as usize];
        let join_row = |parents: &mut [u32], y: usize, base: usize| {
            self.for_each_contact(y, connectivity, |below, above| {
                if label(below) == label(above) {
                    join(parents, (below - base) as u32, (above - base) as u32);
                }
            });
        };
        let mut parents: Vec<u32> = (0..self.len() as u32).collect();
        let mut bands = Vec::with_capacity(self.height() / BAND_ROWS + 1);
        let mut rest = &mut parents[..];
        for top in (0..self.height()).step_by(BAND_ROWS) {
            let bottom = (top + BAND_ROWS).min(self.height());
            let runs = (self.rows[bottom] - self.rows[top]) as usize;
            let (band, others) = rest.split_at_mut(runs);
            bands.push((top..bottom, band));
            rest = others;
        }
        bands.into_par_iter().try_for_each(|(rows, parents)| {
            progress.go_on()?;
            let base = self.rows[rows.start];
            // Parents count from the band's first run while a thread works on it.
            parents.iter_mut().for_each(|parent| *parent -= base);
            rows.skip(1).for_each(|y| join_row(parents, y, base as usize));
            parents.iter_mut().for_each(|parent| *parent += base);
            Ok(())
        })?;
        (0..self.height()).step_by(BAND_ROWS).for_each(|y| join_row(&mut parents, y, 0));
        Ok(parents)
    }

    /// Gives each pixel its run's value, row by row.
    pub fn spread<T: Copy + Default + Send + Sync>(
        &self,
        values: &[T],
        progress: &dyn Progress,
    ) -> Result<Vec<T>> {
        let mut pixels = vec![T::default(); self.width * self.height()];
        let bands = pixels.par_chunks_mut(BAND_ROWS * self.width).enumerate();
        bands.try_for_each(|(band, pixels)| {
            progress.go_on()?;
            let (top, base) = (band * BAND_ROWS, band * BAND_ROWS * self.width);
            let bottom = (top + BAND_ROWS).min(self.height());
            for run in self.row(top).start..self.row(bottom - 1).end {
                let Range { start, end } = self.positions(run);
                pixels[start - base..end - base].fill(values[run]);
            }
            Ok(())
        })?;
        Ok(pixels)
    }
}

/// The root of `item`; items on the way move nearer to it.
pub(super) fn find(parents: &mut [u32], mut item: u32) -> u32 {
    while parents[item as usize] != item {
        let grandparent = parents[parents[item as usize] as usize];
        parents[item as usize] = grandparent;
        item = grandparent;
    }
    item
}

/// Makes one set of the sets of `a` and `b`; its root is the lower of theirs.
pub(super) fn join(parents: &mut [u32], a: u32, b: u32) -> u32 {
    let (a, b) = (find(parents, a), find(parents, b));
    parents[a.max(b) as usize] = a.min(b);
    a.min(b)
}
