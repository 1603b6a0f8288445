//! Images that can be compared.

use crate::error::{Error, Result};
use crate::pixels::Pixels;

/// Checks that two images have the same size and channels.
///
/// # Errors
/// [`Error::SizeMismatch`] if they have not.
pub(super) fn check_same_shape(a: &Pixels<'_>, b: &Pixels<'_>) -> Result<()> {
    let pairs = [
        ("rows", a.height(), b.height()),
        ("columns", a.width(), b.width()),
        ("channels", a.channels(), b.channels()),
    ];
    for (unit, expected, found) in pairs {
        if expected != found {
            return Err(Error::SizeMismatch { what: "the second image", unit, found, expected });
        }
    }
    Ok(())
}
