//! The nearest prototypes of a chunk of points.

#![expect(clippy::inline_always)]

use pulp::{Simd, WithSimd};

use super::super::Gap;
use super::super::every_pair::LANES;
use super::filter::{Winners, points_together};
use super::moves::Moves;
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
        let mut wide = vec![0.0; TOGETHER * dim];
        let open = self.open(simd, &mut wide);
        let width = points_together::<S>();
        let mut packed = vec![0.0; width * dim];
        let mut found = Winners::none();
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
    fn open<S: Simd>(&mut self, simd: S, wide: &mut [f64]) -> Vec<usize> {
        let Some(moves) = self.search.moves else {
            return (0..self.labels.len()).collect();
        };
        let mut open = Vec::with_capacity(self.labels.len());
        let mut kept = Vec::with_capacity(self.labels.len());
        for (i, (gap, &label)) in self.gaps.iter().zip(&*self.labels).enumerate() {
            let moved = moves.after(*gap, label);
            let list = if moved.own < moved.others { &mut kept } else { &mut open };
            list.push(i);
        }
        let (some, rest) = kept.as_chunks::<TOGETHER>();
        some.iter().for_each(|points| self.keep(simd, points, moves, wide));
        rest.iter().for_each(|point| self.keep(simd, std::array::from_ref(point), moves, wide));
        open
    }

    /// Sets the distances of points that keep their labels.
    #[inline(always)]
    fn keep<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        points: &[usize; N],
        moves: &Moves,
        wide: &mut [f64],
    ) {
        let tiles = points.map(|i| self.labels[i] as usize / LANES);
        let found = self.distances(simd, points, tiles, wide);
        for (&i, distances) in points.iter().zip(&found) {
            let label = self.labels[i];
            let distance = distances[label as usize % LANES];
            let others = moves.after(self.gaps[i], label).others;
            self.distances[i] = distance;
            self.gaps[i] = Gap { own: self.search.frame.seen(distance) * MORE, others };
        }
    }

    /// Sets the labels of points of which the tile is known.
    #[inline(always)]
    fn settle<S: Simd, const N: usize>(
        &mut self,
        simd: S,
        points: &[Certain; N],
        wide: &mut [f64],
    ) {
        let (positions, tiles) =
            (points.each_ref().map(|p| p.i), points.each_ref().map(|p| p.tile));
        let found = self.distances(simd, &positions, tiles, wide);
        for (&Certain { i, tile, elsewhere }, distances) in points.iter().zip(&found) {
            let (lane, nearest, second) = least_two(simd, distances);
            self.labels[i] = (tile * LANES + lane) as u32;
            self.distances[i] = nearest;
            let second = self.search.frame.seen(second);
            let others = if second < elsewhere { second } else { elsewhere };
            let own = self.search.frame.seen(nearest);
            self.gaps[i] = Gap { own: own * MORE, others: others * LESS };
        }
    }

    #[inline(always)]
    fn distances<S: Simd, const N: usize>(
        &self,
        simd: S,
        points: &[usize; N],
        tiles: [usize; N],
        wide: &mut [f64],
    ) -> [[f64; LANES]; N] {
        let prototypes = &self.search.codebook.prototypes;
        let dim = prototypes.dim();
        prototypes.distances(simd, points.map(|i| &self.rows[i * dim..][..dim]), tiles, wide)
    }
}

/// A point whose nearest prototype is in a known tile.
struct Certain {
    i: usize,
    tile: usize,
    /// At most the distance to prototypes of other tiles.
    elsewhere: f32,
}

/// The first position of the least value, that value, and the least of the others.
#[inline(always)]
fn least_two<S: Simd>(simd: S, values: &[f64; LANES]) -> (usize, f64, f64) {
    const NUMBERS: [f64; LANES] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    let (values, numbers) = (S::as_simd_f64s(values).0, S::as_simd_f64s(&NUMBERS).0);
    let infinite = simd.splat_f64s(f64::INFINITY);
    let (mut least, mut position, mut second) = (infinite, infinite, infinite);
    for &vector in values {
        least = simd.min_f64s(least, vector);
    }
    let least = simd.reduce_min_f64s(least);
    // The least of the numbers: pulp counts the bits of AVX-512's masks from the wrong end.
    for (&vector, &numbers) in values.iter().zip(numbers) {
        let equal = simd.equal_f64s(vector, simd.splat_f64s(least));
        position = simd.min_f64s(position, simd.select_f64s(equal, numbers, infinite));
    }
    let position = simd.reduce_min_f64s(position);
    for (&vector, &numbers) in values.iter().zip(numbers) {
        let taken = simd.equal_f64s(numbers, simd.splat_f64s(position));
        second = simd.min_f64s(second, simd.select_f64s(taken, infinite, vector));
    }
    (position as usize, least, simd.reduce_min_f64s(second))
}
