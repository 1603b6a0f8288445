//! What labels that weigh bits do to a palette that is the picture's own: entries change places, and
//! those that are not worth their bits go.

use std::ops::Range;

use rayon::prelude::*;

use super::bands::{bands_of, total};
use super::meetings::Meetings;
use super::order::{Kind, order};
use super::scene::Scene;
use super::settings::MAX_COLORS;
use crate::indexed_image::IndexedImage;
use crate::nearest::squared_distance;

/// Bits of a colour in PNG's palette, and of its alpha.
const COLOR_BITS: f64 = 24.0;
const ALPHA_BITS: f64 = 8.0;

impl IndexedImage {
    /// The same picture with colours side by side in the palette that are so in the picture, which
    /// suits PNG's filters.
    #[must_use]
    pub fn in_order_of_meetings(&self) -> Self {
        let colors = self.palette.len();
        let count = |rows| Meetings::of_neighbours(&self.indices, self.width, rows, colors);
        let mut ordered = self.clone();
        let meetings = total(&bands_of(self.height), Meetings::add, count);
        ordered.pick(&order(&meetings, Kind::Neighbours));
        ordered
    }

    /// The same picture with its colours as they first appear in it. Those of one region then stand
    /// together, so that deflate's tables of code lengths are short: without a filter files of drawings
    /// are up to 2 % smaller than in an order by lightness.
    #[must_use]
    pub fn in_order_of_appearance(&self) -> Self {
        let mut seen = [false; MAX_COLORS];
        let mut is_new = |&entry: &u8| !std::mem::replace(&mut seen[usize::from(entry)], true);
        let mut order: Vec<u8> = self.indices.iter().copied().filter(&mut is_new).collect();
        order.extend((0..self.palette.len()).map(|entry| entry as u8).filter(is_new));
        self.ordered(order)
    }

    /// The same picture with its palette in this order, see-through colours first: PNG stores alpha up
    /// to the last of them.
    fn ordered(&self, order: Vec<u8>) -> Self {
        let is_see_through = |&entry: &u8| self.palette[usize::from(entry)][3] < u8::MAX;
        let (see_through, opaque): (Vec<u8>, Vec<u8>) = order.into_iter().partition(is_see_through);
        let mut ordered = self.clone();
        ordered.pick(&[see_through, opaque].concat());
        ordered
    }

    /// Puts the palette into the order that suits PNG's Paeth filter in `bands`.
    pub(super) fn reorder<const D: usize>(&mut self, scene: &Scene<'_, D>, bands: &[Range<usize>]) {
        let count = |rows| Meetings::of(&self.indices, scene.width, rows, self.palette.len());
        let meetings = total(bands, Meetings::add, count);
        self.pick(&order(&meetings, Kind::Predictions));
    }

    /// Gives the pixels of a colour to another where that loses less than the colour costs in the
    /// palette: what small pictures are full of.
    pub(super) fn drop_unworthy<const D: usize>(
        &mut self,
        scene: &Scene<'_, D>,
        rate_weight: f64,
        bands: &[Range<usize>],
    ) {
        let price = rate_weight * if D == 3 { COLOR_BITS } else { COLOR_BITS + ALPHA_BITS };
        let places: Vec<[f64; D]> =
            self.palette.iter().map(|&color| scene.place(color).map(f64::from)).collect();
        let weights = weights(scene, &self.indices, places.len(), bands);
        let mut heir_of: [u8; MAX_COLORS] = std::array::from_fn(|entry| entry as u8);
        // Colours that stay, for being kept or for having inherited.
        let mut stays = [false; MAX_COLORS];
        scene
            .kept_entries(&self.palette)
            .into_iter()
            .for_each(|kept| stays[usize::from(kept)] = true);
        for entry in 0..places.len() {
            // Dither mixes colours, so what counts is how far apart the two are, not which one
            // is nearer to the pixels.
            let loss =
                |other: usize| weights[entry] * squared_distance(&places[entry], &places[other]);
            let apart = |a: &[f64; D], b: &[f64; D]| {
                D == 4 && (a[D - 1] - b[D - 1]).abs() > f64::from(scene.apart())
            };
            let others = (0..places.len()).filter(|&other| {
                let left = usize::from(heir_of[other]) == other;
                other != entry && left && !apart(&places[entry], &places[other])
            });
            let heir = others.min_by(|&a, &b| loss(a).total_cmp(&loss(b)));
            if let Some(heir) = heir
                && !stays[entry]
                && loss(heir) < price
            {
                heir_of[entry] = heir as u8;
                stays[heir] = true;
            }
        }
        self.indices.par_iter_mut().for_each(|label| *label = heir_of[usize::from(*label)]);
        self.drop_unused(scene);
    }

    /// Leaves out colours without pixels, save those that are kept.
    pub(super) fn drop_unused<const D: usize>(&mut self, scene: &Scene<'_, D>) {
        let mut used = [false; MAX_COLORS];
        scene
            .kept_entries(&self.palette)
            .into_iter()
            .for_each(|kept| used[usize::from(kept)] = true);
        self.indices.iter().for_each(|&label| used[usize::from(label)] = true);
        let kept: Vec<u8> =
            (0..self.palette.len()).filter(|&entry| used[entry]).map(|entry| entry as u8).collect();
        self.pick(&kept);
    }

    /// Makes the palette of the `entries`, with all that have pixels among them.
    fn pick(&mut self, entries: &[u8]) {
        let mut position_of = [0; MAX_COLORS];
        for (position, &entry) in entries.iter().enumerate() {
            position_of[usize::from(entry)] = position as u8;
        }
        self.palette = entries.iter().map(|&entry| self.palette[usize::from(entry)]).collect();
        self.centroids = entries.iter().map(|&entry| self.centroids[usize::from(entry)]).collect();
        self.indices.par_iter_mut().for_each(|label| *label = position_of[usize::from(*label)]);
    }
}

/// For every colour what its pixels' errors weigh together.
fn weights<const D: usize>(
    scene: &Scene<'_, D>,
    labels: &[u8],
    colors: usize,
    bands: &[Range<usize>],
) -> Vec<f64> {
    let add = |sums: &mut Vec<f64>, more: &Vec<f64>| {
        sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    };
    total(bands, add, |rows| {
        let mut sums = vec![0.0; colors];
        for i in rows.start * scene.width..rows.end * scene.width {
            sums[usize::from(labels[i])] += f64::from(scene.weight(i));
        }
        sums
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_stand_as_they_appear_see_through_ones_first_and_unused_ones_last() {
        let color = |value, alpha| [value, value, value, alpha];
        let palette = vec![color(1, 255), color(2, 128), color(3, 255), color(4, 255)];
        let image = IndexedImage::new(3, 2, palette, vec![2, 2, 0, 1, 0, 2]).unwrap();
        let ordered = image.in_order_of_appearance();
        assert_eq!(ordered.palette, [color(2, 128), color(3, 255), color(1, 255), color(4, 255)]);
        assert_eq!(ordered.indices, [1, 1, 2, 0, 2, 1]);
    }

    #[test]
    fn colours_that_meet_stand_side_by_side() {
        // Rows climb along 3, 0, 2, 1.
        let palette = (0..4).map(|value| [value, 0, 0, 255]).collect();
        let row = [3, 3, 0, 0, 2, 2, 1, 1];
        let image = IndexedImage::new(8, 5, palette, row.repeat(5)).unwrap();
        let ordered = image.in_order_of_meetings();
        assert_eq!(ordered.samples(3), image.samples(3));
        let values: Vec<u8> = ordered.palette.iter().map(|color| color[0]).collect();
        assert!(values == [3, 0, 2, 1] || values == [1, 2, 0, 3], "{values:?}");
    }
}
