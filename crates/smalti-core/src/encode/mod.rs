//! File formats: those that the core writes itself, and what it must know of any other.
//!
//! Labels are chosen for the coder that will write them. A [`Coder`] names the model of bits that
//! they are chosen by, and tells how many bytes a picture takes. It may be implemented outside: for a
//! format that another library writes.

mod grey;
mod png;

pub use png::{PngCoder, png};

use crate::error::Result;
use crate::indexed_image::Mapped;
use crate::labels::BitModel;
use crate::progress::Progress;

/// What writes a picture.
pub trait Coder: Sync {
    /// The model of bits by which labels are chosen for this coder, in a drawing or a photograph.
    fn bit_model(&self, is_drawing: bool) -> BitModel;

    /// How many bytes the file of a picture has.
    ///
    /// # Errors
    /// What the coder refuses, and what `progress` returns to stop.
    fn bytes(&self, picture: &Mapped, progress: &dyn Progress) -> Result<usize>;

    /// About how many, much quicker where that can be had: it compares pictures of one image.
    ///
    /// # Errors
    /// As of [`Coder::bytes`].
    fn about(&self, picture: &Mapped, progress: &dyn Progress) -> Result<usize> {
        self.bytes(picture, progress)
    }
}
