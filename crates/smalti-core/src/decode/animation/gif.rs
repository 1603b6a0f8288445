//! Frames of GIF files.

use std::io::Cursor;
use std::num::NonZeroU64;

use gif::{Decoder, DisposalMethod, MemoryLimit, Repeat};

use super::super::gif::{OPAQUE_BLACK, header, options};
use super::super::refused;
use super::Source;
use super::canvas::{Canvas, Disposal, Place};
use crate::error::Result;

/// A hundredth of a second, GIF's unit, in milliseconds.
const UNIT: f64 = 10.0;

struct Gif {
    decoder: Decoder<Cursor<Vec<u8>>>,
}

/// Opens a file: its canvas, its frames, and how many there are.
pub(super) fn opened(
    file: Vec<u8>,
    max_bytes: usize,
) -> Result<(Canvas, Box<dyn Source + Send>, usize)> {
    let header = header(&file)?;
    let canvas = Canvas::new(header.width, header.height, max_bytes)?;
    let mut options = options();
    let limit = NonZeroU64::new(max_bytes as u64).ok_or_else(|| refused("it is too large"))?;
    options.set_memory_limit(MemoryLimit::Bytes(limit));
    let decoder = options.read_info(Cursor::new(file)).map_err(refused)?;
    Ok((canvas, Box::new(Gif { decoder }), header.frames))
}

impl Source for Gif {
    fn draw(&mut self, canvas: &mut Canvas) -> Result<Option<f64>> {
        let global = self.decoder.global_palette().map(<[u8]>::to_vec);
        let Some(frame) = self.decoder.read_next_frame().map_err(refused)? else { return Ok(None) };
        let palette = frame.palette.as_deref().or(global.as_deref());
        let palette = palette.ok_or_else(|| refused("a frame has no palette"))?;
        let place = Place {
            left: frame.left.into(),
            top: frame.top.into(),
            width: frame.width.into(),
            height: frame.height.into(),
        };
        canvas.draw(place, disposal(frame.dispose), |at, below| {
            let index = frame.buffer[at];
            if frame.transparent == Some(index) {
                return below;
            }
            let at = 3 * usize::from(index);
            palette.get(at..at + 3).map_or(OPAQUE_BLACK, |rgb| [rgb[0], rgb[1], rgb[2], u8::MAX])
        });
        Ok(Some(UNIT * f64::from(frame.delay)))
    }

    /// The file counts what follows the first time; without a count there is nothing.
    fn plays(&self) -> usize {
        match self.decoder.repeat() {
            Repeat::Infinite => 0,
            Repeat::Finite(times) => usize::from(times) + 1,
        }
    }
}

fn disposal(method: DisposalMethod) -> Disposal {
    match method {
        DisposalMethod::Any | DisposalMethod::Keep => Disposal::Keep,
        DisposalMethod::Background => Disposal::Clear,
        DisposalMethod::Previous => Disposal::Restore,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use gif::{Encoder, Frame};

    use super::super::AnimationReader;
    use super::*;

    const RED_GREEN: [u8; 6] = [255, 0, 0, 0, 255, 0];
    const RED: [u8; 4] = [255, 0, 0, 255];
    const GREEN: [u8; 4] = [0, 255, 0, 255];
    const NONE: [u8; 4] = [0; 4];

    fn frame(indices: &[u8], delay: u16, dispose: DisposalMethod) -> Frame<'_> {
        let (width, buffer) = (indices.len() as u16, Cow::Borrowed(indices));
        Frame { width, height: 1, buffer, delay, dispose, transparent: Some(2), ..Frame::default() }
    }

    fn file(frames: &[Frame<'_>], repeat: Option<Repeat>) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 3, 1, &RED_GREEN).unwrap();
        repeat.into_iter().for_each(|repeat| encoder.set_repeat(repeat).unwrap());
        frames.iter().for_each(|frame| encoder.write_frame(frame).unwrap());
        drop(encoder);
        file
    }

    fn frames(file: Vec<u8>) -> Vec<(Vec<[u8; 4]>, f64)> {
        let mut reader = AnimationReader::new(file, 1 << 10).unwrap();
        let mut found = Vec::new();
        while let Ok(Some((pixels, milliseconds))) = reader.next_frame() {
            let pixels = pixels.chunks_exact(4).map(|pixel| pixel.try_into().unwrap());
            found.push((pixels.collect(), milliseconds));
        }
        found
    }

    #[test]
    fn frames_are_what_players_show() {
        let file = file(
            &[
                frame(&[0, 0, 1], 7, DisposalMethod::Keep),
                Frame { left: 1, ..frame(&[1, 2], 0, DisposalMethod::Previous) },
                frame(&[2, 2, 0], 65_535, DisposalMethod::Background),
                Frame { left: 2, ..frame(&[1, 1], 1, DisposalMethod::Any) },
            ],
            None,
        );
        let expected = [
            (vec![RED, RED, GREEN], 70.0),
            (vec![RED, GREEN, GREEN], 0.0),
            (vec![RED, RED, RED], 655_350.0),
            (vec![NONE, NONE, GREEN], 10.0),
        ];
        assert_eq!(frames(file), expected);
    }

    #[test]
    fn plays_are_one_more_than_repetitions() {
        let still = [frame(&[0, 1, 0], 1, DisposalMethod::Keep)];
        let counted = [
            (None, 1),
            (Some(Repeat::Infinite), 0),
            (Some(Repeat::Finite(1)), 2),
            (Some(Repeat::Finite(65_535)), 65_536),
        ];
        for (repeat, plays) in counted {
            let reader = AnimationReader::new(file(&still, repeat), 1 << 10).unwrap();
            assert_eq!(reader.plays(), plays);
        }
    }

    #[test]
    fn frames_before_the_damage_are_read() {
        let film = [0, 1, 0, 1].map(|index| frame(&[0, 1, 1][index..], 1, DisposalMethod::Keep));
        let whole = file(&film, None);
        let found = frames(whole.clone());
        let cut = frames(whole[..whole.len() - 9].to_vec());
        assert_eq!(cut, found[..cut.len()]);
        assert!((1..4).contains(&cut.len()));
    }
}
