//! GIF files of frames in labels.

use std::borrow::Cow;

use gif::{DisposalMethod, Encoder, Frame, Repeat};

use crate::animation::MappedFrame;
use crate::error::{Error, Result};

/// Writes frames, which share a palette unless they have their own.
pub struct GifWriter {
    encoder: Encoder<Vec<u8>>,
    /// Colours of the shared palette.
    colors: usize,
}

impl GifWriter {
    /// Begins a file of frames that are played so many times; 0 for ever.
    ///
    /// # Errors
    /// [`Error::Encoding`] for sides above 65,535, and with the encoder's reason.
    pub fn new((width, height): (usize, usize), palette: &[[u8; 3]], plays: usize) -> Result<Self> {
        let [width, height] = [width, height].map(u16::try_from);
        let (Ok(width), Ok(height)) = (width, height) else {
            return Err(Error::Encoding("GIF holds at most 65,535 rows and columns".to_owned()));
        };
        let stored = stored(palette);
        let mut encoder = Encoder::new(Vec::new(), width, height, &stored).map_err(refused)?;
        let repeat = match plays {
            0 => Some(Repeat::Infinite),
            1 => None,
            _ => Some(Repeat::Finite(u16::try_from(plays - 1).unwrap_or(u16::MAX))),
        };
        repeat.map_or(Ok(()), |repeat| encoder.set_repeat(repeat)).map_err(refused)?;
        Ok(Self { encoder, colors: palette.len() })
    }

    /// Writes a frame that is shown for so many hundredths of a second, and returns the bytes written so
    /// far.
    ///
    /// # Errors
    /// [`Error::Encoding`] with the encoder's reason.
    pub fn write(&mut self, frame: &MappedFrame, delay: u16) -> Result<usize> {
        let MappedFrame { part, labels, palette, clears, .. } = frame;
        let [left, top, width, height] =
            [part.left, part.top, part.width, part.height].map(|side| side as u16);
        let dispose = if *clears { DisposalMethod::Background } else { DisposalMethod::Keep };
        let kept = palette.as_ref().map_or(self.colors, Vec::len) as u8;
        let transparent = labels.contains(&kept).then_some(kept);
        let buffer = Cow::Borrowed(&labels[..]);
        self.encoder
            .write_frame(&Frame {
                left,
                top,
                width,
                height,
                delay,
                dispose,
                transparent,
                buffer,
                palette: palette.as_deref().map(stored),
                ..Frame::default()
            })
            .map_err(refused)?;
        Ok(self.encoder.get_ref().len())
    }

    /// Returns the file.
    ///
    /// # Errors
    /// [`Error::Encoding`] with the encoder's reason.
    pub fn finish(self) -> Result<Vec<u8>> {
        self.encoder.into_inner().map_err(refused)
    }
}

/// A palette, and a colour that nobody sees for the label that keeps what is there.
fn stored(palette: &[[u8; 3]]) -> Vec<u8> {
    palette.as_flattened().iter().copied().chain([0; 3]).collect()
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::Encoding(error.to_string())
}
