//! What the search for labels aims at: every pixel's place in the colour space, and its weight.
//!
//! Squared errors weigh as contrast [`masking`] tells. In drawings a pixel weighs as much as one beside it
//! where that weighs more: what is next to a smooth area shows up against it.

use std::sync::Arc;

use rayon::prelude::*;

use crate::color_points::ColorSpace;
use crate::error::Result;
use crate::histogram::Histogram;
use crate::indexed_image::Indices;
use crate::labels::{self, masking};
use crate::pixels::Pixels;
use crate::progress::Progress;

use super::shortlist::FAR;

/// Coordinates are scaled so that lightness, like alpha, runs from 0 to this: percents, in which
/// the weights below are stated too.
const RANGE: f64 = 100.0;

/// Pictures of which a larger share equals what stands to the left are drawings. Of Kodak's and
/// CQ100's 37 photographs none has more than 0.27; of 38 interface graphics two have less than 0.4.
const FLAT_DRAWING: f64 = 0.4;

/// How far errors that were diffused to a pixel move its target when the palette is given, in percent
/// of the space's range and along each coordinate. The colours of such a palette need not lie around
/// those of the picture, so that errors would grow without end. Half the range is what black and
/// white leave of the grey between them; with more, a target could come so near another part of the
/// alpha axis that no colour of its own part is among those that are compared.
const GIVEN_BOUND: f32 = RANGE as f32 / 2.0;

/// The colours of a picture and where they lie.
#[derive(Debug, Clone, Copy)]
pub struct SceneColors<'a> {
    /// A histogram that holds the picture's colours.
    pub histogram: &'a Histogram,
    /// Where they lie.
    pub space: &'a ColorSpace,
    /// Colours whose pixels keep them, all of them in the palette.
    pub kept: &'a [[u8; 4]],
    /// What the colours get of a palette that is given; `None` for one that is the picture's own.
    pub given: Option<GivenEntries<'a>>,
}

/// A palette that is given, and for every distinct colour the nearest of its entries.
#[derive(Debug, Clone, Copy)]
pub struct GivenEntries<'a> {
    /// Straight sRGB and alpha.
    pub palette: &'a [[u8; 4]],
    /// Positions in the palette, in the order of the histogram.
    pub entries: &'a [u32],
}

impl SceneColors<'_> {
    /// The coordinates of a distinct colour. Beside a given palette they are on the sheet of the
    /// nearest entry, so that no label leaves it.
    fn coordinates<const D: usize>(&self, i: usize) -> [f64; D] {
        let color = self.histogram.color(i);
        match self.given {
            None => self.space.coordinates(color),
            Some(GivenEntries { palette, entries }) => {
                self.space.coordinates_beside(color, palette[entries[i] as usize])
            }
        }
    }
}

/// The picture in the colour space, in percent of its range.
pub struct Scene<'a, const D: usize> {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    space: &'a ColorSpace,
    /// Where the kept colours lie.
    kept: Vec<[f32; D]>,
    /// For every pixel the position of its colour.
    positions: Vec<u32>,
    colors: Arc<Vec<[f32; D]>>,
    /// For every pixel what its squared error weighs, above 0 and at most 1.
    weights: Vec<f32>,
    /// Whether the picture is drawn rather than taken: it repeats itself exactly.
    is_drawing: bool,
    /// Whether the palette is given: not made for the picture.
    is_given: bool,
}

impl<'a, const D: usize> Scene<'a, D> {
    /// Places every pixel.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    pub fn new(
        pixels: &Pixels<'_>,
        colors: &SceneColors<'a>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let SceneColors { histogram, space, kept, given } = *colors;
        let own: Vec<u32> = (0..histogram.len() as u32).collect();
        let positions = match labels::nearest(pixels, histogram, &own, usize::MAX, progress)? {
            Indices::U32(positions) => positions,
            Indices::U8(_) | Indices::U16(_) => unreachable!("32 bits were asked for"),
        };
        let colors: Vec<[f32; D]> = (0..histogram.len())
            .into_par_iter()
            .map(|i| in_percent(space, colors.coordinates(i)))
            .collect();
        progress.go_on()?;
        let (width, height) = (pixels.width(), pixels.height());
        let place = |&color: &[u8; 4]| in_percent(space, space.coordinates_of_8_bits(color));
        let kept = kept.iter().map(place).collect();
        let mut scene = Self {
            width,
            height,
            space,
            kept,
            positions,
            colors: Arc::new(colors),
            weights: Vec::new(),
            is_drawing: false,
            is_given: given.is_some(),
        };
        scene.is_drawing = scene.flat_share() > FLAT_DRAWING;
        scene.weights = scene.masking();
        if scene.is_drawing {
            scene.weights = scene.most_beside(&scene.weights);
        }
        Ok(scene)
    }

    /// The picture made of some of the rows.
    #[must_use]
    pub fn of_rows(&self, rows: &[usize]) -> Self {
        let row = |&y: &usize| y * self.width..(y + 1) * self.width;
        Self {
            width: self.width,
            height: rows.len(),
            space: self.space,
            kept: self.kept.clone(),
            positions: rows.iter().flat_map(|y| self.positions[row(y)].to_vec()).collect(),
            colors: Arc::clone(&self.colors),
            weights: rows.iter().flat_map(|y| self.weights[row(y)].to_vec()).collect(),
            is_drawing: self.is_drawing,
            is_given: self.is_given,
        }
    }

    /// Whether the picture is drawn rather than taken: it repeats itself exactly.
    #[must_use]
    pub fn is_drawing(&self) -> bool {
        self.is_drawing
    }

    /// The share of pixels that equal the one before them, 0 to 1.
    fn flat_share(&self) -> f64 {
        let same = |row: &[u32]| {
            let color = |&position: &u32| self.colors[position as usize];
            row.windows(2).filter(|pair| color(&pair[0]) == color(&pair[1])).count()
        };
        let count: usize = self.positions.par_chunks(self.width).map(same).sum();
        count as f64 / self.positions.len() as f64
    }

    /// Where pixel `i` lies.
    #[inline]
    #[must_use]
    pub fn target(&self, i: usize) -> [f32; D] {
        self.colors[self.positions[i] as usize]
    }

    /// What the squared error of pixel `i` weighs.
    #[inline]
    #[must_use]
    pub fn weight(&self, i: usize) -> f32 {
        self.weights[i]
    }

    /// Where a colour of the palette lies.
    #[must_use]
    pub fn place(&self, color: [u8; 4]) -> [f32; D] {
        in_percent(self.space, self.space.coordinates_of_8_bits(color))
    }

    /// Where the entries of a palette lie. Those of a given palette that lie where an earlier one does
    /// are out of reach: the first of equal colours gets all pixels.
    #[must_use]
    pub fn entry_places(&self, palette: &[[u8; 4]]) -> Vec<[f32; D]> {
        let mut places: Vec<[f32; D]> = palette.iter().map(|&color| self.place(color)).collect();
        if self.is_given {
            for entry in (1..places.len()).rev() {
                if places[..entry].contains(&places[entry]) {
                    places[entry] = [FAR; D];
                }
            }
        }
        places
    }

    /// Which of the kept colours pixel `i` has, if any.
    #[inline]
    #[must_use]
    pub fn kept(&self, i: usize) -> Option<usize> {
        let own = self.target(i);
        self.kept.iter().position(|kept| *kept == own)
    }

    /// How many colours are kept.
    #[must_use]
    pub fn kept_colors(&self) -> usize {
        self.kept.len()
    }

    /// For every kept colour its entry in a palette that holds them all.
    #[must_use]
    pub fn kept_entries(&self, palette: &[[u8; 4]]) -> Vec<u8> {
        let places: Vec<[f32; D]> = palette.iter().map(|&color| self.place(color)).collect();
        let entry = |kept| places.iter().position(|place| place == kept);
        self.kept.iter().filter_map(entry).map(|entry| entry as u8).collect()
    }

    /// Whether a pixel of a drawing equals all its neighbours. What is flat in a photograph is
    /// clipped, and not dithering there needs 0.4 percent more bytes at equal SSIMULACRA2.
    #[must_use]
    pub fn is_flat(&self, x: usize, y: usize) -> bool {
        if !self.is_drawing {
            return false;
        }
        let columns = x.saturating_sub(1)..(x + 2).min(self.width);
        let mut rows = y.saturating_sub(1)..(y + 2).min(self.height);
        let own = self.positions[y * self.width + x];
        rows.all(|y| {
            let row = &self.positions[y * self.width..][..self.width];
            row[columns.clone()].iter().all(|&position| position == own)
        })
    }

    /// Distance along the alpha axis that is exceeded only between parts of it that are kept
    /// apart.
    #[must_use]
    pub fn apart(&self) -> f32 {
        (self.space.apart().sqrt() * RANGE / self.space.range()) as f32
    }

    /// The centroid at a place.
    #[must_use]
    pub fn centroid(&self, place: &[f32; D]) -> [f64; D] {
        place.map(|value| f64::from(value) * self.space.range() / RANGE)
    }

    /// Limits what errors that were diffused to pixel `i` do to its target: a kept colour stays
    /// what it is, and alpha so near that the nearest colours have the same part of the axis; beside a
    /// given palette no coordinate goes far.
    #[inline]
    pub fn hold(&self, i: usize, target: &mut [f32; D]) {
        if self.is_given {
            self.hold_near(i, target);
        } else if self.kept(i).is_some() {
            *target = self.target(i);
        } else if D == 4 {
            let own = self.target(i)[D - 1];
            target[D - 1] = target[D - 1].clamp(own - RANGE as f32, own + RANGE as f32);
        }
    }

    /// Limits them along each coordinate, for a given palette. It stays out of the loop of searches
    /// that never call it.
    #[cold]
    #[inline(never)]
    fn hold_near(&self, i: usize, target: &mut [f32; D]) {
        let own = self.target(i);
        for d in 0..D {
            target[d] = target[d].clamp(own[d] - GIVEN_BOUND, own[d] + GIVEN_BOUND);
        }
    }

    fn masking(&self) -> Vec<f32> {
        masking::weights(self.width, self.positions.len(), |at| self.target(at)[0])
    }

    /// For every pixel the largest weight of its own and those of its neighbours.
    fn most_beside(&self, own: &[f32]) -> Vec<f32> {
        let mut weights = vec![0.0; own.len()];
        weights.par_chunks_mut(self.width).enumerate().for_each(|(y, weights)| {
            let rows = y.saturating_sub(1)..(y + 2).min(self.height);
            let rows = own[rows.start * self.width..rows.end * self.width].chunks_exact(self.width);
            let mut columns = vec![0.0f32; self.width];
            for row in rows {
                columns.iter_mut().zip(row).for_each(|(most, &weight)| *most = most.max(weight));
            }
            for (x, weight) in weights.iter_mut().enumerate() {
                let beside = &columns[x.saturating_sub(1)..(x + 2).min(self.width)];
                *weight = beside.iter().copied().fold(0.0, f32::max);
            }
        });
        weights
    }
}

fn in_percent<const D: usize>(space: &ColorSpace, coordinates: [f64; D]) -> [f32; D] {
    coordinates.map(|value| (value * RANGE / space.range()) as f32)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grey, in_scene};
    use super::*;

    const WIDTH: usize = 32;

    /// Rows of `flat` equal pixels, then stripes.
    fn stripes(flat: usize) -> Vec<u8> {
        let value = |x: usize| if x < flat { 100 } else { (x % 2 * 255) as u8 };
        grey(&(0..WIDTH * 9).map(|i| value(i % WIDTH)).collect::<Vec<u8>>())
    }

    /// Columns of the middle row with the full weight, and with flat pixels.
    fn calm_and_flat(scene: &Scene<'_, 3>) -> (Vec<usize>, Vec<usize>) {
        let calm = (0..WIDTH).filter(|x| scene.weight(4 * WIDTH + x) == 1.0).collect();
        (calm, (0..WIDTH).filter(|&x| scene.is_flat(x, 4)).collect())
    }

    #[test]
    fn in_a_drawing_what_stands_beside_a_calm_pixel_weighs_as_much() {
        in_scene(&stripes(20), WIDTH, |scene| {
            assert!(scene.is_drawing());
            // Windows of 7 x 7 are calm up to column 16, whose neighbour is 17.
            assert_eq!(calm_and_flat(scene), ((0..=17).collect(), (0..=18).collect()));
        });
    }

    #[test]
    fn in_a_photograph_weights_are_a_pixels_own_and_nothing_is_flat() {
        in_scene(&stripes(8), WIDTH, |scene| {
            assert!(!scene.is_drawing());
            assert_eq!(calm_and_flat(scene), ((0..=4).collect(), vec![]));
        });
    }
}
