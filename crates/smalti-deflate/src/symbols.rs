//! The symbols of deflate, how often they stand somewhere, and what they cost then.

use libflate::lz77::Code;

/// Length of the longest match.
pub const MAX_LENGTH: usize = 258;

/// Length of the shortest one.
pub const MIN_LENGTH: usize = 3;

/// Symbols of the code that literals, the end of a block and lengths share, and of the one for
/// distances (RFC 1951, 3.2.5).
const LITERALS: usize = 286;
const DISTANCES: usize = 30;
const END_OF_BLOCK: usize = 256;
const FIRST_LENGTH: usize = 257;

/// Bits of the longest code, and of the longest one for the lengths of codes.
const MAX_BITS: u8 = 15;
const MAX_LENGTH_BITS: u8 = 7;

/// What a symbol without a code costs: no less than any other, so that it stays rare.
const UNSEEN_BITS: u8 = MAX_BITS;

/// The shortest length of every length symbol.
const LENGTH_BASES: [u16; LITERALS - FIRST_LENGTH] = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
];

/// How often the symbols of deflate stand in a part of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    literals: [u32; LITERALS],
    distances: [u32; DISTANCES],
}

impl Counts {
    /// None yet.
    pub fn new() -> Self {
        Self { literals: [0; LITERALS], distances: [0; DISTANCES] }
    }

    /// Counts the symbols of a code.
    pub fn count(&mut self, code: Code) {
        match code {
            Code::Literal(byte) => self.literals[usize::from(byte)] += 1,
            Code::Pointer { length, backward_distance } => {
                self.literals[FIRST_LENGTH + length_symbol(length)] += 1;
                self.distances[distance_symbol(backward_distance)] += 1;
            }
        }
    }

    /// Those of two parts.
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.literals.iter_mut().zip(&other.literals).for_each(|(sum, more)| *sum += more);
        both.distances.iter_mut().zip(&other.distances).for_each(|(sum, more)| *sum += more);
        both
    }

    /// Bits of a block with these symbols.
    pub fn bits(&self) -> u64 {
        let (literals, distances) = self.code_lengths();
        let ends = u64::from(literals[END_OF_BLOCK]);
        let literal_bits =
            self.literals.iter().zip(&literals).enumerate().map(|(i, (&n, &bits))| {
                let extra = if i < FIRST_LENGTH { 0 } else { extra_length_bits(i - FIRST_LENGTH) };
                u64::from(n) * u64::from(bits + extra)
            });
        let distance_bits = self.distances.iter().zip(&distances).enumerate();
        let distance_bits = distance_bits
            .map(|(i, (&n, &bits))| u64::from(n) * u64::from(bits + extra_distance_bits(i)));
        header_bits(&literals, &distances)
            + ends
            + literal_bits.sum::<u64>()
            + distance_bits.sum::<u64>()
    }

    /// Bits of the codes for literals, ends and lengths, and for distances.
    fn code_lengths(&self) -> ([u8; LITERALS], [u8; DISTANCES]) {
        let mut literals = self.literals;
        literals[END_OF_BLOCK] = 1;
        (code_lengths(&literals, MAX_BITS), code_lengths(&self.distances, MAX_BITS))
    }
}

/// What literals, lengths and distances cost, in bits.
pub struct Prices {
    /// For every byte.
    pub literals: [u32; 256],
    /// For every length; those below [`MIN_LENGTH`] are not used.
    pub lengths: [u32; MAX_LENGTH + 1],
    distances: [u32; DISTANCES],
}

impl Prices {
    /// Those in a block with these symbols.
    pub fn of(counts: &Counts) -> Self {
        let (literals, distances) = counts.code_lengths();
        let price = |bits: u8| u32::from(if bits == 0 { UNSEEN_BITS } else { bits });
        Self {
            literals: std::array::from_fn(|byte| price(literals[byte])),
            lengths: std::array::from_fn(|length| {
                let symbol = length_symbol(length.max(MIN_LENGTH) as u16);
                price(literals[FIRST_LENGTH + symbol]) + u32::from(extra_length_bits(symbol))
            }),
            distances: std::array::from_fn(|symbol| {
                price(distances[symbol]) + u32::from(extra_distance_bits(symbol))
            }),
        }
    }

    /// The price of a distance.
    #[inline]
    pub fn distance(&self, distance: u16) -> u32 {
        self.distances[distance_symbol(distance)]
    }
}

/// The longest length, up to `longest`, that is written with the same symbol as `length`.
#[inline]
pub fn longest_alike(length: usize, longest: usize) -> usize {
    LONGEST_ALIKE[length].min(longest as u16).into()
}

/// For every length the longest one with the same symbol.
const LONGEST_ALIKE: [u16; MAX_LENGTH + 1] = {
    let mut longest = [0; MAX_LENGTH + 1];
    let mut length = MIN_LENGTH;
    while length < MAX_LENGTH {
        longest[length] = LENGTH_BASES[LENGTH_SYMBOLS[length] as usize + 1] - 1;
        length += 1;
    }
    longest[MAX_LENGTH] = MAX_LENGTH as u16;
    longest
};

const LENGTH_SYMBOLS: [u8; MAX_LENGTH + 1] = {
    let mut symbols = [0; MAX_LENGTH + 1];
    let (mut length, mut symbol) = (MIN_LENGTH, 0);
    while length <= MAX_LENGTH {
        if symbol + 1 < LENGTH_BASES.len() && LENGTH_BASES[symbol + 1] as usize == length {
            symbol += 1;
        }
        symbols[length] = symbol as u8;
        length += 1;
    }
    symbols
};

fn length_symbol(length: u16) -> usize {
    LENGTH_SYMBOLS[usize::from(length)].into()
}

fn extra_length_bits(symbol: usize) -> u8 {
    // Groups of four symbols; the last one is for the longest length alone.
    if symbol < 8 || symbol == LENGTH_BASES.len() - 1 { 0 } else { (symbol / 4 - 1) as u8 }
}

#[inline]
fn distance_symbol(distance: u16) -> usize {
    let before = usize::from(distance) - 1;
    if before < 4 {
        return before;
    }
    // The highest bit, and the next one.
    let high = before.ilog2() as usize;
    2 * high + (before >> (high - 1) & 1)
}

fn extra_distance_bits(symbol: usize) -> u8 {
    (symbol / 2).saturating_sub(1) as u8
}

/// Symbols for the lengths of codes (RFC 1951, 3.2.7): the lengths 0 to 15, the last one again,
/// some zeros and many; and the order in which their own lengths are written.
const LENGTH_CODES: usize = 19;
const AGAIN: usize = 16;
const ZEROS: usize = 17;
const MANY_ZEROS: usize = 18;
const ORDER: [usize; LENGTH_CODES] =
    [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Bits of what stands before a block's symbols: the lengths of their codes, in runs, themselves
/// coded.
fn header_bits(literals: &[u8; LITERALS], distances: &[u8; DISTANCES]) -> u64 {
    // Decoders want a distance even where there is none.
    let distances = if *distances == [0; DISTANCES] { &[1; DISTANCES][..1] } else { distances };
    let used = |lengths: &[u8], least: usize| {
        lengths.iter().rposition(|&bits| bits > 0).map_or(least, |last| least.max(last + 1))
    };
    let mut counts = [0; LENGTH_CODES];
    let extra = count_runs(&literals[..used(literals, FIRST_LENGTH)], &mut counts)
        + count_runs(&distances[..used(distances, 1)], &mut counts);
    let codes = code_lengths(&counts, MAX_LENGTH_BITS);
    let coded: u64 =
        counts.iter().zip(codes).map(|(&n, bits)| u64::from(n) * u64::from(bits)).sum();
    let written = ORDER.iter().rposition(|&i| counts[i] > 0).map_or(4, |last| 4.max(last + 1));
    // Of the 17 bits 3 say what block this is, the others how many codes there are.
    17 + 3 * written as u64 + extra + coded
}

/// Counts the symbols for these lengths of codes; returns their extra bits.
fn count_runs(lengths: &[u8], counts: &mut [u32; LENGTH_CODES]) -> u64 {
    let mut extra = 0;
    for run in lengths.chunk_by(|a, b| a == b) {
        let (bits, mut left) = (usize::from(run[0]), run.len());
        if bits > 0 {
            counts[bits] += 1;
            left -= 1;
        }
        while left >= 3 {
            let (symbol, longest, symbol_bits) = match (bits, left) {
                (0, 11..) => (MANY_ZEROS, 138, 7),
                (0, _) => (ZEROS, 10, 3),
                _ => (AGAIN, 6, 2),
            };
            counts[symbol] += 1;
            extra += symbol_bits;
            left -= left.min(longest);
        }
        counts[bits] += left as u32;
    }
    extra
}

/// Bits of Huffman's codes, at most `most`; 0 for what does not occur.
fn code_lengths<const N: usize>(counts: &[u32; N], most: u8) -> [u8; N] {
    let mut counts = *counts;
    loop {
        let lengths = unlimited_code_lengths(&counts);
        if lengths.iter().all(|&bits| bits <= most) {
            return lengths;
        }
        // Flatter counts have shorter codes. They are not the best ones of this length, which the
        // stream has, but near them.
        counts.iter_mut().filter(|n| **n > 0).for_each(|n| *n = *n / 2 + 1);
    }
}

/// The same, however long (J. van Leeuwen, "On the construction of Huffman trees", 1976): the
/// symbols by their counts are one queue in order, the nodes as they are made another.
fn unlimited_code_lengths<const N: usize>(counts: &[u32; N]) -> [u8; N] {
    let mut lengths = [0; N];
    let mut symbols: Vec<(u32, usize)> =
        counts.iter().enumerate().filter(|(_, n)| **n > 0).map(|(i, &n)| (n, i)).collect();
    symbols.sort_unstable();
    if let [(_, only)] = symbols[..] {
        lengths[only] = 1;
        return lengths;
    }
    // Nodes are numbered from N on.
    let mut nodes: Vec<(u32, [usize; 2])> = Vec::with_capacity(N);
    let (mut next_symbol, mut next_node) = (0, 0);
    for _ in 1..symbols.len() {
        let mut least = || {
            let symbol = symbols.get(next_symbol);
            let node = nodes.get(next_node);
            match (symbol, node) {
                (Some(&(n, i)), _) if node.is_none_or(|&(other, _)| n <= other) => {
                    next_symbol += 1;
                    (n, i)
                }
                (_, Some(&(n, _))) => {
                    next_node += 1;
                    (n, N + next_node - 1)
                }
                _ => unreachable!("as many are left as are joined"),
            }
        };
        let (one, other) = (least(), least());
        nodes.push((one.0 + other.0, [one.1, other.1]));
    }
    let mut depths = vec![0u8; nodes.len()];
    for (node, (_, children)) in nodes.iter().enumerate().rev() {
        for &child in children {
            let depth = depths[node] + 1;
            if child < N { lengths[child] = depth } else { depths[child - N] = depth }
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_have_the_symbols_and_bits_of_rfc_1951() {
        // First and last length of a symbol, the symbol, its extra bits.
        let rows = [
            (3, 3, 257, 0),
            (10, 10, 264, 0),
            (11, 12, 265, 1),
            (19, 22, 269, 2),
            (59, 66, 276, 3),
            (115, 130, 280, 4),
            (131, 162, 281, 5),
            (227, 257, 284, 5),
            (258, 258, 285, 0),
        ];
        for (first, last, symbol, bits) in rows {
            assert_eq!(FIRST_LENGTH + length_symbol(first), symbol);
            assert_eq!(FIRST_LENGTH + length_symbol(last), symbol);
            assert_eq!(extra_length_bits(symbol - FIRST_LENGTH), bits);
            assert_eq!(longest_alike(first.into(), MAX_LENGTH), usize::from(last));
        }
        assert_eq!(longest_alike(20, 21), 21);
    }

    #[test]
    fn distances_have_the_symbols_and_bits_of_rfc_1951() {
        let rows = [
            (1, 1, 0, 0),
            (4, 4, 3, 0),
            (5, 6, 4, 1),
            (7, 8, 5, 1),
            (9, 12, 6, 2),
            (193, 256, 15, 6),
            (16_385, 24_576, 28, 13),
            (24_577, 32_768, 29, 13),
        ];
        for (first, last, symbol, bits) in rows {
            assert_eq!((distance_symbol(first), distance_symbol(last)), (symbol, symbol));
            assert_eq!(extra_distance_bits(symbol), bits);
        }
    }

    #[test]
    fn codes_of_few_symbols_are_as_computed_by_hand() {
        assert_eq!(code_lengths(&[0, 0, 0, 0], MAX_BITS), [0, 0, 0, 0]);
        assert_eq!(code_lengths(&[0, 9, 0, 0], MAX_BITS), [0, 1, 0, 0]);
        assert_eq!(code_lengths(&[8, 4, 2, 2], MAX_BITS), [1, 2, 3, 3]);
        assert_eq!(code_lengths(&[5, 5, 5, 5], MAX_BITS), [2, 2, 2, 2]);
    }

    #[test]
    fn counts_of_which_each_is_as_large_as_all_smaller_ones_still_get_short_codes() {
        let counts: [u32; 30] = std::array::from_fn(|i| 1 << i);
        let lengths = code_lengths(&counts, MAX_BITS);
        assert!(lengths.iter().all(|&bits| (1..=MAX_BITS).contains(&bits)));
    }

    proptest! {
        #[test]
        fn codes_are_complete_and_the_frequent_are_not_longer(
            counts in prop::array::uniform32(0u32..1000),
        ) {
            let lengths = code_lengths(&counts, MAX_BITS);
            let used: Vec<usize> = (0..counts.len()).filter(|&i| counts[i] > 0).collect();
            prop_assume!(used.len() > 1);
            // Kraft's sum of a complete code is 1.
            let sum: u32 = used.iter().map(|&i| 1 << (MAX_BITS - lengths[i])).sum();
            prop_assert_eq!(sum, 1 << MAX_BITS);
            for (&a, &b) in used.iter().zip(&used[1..]) {
                prop_assert!(counts[a] <= counts[b] || lengths[a] <= lengths[b]);
            }
        }
    }
}
