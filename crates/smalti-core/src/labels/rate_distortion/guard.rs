//! A guard on the worst error: no small part of a picture may lose its colour.
//!
//! Mean errors hardly notice a lamp of 6 x 6 pixels or the swatch of a legend. What is looked at
//! here is the local error of [`crate::metrics`]: the difference of means over a window of 5 x 5,
//! so that dithered mixes count as what they look like. Two things make it large:
//!
//! - Labels that save bits. Where the local error exceeds that of the nearest colours by more than
//!   a bound, pixels are *held*: they are labelled anew, nearly as if bits were free, or, in large
//!   pictures, get their nearest colours.
//! - A palette without the colour. A region whose local error is large even with all the dither
//!   there is, and larger than errors of this palette usually are, is *lost*: its colour is fixed
//!   in the palette, and the other colours are learned anew beside it.
//!
//! Cost: some 15 ns of one thread a pixel for each look.

use std::ops::Range;

use rayon::prelude::*;

use crate::error::Result;
use crate::indexed_image::IndexedImage;
use crate::progress::Progress;

use super::bands::{LEARNED_PIXELS, bands_of, searched};
use super::prices::Free;
use super::scene::Scene;
use super::settings::{BitModel, LabelSettings};
use super::thresholds::DitherMethod;

/// Pixels that the window reaches to each side, as in [`crate::metrics`].
const REACH: usize = 2;

/// Rows looked at one after the other.
const STRIP_ROWS: usize = 64;

/// A local error from which on a region may be lost, in percent of the space's range.
const LOST: f32 = 8.0;

/// It must also be this many times the root of the mean squared distance to the nearest colour: with
/// few colours errors are large everywhere, and no region is lost for it.
const LOST_OF_USUAL: f32 = 2.5;

/// One of so many colours may be given to what was lost.
const COLORS_A_LOST: usize = 8;

/// The share of errors that is diffused to see what a palette can show.
const LOOKED_AT: f64 = 0.7;

/// Local errors of one labelling.
struct Look<'a, 'b, const D: usize> {
    scene: &'a Scene<'b, D>,
    places: Vec<[f32; D]>,
    labels: &'a [u8],
}

impl<'a, 'b, const D: usize> Look<'a, 'b, D> {
    fn new(scene: &'a Scene<'b, D>, image: &'a IndexedImage) -> Self {
        let places = image.palette.iter().map(|&color| scene.place(color)).collect();
        Self { scene, places, labels: &image.indices }
    }

    /// The windows around pixels with a local error above `bound`, row by row.
    fn beyond(&self, bound: f32) -> Vec<Spot> {
        let found = self.strips().into_par_iter().flat_map_iter(|rows| {
            let mut spots = Vec::new();
            self.visit(rows, |x, y, squares| {
                if squares > bound * bound {
                    spots.push(Spot { x, y, error: squares.sqrt() });
                }
            });
            spots
        });
        found.collect()
    }

    /// The largest local error.
    fn worst(&self) -> f32 {
        let worst = |rows| {
            let mut most = 0.0f32;
            self.visit(rows, |_, _, squares| most = most.max(squares));
            most
        };
        self.strips().into_par_iter().map(worst).reduce(|| 0.0, f32::max).sqrt()
    }

    fn strips(&self) -> Vec<Range<usize>> {
        let height = self.scene.height;
        let starts = (0..height).step_by(STRIP_ROWS);
        starts.map(|start| start..(start + STRIP_ROWS).min(height)).collect()
    }

    /// Calls `visit(x, y, error)` with the squared local errors of `rows`.
    fn visit(&self, rows: Range<usize>, mut visit: impl FnMut(usize, usize, f32)) {
        let Scene { width, height, .. } = *self.scene;
        // Sums over the window's rows, which follow it down.
        let mut columns = vec![[0.0f32; D]; width];
        let mut summed = rows.start.saturating_sub(REACH)..rows.start.saturating_sub(REACH);
        for y in rows {
            while summed.end < (y + REACH + 1).min(height) {
                self.add_row(&mut columns, summed.end, 1.0);
                summed.end += 1;
            }
            while summed.start < y.saturating_sub(REACH) {
                self.add_row(&mut columns, summed.start, -1.0);
                summed.start += 1;
            }
            for x in 0..width {
                let window = x.saturating_sub(REACH)..(x + REACH + 1).min(width);
                let count = (window.len() * summed.len()) as f32;
                let mut sum = [0.0f32; D];
                columns[window].iter().for_each(|column| (0..D).for_each(|d| sum[d] += column[d]));
                visit(x, y, sum.iter().map(|value| value * value).sum::<f32>() / (count * count));
            }
        }
    }

    /// Adds the differences of row `y`, times `sign`.
    fn add_row(&self, columns: &mut [[f32; D]], y: usize, sign: f32) {
        let first = y * columns.len();
        for (x, column) in columns.iter_mut().enumerate() {
            let label = usize::from(self.labels[first + x]);
            let (target, place) = (self.scene.target(first + x), self.places[label]);
            (0..D).for_each(|d| column[d] += sign * (target[d] - place[d]));
        }
    }

    /// The pixels of the window around a spot.
    fn window(&self, spot: &Spot) -> impl Iterator<Item = usize> + use<D> {
        let Scene { width, height, .. } = *self.scene;
        let columns = spot.x.saturating_sub(REACH)..(spot.x + REACH + 1).min(width);
        let rows = spot.y.saturating_sub(REACH)..(spot.y + REACH + 1).min(height);
        rows.flat_map(move |y| columns.clone().map(move |x| y * width + x))
    }

    /// The distance of a pixel to the nearest colour.
    fn least(&self, i: usize) -> f32 {
        let own = self.scene.target(i);
        self.places.iter().map(|place| distance(&own, place)).fold(f32::INFINITY, f32::min)
    }

    /// The entry of the nearest colour.
    fn nearest(&self, i: usize) -> u8 {
        let own = self.scene.target(i);
        let distances = self.places.iter().map(|place| distance(&own, place)).enumerate();
        distances.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(entry, _)| entry as u8)
    }
}

/// A pixel and the local error of the window around it.
struct Spot {
    x: usize,
    y: usize,
    error: f32,
}

/// For every pixel whether it must be held; nothing if no local error exceeds that of the nearest
/// colours by more than `bound`.
pub fn to_hold<const D: usize>(
    scene: &Scene<'_, D>,
    image: &IndexedImage,
    bound: f32,
) -> Option<Vec<bool>> {
    let look = Look::new(scene, image);
    let spots = look.beyond(bound);
    if spots.is_empty() {
        return None;
    }
    let mut looked_at = vec![false; image.indices.len()];
    spots.iter().flat_map(|spot| look.window(spot)).for_each(|i| looked_at[i] = true);
    // Windows overlap, so every pixel is compared once, before their means are taken.
    let least = |(i, &looked_at): (usize, &bool)| if looked_at { look.least(i) } else { 0.0 };
    let least: Vec<f32> = looked_at.par_iter().enumerate().map(least).collect();
    let strayed = |spot: &&Spot| {
        let (mut sum, mut count) = (0.0, 0);
        for i in look.window(spot) {
            sum += least[i];
            count += 1;
        }
        spot.error > bound + sum / count as f32
    };
    let strayed: Vec<&Spot> = spots.par_iter().filter(strayed).collect();
    if strayed.is_empty() {
        return None;
    }
    let mut held = vec![false; image.indices.len()];
    strayed.iter().flat_map(|spot| look.window(spot)).for_each(|i| held[i] = true);
    Some(held)
}

/// The colours of small regions that the palette of `start` has lost: centroids that it should
/// have, the worst missed first; and the worst local error, in percent of the space's range, of
/// what the palette can show, if there are any.
///
/// # Errors
/// What `progress` returns to stop.
pub fn lost<const D: usize>(
    scene: &Scene<'_, D>,
    start: &IndexedImage,
    progress: &dyn Progress,
) -> Result<(Vec<[f64; D]>, f32)> {
    let Some(bound) = lost_bound(scene, start) else { return Ok((Vec::new(), 0.0)) };
    let shown = best_shown(scene, start, progress)?;
    Ok((lost_colors(scene, &shown, bound), worst(scene, &shown)))
}

/// The worst local error, in percent of the space's range, of what the palette of `start` can show.
///
/// # Errors
/// What `progress` returns to stop.
pub fn worst_shown<const D: usize>(
    scene: &Scene<'_, D>,
    start: &IndexedImage,
    progress: &dyn Progress,
) -> Result<f32> {
    Ok(worst(scene, &best_shown(scene, start, progress)?))
}

/// What the palette of `start` can show: dithered, or in large pictures, where that takes long, with
/// the nearest colours.
fn best_shown<const D: usize>(
    scene: &Scene<'_, D>,
    start: &IndexedImage,
    progress: &dyn Progress,
) -> Result<IndexedImage> {
    if start.indices.len() > LEARNED_PIXELS {
        return Ok(start.clone());
    }
    let settings = LabelSettings {
        rate_weight: 0.0,
        model: BitModel::Paeth,
        dither: LOOKED_AT,
        method: DitherMethod::Diffusion,
        beam: 1,
        passes: 1,
        fixed_palette: true,
    };
    let bands = bands_of(scene.height);
    let labels = searched(scene, start, &Free, &settings, &bands, &[], progress)?;
    let mut shown = start.clone();
    shown.indices = labels;
    Ok(shown)
}

/// The labels with the nearest colour for every pixel that is `held`.
pub fn nearest_where<const D: usize>(
    scene: &Scene<'_, D>,
    image: &IndexedImage,
    held: &[bool],
) -> Vec<u8> {
    let look = Look::new(scene, image);
    let label = |(i, &held): (usize, &bool)| if held { look.nearest(i) } else { image.indices[i] };
    held.par_iter().enumerate().map(label).collect()
}

/// The local error beyond which a region is lost, if any is larger where every pixel has its nearest
/// colour. Dither makes local errors smaller, so there is no need to look further otherwise.
fn lost_bound<const D: usize>(scene: &Scene<'_, D>, nearest: &IndexedImage) -> Option<f32> {
    if colors_to_give(scene, nearest) == 0 {
        return None;
    }
    let bound = LOST.max(LOST_OF_USUAL * usual_error(scene, nearest));
    (worst(scene, nearest) > bound).then_some(bound)
}

/// The root of the mean squared distance of the pixels to their colours.
fn usual_error<const D: usize>(scene: &Scene<'_, D>, image: &IndexedImage) -> f32 {
    let look = Look::new(scene, image);
    let squares = |(y, row): (usize, &[u8])| -> f64 {
        let square = |(x, &label): (usize, &u8)| {
            let target = scene.target(y * scene.width + x);
            let distance = distance(&target, &look.places[usize::from(label)]);
            f64::from(distance * distance)
        };
        row.iter().enumerate().map(square).sum()
    };
    let rows: Vec<f64> = image.indices.par_chunks(scene.width).enumerate().map(squares).collect();
    (rows.iter().sum::<f64>() / image.indices.len() as f64).sqrt() as f32
}

/// The largest local error.
fn worst<const D: usize>(scene: &Scene<'_, D>, image: &IndexedImage) -> f32 {
    Look::new(scene, image).worst()
}

/// The colours of regions that `image`, which is dithered without regard to bits, has lost, the
/// worst first: centroids that the palette should have.
fn lost_colors<const D: usize>(
    scene: &Scene<'_, D>,
    image: &IndexedImage,
    bound: f32,
) -> Vec<[f64; D]> {
    let look = Look::new(scene, image);
    let mut spots = look.beyond(bound);
    spots.sort_by(|a, b| b.error.total_cmp(&a.error));
    let most = colors_to_give(scene, image);
    let mut found: Vec<[f32; D]> = Vec::new();
    for spot in &spots {
        if found.len() == most {
            break;
        }
        // Only pixels that are off count. The window may reach beyond the region's edge, where the
        // colours are right.
        let height = scene.target(spot.y * scene.width + spot.x)[D - 1];
        let apart = |i| D == 4 && (scene.target(i)[D - 1] - height).abs() > scene.apart();
        let off = look.window(spot).filter(|&i| look.least(i) > bound / 2.0 && !apart(i));
        let Some(color) = mean(off.map(|i| scene.target(i))) else { continue };
        if found.iter().all(|other| distance(other, &color) > bound) {
            found.push(color);
        }
    }
    found.iter().map(|color| scene.centroid(color)).collect()
}

/// How many of the colours that are learned may go to what was lost.
fn colors_to_give<const D: usize>(scene: &Scene<'_, D>, image: &IndexedImage) -> usize {
    (image.palette.len() - scene.kept_colors()) / COLORS_A_LOST
}

fn mean<const D: usize>(places: impl Iterator<Item = [f32; D]>) -> Option<[f32; D]> {
    let (mut sum, mut count) = ([0.0; D], 0);
    for place in places {
        (0..D).for_each(|d| sum[d] += place[d]);
        count += 1;
    }
    (count > 0).then(|| sum.map(|value| value / count as f32))
}

fn distance<const D: usize>(a: &[f32; D], b: &[f32; D]) -> f32 {
    (0..D).map(|d| (a[d] - b[d]) * (a[d] - b[d])).sum::<f32>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{blank, grey, in_scene, noise};
    use super::*;
    use proptest::prelude::*;

    const GREYS: [[u8; 4]; 3] = [[0, 0, 0, 255], [100, 100, 100, 255], [200, 200, 200, 255]];

    proptest! {
        #[test]
        fn local_errors_are_those_of_windows_summed_one_by_one(
            width in 1usize..12, height in 1usize..150, seed in 0usize..100,
        ) {
            let samples = noise(width * height * 3, seed);
            let mut image = blank(&GREYS, width * height);
            image.indices = noise(width * height, seed + 1).iter().map(|value| value % 3).collect();
            in_scene(&samples, width, |scene| {
                let look = Look::new(scene, &image);
                let (mut visited, mut most) = (0, 0.0f64);
                for rows in look.strips() {
                    look.visit(rows, |x, y, squares| {
                        let (mut sum, mut count) = ([0.0f64; 3], 0.0);
                        for i in look.window(&Spot { x, y, error: 0.0 }) {
                            let place = look.places[usize::from(image.indices[i])];
                            let target = scene.target(i);
                            (0..3).for_each(|d| sum[d] += f64::from(target[d] - place[d]));
                            count += 1.0;
                        }
                        let error = sum.iter().map(|value| value * value).sum::<f64>().sqrt() / count;
                        assert!((f64::from(squares).sqrt() - error).abs() < 1e-3);
                        (visited, most) = (visited + 1, most.max(error));
                    });
                }
                assert_eq!(visited, width * height);
                assert!((f64::from(worst(scene, &image)) - most).abs() < 1e-3);
            });
        }
    }

    #[test]
    fn windows_that_bits_have_led_astray_are_held_and_get_their_nearest_colours() {
        // One block of 6 x 6 is 200, all else 100, and every label says 100.
        let inside = |i: usize| (10..16).contains(&(i % 40)) && (20..26).contains(&(i / 40));
        let values: Vec<u8> = (0..40 * 40).map(|i| if inside(i) { 200 } else { 100 }).collect();
        let mut image = blank(&GREYS, values.len());
        image.indices.fill(1);
        in_scene(&grey(&values), 40, |scene| {
            // 100 / 255 in each of three coordinates.
            let whole = 100.0 / 2.55 * 3f32.sqrt();
            assert!((worst(scene, &image) - whole).abs() < 1e-3);
            assert!(to_hold(scene, &image, whole + 0.1).is_none());
            // Windows of the block alone are the 2 x 2 in its middle: they hold all of it.
            let held = to_hold(scene, &image, whole - 0.1).unwrap();
            assert!((0..values.len()).all(|i| held[i] == inside(i)));
            let found = nearest_where(scene, &image, &held);
            assert!((0..values.len()).all(|i| found[i] == 1 + u8::from(inside(i))));
        });
    }
}
