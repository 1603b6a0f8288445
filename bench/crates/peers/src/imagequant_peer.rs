//! imagequant as its documentation shows it: speed 4 (its default), every quality, K colours,
//! without dithering, on as many threads as rayon has.
//!
//! It minimises a perceptual error of its own, not the squared error in sRGB that is measured
//! here. It takes RGBA; making that of RGB is not timed.

use crate::{Picture, Prepared, Quantised};
use imagequant::{Attributes, Error, RGBA};

pub fn prepare(picture: &Picture, k: usize) -> Result<Prepared, String> {
    let mut attributes = imagequant::new();
    let colors = u32::try_from(k).map_err(|_| "K is too large")?;
    attributes.set_max_colors(colors).map_err(|error| error.to_string())?;
    let pixels: Vec<RGBA> =
        picture.pixels.iter().map(|&[r, g, b]| RGBA { r, g, b, a: 255 }).collect();
    let (width, height) = (picture.width, picture.height);
    Ok(Box::new(move || {
        quantise(&attributes, &pixels, width, height).expect("an opaque picture can be quantised")
    }))
}

fn quantise(
    attributes: &Attributes,
    pixels: &[RGBA],
    width: usize,
    height: usize,
) -> Result<Quantised, Error> {
    let srgb = 0.0;
    let mut image = attributes.new_image_borrowed(pixels, width, height, srgb)?;
    let mut result = attributes.quantize(&mut image)?;
    result.set_dithering_level(0.0)?;
    let (palette, indices) = result.remapped(&mut image)?;
    let palette = palette.iter().map(|color| [color.r, color.g, color.b].map(f32::from)).collect();
    Ok(Quantised { palette, indices })
}
