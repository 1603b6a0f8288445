//! PNG, TIFF and PNM files with 16 bits a sample, read as 16 bits.
//!
//! The imaging library on the Python side reads all other files, but would return these colours as
//! 8 bits. Colours come out as sRGB: the `moxcms` crate applies an RGB profile in the file here, in
//! 16 bits.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader, Limits};
use moxcms::{CmsError, ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::error::{Error, Result};

/// Samples converted at a time: whole pixels, of 3 or of 4 channels.
const CHUNK: usize = 12 << 14;

/// Decoded 16-bit samples, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Samples16 {
    /// Interleaved samples, 0..=65535.
    pub samples: Vec<u16>,
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// 3 for RGB, 4 for RGBA.
    pub channels: usize,
    /// Why the colour profile in the file was not used, if it was not.
    pub profile_refused: Option<String>,
}

/// Decodes a file held in memory; grey images become RGB.
///
/// `max_bytes` bounds what the decoder may allocate.
///
/// # Errors
/// [`Error::Decoding`] with the decoder's reason.
pub fn samples16(file: &[u8], max_bytes: u64) -> Result<Samples16> {
    let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(refused)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(max_bytes);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let profile = decoder.icc_profile().map_err(refused)?;
    let decoded = DynamicImage::from_decoder(decoder).map_err(refused)?;
    let (width, height) = (decoded.width() as usize, decoded.height() as usize);
    let (mut samples, channels, layout) = if decoded.has_alpha() {
        (decoded.into_rgba16().into_raw(), 4, Layout::Rgba)
    } else {
        (decoded.into_rgb16().into_raw(), 3, Layout::Rgb)
    };
    let converted = profile.map_or(Ok(()), |icc| convert_to_srgb(&mut samples, &icc, layout));
    let profile_refused = converted.err().map(|error| error.to_string());
    Ok(Samples16 { samples, width, height, channels, profile_refused })
}

/// Converts in place; leaves the samples as they are if the profile cannot be used.
fn convert_to_srgb(
    samples: &mut [u16],
    icc: &[u8],
    layout: Layout,
) -> std::result::Result<(), CmsError> {
    let profile = ColorProfile::new_from_slice(icc)?;
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    if profile.color_space == DataColorSpace::Gray {
        // The samples repeat grey: one channel is converted to all three.
        let transform =
            profile.create_transform_16bit(Layout::Gray, &srgb, Layout::Rgb, options)?;
        for pixel in samples.chunks_exact_mut(if layout == Layout::Rgba { 4 } else { 3 }) {
            let grey = [pixel[0]];
            transform.transform(&grey, &mut pixel[..3])?;
        }
        return Ok(());
    }
    let transform = profile.create_transform_16bit(layout, &srgb, layout, options)?;
    let mut converted = vec![0; CHUNK.min(samples.len())];
    for chunk in samples.chunks_mut(CHUNK) {
        let converted = &mut converted[..chunk.len()];
        transform.transform(chunk, converted)?;
        chunk.copy_from_slice(converted);
    }
    Ok(())
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::Decoding(error.to_string())
}
