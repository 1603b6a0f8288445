//! GIF files: the first picture.

use std::io::Cursor;
use std::num::NonZeroU64;

use gif::{DecodeOptions, Decoder, Frame, MemoryLimit};

use super::decoded::{Decoded, DecodedPixels, Header};
use super::refused;
use crate::error::{Error, Result};

const SIGNATURES: [&[u8]; 2] = [b"GIF87a", b"GIF89a"];

/// Samples a pixel, with alpha and without.
const CLEAR: usize = 4;
const OPAQUE: usize = 3;

/// What an index outside the palette stands for.
pub(super) const OPAQUE_BLACK: [u8; 4] = [0, 0, 0, u8::MAX];

/// Whether a file begins as GIF files do.
pub fn sniff(file: &[u8]) -> bool {
    SIGNATURES.iter().any(|signature| file.starts_with(signature))
}

/// The size and the number of frames, without pixels being decoded.
pub fn header(file: &[u8]) -> Result<Header> {
    let mut options = options();
    options.skip_frame_decoding(true);
    let mut decoder = options.read_info(Cursor::new(file)).map_err(refused)?;
    let first = decoder.next_frame_info().map_err(refused)?.ok_or_else(no_picture)?.clone();
    let (width, height) = canvas(&decoder, &first);
    let mut frames = 1;
    // Damage after the first picture ends the animation.
    while let Ok(Some(_)) = decoder.next_frame_info() {
        frames += 1;
    }
    Ok(Header { width, height, frames })
}

/// Decodes the first picture of a file held in memory, whose samples may take `max_bytes`.
///
/// The canvas around the picture is transparent, and a picture that is larger makes the canvas larger,
/// as in browsers.
///
/// # Errors
/// [`Error::Decoding`] with the decoder's reason.
pub fn gif(file: &[u8], max_bytes: usize) -> Result<Decoded> {
    let Header { width, height, frames } = header(file)?;
    let size = width * height;
    let limit = NonZeroU64::new(max_bytes as u64).filter(|_| size <= max_bytes / CLEAR);
    let mut options = options();
    options.set_memory_limit(MemoryLimit::Bytes(limit.ok_or_else(|| refused("it is too large"))?));
    let mut decoder = options.read_info(Cursor::new(file)).map_err(refused)?;
    let frame = decoder.read_next_frame().map_err(refused)?.ok_or_else(no_picture)?.clone();
    let palette = palette(&frame, decoder.global_palette());
    let has_alpha = frame.transparent.is_some();
    let samples = if has_alpha { CLEAR } else { OPAQUE };
    let pixels = if (usize::from(frame.width), usize::from(frame.height)) == (width, height) {
        DecodedPixels::Indexed { indices: frame.buffer.into_owned(), palette, has_alpha }
    } else {
        DecodedPixels::Bytes(placed(&frame, &palette, width, height), CLEAR)
    };
    Ok(Decoded {
        width,
        height,
        pixels,
        bits_per_pixel: 8 * samples,
        frames,
        exif: None,
        profile_refused: None,
    })
}

pub(super) fn options() -> DecodeOptions {
    let mut options = Decoder::<&[u8]>::build();
    options.allow_unknown_blocks(true);
    options
}

fn no_picture() -> Error {
    refused("there is no picture in it")
}

/// The sides of the canvas on which the first picture has its place.
fn canvas(decoder: &Decoder<Cursor<&[u8]>>, first: &Frame<'_>) -> (usize, usize) {
    let side = |stored: u16, start: u16, length: u16| {
        usize::from(stored).max(usize::from(start) + usize::from(length))
    };
    (
        side(decoder.width(), first.left, first.width),
        side(decoder.height(), first.top, first.height),
    )
}

/// The colours of a picture, and the transparent one where pixels use it.
fn palette(frame: &Frame<'_>, global: Option<&[u8]>) -> Vec<[u8; 4]> {
    let stored = frame.palette.as_deref().or(global).unwrap_or_default();
    let mut palette: Vec<[u8; 4]> =
        stored.chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2], u8::MAX]).collect();
    if let Some(transparent) = frame.transparent {
        let at = usize::from(transparent);
        if at >= palette.len() && frame.buffer.contains(&transparent) {
            palette.resize(at + 1, OPAQUE_BLACK);
        }
        if let Some(color) = palette.get_mut(at) {
            color[3] = 0;
        }
    }
    palette
}

/// A picture on a transparent canvas, as samples with alpha.
fn placed(frame: &Frame<'_>, palette: &[[u8; 4]], width: usize, height: usize) -> Vec<u8> {
    let mut canvas = vec![0; width * height * CLEAR];
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let rows = canvas.chunks_exact_mut(width * CLEAR).skip(top);
    for (row, indices) in rows.zip(frame.buffer.chunks_exact(usize::from(frame.width).max(1))) {
        let pixels = row[left * CLEAR..].chunks_exact_mut(CLEAR);
        for (pixel, &index) in pixels.zip(indices) {
            pixel.copy_from_slice(palette.get(usize::from(index)).unwrap_or(&OPAQUE_BLACK));
        }
    }
    canvas
}

#[cfg(test)]
mod tests {
    use gif::Encoder;
    use proptest::prelude::*;

    use super::*;

    const MAX_BYTES: usize = 1 << 16;
    const RED_GREEN_BLUE: [u8; 9] = [255, 0, 0, 0, 255, 0, 0, 0, 255];

    /// A file of one frame or more, given the canvas and every frame's left, top, width and height.
    fn file(canvas: [u16; 2], frames: &[[u16; 4]], transparent: Option<u8>) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, canvas[0], canvas[1], &RED_GREEN_BLUE).unwrap();
        for &[left, top, width, height] in frames {
            let buffer = (0..width * height).map(|i| (i % 3) as u8).collect::<Vec<_>>().into();
            let frame = Frame { left, top, width, height, buffer, transparent, ..Frame::default() };
            encoder.write_frame(&frame).unwrap();
        }
        drop(encoder);
        file
    }

    #[test]
    fn indices_and_the_palette_are_kept() {
        let decoded = gif(&file([3, 2], &[[0, 0, 3, 2]], Some(1)), MAX_BYTES).unwrap();
        let DecodedPixels::Indexed { indices, palette, has_alpha } = decoded.pixels else {
            unreachable!("the picture fills the canvas")
        };
        assert_eq!((decoded.width, decoded.height, decoded.frames), (3, 2, 1));
        assert_eq!((decoded.bits_per_pixel, has_alpha), (32, true));
        assert_eq!(indices, [0, 1, 2, 0, 1, 2]);
        assert_eq!(palette[..3], [[255, 0, 0, 255], [0, 255, 0, 0], [0, 0, 255, 255]]);
    }

    #[test]
    fn the_canvas_around_a_picture_is_transparent() {
        let decoded = gif(&file([4, 3], &[[1, 1, 2, 1]], None), MAX_BYTES).unwrap();
        let mut expected = vec![0; 4 * 3 * 4];
        expected[20..28].copy_from_slice(&[255, 0, 0, 255, 0, 255, 0, 255]);
        assert_eq!(decoded.pixels, DecodedPixels::Bytes(expected, 4));
        assert_eq!(decoded.bits_per_pixel, 24);
    }

    #[test]
    fn a_picture_beyond_the_canvas_makes_it_larger() {
        let decoded = gif(&file([2, 2], &[[1, 0, 4, 1]], None), MAX_BYTES).unwrap();
        assert_eq!((decoded.width, decoded.height), (5, 2));
    }

    #[test]
    fn frames_are_counted_up_to_the_first_damaged_one() {
        let whole = file([3, 2], &[[0, 0, 3, 2]; 4], None);
        let told = Header { width: 3, height: 2, frames: 4 };
        assert_eq!(header(&whole).unwrap(), told);
        let cut = &whole[..whole.len() - 12];
        assert!(header(cut).unwrap().frames < 4);
        assert_eq!(gif(cut, MAX_BYTES).unwrap().pixels, gif(&whole, MAX_BYTES).unwrap().pixels);
    }

    #[test]
    fn a_transparent_index_beyond_the_palette_counts_where_it_is_used() {
        let with = |transparent, indices: &[u8]| {
            let buffer = indices.to_vec().into();
            let frame = Frame { transparent: Some(transparent), buffer, ..Frame::default() };
            palette(&frame, Some(&RED_GREEN_BLUE))
        };
        assert_eq!(with(5, &[0, 2]).len(), 3);
        assert_eq!(with(5, &[0, 5])[3..], [OPAQUE_BLACK, OPAQUE_BLACK, [0; 4]]);
    }

    #[test]
    fn a_picture_that_takes_too_much_is_refused() {
        assert!(gif(&file([8, 8], &[[0, 0, 8, 8]], None), 8 * 8 * 4 - 1).is_err());
        assert!(gif(&file([8, 8], &[[0, 0, 8, 8]], None), 8 * 8 * 4).is_ok());
    }

    proptest! {
        #[test]
        fn damage_is_an_error_and_no_panic(
            changes in prop::collection::vec((0usize..200, any::<u8>()), 1..8),
            end in 0usize..200,
        ) {
            let mut damaged = file([6, 5], &[[1, 1, 4, 3], [0, 0, 6, 5]], Some(2));
            let length = damaged.len();
            for (at, byte) in changes {
                damaged[at % length] = byte;
            }
            damaged.truncate(end);
            if let Ok(decoded) = gif(&damaged, MAX_BYTES) {
                let pixels = match decoded.pixels {
                    DecodedPixels::Indexed { indices, .. } => indices.len(),
                    DecodedPixels::Bytes(samples, channels) => samples.len() / channels,
                    DecodedPixels::Words(..) => unreachable!("samples have 8 bits"),
                };
                prop_assert_eq!(pixels, decoded.width * decoded.height);
            }
        }
    }
}
