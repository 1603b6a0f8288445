//! Heights of prototypes by products of bytes.
//!
//! Each point and each prototype is rounded to whole numbers up to 127, in a unit of its own:
//! y = u q + e, z = v r + f. As y . z = u v q . r + e . z + u q . f, a height is off by at most
//! |e| |z| + |u q| |f| (Cauchy and Schwarz); what belongs to prototypes, |z| and |f|, is bounded for
//! all of them in units of their v. So a point *allows* whole numbers on top of all its q . r.

#![expect(clippy::inline_always)]

use pulp::Simd;

use super::super::every_pair::LANES;
use super::frame::{Columns, Frame, relative_error};
use super::vnni::{Kernel, kernel};
use super::{FLOOR, GROUP, ROUNDING};
use crate::real::Real;

/// Coordinates multiplied together.
pub(super) const QUAD: usize = 4;

/// Fewest coordinates and prototypes for which it pays to round the points.
const MIN_DIM: usize = 24;
const MIN_PROTOTYPES: usize = 128;

/// Most coordinates of which sums of products stay far below 2^31.
const MAX_DIM: usize = 16_384;

/// The largest whole number.
const PEAK: f32 = 127.0;

/// Smallest magnitude with a unit of its own.
const TINY: f32 = 1e-30;

/// Brings f32 to steps of 1, so that the last byte is the whole number and 128.
const STEPS: f32 = 12_582_912.0 + 128.0;

/// Prototypes as whole numbers.
pub(super) struct Codes {
    kernel: Kernel,
    /// Tile by tile, four coordinates at a time, the bytes of each prototype.
    pub quads: Vec<[i32; LANES]>,
    /// What the 128 of points adds to sums, to be added to them.
    pub offsets: Vec<[i32; LANES]>,
    pub units: Vec<[f32; LANES]>,
    /// At most half of the squared norms; infinite in lanes left over.
    pub halves: Vec<[f32; LANES]>,
    /// The largest norm in its prototype's unit.
    reach: f32,
    /// The largest norm of what is rounded away, in its prototype's unit.
    rounded: f32,
}

impl Codes {
    /// Rounds row-major `centroids`; None if the processor does not multiply bytes or it is not
    /// worth while.
    pub(super) fn new<T: Real>(centroids: &[f64], frame: &Frame<T>) -> Option<Self> {
        let dim = frame.dim();
        let worth_while = dim >= MIN_DIM && centroids.len() / dim >= MIN_PROTOTYPES;
        kernel().filter(|_| worth_while).and_then(|kernel| Self::by(kernel, centroids, frame))
    }

    /// The same, whatever the processor; None if there are too many coordinates.
    pub(super) fn by<T: Real>(kernel: Kernel, centroids: &[f64], frame: &Frame<T>) -> Option<Self> {
        let dim = frame.dim();
        if dim > MAX_DIM {
            return None;
        }
        let (tiles, quads) = ((centroids.len() / dim).div_ceil(LANES), dim.div_ceil(QUAD));
        let mut codes = Self {
            kernel,
            quads: vec![[0; LANES]; tiles * quads],
            offsets: vec![[0; LANES]; tiles],
            units: vec![[0.0; LANES]; tiles],
            halves: vec![[f32::INFINITY; LANES]; tiles],
            reach: 0.0,
            rounded: 0.0,
        };
        for (k, centroid) in centroids.chunks_exact(dim).enumerate() {
            let seen: Vec<f64> = frame.see(centroid).collect();
            codes.set(k, &seen);
        }
        Some(codes)
    }

    /// Sets prototype `k`.
    fn set(&mut self, k: usize, coordinates: &[f64]) {
        let (tile, lane) = (k / LANES, k % LANES);
        let peak = coordinates.iter().fold(f64::from(TINY), |max, v| max.max(v.abs()));
        let unit = (peak / f64::from(PEAK)) as f32;
        let (mut squares, mut errors) = (0.0, 0.0);
        let quads = coordinates.len().div_ceil(QUAD);
        for (quad, values) in coordinates.chunks(QUAD).enumerate() {
            let mut bytes = [0i8; QUAD];
            for (byte, value) in bytes.iter_mut().zip(values) {
                *byte = ((value / f64::from(unit) + 128.5) as i32 - 128) as i8;
                let error = value - f64::from(unit) * f64::from(*byte);
                (squares, errors) = (squares + value * value, errors + error * error);
                self.offsets[tile][lane] -= 128 * i32::from(*byte);
            }
            self.quads[tile * quads + quad][lane] =
                i32::from_le_bytes(bytes.map(i8::cast_unsigned));
        }
        self.units[tile][lane] = unit;
        // Less than any rounding of what is computed with it.
        self.halves[tile][lane] = (squares / 2.0 * (1.0 - 4e-7)) as f32 - FLOOR;
        let in_units = |squares: f64| (squares.sqrt() / f64::from(unit) * (1.0 + 1e-6)) as f32;
        self.reach = self.reach.max(in_units(squares));
        self.rounded = self.rounded.max(in_units(errors));
    }

    /// Writes at most the heights in each tile.
    pub(super) fn bound(&self, points: &PointCodes, bounds: &mut [[f32; GROUP]]) {
        (self.kernel)(points, self, bounds);
    }
}

/// A group of points as whole numbers.
pub(super) struct PointCodes {
    /// Four coordinates at a time, the whole numbers and 128 as bytes.
    pub quads: Vec<[u32; GROUP]>,
    pub units: [f32; GROUP],
    /// What is added to all sums of products, so that they are no less than before rounding.
    pub allowances: [i32; GROUP],
}

impl PointCodes {
    pub(super) fn new(dim: usize) -> Self {
        Self {
            quads: vec![[0; GROUP]; dim.div_ceil(QUAD)],
            units: [0.0; GROUP],
            allowances: [0; GROUP],
        }
    }

    /// Rounds points that are to be compared with `prototypes`.
    #[inline(always)]
    pub(super) fn set<S: Simd>(&mut self, simd: S, points: &Columns, prototypes: &Codes) {
        let peaks = points.peaks.map(|peak| if peak > TINY { peak } else { TINY });
        self.units = peaks.map(|peak| peak / PEAK);
        let steps = peaks.map(|peak| PEAK / peak);
        let (mut squares, mut errors) = ([0.0; GROUP], [0.0; GROUP]);
        for v in 0..GROUP / S::F32_LANES {
            let (units, steps) = (S::as_simd_f32s(&self.units).0[v], S::as_simd_f32s(&steps).0[v]);
            let rounder = Rounder { simd, units, steps };
            let sums = rounder.round(v, &points.values, &mut self.quads);
            S::as_mut_simd_f32s(&mut squares).0[v] = sums.0;
            S::as_mut_simd_f32s(&mut errors).0[v] = sums.1;
        }
        let (reach, rounded) = (prototypes.reach, prototypes.rounded);
        // Products become f32 by three roundings.
        let rounded = rounded + 4.0 * ROUNDING * (reach + rounded);
        let more = 1.0 + 1e-5 + relative_error(points.values.len());
        for p in 0..GROUP {
            // The error is computed from rounded coordinates, by two roundings.
            let error = errors[p].sqrt() / self.units[p] + 5.0 * ROUNDING * squares[p].sqrt();
            let allowance = (error * reach + squares[p].sqrt() * rounded) * more;
            self.allowances[p] = allowance as i32 + 1;
        }
    }
}

/// Rounds a vector of points.
struct Rounder<S: Simd> {
    simd: S,
    units: S::f32s,
    /// What a unit goes into.
    steps: S::f32s,
}

impl<S: Simd> Rounder<S> {
    /// Writes vector `v` of the quads; returns the squared norms of the whole numbers and of
    /// what is rounded away.
    #[inline(always)]
    fn round(
        &self,
        v: usize,
        columns: &[[f32; GROUP]],
        quads: &mut [[u32; GROUP]],
    ) -> (S::f32s, S::f32s) {
        let Self { simd, units, steps } = *self;
        let (mut squares, mut errors) = (simd.splat_f32s(0.0), simd.splat_f32s(0.0));
        let (last, byte) = (simd.splat_u32s(0xff), simd.splat_u32s(8));
        for (quad, columns) in quads.iter_mut().zip(columns.chunks(QUAD)) {
            let mut bytes = simd.splat_u32s(0);
            // The first coordinate comes last into the lowest byte.
            for column in columns.iter().rev() {
                let column = S::as_simd_f32s(column).0[v];
                let stepped = simd.mul_add_e_f32s(column, steps, simd.splat_f32s(STEPS));
                let whole = simd.sub_f32s(stepped, simd.splat_f32s(STEPS));
                let error = simd.sub_f32s(column, simd.mul_f32s(whole, units));
                squares = simd.mul_add_e_f32s(whole, whole, squares);
                errors = simd.mul_add_e_f32s(error, error, errors);
                let number = simd.and_u32s(simd.transmute_u32s_f32s(stepped), last);
                bytes = simd.or_u32s(simd.wrapping_dyn_shl_u32s(bytes, byte), number);
            }
            S::as_mut_simd_u32s(quad).0[v] = bytes;
        }
        (squares, errors)
    }
}
