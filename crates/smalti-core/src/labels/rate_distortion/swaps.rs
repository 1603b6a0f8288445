//! Swaps of entries in the palette's order: the second half of what `order` does.
//!
//! What an entry's meetings would cost at every position is kept in a table, so that what a swap saves is
//! a sum of four of its numbers. After a swap the rows of those entries change that have met one of the
//! two more often than the other.

#![expect(clippy::inline_always, reason = "only what is inlined becomes wide vectors")]

use multiversion::multiversion;

use super::meetings::Meetings;

/// Rounds through all pairs, at most: the first two gain nearly all there is.
const MAX_ROUNDS: usize = 3;

/// What a meeting costs by the distance of the two entries.
pub type Price = fn(f32) -> f32;

/// Swaps pairs of positions, round by round, while that lowers the sum of the prices of all meetings.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub fn improve(order: &mut [u8], meetings: &Meetings, price: Price) {
    let mut table = meetings.ordered(order);
    let count = order.len();
    let prices = prices_of(price, count);
    let mut costs = Costs::new(&table, &prices, count);
    let mut gains = vec![0.0; count];
    for _ in 0..MAX_ROUNDS {
        let mut swapped = false;
        for i in 0..count {
            let mut from = i + 1;
            costs.gains(&table, &prices, (i, from), &mut gains);
            while let Some(next) = gains[from..].iter().position(|gain| *gain > 1e-3) {
                let j = from + next;
                costs.swap(&table, &prices, (i, j));
                table.swap(i, j);
                order.swap(i, j);
                swapped = true;
                from = j + 1;
                costs.gains(&table, &prices, (i, from), &mut gains);
            }
        }
        if !swapped {
            return;
        }
    }
}

/// The price of a distance d at `count + d` and at `count - d`, so that a window of it lies beside a row.
fn prices_of(price: Price, count: usize) -> Vec<f64> {
    let distance = |i: usize| (i as f32 - count as f32).abs();
    (0..2 * count).map(|i| price(distance(i)).into()).collect()
}

/// What the meetings of each entry would cost if it alone stood at another position, as a square table:
/// a row for each entry, in the order of the table of meetings.
struct Costs {
    count: usize,
    costs: Vec<f64>,
}

impl Costs {
    #[inline(always)]
    fn new(table: &Meetings, prices: &[f64], count: usize) -> Self {
        let mut costs = vec![0.0; count * count];
        for (i, row) in costs.chunks_exact_mut(count.max(1)).enumerate() {
            for (q, &met) in table.row(i)[..count].iter().enumerate().filter(|(_, met)| **met > 0.0)
            {
                for (cost, price) in row.iter_mut().zip(&prices[count - q..]) {
                    *cost += f64::from(met) * price;
                }
            }
        }
        Self { count, costs }
    }

    /// What swapping position `i` with each one from `from` on saves; the other gains stay as they are.
    #[inline(always)]
    fn gains(
        &self,
        table: &Meetings,
        prices: &[f64],
        (i, from): (usize, usize),
        gains: &mut [f64],
    ) {
        let count = self.count;
        let row = &self.costs[i * count..][..count];
        let gains = &mut gains[from..];
        let others = self.costs[from * count..].chunks_exact(count);
        for ((j, gain), other) in (from..).zip(gains.iter_mut()).zip(others) {
            *gain = other[j] - other[i];
        }
        let (met, prices) = (&table.row(i)[from..], &prices[count - i + from..]);
        for (((gain, cost), met), price) in gains.iter_mut().zip(&row[from..]).zip(met).zip(prices)
        {
            // The pair's own meetings stay as far apart as they were.
            *gain += row[i] - cost - 2.0 * f64::from(*met) * price;
        }
    }

    /// Swaps two positions; `table` is that from before.
    #[inline(always)]
    fn swap(&mut self, table: &Meetings, prices: &[f64], (i, j): (usize, usize)) {
        let count = self.count;
        let (from_i, from_j) = (&prices[count - i..], &prices[count - j..]);
        let moved: Vec<f64> =
            from_i.iter().zip(from_j).take(count).map(|(from_i, from_j)| from_j - from_i).collect();
        for (q, row) in self.costs.chunks_exact_mut(count).enumerate() {
            let more = f64::from(table.row(q)[i] - table.row(q)[j]);
            if more != 0.0 {
                row.iter_mut().zip(&moved).for_each(|(cost, moved)| *cost += more * moved);
            }
        }
        for position in 0..count {
            self.costs.swap(i * count + position, j * count + position);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What all meetings cost in the order of the table; each is counted twice.
    fn total(table: &Meetings, count: usize, price: Price) -> f64 {
        let cost = |a: usize, b: usize| {
            f64::from(table.row(a)[b]) * f64::from(price(a.abs_diff(b) as f32))
        };
        (0..count).flat_map(|a| (0..count).map(move |b| (a, b))).map(|(a, b)| cost(a, b)).sum()
    }

    proptest! {
        #[test]
        fn a_swap_saves_what_is_said_and_leaves_the_costs_of_the_new_order(
            labels in prop::collection::vec(0u8..9, 30..200),
            swaps in prop::collection::vec((0usize..8, 1usize..9), 1..6),
        ) {
            let price: Price = |distance| libm::log2f(1.0 + distance);
            let count = 9;
            let prices = prices_of(price, count);
            let mut table = Meetings::of_neighbours(&labels, 10, 0..labels.len() / 10, count).mutual();
            let mut costs = Costs::new(&table, &prices, count);
            let mut gains = vec![0.0; count];
            for (i, j) in swaps.into_iter().filter(|(i, j)| i < j) {
                costs.gains(&table, &prices, (i, i + 1), &mut gains);
                let from_the_next = gains.clone();
                gains[j..].fill(0.0);
                costs.gains(&table, &prices, (i, j), &mut gains);
                prop_assert_eq!(&gains, &from_the_next);
                let before = total(&table, count, price);
                costs.swap(&table, &prices, (i, j));
                table.swap(i, j);
                let saved = (before - total(&table, count, price)) / 2.0;
                prop_assert!((gains[j] - saved).abs() < 1e-3, "{} and {saved}", gains[j]);
                let fresh = Costs::new(&table, &prices, count).costs;
                let pairs = costs.costs.iter().zip(&fresh);
                prop_assert!(pairs.map(|(a, b)| (a - b).abs()).all(|off| off < 1e-6));
            }
        }
    }
}
