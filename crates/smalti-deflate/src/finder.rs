//! What a stream says again: for every byte, earlier places that go on in the same way.
//!
//! Places with equal first bytes are linked in chains, newest first. In a long run all places
//! begin alike, so those with runs are linked by what matters about them: how long the run goes on
//! and what comes behind it.

use std::ops::Range;

use super::symbols::{MAX_LENGTH, MIN_LENGTH};

/// How far back a match may lie.
const WINDOW: usize = 1 << 15;

/// Bits of a chain's number: about as many chains as places in the window.
const HASH_BITS: u32 = 15;

/// Bytes that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    pub length: u16,
    pub distance: u16,
}

/// The matches of every byte of a segment: the longer, the farther back.
pub struct Matches {
    starts: Vec<u32>,
    found: Vec<Match>,
}

impl Matches {
    /// Finds those of the bytes of `segment`. On each chain it gives up after `depth` places without a
    /// longer match.
    pub fn find(data: &[u8], segment: Range<usize>, depth: usize) -> Self {
        let begin = segment.start.saturating_sub(WINDOW);
        let bytes = &data[begin..segment.end];
        let runs = runs(bytes);
        let (mut by_start, mut by_run) = (Chains::new(bytes.len()), Chains::new(bytes.len()));
        let mut starts = Vec::with_capacity(segment.len() + 1);
        let mut found = Vec::with_capacity(2 * segment.len());
        for at in 0..bytes.len() {
            let place = Place::of(bytes, &runs, at);
            if at + begin >= segment.start {
                starts.push(found.len() as u32);
                let first = found.len();
                if place.goes_on {
                    found.push(Match { length: runs[at], distance: 1 });
                }
                // Nothing is longer than the longest match, or nearer than the byte before.
                if !(place.goes_on && usize::from(runs[at]) == MAX_LENGTH) {
                    if let Some(key) = place.start {
                        by_start.search(bytes, at, key, depth, &mut found);
                    }
                    if let Some(key) = place.run {
                        by_run.search(bytes, at, key, depth, &mut found);
                    }
                    keep_useful(&mut found, first);
                }
            }
            if let Some(key) = place.start {
                by_start.insert(at, key);
            }
            if let Some(key) = place.run {
                by_run.insert(at, key);
            }
        }
        starts.push(found.len() as u32);
        Self { starts, found }
    }

    /// Whether the segment has this byte.
    #[inline]
    pub fn has(&self, byte: usize) -> bool {
        byte + 1 < self.starts.len()
    }

    /// Those of a byte of the segment.
    #[inline]
    pub fn at(&self, byte: usize) -> &[Match] {
        &self.found[self.starts[byte] as usize..self.starts[byte + 1] as usize]
    }
}

/// How a place is found again: the numbers of its chains.
struct Place {
    /// Whether it lies inside a run that goes on for a match.
    goes_on: bool,
    /// By its first three bytes, unless it lies there.
    start: Option<usize>,
    /// By the run that it begins with and the two bytes behind, if it does.
    run: Option<usize>,
}

impl Place {
    fn of(bytes: &[u8], runs: &[u16], at: usize) -> Self {
        let run = usize::from(runs[at]);
        let begins_with_run = run >= MIN_LENGTH;
        let goes_on = begins_with_run && at > 0 && bytes[at - 1] == bytes[at];
        let byte = |i: usize| u32::from(bytes.get(i).copied().unwrap_or(0));
        let hash = |key: u32| (key.wrapping_mul(0x9e37_79b1) >> (u32::BITS - HASH_BITS)) as usize;
        let key = |second: usize| byte(at) | byte(second) << 8 | byte(second + 1) << 16;
        let has_start = !goes_on && at + MIN_LENGTH <= bytes.len();
        Self {
            goes_on,
            start: has_start.then(|| hash(key(at + 1))),
            run: begins_with_run.then(|| hash(key(at + run) | (run.min(255) as u32) << 24)),
        }
    }
}

/// For every byte how many from here on equal it, up to the longest match.
fn runs(bytes: &[u8]) -> Vec<u16> {
    let mut runs = vec![1; bytes.len()];
    for at in (1..bytes.len()).rev() {
        if bytes[at - 1] == bytes[at] {
            runs[at - 1] = (runs[at] + 1).min(MAX_LENGTH as u16);
        }
    }
    runs
}

/// Leaves out matches that are no longer than a nearer one.
fn keep_useful(found: &mut Vec<Match>, first: usize) {
    found[first..].sort_unstable_by_key(|m| (m.distance, m.length));
    let mut end = first;
    for i in first..found.len() {
        if end == first || found[i].length > found[end - 1].length {
            found[end] = found[i];
            end += 1;
        }
    }
    found.truncate(end);
}

/// Places linked by their keys.
struct Chains {
    newest: Vec<u32>,
    before: Vec<u32>,
}

impl Chains {
    const END: u32 = u32::MAX;

    fn new(places: usize) -> Self {
        Self { newest: vec![Self::END; 1 << HASH_BITS], before: vec![Self::END; places] }
    }

    fn insert(&mut self, at: usize, key: usize) {
        self.before[at] = std::mem::replace(&mut self.newest[key], at as u32);
    }

    /// Adds matches of the bytes from `at` on, each longer than the ones before.
    fn search(&self, bytes: &[u8], at: usize, key: usize, depth: usize, found: &mut Vec<Match>) {
        let most = (bytes.len() - at).min(MAX_LENGTH);
        let mut longest = MIN_LENGTH - 1;
        let mut other = self.newest[key];
        let mut left = depth;
        while left > 0 {
            left -= 1;
            let place = other as usize;
            if other == Self::END || at - place > WINDOW || longest >= most {
                break;
            }
            if bytes[place + longest] == bytes[at + longest] {
                let length = common(&bytes[place..], &bytes[at..], most);
                if length > longest {
                    let distance = (at - place) as u16;
                    found.push(Match { length: length as u16, distance });
                    longest = length;
                    left = depth;
                }
            }
            other = self.before[place];
        }
    }
}

/// How many bytes are equal, up to `most`.
fn common(one: &[u8], other: &[u8], most: usize) -> usize {
    let words = one[..most].as_chunks().0.iter().zip(other[..most].as_chunks().0);
    let mut length = 0;
    for (a, b) in words {
        let different = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if different != 0 {
            return length + different.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let rest = one[length..most].iter().zip(&other[length..most]);
    length + rest.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn matches_are_as_found_by_hand() {
        let bytes = *b"abcabcdabcd";
        let matches = Matches::find(&bytes, 0..bytes.len(), 8);
        let found = |length, distance| Match { length, distance };
        assert_eq!(matches.at(2), []);
        assert_eq!(matches.at(3), [found(3, 3)]);
        // The nearer place goes on longer than the first.
        assert_eq!(matches.at(7), [found(4, 4)]);
        assert_eq!(matches.at(9), []);
    }

    #[test]
    fn runs_are_found_at_once_and_where_the_same_follows_them() {
        let bytes = *b"00000xy1000000xy2";
        let matches = Matches::find(&bytes, 0..bytes.len(), 8);
        let found = |length, distance| Match { length, distance };
        assert_eq!(matches.at(1), [found(4, 1)]);
        // At its start a run is like an earlier one, inside it like itself; the place with as much
        // left of its run goes on with x and y.
        assert_eq!(matches.at(8), [found(5, 8)]);
        assert_eq!(matches.at(9), [found(5, 1), found(7, 9)]);
    }

    proptest! {
        #[test]
        fn matches_are_true_and_the_longer_the_farther(
            parts in prop::collection::vec((0u8..3, 1usize..20), 1..80),
            depth in 0usize..12,
            split in 0.0f64..1.0,
        ) {
            let bytes: Vec<u8> =
                parts.iter().flat_map(|&(byte, length)| vec![byte; length]).collect();
            let start = (bytes.len() as f64 * split) as usize;
            let matches = Matches::find(&bytes, start..bytes.len(), depth);
            for at in start..bytes.len() {
                let found = matches.at(at - start);
                for m in found {
                    let (length, distance) = (usize::from(m.length), usize::from(m.distance));
                    prop_assert!((MIN_LENGTH..=MAX_LENGTH).contains(&length));
                    prop_assert!((1..=WINDOW.min(at)).contains(&distance));
                    let earlier = &bytes[at - distance..][..length];
                    prop_assert_eq!(&bytes[at..at + length], earlier);
                }
                let farther = |pair: &[Match]| {
                    pair[0].length < pair[1].length && pair[0].distance < pair[1].distance
                };
                prop_assert!(found.windows(2).all(farther));
            }
        }
    }
    #[test]
    fn what_is_farther_back_than_the_window_is_not_found() {
        let rare = b"rare string";
        for (gap, found) in [(WINDOW, true), (WINDOW + 1, false)] {
            // Bytes that never repeat three in a row as those of the string.
            let mut bytes: Vec<u8> = rare.to_vec();
            bytes.extend((rare.len()..gap).map(|i| (i / 7 % 90) as u8));
            bytes.extend(rare);
            for start in [0, 5, gap] {
                let matches = Matches::find(&bytes, start..bytes.len(), 4);
                let expected = Match { length: rare.len() as u16, distance: WINDOW as u16 };
                assert_eq!(matches.at(gap - start).contains(&expected), found, "{gap}, {start}");
            }
        }
    }
}
