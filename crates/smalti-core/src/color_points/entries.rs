//! The nearest colours of a palette that is given.

use super::ColorSpace;
use super::sheets::Sheet;
use crate::error::Result;
use crate::histogram::Histogram;
use crate::nearest::assign_blocks;
use crate::point_blocks::PointBlocks;
use crate::progress::Progress;

/// Distinct colours that are compared at a time: as points they take 32 MiB.
const COMPARED: usize = 1 << 20;

/// Where a sheet that colours are bound to, or none, is set off to.
fn offset(bound: Option<Sheet>) -> f64 {
    bound.map_or(0.0, Sheet::offset)
}

impl ColorSpace {
    /// For every distinct colour the position of the nearest colour of `palette`, which this space
    /// was made for; of equal colours that of the first.
    ///
    /// Where the palette has clear colours, clear ones get the first of these, and where it has
    /// opaque colours, opaque ones get one of these. All others get what is nearest.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    pub fn nearest_entries<const D: usize>(
        &self,
        histogram: &Histogram,
        palette: &[[u8; 4]],
        progress: &dyn Progress,
    ) -> Result<Vec<u32>> {
        let bound = |color: [u16; 4]| self.sheets.bound(color[3]);
        // Each group of colours has entries of its own, as far from those of others as sheets are.
        let (mut places, mut entries) = (Vec::new(), Vec::new());
        for group in [Some(Sheet::Transparent), Some(Sheet::Opaque), None] {
            if histogram.colors().any(|color| bound(color) == group) {
                for (entry, &color) in (0..).zip(palette) {
                    if group.is_none_or(|sheet| sheet == Sheet::of_8_bits(color)) {
                        let samples = self.samples_of_8_bits(color);
                        places.push(self.set_off::<D>(samples, offset(group)));
                        entries.push(entry);
                    }
                }
            }
        }
        let mut found = Vec::with_capacity(histogram.len());
        for start in (0..histogram.len()).step_by(COMPARED) {
            let count = COMPARED.min(histogram.len() - start);
            let blocks = PointBlocks::<D>::from_fn(count, |i| {
                let color = histogram.color(start + i);
                (self.set_off(color, offset(bound(color))), 1.0)
            });
            let labels = assign_blocks(&blocks, &places, progress)?.labels;
            found.extend(labels.into_iter().map(|label| entries[label as usize]));
        }
        Ok(found)
    }
}
