//! PNG's grey colour types: samples instead of indices, and no palette.
//!
//! A palette of greys costs three bytes a colour, and its positions are no better than the shades
//! themselves where all of these occur. What is fully clear becomes a shade that no other colour has
//! (tRNS); where alpha has more values each pixel gets its own (type 4).

use oxipng::{BitDepth, ColorType, PngError, RawImage};

use crate::indexed_image::IndexedImage;
use crate::palette::CLEAR;

/// Steps between the shades of 1, 2, 4 and 8 bits. A clear shade among the first allows the fewest bits.
const STEPS: [usize; 4] = [255, 85, 17, 1];

/// Whether a picture can have a grey colour type: it has no other colours, and none without pixels, which
/// a file without a palette would lose.
pub fn suits(image: &IndexedImage) -> bool {
    let is_grey = |&[r, g, b, _]: &[u8; 4]| r == g && g == b;
    image.palette().iter().all(is_grey) && image.uses_all_colors()
}

/// A picture of grey colours in a grey colour type, 8 bits a sample.
pub fn raw(image: &IndexedImage) -> Result<RawImage, PngError> {
    let palette = image.palette();
    let of_type = |color_type, samples| {
        let (width, height) = (image.width() as u32, image.height() as u32);
        RawImage::new(width, height, color_type, BitDepth::Eight, samples)
    };
    let color = |&index: &u8| palette[usize::from(index)];
    let is_simple = |&color: &[u8; 4]| color[3] == u8::MAX || color == CLEAR;
    let has_clear = palette.contains(&CLEAR);
    let clear_shade = has_clear.then(|| free_shade(palette)).flatten();
    if !palette.iter().all(is_simple) || (has_clear && clear_shade.is_none()) {
        let samples = image.indices().iter().flat_map(|index| [color(index)[0], color(index)[3]]);
        return of_type(ColorType::GrayscaleAlpha, samples.collect());
    }
    let shade = |index| match (color(index), clear_shade) {
        (CLEAR, Some(shade)) | ([shade, ..], _) => shade,
    };
    let transparent_shade = clear_shade.map(u16::from);
    let samples = image.indices().iter().map(shade).collect();
    of_type(ColorType::Grayscale { transparent_shade }, samples)
}

/// A shade that no opaque colour has.
fn free_shade(palette: &[[u8; 4]]) -> Option<u8> {
    let is_free = |shade: &u8| !palette.contains(&[*shade, *shade, *shade, u8::MAX]);
    STEPS.into_iter().flat_map(|step| (0..=u8::MAX).step_by(step)).find(is_free)
}
