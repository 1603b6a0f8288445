//! Every pixel takes the palette entry of its colour: no dither, no rate term.
//!
//! Cost: for 8-bit RGB images of a megapixel and more a table of 2^24 entries is filled once
//! and read once a pixel; otherwise a binary search among the distinct colours.

use rayon::prelude::*;

use crate::histogram::{Histogram, RGB8_COLORS, rgb8_bin, uses_rgb8_table};
use crate::indexed_image::Indices;
use crate::pixels::{Pixels, Samples};

/// Pixels handed to a thread at a time.
const CHUNK: usize = 1 << 16;

/// Indices of all pixels, given the palette entry of every distinct colour of `histogram`.
///
/// `colors` is the palette's size; it decides the type of the indices.
#[must_use]
pub fn nearest(
    pixels: &Pixels<'_>,
    histogram: &Histogram,
    entries: &[u32],
    colors: usize,
) -> Indices {
    match colors - 1 {
        0..=0xff => Indices::U8(map(pixels, histogram, entries, |entry| entry as u8)),
        0x100..=0xffff => Indices::U16(map(pixels, histogram, entries, |entry| entry as u16)),
        _ => Indices::U32(map(pixels, histogram, entries, |entry| entry)),
    }
}

fn map<T: Copy + Default + Send + Sync>(
    pixels: &Pixels<'_>,
    histogram: &Histogram,
    entries: &[u32],
    narrow: impl Fn(u32) -> T + Sync,
) -> Vec<T> {
    let mut indices = vec![T::default(); pixels.count()];
    match pixels.samples() {
        Samples::U8(samples) if uses_rgb8_table(pixels) => {
            let mut table: Vec<T> = std::iter::repeat_n(T::default(), RGB8_COLORS).collect();
            for ([r, g, b, _], &entry) in histogram.colors().zip(entries) {
                table[rgb8_bin(r as u8, g as u8, b as u8)] = narrow(entry);
            }
            indices.par_chunks_mut(CHUNK).zip(samples.par_chunks(CHUNK * 3)).for_each(
                |(indices, samples)| {
                    for (index, rgb) in indices.iter_mut().zip(samples.chunks_exact(3)) {
                        *index = table[rgb8_bin(rgb[0], rgb[1], rgb[2])];
                    }
                },
            );
        }
        _ => indices.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, indices)| {
            for (i, index) in (chunk * CHUNK..).zip(indices) {
                *index = narrow(entries[histogram.position(pixels.rgba(i))]);
            }
        }),
    }
    indices
}
