//! Points as whole numbers.

#![expect(clippy::inline_always)]

use pulp::Simd;

use super::frame::{Columns, GROUP};
use super::precision::{ROUNDING, relative_error};
use super::prototype_codes::{PEAK, PrototypeCodes, QUAD, TINY};

/// Added to an f32 it leaves steps of 1, so that the last byte is the whole number plus 128.
const STEPS: f32 = 12_582_912.0 + 128.0;

/// Largest allowance; sums stay below 2^31.
const MAX_ALLOWANCE: f32 = 1e8;

/// A group of points as whole numbers.
pub(super) struct PointCodes {
    /// Four coordinates at a time, the whole numbers plus 128 as bytes.
    pub quads: Vec<[u32; GROUP]>,
    pub units: [f32; GROUP],
    /// Added to all sums of products, so that they are no less than before rounding.
    pub allowances: [i32; GROUP],
    /// Whether allowances rely on the distance within which the nearest prototype is.
    pub near: bool,
}

/// What bounds mean: a prototype `within` this distance of a point has a height of at least the
/// bound less the `excess`.
pub(super) struct Meaning {
    pub excess: [f32; GROUP],
    pub within: [f32; GROUP],
}

impl Meaning {
    /// No prototype has a height below the bound.
    pub(super) const PLAIN: Self = Self { excess: [0.0; GROUP], within: [f32::INFINITY; GROUP] };
}

impl PointCodes {
    pub(super) fn new(dim: usize) -> Self {
        Self {
            quads: vec![[0; GROUP]; dim.div_ceil(QUAD)],
            units: [0.0; GROUP],
            allowances: [0; GROUP],
            near: false,
        }
    }

    /// Rounds points that are to be compared with `prototypes`. Each point's nearest prototype is
    /// `within` the distance given for it.
    #[inline(always)]
    pub(super) fn set<S: Simd>(
        &mut self,
        simd: S,
        points: &Columns,
        prototypes: &PrototypeCodes,
        within: &[f32; GROUP],
    ) -> Meaning {
        let rounded = self.round(simd, points);
        let PrototypeCodes { unit, reach, rounded: away, .. } = *prototypes;
        // Products become f32 by three roundings.
        let roundings = 4.0 * ROUNDING * (reach + away);
        let relative = relative_error(points.values.len());
        let more = 1.0 + 1e-5 + relative;
        let [mut far, mut near, mut excess] = [[0.0; GROUP]; 3];
        // By how much the far allowances lower the bounds more than the near ones do.
        let (mut lower, mut highest) = (0.0, 0.0);
        for p in 0..GROUP {
            let Rounded { wholes, errors, along } = &rounded;
            let (whole, error, size) = (wholes[p], errors[p], self.units[p]);
            far[p] = (error * reach + whole * (away + roundings)) * more;
            near[p] = ((within[p] / size + error) * away + whole * roundings) * more;
            let apart = error * size * within[p] * more;
            excess[p] = apart + along[p] + 1.1 * relative * points.squares[p];
            lower += (far[p] - near[p]) * size * unit - apart;
            highest = if near[p] > highest { near[p] } else { highest };
        }
        // A comparison with NaN fails too.
        self.near = lower > 0.0 && highest < MAX_ALLOWANCE;
        let allowances = if self.near { near } else { far };
        self.allowances = allowances.map(|allowance| allowance as i32 + 1);
        if self.near { Meaning { excess, within: *within } } else { Meaning::PLAIN }
    }

    #[inline(always)]
    fn round<S: Simd>(&mut self, simd: S, points: &Columns) -> Rounded {
        let peaks = points.peaks.map(|peak| if peak > TINY { peak } else { TINY });
        self.units = peaks.map(|peak| peak / PEAK);
        let steps = peaks.map(|peak| PEAK / peak);
        let mut sums = [[0.0; GROUP]; 3];
        for v in 0..GROUP / S::F32_LANES {
            let (units, steps) = (S::as_simd_f32s(&self.units).0[v], S::as_simd_f32s(&steps).0[v]);
            let found = Rounder { simd, units, steps }.round(v, &points.values, &mut self.quads);
            for (sum, found) in sums.iter_mut().zip(found) {
                S::as_mut_simd_f32s(sum).0[v] = found;
            }
        }
        let [mut wholes, mut errors, along] = sums;
        for p in 0..GROUP {
            wholes[p] = wholes[p].sqrt();
            // The error itself is computed from rounded coordinates, by two roundings.
            errors[p] = errors[p].sqrt() / self.units[p] + 5.0 * ROUNDING * wholes[p];
        }
        Rounded { wholes, errors, along }
    }
}

/// Norms and products that rounding a group leaves.
struct Rounded {
    /// Norms of the whole numbers.
    wholes: [f32; GROUP],
    /// Upper bounds of the norms of the rounding errors, in units; the rounding of their sums is
    /// not included.
    errors: [f32; GROUP],
    /// The products of the rounding errors with the points.
    along: [f32; GROUP],
}

/// Rounds a vector of points.
struct Rounder<S: Simd> {
    simd: S,
    units: S::f32s,
    /// Inverses of the units.
    steps: S::f32s,
}

impl<S: Simd> Rounder<S> {
    /// Writes vector `v` of the quads. Returns the squared norms of the whole numbers, the squared
    /// norms of the rounding errors, and the products of the errors with the points.
    #[inline(always)]
    fn round(
        &self,
        v: usize,
        columns: &[[f32; GROUP]],
        quads: &mut [[u32; GROUP]],
    ) -> [S::f32s; 3] {
        let Self { simd, units, steps } = *self;
        let [mut squares, mut errors, mut along] = [simd.splat_f32s(0.0); 3];
        let (last, byte) = (simd.splat_u32s(0xff), simd.splat_u32s(8));
        for (quad, columns) in quads.iter_mut().zip(columns.chunks(QUAD)) {
            let mut bytes = simd.splat_u32s(0);
            // The first coordinate comes last, into the lowest byte.
            for column in columns.iter().rev() {
                let column = S::as_simd_f32s(column).0[v];
                let stepped = simd.mul_add_e_f32s(column, steps, simd.splat_f32s(STEPS));
                let whole = simd.sub_f32s(stepped, simd.splat_f32s(STEPS));
                let error = simd.sub_f32s(column, simd.mul_f32s(whole, units));
                squares = simd.mul_add_e_f32s(whole, whole, squares);
                errors = simd.mul_add_e_f32s(error, error, errors);
                along = simd.mul_add_e_f32s(error, column, along);
                let number = simd.and_u32s(simd.transmute_u32s_f32s(stepped), last);
                bytes = simd.or_u32s(simd.wrapping_dyn_shl_u32s(bytes, byte), number);
            }
            S::as_mut_simd_u32s(quad).0[v] = bytes;
        }
        [squares, errors, along]
    }
}
