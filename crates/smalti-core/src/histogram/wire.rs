//! Sums of colours as bytes, in which they travel between machines.
//!
//! Colours stand in Z-order, each as its distance from the one before, and numbers take the fewer bytes
//! the smaller they are: an opaque colour of 8 bits and its count are some two bytes. Equal sums have equal
//! bytes.

use serde::{Deserialize, Serialize};

use super::Histogram;
use super::cells::{CELLS, COLORS};
use crate::error::{Error, Result};
use crate::morton;

/// The first byte. It changes with what follows.
const VERSION: u8 = 1;

/// Numbers of colours, ascending, and how often each occurs.
pub(super) type Counts = Vec<(u64, u64)>;

/// What a sum holds.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wire {
    /// Opaque 8-bit colours, by the number of their cell and within it.
    pub opaque: Option<Counts>,
    /// Other colours of 8 bits, by their key.
    pub bytes: Option<WirePart>,
    /// Colours of 16 bits, by their key.
    pub words: Option<WirePart>,
}

/// A histogram, and how many trailing bits its keys have lost.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WirePart {
    pub dropped: u32,
    pub counts: Counts,
}

impl Wire {
    pub fn to_bytes(&self) -> Vec<u8> {
        let gaps = |counts: &Counts| differences(counts);
        let part = |part: &WirePart| WirePart { counts: gaps(&part.counts), ..*part };
        let packed = Self {
            opaque: self.opaque.as_ref().map(gaps),
            bytes: self.bytes.as_ref().map(part),
            words: self.words.as_ref().map(part),
        };
        postcard::to_extend(&packed, vec![VERSION])
            .unwrap_or_else(|_| unreachable!("memory takes whatever is written"))
    }

    /// # Errors
    /// If nothing was packed into these bytes.
    pub fn from_bytes(data: &[u8]) -> Result<Self> {
        let [VERSION, packed @ ..] = data else {
            return Err(Error::DamagedCounts("they have another version"));
        };
        let (mut wire, rest): (Self, _) = postcard::take_from_bytes(packed)
            .map_err(|_| Error::DamagedCounts("they end too early, or hold something else"))?;
        let parts = [
            (wire.opaque.as_mut(), (CELLS * COLORS) as u64 - 1),
            (counts_of(&mut wire.bytes), morton::key([u8::MAX.into(); 4])),
            (counts_of(&mut wire.words), u64::MAX),
        ];
        let is_whole = parts
            .into_iter()
            .all(|(counts, last)| counts.is_none_or(|counts| is_summed(counts, last)));
        let dropped = [&wire.bytes, &wire.words].map(|part| part.as_ref().map_or(0, |p| p.dropped));
        if is_whole && rest.is_empty() && dropped.iter().all(|&bits| bits <= u64::BITS) {
            return Ok(wire);
        }
        Err(Error::DamagedCounts("they hold colours out of order, or none that there are"))
    }
}

fn counts_of(part: &mut Option<WirePart>) -> Option<&mut Counts> {
    part.as_mut().map(|part| &mut part.counts)
}

/// Each number as what it has more than the one before.
fn differences(counts: &Counts) -> Counts {
    let mut before = 0;
    let gap =
        |&(number, count): &(u64, u64)| (number - std::mem::replace(&mut before, number), count);
    counts.iter().map(gap).collect()
}

/// Adds the differences up again; whether numbers ascend to at most the last, and occur.
fn is_summed(counts: &mut Counts, last: u64) -> bool {
    let mut before = None::<u64>;
    counts.iter_mut().all(|(number, count)| {
        let sum = before.unwrap_or(0).checked_add(*number);
        let ascends = before.is_none() || *number > 0;
        *number = sum.unwrap_or(u64::MAX);
        before = sum;
        ascends && *count > 0 && sum.is_some_and(|sum| sum <= last)
    })
}

impl WirePart {
    pub fn of(histogram: &Histogram, dropped: u32) -> Self {
        let counts = histogram.keys().into_iter().zip(histogram.counts().iter().copied()).collect();
        Self { dropped, counts }
    }

    pub fn histogram(self) -> Histogram {
        let color = |key: u64| super::packed(morton::coordinates(key));
        let (colors, counts) = self.counts.into_iter().map(|(key, n)| (color(key), n)).unzip();
        Histogram { colors, counts }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_numbers_take_few_bytes() {
        let wire = Wire { opaque: Some(vec![(3, 1), (4, 130), (200, 2)]), ..Wire::default() };
        assert_eq!(wire.to_bytes(), [1, 1, 3, 3, 1, 1, 130, 1, 196, 1, 2, 0, 0]);
        assert_eq!(Wire::from_bytes(&wire.to_bytes()), Ok(wire));
        assert_eq!(Wire::default().to_bytes(), [1, 0, 0, 0]);
    }

    #[test]
    fn bytes_of_something_else_are_refused() {
        let refused = |data: &[u8], text: &str| {
            let error = Wire::from_bytes(data).unwrap_err().to_string();
            assert!(error.contains(text), "{data:?}: {error}");
        };
        refused(&[], "another version");
        refused(&[2, 0, 0, 0], "another version");
        refused(&[1, 0, 0], "end too early");
        refused(&[1, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0], "end too early");
        refused(&[1, 0, 0, 0, 0], "out of order");
        // The same colour twice, one that does not occur, and one past the last.
        refused(&[1, 1, 2, 3, 1, 0, 1, 0, 0], "out of order");
        refused(&[1, 1, 1, 3, 0, 0, 0], "out of order");
        refused(&[1, 1, 1, 128, 128, 128, 8, 1, 0, 0], "out of order");
    }

    proptest! {
        #[test]
        fn bytes_hold_what_was_packed(
            opaque in prop::collection::btree_map(0u64..1 << 24, 1u64.., 0..40),
            bytes in prop::collection::btree_map(any::<[u8; 4]>(), 1u64.., 0..40),
            dropped in 0u32..40,
        ) {
            let mut counts: Counts =
                bytes.into_iter().map(|(c, n)| (morton::key(c.map(u16::from)), n)).collect();
            counts.sort_unstable();
            let part = WirePart { dropped, counts };
            let wire =
                Wire { opaque: Some(opaque.into_iter().collect()), bytes: Some(part), words: None };
            prop_assert_eq!(Wire::from_bytes(&wire.to_bytes()), Ok(wire));
        }

        #[test]
        fn any_bytes_are_read_or_refused(data in prop::collection::vec(any::<u8>(), 0..60)) {
            let versioned: Vec<u8> = [VERSION].into_iter().chain(data).collect();
            if let Ok(wire) = Wire::from_bytes(&versioned) {
                prop_assert_eq!(Wire::from_bytes(&wire.to_bytes()), Ok(wire));
            }
        }
    }
}
