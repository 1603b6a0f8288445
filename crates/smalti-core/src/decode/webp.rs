//! WebP files that hold one picture.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::decoded::{Decoded, DecodedPixels, Header};
use super::refused;
use super::srgb::apply_profile;
use crate::error::Result;

/// Bytes of a chunk's type and length, which the length does not count. The file itself is a chunk.
const CHUNK_HEAD_BYTES: usize = 8;

/// Bytes before the first chunk in the file: those, and the word WEBP.
const SIGNATURE_BYTES: usize = 12;

/// Bytes that a colour profile or EXIF may take.
const METADATA_BYTES: usize = 1 << 26;

/// The size and the number of frames, without pixels being decoded.
pub fn header(file: &[u8]) -> Result<Header> {
    Ok(header_of(&opened(file)?))
}

/// Decodes the picture of a file held in memory, whose samples may take `max_bytes`.
///
/// # Errors
/// [`crate::error::Error::Decoding`] with the decoder's reason. So are files that are shorter than they
/// say, for the decoder takes what is missing as zeros, and animations: it blends their first frame with
/// an empty canvas, which moves colours by one level.
pub fn webp(file: &[u8], max_bytes: usize) -> Result<Decoded> {
    let mut decoder = opened(file)?;
    let Header { width, height, frames } = header_of(&decoder);
    if decoder.is_animated() {
        return Err(refused("it is an animation"));
    }
    let size = decoder.output_buffer_size().filter(|&size| size <= max_bytes);
    let size = size.ok_or_else(|| refused("it is too large"))?;
    decoder.set_memory_limit(METADATA_BYTES);
    let mut samples = vec![0; size];
    decoder.read_image(&mut samples).map_err(refused)?;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let profile = decoder.icc_profile().map_err(refused)?;
    let converted =
        profile.map_or(Ok(()), |icc| apply_profile(&mut samples, channels, &icc, false));
    Ok(Decoded {
        width,
        height,
        pixels: DecodedPixels::Bytes(samples, channels),
        bits_per_pixel: 8 * channels,
        frames,
        exif: decoder.exif_metadata().map_err(refused)?,
        profile_refused: converted.err().map(|error| error.to_string()),
    })
}

fn opened(file: &[u8]) -> Result<WebPDecoder<Cursor<&[u8]>>> {
    if !is_whole(file) {
        return Err(refused("it ends too early, or its chunks do"));
    }
    WebPDecoder::new(Cursor::new(file)).map_err(refused)
}

/// Whether chunks follow each other up to where the file says that it ends.
fn is_whole(file: &[u8]) -> bool {
    let end_of_chunk = |at: usize| {
        let length: [u8; 4] = file.get(at + 4..at + CHUNK_HEAD_BYTES)?.try_into().ok()?;
        Some(at + CHUNK_HEAD_BYTES + u32::from_le_bytes(length) as usize)
    };
    let Some(end) = end_of_chunk(0).filter(|&end| end <= file.len()) else { return false };
    let mut at = SIGNATURE_BYTES;
    while at < end {
        let Some(next) = end_of_chunk(at) else { return false };
        // Chunks of an odd length are followed by a byte.
        at = next.next_multiple_of(2);
    }
    at == end
}

fn header_of(decoder: &WebPDecoder<Cursor<&[u8]>>) -> Header {
    let (width, height) = decoder.dimensions();
    let frames = decoder.num_frames().max(1) as usize;
    Header { width: width as usize, height: height as usize, frames }
}

#[cfg(test)]
mod tests {
    use image_webp::{ColorType, WebPEncoder};
    use proptest::prelude::*;

    use super::*;

    const SIDES: (u32, u32) = (5, 4);

    fn samples() -> Vec<u8> {
        (0..SIDES.0 * SIDES.1 * 4).map(|i| (i * i % 251) as u8).collect()
    }

    fn file() -> Vec<u8> {
        let mut file = Vec::new();
        let encoder = WebPEncoder::new(&mut file);
        encoder.encode(&samples(), SIDES.0, SIDES.1, ColorType::Rgba8).unwrap();
        file
    }

    #[test]
    fn lossless_files_are_read_exactly() {
        let decoded = webp(&file(), 80).unwrap();
        assert_eq!((decoded.width, decoded.height, decoded.frames), (5, 4, 1));
        assert_eq!(decoded.pixels, DecodedPixels::Bytes(samples(), 4));
        assert_eq!(
            (decoded.bits_per_pixel, decoded.exif, decoded.profile_refused),
            (32, None, None)
        );
    }

    #[test]
    fn a_picture_that_takes_too_much_is_refused() {
        assert!(webp(&file(), 79).is_err());
    }

    #[test]
    fn lengths_that_lead_elsewhere_are_missed() {
        // The length of the file, and that of its only chunk.
        for at in [4, 16] {
            for change in [-2, 2] {
                let mut damaged = file();
                damaged[at] = damaged[at].wrapping_add_signed(change);
                assert!(webp(&damaged, 1 << 20).is_err(), "byte {at}, {change}");
            }
        }
    }

    proptest! {
        #[test]
        fn damage_is_an_error_and_no_panic(
            changes in prop::collection::vec((0usize..400, any::<u8>()), 1..8),
        ) {
            let mut damaged = file();
            let length = damaged.len();
            for (at, byte) in changes {
                damaged[at % length] = byte;
            }
            if let Ok(decoded) = webp(&damaged, 1 << 20) {
                let DecodedPixels::Bytes(samples, channels) = decoded.pixels else {
                    unreachable!("there is no palette")
                };
                prop_assert_eq!(samples.len(), decoded.width * decoded.height * channels);
            }
        }

        #[test]
        fn what_is_cut_off_is_missed(end in 0usize..100) {
            let whole = file();
            prop_assert!(webp(&whole[..end.min(whole.len() - 1)], 1 << 20).is_err());
        }
    }
}
