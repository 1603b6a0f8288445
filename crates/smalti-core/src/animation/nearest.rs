//! How near a palette comes to what a frame asks for.

use rayon::prelude::*;

use super::entries::{Entries, Point, squared};
use super::screen::Weighed;

/// A palette, and the squared distance of its nearest colour from each pixel that is to be written.
pub struct Nearest<'a> {
    pub entries: &'a Entries,
    /// 0 for pixels that keep what is there.
    pub least: Vec<f32>,
}

impl<'a> Nearest<'a> {
    pub fn new(entries: &'a Entries, wishes: &[Weighed]) -> Self {
        let nearest = |point: Point| {
            entries.points.iter().map(|&own| squared(own, point)).fold(f32::INFINITY, f32::min)
        };
        let least = wishes.par_iter().map(|weighed| weighed.wish.point().map_or(0.0, nearest));
        Self { entries, least: least.collect() }
    }

    /// The errors of all pixels together.
    pub fn error(&self, wishes: &[Weighed]) -> f64 {
        let pairs = wishes.iter().zip(&self.least);
        pairs.map(|(weighed, least)| f64::from(weighed.weight * least)).sum()
    }
}
