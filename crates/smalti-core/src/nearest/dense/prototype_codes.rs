//! Prototypes as whole numbers.

use super::super::every_pair::LANES;
use super::frame::Frame;
use super::precision::FLOOR;
use crate::real::Real;

/// Coordinates multiplied together.
pub(super) const QUAD: usize = 4;

/// The largest whole number.
pub(super) const PEAK: f32 = 127.0;

/// Smallest magnitude with a unit of its own.
pub(super) const TINY: f32 = 1e-30;

/// Prototypes as whole numbers.
pub(super) struct PrototypeCodes {
    /// Tile by tile, four coordinates at a time, the bytes of each prototype.
    pub quads: Vec<[i32; LANES]>,
    /// Added to sums, they make up for the 128 in points' whole numbers.
    pub offsets: Vec<[i32; LANES]>,
    pub units: Vec<[f32; LANES]>,
    /// Lower bounds of half of the squared norms, and the same less z . f; infinite in lanes left
    /// over.
    halves: [Vec<[f32; LANES]>; 2],
    /// The mean unit.
    pub unit: f32,
    /// The largest norm in its prototype's unit.
    pub reach: f32,
    /// The largest norm of a rounding error, in its prototype's unit.
    pub rounded: f32,
}

impl PrototypeCodes {
    /// Rounds row-major `centroids`.
    pub(super) fn new<T: Real>(centroids: &[f64], frame: &Frame<T>) -> Self {
        let dim = frame.dim();
        let (tiles, quads) = ((centroids.len() / dim).div_ceil(LANES), dim.div_ceil(QUAD));
        let mut codes = Self {
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
        codes
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
            // Reduced by more than the rounding of all that is computed with it.
            halves[tile][lane] = (squares / 2.0 * (1.0 - 4e-7) - product) as f32 - FLOOR;
        }
        let in_units = |squares: f64| (squares.sqrt() / f64::from(unit) * (1.0 + 1e-6)) as f32;
        self.reach = self.reach.max(in_units(squares));
        self.rounded = self.rounded.max(in_units(errors));
    }

    /// Lower bounds of half of the squared norms, less z . f if the points have a `near` prototype.
    pub(super) fn halves(&self, near: bool) -> &[[f32; LANES]] {
        &self.halves[usize::from(near)]
    }
}
