//! Where a stream of codes is best split into blocks, each with codes of its own.

use std::cmp::Reverse;
use std::ops::Range;

use libflate::lz77::Code;

use super::length;
use super::symbols::{Counts, Prices};

/// A segment is split at multiples of its grain, or at the first codes behind them: of this many
/// bytes at least, and at most this many grains.
const SMALLEST_GRAIN: usize = 1024;
const GRAINS: usize = 64;

/// A split of a segment.
pub struct Blocks {
    len: usize,
    grain: usize,
    /// For every grain of the segment its block.
    block_of: Vec<usize>,
    counts: Vec<Counts>,
    bits: u64,
}

/// Neighbouring grains with one set of codes.
struct Block {
    grains: usize,
    counts: Counts,
    bits: u64,
}

impl Block {
    fn new(grains: usize, counts: Counts) -> Self {
        let bits = counts.bits();
        Self { grains, counts, bits }
    }

    fn with(&self, next: &Self) -> Self {
        Self::new(self.grains + next.grains, self.counts.and(&next.counts))
    }
}

impl Blocks {
    /// The blocks for the codes of `len` bytes: neighbours are joined as long as that costs no
    /// bits, those that save most first.
    pub fn of(codes: &[Code], len: usize) -> Self {
        let grain = len.div_ceil(GRAINS).max(SMALLEST_GRAIN);
        let mut blocks: Vec<Block> =
            by_grain(codes, len, grain).into_iter().map(|counts| Block::new(1, counts)).collect();
        let gain = |pair: &[Block]| {
            let (apart, joined) = (pair[0].bits + pair[1].bits, pair[0].with(&pair[1]).bits);
            apart.checked_sub(joined)
        };
        // What joining a block with the next one saves, if it does not cost.
        let mut gains: Vec<Option<u64>> = blocks.windows(2).map(gain).collect();
        loop {
            let largest = gains.iter().enumerate().max_by_key(|&(i, gain)| (gain, Reverse(i)));
            let Some((i, Some(_))) = largest else { break };
            blocks[i] = blocks[i].with(&blocks[i + 1]);
            blocks.remove(i + 1);
            gains.remove(i);
            for j in [i.wrapping_sub(1), i] {
                if j < gains.len() {
                    gains[j] = gain(&blocks[j..j + 2]);
                }
            }
        }
        let numbered = blocks.iter().enumerate();
        let block_of =
            numbered.flat_map(|(i, block)| std::iter::repeat_n(i, block.grains)).collect();
        let bits = blocks.iter().map(|block| block.bits).sum();
        let counts = blocks.into_iter().map(|block| block.counts).collect();
        Self { len, grain, block_of, counts, bits }
    }

    /// Bits of all of them.
    pub fn bits(&self) -> u64 {
        self.bits
    }

    /// What codes cost in each of them.
    pub fn prices(&self) -> Vec<Prices> {
        self.counts.iter().map(Prices::of).collect()
    }

    /// The bytes of one grain after the other, and their blocks.
    pub fn parts(&self) -> impl Iterator<Item = (Range<usize>, usize)> {
        let starts = (0..self.len).step_by(self.grain);
        let part = |start| start..self.len.min(start + self.grain);
        starts.map(part).zip(self.block_of.iter().copied())
    }

    /// The block in which the code at a byte stands.
    #[inline]
    pub fn at(&self, byte: usize) -> usize {
        self.block_of[byte / self.grain]
    }

    /// The codes of each block.
    pub fn split(&self, codes: Vec<Code>) -> Vec<Vec<Code>> {
        let mut blocks: Vec<Vec<Code>> = self.counts.iter().map(|_| Vec::new()).collect();
        let mut at = 0;
        for code in codes {
            blocks[self.at(at)].push(code);
            at += length(code);
        }
        blocks
    }
}

fn by_grain(codes: &[Code], len: usize, grain: usize) -> Vec<Counts> {
    let mut counts = vec![Counts::new(); len.div_ceil(grain).max(1)];
    let mut at = 0;
    for &code in codes {
        counts[at / grain].count(code);
        at += length(code);
    }
    counts
}
