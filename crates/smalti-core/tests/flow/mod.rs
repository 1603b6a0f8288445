//! Pictures, and what becomes of them: for tests of the whole flow.

use smalti_core::color::Space;
use smalti_core::encode::{self, PngCoder};
use smalti_core::goal::Goal;
use smalti_core::indexed_image::{IndexedImage, Indices, Mapped};
use smalti_core::labels::DitherMethod;
use smalti_core::map::MapOptions;
use smalti_core::pipeline::Options;
use smalti_core::pixels::{Pixels, Samples};
use smalti_core::preset::Preset;
use smalti_core::progress::Silent;

pub const SIZE: (usize, usize) = (120, 80);

pub fn options(k: usize, goal: Goal, dither: Option<f64>) -> Options<'static> {
    let map = MapOptions {
        space: Space::Oklab,
        preset: Preset::of_effort(5).unwrap(),
        goal,
        dither,
        dither_method: DitherMethod::Diffusion,
        coder: &PngCoder { level: 2 },
    };
    Options { k, keep: &[], order: &[], map }
}

/// Bytes without a pattern that deflate could find (xorshift: G. Marsaglia, 2003).
pub fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as u8
    };
    (0..count).map(|_| next()).collect()
}

/// A gradient with a bright disc and a little noise, as in a photograph.
pub fn photograph((width, height): (usize, usize)) -> Vec<u8> {
    let grain = noise(width * height * 3);
    let sample = |i: usize| {
        let (x, y, channel) = (i / 3 % width, i / 3 / width, i % 3);
        let slope = [180 * x / width, 160 * y / height, 150 * (x + y) / (width + height)];
        let (dx, dy) = (x.abs_diff(width / 3), y.abs_diff(height / 2));
        let disc = if dx * dx + dy * dy < height * height / 9 { [60, 20, 0] } else { [0; 3] };
        (slope[channel] + disc[channel] + usize::from(grain[i] / 16)) as u8
    };
    (0..width * height * 3).map(sample).collect()
}

pub fn of(samples: &[u8], (width, height): (usize, usize)) -> Pixels<'_> {
    Pixels::new(Samples::U8(samples), width, height, samples.len() / width / height).unwrap()
}

pub fn indices(compressed: &Mapped<Indices>) -> &[u8] {
    match compressed.image.indices() {
        Indices::U8(indices) => indices,
        other => panic!("more than 256 colours: {other:?}"),
    }
}

pub fn rebuilt(compressed: &Mapped<Indices>, channels: usize) -> Vec<u8> {
    let color = |&index: &u8| compressed.image.palette()[usize::from(index)][..channels].to_vec();
    indices(compressed).iter().flat_map(color).collect()
}

pub fn png_bytes(compressed: &Mapped<Indices>, (width, height): (usize, usize)) -> usize {
    let (palette, indices) = (compressed.image.palette().to_vec(), indices(compressed).to_vec());
    let image = IndexedImage::new(width, height, palette, indices).unwrap();
    let level = Preset::of_effort(5).unwrap().png_level;
    encode::png(&image, level, compressed.rate_weight > 0.0, &Silent).unwrap().len()
}
