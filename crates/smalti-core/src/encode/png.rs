//! Indexed PNG through the oxipng crate: 1, 2, 4 or 8 bits an index, alpha in tRNS.
//!
//! oxipng chooses the bit depth, the palette's order in the file, the filters and the
//! deflate parameters; all of that is lossless. Its output depends on neither threads nor
//! time. Reductions to grey or true colour are off: the file stays what it says it is.

use oxipng::{BitDepth, ColorType, Options, RGBA8, RawImage};

use crate::error::{Error, Result};
use crate::indexed_image::IndexedImage;

/// Encodes at oxipng's `level`, 0 (fast) to 6 (small).
///
/// # Errors
/// [`Error::PngEncoding`] with oxipng's reason.
pub fn png(image: &IndexedImage, level: u8) -> Result<Vec<u8>> {
    let palette = image.palette().iter().map(|&[r, g, b, a]| RGBA8::new(r, g, b, a)).collect();
    let raw = RawImage::new(
        image.width(),
        image.height(),
        ColorType::Indexed { palette },
        BitDepth::Eight,
        image.indices().to_vec(),
    );
    let mut options = Options::from_preset(level);
    options.color_type_reduction = false;
    options.grayscale_reduction = false;
    raw.and_then(|raw| raw.create_optimized_png(&options))
        .map_err(|error| Error::PngEncoding(error.to_string()))
}
