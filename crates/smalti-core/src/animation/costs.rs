//! What the labels of a frame cost in error.
//!
//! Part of every error is made up for by the pixels that follow (R. Floyd and L. Steinberg, 1976), so that
//! the costs of a label depend on those before it. Pixels that do not change hand nothing on: their dots
//! stay where they are.

use super::entries::{Entries, Point, squared};
use super::nearest::Nearest;
use super::part::Part;
use super::screen::{Shown, Weighed, Wish};
use super::search::Costs;

/// The largest error, beyond that of the nearest colour, that is made for bits: ten percent of a range.
const MOST: f32 = 100.0;

/// The largest changes that a pixel may sleep through: five percent for a moment, two for ever.
const MOST_KEPT: f32 = 25.0;
const ALWAYS_KEPT: f32 = 4.0;

/// Frames after which half as large a change counts.
const PATIENCE: f32 = 4.0;

/// How far errors move what a pixel aims at.
const FARTHEST: f32 = 20.0;

/// Shares of an error for the pixel to the right, and those below: to the left, below and to the right.
const RIGHT: f32 = 7.0 / 16.0;
const BELOW: [f32; 3] = [3.0 / 16.0, 5.0 / 16.0, 1.0 / 16.0];

/// What a pixel may have.
#[derive(Debug, Clone, Copy)]
enum Choice {
    /// What is there.
    Kept,
    /// The colour that it had, which is there no more.
    Again(u8),
    /// A label for its error beyond the least one, or what is there, if that may stay.
    New { point: Point, weight: f32, least: f32, shown: Option<Point> },
}

/// What labels of a part of a frame cost.
pub struct PartCosts<'a> {
    entries: &'a Entries,
    width: usize,
    choices: Vec<Choice>,
    /// The errors that pixels above have left.
    left: Vec<Point>,
    dither: f32,
}

impl<'a> PartCosts<'a> {
    /// The part that is written, and what its labels cost.
    ///
    /// It has all pixels that cannot stay for an error of less than `worth`, and those that are to be
    /// cleared afterwards.
    pub fn new(
        &Nearest { entries, ref least }: &Nearest<'a>,
        screen_width: usize,
        wishes: &[Weighed],
        cleared: Option<Part>,
        (worth, dither): (f32, f32),
    ) -> (Part, Self) {
        let choice = |(&wish, &least): (&Weighed, &f32)| choice(entries, wish, least);
        let choices: Vec<Choice> = wishes.iter().zip(least).map(choice).collect();
        let part = Part::around(screen_width, choices.iter().map(|each| each.is_written(worth)));
        let part = match (part, cleared) {
            (Some(part), Some(cleared)) => Some(part.with(cleared)),
            (part, cleared) => part.or(cleared),
        };
        // Where nothing is written a pixel stays.
        let (part, choices) = part.map_or((Part::PIXEL, vec![Choice::Kept]), |part| {
            (part, part.pixels(screen_width).map(|at| choices[at]).collect())
        });
        let left = vec![[0.0; 3]; choices.len()];
        (part, Self { entries, width: part.width, choices, left, dither })
    }

    /// Pixels that show another colour than they could.
    pub fn held(&self, labels: &[u8]) -> usize {
        let is_held = |(choice, &label): (&Choice, &u8)| {
            matches!(choice, Choice::New { .. }) && label == self.entries.kept()
        };
        self.choices.iter().zip(labels).filter(|&pair| is_held(pair)).count()
    }

    /// What a new pixel aims at, and what a label makes of it.
    fn aimed(&self, pixel: usize, (point, label): (Point, Point), carry: Point) -> (Point, f32) {
        let above = self.left[pixel];
        let aim = |i: usize| (above[i] + carry[i]).clamp(-FARTHEST, FARTHEST) + point[i];
        let error = [0, 1, 2].map(|i| aim(i) - label[i]);
        (error.map(|value| value * self.dither), squared(error, [0.0; 3]))
    }
}

impl Costs for PartCosts<'_> {
    type Carry = Point;

    fn len(&self) -> usize {
        self.choices.len()
    }

    fn largest(&self) -> u8 {
        self.entries.kept()
    }

    fn only(&self, pixel: usize) -> Option<u8> {
        match self.choices[pixel] {
            Choice::Kept => Some(self.entries.kept()),
            Choice::Again(label) => Some(label),
            Choice::New { .. } => None,
        }
    }

    #[inline]
    fn of(&self, pixel: usize, label: u8, carry: Point) -> Option<(f32, Point)> {
        let is_kept = label == self.entries.kept();
        match self.choices[pixel] {
            Choice::Kept | Choice::Again(_) => {
                (self.only(pixel) == Some(label)).then_some((0.0, [0.0; 3]))
            }
            Choice::New { point, weight, least, shown } => {
                let place = if is_kept { shown? } else { self.entries.points[usize::from(label)] };
                if !is_kept && squared(point, place) - least > MOST {
                    return None;
                }
                let carry = if pixel.is_multiple_of(self.width) { [0.0; 3] } else { carry };
                let (rest, error) = self.aimed(pixel, (point, place), carry);
                Some((weight * (error - least), rest.map(|value| value * RIGHT)))
            }
        }
    }

    fn settle(&mut self, pixel: usize, label: u8, carry: Point) -> Point {
        let Choice::New { .. } = self.choices[pixel] else { return [0.0; 3] };
        let Some((_, right)) = self.of(pixel, label, carry) else { return [0.0; 3] };
        let x = pixel % self.width;
        let below = pixel + self.width;
        for (share, offset) in BELOW.iter().zip([-1, 0, 1]) {
            let is_in_row = x.checked_add_signed(offset).is_some_and(|x| x < self.width);
            let at = below.saturating_add_signed(offset);
            if is_in_row && at < self.left.len() {
                (0..3).for_each(|i| self.left[at][i] += right[i] / RIGHT * share);
            }
        }
        right
    }
}

impl Choice {
    fn is_written(&self, worth: f32) -> bool {
        match *self {
            Self::Kept => false,
            Self::Again(_) | Self::New { shown: None, .. } => true,
            Self::New { point, weight, least, shown: Some(shown) } => {
                let error = squared(point, shown) - least;
                weight * error > worth
            }
        }
    }
}

fn choice(entries: &Entries, Weighed { wish, weight }: Weighed, least: f32) -> Choice {
    match wish {
        Wish::Kept => Choice::Kept,
        // A palette that lacks the colour has another one that is near.
        Wish::Again { color, point } => entries
            .label(color)
            .map_or(Choice::New { point, weight, least, shown: None }, Choice::Again),
        Wish::New { point, shown } => {
            let most = |waited: u8| MOST_KEPT / (1.0 + f32::from(waited) / PATIENCE);
            let may_stay = |shown: &Shown| shown.change <= most(shown.waited).max(ALWAYS_KEPT);
            let shown = shown.filter(may_stay).map(|shown| shown.point);
            Choice::New { point, weight, least, shown }
        }
    }
}
