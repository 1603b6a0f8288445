//! Heights of prototypes by products of bytes.
//!
//! Each point and each prototype is rounded to whole numbers up to 127, in a unit of its own:
//! y = u q + e, z = v r + f. As y . z = u v q . r + e . z + u q . f, a height is off by at most
//! |e| |z| + |u q| |f| (Cauchy and Schwarz); what belongs to prototypes, |z| and |f|, is bounded for
//! all of them in units of their v. So a point *allows* whole numbers on top of all its q . r.
//!
//! Where it is known that the nearest prototype is within d of y, less will do: with w = y - z,
//! e . z = e . y - e . w and u q . f = z . f + w . f - e . f, where e . y and z . f can be computed, and
//! what is left is at most |e| d + (d + |e|) |f|.

use super::super::every_pair::LANES;
use super::frame::Frame;
use super::point_codes::PointCodes;
use super::vnni::{Kernel, kernel};
use super::{FLOOR, GROUP};
use crate::real::Real;

/// Coordinates multiplied together.
pub(super) const QUAD: usize = 4;

/// Fewest coordinates and prototypes for which it pays to round the points.
const MIN_DIM: usize = 24;
const MIN_PROTOTYPES: usize = 128;

/// Most coordinates of which sums of products stay far below 2^31.
const MAX_DIM: usize = 16_384;

/// The largest whole number.
pub(super) const PEAK: f32 = 127.0;

/// Smallest magnitude with a unit of its own.
pub(super) const TINY: f32 = 1e-30;

/// Prototypes as whole numbers.
pub(super) struct Codes {
    kernel: Kernel,
    /// Tile by tile, four coordinates at a time, the bytes of each prototype.
    pub quads: Vec<[i32; LANES]>,
    /// What the 128 of points adds to sums, to be added to them.
    pub offsets: Vec<[i32; LANES]>,
    pub units: Vec<[f32; LANES]>,
    /// At most half of the squared norms, and less z . f; infinite in lanes left over.
    halves: [Vec<[f32; LANES]>; 2],
    /// The mean unit.
    pub unit: f32,
    /// The largest norm in its prototype's unit.
    pub reach: f32,
    /// The largest norm of what is rounded away, in its prototype's unit.
    pub rounded: f32,
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
            halves: std::array::from_fn(|_| vec![[f32::INFINITY; LANES]; tiles]),
            unit: 0.0,
            reach: 0.0,
            rounded: 0.0,
        };
        for (k, centroid) in centroids.chunks_exact(dim).enumerate() {
            let seen: Vec<f64> = frame.see(centroid).collect();
            codes.set(k, &seen);
        }
        codes.unit =
            codes.units.as_flattened().iter().sum::<f32>() / (centroids.len() / dim) as f32;
        Some(codes)
    }

    /// Sets prototype `k`.
    fn set(&mut self, k: usize, coordinates: &[f64]) {
        let (tile, lane) = (k / LANES, k % LANES);
        let peak = coordinates.iter().fold(f64::from(TINY), |max, v| max.max(v.abs()));
        let unit = (peak / f64::from(PEAK)) as f32;
        let (mut squares, mut errors, mut product) = (0.0, 0.0, 0.0);
        let quads = coordinates.len().div_ceil(QUAD);
        for (quad, values) in coordinates.chunks(QUAD).enumerate() {
            let mut bytes = [0i8; QUAD];
            for (byte, value) in bytes.iter_mut().zip(values) {
                *byte = ((value / f64::from(unit) + 128.5) as i32 - 128) as i8;
                let error = value - f64::from(unit) * f64::from(*byte);
                (squares, errors) = (squares + value * value, errors + error * error);
                product += value * error;
                self.offsets[tile][lane] -= 128 * i32::from(*byte);
            }
            self.quads[tile * quads + quad][lane] =
                i32::from_le_bytes(bytes.map(i8::cast_unsigned));
        }
        self.units[tile][lane] = unit;
        for (halves, product) in self.halves.iter_mut().zip([0.0, product]) {
            // Less by more than any rounding of what is computed with it.
            halves[tile][lane] = (squares / 2.0 * (1.0 - 4e-7) - product) as f32 - FLOOR;
        }
        let in_units = |squares: f64| (squares.sqrt() / f64::from(unit) * (1.0 + 1e-6)) as f32;
        self.reach = self.reach.max(in_units(squares));
        self.rounded = self.rounded.max(in_units(errors));
    }

    /// At most half of the squared norms, and less z . f for points with a near prototype.
    pub(super) fn halves(&self, points: &PointCodes) -> &[[f32; LANES]] {
        &self.halves[usize::from(points.near)]
    }

    /// Writes at most the heights in each tile.
    pub(super) fn bound(&self, points: &PointCodes, bounds: &mut [[f32; GROUP]]) {
        (self.kernel)(points, self, bounds);
    }
}
