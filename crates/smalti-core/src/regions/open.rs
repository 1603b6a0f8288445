//! What reaches into the last row that was seen of a stream, and may go on.

use super::runs::{find, join};

/// What is open: things, and the one that each run of the last row belongs to, from 1; 0 for none.
#[derive(Debug)]
pub(super) struct Open<T> {
    pub things: Vec<T>,
    pub of_runs: Vec<u32>,
}

impl<T> Open<T> {
    pub const NONE: Self = Self { things: Vec::new(), of_runs: Vec::new() };

    /// Gives what is one thing beyond a strip one number in it, and returns how many there are. The
    /// strip's first row is the last one seen, and its runs have the first of the numbers.
    pub fn unify(&self, numbers: &mut [u32], count: usize) -> usize {
        let mut parents: Vec<u32> = (0..=count as u32).collect();
        let mut firsts = vec![0; self.things.len() + 1];
        for (&thing, &number) in self.of_runs.iter().zip(&*numbers).filter(|pair| *pair.0 > 0) {
            let first = &mut firsts[thing as usize];
            *first = if *first == 0 { number } else { join(&mut parents, *first, number) };
        }
        let mut renumbered = vec![0; count + 1];
        let mut count = 0;
        for number in 1..parents.len() {
            let root = find(&mut parents, number as u32) as usize;
            if root == number {
                count += 1;
                renumbered[number] = count;
            } else {
                renumbered[number] = renumbered[root];
            }
        }
        for number in numbers {
            *number = renumbered[*number as usize];
        }
        count as usize
    }

    /// Hands over everything with its number in the strip.
    pub fn handed(self, numbers: &[u32]) -> impl Iterator<Item = (usize, T)> {
        let mut places = vec![0; self.things.len()];
        for (&thing, &number) in self.of_runs.iter().zip(numbers).filter(|pair| *pair.0 > 0) {
            places[thing as usize - 1] = number as usize;
        }
        places.into_iter().zip(self.things)
    }

    /// Keeps what reaches into the last row of a strip, and returns the rest.
    pub fn kept(things: Vec<T>, of_last_row: &[u32]) -> (Self, Vec<(usize, T)>) {
        let mut places = vec![0; things.len()];
        for &number in of_last_row.iter().filter(|&&number| number > 0) {
            places[number as usize - 1] = 1;
        }
        let (mut kept, mut ended) = (Vec::new(), Vec::new());
        for (i, thing) in things.into_iter().enumerate() {
            if places[i] > 0 {
                kept.push(thing);
                places[i] = kept.len() as u32;
            } else {
                ended.push((i, thing));
            }
        }
        let of_runs =
            of_last_row.iter().map(|&n| if n > 0 { places[n as usize - 1] } else { 0 }).collect();
        (Self { things: kept, of_runs }, ended)
    }
}
