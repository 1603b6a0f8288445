//! Errors of single precision, and the margins that make up for them.

/// Half a unit in the last place of an f32 of 1.
pub(super) const ROUNDING: f32 = 5.960_464_5e-8;

/// More than underflow can take from a height or a distance.
pub(super) const FLOOR: f32 = 1e-30;

/// Factors that make up for the rounding of bounds in f32.
pub(super) const LESS: f32 = 1.0 - 1e-6;
pub(super) const MORE: f32 = 1.0 + 1e-6;

/// More than the largest error of a sum of `dim` products of rounded numbers in f32, relative to
/// the sum of the products' magnitudes (N. J. Higham, "Accuracy and stability of numerical
/// algorithms", 2002, section 3.1).
pub(super) fn relative_error(dim: usize) -> f32 {
    1.1 * (dim as f32 + 8.0) * ROUNDING
}
