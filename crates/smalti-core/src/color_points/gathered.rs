//! Means of neighbouring colours: coarser pictures of the same points.

use std::ops::Range;

use super::{CHUNK, SHEETS, Sheet};
use crate::histogram::{Boxes, Histogram};
use crate::point_blocks::PointBlocks;

/// Runs of some `CHUNK` of `len` positions that end where `share(i)` tells that position i - 1
/// and i are not in one box.
pub(super) fn runs(len: usize, share: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    while start < len {
        let end = (start + CHUNK..len).find(|&i| !share(i)).unwrap_or(len);
        runs.push(start..end);
        start = end;
    }
    runs
}

/// Means of neighbours, side by side as they are.
#[derive(Debug, Default)]
pub struct Gathered<const D: usize> {
    /// The means, weighted.
    pub points: Vec<[f64; D]>,
    /// Pixels of each.
    pub weights: Vec<f64>,
    /// The first of the distinct colours that each stands for.
    pub(super) firsts: Vec<u32>,
}

impl<const D: usize> Gathered<D> {
    /// All `runs`, one after the other.
    pub(super) fn concatenated(runs: Vec<Self>) -> Self {
        let mut all = Self::default();
        for run in runs {
            all.points.extend(run.points);
            all.weights.extend(run.weights);
            all.firsts.extend(run.firsts);
        }
        all
    }

    /// Appends the means of a box.
    fn push(&mut self, open: OpenBox<D>) {
        for SheetSum { first, point, weight, .. } in &open.sums[..open.met] {
            self.points.push(point.map(|value| value / weight));
            self.weights.push(*weight);
            self.firsts.push(*first as u32);
        }
    }

    /// The points with the first of the distinct colours that each stands for.
    pub(super) fn members(&self) -> impl Iterator<Item = Member<D>> {
        let Self { points, weights, firsts } = self;
        let numbered = firsts.iter().zip(points).zip(weights);
        numbered.map(|((&first, &point), &weight)| (first as usize, point, weight))
    }

    /// The points in blocks.
    #[must_use]
    pub fn blocks(&self) -> PointBlocks<D> {
        PointBlocks::new(&self.points, &self.weights)
    }
}

/// In which boxes neighbours are added up.
#[derive(Clone, Copy)]
pub(super) struct Gathering<'a> {
    pub histogram: &'a Histogram,
    pub boxes: Boxes,
    pub max_sample: u16,
}

/// The first of the distinct colours that a point stands for, the point, and its weight.
type Member<const D: usize> = (usize, [f64; D], f64);

impl Gathering<'_> {
    /// The means of the points that share a box and lie on one sheet; they come in the order of the
    /// histogram.
    pub fn means<const D: usize>(self, points: impl Iterator<Item = Member<D>>) -> Gathered<D> {
        let mut gathered = Gathered::default();
        let mut open = OpenBox::none();
        for (first, point, weight) in points {
            let box_first = open.sums[0].first;
            if open.met > 0 && !self.histogram.share_box(box_first, first, self.boxes) {
                gathered.push(open);
                open = OpenBox::none();
            }
            let sum = open.sum_of(self.sheet::<D>(first), first);
            sum.weight += weight;
            sum.point.iter_mut().zip(point).for_each(|(sum, value)| *sum += weight * value);
        }
        gathered.push(open);
        gathered
    }

    #[inline]
    fn sheet<const D: usize>(&self, position: usize) -> Sheet {
        // Without a fourth coordinate there is only one.
        if D == 3 {
            Sheet::Opaque
        } else {
            Sheet::of(self.histogram.color(position)[3], self.max_sample)
        }
    }
}

/// Sums of the points of a box, one for each sheet, in the order in which the sheets were met.
#[derive(Clone, Copy)]
struct OpenBox<const D: usize> {
    sums: [SheetSum<D>; SHEETS],
    met: usize,
}

#[derive(Clone, Copy)]
struct SheetSum<const D: usize> {
    sheet: Sheet,
    /// The first of the distinct colours.
    first: usize,
    point: [f64; D],
    weight: f64,
}

impl<const D: usize> OpenBox<D> {
    fn none() -> Self {
        let nothing = SheetSum { sheet: Sheet::Opaque, first: 0, point: [0.0; D], weight: 0.0 };
        Self { sums: [nothing; SHEETS], met: 0 }
    }

    /// The sum of a sheet, begun with the colour at position `first` if there is none.
    #[inline]
    fn sum_of(&mut self, sheet: Sheet, first: usize) -> &mut SheetSum<D> {
        let slot = if D == 3 {
            0
        } else {
            (0..self.met).find(|&i| self.sums[i].sheet == sheet).unwrap_or(self.met)
        };
        if slot == self.met {
            self.sums[slot] = SheetSum { sheet, first, point: [0.0; D], weight: 0.0 };
            self.met += 1;
        }
        &mut self.sums[slot]
    }
}
