//! Animations in GIF and APNG, frame by frame, as players show them.

mod canvas;
mod gif;
mod png;

use super::{panics, unknown};
use crate::error::Result;
use canvas::Canvas;

/// What a frame adds to the canvas, and how long it is shown.
trait Source {
    /// Draws the next frame, and returns its milliseconds; `None` after the last one.
    fn draw(&mut self, canvas: &mut Canvas) -> Result<Option<f64>>;

    /// How often the animation is played, as far as it is read; 0 for ever.
    fn plays(&self) -> usize;
}

/// Reads an animation.
pub struct AnimationReader {
    canvas: Canvas,
    source: Box<dyn Source + Send>,
    frames: usize,
    /// The milliseconds of the first frame, which is drawn when the file is opened.
    first: Option<f64>,
}

impl AnimationReader {
    /// Opens a file held in memory, whose canvas may take `max_bytes`.
    ///
    /// # Errors
    /// [`crate::error::Error::Decoding`] or [`crate::error::Error::DamagedPng`] with the decoder's reason,
    /// also where there is no first frame.
    pub fn new(file: Vec<u8>, max_bytes: usize) -> Result<Self> {
        panics::guarded(|| Self::opened(file, max_bytes)).unwrap_or_else(|| Err(unknown()))
    }

    fn opened(file: Vec<u8>, max_bytes: usize) -> Result<Self> {
        let (mut canvas, mut source, frames) = if super::gif::sniff(&file) {
            gif::opened(file, max_bytes)?
        } else {
            png::opened(file, max_bytes)?
        };
        let first = source.draw(&mut canvas)?;
        if first.is_none() {
            return Err(super::refused("it has no frame"));
        }
        Ok(Self { canvas, source, frames, first })
    }

    /// Width and height.
    #[must_use]
    pub fn sides(&self) -> (usize, usize) {
        self.canvas.sides()
    }

    /// Frames that the file says or seems to have; damage may end it before.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// How often the animation is played; 0 for ever.
    #[must_use]
    pub fn plays(&self) -> usize {
        self.source.plays()
    }

    /// The next frame, sRGB with straight alpha, and the milliseconds that it is shown for; `None` after
    /// the last one.
    ///
    /// # Errors
    /// [`crate::error::Error::Decoding`] or [`crate::error::Error::DamagedPng`] with the decoder's reason.
    /// Nothing more can be read then.
    pub fn next_frame(&mut self) -> Result<Option<(&[u8], f64)>> {
        let Self { canvas, source, first, .. } = self;
        let milliseconds = match first.take() {
            Some(milliseconds) => Some(milliseconds),
            None => panics::guarded(|| source.draw(canvas)).unwrap_or_else(|| Err(unknown()))?,
        };
        Ok(milliseconds.map(|milliseconds| (self.canvas.pixels(), milliseconds)))
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::*;

    const SIDES: (u16, u16) = (9, 7);

    fn gif() -> Vec<u8> {
        let mut encoder = ::gif::Encoder::new(Vec::new(), SIDES.0, SIDES.1, &[9; 12]).unwrap();
        for (left, dispose) in
            [(0, ::gif::DisposalMethod::Background), (2, ::gif::DisposalMethod::Previous)]
        {
            let (width, height) = (SIDES.0 - left, SIDES.1);
            let indices: Vec<u8> = (0..width * height).map(|i| (i % 4) as u8).collect();
            let buffer = Cow::Owned(indices);
            let frame =
                ::gif::Frame { left, width, height, dispose, buffer, ..::gif::Frame::default() };
            encoder.write_frame(&frame).unwrap();
        }
        encoder.into_inner().unwrap()
    }

    fn png() -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut file, SIDES.0.into(), SIDES.1.into());
        encoder.set_color(::png::ColorType::Rgba);
        encoder.set_animated(3, 0).unwrap();
        let mut writer = encoder.write_header().unwrap();
        for shade in 0..3 {
            let samples = vec![shade; 4 * usize::from(SIDES.0) * usize::from(SIDES.1)];
            writer.write_image_data(&samples).unwrap();
        }
        writer.finish().unwrap();
        file
    }

    proptest! {
        #[test]
        fn damage_is_an_error_and_no_panic(
            is_gif: bool,
            changes in prop::collection::vec((0usize..400, any::<u8>()), 0..8),
            end in 0usize..400,
        ) {
            let mut damaged = if is_gif { gif() } else { png() };
            let length = damaged.len();
            for (at, byte) in changes {
                damaged[at % length] = byte;
            }
            damaged.truncate(end);
            if let Ok(mut reader) = AnimationReader::new(damaged, 1 << 16) {
                let (width, height) = reader.sides();
                while let Ok(Some((pixels, milliseconds))) = reader.next_frame() {
                    prop_assert_eq!(pixels.len(), 4 * width * height);
                    prop_assert!(milliseconds >= 0.0);
                }
            }
        }
    }
}
