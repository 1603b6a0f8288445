//! The dictionary of an LZW coder, as `weezl` keeps it: a trie of the phrases that it has codes for.

/// No node.
pub const NONE: u16 = u16::MAX;

/// Codes that there may be; then the coder begins anew.
const MAX_CODES: usize = 1 << 12;

/// Codes beside the labels: to begin anew, and to end.
const CONTROL_CODES: usize = 2;

/// A node of the trie: a phrase that has a code.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// Its last label.
    pub label: u8,
    /// The phrase without it; [`NONE`] for single labels.
    pub parent: u16,
    /// Labels by which the longest phrase is longer that begins with this one.
    pub height: u16,
    /// The latest phrase that is one label longer.
    child: u16,
    /// The one before it of the same parent.
    sibling: u16,
}

/// The phrases. Those of one label have its number.
pub struct Dictionary {
    /// The two control codes have no node.
    nodes: Vec<Node>,
    labels: usize,
}

impl Dictionary {
    /// A dictionary of single labels, as many as there are.
    pub fn new(labels: usize) -> Self {
        let mut dictionary = Self { nodes: Vec::with_capacity(MAX_CODES), labels };
        dictionary.begin();
        dictionary
    }

    /// Forgets all phrases but single labels.
    pub fn begin(&mut self) {
        let alone = |label| Node {
            label: label as u8,
            parent: NONE,
            height: 0,
            child: NONE,
            sibling: NONE,
        };
        self.nodes.clear();
        self.nodes.extend((0..self.labels).map(alone));
    }

    /// A phrase.
    pub fn node(&self, at: u16) -> Node {
        self.nodes[usize::from(at)]
    }

    /// The phrases that are one label longer.
    pub fn longer(&self, at: u16) -> impl Iterator<Item = (u16, u8)> + '_ {
        let first = Some(self.node(at).child).filter(|&child| child != NONE);
        let next = |&child: &u16| Some(self.node(child).sibling).filter(|&next| next != NONE);
        std::iter::successors(first, next).map(|child| (child, self.node(child).label))
    }

    /// The phrase that is longer by a label, if there is one.
    pub fn longer_by(&self, at: u16, label: u8) -> Option<u16> {
        self.longer(at).find(|&(_, last)| last == label).map(|(child, _)| child)
    }

    /// Whether the coder begins anew instead of adding a phrase.
    pub fn is_full(&self) -> bool {
        self.codes() == MAX_CODES
    }

    /// Changes the last label of a phrase that no longer one begins with.
    pub fn relabel(&mut self, at: u16, label: u8) {
        self.nodes[usize::from(at)].label = label;
    }

    /// Adds a phrase that is not there, to a dictionary that is not full.
    pub fn add(&mut self, at: u16, label: u8) -> u16 {
        let new = self.nodes.len() as u16;
        let sibling = self.node(at).child;
        self.nodes.push(Node { label, parent: at, height: 0, child: NONE, sibling });
        self.nodes[usize::from(at)].child = new;
        let (mut above, mut height) = (at, 1);
        while above != NONE && self.node(above).height < height {
            self.nodes[usize::from(above)].height = height;
            (above, height) = (self.node(above).parent, height + 1);
        }
        new
    }

    /// Bits of a code.
    pub fn code_bits(&self) -> u32 {
        (self.codes() - 1).ilog2() + 1
    }

    fn codes(&self) -> usize {
        self.nodes.len() + self.labels.next_power_of_two().max(4) - self.labels + CONTROL_CODES
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use gif::Frame;
    use proptest::prelude::*;

    use super::*;

    /// Bits of the codes of labels, as the dictionary tells them.
    fn bits(labels: &[u8], count: usize) -> usize {
        let (mut dictionary, mut bits) = (Dictionary::new(count), 0);
        let mut at = u16::from(labels[0]);
        for &label in &labels[1..] {
            if let Some(longer) = dictionary.longer_by(at, label) {
                at = longer;
                continue;
            }
            bits += dictionary.code_bits() as usize;
            if dictionary.is_full() {
                dictionary.begin();
            } else {
                dictionary.add(at, label);
            }
            at = u16::from(label);
        }
        bits + dictionary.code_bits() as usize
    }

    /// Bytes that the encoder takes.
    fn written(labels: &[u8]) -> usize {
        let buffer = Cow::Borrowed(labels);
        let mut frame = Frame { width: 1, height: 1, buffer, ..Frame::default() };
        frame.make_lzw_pre_encoded();
        frame.buffer.len()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn bits_are_about_those_that_the_encoder_writes(
            count in 2usize..=256,
            length in 1usize..30_000,
            spread in 1u32..5,
            seed: u32,
        ) {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 8) as usize % count).pow(spread) / count.pow(spread - 1)
            };
            let mut labels: Vec<u8> = (0..length).map(|_| next() as u8).collect();
            // The encoder takes the largest label for their number.
            labels[0] = (count - 1) as u8;
            // The codes to begin and to end are beside them. `weezl` takes up to a percent more than the
            // codes of LZW as it is described.
            let (told, found) = (bits(&labels, count) / 8, written(&labels));
            prop_assert!(told <= found && found <= told + 8 + told / 100, "{told} {found}");
        }
    }

    #[test]
    fn heights_are_those_of_the_longest_phrases() {
        let mut dictionary = Dictionary::new(4);
        dictionary.add(0, 1);
        dictionary.add(4, 2);
        dictionary.add(0, 3);
        let heights: Vec<u16> = (0..7).map(|at| dictionary.node(at).height).collect();
        assert_eq!(heights, [2, 0, 0, 0, 1, 0, 0]);
        assert_eq!(dictionary.longer(0).map(|(_, label)| label).collect::<Vec<_>>(), [3, 1]);
        dictionary.begin();
        assert_eq!(dictionary.longer_by(0, 1), None);
    }
}
