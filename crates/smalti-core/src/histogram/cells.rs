//! Counting opaque 8-bit colours, cell by cell.
//!
//! A colour's Z-order number has 24 bits. The first 15 name a *cell* of 8 x 8 x 8 colours, the
//! last 9 the colour within.
//!
//! Images of up to 16 megapixels are sorted by cell ([`by_sorting`]): pixels are counted by cell,
//! then their last 9 bits put in the order of the cells. All that is written to at random fits a
//! core's cache. The pixels of larger images do not: a byte for each of the 2^24 colours counts
//! them, and overflows are noted ([`by_table`]), in one pass instead of two.
//! docs/kmeans.md has the measurements.

use rayon::prelude::*;

use super::Histogram;
use crate::error::Result;
use crate::progress::Progress;

/// Bits of a number that tell the colours of a cell apart.
pub(super) const LOW_BITS: u32 = 9;

/// Colours in a cell.
pub(super) const COLORS: usize = 1 << LOW_BITS;

/// Number of cells.
pub(super) const CELLS: usize = 1 << (24 - LOW_BITS);

/// Words of a set of a cell's colours.
const WORDS: usize = COLORS / u64::BITS as usize;

/// Cells counted at a time by one thread.
const RANGE: usize = CELLS / 64;

/// From this many pixels on, the table is faster.
const TABLE_FROM: usize = 1 << 24;

/// Pixels sorted at a time, at least: fewer are cheaper to sort than all cells to walk through.
const MIN_SORTED: usize = 1 << 16;

/// Pixels sorted at a time, at most: their last bits take 2 MiB.
const MAX_SORTED: usize = 1 << 20;

/// Tables, at most; each takes 16 MiB.
const MAX_TABLES: usize = 6;

/// Pixels between two looks at whether to go on.
const PIECE: usize = 1 << 20;

/// What a byte of the table has counted when it overflows.
const OVERFLOW: u64 = 1 << u8::BITS;

/// The Z-order numbers of 8-bit colours: bits of red, green and blue interleaved.
#[derive(Clone)]
pub(crate) struct Numbers([[u32; 256]; 3]);

impl Numbers {
    pub(crate) fn new() -> Self {
        let spread = |value: u32| (0..8).map(|bit| (value >> bit & 1) << (3 * bit)).sum::<u32>();
        Self(std::array::from_fn(|c| std::array::from_fn(|v| spread(v as u32) << (2 - c))))
    }

    #[inline]
    pub(crate) fn of(&self, rgb: &[u8]) -> usize {
        let [red, green, blue] = &self.0;
        let (r, g, b) = (usize::from(rgb[0]), usize::from(rgb[1]), usize::from(rgb[2]));
        (red[r] | green[g] | blue[b]) as usize
    }
}

pub(super) fn count(samples: &[u8], channels: usize, progress: &dyn Progress) -> Result<Histogram> {
    let image = Image { samples, channels, numbers: &Numbers::new(), progress };
    let threads = rayon::current_num_threads();
    let pixels = samples.len() / channels;
    if pixels >= TABLE_FROM {
        let parts = image.parts(pixels.div_ceil(threads.min(MAX_TABLES)), Image::by_table)?;
        counted(&parts, progress)
    } else {
        let parts = image
            .parts(pixels.div_ceil(threads).clamp(MIN_SORTED, MAX_SORTED), Image::by_sorting)?;
        counted(&parts, progress)
    }
}

/// An image, or a run of its pixels.
#[derive(Clone, Copy)]
struct Image<'a> {
    samples: &'a [u8],
    channels: usize,
    numbers: &'a Numbers,
    progress: &'a dyn Progress,
}

impl<'a> Image<'a> {
    /// What `count` makes of every `size` pixels.
    fn parts<P: Send>(
        &self,
        size: usize,
        count: impl Fn(Image<'a>) -> Result<P> + Sync,
    ) -> Result<Vec<P>> {
        let runs = self.samples.par_chunks(size * self.channels);
        runs.map(|samples| count(Image { samples, ..*self })).collect()
    }

    fn numbers(&self) -> impl Iterator<Item = usize> + '_ {
        self.samples.chunks_exact(self.channels).map(|pixel| self.numbers.of(pixel))
    }

    fn by_sorting(self) -> Result<Sorted> {
        self.progress.go_on()?;
        let mut starts = vec![0; CELLS + 1];
        for number in self.numbers() {
            starts[number >> LOW_BITS] += 1;
        }
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        // Each cell is filled from its end, so that its entry ends up at its start.
        let mut low_bits = vec![0; self.samples.len() / self.channels];
        for number in self.numbers() {
            let next = &mut starts[number >> LOW_BITS];
            *next -= 1;
            low_bits[*next as usize] = (number % COLORS) as u16;
        }
        Ok(Sorted { low_bits, starts })
    }

    fn by_table(self) -> Result<Table> {
        let mut bytes = vec![0u8; CELLS * COLORS];
        let mut overflows = Vec::new();
        for samples in self.samples.chunks(PIECE * self.channels) {
            self.progress.go_on()?;
            for number in (Image { samples, ..self }).numbers() {
                let count = bytes[number].wrapping_add(1);
                bytes[number] = count;
                if count == 0 {
                    overflows.push(number as u32);
                }
            }
        }
        overflows.sort_unstable();
        Ok(Table { bytes, overflows })
    }
}

/// Pixels that have been counted, to be read cell by cell.
pub(super) trait Counted: Sync {
    /// Adds the pixels of a cell.
    fn add(&self, cell: usize, counts: &mut CellCounts);
}

/// The pixels of each colour of a cell, and the set of colours that occur.
pub(super) struct CellCounts {
    counts: [u64; COLORS],
    seen: [u64; WORDS],
}

impl CellCounts {
    #[inline]
    pub fn add(&mut self, low: usize, count: u64) {
        self.counts[low] += count;
        self.seen[low / 64] |= u64::from(count > 0) << (low % 64);
    }
}

/// The last bits of the pixels, cell by cell.
struct Sorted {
    low_bits: Vec<u16>,
    /// Where each cell starts in `low_bits`, and where the last one ends.
    starts: Vec<u32>,
}

impl Counted for Sorted {
    fn add(&self, cell: usize, counts: &mut CellCounts) {
        let members = self.starts[cell] as usize..self.starts[cell + 1] as usize;
        for &low in &self.low_bits[members] {
            counts.add(usize::from(low) % COLORS, 1);
        }
    }
}

/// A byte for every colour, in Z-order.
struct Table {
    bytes: Vec<u8>,
    /// The number of a colour for each time that its byte overflowed, ascending.
    overflows: Vec<u32>,
}

impl Counted for Table {
    fn add(&self, cell: usize, counts: &mut CellCounts) {
        let numbers = cell * COLORS..(cell + 1) * COLORS;
        let bytes = &self.bytes[numbers.clone()];
        if bytes.iter().fold(0, |any, byte| any | byte) != 0 {
            for (low, &byte) in bytes.iter().enumerate() {
                counts.add(low, byte.into());
            }
        }
        let first = self.overflows.partition_point(|&number| (number as usize) < numbers.start);
        for &number in &self.overflows[first..] {
            if number as usize >= numbers.end {
                break;
            }
            counts.add(number as usize % COLORS, OVERFLOW);
        }
    }
}

pub(super) fn counted(parts: &[impl Counted], progress: &dyn Progress) -> Result<Histogram> {
    let low_colors: [u64; COLORS] = std::array::from_fn(opaque);
    let ranges: Vec<Histogram> = (0..CELLS / RANGE)
        .into_par_iter()
        .map(|range| {
            progress.go_on()?;
            Ok(counted_cells(parts, range * RANGE..(range + 1) * RANGE, &low_colors))
        })
        .collect::<Result<_>>()?;
    let colors: Vec<&[u64]> = ranges.iter().map(|range| &range.colors[..]).collect();
    let counts: Vec<&[u64]> = ranges.iter().map(|range| &range.counts[..]).collect();
    Ok(Histogram { colors: colors.concat(), counts: counts.concat() })
}

/// What some cells hold; `low_colors` are the colours of the first cell.
fn counted_cells(
    parts: &[impl Counted],
    cells: std::ops::Range<usize>,
    low_colors: &[u64; COLORS],
) -> Histogram {
    let mut histogram = Histogram::default();
    let mut of_cell = CellCounts { counts: [0; COLORS], seen: [0; WORDS] };
    for cell in cells {
        parts.iter().for_each(|part| part.add(cell, &mut of_cell));
        if of_cell.seen == [0; WORDS] {
            continue;
        }
        let color = opaque(cell << LOW_BITS);
        let CellCounts { counts, seen } = &mut of_cell;
        for (word, seen) in seen.iter_mut().enumerate() {
            while *seen != 0 {
                let low = word * 64 + seen.trailing_zeros() as usize;
                histogram.colors.push(color | low_colors[low]);
                histogram.counts.push(std::mem::take(&mut counts[low]));
                *seen &= *seen - 1;
            }
        }
    }
    histogram
}

/// The opaque colour with a Z-order number, packed.
fn opaque(number: usize) -> u64 {
    let channel = |first: usize| (0..8).map(|bit| (number >> (3 * bit + first) & 1) << bit).sum();
    let [r, g, b]: [usize; 3] = [channel(2), channel(1), channel(0)];
    super::packed([r as u16, g as u16, b as u16, u16::from(u8::MAX)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::{Pixels, Samples};
    use crate::progress::Silent;
    use proptest::prelude::*;

    proptest! {
        // Each table has 16 MiB to look through.
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn parts_of_either_kind_count_what_sorting_counts(
            colors in prop::collection::vec([0u8..40, 0u8..40, 200u8..255], 1..300),
            repeats in 1usize..600,
            size in 1usize..5000,
        ) {
            // The first colour overflows a byte of the table again and again.
            let more = std::iter::repeat_n(colors[0], repeats);
            let samples: Vec<u8> = colors.iter().copied().chain(more).flatten().collect();
            let pixels = samples.len() / 3;
            let whole = Pixels::new(Samples::U8(&samples), pixels, 1, 3).unwrap();
            let expected = Histogram::by_sorting(&whole, &Silent).unwrap();
            let numbers = &Numbers::new();
            let image = Image { samples: &samples, channels: 3, numbers, progress: &Silent };
            let sorted = image.parts(size.max(pixels / 4), Image::by_sorting).unwrap();
            prop_assert_eq!(&counted(&sorted, &Silent).unwrap(), &expected);
            let tables = image.parts(size.max(pixels / 3), Image::by_table).unwrap();
            prop_assert_eq!(&counted(&tables, &Silent).unwrap(), &expected);
        }
    }
}
