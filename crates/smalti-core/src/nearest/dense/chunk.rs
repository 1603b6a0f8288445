//! The nearest prototypes of a chunk of points.

#![expect(clippy::inline_always)]

use pulp::{Simd, WithSimd};

use super::super::clusters::Gap;
use super::super::every_pair::LANES;
use super::frame::GROUP;
use super::group::{Group, Nearest, TOGETHER, Visit};
use super::moves::Moves;
use super::point_codes::Meaning;
use super::precision::{FLOOR, LESS, MORE};
use super::search::DenseSearch;
use crate::error::Result;
use crate::progress::Progress;
use crate::real::Real;

/// Single precision is faster if bytes leave more than one in this many tiles open.
const OPEN_WORTH: usize = 8;

/// Bounds hold for prototypes up to this many times as far as a point's centroid, at least 1. A
/// smaller number makes bounds closer; a larger one leaves points out for more iterations.
const ROOM: f32 = 1.5;
const _: () = assert!(ROOM >= 1.0, "the nearest prototype has a bound");

/// Bytes that stay in the processor's nearest cache.
const NEAR_AT_HAND: usize = 1 << 18;

/// Finds the nearest prototypes of a chunk with the widest vectors that the processor has.
pub(super) struct AssignChunk<'a, T> {
    pub search: &'a DenseSearch<'a, T>,
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
        let DenseSearch { frame, prototypes, .. } = *self.search;
        let (filter, dim) = (&prototypes.filter, frame.dim());
        let tiles = filter.heights.tiles();
        let mut group = Group::new(dim, tiles);
        let open = self.open(simd, &mut group.wide);
        let mut codes = filter.codes.as_ref();
        for positions in open.chunks(GROUP) {
            self.progress.go_on()?;
            group.columns.set(simd, self.rows, positions, frame);
            loop {
                let most = if let Some(codes) = codes {
                    let within = self.within(positions);
                    group.meaning =
                        group.codes.set(simd, &group.columns, codes.prototypes(), &within);
                    codes.bound(&group.codes, &mut group.bounds);
                    positions.len() * tiles / OPEN_WORTH
                } else {
                    group.meaning = Meaning::PLAIN;
                    filter.heights.bound(simd, &group.columns, &mut group.bounds);
                    usize::MAX
                };
                if self.compare(simd, positions, &mut group, most) {
                    break;
                }
                codes = None;
            }
        }
        Ok(())
    }
}

impl<T: Real> AssignChunk<'_, T> {
    /// Positions of the points whose centroid may have changed; sets the distances of the others.
    #[inline(always)]
    fn open<S: Simd>(&mut self, simd: S, wide: &mut [f64]) -> Vec<usize> {
        let Some(moves) = self.search.moves else {
            return (0..self.labels.len()).collect();
        };
        let (mut open, mut kept) = self.sort(moves);
        if self.search.prototypes.exact.bytes() > NEAR_AT_HAND {
            (open, kept) = (self.by_tile(&open), self.by_tile(&kept));
        }
        let (some, rest) = kept.as_chunks::<TOGETHER>();
        some.iter().for_each(|points| self.keep(simd, points, moves, wide));
        rest.iter().for_each(|point| self.keep(simd, std::array::from_ref(point), moves, wide));
        open
    }

    /// The positions of points whose centroid may have changed, and of the others.
    #[inline(always)]
    fn sort(&self, moves: &Moves) -> (Vec<usize>, Vec<usize>) {
        let count = self.labels.len();
        let (mut open, mut kept) = (vec![0; count], vec![0; count]);
        let mut kept_count = 0;
        // Both are written and one is counted: there is no branch to mispredict.
        for (i, (&gap, &label)) in self.gaps.iter().zip(&*self.labels).enumerate() {
            let moved = moves.after(gap, label);
            (open[i - kept_count], kept[kept_count]) = (i, i);
            kept_count += usize::from(moved.own < moved.others);
        }
        open.truncate(count - kept_count);
        kept.truncate(kept_count);
        (open, kept)
    }

    /// Positions in the order of their points' tiles: points that are compared with the same
    /// prototypes follow each other and find them in the cache.
    fn by_tile(&self, positions: &[usize]) -> Vec<usize> {
        let tile = |i: usize| self.labels[i] as usize / LANES;
        let mut next = vec![0; self.search.prototypes.filter.heights.tiles() + 1];
        positions.iter().for_each(|&i| next[tile(i) + 1] += 1);
        let mut before = 0;
        for next in &mut next {
            before += *next;
            *next = before;
        }
        let mut order = vec![0; positions.len()];
        for &i in positions {
            let next = &mut next[tile(i)];
            order[*next] = i;
            *next += 1;
        }
        order
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
            let own = self.search.frame.seen(distance).sqrt() as f32;
            self.distances[i] = distance;
            self.gaps[i] = Gap { own: own * MORE + FLOOR, others };
        }
    }

    /// Distances within which bounds hold: the nearest prototypes lie within them, and some others,
    /// which gaps need.
    #[inline(always)]
    fn within(&self, positions: &[usize]) -> [f32; GROUP] {
        let mut within = [f32::INFINITY; GROUP];
        if let Some(moves) = self.search.moves {
            for p in 0..GROUP {
                let i = positions[p.min(positions.len() - 1)];
                within[p] = ROOM * moves.after(self.gaps[i], self.labels[i]).own;
            }
        }
        within
    }

    /// Compares the points of a group with the tiles that their bounds leave open. Returns false,
    /// and stops, if there are more than `most` such tiles.
    #[inline(always)]
    fn compare<S: Simd>(
        &mut self,
        simd: S,
        positions: &[usize],
        group: &mut Group,
        most: usize,
    ) -> bool {
        group.nearest = Nearest::NONE;
        let tiles = group.lowest_tiles(simd);
        for p in 0..positions.len() {
            group.visits.push((p, tiles[p]));
        }
        self.visit(simd, positions, group);
        for p in 0..positions.len() {
            group.bounds[tiles[p]][p] = f32::INFINITY;
        }
        let mut limits = group.limits(self.search.frame);
        limits[positions.len()..].fill(f32::NEG_INFINITY);
        let mut count = 0;
        for tile in 0..group.bounds.len() {
            for p in group.open(tile, &limits) {
                group.visits.push((p, tile));
            }
            if group.visits.len() >= GROUP {
                count += group.visits.len();
                if count > most {
                    group.visits.clear();
                    return false;
                }
                self.visit(simd, positions, group);
            }
        }
        self.visit(simd, positions, group);
        self.settle(positions, group, &group.elsewhere(simd, &limits));
        true
    }

    /// Makes the visits of a group.
    #[inline(always)]
    fn visit<S: Simd>(&self, simd: S, positions: &[usize], group: &mut Group) {
        let Group { visits, nearest, wide, .. } = group;
        simd.vectorize(MakeVisits { search: self, positions, visits, nearest, wide });
        visits.clear();
    }

    /// Sets the labels of a group; `elsewhere` are the least bounds of the tiles that its points
    /// have not been compared with.
    #[inline(always)]
    fn settle(&mut self, positions: &[usize], group: &Group, elsewhere: &[f32; GROUP]) {
        let frame = self.search.frame;
        let Nearest { labels, distances, seconds } = &group.nearest;
        let gaps: [Gap; GROUP] = std::array::from_fn(|p| {
            let height = f64::from(elsewhere[p]) - f64::from(group.meaning.excess[p]);
            let beyond = f64::from(group.columns.squares[p]) + 2.0 * height;
            let second = frame.seen(seconds[p]);
            let others = if second < beyond { second } else { beyond };
            let others = if others > 0.0 { others.sqrt() as f32 } else { 0.0 };
            let within = group.meaning.within[p];
            let others = if others < within { others } else { within };
            let own = frame.seen(distances[p]).sqrt() as f32;
            Gap { own: own * MORE + FLOOR, others: others * LESS - FLOOR }
        });
        for (p, &i) in positions.iter().enumerate() {
            self.labels[i] = labels[p];
            self.distances[i] = distances[p];
            self.gaps[i] = gaps[p];
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
        let prototypes = &self.search.prototypes.exact;
        let dim = prototypes.dim();
        prototypes.distances(simd, points.map(|i| &self.rows[i * dim..][..dim]), tiles, wide)
    }
}

/// Compares points of a group with a tile each.
struct MakeVisits<'a, T> {
    search: &'a AssignChunk<'a, T>,
    positions: &'a [usize],
    visits: &'a [Visit],
    nearest: &'a mut Nearest,
    wide: &'a mut [f64],
}

impl<T: Real> WithSimd for MakeVisits<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (some, rest) = self.visits.as_chunks::<TOGETHER>();
        some.iter().for_each(|visits| self.visit(simd, visits));
        rest.iter().for_each(|visit| self.visit(simd, std::array::from_ref(visit)));
    }
}

impl<T: Real> MakeVisits<'_, T> {
    #[inline(always)]
    fn visit<S: Simd, const N: usize>(&mut self, simd: S, visits: &[Visit; N]) {
        let points = visits.map(|(p, _)| self.positions[p]);
        let found = self.search.distances(simd, &points, visits.map(|(_, tile)| tile), self.wide);
        visits.iter().zip(&found).for_each(|(&visit, found)| self.nearest.take(simd, visit, found));
    }
}
