//! Which prototypes can be nearest, by single precision.
//!
//! With z the prototypes and y the points, both seen from an origin among the points,
//! |y - z|^2 = |y|^2 + 2 (|z|^2 / 2 - y . z): the nearest prototype has the least *height*
//! |z|^2 / 2 - y . z, and all heights are a matrix product. It is computed in f32 for some
//! vectors of points and a *tile* of prototypes at a time, whose heights stay in registers; all
//! that is kept of a tile is the least. How far a height can be off is bounded, so that what it
//! decides is right, and where it cannot decide is known.

#![expect(clippy::inline_always)]

use pulp::Simd;
use rayon::prelude::*;

use super::super::CHUNK;
use super::super::every_pair::LANES;
use super::MORE;
use crate::real::Real;

/// Vectors of points searched together: with a tile they fill the registers of AVX-512, with
/// half a tile those of AVX2.
const TOGETHER: usize = 3;

/// Points searched together, at most.
pub(super) const MAX_POINTS: usize = TOGETHER * 16;

/// Registers with which a whole tile is compared at once.
const MANY_REGISTERS: usize = 32;

/// Rows whose mean is the origin, at most. Any origin will do; one among the points leaves
/// the most digits to what tells them apart.
const SAMPLED: usize = 1024;

/// Largest norm of a prototype for which products stay far from f32's limits; points have at
/// most 8 sqrt(dim).
const MAX_REACH: f64 = 1e12;

/// Half a unit in the last place of an f32 of 1.
const ROUNDING: f32 = 5.960_464_5e-8;

/// What underflow can take from a height, and more.
const FLOOR: f32 = 1e-30;

/// Where single precision sees points from.
pub(super) struct Frame<T> {
    origin: Vec<T>,
    /// A power of 2, which makes coordinates at most 4.
    scale: T,
}

impl<T: Real> Frame<T> {
    pub(super) fn around(values: &[T], dim: usize) -> Self {
        let largest = |chunk: &[T]| chunk.iter().fold(0.0, |max, &v| f64::max(max, v.into().abs()));
        let largest = values.par_chunks(CHUNK * dim).map(largest).reduce(|| 0.0, f64::max);
        // The logarithm may be off by a little, which is near enough.
        let exponent = if largest > 0.0 { -libm::log2(largest).ceil() } else { 0.0 };
        let scale = libm::exp2(exponent.clamp(-T::MAX_EXPONENT, T::MAX_EXPONENT));
        let rows = values.len() / dim;
        let sampled: Vec<&[T]> = values.chunks_exact(dim).step_by(rows.div_ceil(SAMPLED)).collect();
        let mean = |d: usize| {
            let sum: f64 = sampled.iter().map(|row| row[d].into() * scale).sum();
            T::from_f64(sum / sampled.len() as f64)
        };
        Self { origin: (0..dim).map(mean).collect(), scale: T::from_f64(scale) }
    }

    pub(super) fn scale(&self) -> f64 {
        self.scale.into()
    }

    /// The distance in units of [`Self::scale`], of its square in those of the points.
    #[inline(always)]
    pub(super) fn seen(&self, square: f64) -> f32 {
        let scale = self.scale();
        ((square * scale * scale) as f32).sqrt()
    }

    /// Writes rows as columns of `width`; the last row fills what is left.
    #[inline(always)]
    pub(super) fn pack<'a>(
        &self,
        rows: impl Iterator<Item = &'a [T]>,
        packed: &mut [f32],
        width: usize,
    ) {
        let mut count = 0;
        for (p, row) in rows.enumerate() {
            for ((column, &value), &origin) in
                packed.chunks_exact_mut(width).zip(row).zip(&self.origin)
            {
                column[p] = (value * self.scale - origin).to_f32();
            }
            count = p + 1;
        }
        for column in packed.chunks_exact_mut(width) {
            let last = column[count - 1];
            column[count..].fill(last);
        }
    }
}

/// Prototypes as single precision sees them.
pub(super) struct Filter {
    /// Tile by tile, coordinate by coordinate, the opposite of each prototype's; 0 in lanes left
    /// over.
    tiles: Vec<[f32; LANES]>,
    /// Half of the squared norms; infinite in lanes left over.
    halves: Vec<[f32; LANES]>,
    /// The largest norm.
    reach: f32,
    dim: usize,
}

/// What a search finds of each of its points.
pub(super) struct Winners {
    /// The tile where the nearest prototype is, if it is certain.
    pub tile: [f32; MAX_POINTS],
    /// At most the distance to any prototype of another tile; negative where single precision
    /// cannot tell in which tile the nearest is.
    pub elsewhere: [f32; MAX_POINTS],
    /// The greatest height that can be that of the nearest.
    pub limit: [f32; MAX_POINTS],
}

impl Winners {
    pub(super) fn none() -> Self {
        let none = [0.0; MAX_POINTS];
        Self { tile: none, elsewhere: none, limit: none }
    }
}

impl Filter {
    /// Arranges row-major `centroids`; None if they lie too far from the points.
    pub(super) fn new<T: Real>(centroids: &[f64], frame: &Frame<T>) -> Option<Self> {
        let dim = frame.origin.len();
        let tiles = (centroids.len() / dim).div_ceil(LANES);
        let mut filter = Self {
            tiles: vec![[0.0; LANES]; tiles * dim],
            halves: vec![[f32::INFINITY; LANES]; tiles],
            reach: 0.0,
            dim,
        };
        let mut farthest = 0.0f64;
        for (k, centroid) in centroids.chunks_exact(dim).enumerate() {
            let mut squares = 0.0;
            for (d, (&value, &origin)) in centroid.iter().zip(&frame.origin).enumerate() {
                let seen = (value * frame.scale() - origin.into()) as f32;
                filter.tiles[k / LANES * dim + d][k % LANES] = -seen;
                squares += f64::from(seen) * f64::from(seen);
            }
            filter.halves[k / LANES][k % LANES] = (squares / 2.0) as f32;
            farthest = farthest.max(squares);
        }
        // A comparison with NaN fails, too.
        let near = farthest.sqrt() <= MAX_REACH && farthest.is_finite();
        filter.reach = farthest.sqrt() as f32;
        near.then_some(filter)
    }

    /// Finds where the nearest prototypes of packed points are.
    #[inline(always)]
    pub(super) fn search<S: Simd>(&self, simd: S, packed: &[f32], found: &mut Winners) {
        let (points, _) = S::as_simd_f32s(packed).0.as_chunks::<TOGETHER>();
        let infinite = [simd.splat_f32s(f32::INFINITY); TOGETHER];
        let (mut least, mut runner_up) = (infinite, infinite);
        let mut tile = [simd.splat_f32s(0.0); TOGETHER];
        self.each_tile(simd, points, |t, least_here| {
            let number = simd.splat_f32s(t as f32);
            for p in 0..TOGETHER {
                let higher = simd.max_f32s(least[p], least_here[p]);
                runner_up[p] = simd.min_f32s(runner_up[p], higher);
                let lower = simd.less_than_f32s(least_here[p], least[p]);
                tile[p] = simd.select_f32s(lower, number, tile[p]);
                least[p] = simd.min_f32s(least[p], least_here[p]);
            }
        });
        for p in 0..TOGETHER {
            let coordinates = points.iter().map(|point| point[p]);
            let (elsewhere, error) = self.elsewhere(simd, coordinates, least[p], runner_up[p]);
            S::as_mut_simd_f32s(&mut found.tile).0[p] = tile[p];
            S::as_mut_simd_f32s(&mut found.elsewhere).0[p] = elsewhere;
            S::as_mut_simd_f32s(&mut found.limit).0[p] =
                simd.mul_add_e_f32s(error, simd.splat_f32s(2.0 * MORE), least[p]);
        }
    }

    /// Writes the least height of packed points in each tile to `least`, tile by tile.
    #[inline(always)]
    pub(super) fn least_of_tiles<S: Simd>(&self, simd: S, packed: &[f32], least: &mut [f32]) {
        let (points, _) = S::as_simd_f32s(packed).0.as_chunks::<TOGETHER>();
        let (least, _) = S::as_mut_simd_f32s(least).0.as_chunks_mut::<TOGETHER>();
        self.each_tile(simd, points, |t, least_here| least[t] = *least_here);
    }

    /// Number of tiles.
    pub(super) fn tiles(&self) -> usize {
        self.halves.len()
    }

    /// Calls `visit` with the number of each tile and the least heights in it.
    #[inline(always)]
    fn each_tile<S: Simd>(
        &self,
        simd: S,
        points: &[[S::f32s; TOGETHER]],
        visit: impl FnMut(usize, &[S::f32s; TOGETHER]),
    ) {
        if S::REGISTER_COUNT >= MANY_REGISTERS {
            self.each_tile_by::<S, LANES>(simd, points, visit);
        } else {
            self.each_tile_by::<S, { LANES / 2 }>(simd, points, visit);
        }
    }

    /// Compares with `N` prototypes of a tile at once.
    #[inline(always)]
    fn each_tile_by<S: Simd, const N: usize>(
        &self,
        simd: S,
        points: &[[S::f32s; TOGETHER]],
        mut visit: impl FnMut(usize, &[S::f32s; TOGETHER]),
    ) {
        let tiles = self.tiles.chunks_exact(self.dim).zip(&self.halves);
        for (t, (columns, halves)) in tiles.enumerate() {
            let mut least = [simd.splat_f32s(f32::INFINITY); TOGETHER];
            for part in 0..LANES / N {
                let heights = heights::<S, N>(simd, points, columns, halves, part * N);
                for p in 0..TOGETHER {
                    for height in &heights {
                        least[p] = simd.min_f32s(least[p], height[p]);
                    }
                }
            }
            visit(t, &least);
        }
    }

    /// At most the distance of points with these coordinates to what has the least height but
    /// one, or -1 if that may be the least; and how far heights can be off.
    ///
    /// A product of dim terms in f32, of rounded coordinates, is off by at most dim + 3 roundings
    /// of |y| |z| (N. J. Higham, "Accuracy and stability of numerical algorithms", 2002, section
    /// 3.1), the half by two of itself. The rest makes up for the roundings of what is computed
    /// here, and of the distances in f64 that the heights stand for.
    #[inline(always)]
    fn elsewhere<S: Simd>(
        &self,
        simd: S,
        coordinates: impl Iterator<Item = S::f32s>,
        least: S::f32s,
        runner_up: S::f32s,
    ) -> (S::f32s, S::f32s) {
        let squares = coordinates
            .fold(simd.splat_f32s(0.0), |sum, value| simd.mul_add_e_f32s(value, value, sum));
        let relative = 1.1 * (self.dim as f32 + 8.0) * ROUNDING;
        let norm = simd.sqrt_f32s(squares);
        let products = simd.mul_f32s(norm, simd.splat_f32s(self.reach));
        let halves = simd.splat_f32s(0.5 * self.reach * self.reach);
        let mut size = simd.add_f32s(products, halves);
        size = simd.mul_add_e_f32s(squares, simd.splat_f32s(1e-6), size);
        let error = simd.mul_add_e_f32s(size, simd.splat_f32s(relative), simd.splat_f32s(FLOOR));
        let (highest, lowest) = (simd.add_f32s(least, error), simd.sub_f32s(runner_up, error));
        let fewer = simd.mul_f32s(squares, simd.splat_f32s(1.0 - relative));
        let square = simd.mul_add_e_f32s(lowest, simd.splat_f32s(2.0), fewer);
        let distance = simd.sqrt_f32s(simd.max_f32s(square, simd.splat_f32s(0.0)));
        let certain = simd.less_than_f32s(highest, lowest);
        (simd.select_f32s(certain, distance, simd.splat_f32s(-1.0)), error)
    }
}

/// The heights over `N` prototypes of a tile, from `first` on.
#[inline(always)]
fn heights<S: Simd, const N: usize>(
    simd: S,
    points: &[[S::f32s; TOGETHER]],
    columns: &[[f32; LANES]],
    halves: &[f32; LANES],
    first: usize,
) -> [[S::f32s; TOGETHER]; N] {
    let mut heights = [[simd.splat_f32s(0.0); TOGETHER]; N];
    for n in 0..N {
        heights[n] = [simd.splat_f32s(halves[first + n]); TOGETHER];
    }
    for (point, column) in points.iter().zip(columns) {
        for n in 0..N {
            let opposite = simd.splat_f32s(column[first + n]);
            for p in 0..TOGETHER {
                heights[n][p] = simd.mul_add_e_f32s(point[p], opposite, heights[n][p]);
            }
        }
    }
    heights
}

/// Points that vectors of this width search together.
pub(super) fn points_together<S: Simd>() -> usize {
    TOGETHER * S::F32_LANES
}
