//! The histogram as weighted points of a colour space, alpha included: those of
//! [`coordinates`](crate::coordinates), and sheets.
//!
//! Fully transparent and fully opaque colours must stay exactly so, or cut-outs get a visible veil
//! and solid areas become see-through. Therefore they lie on *sheets* of their own, set off along the
//! alpha axis by more than any distance within a sheet. With a centroid on every sheet
//! from the start ([`ColorSpace::sheets_of`]), K-Means never mixes them. Where everything is
//! opaque there is no fourth coordinate, and an alpha channel changes nothing.

mod entries;
mod gathered;
mod sheets;

pub use gathered::Gathered;
pub use sheets::SHEETS;

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::color::Space;
use crate::coordinates::Coordinates;
use crate::error::Result;
use crate::histogram::{Boxes, Histogram};
use crate::point_blocks::PointBlocks;
use crate::progress::Progress;

use gathered::{Gathering, runs};
use sheets::{APART, SHEET_GAP, Sheet, Sheets};

/// Colours converted at a time by one thread.
const CHUNK: usize = 1 << 14;

/// Weighted points of an image, neighbours side by side.
#[derive(Debug)]
pub struct ColorPoints<const D: usize> {
    /// Coordinates of the colours; the weights are numbers of pixels.
    pub blocks: PointBlocks<D>,
    /// The first of the distinct colours that each point stands for; it alone when `None`.
    firsts: Option<Vec<u32>>,
    max_sample: u16,
}

impl<const D: usize> ColorPoints<D> {
    fn first(&self, i: usize) -> usize {
        self.firsts.as_ref().map_or(i, |firsts| firsts[i] as usize)
    }

    /// The means of the points that share a box and lie on one sheet.
    #[must_use]
    pub fn gathered(&self, histogram: &Histogram, boxes: Boxes) -> Gathered<D> {
        let gathering = Gathering { histogram, boxes, max_sample: self.max_sample };
        let member = |i: usize| (self.first(i), self.blocks.point(i), self.blocks.weight(i));
        let run = |positions: Range<usize>| gathering.means(positions.map(member));
        let share = |i: usize| histogram.share_box(self.first(i - 1), self.first(i), boxes);
        let runs = runs(self.blocks.len(), share).into_par_iter().map(run);
        Gathered::concatenated(runs.collect())
    }

    /// What [`Self::gathered`] makes of boxes that are no smaller than those of `finer`, but for
    /// rounding.
    #[must_use]
    pub fn gathered_again(
        &self,
        histogram: &Histogram,
        finer: &Gathered<D>,
        boxes: Boxes,
    ) -> Gathered<D> {
        Gathering { histogram, boxes, max_sample: self.max_sample }.means(finer.members())
    }
}

/// Where the colours of one image lie.
#[derive(Debug)]
pub struct ColorSpace {
    coordinates: Coordinates,
    max_sample: u16,
    sheets: Sheets,
}

impl ColorSpace {
    /// The place of every colour of `histogram` in `space`, for `k` clusters.
    ///
    /// When `k` is 2 and all three sheets are present, translucent colours become opaque or
    /// transparent, whichever is nearer; a single cluster has to mix everything.
    #[must_use]
    pub fn new(histogram: &Histogram, max_sample: u16, space: Space, k: usize) -> Self {
        let coordinates = Coordinates::new(space, max_sample);
        Self { coordinates, max_sample, sheets: Sheets::new(histogram, max_sample, k) }
    }

    /// The same space when some of the clusters are these colours, whatever the image holds.
    ///
    /// Sheets are kept apart only if there is a cluster for each of them.
    #[must_use]
    pub fn keeping(mut self, colors: &[[u8; 4]]) -> Self {
        if !colors.is_empty() {
            self.sheets.keep(colors);
        }
        self
    }

    /// The place of every colour for pictures that get the colours of a palette: parts of the alpha
    /// axis are kept apart if the palette has colours for them.
    #[must_use]
    pub fn of_palette(palette: &[[u8; 4]], max_sample: u16, space: Space) -> Self {
        let coordinates = Coordinates::new(space, max_sample);
        Self { coordinates, max_sample, sheets: Sheets::of_palette(palette, max_sample) }
    }

    /// Coordinates of a colour: 3, or 4 unless all are opaque.
    #[must_use]
    pub fn dim(&self) -> usize {
        if self.sheets.all_opaque() { 3 } else { 4 }
    }

    /// Squared distance that is exceeded only between colours on different sheets.
    #[must_use]
    pub fn apart(&self) -> f64 {
        let apart = APART * self.range();
        if self.sheets.kept_apart() { apart * apart } else { f64::INFINITY }
    }

    /// The distinct colours at `positions` of the histogram, in blocks.
    #[must_use]
    pub fn blocks<const D: usize>(
        &self,
        histogram: &Histogram,
        positions: Range<usize>,
    ) -> PointBlocks<D> {
        let first = positions.start;
        PointBlocks::from_fn(positions.len(), |i| {
            (self.coordinates(histogram.color(first + i)), histogram.counts()[first + i] as f64)
        })
    }

    /// All distinct colours.
    #[must_use]
    pub fn points<const D: usize>(&self, histogram: &Histogram) -> ColorPoints<D> {
        let blocks = self.blocks(histogram, 0..histogram.len());
        ColorPoints { blocks, firsts: None, max_sample: self.max_sample }
    }

    /// The means of the distinct colours that share a box and lie on one sheet.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    pub fn points_in_boxes<const D: usize>(
        &self,
        histogram: &Histogram,
        boxes: Boxes,
        progress: &dyn Progress,
    ) -> Result<ColorPoints<D>> {
        let gathering = Gathering { histogram, boxes, max_sample: self.max_sample };
        let member =
            |i: usize| (i, self.coordinates(histogram.color(i)), histogram.counts()[i] as f64);
        let run = |positions: Range<usize>| {
            progress.go_on()?;
            Ok(gathering.means(positions.map(member)))
        };
        let share = |i: usize| histogram.share_box(i - 1, i, boxes);
        let runs = runs(histogram.len(), share).into_par_iter().map(run);
        let gathered = Gathered::concatenated(runs.collect::<Result<_>>()?);
        let (blocks, firsts) = (gathered.blocks(), Some(gathered.firsts));
        Ok(ColorPoints { blocks, firsts, max_sample: self.max_sample })
    }

    /// The means of the distinct colours that are equal in 8 bits, and for every colour its
    /// mean's number; `None` when the samples have no more than 8 bits or there are more than
    /// `max` such colours.
    ///
    /// A palette holds 8 bits: no more colours than these can be told apart.
    #[must_use]
    pub fn rounded<const D: usize>(
        &self,
        histogram: &Histogram,
        max: usize,
    ) -> Option<(Vec<[f64; D]>, Vec<u32>)> {
        if self.max_sample == u16::from(u8::MAX) {
            return None;
        }
        let mut numbers = FxHashMap::default();
        let mut labels = Vec::new();
        for rgba in histogram.colors() {
            let next = numbers.len() as u32;
            let key = (self.in_8_bits(rgba), Sheet::of(rgba[3], self.max_sample));
            labels.push(*numbers.entry(key).or_insert(next));
            if numbers.len() > max {
                return None;
            }
        }
        let mut means = vec![[0.0; D]; numbers.len()];
        let mut weights = vec![0.0; numbers.len()];
        for ((rgba, &count), &label) in histogram.colors().zip(histogram.counts()).zip(&labels) {
            weights[label as usize] += count as f64;
            let sum = &mut means[label as usize];
            let point = self.coordinates::<D>(rgba);
            sum.iter_mut().zip(point).for_each(|(sum, value)| *sum += count as f64 * value);
        }
        for (sum, weight) in means.iter_mut().zip(&weights) {
            sum.iter_mut().for_each(|sum| *sum /= weight);
        }
        Some((means, labels))
    }

    /// The positions of `points` sheet by sheet: the clusters to begin with.
    #[must_use]
    pub fn sheets_of<const D: usize>(&self, points: &[[f64; D]]) -> Vec<Vec<u32>> {
        if !self.sheets.kept_apart() {
            return vec![(0..points.len() as u32).collect()];
        }
        let mut sheets = vec![Vec::new(); Sheet::ALL.len()];
        for (i, point) in (0..).zip(points) {
            // Alpha's own part is less than 1.
            let height = point[D - 1] / self.range();
            let sheet = match height {
                _ if height < 0.0 => Sheet::Transparent,
                _ if height < SHEET_GAP => Sheet::Translucent,
                _ => Sheet::Opaque,
            };
            sheets[sheet as usize].push(i);
        }
        sheets.retain(|sheet| !sheet.is_empty());
        sheets
    }

    /// The coordinates of a colour's raw samples.
    #[inline]
    #[must_use]
    pub fn coordinates<const D: usize>(&self, [r, g, b, a]: [u16; 4]) -> [f64; D] {
        let mut point = [0.0; D];
        if D == 3 {
            point.copy_from_slice(&self.coordinates.opaque([r, g, b]));
        } else {
            let alpha = f64::from(self.sheets.kept_alpha(a)) / f64::from(self.max_sample);
            point.copy_from_slice(&self.coordinates.see_through([r, g, b], alpha));
            point[3] += self.sheets.offset(a) * self.range();
        }
        point
    }

    /// The coordinates of a colour's raw samples as they would be on the sheet of `other`, a colour
    /// of 8 bits a sample.
    #[inline]
    #[must_use]
    pub fn coordinates_beside<const D: usize>(&self, color: [u16; 4], other: [u8; 4]) -> [f64; D] {
        self.set_off(color, Sheet::of_8_bits(other).offset())
    }

    /// The coordinates of a colour's raw samples, set off along the alpha axis by so many units of the
    /// space's range.
    #[inline]
    fn set_off<const D: usize>(&self, [r, g, b, a]: [u16; 4], offset: f64) -> [f64; D] {
        let mut point = [0.0; D];
        if D == 3 {
            point.copy_from_slice(&self.coordinates.opaque([r, g, b]));
        } else {
            let alpha = f64::from(a) / f64::from(self.max_sample);
            point.copy_from_slice(&self.coordinates.see_through([r, g, b], alpha));
            point[3] += offset * self.range();
        }
        point
    }

    /// The coordinates of a colour of 8 bits a sample.
    #[must_use]
    pub fn coordinates_of_8_bits<const D: usize>(&self, color: [u8; 4]) -> [f64; D] {
        self.coordinates(self.samples_of_8_bits(color))
    }

    /// The raw samples, of as many bits as the image has, of a colour of 8 bits a sample.
    #[must_use]
    pub fn samples_of_8_bits(&self, color: [u8; 4]) -> [u16; 4] {
        let step = self.max_sample / u16::from(u8::MAX);
        color.map(|sample| u16::from(sample) * step)
    }

    /// A colour's raw samples rounded to 8 bits.
    #[inline]
    #[must_use]
    pub fn in_8_bits(&self, color: [u16; 4]) -> [u8; 4] {
        let step = u32::from(self.max_sample) / u32::from(u8::MAX);
        color.map(|sample| ((u32::from(sample) + step / 2) / step) as u8)
    }

    /// The extent of the space's first coordinate.
    #[must_use]
    pub fn range(&self) -> f64 {
        self.coordinates.space().range()
    }

    /// The straight sRGB colour and alpha in 0..=255 of a centroid.
    #[must_use]
    pub fn to_srgb(&self, centroid: &[f64]) -> [f64; 4] {
        self.coordinates.to_srgb(centroid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::{Pixels, Samples};
    use crate::progress::Silent;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn translucent_colours_differ_as_they_do_before_grey_backgrounds(
            a: [u8; 3], b: [u8; 3], alphas in [1u8..=254, 1u8..=254],
        ) {
            let colors = [[a[0], a[1], a[2], alphas[0]], [b[0], b[1], b[2], alphas[1]]];
            let samples = colors.concat();
            let pixels = Pixels::new(Samples::U8(&samples), 2, 1, 4).unwrap();
            let histogram = Histogram::of(&pixels, &Silent).unwrap();
            let space = ColorSpace::new(&histogram, 255, Space::Srgb, 2);
            let [a, b] = colors.map(|color| space.coordinates_of_8_bits::<4>(color));
            let found: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
            let over = |[r, g, b, alpha]: [u8; 4], grey: f64| {
                let alpha = f64::from(alpha) / 255.0;
                [r, g, b].map(|value| f64::from(value) * alpha + grey * (1.0 - alpha))
            };
            let squared = |grey: f64| -> f64 {
                let (a, b) = (over(colors[0], grey), over(colors[1], grey));
                a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
            };
            // Simpson's rule is exact for squares.
            let mean = (squared(0.0) + 4.0 * squared(127.5) + squared(255.0)) / 6.0;
            prop_assert!((found - mean).abs() <= 1e-9 * mean.max(1.0), "{} {}", found, mean);
        }

        #[test]
        fn a_box_has_the_mean_of_its_colours_of_each_sheet_however_it_is_gathered(
            colors in prop::collection::vec([0u8..40, 0u8..40, 0u8..40, 0u8..3], 1..200),
            counts in [1usize..60, 1usize..60],
        ) {
            // Alpha is 0, 128 or 255, so that boxes hold colours of several sheets.
            let rgba = |[r, g, b, a]: &[u8; 4]| [*r, *g, *b, [0, 128, 255][usize::from(*a)]];
            let samples = colors.iter().flat_map(rgba).collect::<Vec<_>>();
            let pixels = Pixels::new(Samples::U8(&samples), colors.len(), 1, 4).unwrap();
            let histogram = Histogram::of(&pixels, &Silent).unwrap();
            let space = ColorSpace::new(&histogram, 255, Space::Srgb, 9);
            let fine = space.points::<4>(&histogram);
            let levels = histogram.levels();
            let boxes = [levels.at_most(counts[0].max(counts[1])), levels.at_most(counts[0].min(counts[1]))];
            let finer = fine.gathered(&histogram, boxes[0]);
            for (found, boxes) in [
                (fine.gathered(&histogram, boxes[1]), boxes[1]),
                (fine.gathered_again(&histogram, &finer, boxes[1]), boxes[1]),
                (finer, boxes[0]),
            ] {
                let mut expected: Vec<(usize, [f64; 4], f64)> = Vec::new();
                let sheet = |i: usize| Sheet::of(histogram.color(i)[3], 255);
                for i in 0..histogram.len() {
                    let (point, weight) = (fine.blocks.point(i), fine.blocks.weight(i));
                    let same = |(first, ..): &&mut (usize, [f64; 4], f64)| {
                        histogram.share_box(*first, i, boxes) && sheet(*first) == sheet(i)
                    };
                    match expected.iter_mut().find(same) {
                        Some((_, sum, total)) => {
                            *total += weight;
                            (0..4).for_each(|d| sum[d] += weight * point[d]);
                        }
                        None => expected.push((i, point.map(|value| weight * value), weight)),
                    }
                }
                prop_assert_eq!(found.points.len(), expected.len());
                for (i, (first, sum, total)) in expected.into_iter().enumerate() {
                    prop_assert_eq!((found.firsts[i] as usize, found.weights[i]), (first, total));
                    for d in 0..4 {
                        prop_assert!((found.points[i][d] - sum[d] / total).abs() < 1e-9);
                    }
                }
            }
        }
    }
}
