//! Means of neighbouring colours: coarser pictures of the same points.

use std::ops::Range;

use super::{CHUNK, Sheet};
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

/// Adds up neighbours box by box and sheet by sheet.
pub(super) struct Gatherer<'a, const D: usize> {
    histogram: &'a Histogram,
    boxes: Boxes,
    max_sample: u16,
    gathered: Gathered<D>,
    /// Where the box that is being filled starts in `gathered`.
    start: usize,
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

    /// The points in blocks.
    #[must_use]
    pub fn blocks(&self) -> PointBlocks<D> {
        PointBlocks::new(&self.points, &self.weights)
    }
}

impl<'a, const D: usize> Gatherer<'a, D> {
    pub(super) fn new(histogram: &'a Histogram, boxes: Boxes, max_sample: u16) -> Self {
        Self { histogram, boxes, max_sample, gathered: Gathered::default(), start: 0 }
    }

    /// Adds a point that stands for the colours from position `first` on.
    #[inline]
    pub(super) fn add(&mut self, first: usize, point: [f64; D], weight: f64) {
        let (histogram, boxes) = (self.histogram, self.boxes);
        let firsts = &self.gathered.firsts;
        if firsts.last().is_some_and(|&last| !histogram.share_box(last as usize, first, boxes)) {
            self.start = firsts.len();
        }
        let sheet = self.sheet(first);
        let slot = (self.start..firsts.len()).find(|&i| self.sheet(firsts[i] as usize) == sheet);
        let Gathered { points, weights, firsts } = &mut self.gathered;
        let slot = slot.unwrap_or_else(|| {
            points.push([0.0; D]);
            weights.push(0.0);
            firsts.push(first as u32);
            firsts.len() - 1
        });
        weights[slot] += weight;
        points[slot].iter_mut().zip(point).for_each(|(sum, value)| *sum += weight * value);
    }

    #[inline]
    fn sheet(&self, position: usize) -> Sheet {
        // Without a fourth coordinate there is only one.
        if D == 3 {
            Sheet::Opaque
        } else {
            Sheet::of(self.histogram.color(position)[3], self.max_sample)
        }
    }

    pub(super) fn means(mut self) -> Gathered<D> {
        let Gathered { points, weights, .. } = &mut self.gathered;
        for (sum, weight) in points.iter_mut().zip(weights) {
            sum.iter_mut().for_each(|sum| *sum /= *weight);
        }
        self.gathered
    }
}
