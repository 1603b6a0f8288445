//! PNG files of every colour type and depth, as sRGB.
//!
//! What a file says of its colours counts in the order of the standard (PNG, third edition, W3C 2025,
//! section 4.3): cICP, iCCP, sRGB, then gAMA with cHRM. Text is not looked at, however long it is.

use std::io::Cursor;

use moxcms::{CicpColorPrimaries, CmsError, TransferCharacteristics};
use png::{ColorType, Decoder, Info, Limits, Reader, Transformations};

use super::decoded::{Decoded, DecodedPixels};
use super::srgb::{self, Meaning, Primaries, Sample};
use crate::error::{Error, Result};

/// Bytes that the decoder may allocate for chunks beside the pixels, such as an ICC profile.
const CHUNK_BYTES: usize = 1 << 26;

/// The same for the four rows that it holds, of up to eight bytes a pixel.
const ROWS_BYTES_PER_PIXEL: usize = 32;

/// The types of chunks whose damage would change colours.
const TRANSPARENCY: [u8; 4] = *b"tRNS";
const PROFILE: [u8; 4] = *b"iCCP";

/// Bytes of the signature, and those of a chunk's length, type and checksum.
const SIGNATURE_BYTES: usize = 8;
const CHUNK_FRAME_BYTES: usize = 12;

/// Decodes a file held in memory, whose samples may take `max_bytes`; grey becomes RGB.
///
/// # Errors
/// [`Error::DamagedPng`] with the decoder's reason, and [`Error::HighDynamicRange`].
pub fn png(file: &[u8], max_bytes: usize) -> Result<Decoded> {
    let mut decoder = Decoder::new(Cursor::new(file));
    decoder.set_ignore_text_chunk(true);
    decoder.ignore_checksums(false);
    let header = decoder.read_header_info().map_err(refused)?;
    let is_indexed = header.color_type == ColorType::Indexed;
    let width = header.width as usize;
    decoder.set_limits(Limits { bytes: allocated_bytes(width) });
    decoder.set_transformations(if is_indexed {
        Transformations::IDENTITY
    } else {
        Transformations::EXPAND
    });
    let mut reader = decoder.read_info().map_err(refused)?;
    let size = reader.output_buffer_size().filter(|&size| size <= max_bytes);
    let size = size.ok_or_else(|| refused("it is too large"))?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    let is_opaque = reader.info().trns.is_none() && !has_alpha(reader.info());
    if is_opaque && has_chunk(file, TRANSPARENCY) {
        return Err(refused("its transparency is damaged or not where it belongs"));
    }
    let channels = if is_indexed || is_opaque { 3 } else { 4 };
    let (meaning, mut profile_refused) = meaning(reader.info(), channels)?;
    if reader.info().icc_profile.is_none() && has_chunk(file, PROFILE) {
        profile_refused = profile_refused.or_else(|| Some("it is damaged".to_owned()));
    }
    let mut data = vec![0; size];
    reader.next_frame(&mut data).map_err(refused)?;
    let pixels = if is_indexed {
        indexed(&data, reader.info(), &meaning)?
    } else {
        samples(data, &reader, channels, &meaning)?
    };
    let bits_per_pixel = bits_per_pixel(reader.info());
    let frames = frames(reader.info());
    // What follows the pixels, eXIf for example, may be damaged or missing.
    let _ = reader.finish();
    let exif = reader.info().exif_metadata.as_deref().map(<[u8]>::to_vec);
    Ok(Decoded { width, height, pixels, bits_per_pixel, frames, exif, profile_refused })
}

/// Bytes that the decoder may allocate for a picture of a width.
pub(super) fn allocated_bytes(width: usize) -> usize {
    CHUNK_BYTES.saturating_add(width.saturating_mul(ROWS_BYTES_PER_PIXEL))
}

/// Whether there is a chunk of a type, as far as chunks can be followed: the decoder skips those that
/// are damaged and not critical.
fn has_chunk(file: &[u8], kind: [u8; 4]) -> bool {
    let mut at = SIGNATURE_BYTES;
    while let Some(head) = file.get(at..at.saturating_add(8)) {
        if head[4..] == kind {
            return true;
        }
        let length = head[..4].iter().fold(0, |length, &byte| length << 8 | usize::from(byte));
        at = at.saturating_add(length).saturating_add(CHUNK_FRAME_BYTES);
    }
    false
}

fn has_alpha(info: &Info<'_>) -> bool {
    matches!(info.color_type, ColorType::GrayscaleAlpha | ColorType::Rgba)
}

/// The palette, and the indices out of their bits.
fn indexed(rows: &[u8], info: &Info<'_>, meaning: &Meaning) -> Result<DecodedPixels> {
    let stored = info.palette.as_deref().unwrap_or_default();
    let alphas = info.trns.as_deref().unwrap_or_default();
    if stored.is_empty() || !stored.len().is_multiple_of(3) || stored.len() > 3 * 256 {
        return Err(refused(format!("its palette has {} bytes", stored.len())));
    }
    let mut colors = stored.to_vec();
    converted(&mut colors, 3, meaning)?;
    let alphas = alphas.iter().copied().chain(std::iter::repeat(u8::MAX));
    let palette =
        colors.chunks_exact(3).zip(alphas).map(|(rgb, alpha)| [rgb[0], rgb[1], rgb[2], alpha]);
    let (depth, width) = (info.bit_depth as usize, info.width as usize);
    let in_byte = 8 / depth;
    let mask = u8::MAX >> (8 - depth);
    let indices = rows
        .chunks_exact(width.div_ceil(in_byte))
        .flat_map(|row| {
            (0..width).map(move |x| row[x / in_byte] >> (8 - depth * (x % in_byte + 1)) & mask)
        })
        .collect();
    let has_alpha = info.trns.is_some();
    Ok(DecodedPixels::Indexed { indices, palette: palette.collect(), has_alpha })
}

/// Grey or colours, with alpha where the file has it or names a transparent colour.
fn samples(
    data: Vec<u8>,
    reader: &Reader<Cursor<&[u8]>>,
    channels: usize,
    meaning: &Meaning,
) -> Result<DecodedPixels> {
    let (color_type, depth) = reader.output_color_type();
    let of = color_type.samples();
    if depth == png::BitDepth::Sixteen {
        let words = data.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        let mut samples = in_colors(words.collect(), of, channels);
        converted(&mut samples, channels, meaning)?;
        return Ok(DecodedPixels::Words(samples, channels));
    }
    let mut samples = in_colors(data, of, channels);
    converted(&mut samples, channels, meaning)?;
    Ok(DecodedPixels::Bytes(samples, channels))
}

/// Pixels of so many samples as pixels of 3 or 4 channels: grey is repeated.
fn in_colors<S: Sample>(samples: Vec<S>, of: usize, channels: usize) -> Vec<S> {
    if of == channels {
        return samples;
    }
    let mut colors = Vec::with_capacity(samples.len() / of * channels);
    for pixel in samples.chunks_exact(of) {
        colors.extend([pixel[0]; 3]);
        colors.extend(&pixel[1..]);
    }
    colors
}

fn converted<S: Sample>(samples: &mut [S], channels: usize, meaning: &Meaning) -> Result<()> {
    srgb::convert(samples, channels, meaning).map_err(refused)
}

/// What the samples mean, and why something said of it was not used.
pub(super) fn meaning(info: &Info<'_>, channels: usize) -> Result<(Meaning, Option<String>)> {
    let is_grey = matches!(info.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    let mut reason = None;
    let profile = info.icc_profile.as_deref();
    let profile = profile.map(|icc| Meaning::of_profile(icc, channels, is_grey));
    let said = [code_points(info, channels)?, profile.map(|said| said.map_err(reason_of))];
    for said in said.into_iter().flatten() {
        match said {
            Ok(meaning) => return Ok((meaning, reason)),
            Err(refused) => reason = reason.or(Some(refused)),
        }
    }
    let meaning = match info.gama_chunk {
        Some(gamma) if info.srgb.is_none() => {
            let primaries = info.chrm_chunk.filter(|_| !is_grey).map(|chrm| primaries(&chrm));
            let gamma = f64::from(gamma.into_scaled()) / 100_000.0;
            Meaning::of_gamma(gamma, primaries, channels).map_err(refused)?
        }
        _ => Meaning::Srgb,
    };
    Ok((meaning, reason))
}

/// What cICP says, or why it is not used.
fn code_points(
    info: &Info<'_>,
    channels: usize,
) -> Result<Option<std::result::Result<Meaning, String>>> {
    let Some(said) = info.coding_independent_code_points else { return Ok(None) };
    let of = |primaries, transfer| Meaning::of_code_points(primaries, transfer, channels);
    let primaries = CicpColorPrimaries::try_from(said.color_primaries);
    let meaning = match TransferCharacteristics::try_from(said.transfer_function) {
        Ok(TransferCharacteristics::Smpte2084) => return Err(Error::HighDynamicRange("PQ")),
        Ok(TransferCharacteristics::Hlg) => return Err(Error::HighDynamicRange("HLG")),
        Ok(transfer) if said.is_video_full_range_image => {
            primaries.and_then(|primaries| of(primaries, transfer)).ok()
        }
        _ => None,
    };
    Ok(Some(meaning.ok_or_else(|| "its cICP names no colours that can be read".to_owned())))
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn reason_of(error: CmsError) -> String {
    error.to_string()
}

fn primaries(chrm: &png::SourceChromaticities) -> Primaries {
    [chrm.white, chrm.red, chrm.green, chrm.blue]
        .map(|(x, y)| [x, y].map(|value| f64::from(value.into_scaled()) / 100_000.0))
}

/// Bits a pixel as they are told of images: whole bytes, but for black and white and for 16 bits.
fn bits_per_pixel(info: &Info<'_>) -> usize {
    let is_indexed = info.color_type == ColorType::Indexed;
    let depth = match info.bit_depth {
        png::BitDepth::Sixteen => return 16 * info.color_type.samples(),
        png::BitDepth::One if !is_indexed => 1,
        _ => 8,
    };
    let samples = if is_indexed { 3 } else { info.color_type.samples() };
    depth * (samples + usize::from(info.trns.is_some()))
}

/// Frames of an animation; a still picture before it is none of them.
fn frames(info: &Info<'_>) -> usize {
    let is_played = usize::from(info.frame_control.is_none());
    info.animation_control.map_or(1, |control| control.num_frames as usize + is_played)
}

pub(super) fn refused(error: impl std::fmt::Display) -> Error {
    let told = error.to_string();
    // The crate prints a chunk's name as a value of its own type.
    let chunk = told.split_once("ChunkType { type: ").and_then(|(_, rest)| rest.get(..4));
    Error::DamagedPng(match chunk {
        Some(name) if told.starts_with("CRC error") => {
            format!("the checksum of its chunk {name} is wrong")
        }
        _ => told,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encode;
    use crate::indexed_image::IndexedImage;
    use crate::progress::Silent;

    fn file(colors: u8) -> Vec<u8> {
        let palette: Vec<[u8; 4]> =
            (0..colors).map(|i| [9 * i, 80, 200 - i, if i == 0 { 0 } else { 255 }]).collect();
        let indices = (0..63u32).map(|i| (i * i % u32::from(colors)) as u8).collect();
        let image = IndexedImage::new(9, 7, palette, indices).unwrap();
        encode::png(&image, 1, false, &Silent).unwrap()
    }

    #[test]
    fn indices_of_every_depth_come_out_of_their_bits() {
        for colors in [1, 2, 3, 7, 18] {
            let picture = png(&file(colors), 1 << 16).unwrap();
            let DecodedPixels::Indexed { indices, palette, has_alpha } = picture.pixels else {
                unreachable!("the file is indexed")
            };
            assert_eq!((picture.width, picture.height, has_alpha), (9, 7, true));
            for (i, &index) in (0..63u32).zip(&indices) {
                let entry = (i * i % u32::from(colors)) as u8;
                let [red, ..] = palette[usize::from(index)];
                assert_eq!(red, 9 * entry, "{colors} colours, pixel {i}");
            }
        }
    }

    #[test]
    fn chunks_are_found_and_false_lengths_end_the_search() {
        let sound = file(3);
        assert!(has_chunk(&sound, TRANSPARENCY) && has_chunk(&sound, *b"IEND"));
        assert!(!has_chunk(&sound, PROFILE));
        let mut damaged = sound;
        damaged[8..12].fill(255);
        assert!(!has_chunk(&damaged, TRANSPARENCY));
        assert!(!has_chunk(b"", PROFILE));
    }

    proptest! {
        #[test]
        fn damage_is_an_error_and_no_panic(
            changes in prop::collection::vec((0usize..300, any::<u8>()), 1..8),
            end in 0usize..400,
        ) {
            let mut damaged = file(7);
            let length = damaged.len();
            for (at, byte) in changes {
                damaged[at % length] = byte;
            }
            damaged.truncate(end);
            if let Ok(picture) = png(&damaged, 1 << 16) {
                let pixels = match picture.pixels {
                    DecodedPixels::Indexed { indices, .. } => indices.len(),
                    DecodedPixels::Bytes(samples, channels) => samples.len() / channels,
                    DecodedPixels::Words(samples, channels) => samples.len() / channels,
                };
                prop_assert_eq!(pixels, picture.width * picture.height);
            }
        }
    }
}
