//! Decoding: PNG files of every kind, the first picture of GIF and WebP files, the frames of GIF and APNG
//! files, and TIFF and PNM files with 16 bits a sample.
//!
//! The imaging library on the Python side reads all other files, and what is refused of GIF and WebP. Of
//! these it would return 16 bits as 8, and misread some PNGs. Colours come out as sRGB.

mod animation;
mod decoded;
mod gif;
mod panics;
mod png;
mod srgb;
mod webp;

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use crate::error::{Error, Result};

pub use animation::AnimationReader;
pub use decoded::{Decoded, DecodedPixels, Header};
pub use png::png;
pub use srgb::{Sample, apply_gamma, apply_profile};

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
    panics::guarded(|| decoded(file, max_bytes)).unwrap_or_else(|| Err(unknown()))
}

fn decoded(file: &[u8], max_bytes: u64) -> Result<Samples16> {
    let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(refused)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(max_bytes);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let profile = decoder.icc_profile().map_err(refused)?;
    let decoded = DynamicImage::from_decoder(decoder).map_err(refused)?;
    let (width, height) = (decoded.width() as usize, decoded.height() as usize);
    let is_grey = !decoded.color().has_color();
    let (mut samples, channels) = if decoded.has_alpha() {
        (decoded.into_rgba16().into_raw(), 4)
    } else {
        (decoded.into_rgb16().into_raw(), 3)
    };
    let converted =
        profile.map_or(Ok(()), |icc| apply_profile(&mut samples, channels, &icc, is_grey));
    let profile_refused = converted.err().map(|error| error.to_string());
    Ok(Samples16 { samples, width, height, channels, profile_refused })
}

/// What a GIF or WebP file says of its size and frames.
///
/// # Errors
/// [`Error::Decoding`] with the decoder's reason.
pub fn header(file: &[u8]) -> Result<Header> {
    let read = if gif::sniff(file) { gif::header } else { webp::header };
    panics::guarded(|| read(file)).unwrap_or_else(|| Err(unknown()))
}

/// Decodes the first picture of a GIF or WebP file held in memory, whose samples may take `max_bytes`.
///
/// # Errors
/// [`Error::Decoding`] with the decoder's reason.
pub fn first_picture(file: &[u8], max_bytes: usize) -> Result<Decoded> {
    let decode = if gif::sniff(file) { gif::gif } else { webp::webp };
    panics::guarded(|| decode(file, max_bytes)).unwrap_or_else(|| Err(unknown()))
}

fn unknown() -> Error {
    refused("the decoder does not know this layout")
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::Decoding(error.to_string())
}
