//! Palette and indices: the compressed picture.
//!
//! [`IndexedImage`] is the one result of all stages from labels on. Its indices are bytes where
//! labels are chosen and files written, and [`Indices`] of the smallest type that holds them where
//! a palette may have more than 256 colours.

use crate::error::{Error, Result};
use crate::palette::Palette;

/// Indices in the smallest unsigned type that holds the palette's positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Indices {
    /// Up to 256 colours.
    U8(Vec<u8>),
    /// Up to 65,536 colours.
    U16(Vec<u16>),
    /// More colours.
    U32(Vec<u32>),
}

impl Indices {
    /// Narrows indices below `colors` to the smallest type that holds them all.
    #[must_use]
    pub fn smallest(indices: impl Iterator<Item = u32>, colors: usize) -> Self {
        match colors.saturating_sub(1) {
            0..=0xff => Self::U8(indices.map(|index| index as u8).collect()),
            0x100..=0xffff => Self::U16(indices.map(|index| index as u16).collect()),
            _ => Self::U32(indices.collect()),
        }
    }
}

/// A picture whose indices all lie inside its palette.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexedImage<I = Vec<u8>> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) palette: Vec<[u8; 4]>,
    pub(crate) centroids: Vec<[f64; 4]>,
    pub(crate) indices: I,
}

impl IndexedImage {
    /// Checks that `indices` fill the image and stay inside `palette` (straight sRGB and alpha),
    /// whose colours are the centroids, too.
    ///
    /// # Errors
    /// [`Error::Empty`] for no pixels or no colours, [`Error::TooManyColorsForPng`],
    /// [`Error::SizeMismatch`] and [`Error::IndexOutsidePalette`].
    pub fn new(
        width: usize,
        height: usize,
        palette: Vec<[u8; 4]>,
        indices: Vec<u8>,
    ) -> Result<Self> {
        if width == 0 || height == 0 {
            return Err(Error::Empty { what: "the image", unit: "pixel" });
        }
        if palette.is_empty() {
            return Err(Error::Empty { what: "the palette", unit: "colour" });
        }
        if palette.len() > 256 {
            return Err(Error::TooManyColorsForPng(palette.len()));
        }
        check_indices("indices", &indices, width * height, palette.len())?;
        let Palette { colors: palette, centroids } = Palette::of_colors(palette);
        Ok(Self { width, height, palette, centroids, indices })
    }

    /// Whether every colour has a pixel.
    #[must_use]
    pub fn uses_all_colors(&self) -> bool {
        let mut used = vec![false; self.palette.len()];
        self.indices.iter().for_each(|&index| used[usize::from(index)] = true);
        !used.contains(&false)
    }

    /// The picture made of some of the rows.
    pub(crate) fn rows(&self, rows: &[usize]) -> Self {
        let row = |&y: &usize| &self.indices[y * self.width..][..self.width];
        Self {
            width: self.width,
            height: rows.len(),
            palette: self.palette.clone(),
            centroids: self.centroids.clone(),
            indices: rows.iter().flat_map(row).copied().collect(),
        }
    }

    /// The colours of the pixels, row by row, as samples of `channels` values each.
    #[must_use]
    pub fn samples(&self, channels: usize) -> Vec<u8> {
        let mut samples = Vec::with_capacity(self.indices.len() * channels);
        for &index in &self.indices {
            samples.extend_from_slice(&self.palette[usize::from(index)][..channels]);
        }
        samples
    }
}

impl<I> IndexedImage<I> {
    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The colours, straight sRGB and alpha.
    #[must_use]
    pub fn palette(&self) -> &[[u8; 4]] {
        &self.palette
    }

    /// The colours before rounding, 0..=255.
    #[must_use]
    pub fn centroids(&self) -> &[[f64; 4]] {
        &self.centroids
    }

    /// One palette position a pixel, row by row.
    #[must_use]
    pub fn indices(&self) -> &I {
        &self.indices
    }

    /// The same, without the rest.
    #[must_use]
    pub fn into_indices(self) -> I {
        self.indices
    }

    /// The same palette for other indices.
    pub(crate) fn with_indices<J>(self, indices: J) -> IndexedImage<J> {
        let Self { width, height, palette, centroids, .. } = self;
        IndexedImage { width, height, palette, centroids, indices }
    }
}

impl IndexedImage<Indices> {
    /// The same with indices of one byte, if they are so narrow.
    pub(crate) fn in_bytes(mut self) -> std::result::Result<IndexedImage, Self> {
        match std::mem::replace(&mut self.indices, Indices::U8(Vec::new())) {
            Indices::U8(indices) => Ok(self.with_indices(indices)),
            wider => {
                self.indices = wider;
                Err(self)
            }
        }
    }
}

impl From<IndexedImage> for IndexedImage<Indices> {
    fn from(mut image: IndexedImage) -> Self {
        let indices = std::mem::take(&mut image.indices);
        image.with_indices(Indices::U8(indices))
    }
}

/// Checks that there is one of the indices, which are called `what`, for each of the `pixels`, and
/// that all are below `colors`.
pub(crate) fn check_indices(
    what: &'static str,
    indices: &[u8],
    pixels: usize,
    colors: usize,
) -> Result<()> {
    if indices.len() != pixels {
        let (found, expected) = (indices.len(), pixels);
        return Err(Error::SizeMismatch { what, unit: "pixels", found, expected });
    }
    match indices.iter().position(|&index| usize::from(index) >= colors) {
        None => Ok(()),
        Some(pixel) => {
            Err(Error::IndexOutsidePalette { index: indices[pixel].into(), pixel, colors })
        }
    }
}

/// A picture, and what its indices were chosen with.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapped<I = Vec<u8>> {
    /// The picture.
    pub image: IndexedImage<I>,
    /// What a bit was worth; 0 if bits did not count.
    pub rate_weight: f64,
    /// How much of the errors was made up for, 0 to 1.
    pub dither: f64,
    /// Its file, if it was written on the way: the coder would make the same again.
    pub file: Option<Vec<u8>>,
    /// Its SSIMULACRA2, if that was found on the way.
    pub score: Option<f64>,
}

impl<I> Mapped<I> {
    /// A picture of nearest colours.
    pub(crate) fn nearest(image: IndexedImage<I>) -> Self {
        Self { image, rate_weight: 0.0, dither: 0.0, file: None, score: None }
    }
}
