//! Every pixel takes the palette entry of its colour: no dither, no rate term.
//!
//! Cost: for opaque 8-bit images two look-ups a pixel, one of the cell of 4 x 4 x 4 colours and one
//! of the entry within it; only cells that hold the image's colours have entries. Otherwise a short
//! binary search among the distinct colours that share leading bits.

use rayon::prelude::*;

use crate::error::Result;
use crate::histogram::{Histogram, Numbers, is_opaque, key};
use crate::indexed_image::Indices;
use crate::pixels::{Pixels, Samples};
use crate::progress::{Progress, Stage};

/// Pixels handed to a thread at a time.
const CHUNK: usize = 1 << 16;

/// Colours in a cell of the table.
const COLORS: usize = 1 << 6;

/// Cells of the table: together they hold all opaque 8-bit colours.
const CELLS: usize = (1 << 24) / COLORS;

/// Leading bits of a key by which the directory is indexed.
const DIRECTORY_BITS: u32 = 16;

/// Indices of all pixels, given the palette entry of every distinct colour of `histogram`, which
/// holds all colours of the picture and may hold others.
///
/// `colors` is the palette's size; it decides the type of the indices.
///
/// # Errors
/// What `progress` returns to stop.
pub fn nearest(
    pixels: &Pixels<'_>,
    histogram: &Histogram,
    entries: &[u32],
    colors: usize,
    progress: &dyn Progress,
) -> Result<Indices> {
    progress.report(Stage::Labels, 0.0)?;
    let map = Map { pixels, histogram, entries, progress };
    Ok(match colors - 1 {
        0..=0xff => Indices::U8(map.indices(|entry| entry as u8)?),
        0x100..=0xffff => Indices::U16(map.indices(|entry| entry as u16)?),
        _ => Indices::U32(map.indices(|entry| entry)?),
    })
}

struct Map<'a> {
    pixels: &'a Pixels<'a>,
    histogram: &'a Histogram,
    entries: &'a [u32],
    progress: &'a dyn Progress,
}

impl Map<'_> {
    fn indices<T: Copy + Default + Send + Sync>(
        &self,
        narrow: impl Fn(u32) -> T + Sync,
    ) -> Result<Vec<T>> {
        let pixels = self.pixels;
        match pixels.samples() {
            Samples::U8(samples) if is_opaque(pixels) => self.by_table(samples, narrow),
            _ => self.by_search(narrow),
        }
    }

    fn by_table<T: Copy + Default + Send + Sync>(
        &self,
        samples: &[u8],
        narrow: impl Fn(u32) -> T,
    ) -> Result<Vec<T>> {
        let table = Table::new(self.histogram, self.entries, narrow);
        let channels = self.pixels.channels();
        let mut indices = vec![T::default(); self.pixels.count()];
        indices.par_chunks_mut(CHUNK).zip(samples.par_chunks(CHUNK * channels)).try_for_each(
            |(indices, samples)| {
                self.progress.go_on()?;
                for (index, pixel) in indices.iter_mut().zip(samples.chunks_exact(channels)) {
                    *index = table.entry(pixel);
                }
                Ok(())
            },
        )?;
        Ok(indices)
    }

    fn by_search<T: Copy + Default + Send + Sync>(
        &self,
        narrow: impl Fn(u32) -> T + Sync,
    ) -> Result<Vec<T>> {
        let keys = self.histogram.keys();
        let directory = Directory::new(&keys);
        let mut indices = vec![T::default(); self.pixels.count()];
        indices.par_chunks_mut(CHUNK).enumerate().try_for_each(|(chunk, indices)| {
            self.progress.go_on()?;
            for (i, index) in (chunk * CHUNK..).zip(indices) {
                let position = directory.position(key(self.pixels.rgba(i)));
                *index = narrow(self.entries[position]);
            }
            Ok(())
        })?;
        Ok(indices)
    }
}

/// The entries of opaque 8-bit colours, cell by cell.
struct Table<T> {
    numbers: Numbers,
    /// For every cell the position of its entries; where no colour lies in it 0, another cell's.
    cells: Vec<u32>,
    entries: Vec<[T; COLORS]>,
}

impl<T: Copy + Default> Table<T> {
    fn new(histogram: &Histogram, entries: &[u32], narrow: impl Fn(u32) -> T) -> Self {
        let mut table =
            Self { numbers: Numbers::new(), cells: vec![0; CELLS], entries: Vec::new() };
        let mut last = CELLS;
        let opaque = |(color, _): &([u16; 4], &u32)| color[3] == u16::from(u8::MAX);
        // Opaque colours stand in the order of their numbers, so those of a cell follow each other.
        for ([r, g, b, _], &entry) in histogram.colors().zip(entries).filter(opaque) {
            let number = table.numbers.of(&[r as u8, g as u8, b as u8]);
            let cell = number / COLORS;
            if cell != last {
                table.cells[cell] = table.entries.len() as u32;
                table.entries.push([T::default(); COLORS]);
                last = cell;
            }
            table.entries[table.cells[cell] as usize][number % COLORS] = narrow(entry);
        }
        table
    }

    #[inline]
    fn entry(&self, rgb: &[u8]) -> T {
        let number = self.numbers.of(rgb);
        self.entries[self.cells[number / COLORS] as usize][number % COLORS]
    }
}

/// Where keys with the same leading bits start among all keys, which ascend.
struct Directory<'a> {
    keys: &'a [u64],
    starts: Vec<u32>,
    shift: u32,
}

impl<'a> Directory<'a> {
    fn new(keys: &'a [u64]) -> Self {
        let bits = keys.last().map_or(0, |last| u64::BITS - last.leading_zeros());
        let shift = bits.saturating_sub(DIRECTORY_BITS);
        let slots = keys.last().map_or(0, |last| last >> shift) as usize + 1;
        let mut starts = vec![0; slots + 1];
        for key in keys {
            starts[(key >> shift) as usize + 1] += 1;
        }
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        Self { keys, starts, shift }
    }

    /// Position of a key that is there.
    #[inline]
    fn position(&self, key: u64) -> usize {
        let slot = (key >> self.shift) as usize;
        let (start, end) = (self.starts[slot] as usize, self.starts[slot + 1] as usize);
        start + self.keys[start..end].partition_point(|&other| other < key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_table_finds_opaque_colours_among_others(
            colors in prop::collection::vec([0u8..9, 0u8..9, 0u8..9, 0u8..3], 1..300),
        ) {
            let colors: Vec<[u8; 4]> = colors.iter().map(|&[r, g, b, a]| [r, g, b, 255 - a]).collect();
            let pixels = Pixels::new(Samples::U8(colors.as_flattened()), colors.len(), 1, 4).unwrap();
            let histogram = Histogram::of(&pixels, &Silent).unwrap();
            let entries: Vec<u32> = (0..histogram.len() as u32).collect();
            let table = Table::new(&histogram, &entries, |entry| entry);
            for ([r, g, b, a], &entry) in histogram.colors().zip(&entries) {
                if a == 255 {
                    prop_assert_eq!(table.entry(&[r as u8, g as u8, b as u8]), entry);
                }
            }
        }

        #[test]
        fn the_directory_finds_every_key(keys in prop::collection::btree_set(0u64.., 1..300), shift in 0u32..60) {
            let mut keys: Vec<u64> = keys.into_iter().map(|key| key >> shift).collect();
            keys.dedup();
            let directory = Directory::new(&keys);
            for (i, &key) in keys.iter().enumerate() {
                prop_assert_eq!(directory.position(key), i);
            }
        }
    }
}
