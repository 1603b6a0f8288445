//! The palette's order: entries that follow each other in the picture stand side by side.
//!
//! Where a prediction fails, PNG's filter leaves the difference between two positions in the
//! palette. Small differences, the same few everywhere, have short codes. So entries are put in a row
//! by how often they have met, and then pairs are swapped as long as that pays. On photographs this
//! saves about a tenth of the bytes against an order by lightness.
//!
//! Labels that weigh bits meet where one stands in the place of the prediction, at the price of its
//! code, about `log2(1 + distance)`. Their row is a chain that grows at the end where the next entry
//! fits better (modified Zeng: A. J. Pinho and A. J. R. Neves, "A note on Zeng's technique for color
//! re-indexing of palette-based images", IEEE Signal Processing Letters 11(2), 2004,
//! doi:10.1109/LSP.2003.821758). Other labels meet as neighbours, their price is the distance, and an
//! entry may go between others. The other way round, files are 3 to 9 % larger.

#![expect(clippy::inline_always, reason = "only what is inlined becomes wide vectors")]

use std::collections::VecDeque;

use multiversion::multiversion;

use super::meetings::Meetings;
use super::swaps::{Price, improve};

/// What was counted as a meeting.
#[derive(Clone, Copy)]
pub enum Kind {
    /// An entry in the place of the predicted one.
    Predictions,
    /// Entries side by side.
    Neighbours,
}

/// The order in which to put the entries: the entry for each new position. Those without pixels come
/// last.
pub fn order(meetings: &Meetings, kind: Kind) -> Vec<u8> {
    let entries = (0..meetings.colors()).map(|entry| entry as u8);
    let (used, unused): (Vec<u8>, Vec<u8>) = entries.partition(|&entry| meetings.has_pixels(entry));
    let mutual = meetings.mutual();
    let (mut order, price): (Vec<u8>, Price) = match kind {
        Kind::Predictions => (chained(&mutual, used), |distance| libm::log2f(1.0 + distance)),
        Kind::Neighbours => (arranged(&mutual, used), |distance| distance),
    };
    improve(&mut order, &mutual, price);
    order.extend(unused);
    order
}

/// The entries in a chain, each next one where it has met more of those that are near.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn chained(meetings: &Meetings, mut left: Vec<u8>) -> Vec<u8> {
    let busiest = |&a: &u8, &b: &u8| {
        let total = |entry| meetings.row(usize::from(entry)).iter().sum::<f32>();
        total(a).total_cmp(&total(b)).then(b.cmp(&a))
    };
    let Some(first) = left.iter().copied().max_by(busiest) else { return Vec::new() };
    left.retain(|&entry| entry != first);
    // Each entry's affinity to the chain from either end.
    let mut front = meetings.row(usize::from(first)).to_vec();
    let mut back = front.clone();
    let mut chain = VecDeque::from([first]);
    while !left.is_empty() {
        let affinity = |&entry: &u8| front[usize::from(entry)].max(back[usize::from(entry)]);
        let strongest = |&a: &usize, &b: &usize| {
            affinity(&left[a]).total_cmp(&affinity(&left[b])).then(b.cmp(&a))
        };
        let Some(next) = (0..left.len()).max_by(strongest) else { break };
        let entry = left.remove(next);
        // From the other end it is the farthest, and the rest stands as before.
        if back[usize::from(entry)] > front[usize::from(entry)] {
            chain.push_back(entry);
            add_met(&mut front, meetings, entry, chain.len());
            back.fill(0.0);
            for (distance, &other) in (1..).zip(chain.iter().rev()) {
                add_met(&mut back, meetings, other, distance);
            }
        } else {
            chain.push_front(entry);
            add_met(&mut back, meetings, entry, chain.len());
            front.fill(0.0);
            for (distance, &other) in (1..).zip(&chain) {
                add_met(&mut front, meetings, other, distance);
            }
        }
    }
    chain.into()
}

/// Adds to each entry's affinity how often it has met `other` at a distance.
#[inline(always)]
fn add_met(affinities: &mut [f32], meetings: &Meetings, other: u8, distance: usize) {
    let weight = 1.0 / distance as f32;
    for (affinity, count) in affinities.iter_mut().zip(meetings.row(usize::from(other))) {
        *affinity += count * weight;
    }
}

/// The entries in a row. Next comes the entry that has met most of those in it, and goes where the sum
/// of distances of all meetings grows least.
fn arranged(meetings: &Meetings, mut left: Vec<u8>) -> Vec<u8> {
    let total = |&entry: &u8| meetings.row(usize::from(entry)).iter().sum::<f32>();
    let mut met: Vec<f32> = left.iter().map(total).collect();
    let mut row: Vec<Placed> = Vec::with_capacity(left.len());
    while let Some(next) =
        (0..left.len()).max_by(|&a, &b| met[a].total_cmp(&met[b]).then(b.cmp(&a)))
    {
        let entry = left.remove(next);
        met.remove(next);
        if row.is_empty() {
            met.fill(0.0);
        }
        let counts = meetings.row(usize::from(entry));
        insert(&mut row, entry, counts);
        for (sum, &other) in met.iter_mut().zip(&left) {
            *sum += counts[usize::from(other)];
        }
    }
    row.into_iter().map(|placed| placed.entry).collect()
}

/// An entry in its place, and how often it has met those before it and behind it.
struct Placed {
    entry: u8,
    before: f64,
    behind: f64,
}

/// Puts an entry where the sum of distances grows least, given how often it has met each other one.
fn insert(row: &mut Vec<Placed>, entry: u8, counts: &[f32]) {
    let count = |placed: &Placed| f64::from(counts[usize::from(placed.entry)]);
    let all: f64 = row.iter().map(count).sum();
    // By how much more than at the front, where no other two are pushed apart. One place on, those
    // before it are one farther and those behind it one nearer, and what is pushed apart are the
    // meetings of those before it with those behind it.
    let (mut growth, mut before) = (0.0, 0.0);
    let (mut least, mut at) = (0.0, 0);
    for (i, placed) in row.iter().enumerate() {
        let own = count(placed);
        growth += before - (all - before - own) + placed.behind - placed.before;
        before += own;
        if growth < least {
            (least, at) = (growth, i + 1);
        }
    }
    let mut passed = 0.0;
    for (i, placed) in row.iter_mut().enumerate() {
        let own = count(placed);
        if i < at {
            placed.behind += own;
            passed += own;
        } else {
            placed.before += own;
        }
    }
    row.insert(at, Placed { entry, before: passed, behind: all - passed });
}

#[cfg(test)]
mod tests {
    use super::super::paeth::visit_predictions;
    use super::*;
    use proptest::prelude::*;

    fn ordered(labels: &[u8], width: usize, colors: usize) -> Vec<u8> {
        let meetings = Meetings::of(labels, width, 0..labels.len() / width, colors);
        order(&meetings, Kind::Predictions)
    }

    /// The sum of `log2(1 + distance)` of all meetings when entries stand in this order.
    fn price(labels: &[u8], width: usize, order: &[u8]) -> f64 {
        let position = |label: u8| order.iter().position(|&entry| entry == label).unwrap();
        let mut sum = 0.0;
        visit_predictions(labels, width, 0..labels.len() / width, |prediction, label| {
            let prediction = if order.contains(&prediction) { prediction } else { label };
            sum += libm::log2(1.0 + position(prediction).abs_diff(position(label)) as f64);
        });
        sum
    }

    #[test]
    fn what_meets_often_stands_side_by_side() {
        // 0 and 2 meet three times, 2 and 1 once: 2 is the busiest, 0 joins it, then 1 does.
        assert_eq!(ordered(&[0, 2, 0, 2, 1], 5, 3), [0, 2, 1]);
    }

    #[test]
    fn a_shuffled_staircase_is_put_in_order() {
        // The picture climbs along 3, 0, 4, 1, 2 and back again, one step at a time.
        let stairs = [3, 0, 4, 1, 2, 1, 4, 0];
        let labels: Vec<u8> = stairs.into_iter().cycle().take(400).collect();
        let order = ordered(&labels, 400, 5);
        assert!(order == [3, 0, 4, 1, 2] || order == [2, 1, 4, 0, 3], "{order:?}");
    }

    #[test]
    fn one_colour_and_flat_pictures_stay_as_they_are() {
        assert_eq!(ordered(&[0; 6], 3, 1), [0]);
        assert_eq!(ordered(&[1; 6], 3, 2), [1, 0]);
    }

    proptest! {
        #[test]
        fn the_order_is_a_permutation_with_the_unused_last(
            labels in prop::collection::vec(any::<u8>(), 1..400),
            width in 1usize..20,
            more in 0usize..9,
        ) {
            let labels = &labels[..labels.len() / width * width];
            prop_assume!(!labels.is_empty());
            let colors = (usize::from(*labels.iter().max().unwrap()) + 1 + more).min(256);
            let order = ordered(labels, width, colors);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..colors).map(|entry| entry as u8).collect::<Vec<_>>());
            let used = order.iter().map(|entry| labels.contains(entry));
            prop_assert!(used.is_sorted_by(|a, b| a >= b), "{:?}", order);
        }

        #[test]
        fn the_order_found_is_no_worse_than_the_one_that_was(
            steps in prop::collection::vec((0u8..12, 1usize..5), 20..120),
            width in 5usize..20,
        ) {
            let labels: Vec<u8> = steps.into_iter().flat_map(|(label, n)| vec![label; n]).collect();
            let labels = &labels[..labels.len() / width * width];
            let order = ordered(labels, width, 12);
            let identity: Vec<u8> = (0..12).collect();
            prop_assert!(price(labels, width, &order) <= price(labels, width, &identity) + 1e-3);
        }
    }
}
