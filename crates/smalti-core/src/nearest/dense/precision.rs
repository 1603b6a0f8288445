//! What single precision can be off by.

/// Half a unit in the last place of an f32 of 1.
pub(super) const ROUNDING: f32 = 5.960_464_5e-8;

/// What underflow can take from a height or a distance, and more.
pub(super) const FLOOR: f32 = 1e-30;

/// Make up for the roundings of bounds in f32.
pub(super) const LESS: f32 = 1.0 - 1e-6;
pub(super) const MORE: f32 = 1.0 + 1e-6;

/// What a sum of `dim` products in f32, of rounded numbers, can be off by, as a part of the sum of
/// the products' magnitudes (N. J. Higham, "Accuracy and stability of numerical algorithms", 2002,
/// section 3.1), and more.
pub(super) fn relative_error(dim: usize) -> f32 {
    1.1 * (dim as f32 + 8.0) * ROUNDING
}
