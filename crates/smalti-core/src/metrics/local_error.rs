//! Where a picture's colours went wrong: the difference of local means.
//!
//! Mean errors and SSIMULACRA2 tell how good a picture is as a whole. They hardly change when a
//! small lamp or the swatch of a legend loses its colour. The local error at a pixel is the
//! distance between the means of both images over the window of 5 x 5 around it, in [`UNITS`] times
//! `OKLab`, with colours premultiplied by alpha and alpha as a fourth coordinate. About 2 is just
//! noticeable for large patches (CSS Color 4 takes 0.02 of `OKLab`); black and white are 100 apart.
//!
//! Means are compared rather than pixels: dither is wrong at every pixel and right on average, as
//! the eye sees it. The window has 5 x 5 pixels: error diffusion makes up for an error within about
//! two pixels, and shapes with a colour of their own are rarely smaller. A spot of 5 x 5 counts in
//! full, a single pixel for one 25th. At the borders only the part of the window within the image
//! counts.
//!
//! Cost: six cube roots a pixel, 2.1 s of one thread for 24 megapixels, and the memory of a few
//! rows on each thread. The order of sums is the same on any number of threads.

use std::ops::{AddAssign, Range};

use rayon::prelude::*;

use super::shape::check_same_shape;
use crate::color::{Converter, Space};
use crate::error::Result;
use crate::pixels::Pixels;
use crate::progress::Progress;

/// What `OKLab` and alpha, both 0..=1, are multiplied by.
pub const UNITS: f64 = 100.0;

/// Pixels that the window reaches to each side.
const REACH: usize = 2;

/// Rows compared at a time by one thread. For each strip `2 * REACH` more rows are converted, 6 %
/// at this height; few enough that pictures of common sizes make work for every thread.
const STRIP_ROWS: usize = 64;

/// The largest local error and where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorstPlace {
    /// The error, 0 for images that look the same.
    pub error: f64,
    /// Column of the window's centre; the first in reading order of equal errors.
    pub x: usize,
    /// Row of the window's centre.
    pub y: usize,
}

/// The largest local error of `distorted` and its place.
///
/// # Errors
/// [`crate::Error::SizeMismatch`] unless both images have the same size and channels,
/// [`crate::Error::Interrupted`] when `progress` says so.
pub fn worst_local_error(
    reference: &Pixels<'_>,
    distorted: &Pixels<'_>,
    progress: &dyn Progress,
) -> Result<WorstPlace> {
    let pair = Pair::new(reference, distorted)?;
    let worst_of = |rows: Range<usize>| {
        let mut worst = WorstPlace { error: 0.0, x: 0, y: rows.start };
        pair.for_each_row(rows, progress, |y, errors| {
            for (x, &error) in errors.iter().enumerate() {
                if error > worst.error {
                    worst = WorstPlace { error, x, y };
                }
            }
        })?;
        Ok(worst)
    };
    let strips: Vec<WorstPlace> =
        pair.strips().into_par_iter().map(worst_of).collect::<Result<_>>()?;
    let first = WorstPlace { error: 0.0, x: 0, y: 0 };
    Ok(strips.into_iter().fold(
        first,
        |worst, strip| {
            if strip.error > worst.error { strip } else { worst }
        },
    ))
}

/// The local error at every pixel, row by row.
///
/// # Errors
/// Those of [`worst_local_error`].
pub fn local_errors(
    reference: &Pixels<'_>,
    distorted: &Pixels<'_>,
    progress: &dyn Progress,
) -> Result<Vec<f32>> {
    let pair = Pair::new(reference, distorted)?;
    let mut map = vec![0.0; reference.count()];
    let strips = pair.strips().into_par_iter();
    map.par_chunks_mut(STRIP_ROWS * reference.width()).zip(strips).try_for_each(
        |(strip, rows)| {
            let mut places = strip.chunks_exact_mut(reference.width());
            pair.for_each_row(rows, progress, |_, errors| {
                for (place, &error) in places.next().into_iter().flatten().zip(errors) {
                    *place = error as f32;
                }
            })
        },
    )?;
    Ok(map)
}

/// A pixel's difference, or a sum of them: `OKLab` and alpha, premultiplied.
#[derive(Debug, Clone, Copy, Default)]
struct Difference([f64; 4]);

impl AddAssign<&Self> for Difference {
    fn add_assign(&mut self, other: &Self) {
        for (sum, value) in self.0.iter_mut().zip(other.0) {
            *sum += value;
        }
    }
}

impl Difference {
    fn norm(&self) -> f64 {
        self.0.iter().map(|value| value * value).sum::<f64>().sqrt()
    }
}

/// Two images of one shape.
struct Pair<'a> {
    reference: Side<'a>,
    distorted: Side<'a>,
}

impl<'a> Pair<'a> {
    fn new(reference: &'a Pixels<'a>, distorted: &'a Pixels<'a>) -> Result<Self> {
        check_same_shape(reference, distorted)?;
        Ok(Self { reference: Side::new(reference), distorted: Side::new(distorted) })
    }

    fn strips(&self) -> Vec<Range<usize>> {
        let height = self.reference.pixels.height();
        let strip = |start: usize| start..(start + STRIP_ROWS).min(height);
        (0..height).step_by(STRIP_ROWS).map(strip).collect()
    }

    /// Calls `visit(y, errors)` for each of `rows`, in order.
    fn for_each_row(
        &self,
        rows: Range<usize>,
        progress: &dyn Progress,
        mut visit: impl FnMut(usize, &[f64]),
    ) -> Result<()> {
        let (width, height) = (self.reference.pixels.width(), self.reference.pixels.height());
        // A ring: row y of the image is held at y modulo the window's height.
        let mut window = vec![vec![Difference::default(); width]; 2 * REACH + 1];
        let (mut columns, mut errors) = (vec![Difference::default(); width], vec![0.0; width]);
        let mut converted = rows.start.saturating_sub(REACH);
        for y in rows {
            progress.go_on()?;
            let (first, end) = (y.saturating_sub(REACH), (y + REACH + 1).min(height));
            while converted < end {
                self.differences(converted, &mut window[converted % (2 * REACH + 1)]);
                converted += 1;
            }
            columns.fill(Difference::default());
            for row in first..end {
                let differences = &window[row % (2 * REACH + 1)];
                columns.iter_mut().zip(differences).for_each(|(sum, value)| *sum += value);
            }
            for (x, error) in errors.iter_mut().enumerate() {
                let across = &columns[x.saturating_sub(REACH)..(x + REACH + 1).min(width)];
                let mut sum = Difference::default();
                across.iter().for_each(|column| sum += column);
                *error = sum.norm() / (across.len() * (end - first)) as f64;
            }
            visit(y, &errors);
        }
        Ok(())
    }

    /// What the pixels of row `y` differ by.
    fn differences(&self, y: usize, row: &mut [Difference]) {
        let start = y * row.len();
        let (mut before, mut after) = (self.reference.colors(), self.distorted.colors());
        for (i, difference) in row.iter_mut().enumerate() {
            let (a, b) = (before(start + i), after(start + i));
            *difference = Difference(std::array::from_fn(|c| a[c] - b[c]));
        }
    }
}

/// An image and how its samples become coordinates.
struct Side<'a> {
    pixels: &'a Pixels<'a>,
    converter: Converter,
}

impl<'a> Side<'a> {
    fn new(pixels: &'a Pixels<'a>) -> Self {
        Self { pixels, converter: Converter::new(Space::Oklab, pixels.max_sample()) }
    }

    /// A function from a pixel's position to its coordinates; it remembers the last colour,
    /// because pixels often repeat it.
    fn colors(&self) -> impl FnMut(usize) -> [f64; 4] {
        let max = f64::from(self.pixels.max_sample());
        let mut last = ([0; 4], [0.0; 4]);
        move |i| {
            let rgba = self.pixels.rgba(i);
            if rgba != last.0 {
                let [r, g, b, a] = rgba;
                let alpha = f64::from(a) / max * UNITS;
                let [lightness, green_red, blue_yellow] =
                    self.converter.coordinates([r, g, b]).map(|value| value * alpha);
                last = (rgba, [lightness, green_red, blue_yellow, alpha]);
            }
            last.1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::pixels::Samples;
    use crate::progress::{Silent, Stage};

    fn filled(width: usize, height: usize, color: &[u8]) -> Vec<u8> {
        color.repeat(width * height)
    }

    fn pixels(samples: &[u8], width: usize, channels: usize) -> Pixels<'_> {
        let height = samples.len() / channels / width;
        Pixels::new(Samples::U8(samples), width, height, channels).unwrap()
    }

    fn lightness(value: u8) -> f64 {
        UNITS * crate::color::lightness([value; 3])
    }

    #[test]
    fn a_lost_spot_of_the_windows_size_counts_in_full() {
        let mut original = filled(9, 9, &[0; 3]);
        for y in 3..8 {
            original[(y * 9 + 1) * 3..(y * 9 + 6) * 3].fill(255);
        }
        let lost = filled(9, 9, &[0; 3]);
        let found =
            worst_local_error(&pixels(&original, 9, 3), &pixels(&lost, 9, 3), &Silent).unwrap();
        assert!((found.error - 100.0).abs() < 1e-4);
        assert_eq!((found.x, found.y), (3, 5));
    }

    #[test]
    fn a_single_pixel_counts_for_one_25th_inside_and_one_9th_in_a_corner() {
        for (at, share, place) in [((4, 4), 25.0, (2, 2)), ((0, 0), 9.0, (0, 0))] {
            let original = filled(9, 9, &[90; 3]);
            let mut changed = original.clone();
            changed[(at.1 * 9 + at.0) * 3..][..3].fill(30);
            let (a, b) = (pixels(&original, 9, 3), pixels(&changed, 9, 3));
            let found = worst_local_error(&a, &b, &Silent).unwrap();
            let expected = (lightness(90) - lightness(30)) / share;
            assert!((found.error - expected).abs() < 1e-4, "{} is not {expected}", found.error);
            // The corners of windows that hold the pixel come first in reading order.
            assert_eq!((found.x, found.y), place);
        }
    }

    #[test]
    fn what_cannot_be_seen_does_not_count_and_alpha_does() {
        let (clear, hidden) = (filled(3, 3, &[9, 9, 9, 0]), filled(3, 3, &[200, 0, 0, 0]));
        let solid = filled(3, 3, &[0, 0, 0, 255]);
        let worst = |a: &[u8], b: &[u8]| {
            worst_local_error(&pixels(a, 3, 4), &pixels(b, 3, 4), &Silent).unwrap().error
        };
        assert_eq!(worst(&clear, &hidden), 0.0);
        assert!((worst(&clear, &solid) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn the_map_and_the_worst_place_agree_across_strips() {
        let (width, height) = (7, 2 * STRIP_ROWS + 5);
        let original: Vec<u8> = (0..width * height * 3).map(|i| (i * i % 251) as u8).collect();
        let changed: Vec<u8> = original.iter().map(|v| v / 16 * 16).collect();
        let (a, b) = (pixels(&original, width, 3), pixels(&changed, width, 3));
        let map = local_errors(&a, &b, &Silent).unwrap();
        let worst = worst_local_error(&a, &b, &Silent).unwrap();
        let largest = map.iter().copied().fold(0.0, f32::max);
        assert_eq!(map.len(), width * height);
        assert_eq!(largest, worst.error as f32);
        assert_eq!(map[worst.y * width + worst.x], largest);
    }

    #[test]
    fn it_stops_when_told_and_refuses_different_shapes() {
        struct Stopped;
        impl Progress for Stopped {
            fn report(&self, _: Stage, _: f64) -> Result<()> {
                Err(Error::Interrupted)
            }
            fn go_on(&self) -> Result<()> {
                Err(Error::Interrupted)
            }
        }
        let (samples, other) = (filled(3, 3, &[5; 3]), filled(3, 4, &[5; 3]));
        let (a, b) = (pixels(&samples, 3, 3), pixels(&other, 3, 3));
        assert_eq!(worst_local_error(&a, &a, &Stopped), Err(Error::Interrupted));
        assert_eq!(local_errors(&a, &a, &Stopped), Err(Error::Interrupted));
        assert!(matches!(worst_local_error(&a, &b, &Silent), Err(Error::SizeMismatch { .. })));
    }
}
