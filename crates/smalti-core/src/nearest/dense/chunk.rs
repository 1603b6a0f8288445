//! The nearest prototypes of a chunk of points.

#![expect(clippy::inline_always)]

use pulp::{Simd, WithSimd};

use super::super::every_pair::LANES;
use super::super::{Gap, squared_distance};
use super::filter::{Winners, points_together};
use super::{LESS, MORE, Search};
use crate::error::Result;
use crate::progress::Progress;
use crate::real::Real;

/// Points whose distances are summed together.
const TOGETHER: usize = 4;

/// Finds the nearest prototypes of a chunk with the widest vectors that the processor has.
pub(super) struct AssignChunk<'a, T> {
    pub search: &'a Search<'a, T>,
    pub rows: &'a [T],
    pub labels: &'a mut [u32],
    pub distances: &'a mut [f64],
    pub gaps: &'a mut [Gap],
    pub progress: &'a dyn Progress,
}

impl<T: Real> WithSimd for AssignChunk<'_, T> {
    type Output = Result<()>;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) -> Result<()> {
        let Search { frame, codebook, .. } = *self.search;
        let (progress, dim) = (self.progress, codebook.prototypes.dim());
        let open = self.open();
        let width = points_together::<S>();
        let mut packed = vec![0.0; width * dim];
        let mut found = Winners::none();
        let mut wide = vec![0.0; TOGETHER * dim];
        let (mut certain, mut doubtful) = (Vec::new(), Vec::new());
        for positions in open.chunks(width) {
            progress.go_on()?;
            let rows = positions.iter().map(|&i| &self.rows[i * dim..][..dim]);
            frame.pack(rows, &mut packed, width);
            codebook.filter.search(simd, &packed, &mut found);
            certain.clear();
            for (p, &i) in positions.iter().enumerate() {
                let (tile, elsewhere) = (found.tile[p] as usize, found.elsewhere[p]);
                if elsewhere < 0.0 {
                    doubtful.push(i);
                } else {
                    certain.push(Certain { i, tile, elsewhere });
                }
            }
            let (some, rest) = certain.as_chunks::<TOGETHER>();
            some.iter().for_each(|points| self.settle(simd, points, &mut wide));
            rest.iter().for_each(|point| {
                self.settle(simd, std::array::from_ref(point), &mut wide);
            });
        }
        for i in doubtful {
            progress.go_on()?;
            let row = &self.rows[i * dim..][..dim];
            codebook.prototypes.compare(row, &mut self.labels[i..=i], &mut self.distances[i..=i]);
            let own = frame.seen(self.distances[i]);
            self.gaps[i] = Gap { own: own * MORE, others: own * LESS };
        }
        Ok(())
    }
}

impl<T: Real> AssignChunk<'_, T> {
    /// Positions of the points whose centroid may have changed; the others are done with.
    #[inline(always)]
    fn open(&mut self) -> Vec<usize> {
        let Some(moves) = self.search.moves else {
            return (0..self.labels.len()).collect();
        };
        let dim = self.search.codebook.prototypes.dim();
        let mut open = Vec::with_capacity(self.labels.len());
        for (i, gap) in self.gaps.iter_mut().enumerate() {
            let label = self.labels[i];
            let moved = moves.after(*gap, label);
            if moved.own < moved.others {
                let row = &self.rows[i * dim..][..dim];
                self.distances[i] = squared_distance(row, moves.centroid(label));
                let own = self.search.frame.seen(self.distances[i]);
                *gap = Gap { own: own * MORE, others: moved.others };
            } else {
                open.push(i);
            }
        }
        open
    }

    /// Sets the labels of points of which the tile is known.
    #[inline(always)]
    fn settle<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        points: &[Certain; N],
        wide: &mut [f64],
    ) {
        let prototypes = &self.search.codebook.prototypes;
        let dim = prototypes.dim();
        let rows: [&[T]; N] = std::array::from_fn(|n| &self.rows[points[n].i * dim..][..dim]);
        let tiles = std::array::from_fn(|n| points[n].tile);
        let found = prototypes.distances(simd, rows, tiles, wide);
        for (&Certain { i, tile, elsewhere }, mut distances) in points.iter().zip(found) {
            let nearest = least(&distances);
            let lane = first(&distances, nearest);
            distances[lane] = f64::INFINITY;
            let second = least(&distances);
            self.labels[i] = (tile * LANES + lane) as u32;
            self.distances[i] = nearest;
            let own = self.search.frame.seen(nearest);
            let others = self.search.frame.seen(second).min(elsewhere);
            self.gaps[i] = Gap { own: own * MORE, others: others * LESS };
        }
    }
}

/// A point whose nearest prototype is in a known tile.
struct Certain {
    i: usize,
    tile: usize,
    /// At most the distance to prototypes of other tiles.
    elsewhere: f32,
}

/// The least of some distances; there is nothing to mispredict.
#[inline(always)]
fn least(distances: &[f64; LANES]) -> f64 {
    distances.iter().fold(f64::INFINITY, |least, &d| if d < least { d } else { least })
}

/// The first position of a value.
#[inline(always)]
fn first(distances: &[f64; LANES], value: f64) -> usize {
    let mut equal = 0u32;
    for (lane, &distance) in distances.iter().enumerate() {
        equal |= u32::from(distance == value) << lane;
    }
    equal.trailing_zeros() as usize
}
