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

/// Comparing a point with everything in f64 takes so many times what it takes in f32, where points
/// are searched together.
const DOUBTS_WORTH: usize = 6;

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
                    doubtful.push(Doubtful { i, limit: found.limit[p] });
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
        self.resolve(simd, &doubtful, &mut packed, &mut wide)
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

    /// Compares doubtful points with the tiles in which their nearest prototype can be, or, where
    /// there are too few of them to look for these tiles, with everything.
    #[inline(always)]
    fn resolve<S: Simd>(
        &mut self,
        simd: S,
        doubtful: &[Doubtful],
        packed: &mut [f32],
        wide: &mut [f64],
    ) -> Result<()> {
        let Search { frame, codebook, .. } = *self.search;
        let (width, dim) = (points_together::<S>(), codebook.prototypes.dim());
        let mut least = vec![0.0; codebook.filter.tiles() * width];
        for points in doubtful.chunks(width) {
            self.progress.go_on()?;
            if points.len() < width / DOUBTS_WORTH {
                for &Doubtful { i, .. } in points {
                    let row = &self.rows[i * dim..][..dim];
                    let (labels, distances) = (&mut self.labels[i..=i], &mut self.distances[i..=i]);
                    codebook.prototypes.compare(row, labels, distances);
                }
            } else {
                let rows = points.iter().map(|point| &self.rows[point.i * dim..][..dim]);
                frame.pack(rows, packed, width);
                codebook.filter.least_of_tiles(simd, packed, &mut least);
                for (p, point) in points.iter().enumerate() {
                    let possible = least[p..].iter().step_by(width).enumerate();
                    let possible = possible.filter(|(_, least)| **least <= point.limit);
                    self.compare(simd, point.i, possible.map(|(tile, _)| tile), wide);
                }
            }
            for &Doubtful { i, .. } in points {
                // Others may be as near.
                let own = frame.seen(self.distances[i]);
                self.gaps[i] = Gap { own: own * MORE, others: own * LESS };
            }
        }
        Ok(())
    }

    /// Compares point `i` with some tiles, ascending; at least one.
    #[inline(always)]
    fn compare<S: Simd>(
        &mut self,
        simd: S,
        i: usize,
        tiles: impl Iterator<Item = usize>,
        wide: &mut [f64],
    ) {
        let mut nearest = f64::INFINITY;
        for tile in tiles {
            let [distances] = self.distances(simd, &[i], [tile], wide);
            let (lane, least, _) = least_two(simd, &distances);
            if least < nearest {
                nearest = least;
                self.labels[i] = (tile * LANES + lane) as u32;
            }
        }
        self.distances[i] = nearest;
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

/// A point whose nearest prototype may be in several tiles.
struct Doubtful {
    i: usize,
    /// The greatest height that can be that of the nearest.
    limit: f32,
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
