//! Indexed PNG through the oxipng crate: 1, 2, 4 or 8 bits an index, alpha in tRNS.
//!
//! oxipng chooses the bit depth, the palette's order in the file, the filters and the
//! deflate parameters; all of that is lossless. Its output depends on neither threads nor
//! time. Reductions to grey or true colour are off: the file stays what it says it is.
//!
//! Labels that weigh their bits were chosen for no filter or for Paeth's, 8 bits an index and the
//! palette in its order, so these two are tried first; on drawings, where none is better, oxipng's
//! own ways are tried too.

use std::num::NonZeroU64;

use oxipng::{
    BitDepth, ColorType, Deflater, FilterStrategy, Options, RGBA8, RawImage, ZopfliOptions,
};

use crate::error::{Error, Result};
use crate::indexed_image::IndexedImage;

/// oxipng's level from which it tries its own ways with labels that weigh their bits, too.
const ALL_WAYS_FROM: u8 = 4;

/// With no more colours than this fewer bits an index may be better.
const FEW_COLORS: usize = 16;

/// Up to this many pixels, as icons have, all ways are tried: drawings gain most by them.
const FEW_PIXELS: usize = 1 << 18;

/// Larger pictures are not given to zopfli, which takes some seconds a megapixel.
const ZOPFLI_PIXELS: usize = 1 << 22;

/// Pixels that zopfli goes over, all rounds together, and its rounds.
const ZOPFLI_WORK: usize = 1 << 23;
const ZOPFLI_ROUNDS: (usize, usize) = (5, 15);

/// Encodes at oxipng's `level`, 0 (fast) to 6 (small); `weighed` if the labels weigh
/// their bits.
///
/// # Errors
/// [`Error::PngEncoding`] with oxipng's reason.
pub fn png(image: &IndexedImage, level: u8, weighed: bool) -> Result<Vec<u8>> {
    Ok(smallest(&raw(image)?, image, level, weighed)?.0)
}

/// The same, and the best way once more with zopfli (L. Vandevenne and J. Alakuijala, 2013), which
/// searches longer for the same format. Never larger than [`png`].
///
/// # Errors
/// [`Error::PngEncoding`] with oxipng's reason.
pub fn png_by_zopfli(image: &IndexedImage, level: u8, weighed: bool) -> Result<Vec<u8>> {
    let raw = raw(image)?;
    let (png, mut options) = smallest(&raw, image, level, weighed)?;
    let pixels = image.indices().len();
    if pixels > ZOPFLI_PIXELS {
        return Ok(png);
    }
    let rounds = (ZOPFLI_WORK / pixels).clamp(ZOPFLI_ROUNDS.0, ZOPFLI_ROUNDS.1) as u64;
    let iteration_count = NonZeroU64::new(rounds).unwrap_or(NonZeroU64::MIN);
    options.deflater = Deflater::Zopfli(ZopfliOptions { iteration_count, ..Default::default() });
    // libdeflate chooses among the filters, zopfli codes that one.
    options.fast_evaluation = true;
    let again = raw.create_optimized_png(&options).map_err(refused)?;
    Ok(if again.len() < png.len() { again } else { png })
}

fn raw(image: &IndexedImage) -> Result<RawImage> {
    let palette = image.palette().iter().map(|&[r, g, b, a]| RGBA8::new(r, g, b, a)).collect();
    RawImage::new(
        image.width(),
        image.height(),
        ColorType::Indexed { palette },
        BitDepth::Eight,
        image.indices().to_vec(),
    )
    .map_err(refused)
}

/// The smallest file, and how it was made.
fn smallest(
    raw: &RawImage,
    image: &IndexedImage,
    level: u8,
    weighed: bool,
) -> Result<(Vec<u8>, Options)> {
    let mut options = Options::from_preset(level);
    options.color_type_reduction = false;
    options.grayscale_reduction = false;
    // oxipng would drop colours without pixels, which someone has asked for.
    options.palette_reduction = image.uses_all_colors();
    let made = |options: Options| {
        raw.create_optimized_png(&options).map(|png| (png, options)).map_err(refused)
    };
    if !weighed {
        return made(options);
    }
    let kept = |filter| {
        let mut kept = options.clone();
        kept.filters = [filter].into_iter().collect();
        kept.palette_reduction = false;
        kept.bit_depth_reduction = false;
        made(kept)
    };
    let shorter = |first: (Vec<u8>, Options), second: (Vec<u8>, Options)| {
        if second.0.len() < first.0.len() { second } else { first }
    };
    // Where bits were worth little, most differences are not 0 and no filter may be better;
    // oxipng's own choice between the two is a guess that can cost a third.
    let (paeth, none) = rayon::join(|| kept(FilterStrategy::PAETH), || kept(FilterStrategy::NONE));
    let (paeth, none) = (paeth?, none?);
    let is_drawing = none.0.len() < paeth.0.len();
    let few = image.palette().len() <= FEW_COLORS || image.indices().len() <= FEW_PIXELS;
    let best = shorter(paeth, none);
    if level >= ALL_WAYS_FROM || few || is_drawing {
        return Ok(shorter(best, made(options)?));
    }
    Ok(best)
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn refused(error: oxipng::PngError) -> Error {
    Error::PngEncoding(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;

    #[test]
    fn zopfli_writes_the_same_picture_and_never_a_larger_file() {
        let palette: Vec<[u8; 4]> = (0..40).map(|i| [6 * i, 90, 255 - 5 * i, 255]).collect();
        let labels = (0..90 * 70).map(|i: u32| (i * i / 97 % 40) as u8).collect();
        let image = IndexedImage::new(90, 70, palette, labels).unwrap();
        for (level, weighed) in [(2, true), (2, false), (6, true)] {
            let plain = png(&image, level, weighed).unwrap();
            let again = png_by_zopfli(&image, level, weighed).unwrap();
            assert!(again.len() <= plain.len());
            let picture = |file: &[u8]| decode::samples16(file, u64::MAX).unwrap().samples;
            assert!(picture(&again) == picture(&plain));
        }
    }
}
