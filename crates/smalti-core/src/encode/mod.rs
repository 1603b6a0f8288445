//! File formats: those that the core writes itself, and what it must know of any other.
//!
//! Labels are chosen for the coder that will write them. A [`Coder`] names the model of bits that
//! they are chosen by, and tells how many bytes a picture takes. It may be implemented outside: for a
//! format that another library writes.

mod gif;
mod grey;
mod png;
mod ways;

pub use gif::GifWriter;
pub use png::{PngCoder, png};

use crate::error::Result;
use crate::indexed_image::Mapped;
use crate::labels::BitModel;
use crate::progress::Progress;

/// What a coder makes of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum File {
    /// What is in it.
    Written(Vec<u8>),
    /// How long it is. Another library writes it.
    Measured(usize),
}

impl File {
    /// Its length in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Written(contents) => contents.len(),
            Self::Measured(bytes) => *bytes,
        }
    }

    /// What is in it, if that is known.
    #[must_use]
    pub fn into_contents(self) -> Option<Vec<u8>> {
        match self {
            Self::Written(contents) => Some(contents),
            Self::Measured(_) => None,
        }
    }
}

/// What writes a picture.
pub trait Coder: Sync {
    /// The model of bits by which labels are chosen for this coder, in a drawing or a photograph.
    fn bit_model(&self, is_drawing: bool) -> BitModel;

    /// The file of a picture.
    ///
    /// # Errors
    /// What the coder refuses, and what `progress` returns to stop.
    fn file(&self, picture: &Mapped, progress: &dyn Progress) -> Result<File>;

    /// About how many bytes it has, much quicker where that can be had: it compares pictures of one
    /// image.
    ///
    /// # Errors
    /// As of [`Coder::file`].
    fn about(&self, picture: &Mapped, progress: &dyn Progress) -> Result<usize> {
        Ok(self.file(picture, progress)?.bytes())
    }
}
