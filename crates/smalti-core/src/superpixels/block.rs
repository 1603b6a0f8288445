//! The pixels of a cell, compared and added up many at a time.
//!
//! [`LANES`] pixels of a row are compared with one candidate after the other, by the widest vectors
//! that the processor has. Only additions and multiplications are used, in one order, so vectors of
//! all widths find the same bits.
//!
//! The helpers of the kernels are always inlined, or they would be compiled for the baseline.

#![expect(clippy::inline_always)]

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::centers::{CANDIDATES, Center, Near, Sum};
use super::image::UNLABELLED;
use super::planes::{LANES, Lanes, Planes};

/// Stands for a candidate in lanes beyond the cell or outside the mask.
const NOBODY: u32 = CANDIDATES as u32;

/// About how many pixels are summed in single precision before the sum goes on in double.
const EXACT_PIXELS: usize = 1 << 12;

/// The candidate of each of [`LANES`] pixels.
type Chosen = [u32; LANES];

/// A cell's columns and what its pixels are compared with.
#[derive(Clone, Copy)]
pub(super) struct Cell<'a, const D: usize> {
    pub planes: &'a Planes<'a, D>,
    pub near: &'a Near<D>,
    pub weight: f32,
    pub columns: &'a Range<usize>,
}

/// Finds what the pixels of some rows of a cell add to each of its candidates.
pub(super) struct SumRows<'a, const D: usize> {
    pub cell: Cell<'a, D>,
    pub rows: &'a [usize],
}

impl<const D: usize> WithSimd for SumRows<'_, D> {
    type Output = [Sum<D>; CANDIDATES];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [Sum<D>; CANDIDATES] {
        let mut sums = [Sum::ZERO; CANDIDATES];
        for rows in self.rows.chunks(EXACT_PIXELS.div_ceil(self.cell.columns.len())) {
            let Some(origin) = self.cell.origin(rows) else { continue };
            let mut parts = [Part::ZERO; CANDIDATES];
            for &y in rows {
                for x in self.cell.columns.clone().step_by(LANES) {
                    let block = Block::new(self.cell.planes, x, y);
                    let chosen = self.cell.nearest(simd, &block, [x, y]);
                    block.add(simd, &chosen, &origin, &mut parts);
                }
            }
            for (sum, part) in sums.iter_mut().zip(&parts) {
                let pixels = total(&part.pixels);
                if pixels > 0.0 {
                    sum.add(&part.sum(pixels, &origin));
                }
            }
        }
        sums
    }
}

/// Labels the pixels of a cell in `part`, which holds whole rows from row `first` on.
pub(super) struct LabelRows<'a, const D: usize> {
    pub cell: Cell<'a, D>,
    pub first: usize,
    pub part: &'a mut [u32],
}

impl<const D: usize> WithSimd for LabelRows<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Cell { planes, near, columns, .. } = self.cell;
        let mut names = [UNLABELLED; CANDIDATES + 1];
        for (name, &cell) in names.iter_mut().zip(&near.cells).take(near.count) {
            *name = cell as u32;
        }
        for (y, row) in (self.first..).zip(self.part.chunks_exact_mut(planes.width())) {
            for x in columns.clone().step_by(LANES) {
                let chosen = self.cell.nearest(simd, &Block::new(planes, x, y), [x, y]);
                for (label, k) in row[x..columns.end].iter_mut().zip(chosen) {
                    *label = names[k as usize];
                }
            }
        }
    }
}

impl<const D: usize> Cell<'_, D> {
    /// Some pixel of these rows that is to be segmented, if there is one. Sums of differences to it
    /// lose few digits, and none if all features are the same.
    #[inline(always)]
    fn origin(&self, rows: &[usize]) -> Option<Center<D>> {
        for &y in rows {
            for x in self.columns.clone() {
                if self.planes.is_inside(x, y) {
                    let features = self.planes.pixel(x, y);
                    return Some(Center { features, x: x as f32, y: y as f32 });
                }
            }
        }
        None
    }

    /// The nearest candidate of each pixel of a block whose first pixel is at (x, y): its position
    /// among the candidates, or [`NOBODY`].
    #[inline(always)]
    fn nearest<S: Simd>(&self, simd: S, block: &Block<D>, [x, y]: [usize; 2]) -> Chosen {
        let mut chosen = [0; LANES];
        for v in 0..LANES / S::F32_LANES {
            S::as_mut_simd_u32s(&mut chosen).0[v] = self.nearest_of_vector(simd, block, v);
        }
        let count = (self.columns.end - x).min(LANES);
        chosen[count..].fill(NOBODY);
        if let Some(mask) = self.planes.mask(y) {
            for (chosen, inside) in chosen.iter_mut().zip(&mask[x..x + count]) {
                *chosen = if *inside { *chosen } else { NOBODY };
            }
        }
        chosen
    }

    #[inline(always)]
    fn nearest_of_vector<S: Simd>(&self, simd: S, block: &Block<D>, v: usize) -> S::u32s {
        let xs = S::as_simd_f32s(&block.xs).0[v];
        let weight = simd.splat_f32s(self.weight);
        let mut least = simd.splat_f32s(f32::INFINITY);
        let mut nearest = simd.splat_u32s(0);
        for (k, center) in self.near.centers.iter().take(self.near.count).enumerate() {
            let dy = block.y - center.y;
            let dx = simd.sub_f32s(xs, simd.splat_f32s(center.x));
            let apart = simd.add_f32s(simd.splat_f32s(dy * dy), simd.mul_f32s(dx, dx));
            let mut distance = simd.mul_f32s(apart, weight);
            for d in 0..D {
                let value = S::as_simd_f32s(&block.features[d]).0[v];
                let difference = simd.sub_f32s(value, simd.splat_f32s(center.features[d]));
                distance = simd.add_f32s(distance, simd.mul_f32s(difference, difference));
            }
            let less = simd.less_than_f32s(distance, least);
            least = simd.select_f32s(less, distance, least);
            nearest = simd.select_u32s(less, simd.splat_u32s(k as u32), nearest);
        }
        nearest
    }
}

/// Some pixels of a row, side by side.
struct Block<const D: usize> {
    features: [Lanes; D],
    xs: Lanes,
    y: f32,
}

impl<const D: usize> Block<D> {
    /// The pixels from column `x` on; zeros beyond the image.
    #[inline(always)]
    fn new(planes: &Planes<'_, D>, x: usize, y: usize) -> Self {
        let mut block = Self { features: [[0.0; LANES]; D], xs: [0.0; LANES], y: y as f32 };
        for (lanes, plane) in block.features.iter_mut().zip(planes.row(y)) {
            lanes.copy_from_slice(&plane[x..x + LANES]);
        }
        for (l, place) in block.xs.iter_mut().enumerate() {
            *place = (x as u32 + l as u32) as f32;
        }
        block
    }

    /// Adds each pixel's difference from `origin` to the sum of its candidate.
    #[inline(always)]
    fn add<S: Simd>(
        &self,
        simd: S,
        chosen: &Chosen,
        origin: &Center<D>,
        parts: &mut [Part<D>; CANDIDATES],
    ) {
        let mut present = chosen.iter().fold(0u32, |set, &candidate| set | 1 << candidate);
        present &= !(1 << NOBODY);
        let (x, y) = (simd.splat_f32s(origin.x), simd.splat_f32s(self.y - origin.y));
        let (zero, one) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0));
        while present != 0 {
            let candidate = present.trailing_zeros();
            present &= present - 1;
            let part = &mut parts[candidate as usize];
            for v in 0..LANES / S::F32_LANES {
                let chosen = S::as_simd_u32s(chosen).0[v];
                let is_chosen = simd.equal_u32s(chosen, simd.splat_u32s(candidate));
                let add = |sums: &mut Lanes, values: S::f32s| {
                    let sums = &mut S::as_mut_simd_f32s(sums).0[v];
                    *sums = simd.add_f32s(*sums, simd.select_f32s(is_chosen, values, zero));
                };
                for d in 0..D {
                    let features = S::as_simd_f32s(&self.features[d]).0[v];
                    let difference = simd.sub_f32s(features, simd.splat_f32s(origin.features[d]));
                    add(&mut part.features[d], difference);
                }
                add(&mut part.xs, simd.sub_f32s(S::as_simd_f32s(&self.xs).0[v], x));
                add(&mut part.ys, y);
                add(&mut part.pixels, one);
            }
        }
    }
}

/// A sum of differences to some origin in single precision, lane by lane.
#[derive(Clone, Copy)]
struct Part<const D: usize> {
    features: [Lanes; D],
    xs: Lanes,
    ys: Lanes,
    pixels: Lanes,
}

impl<const D: usize> Part<D> {
    const ZERO: Self = Self {
        features: [[0.0; LANES]; D],
        xs: [0.0; LANES],
        ys: [0.0; LANES],
        pixels: [0.0; LANES],
    };

    #[inline(always)]
    fn sum(&self, pixels: f64, origin: &Center<D>) -> Sum<D> {
        let from = |origin: f32, lanes: &Lanes| pixels * f64::from(origin) + total(lanes);
        let mut sum = Sum { pixels, ..Sum::ZERO };
        for d in 0..D {
            sum.features[d] = from(origin.features[d], &self.features[d]);
        }
        sum.x = from(origin.x, &self.xs);
        sum.y = from(origin.y, &self.ys);
        sum
    }
}

/// The sum of all lanes, in pairs.
#[inline(always)]
fn total(lanes: &Lanes) -> f64 {
    let mut sums = *lanes;
    let mut length = LANES;
    while length > 1 {
        length /= 2;
        for l in 0..length {
            sums[l] += sums[length + l];
        }
    }
    f64::from(sums[0])
}

#[cfg(test)]
mod tests {
    use pulp::{Arch, Scalar};

    use super::super::image::FeatureImage;
    use super::*;
    use crate::progress::Silent;

    type Sums = [Sum<3>; CANDIDATES];

    /// What both kernels make of a cell that is no multiple of a vector wide.
    fn found(
        sums: &dyn Fn(SumRows<'_, 3>) -> Sums,
        label: &dyn Fn(LabelRows<'_, 3>),
    ) -> (Sums, Vec<u32>) {
        let (width, height) = (53, 19);
        let values: Vec<f32> =
            (0..width * height * 3).map(|i| ((i * i) % 37) as f32 * 0.37).collect();
        let mask: Vec<bool> = (0..width * height).map(|i| i % 7 != 3).collect();
        let image = FeatureImage::new(&values, 3, (width, height), Some(&mask)).unwrap();
        let planes = Planes::<3>::new(&image, &Silent).unwrap();
        let centers = std::array::from_fn(|k| {
            let k = k as f32;
            Center { features: [k * 1.3, 9.0 - k, 5.5], x: 9.3 * k, y: 3.1 * k }
        });
        let near = Near { centers, cells: std::array::from_fn(|k| 40 + k), count: 7 };
        let cell = Cell { planes: &planes, near: &near, weight: 0.04, columns: &(11..51) };
        let rows: Vec<usize> = (2..18).step_by(3).collect();
        let mut part = vec![UNLABELLED; width * 5];
        label(LabelRows { cell, first: 4, part: &mut part });
        (sums(SumRows { cell, rows: &rows }), part)
    }

    #[test]
    fn vectors_of_any_width_find_the_same_bits() {
        let portable = found(&|rows| rows.with_simd(Scalar), &|rows| rows.with_simd(Scalar));
        let arch = Arch::new();
        let widest = found(&|rows| arch.dispatch(rows), &|rows| arch.dispatch(rows));
        assert_eq!(widest, portable);
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = pulp::x86::V3::try_new() {
            let avx2 =
                found(&|rows| Simd::vectorize(avx2, rows), &|rows| Simd::vectorize(avx2, rows));
            assert_eq!(avx2, portable);
        }
        let labelled = portable.1.iter().filter(|&&label| label != UNLABELLED).count();
        assert_eq!(labelled, (4..9).map(count_inside).sum());
        assert!(portable.1.iter().all(|&label| label == UNLABELLED || (40..47).contains(&label)));
    }

    fn count_inside(y: usize) -> usize {
        (11..51).filter(|x| (y * 53 + x) % 7 != 3).count()
    }
}
