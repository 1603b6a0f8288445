//! PNG, TIFF and PNM files with 16 bits a sample, read as 16 bits.
//!
//! The imaging library on the Python side reads every other file, but hands out such
//! colours as 8 bits.

use std::io::Cursor;

use image::{ColorType, DynamicImage, ImageReader, Limits};

use crate::error::{Error, Result};

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
}

/// Decodes a file held in memory; grey images become RGB.
///
/// `max_bytes` bounds what the decoder may allocate.
///
/// # Errors
/// [`Error::Decoding`] with the decoder's reason.
pub fn samples16(file: &[u8], max_bytes: u64) -> Result<Samples16> {
    let failed = |error: image::ImageError| Error::Decoding(error.to_string());
    let mut reader = ImageReader::new(Cursor::new(file))
        .with_guessed_format()
        .map_err(|error| Error::Decoding(error.to_string()))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(max_bytes);
    reader.limits(limits);
    let decoded = reader.decode().map_err(failed)?;
    let (width, height) = (decoded.width() as usize, decoded.height() as usize);
    let has_alpha = DynamicImage::color(&decoded).has_alpha();
    let (samples, channels) = if has_alpha {
        (decoded.into_rgba16().into_raw(), ColorType::Rgba16.channel_count())
    } else {
        (decoded.into_rgb16().into_raw(), ColorType::Rgb16.channel_count())
    };
    Ok(Samples16 { samples, width, height, channels: channels.into() })
}
