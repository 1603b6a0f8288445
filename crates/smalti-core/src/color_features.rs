//! Coordinates of an image's colours in a space, in single precision and without regard to alpha:
//! the features that segmentation compares pixels by.
//!
//! Cost: for `OKLab` three cube roots a pixel, found for many pixels at a time by arithmetic that
//! the compiler turns into vector instructions. Most of the rest is writing 12 bytes a pixel: 24
//! megapixels take about 0.23 s on two threads. Only additions, multiplications and
//! divisions are used, in one order, so every processor finds the same bits. They differ from
//! [`crate::coordinates`], in double precision, by less than one millionth of the space's range.
//!
//! The helpers of the kernel are always inlined, or they would be compiled for the baseline.

#![expect(clippy::inline_always)]

use multiversion::multiversion;
use rayon::prelude::*;

use crate::color::{Converter, Space};
use crate::error::Result;
use crate::pixels::{Pixels, Samples};
use crate::progress::Progress;

/// Pixels converted at a time by one thread.
const CHUNK: usize = 1 << 16;

/// Pixels whose channels lie side by side for the vector instructions.
const LANES: usize = 32;

/// The three coordinates of every pixel, one after another.
///
/// # Errors
/// What `progress` returns to stop.
pub fn color_features(
    pixels: &Pixels<'_>,
    space: Space,
    progress: &dyn Progress,
) -> Result<Vec<f32>> {
    // The table holds the transfer function; `OKLab` needs more, which is computed for each pixel.
    let tabulated = if space == Space::Oklab { Space::Linear } else { space };
    let converter = Converter::new(tabulated, pixels.max_sample());
    let entry = |value: u16| converter.coordinates([value; 3])[0] as f32;
    let table: Vec<f32> = (0..=pixels.max_sample()).map(entry).collect();
    match pixels.samples() {
        Samples::U8(samples) => converted(samples, pixels.channels(), &table, space, progress),
        Samples::U16(samples) => converted(samples, pixels.channels(), &table, space, progress),
    }
}

/// Features of `dim` coordinates, multiplied by a matrix given row by row.
///
/// # Errors
/// What `progress` returns to stop.
pub fn mixed(
    features: &[f32],
    matrix: &[f32],
    dim: usize,
    progress: &dyn Progress,
) -> Result<Vec<f32>> {
    debug_assert_eq!(matrix.len(), dim * dim);
    let mix: fn(&[f32], &[f32], &mut [f32]) = match dim {
        2 => mix_points::<2>,
        3 => mix_points::<3>,
        _ => mix_wide_points,
    };
    let mut mixed = vec![0.0; features.len()];
    let chunks = features.par_chunks(CHUNK * dim);
    mixed.par_chunks_mut(CHUNK * dim).zip(chunks).try_for_each(|(mixed, features)| {
        progress.go_on()?;
        mix(features, matrix, mixed);
        Ok(())
    })?;
    Ok(mixed)
}

fn mix_points<const D: usize>(features: &[f32], matrix: &[f32], mixed: &mut [f32]) {
    let (points, matrix) = (features.as_chunks::<D>().0, matrix.as_chunks::<D>().0);
    for (place, point) in mixed.as_chunks_mut::<D>().0.iter_mut().zip(points) {
        *place = std::array::from_fn(|j| (0..D).map(|i| point[i] * matrix[i][j]).sum());
    }
}

/// The same for any number of coordinates: the matrix is square.
fn mix_wide_points(features: &[f32], matrix: &[f32], mixed: &mut [f32]) {
    let dim = matrix.len().isqrt();
    for (place, point) in mixed.chunks_exact_mut(dim).zip(features.chunks_exact(dim)) {
        for (value, row) in point.iter().zip(matrix.chunks_exact(dim)) {
            for (sum, factor) in place.iter_mut().zip(row) {
                *sum += value * factor;
            }
        }
    }
}

fn converted<T: Copy + Into<usize> + Sync>(
    samples: &[T],
    channels: usize,
    table: &[f32],
    space: Space,
    progress: &dyn Progress,
) -> Result<Vec<f32>> {
    let mut features = vec![0.0; samples.len() / channels * 3];
    let chunks = samples.par_chunks(CHUNK * channels);
    features.par_chunks_mut(CHUNK * 3).zip(chunks).try_for_each(|(features, samples)| {
        progress.go_on()?;
        if space == Space::Oklab {
            to_oklab(samples, channels, table, features);
        } else {
            let pixels = samples.chunks_exact(channels);
            for (place, pixel) in features.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
                *place = [pixel[0], pixel[1], pixel[2]].map(|sample| table[sample.into()]);
            }
        }
        Ok(())
    })?;
    Ok(features)
}

/// One channel of [`LANES`] pixels.
type Lanes = [f32; LANES];

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2", "x86_64+sse4.1"))]
fn to_oklab<T: Copy + Into<usize>>(
    samples: &[T],
    channels: usize,
    linear: &[f32],
    features: &mut [f32],
) {
    let groups = features.chunks_mut(LANES * 3).zip(samples.chunks(LANES * channels));
    for (features, samples) in groups {
        let mut rgb = [[0.0; LANES]; 3];
        for (lane, pixel) in samples.chunks_exact(channels).enumerate() {
            for c in 0..3 {
                rgb[c][lane] = linear[pixel[c].into()];
            }
        }
        let lab = oklab(&rgb);
        for (lane, place) in features.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            *place = [lab[0][lane], lab[1][lane], lab[2][lane]];
        }
    }
}

/// `crate::color` has the same in double precision.
#[inline(always)]
fn oklab([r, g, b]: &[Lanes; 3]) -> [Lanes; 3] {
    let mut lab = [[0.0; LANES]; 3];
    for i in 0..LANES {
        let l = cube_root(0.412_221_5 * r[i] + 0.536_332_55 * g[i] + 0.051_445_995 * b[i]);
        let m = cube_root(0.211_903_5 * r[i] + 0.680_699_5 * g[i] + 0.107_396_96 * b[i]);
        let s = cube_root(0.088_302_46 * r[i] + 0.281_718_85 * g[i] + 0.629_978_7 * b[i]);
        lab[0][i] = 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s;
        lab[1][i] = 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s;
        lab[2][i] = 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s;
    }
    lab
}

/// The cube root of a number that is 0 or at least the smallest normal one.
///
/// A third of the number's bits has about a third of its logarithm: a first guess within 4 %
/// (W. Kahan, "Computing a real cube root", 1991). Each step of Halley's method cubes the error.
#[inline(always)]
fn cube_root(x: f32) -> f32 {
    /// Two thirds of the bits of 1, less what makes the largest error smallest.
    const OFFSET: u32 = 709_921_077;
    let bits = x.to_bits();
    // 5 / 16 * 17 / 16 * 257 / 256 is 1 / 3 to one part in 65,536; no vector instruction divides
    // integers.
    let third = (bits >> 2) + (bits >> 4);
    let third = third + (third >> 4);
    let third = third + (third >> 8);
    let mut root = f32::from_bits(third + OFFSET);
    for _ in 0..2 {
        let cube = root * root * root;
        root *= (cube + (x + x)) / (cube + (cube + x));
    }
    if x == 0.0 { 0.0 } else { root }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coordinates::Coordinates;
    use crate::error::Error;
    use crate::progress::{Silent, Stage};
    use proptest::prelude::*;

    fn features(samples: Samples<'_>, count: usize, channels: usize, space: Space) -> Vec<f32> {
        let pixels = Pixels::new(samples, count, 1, channels).unwrap();
        color_features(&pixels, space, &Silent).unwrap()
    }

    #[test]
    fn mixing_multiplies_by_the_matrix() {
        let found = mixed(&[1.0, 2.0, 3.0, 4.0], &[1.0, 10.0, 100.0, 1000.0], 2, &Silent).unwrap();
        assert_eq!(found, [201.0, 2010.0, 403.0, 4030.0]);
        let mut matrix = [0.0; 16];
        for (i, factor) in [1.0, 10.0, 100.0, 1000.0].into_iter().enumerate() {
            matrix[i * 4 + 3 - i] = factor;
        }
        let found = mixed(&[1.0, 2.0, 3.0, 4.0], &matrix, 4, &Silent).unwrap();
        assert_eq!(found, [4000.0, 300.0, 20.0, 1.0]);
    }

    #[test]
    fn cube_roots_are_those_of_the_library() {
        assert_eq!(cube_root(0.0), 0.0);
        for i in 1..=200_000u32 {
            let x = i as f32 / 200_000.0;
            let (found, exact) = (f64::from(cube_root(x)), libm::cbrt(f64::from(x)));
            assert!((found / exact - 1.0).abs() < 3e-7, "{x}: {found} is not {exact}");
        }
    }

    #[test]
    fn greys_have_hardly_any_chroma_and_black_none() {
        let greys: Vec<u8> = (0..=255).flat_map(|v| [v; 3]).collect();
        let found = features(Samples::U8(&greys), 256, 3, Space::Oklab);
        assert_eq!(found[..3], [0.0; 3]);
        for [_, a, b] in found.as_chunks::<3>().0 {
            assert!(a.abs() < 1e-6 && b.abs() < 1e-6);
        }
    }

    #[test]
    fn it_stops_when_told() {
        struct Stopped;
        impl Progress for Stopped {
            fn report(&self, _: Stage, _: f64) -> Result<()> {
                Err(Error::Interrupted)
            }
            fn go_on(&self) -> Result<()> {
                Err(Error::Interrupted)
            }
        }
        let pixels = Pixels::new(Samples::U8(&[0; 3]), 1, 1, 3).unwrap();
        let found = color_features(&pixels, Space::Oklab, &Stopped);
        assert_eq!(found, Err(Error::Interrupted));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn they_are_the_coordinates_of_the_opaque_colours(
            samples in prop::collection::vec(any::<u16>(), 12..600),
            channels in 3usize..=4,
            space in prop::sample::select(vec![Space::Srgb, Space::Linear, Space::Oklab]),
        ) {
            let count = samples.len() / channels;
            let samples = &samples[..count * channels];
            let bytes: Vec<u8> = samples.iter().map(|&sample| sample as u8).collect();
            for (given, mask) in [(Samples::U16(samples), u16::MAX), (Samples::U8(&bytes), 255)] {
                let found = features(given, count, channels, space);
                prop_assert_eq!(found.len(), 3 * count);
                let exact = Coordinates::new(space, mask);
                for (found, color) in found.chunks_exact(3).zip(samples.chunks_exact(channels)) {
                    let exact = exact.opaque([color[0], color[1], color[2]].map(|v| v & mask));
                    for (&found, exact) in found.iter().zip(exact) {
                        prop_assert!((f64::from(found) - exact).abs() < 1e-6 * space.range());
                    }
                }
            }
        }
    }
}
