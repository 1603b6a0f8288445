//! Frames of animated PNG files (PNG, third edition, W3C 2025, section 4.9).

use std::io::Cursor;

use png::{BlendOp, Decoder, DisposeOp, FrameControl, Limits, Reader, Transformations};

use super::super::png::{allocated_bytes, meaning, refused};
use super::super::srgb::{self, Meaning};
use super::Source;
use super::canvas::{Canvas, Disposal, Place, over};
use crate::error::Result;

const SAMPLES: usize = 4;

/// The denominator that 0 stands for.
const HUNDREDTHS: u16 = 100;

struct Apng {
    reader: Reader<Cursor<Vec<u8>>>,
    meaning: Meaning,
    /// The frame as it is stored, and as sRGB with alpha.
    stored: Vec<u8>,
    pixels: Vec<u8>,
    left: usize,
    plays: usize,
}

/// Opens a file: its canvas, its frames, and how many there are.
pub(super) fn opened(
    file: Vec<u8>,
    max_bytes: usize,
) -> Result<(Canvas, Box<dyn Source + Send>, usize)> {
    let mut decoder = Decoder::new(Cursor::new(file));
    decoder.set_ignore_text_chunk(true);
    decoder.ignore_checksums(false);
    let width = decoder.read_header_info().map_err(refused)?.width as usize;
    decoder.set_limits(Limits { bytes: allocated_bytes(width) });
    decoder.set_transformations(Transformations::EXPAND | Transformations::ALPHA);
    let reader = decoder.read_info().map_err(refused)?;
    let info = reader.info();
    let (width, height) = (info.width as usize, info.height as usize);
    let canvas = Canvas::new(width, height, max_bytes)?;
    let control = info.animation_control.ok_or_else(|| refused("it is no animation"))?;
    let (frames, plays) = (control.num_frames as usize, control.num_plays as usize);
    let (meaning, _) = meaning(info, SAMPLES)?;
    let size = reader.output_buffer_size().ok_or_else(|| refused("it is too large"))?;
    let mut source =
        Apng { reader, meaning, stored: vec![0; size], pixels: Vec::new(), left: frames, plays };
    source.skip_still()?;
    Ok((canvas, Box::new(source), frames))
}

impl Apng {
    /// Reads past the still picture, if it is none of the frames.
    fn skip_still(&mut self) -> Result<()> {
        if self.reader.info().frame_control.is_none() {
            self.reader.next_frame(&mut self.stored).map_err(refused)?;
        }
        Ok(())
    }

    /// Decodes the next frame into `pixels`.
    fn decode(&mut self) -> Result<FrameControl> {
        let output = self.reader.next_frame(&mut self.stored).map_err(refused)?;
        let control = self.reader.info().frame_control.ok_or_else(|| refused("it has no frame"))?;
        let stored = &self.stored[..output.buffer_size()];
        let depth = output.bit_depth as usize;
        self.pixels.clear();
        match (output.color_type.samples(), depth) {
            (2, 16) => stored.chunks_exact(4).for_each(|grey| {
                let alpha = in_8_bits(grey[2], grey[3]);
                self.pixels.extend([in_8_bits(grey[0], grey[1]); 3]);
                self.pixels.push(alpha);
            }),
            (_, 16) => {
                self.pixels.extend(stored.chunks_exact(2).map(|wide| in_8_bits(wide[0], wide[1])));
            }
            (2, _) => stored.chunks_exact(2).for_each(|grey| {
                self.pixels.extend([grey[0], grey[0], grey[0], grey[1]]);
            }),
            _ => self.pixels.extend(stored),
        }
        srgb::convert(&mut self.pixels, SAMPLES, &self.meaning).map_err(refused)?;
        Ok(control)
    }
}

impl Source for Apng {
    fn draw(&mut self, canvas: &mut Canvas) -> Result<Option<f64>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let control = self.decode()?;
        let place = Place {
            left: control.x_offset as usize,
            top: control.y_offset as usize,
            width: control.width as usize,
            height: control.height as usize,
        };
        let replaces = control.blend_op == BlendOp::Source;
        let disposal = match control.dispose_op {
            DisposeOp::None => Disposal::Keep,
            DisposeOp::Background => Disposal::Clear,
            DisposeOp::Previous => Disposal::Restore,
        };
        let pixels = &self.pixels;
        canvas.draw(place, disposal, |at, below| {
            let color = &pixels[SAMPLES * at..SAMPLES * (at + 1)];
            let color = [color[0], color[1], color[2], color[3]];
            if replaces { color } else { over(color, below) }
        });
        let parts = if control.delay_den == 0 { HUNDREDTHS } else { control.delay_den };
        Ok(Some(1000.0 * f64::from(control.delay_num) / f64::from(parts)))
    }

    fn plays(&self) -> usize {
        self.plays
    }
}

/// The nearest sample of 8 bits.
fn in_8_bits(high: u8, low: u8) -> u8 {
    let wide = u32::from(u16::from_be_bytes([high, low]));
    ((wide + 128) / 257) as u8
}

#[cfg(test)]
mod tests {
    use png::{BitDepth, ColorType, Encoder};

    use super::super::AnimationReader;
    use super::*;

    struct Part<'a> {
        place: [u32; 4],
        delay: (u16, u16),
        dispose: DisposeOp,
        blend: BlendOp,
        samples: &'a [u8],
    }

    /// A file of a canvas of 2 x 1; a still picture is before the first frame, or is it.
    fn file(kind: (ColorType, BitDepth), is_apart: bool, parts: &[Part<'_>]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 2, 1);
        encoder.set_color(kind.0);
        encoder.set_depth(kind.1);
        let count = parts.len() as u32 - u32::from(is_apart);
        encoder.set_animated(count, 3).unwrap();
        encoder.set_sep_def_img(is_apart).unwrap();
        let mut writer = encoder.write_header().unwrap();
        for (number, part) in parts.iter().enumerate() {
            if number > 0 || !is_apart {
                let [left, top, width, height] = part.place;
                writer.set_frame_dimension(width, height).unwrap();
                writer.set_frame_position(left, top).unwrap();
                writer.set_frame_delay(part.delay.0, part.delay.1).unwrap();
                writer.set_dispose_op(part.dispose).unwrap();
                writer.set_blend_op(part.blend).unwrap();
            }
            writer.write_image_data(part.samples).unwrap();
        }
        writer.finish().unwrap();
        file
    }

    fn frames(file: Vec<u8>) -> Vec<(Vec<u8>, f64)> {
        let mut reader = AnimationReader::new(file, 1 << 10).unwrap();
        assert_eq!(reader.plays(), 3);
        let mut found = Vec::new();
        while let Some((pixels, milliseconds)) = reader.next_frame().unwrap() {
            found.push((pixels.to_vec(), milliseconds));
        }
        assert_eq!(reader.frames(), found.len());
        found
    }

    const WHOLE: [u32; 4] = [0, 0, 2, 1];

    #[test]
    fn frames_are_blended_replaced_and_taken_off() {
        let parts = [
            Part {
                place: WHOLE,
                delay: (1, 4),
                dispose: DisposeOp::None,
                blend: BlendOp::Source,
                samples: &[10, 20, 30, 255, 40, 50, 60, 128],
            },
            Part {
                place: [1, 0, 1, 1],
                delay: (3, 0),
                dispose: DisposeOp::Previous,
                blend: BlendOp::Over,
                samples: &[0, 0, 0, 0],
            },
            Part {
                place: [1, 0, 1, 1],
                delay: (0, 7),
                dispose: DisposeOp::Background,
                blend: BlendOp::Source,
                samples: &[1, 2, 3, 0],
            },
            Part {
                place: [0, 0, 1, 1],
                delay: (1, 1000),
                dispose: DisposeOp::None,
                blend: BlendOp::Over,
                samples: &[110, 120, 130, 51],
            },
        ];
        let found = frames(file((ColorType::Rgba, BitDepth::Eight), false, &parts));
        let expected = [
            (vec![10, 20, 30, 255, 40, 50, 60, 128], 250.0),
            (vec![10, 20, 30, 255, 40, 50, 60, 128], 30.0),
            (vec![10, 20, 30, 255, 1, 2, 3, 0], 0.0),
            (vec![30, 40, 50, 255, 0, 0, 0, 0], 1.0),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_still_picture_that_is_no_frame_is_not_shown() {
        let part = |samples| Part {
            place: WHOLE,
            delay: (1, 10),
            dispose: DisposeOp::None,
            blend: BlendOp::Source,
            samples,
        };
        let wide = [0, 127, 0x80, 0x7f, 0x80, 0x80, 0xff, 0xff];
        let parts = [part(&[9; 8]), part(&wide)];
        let found = frames(file((ColorType::GrayscaleAlpha, BitDepth::Sixteen), true, &parts));
        assert_eq!(found, [(vec![0, 0, 0, 128, 128, 128, 128, 255], 100.0)]);
    }

    #[test]
    fn a_still_png_is_no_animation() {
        let mut still = Vec::new();
        let mut writer = Encoder::new(&mut still, 1, 1).write_header().unwrap();
        writer.write_image_data(&[7]).unwrap();
        writer.finish().unwrap();
        let told = AnimationReader::new(still, 1 << 10).err().unwrap().to_string();
        assert!(told.contains("it is no animation"), "{told}");
    }
}
