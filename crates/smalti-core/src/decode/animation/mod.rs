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
