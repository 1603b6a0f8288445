//! Palette and indices: the compressed picture.

use crate::error::{Error, Result};

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

/// An image of at most 256 colours whose indices all lie inside its palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedImage {
    width: u32,
    height: u32,
    palette: Vec<[u8; 4]>,
    indices: Vec<u8>,
}

impl IndexedImage {
    /// Checks that `indices` fill the image and stay inside `palette` (straight sRGB and alpha).
    ///
    /// # Errors
    /// [`Error::Empty`] for no pixels or no colours, [`Error::TooManyColorsForPng`],
    /// [`Error::SizeMismatch`] and [`Error::IndexOutsidePalette`].
    pub fn new(width: u32, height: u32, palette: Vec<[u8; 4]>, indices: Vec<u8>) -> Result<Self> {
        if width == 0 || height == 0 {
            return Err(Error::Empty { what: "the image", unit: "pixel" });
        }
        if palette.is_empty() {
            return Err(Error::Empty { what: "the palette", unit: "colour" });
        }
        if palette.len() > 256 {
            return Err(Error::TooManyColorsForPng(palette.len()));
        }
        let expected = width as usize * height as usize;
        if indices.len() != expected {
            return Err(Error::SizeMismatch {
                what: "indices",
                unit: "pixels",
                found: indices.len(),
                expected,
            });
        }
        if let Some(pixel) = indices.iter().position(|&i| usize::from(i) >= palette.len()) {
            let index = u32::from(indices[pixel]);
            return Err(Error::IndexOutsidePalette { index, pixel, colors: palette.len() });
        }
        Ok(Self { width, height, palette, indices })
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The colours, straight sRGB and alpha.
    #[must_use]
    pub fn palette(&self) -> &[[u8; 4]] {
        &self.palette
    }

    /// One palette position a pixel, row by row.
    #[must_use]
    pub fn indices(&self) -> &[u8] {
        &self.indices
    }

    /// Whether every colour has a pixel.
    #[must_use]
    pub fn uses_all_colors(&self) -> bool {
        let mut used = vec![false; self.palette.len()];
        self.indices.iter().for_each(|&index| used[usize::from(index)] = true);
        !used.contains(&false)
    }
}
