//! The features of pixels, and the labels that pixels can have.

use crate::error::{Error, Result};

/// The label of pixels that belong to no class.
pub const OUTSIDE: u8 = u8::MAX;

/// Most classes that labels can tell apart.
pub const MAX_CLASSES: usize = OUTSIDE as usize;

/// Pixels with the coordinates to compare them by.
#[derive(Debug, Clone, Copy)]
pub struct Features<'a> {
    /// Coordinates of the pixels, row by row.
    pub values: &'a [f32],
    /// Coordinates of a pixel.
    pub dim: usize,
    /// Pixels in a row.
    pub width: usize,
    /// The pixels that take part; all of them without a mask.
    pub mask: Option<&'a [bool]>,
}

impl Features<'_> {
    pub(super) fn count(&self) -> usize {
        self.values.len() / self.dim
    }

    pub(super) fn height(&self) -> usize {
        self.count() / self.width
    }

    pub(super) fn check(&self) -> Result<()> {
        let mismatch = |what, found, expected| {
            let unit = "values";
            Err(Error::SizeMismatch { what, unit, found, expected })
        };
        let row = self.width * self.dim;
        if row == 0 || self.values.is_empty() {
            return Err(Error::Empty { what: "features", unit: "pixel" });
        }
        if !self.values.len().is_multiple_of(row) {
            let whole = self.values.len().next_multiple_of(row);
            return mismatch("features", self.values.len(), whole);
        }
        match self.mask {
            Some(mask) if mask.len() != self.count() => mismatch("mask", mask.len(), self.count()),
            _ => Ok(()),
        }
    }
}
