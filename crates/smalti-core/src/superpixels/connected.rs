//! One connected region for each superpixel.
//!
//! Pixels are connected through their sides. Each row is cut into runs of one label. Runs of equal
//! labels that touch are united in a forest of disjoint sets. A region that is too small joins the
//! neighbour with which it has the longest border. Cost: linear in the pixels for the runs, which
//! threads share, and in the runs for the rest.

use std::ops::Range;

use rayon::prelude::*;

use super::image::{OUTSIDE, UNLABELLED};
use crate::error::Result;
use crate::progress::Progress;

/// Rows cut into runs at a time by one thread.
const ROWS: usize = 16;

/// Some pixels of a row side by side that have one label.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: u32,
    end: u32,
    label: u32,
}

/// The runs of all rows.
struct Runs {
    runs: Vec<Run>,
    /// Where the runs of each row begin, and where the last ones end.
    starts: Vec<usize>,
}

/// Numbers the connected regions from 1 on in the order of their first pixels. A region of fewer
/// than `least` pixels joins a neighbour first, if it has one.
///
/// # Errors
/// What `progress` returns to stop.
pub(super) fn connected(
    mut labels: Vec<u32>,
    width: usize,
    least: u32,
    progress: &dyn Progress,
) -> Result<Vec<u32>> {
    let runs = Runs::new(&labels, width, progress)?;
    let mut regions = Regions::of_equal_labels(&runs);
    let mut borders = regions.borders_of_small(&runs, least);
    while !borders.is_empty() {
        progress.go_on()?;
        regions.merge(&borders);
        borders = regions.left(borders, least);
    }
    let numbers = regions.numbers();
    labels.par_chunks_mut(ROWS * width).enumerate().try_for_each(|(chunk, rows)| {
        progress.go_on()?;
        rows.fill(OUTSIDE);
        for (y, row) in (chunk * ROWS..).zip(rows.chunks_exact_mut(width)) {
            for i in runs.row(y) {
                let run = runs.runs[i];
                row[run.start as usize..run.end as usize].fill(numbers[i]);
            }
        }
        Ok(())
    })?;
    Ok(labels)
}

impl Runs {
    fn new(labels: &[u32], width: usize, progress: &dyn Progress) -> Result<Self> {
        let chunks = labels.par_chunks(ROWS * width).map(|rows| {
            progress.go_on()?;
            let (mut runs, mut ends) = (Vec::new(), Vec::new());
            for row in rows.chunks_exact(width) {
                let mut end = 0;
                for run in row.chunk_by(|a, b| a == b) {
                    let start = end;
                    end += run.len() as u32;
                    if run[0] != UNLABELLED {
                        runs.push(Run { start, end, label: run[0] });
                    }
                }
                ends.push(runs.len());
            }
            Ok((runs, ends))
        });
        let chunks: Vec<(Vec<Run>, Vec<usize>)> = chunks.collect::<Result<_>>()?;
        let (mut runs, mut starts) = (Vec::new(), vec![0]);
        for (chunk, ends) in chunks {
            starts.extend(ends.iter().map(|end| runs.len() + end));
            runs.extend(chunk);
        }
        Ok(Self { runs, starts })
    }

    fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The positions of the runs of row `y`.
    fn row(&self, y: usize) -> Range<usize> {
        self.starts[y]..self.starts[y + 1]
    }

    /// Calls `visit(i, j, length)` for runs of row `y` and of the row above that touch.
    fn touching_above(&self, y: usize, mut visit: impl FnMut(usize, usize, u32)) {
        let (mut above, mut below) = (self.row(y - 1), self.row(y));
        while !above.is_empty() && !below.is_empty() {
            let (a, b) = (self.runs[above.start], self.runs[below.start]);
            let (start, end) = (a.start.max(b.start), a.end.min(b.end));
            if start < end {
                visit(below.start, above.start, end - start);
            }
            above.start += usize::from(a.end <= b.end);
            below.start += usize::from(b.end <= a.end);
        }
    }

    /// Calls `visit(i, j, length)` for every pair of runs that touch.
    fn touching(&self, mut visit: impl FnMut(usize, usize, u32)) {
        for y in 0..self.rows() {
            for i in self.row(y).skip(1) {
                if self.runs[i - 1].end == self.runs[i].start {
                    visit(i, i - 1, 1);
                }
            }
            if y > 0 {
                self.touching_above(y, &mut visit);
            }
        }
    }
}

/// The border between a region that is too small and a neighbour, or a part of that border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Border {
    small: u32,
    neighbour: u32,
    length: u32,
}

/// Disjoint sets of runs. Each is named by its first run, which is its own parent.
struct Regions {
    parents: Vec<u32>,
    /// The pixels of a region, at its first run.
    sizes: Vec<u32>,
}

impl Regions {
    /// The connected sets of runs that have one label.
    fn of_equal_labels(runs: &Runs) -> Self {
        let parents = (0..runs.runs.len() as u32).collect();
        let sizes = runs.runs.iter().map(|run| run.end - run.start).collect();
        let mut regions = Self { parents, sizes };
        for y in 1..runs.rows() {
            runs.touching_above(y, |i, j, _| {
                if runs.runs[i].label == runs.runs[j].label {
                    regions.unite(i as u32, j as u32);
                }
            });
        }
        regions
    }

    fn first(&mut self, mut i: u32) -> u32 {
        while self.parents[i as usize] != i {
            let next = self.parents[self.parents[i as usize] as usize];
            self.parents[i as usize] = next;
            i = next;
        }
        i
    }

    fn unite(&mut self, i: u32, j: u32) {
        let (i, j) = (self.first(i), self.first(j));
        if i != j {
            self.parents[i.max(j) as usize] = i.min(j);
            self.sizes[i.min(j) as usize] += self.sizes[i.max(j) as usize];
        }
    }

    /// The borders of all regions of less than `least` pixels.
    fn borders_of_small(&mut self, runs: &Runs, least: u32) -> Vec<Border> {
        let firsts: Vec<u32> = (0..self.parents.len() as u32).map(|i| self.first(i)).collect();
        let mut borders = Vec::new();
        runs.touching(|i, j, length| {
            let (i, j) = (firsts[i], firsts[j]);
            if i != j {
                for (small, neighbour) in [(i, j), (j, i)] {
                    if self.sizes[small as usize] < least {
                        borders.push(Border { small, neighbour, length });
                    }
                }
            }
        });
        borders.sort_unstable();
        borders
    }

    /// Lets every small region join a neighbour; `borders` are sorted.
    fn merge(&mut self, borders: &[Border]) {
        for of_one in borders.chunk_by(|a, b| a.small == b.small) {
            let (mut longest, mut joined) = (0, of_one[0].small);
            for with_one in of_one.chunk_by(|a, b| a.neighbour == b.neighbour) {
                let length: u32 = with_one.iter().map(|border| border.length).sum();
                if length > longest {
                    (longest, joined) = (length, with_one[0].neighbour);
                }
            }
            self.unite(of_one[0].small, joined);
        }
    }

    /// The borders of regions that are still too small after regions were merged.
    fn left(&mut self, mut borders: Vec<Border>, least: u32) -> Vec<Border> {
        for border in &mut borders {
            border.small = self.first(border.small);
            border.neighbour = self.first(border.neighbour);
        }
        borders.retain(|border| {
            border.small != border.neighbour && self.sizes[border.small as usize] < least
        });
        borders.sort_unstable();
        borders
    }

    /// The number of each run's region, from 1 on.
    fn numbers(&mut self) -> Vec<u32> {
        let mut numbers: Vec<u32> = Vec::with_capacity(self.parents.len());
        let mut regions = 0;
        for i in 0..self.parents.len() as u32 {
            // Parents come before their children.
            let first = self.first(i);
            if first == i {
                regions += 1;
                numbers.push(regions);
            } else {
                numbers.push(numbers[first as usize]);
            }
        }
        numbers
    }
}
