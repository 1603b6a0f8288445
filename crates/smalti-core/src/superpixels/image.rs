//! The pixels to be divided, and the labels of those that are left out.

use crate::error::{Error, Result};

/// Most coordinates that a pixel's features may have.
pub const MAX_FEATURES: usize = 32;

/// The label of pixels that are not segmented; superpixels count from 1.
pub const OUTSIDE: u32 = 0;

/// The label of pixels outside the mask until superpixels are numbered.
pub(super) const UNLABELLED: u32 = u32::MAX;

/// The features of an image's pixels, and which of the pixels are to be segmented.
#[derive(Debug, Clone, Copy)]
pub struct FeatureImage<'a> {
    pub(super) values: &'a [f32],
    pub(super) dim: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) mask: Option<&'a [bool]>,
}

impl<'a> FeatureImage<'a> {
    /// Checks that there are `dim` finite values for each pixel, pixels row by row, and a mask for
    /// each if there is a mask; `false` leaves a pixel out.
    ///
    /// # Errors
    /// [`Error::InvalidFeatureCount`] unless `dim` is within 1 to [`MAX_FEATURES`],
    /// [`Error::Empty`] for an image without pixels, [`Error::SizeMismatch`] when values or mask
    /// do not fill it.
    pub fn new(
        values: &'a [f32],
        dim: usize,
        (width, height): (usize, usize),
        mask: Option<&'a [bool]>,
    ) -> Result<Self> {
        if dim == 0 || dim > MAX_FEATURES {
            return Err(Error::InvalidFeatureCount { found: dim, max: MAX_FEATURES });
        }
        if width == 0 || height == 0 {
            return Err(Error::Empty { what: "the image", unit: "pixel" });
        }
        debug_assert!(u32::try_from(width * height).is_ok(), "labels have 32 bits");
        let masked = mask.map_or(width * height, <[bool]>::len);
        for (what, found, expected) in
            [("features", values.len(), width * height * dim), ("mask", masked, width * height)]
        {
            if found != expected {
                return Err(Error::SizeMismatch { what, unit: "values", found, expected });
            }
        }
        Ok(Self { values, dim, width, height, mask })
    }

    /// Whether a pixel is to be segmented.
    #[inline]
    pub(super) fn is_inside(&self, x: usize, y: usize) -> bool {
        self.mask.is_none_or(|mask| mask[y * self.width + x])
    }
}
