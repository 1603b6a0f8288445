//! Labels of a frame that are worth their bits in an LZW stream.
//!
//! LZW writes phrases that it has met before as one code each, and learns a phrase with every code. What
//! labels cost is told by that dictionary alone. So the search walks the trie: from where a phrase begins
//! it follows all phrases whose labels are near enough, side by side, and takes the one that costs least a
//! pixel in error and bits together. gifsicle's `--lossy` walks so, too, but takes the longest phrase
//! within a bound of errors; here both have a price.
//!
//! Errors count beyond those of the best label of each pixel, so that a pixel without a choice costs
//! nothing. How long a phrase is worth waiting for is told by what a pixel has cost so far on average.

use super::dictionary::{Dictionary, NONE};

/// Phrases that are followed side by side.
const WIDTH: usize = 12;

/// How fast the average cost of a pixel follows, in phrases.
const MEMORY: f32 = 64.0;

/// What labels of pixels cost in error.
pub trait Costs {
    /// What a pixel hands on to the next one.
    type Carry: Copy + Default;

    /// Pixels that get labels.
    fn len(&self) -> usize;

    /// The largest label.
    fn largest(&self) -> u8;

    /// The label of a pixel that can have but one.
    fn only(&self, pixel: usize) -> Option<u8>;

    /// The error of a label beyond that of the best one, and what is handed on; `None` if the pixel cannot
    /// have it. Every pixel can have one at least.
    fn of(&self, pixel: usize, label: u8, carry: Self::Carry) -> Option<(f32, Self::Carry)>;

    /// Decides on a label, and returns what is handed on.
    fn settle(&mut self, pixel: usize, label: u8, carry: Self::Carry) -> Self::Carry;
}

#[derive(Clone, Copy)]
struct Phrase<C> {
    node: u16,
    error: f32,
    carry: C,
}

/// Where a phrase begins.
struct Start<C> {
    pixel: usize,
    carry: C,
    /// Labels with which the phrase before would be longer.
    longer: Labels,
}

/// The phrase that was taken.
struct Taken {
    node: u16,
    length: usize,
    error: f32,
}

/// Finds labels, and remembers from frame to frame what pixels cost.
pub struct Search {
    weight: f32,
    average: f32,
}

impl Search {
    /// A search in which a bit is worth so much squared error.
    pub fn new(weight: f32) -> Self {
        Self { weight, average: weight }
    }

    /// The labels of a frame.
    pub fn labels<C: Costs>(&mut self, costs: &mut C) -> Vec<u8> {
        let mut dictionary = Dictionary::new(usize::from(costs.largest()) + 1);
        let mut found = vec![0; costs.len()];
        let (mut at, mut before, mut carry) = (0, NONE, C::Carry::default());
        // The first label of the phrase before.
        let mut first = 0;
        while at < costs.len() {
            let longer = Labels::that_lengthen(&dictionary, before);
            if before != NONE && dictionary.is_full() {
                dictionary.begin();
                before = NONE;
            }
            // The phrase before becomes longer by the first label of this one. So this one can go
            // through it only if both begin alike.
            let added =
                (before != NONE && !longer.has(first)).then(|| dictionary.add(before, first));
            let start = Start { pixel: at, carry, longer };
            let Taken { node, length, error } = self.best(costs, &dictionary, &start);
            let mut step = node;
            for label in found[at..at + length].iter_mut().rev() {
                let node = dictionary.node(step);
                (*label, step) = (node.label, node.parent);
            }
            for pixel in at..at + length {
                carry = costs.settle(pixel, found[pixel], carry);
            }
            let cost = (error + self.price(&dictionary)) / length as f32;
            self.average += (cost - self.average) / MEMORY;
            first = found[at];
            match added {
                Some(added) => dictionary.relabel(added, first),
                None if before != NONE && !start.longer.has(first) => {
                    dictionary.add(before, first);
                }
                None => {}
            }
            (before, at) = (node, at + length);
        }
        found
    }

    /// What a code costs.
    fn price(&self, dictionary: &Dictionary) -> f32 {
        self.weight * dictionary.code_bits() as f32
    }

    /// The phrase that is worth most from a pixel on.
    fn best<C: Costs>(&self, costs: &C, dictionary: &Dictionary, start: &Start<C::Carry>) -> Taken {
        let bound = self.price(dictionary) + self.average;
        let mut now = singles(costs, start, bound);
        let mut next = Vec::new();
        let Some(&Phrase { node, error, .. }) = cheapest(&now) else {
            unreachable!("every pixel can have a label")
        };
        let mut taken = Taken { node, length: 1, error };
        let mut most = f32::NEG_INFINITY;
        for length in 1.. {
            let Some(&Phrase { node, error, carry }) = cheapest(&now) else { break };
            let (worth, pixel) = (length as f32 * self.average - error, start.pixel + length);
            let is_end = pixel == costs.len();
            if worth >= most && (is_end || can_end(costs, dictionary, node, (pixel, carry))) {
                (taken, most) = (Taken { node, length, error }, worth);
            }
            if is_end {
                break;
            }
            let bound = bound + length as f32 * self.average;
            lengthened(costs, dictionary, pixel, bound, &now, &mut next);
            self.keep_promising(dictionary, &mut next);
            std::mem::swap(&mut now, &mut next);
        }
        taken
    }

    /// Keeps the phrases that are worth most if they go on without errors.
    fn keep_promising<C>(&self, dictionary: &Dictionary, phrases: &mut Vec<Phrase<C>>) {
        if phrases.len() > WIDTH {
            let cost = |phrase: &Phrase<C>| {
                phrase.error - f32::from(dictionary.node(phrase.node).height) * self.average
            };
            phrases.select_nth_unstable_by(WIDTH, |a, b| {
                cost(a).total_cmp(&cost(b)).then(a.node.cmp(&b.node))
            });
            phrases.truncate(WIDTH);
        }
    }
}

fn cheapest<C>(phrases: &[Phrase<C>]) -> Option<&Phrase<C>> {
    phrases.iter().min_by(|a, b| a.error.total_cmp(&b.error))
}

/// Phrases of one label, at least one.
fn singles<C: Costs>(costs: &C, start: &Start<C::Carry>, bound: f32) -> Vec<Phrase<C::Carry>> {
    let &Start { pixel, carry, ref longer } = start;
    let only = costs.only(pixel);
    let labels = only.map_or(0..=costs.largest(), |label| label..=label);
    let phrase = |label: u8| {
        let (error, carry) = costs.of(pixel, label, carry)?;
        Some(Phrase { node: label.into(), error, carry })
    };
    let mut phrases: Vec<_> =
        labels.clone().filter(|&label| !longer.has(label)).filter_map(phrase).collect();
    if phrases.is_empty() {
        // Where every label would lengthen the phrase before, one of them does.
        phrases.extend(labels.filter_map(phrase));
    }
    let least = phrases.iter().map(|phrase| phrase.error).fold(f32::INFINITY, f32::min);
    // Errors that make up for others are below 0, and so may the bound be.
    let most = (least.max(0.0) + bound).max(least);
    phrases.retain(|phrase| phrase.error <= most);
    phrases
}

/// Follows all phrases by one pixel.
fn lengthened<C: Costs>(
    costs: &C,
    dictionary: &Dictionary,
    pixel: usize,
    bound: f32,
    now: &[Phrase<C::Carry>],
    next: &mut Vec<Phrase<C::Carry>>,
) {
    next.clear();
    for phrase in now {
        for (node, label) in dictionary.longer(phrase.node) {
            if let Some((error, carry)) = costs.of(pixel, label, phrase.carry) {
                let error = phrase.error + error;
                if error <= bound {
                    next.push(Phrase { node, error, carry });
                }
            }
        }
    }
}

/// Whether a phrase can end before a pixel: it must be able to have a label that does not go on with it.
fn can_end<C: Costs>(
    costs: &C,
    dictionary: &Dictionary,
    node: u16,
    (pixel, carry): (usize, C::Carry),
) -> bool {
    let is_new = |label| dictionary.longer_by(node, label).is_none();
    match costs.only(pixel) {
        Some(label) => is_new(label),
        None => (0..=costs.largest())
            .any(|label| costs.of(pixel, label, carry).is_some() && is_new(label)),
    }
}

/// Some labels.
struct Labels([u64; 4]);

impl Labels {
    /// Those that lengthen a phrase to one that the dictionary knows; none without a phrase.
    fn that_lengthen(dictionary: &Dictionary, phrase: u16) -> Self {
        let mut labels = [0; 4];
        if phrase != NONE {
            for (_, label) in dictionary.longer(phrase) {
                labels[usize::from(label / 64)] |= 1 << (label % 64);
            }
        }
        Self(labels)
    }

    fn has(&self, label: u8) -> bool {
        self.0[usize::from(label / 64)] >> (label % 64) & 1 == 1
    }
}
