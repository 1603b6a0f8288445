//! Ways through a segment: which codes write it.

#![expect(clippy::inline_always, reason = "a function for every byte")]

use libflate::lz77::Code;

use super::blocks::Blocks;
use super::finder::{Match, Matches};
use super::symbols::{MAX_LENGTH, MIN_LENGTH, Prices, longest_alike};

/// Bytes of a long match, and of a long run of one byte. Where zeros are many and cost a bit each,
/// ways that begin with shorter ones end up to 4 % above the best: many matches make all of them
/// cheap.
const LONG_MATCH: u16 = 12;
const LONG_RUN: u16 = 16;

/// A way with long matches only.
pub fn of_long_matches(bytes: &[u8], matches: &Matches) -> Vec<Code> {
    greedy(bytes, matches, |m| m.length >= if m.distance == 1 { LONG_RUN } else { LONG_MATCH })
}

/// A way with all matches, the longest ones.
pub fn of_all_matches(bytes: &[u8], matches: &Matches) -> Vec<Code> {
    greedy(bytes, matches, |_| true)
}

/// A way without matches.
pub fn of_literals(bytes: &[u8], _: &Matches) -> Vec<Code> {
    bytes.iter().map(|&byte| Code::Literal(byte)).collect()
}

fn greedy(bytes: &[u8], matches: &Matches, wanted: impl Fn(&Match) -> bool) -> Vec<Code> {
    let mut codes = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(found) = matches.at(at).last().filter(|m| wanted(m)) {
            codes.push(pointer(found.length, found.distance));
            at += usize::from(found.length);
        } else {
            codes.push(Code::Literal(bytes[at]));
            at += 1;
        }
    }
    codes
}

/// The cheapest way at the prices of the blocks, of those that take the nearest match of a length,
/// of lengths with one symbol the longest, and runs to their ends.
pub fn cheapest(bytes: &[u8], matches: &Matches, blocks: &Blocks) -> Vec<Code> {
    let prices = blocks.prices();
    let mut way = Way::new(bytes.len());
    for (part, block) in blocks.parts() {
        for at in part {
            way.go_on(bytes, matches, at, &prices[block]);
        }
    }
    walked(bytes, &way.steps)
}

/// The cheapest ways to every byte.
struct Way {
    /// What it costs to get there.
    costs: Vec<u32>,
    /// The last step there: its length, and its distance, or 0 for a literal.
    steps: Vec<Match>,
}

impl Way {
    fn new(len: usize) -> Self {
        let mut costs = vec![u32::MAX; len + 1];
        costs[0] = 0;
        Self { costs, steps: vec![Match { length: 1, distance: 0 }; len + 1] }
    }

    #[inline(always)]
    fn reach(&mut self, at: usize, step: Match, cost: u32) {
        let there = at + usize::from(step.length);
        if cost < self.costs[there] {
            self.costs[there] = cost;
            self.steps[there] = step;
        }
    }

    /// Takes all steps from a byte.
    #[inline(always)]
    fn go_on(&mut self, bytes: &[u8], matches: &Matches, at: usize, prices: &Prices) {
        let so_far = self.costs[at];
        if so_far == u32::MAX {
            // Only short steps within a repetition would lead here.
            return;
        }
        if let Some(found) = within_repetition(matches, at) {
            let price = prices.distance(found.distance) + prices.lengths[MAX_LENGTH];
            self.reach(at, found, so_far + price);
            return;
        }
        let literal = prices.literals[usize::from(bytes[at])];
        self.reach(at, Match { length: 1, distance: 0 }, so_far + literal);
        let mut found = matches.at(at);
        let mut length = MIN_LENGTH;
        if let [run, farther @ ..] = found
            && is_within_run(matches, at)
        {
            let price = prices.distance(1) + prices.lengths[usize::from(run.length)];
            self.reach(at, *run, so_far + price);
            length = usize::from(run.length) + 1;
            found = farther;
        }
        for &Match { length: longest, distance } in found {
            let there = so_far + prices.distance(distance);
            while length <= usize::from(longest) {
                // Of lengths that cost the same, the longest.
                length = longest_alike(length, longest.into());
                let step = Match { length: length as u16, distance };
                self.reach(at, step, there + prices.lengths[length]);
                length += 1;
            }
        }
    }
}

/// Whether the byte lies in a run, as the one before does. A run that is written as a literal, a short
/// match and literals is written as well with the match first; so from here the match goes to its end.
fn is_within_run(matches: &Matches, at: usize) -> bool {
    let is_in_run = |at: usize| matches.at(at).first().is_some_and(|found| found.distance == 1);
    is_in_run(at) && at.checked_sub(1).is_some_and(is_in_run)
}

/// The longest match where the bytes before and those behind it go on in the same way. Shorter steps are
/// most of the work there and save little (docs/formats.md tells how much).
fn within_repetition(matches: &Matches, at: usize) -> Option<Match> {
    let longest = |at: usize| {
        matches.at(at).last().copied().filter(|found| usize::from(found.length) == MAX_LENGTH)
    };
    let found = longest(at)?;
    let before = at.checked_sub(1)?;
    let is_within = matches.has(at + MAX_LENGTH)
        && longest(before).is_some()
        && longest(at + MAX_LENGTH).is_some();
    is_within.then_some(found)
}

/// The codes of the steps that lead to the end.
fn walked(bytes: &[u8], steps: &[Match]) -> Vec<Code> {
    let mut codes = Vec::new();
    let mut at = bytes.len();
    while at > 0 {
        let Match { length, distance } = steps[at];
        at -= usize::from(length);
        codes.push(if distance == 0 {
            Code::Literal(bytes[at])
        } else {
            pointer(length, distance)
        });
    }
    codes.reverse();
    codes
}

fn pointer(length: u16, backward_distance: u16) -> Code {
    Code::Pointer { length, backward_distance }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::length;

    #[test]
    fn a_repetition_is_crossed_by_the_longest_matches() {
        let row: Vec<u8> = (0..90u32).map(|i| (i * i % 251) as u8).collect();
        let (repeated, zeros) = (row.repeat(40), vec![0; 5000]);
        let bytes = [row.as_slice(), &zeros, &repeated, &[1, 2, 3]].concat();
        let matches = Matches::find(&bytes, 0..bytes.len(), 16);
        let blocks = Blocks::of(&of_all_matches(&bytes, &matches), bytes.len());
        let codes = cheapest(&bytes, &matches, &blocks);
        assert_eq!(codes.iter().copied().map(length).sum::<usize>(), bytes.len());
        let longest = codes.iter().filter(|&&code| length(code) == MAX_LENGTH).count();
        // 4,999 zeros behind the first, and 39 rows behind one.
        assert_eq!(longest, 4999 / MAX_LENGTH + 39 * 90 / MAX_LENGTH);
        // The rows that are written out, what is left of both repetitions, and the end.
        assert!(codes.len() < longest + 2 * row.len() + 12, "{} {longest}", codes.len());
    }
}
