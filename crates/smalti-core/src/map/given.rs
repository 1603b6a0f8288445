//! Mapping to a palette that was not made for the picture.

use super::mapper::{Mapper, NearestLabels};
use super::options::MapOptions;
use crate::color_points::ColorSpace;
use crate::error::{Error, Result};
use crate::histogram::Histogram;
use crate::indexed_image::{Indices, Mapped, check_indices};
use crate::labels::{GivenEntries, Scene, SceneColors};
use crate::palette::{ColorMap, MAX_COLORS, Palette};
use crate::pixels::Pixels;
use crate::progress::Progress;

/// A palette that stays as it is: its colours, their order and those that no pixel has.
#[derive(Debug, Clone, Copy)]
pub struct GivenPalette<'a> {
    /// Straight sRGB and alpha, 1 to [`MAX_COLORS`] colours. Of equal colours the first gets all
    /// pixels.
    pub colors: &'a [[u8; 4]],
    /// Labels to begin with, where labels weigh bits or are dithered: what another picture of the same
    /// size got of this palette, the frame before for example. Prices are counted on them. `None` for
    /// the nearest labels.
    pub before: Option<&'a [u8]>,
}

impl GivenPalette<'_> {
    fn check(&self, pixels: usize) -> Result<()> {
        let count = self.colors.len();
        if count == 0 {
            return Err(Error::Empty { what: "the palette", unit: "colour" });
        }
        if count > MAX_COLORS {
            return Err(Error::TooManyPaletteColors { count, max: MAX_COLORS });
        }
        self.before
            .map_or(Ok(()), |labels| check_indices("the labels before", labels, pixels, count))
    }
}

/// Maps an image to a given palette.
///
/// Every pixel gets the nearest colour: a clear one a clear colour where the palette has one, and an
/// opaque one an opaque colour likewise. Unless that is all that is asked for, labels weigh bits or
/// make up for errors as those of a palette of the picture's own do.
///
/// # Errors
/// [`Error::Empty`] and [`Error::TooManyPaletteColors`] for the palette; [`Error::SizeMismatch`] and
/// [`Error::IndexOutsidePalette`] for the labels before; those of [`MapOptions::check`] and
/// [`Mapper::map`].
pub fn to_palette(
    pixels: &Pixels<'_>,
    palette: &GivenPalette<'_>,
    options: &MapOptions<'_>,
    progress: &dyn Progress,
) -> Result<Mapped<Indices>> {
    palette.check(pixels.count())?;
    options.check(palette.colors.len())?;
    let see_through = palette.colors.iter().any(|color| color[3] != u8::MAX);
    if see_through && pixels.channels() == 3 {
        // The picture may become see-through.
        let samples = pixels.with_alpha();
        return to_palette(&pixels.with_samples(&samples, 4)?, palette, options, progress);
    }
    if !see_through && let Some(samples) = pixels.without_opaque_alpha() {
        return to_palette(&pixels.with_samples(&samples, 3)?, palette, options, progress);
    }
    let histogram = Histogram::of(pixels, progress)?;
    match pixels.channels() {
        3 => mapped::<3>(pixels, palette, (&histogram, options), progress),
        _ => mapped::<4>(pixels, palette, (&histogram, options), progress),
    }
}

fn mapped<const D: usize>(
    pixels: &Pixels<'_>,
    palette: &GivenPalette<'_>,
    (histogram, options): (&Histogram, &MapOptions<'_>),
    progress: &dyn Progress,
) -> Result<Mapped<Indices>> {
    let space = &ColorSpace::of_palette(palette.colors, pixels.max_sample(), options.space);
    let entries = space.nearest_entries::<D>(histogram, palette.colors, progress)?;
    let is_lost = |(color, &entry): ([u16; 4], &u32)| {
        let (color, shown) = (space.in_8_bits(color), palette.colors[entry as usize]);
        // Clear colours all look alike.
        color != shown && (color[3] > 0 || shown[3] > 0)
    };
    let lossy = histogram.colors().zip(&entries).any(is_lost);
    let own = Palette::of_colors(palette.colors.to_vec());
    let map = ColorMap { palette: own, entries: entries.clone(), lossy };
    let mut nearest = NearestLabels::new(pixels, histogram, map, progress)?;
    if let (Indices::U8(labels), Some(before)) = (&mut nearest.image.indices, palette.before)
        && !options.is_plain(lossy)
    {
        labels.copy_from_slice(before);
    }
    let given = Some(GivenEntries { palette: palette.colors, entries: &entries });
    let colors = SceneColors { histogram, space, kept: &[], given };
    let mapper = Mapper::<D> { pixels, options, refit: None, progress };
    mapper.map(nearest, || Scene::new(pixels, &colors, progress))
}
