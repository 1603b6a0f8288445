//! Heights of prototypes by single precision.
//!
//! They are computed for some vectors of points and a *tile* of prototypes at a time and stay in
//! registers. Only the least height of a tile is kept, less a bound of its error.

#![expect(clippy::inline_always)]

use pulp::Simd;

use super::super::every_pair::LANES;
use super::frame::{Columns, Frame, GROUP};
use super::precision::{FLOOR, relative_error};
use crate::real::Real;

/// Vectors of points searched together: with a tile they fill the registers of AVX-512, with
/// half a tile those of AVX2.
const TOGETHER: usize = 3;

/// Registers with which a whole tile is compared at once.
const MANY_REGISTERS: usize = 32;

/// Prototypes as single precision sees them.
pub(super) struct Heights {
    /// Tile by tile, coordinate by coordinate, the negated values of the prototypes; 0 in lanes
    /// left over.
    tiles: Vec<[f32; LANES]>,
    /// Half of the squared norms; infinite in lanes left over.
    halves: Vec<[f32; LANES]>,
    /// The largest norm.
    reach: f32,
    dim: usize,
}

impl Heights {
    /// Arranges row-major `centroids`.
    pub(super) fn new<T: Real>(centroids: &[f64], frame: &Frame<T>) -> Self {
        let dim = frame.dim();
        let tiles = (centroids.len() / dim).div_ceil(LANES);
        let mut heights = Self {
            tiles: vec![[0.0; LANES]; tiles * dim],
            halves: vec![[f32::INFINITY; LANES]; tiles],
            reach: 0.0,
            dim,
        };
        let mut farthest = 0.0f64;
        for (k, centroid) in centroids.chunks_exact(dim).enumerate() {
            let mut squares = 0.0;
            for (d, value) in frame.see(centroid).enumerate() {
                heights.tiles[k / LANES * dim + d][k % LANES] = -(value as f32);
                squares += value * value;
            }
            heights.halves[k / LANES][k % LANES] = (squares / 2.0) as f32;
            farthest = farthest.max(squares);
        }
        heights.reach = farthest.sqrt() as f32;
        heights
    }

    /// The largest norm of a prototype.
    pub(super) fn reach(&self) -> f32 {
        self.reach
    }

    /// Number of tiles.
    pub(super) fn tiles(&self) -> usize {
        self.halves.len()
    }

    /// Writes a lower bound of the heights in each tile.
    #[inline(always)]
    pub(super) fn bound<S: Simd>(&self, simd: S, points: &Columns, bounds: &mut [[f32; GROUP]]) {
        let errors = points.squares.map(|squares| self.error(squares));
        let (errors, _) = S::as_simd_f32s(&errors).0.as_chunks::<TOGETHER>();
        let (vectors, _) = S::as_simd_f32s(points.values.as_flattened()).0.as_chunks::<TOGETHER>();
        let (bounds, _) = S::as_mut_simd_f32s(bounds.as_flattened_mut()).0.as_chunks_mut();
        let parts = errors.len();
        for (part, errors) in errors.iter().enumerate() {
            let points = vectors.chunks_exact(parts).map(|column| column[part]);
            let bounds = bounds.iter_mut().skip(part).step_by(parts);
            if S::REGISTER_COUNT >= MANY_REGISTERS {
                self.bound_by::<S, LANES>(simd, &points, errors, bounds);
            } else {
                self.bound_by::<S, { LANES / 2 }>(simd, &points, errors, bounds);
            }
        }
    }

    /// Compares with `N` prototypes of a tile at once.
    #[inline(always)]
    fn bound_by<'a, S: Simd, const N: usize>(
        &self,
        simd: S,
        points: &(impl Iterator<Item = [S::f32s; TOGETHER]> + Clone),
        errors: &[S::f32s; TOGETHER],
        bounds: impl Iterator<Item = &'a mut [S::f32s; TOGETHER]>,
    ) {
        let tiles = self.tiles.chunks_exact(self.dim).zip(&self.halves);
        for ((columns, halves), bounds) in tiles.zip(bounds) {
            let mut least = [simd.splat_f32s(f32::INFINITY); TOGETHER];
            for part in 0..LANES / N {
                let heights = heights::<S, N>(simd, points.clone(), columns, halves, part * N);
                for p in 0..TOGETHER {
                    for height in &heights {
                        least[p] = simd.min_f32s(least[p], height[p]);
                    }
                }
            }
            for p in 0..TOGETHER {
                bounds[p] = simd.sub_f32s(least[p], errors[p]);
            }
        }
    }

    /// The largest error of a point's heights and of the distances in f64 that they stand for.
    ///
    /// The product has an error of at most dim + 3 roundings of |y| |z|, the half norm of two
    /// roundings of itself.
    #[inline(always)]
    fn error(&self, squares: f32) -> f32 {
        let size = (squares.sqrt() + 0.5 * self.reach) * self.reach + squares * 1e-6;
        relative_error(self.dim) * size + FLOOR
    }
}

/// The heights over `N` prototypes of a tile, from `first` on.
#[inline(always)]
fn heights<S: Simd, const N: usize>(
    simd: S,
    points: impl Iterator<Item = [S::f32s; TOGETHER]>,
    columns: &[[f32; LANES]],
    halves: &[f32; LANES],
    first: usize,
) -> [[S::f32s; TOGETHER]; N] {
    let mut heights = [[simd.splat_f32s(0.0); TOGETHER]; N];
    for n in 0..N {
        heights[n] = [simd.splat_f32s(halves[first + n]); TOGETHER];
    }
    for (point, column) in points.zip(columns) {
        for n in 0..N {
            let opposite = simd.splat_f32s(column[first + n]);
            for p in 0..TOGETHER {
                heights[n][p] = simd.mul_add_e_f32s(point[p], opposite, heights[n][p]);
            }
        }
    }
    heights
}
