//! The origin and unit of filters, and points in these.

#![expect(clippy::inline_always)]

use pulp::Simd;
use rayon::prelude::*;

use super::super::clusters::CHUNK;
use super::precision::relative_error;
use crate::real::Real;

/// Points searched together: three vectors of AVX-512.
pub(super) const GROUP: usize = 48;

/// Most rows whose mean is the origin. Any origin is correct; one among the points leaves the most
/// digits to their differences.
const SAMPLED: usize = 1024;

/// Points and coordinates that change places together.
const SQUARE: usize = 4;

/// The origin and the unit of the coordinates that filters use.
pub(super) struct Frame<T> {
    origin: Vec<T>,
    /// A power of 2 that makes coordinates at most 4.
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

    pub(super) fn dim(&self) -> usize {
        self.origin.len()
    }

    pub(super) fn scale(&self) -> f64 {
        self.scale.into()
    }

    /// Converts the square of a distance from the points' units to the frame's.
    #[inline(always)]
    pub(super) fn seen(&self, square: f64) -> f64 {
        square * self.scale() * self.scale()
    }

    /// Coordinates of a centroid in the frame.
    pub(super) fn see(&self, centroid: &[f64]) -> impl Iterator<Item = f64> {
        centroid.iter().zip(&self.origin).map(|(v, &origin)| v * self.scale() - origin.into())
    }
}

/// A group of points, coordinate by coordinate.
pub(super) struct Columns {
    pub values: Vec<[f32; GROUP]>,
    /// Lower bounds of the squared norms.
    pub squares: [f32; GROUP],
    /// The largest magnitudes.
    pub peaks: [f32; GROUP],
    /// Room for some rows.
    rows: Vec<f32>,
}

impl Columns {
    pub(super) fn new(dim: usize) -> Self {
        Self {
            values: vec![[0.0; GROUP]; dim],
            squares: [0.0; GROUP],
            peaks: [0.0; GROUP],
            rows: vec![0.0; SQUARE * dim],
        }
    }

    /// Sets the group to rows of `values`, at least one; the last fills what is left.
    #[inline(always)]
    pub(super) fn set<S: Simd, T: Real>(
        &mut self,
        simd: S,
        values: &[T],
        positions: &[usize],
        frame: &Frame<T>,
    ) {
        let dim = frame.dim();
        for first in (0..GROUP).step_by(SQUARE) {
            for (p, seen) in self.rows.chunks_exact_mut(dim).enumerate() {
                let row = &values[positions[(first + p).min(positions.len() - 1)] * dim..][..dim];
                for ((seen, &value), &origin) in seen.iter_mut().zip(row).zip(&frame.origin) {
                    *seen = (value * frame.scale - origin).to_f32();
                }
            }
            self.transpose(first);
        }
        let less = simd.splat_f32s(1.0 - relative_error(dim));
        for v in 0..GROUP / S::F32_LANES {
            let (mut squares, mut peaks) = (simd.splat_f32s(0.0), simd.splat_f32s(0.0));
            for column in &self.values {
                let column = S::as_simd_f32s(column).0[v];
                squares = simd.mul_add_e_f32s(column, column, squares);
                peaks = simd.max_f32s(peaks, simd.abs_f32s(column));
            }
            S::as_mut_simd_f32s(&mut self.squares).0[v] = simd.mul_f32s(squares, less);
            S::as_mut_simd_f32s(&mut self.peaks).0[v] = peaks;
        }
    }

    /// Writes rows to the columns from `first` on, square by square.
    #[inline(always)]
    fn transpose(&mut self, first: usize) {
        let rows: [&[f32]; SQUARE] = {
            let mut rows = self.rows.chunks_exact(self.values.len());
            std::array::from_fn(|_| rows.next().unwrap_or_default())
        };
        let (columns, left) = self.values.as_chunks_mut::<SQUARE>();
        for (b, columns) in columns.iter_mut().enumerate() {
            let square = rows.map(|row| row.as_chunks::<SQUARE>().0[b]);
            for d in 0..SQUARE {
                columns[d][first..first + SQUARE].copy_from_slice(&square.map(|row| row[d]));
            }
        }
        for (d, column) in left.iter_mut().enumerate() {
            for p in 0..SQUARE {
                column[first + p] = rows[p].as_chunks::<SQUARE>().1[d];
            }
        }
    }
}
