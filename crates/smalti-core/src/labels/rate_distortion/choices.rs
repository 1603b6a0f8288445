//! What decides on the labels of one pixel, and what they cost.

#![expect(clippy::inline_always, reason = "only what is inlined becomes wide vectors")]

use super::shortlist::{LISTED, Shortlist};

/// What it costs to make a clear pixel solid, or to exceed another limit: more than any bits or
/// errors do, so that it is not done for them, and less than colours that are no choice (`shortlist::FAR`).
const CROSSING: f32 = 1e8;

/// All that decides how ways go on at a pixel. Where it does not change from pixel to pixel, the ways
/// soon stay the same, too, for they are told apart by what one costs more than another. Then the
/// steps are those of the pixel before.
#[derive(PartialEq)]
pub struct Place<const D: usize> {
    /// The pixel's own colour.
    pub own: [f32; D],
    /// Its target before the error of a way is added.
    pub common: [f32; D],
    /// What its squared error weighs.
    pub weight: f32,
    /// 1 if it takes errors over, else 0.
    pub open: f32,
    /// By how much its squared error may exceed that of the nearest colour.
    pub reach: f32,
    /// The label above it.
    pub up: u8,
    /// That above the pixel before it.
    pub above_left: u8,
}

/// The limits of one pixel: a squared error larger than this, and a colour whose alpha is this far
/// from the pixel's own.
pub struct Bounds {
    /// The squared error.
    pub allowed: f32,
    /// The pixel's own alpha.
    pub alpha: f32,
    /// How far it may be away.
    pub apart: f32,
}

impl Bounds {
    /// What a colour costs beside its error and bits.
    #[inline(always)]
    pub fn crossed<const D: usize>(&self, squares: f32, place: &[f32; D]) -> f32 {
        let apart = D == 4 && (place[D - 1] - self.alpha).abs() > self.apart;
        if apart || squares > self.allowed { CROSSING } else { 0.0 }
    }
}

/// A label, its price and the state after it.
pub type Step = (u8, f32, u8);

/// The cheaper one; the first of equals.
pub fn cheaper(one: Step, other: Step) -> Step {
    if other.1 < one.1 { other } else { one }
}

/// The three entries of a list that cost least, with their costs.
#[inline(always)]
pub fn cheapest<const D: usize>(
    list: &Shortlist<D>,
    squares: [f32; LISTED],
    weight: f32,
    prices: &[f32; 256],
    bounds: &Bounds,
) -> [(u8, f32); 3] {
    let mut costs = squares;
    for i in 0..LISTED {
        let far = if costs[i] > bounds.allowed { CROSSING } else { 0.0 };
        costs[i] = weight * costs[i] + prices[usize::from(list.entries[i])] + far;
    }
    if D == 4 {
        for i in 0..LISTED {
            let crossing = (list.places[D - 1][i] - bounds.alpha).abs() > bounds.apart;
            costs[i] += if crossing { CROSSING } else { 0.0 };
        }
    }
    // Costs are not negative, so their bits are ordered as they are; the last few make room for
    // the position, which costs less precision than the shortlist's cubes.
    let mut keys = [0; LISTED];
    for i in 0..LISTED {
        keys[i] = costs[i].to_bits() & !(LISTED as u32 - 1) | i as u32;
    }
    // Loops, not closures: only what is inlined here becomes wide vectors.
    let mut found = [(0, 0.0); 3];
    for found in &mut found {
        let mut lanes = [u32::MAX; 8];
        for i in 0..LISTED {
            lanes[i % 8] = lanes[i % 8].min(keys[i]);
        }
        let mut least = u32::MAX;
        for lane in lanes {
            least = least.min(lane);
        }
        for key in &mut keys {
            *key |= if *key == least { u32::MAX } else { 0 };
        }
        let i = least as usize % LISTED;
        *found = (list.entries[i], costs[i]);
    }
    found
}

/// The squared distance of two places.
#[inline(always)]
pub fn squared<const D: usize>(a: &[f32; D], b: &[f32; D]) -> f32 {
    let mut sum = 0.0;
    for d in 0..D {
        sum += (a[d] - b[d]) * (a[d] - b[d]);
    }
    sum
}
