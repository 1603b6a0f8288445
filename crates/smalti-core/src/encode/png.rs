//! Indexed PNG through the oxipng crate: 1, 2, 4 or 8 bits an index, alpha in tRNS.
//!
//! oxipng chooses the bit depth, the palette's order in the file, the filters and the
//! deflate parameters; all of that is lossless. Its output depends on neither threads nor
//! time. Reductions to grey or true colour are off: the file stays what it says it is.
//!
//! Labels that weigh their bits were chosen for no filter or for Paeth's, 8 bits an index and the
//! palette in its order, so these two are tried first; on drawings, where none is better, oxipng's
//! own ways are tried too.

use oxipng::{BitDepth, ColorType, FilterStrategy, Options, RGBA8, RawImage};

use crate::error::{Error, Result};
use crate::indexed_image::IndexedImage;

/// oxipng's level from which it tries its own ways with labels that weigh their bits, too.
const ALL_WAYS_FROM: u8 = 4;

/// With no more colours than this fewer bits an index may be better.
const FEW_COLORS: usize = 16;

/// Up to this many pixels, as icons have, all ways are tried: drawings gain most by them.
const FEW_PIXELS: usize = 1 << 18;

/// Encodes at oxipng's `level`, 0 (fast) to 6 (small); `weighed` if the labels weigh
/// their bits.
///
/// # Errors
/// [`Error::PngEncoding`] with oxipng's reason.
pub fn png(image: &IndexedImage, level: u8, weighed: bool) -> Result<Vec<u8>> {
    let palette = image.palette().iter().map(|&[r, g, b, a]| RGBA8::new(r, g, b, a)).collect();
    let raw = RawImage::new(
        image.width(),
        image.height(),
        ColorType::Indexed { palette },
        BitDepth::Eight,
        image.indices().to_vec(),
    )
    .map_err(refused)?;
    let mut options = Options::from_preset(level);
    options.color_type_reduction = false;
    options.grayscale_reduction = false;
    if !weighed {
        return raw.create_optimized_png(&options).map_err(refused);
    }
    let kept = |filter| {
        let mut kept = options.clone();
        kept.filters = [filter].into_iter().collect();
        kept.palette_reduction = false;
        kept.bit_depth_reduction = false;
        raw.create_optimized_png(&kept).map_err(refused)
    };
    // Where bits were worth little, most differences are not 0 and no filter may be better;
    // oxipng's own choice between the two is a guess that can cost a third.
    let (paeth, none) = rayon::join(|| kept(FilterStrategy::PAETH), || kept(FilterStrategy::NONE));
    let (paeth, none) = (paeth?, none?);
    let few = image.palette().len() <= FEW_COLORS || image.indices().len() <= FEW_PIXELS;
    if level >= ALL_WAYS_FROM || few || none.len() < paeth.len() {
        let other = raw.create_optimized_png(&options).map_err(refused)?;
        return Ok(smaller(smaller(paeth, none), other));
    }
    Ok(smaller(paeth, none))
}

/// The shorter file; the first if both are as long.
fn smaller(first: Vec<u8>, second: Vec<u8>) -> Vec<u8> {
    if second.len() < first.len() { second } else { first }
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn refused(error: oxipng::PngError) -> Error {
    Error::PngEncoding(error.to_string())
}
