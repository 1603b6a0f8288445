//! Points searched together, with their bounds and nearest prototypes.

#![expect(clippy::inline_always)]

use pulp::Simd;

use super::super::every_pair::LANES;
use super::frame::{Columns, Frame, GROUP};
use super::point_codes::{Meaning, PointCodes};
use super::precision::FLOOR;
use crate::real::Real;

/// Points whose distances are summed together.
pub(super) const TOGETHER: usize = 4;

/// A point of a group and a tile that it is compared with.
pub(super) type Visit = (usize, usize);

/// A group of points.
pub(super) struct Group {
    pub columns: Columns,
    pub codes: PointCodes,
    /// Tile by tile, lower bounds of the heights of its prototypes.
    pub bounds: Vec<[f32; GROUP]>,
    pub meaning: Meaning,
    pub nearest: Nearest,
    /// Visits to come.
    pub visits: Vec<Visit>,
    /// Room for points in f64.
    pub wide: Vec<f64>,
}

impl Group {
    pub(super) fn new(dim: usize, tiles: usize) -> Self {
        Self {
            columns: Columns::new(dim),
            codes: PointCodes::new(dim),
            bounds: vec![[0.0; GROUP]; tiles],
            meaning: Meaning::PLAIN,
            nearest: Nearest::NONE,
            visits: Vec::with_capacity(2 * GROUP),
            wide: vec![0.0; TOGETHER * dim],
        }
    }

    /// The tile of the least bound of each point; the first of equal ones.
    #[inline(always)]
    pub(super) fn lowest_tiles<S: Simd>(&self, simd: S) -> [usize; GROUP] {
        let mut tiles = [0.0; GROUP];
        for v in 0..GROUP / S::F32_LANES {
            let (mut least, mut lowest) = (simd.splat_f32s(f32::INFINITY), simd.splat_f32s(0.0));
            for (tile, bounds) in self.bounds.iter().enumerate() {
                let bounds = S::as_simd_f32s(bounds).0[v];
                let lower = simd.less_than_f32s(bounds, least);
                lowest = simd.select_f32s(lower, simd.splat_f32s(tile as f32), lowest);
                least = simd.min_f32s(least, bounds);
            }
            S::as_mut_simd_f32s(&mut tiles).0[v] = lowest;
        }
        tiles.map(|tile| tile as usize)
    }

    /// For each point the largest bound of a tile that can hold a prototype as near as the nearest
    /// so far.
    #[inline(always)]
    pub(super) fn limits<T: Real>(&self, frame: &Frame<T>) -> [f32; GROUP] {
        std::array::from_fn(|p| {
            let square = frame.seen(self.nearest.distances[p]) * (1.0 + 1e-6);
            let height = (square - f64::from(self.columns.squares[p])) / 2.0;
            let height = height + f64::from(self.meaning.excess[p]);
            (height + height.abs() * 1e-6) as f32 + FLOOR
        })
    }

    /// The points whose limits leave a tile open.
    #[inline(always)]
    pub(super) fn open(
        &self,
        tile: usize,
        limits: &[f32; GROUP],
    ) -> impl Iterator<Item = usize> + use<> {
        let bounds = &self.bounds[tile];
        let open: [u8; GROUP] = std::array::from_fn(|p| u8::from(bounds[p] <= limits[p]));
        let (words, _) = open.as_chunks();
        let words: [u64; GROUP / 8] = std::array::from_fn(|w| u64::from_le_bytes(words[w]));
        words.into_iter().enumerate().flat_map(|(w, mut word)| {
            std::iter::from_fn(move || {
                let p = w * 8 + word.trailing_zeros() as usize / 8;
                (word != 0).then(|| {
                    word &= word - 1;
                    p
                })
            })
        })
    }

    /// The least bounds of tiles that were never open.
    #[inline(always)]
    pub(super) fn elsewhere<S: Simd>(&self, simd: S, limits: &[f32; GROUP]) -> [f32; GROUP] {
        let mut elsewhere = [0.0; GROUP];
        let infinite = simd.splat_f32s(f32::INFINITY);
        for v in 0..GROUP / S::F32_LANES {
            let (mut least, limits) = (infinite, S::as_simd_f32s(limits).0[v]);
            for bounds in &self.bounds {
                let bounds = S::as_simd_f32s(bounds).0[v];
                let beyond = simd.less_than_f32s(limits, bounds);
                least = simd.min_f32s(least, simd.select_f32s(beyond, bounds, infinite));
            }
            S::as_mut_simd_f32s(&mut elsewhere).0[v] = least;
        }
        elsewhere
    }
}

/// The nearest prototypes among those that the points of a group have been compared with.
pub(super) struct Nearest {
    pub labels: [u32; GROUP],
    /// Squared distances.
    pub distances: [f64; GROUP],
    /// The least squared distances to others.
    pub seconds: [f64; GROUP],
}

impl Nearest {
    pub(super) const NONE: Self = Self {
        labels: [u32::MAX; GROUP],
        distances: [f64::INFINITY; GROUP],
        seconds: [f64::INFINITY; GROUP],
    };

    /// Takes in the distances of point `p` to a tile.
    #[inline(always)]
    pub(super) fn take<S: Simd>(&mut self, simd: S, (p, tile): Visit, found: &[f64; LANES]) {
        let (lane, least, second) = least_two(simd, found);
        let label = (tile * LANES + lane) as u32;
        let before = self.distances[p];
        let nearer = least < before || (least == before && label < self.labels[p]);
        let farther = if nearer { before } else { least };
        let second = if nearer { second } else { self.seconds[p] };
        self.seconds[p] = if farther < second { farther } else { second };
        self.distances[p] = if nearer { least } else { before };
        self.labels[p] = if nearer { label } else { self.labels[p] };
    }
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
