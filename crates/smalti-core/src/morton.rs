//! Z-order: numbers whose order keeps neighbours in space near each other.
//!
//! The bits of four coordinates are interleaved, most significant first (G. M. Morton, "A computer
//! oriented geodetic data base and a new technique in file sequencing", IBM, 1966). Points whose
//! keys agree in their leading bits lie in one box, so sorting by key puts the points of a box of
//! any size side by side. The leading bits are a coarser picture of the same points, and a run of
//! neighbours in the order is compact in space.

use std::sync::LazyLock;

/// Bytes with their bits spread four apart, to be shifted and combined.
static SPREAD: LazyLock<[u32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|value| (0..8).map(|bit| (value as u32 >> bit & 1) << (4 * bit)).sum())
});

/// The key of four coordinates; among bits of equal significance the first coordinate's leads.
#[inline]
#[must_use]
pub fn key(coordinates: [u16; 4]) -> u64 {
    let spread: &[u32; 256] = &SPREAD;
    let mut key = 0;
    for coordinate in coordinates {
        let [high, low] = coordinate.to_be_bytes();
        let (high, low) = (spread[usize::from(high)], spread[usize::from(low)]);
        key = key << 1 | u64::from(high) << 32 | u64::from(low);
    }
    key
}

/// Bits up to the highest in the key of `coordinates`; 0 when all are 0.
#[inline]
#[must_use]
pub fn bits(coordinates: [u16; 4]) -> u32 {
    let [a, b, c, d] = coordinates;
    let length = u16::BITS - (a | b | c | d).leading_zeros();
    if length == 0 {
        return 0;
    }
    // Of the coordinates that have the highest bit, the first one's leads.
    let lacks = |coordinate: u16| u32::from(coordinate >> (length - 1) == 0);
    let (a, b, c) = (lacks(a), lacks(b), lacks(c));
    4 * length - (a + (a & b) + (a & b & c))
}

/// The coordinates of a key.
#[inline]
#[must_use]
pub fn coordinates(key: u64) -> [u16; 4] {
    std::array::from_fn(|i| gathered(key >> (3 - i)))
}

/// Every fourth bit, the last first.
fn gathered(bits: u64) -> u16 {
    // Wanted bits move together into pairs, then nibbles, bytes and words.
    let bits = bits & 0x1111_1111_1111_1111;
    let bits = (bits | bits >> 3) & 0x0303_0303_0303_0303;
    let bits = (bits | bits >> 6) & 0x000f_000f_000f_000f;
    let bits = (bits | bits >> 12) & 0x0000_00ff_0000_00ff;
    (bits | bits >> 24) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bits_are_interleaved_first_coordinate_first() {
        assert_eq!(key([0, 0, 0, 1]), 1);
        assert_eq!(key([1, 0, 0, 0]), 8);
        assert_eq!(key([0b10, 0, 0b11, 0]), 0b1010_0010);
        assert_eq!(key([u16::MAX; 4]), u64::MAX);
    }

    proptest! {
        #[test]
        fn coordinates_survive(samples: [u16; 4], shift in 0u32..=16) {
            let samples = samples.map(|sample| sample.checked_shr(shift).unwrap_or(0));
            prop_assert_eq!(coordinates(key(samples)), samples);
            prop_assert_eq!(bits(samples), u64::BITS - key(samples).leading_zeros());
        }
    }
}
