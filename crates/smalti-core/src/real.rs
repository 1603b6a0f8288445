//! Coordinates in single or double precision.
//!
//! Points keep the precision that they come in, which halves the memory of most data. Computations
//! with them are in f64.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, Mul, Sub};

/// f32 or f64.
pub trait Real:
    Copy
    + Debug
    + Default
    + Into<f64>
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Sum
    + Send
    + Sync
    + 'static
{
    /// How many values one key holds.
    const KEYED: usize;

    /// Powers of 2 up to this exponent and their inverses are exact, and so are products with them.
    /// If such an inverse brings a value to 1, the value's square does not underflow in f64.
    const MAX_EXPONENT: f64;

    /// The nearest value of this type.
    fn from_f64(value: f64) -> Self;

    /// The nearest f32.
    fn to_f32(self) -> f32;

    /// A number that orders rows by their first [`Self::KEYED`] values; -0 counts as 0.
    fn key(row: &[Self]) -> u64;
}

impl Real for f32 {
    const KEYED: usize = 2;
    const MAX_EXPONENT: f64 = 126.0;

    fn from_f64(value: f64) -> Self {
        value as Self
    }

    fn to_f32(self) -> Self {
        self
    }

    fn key(row: &[Self]) -> u64 {
        // The bits of negative values are in descending order.
        let ordered = |value: Self| {
            let bits = (value + 0.0).to_bits();
            u64::from(if bits >> 31 == 0 { bits | 1 << 31 } else { !bits })
        };
        ordered(row[0]) << 32 | row.get(1).map_or(0, |&value| ordered(value))
    }
}

impl Real for f64 {
    const KEYED: usize = 1;
    const MAX_EXPONENT: f64 = 400.0;

    fn from_f64(value: f64) -> Self {
        value
    }

    fn to_f32(self) -> f32 {
        self as f32
    }

    fn key(row: &[Self]) -> u64 {
        let bits = (row[0] + 0.0).to_bits();
        if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_have_the_order_of_the_values(a: f64, b: f64) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            let order = a.partial_cmp(&b);
            prop_assert_eq!(Some(f64::key(&[a]).cmp(&f64::key(&[b]))), order);
            let (a, b) = (a as f32, b as f32);
            prop_assert_eq!(Some(f32::key(&[a]).cmp(&f32::key(&[b]))), a.partial_cmp(&b));
            let same = f32::key(&[1.0, a]).cmp(&f32::key(&[1.0, b]));
            prop_assert_eq!(Some(same), a.partial_cmp(&b));
        }
    }

    #[test]
    fn negative_zero_has_the_key_of_zero() {
        assert_eq!(f64::key(&[-0.0]), f64::key(&[0.0]));
        assert_eq!(f32::key(&[-0.0, 1.0]), f32::key(&[0.0, 1.0]));
    }
}
