//! The image as it arrives: interleaved 8- or 16-bit samples, validated once.

use crate::error::{Error, Result};

/// Interleaved samples, row by row.
#[derive(Debug, Clone, Copy)]
pub enum Samples<'a> {
    /// 0..=255.
    U8(&'a [u8]),
    /// 0..=65535.
    U16(&'a [u16]),
}

/// Samples that nobody else holds.
#[derive(Debug, Clone)]
pub enum OwnedSamples {
    /// 0..=255.
    U8(Vec<u8>),
    /// 0..=65535.
    U16(Vec<u16>),
}

impl OwnedSamples {
    /// The samples, to make an image of.
    #[must_use]
    pub fn borrowed(&self) -> Samples<'_> {
        match self {
            Self::U8(samples) => Samples::U8(samples),
            Self::U16(samples) => Samples::U16(samples),
        }
    }
}

impl Samples<'_> {
    fn len(&self) -> usize {
        match self {
            Self::U8(samples) => samples.len(),
            Self::U16(samples) => samples.len(),
        }
    }

    /// The sample at position `i`.
    #[inline]
    fn get(&self, i: usize) -> u16 {
        match self {
            Self::U8(samples) => u16::from(samples[i]),
            Self::U16(samples) => samples[i],
        }
    }
}

/// A borrowed image of sRGB colours with straight (not premultiplied) alpha.
#[derive(Debug, Clone, Copy)]
pub struct Pixels<'a> {
    samples: Samples<'a>,
    channels: usize,
    width: usize,
    height: usize,
}

impl<'a> Pixels<'a> {
    /// Checks that the samples fill `height` rows of `width` pixels.
    ///
    /// # Errors
    /// [`Error::InvalidChannels`] unless there are 3 or 4 channels, [`Error::Empty`] for an
    /// image without pixels, [`Error::SizeMismatch`] when the samples do not fill the image.
    pub fn new(samples: Samples<'a>, width: usize, height: usize, channels: usize) -> Result<Self> {
        if channels != 3 && channels != 4 {
            return Err(Error::InvalidChannels(channels));
        }
        if width == 0 || height == 0 {
            return Err(Error::Empty { what: "the image", unit: "pixel" });
        }
        let expected = width * height * channels;
        if samples.len() != expected {
            return Err(Error::SizeMismatch {
                what: "the image",
                unit: "samples",
                found: samples.len(),
                expected,
            });
        }
        Ok(Self { samples, channels, width, height })
    }

    /// A picture of the same size with other samples.
    ///
    /// # Errors
    /// Those of [`Pixels::new`].
    pub fn with_samples<'b>(
        &self,
        samples: &'b OwnedSamples,
        channels: usize,
    ) -> Result<Pixels<'b>> {
        Pixels::new(samples.borrowed(), self.width, self.height, channels)
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// 3 for RGB, 4 for RGBA.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Number of pixels, at least 1.
    #[must_use]
    pub fn count(&self) -> usize {
        self.width * self.height
    }

    /// The samples as given.
    #[must_use]
    pub fn samples(&self) -> Samples<'a> {
        self.samples
    }

    /// The samples of some of the rows.
    #[must_use]
    pub fn rows(&self, rows: &[usize]) -> OwnedSamples {
        let length = self.width * self.channels;
        let range = |&y: &usize| y * length..(y + 1) * length;
        match self.samples {
            Samples::U8(samples) => {
                OwnedSamples::U8(rows.iter().flat_map(|y| samples[range(y)].to_vec()).collect())
            }
            Samples::U16(samples) => {
                OwnedSamples::U16(rows.iter().flat_map(|y| samples[range(y)].to_vec()).collect())
            }
        }
    }

    /// The samples of the picture with every pixel as a square of so many times its side.
    #[must_use]
    pub fn enlarged(&self, times: usize) -> OwnedSamples {
        fn repeated<T: Copy>(samples: &[T], channels: usize, width: usize, times: usize) -> Vec<T> {
            let row = |row: &[T]| {
                let pixels = row.chunks_exact(channels);
                pixels.flat_map(|pixel| pixel.repeat(times)).collect::<Vec<T>>().repeat(times)
            };
            samples.chunks_exact(width * channels).flat_map(row).collect()
        }
        let Self { channels, width, .. } = *self;
        match self.samples {
            Samples::U8(samples) => OwnedSamples::U8(repeated(samples, channels, width, times)),
            Samples::U16(samples) => OwnedSamples::U16(repeated(samples, channels, width, times)),
        }
    }

    /// The samples with an alpha channel, opaque if there is none.
    #[must_use]
    pub fn with_alpha(&self) -> OwnedSamples {
        fn padded<T: Copy>(samples: &[T], channels: usize, opaque: T) -> Vec<T> {
            let pixels = samples.chunks_exact(channels);
            pixels.flat_map(|p| [p[0], p[1], p[2], *p.get(3).unwrap_or(&opaque)]).collect()
        }
        match self.samples {
            Samples::U8(samples) => OwnedSamples::U8(padded(samples, self.channels, u8::MAX)),
            Samples::U16(samples) => OwnedSamples::U16(padded(samples, self.channels, u16::MAX)),
        }
    }

    /// The samples of red, green and blue, if there is an alpha channel and every pixel is opaque.
    #[must_use]
    pub fn without_opaque_alpha(&self) -> Option<OwnedSamples> {
        fn colors<T: Copy + PartialEq>(samples: &[T], opaque: T) -> Option<Vec<T>> {
            let pixels = samples.as_chunks::<4>().0;
            let is_opaque = pixels.iter().all(|pixel| pixel[3] == opaque);
            is_opaque.then(|| pixels.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect())
        }
        if self.channels != 4 {
            return None;
        }
        match self.samples {
            Samples::U8(samples) => colors(samples, u8::MAX).map(OwnedSamples::U8),
            Samples::U16(samples) => colors(samples, u16::MAX).map(OwnedSamples::U16),
        }
    }

    /// The samples with those colours opaque that `is_meant` picks; as they are without alpha.
    #[must_use]
    pub fn with_opaque(&self, is_meant: impl Fn([u16; 4]) -> bool) -> OwnedSamples {
        fn changed<T: Copy>(samples: &[T], opaque: T, is_meant: impl Fn(usize) -> bool) -> Vec<T> {
            let mut samples = samples.to_vec();
            for (i, pixel) in samples.chunks_exact_mut(4).enumerate() {
                if is_meant(i) {
                    pixel[3] = opaque;
                }
            }
            samples
        }
        let is_meant = |i| self.channels == 4 && is_meant(self.rgba(i));
        match self.samples {
            Samples::U8(samples) => OwnedSamples::U8(changed(samples, u8::MAX, is_meant)),
            Samples::U16(samples) => OwnedSamples::U16(changed(samples, u16::MAX, is_meant)),
        }
    }

    /// The largest value a sample can take: 255 or 65535.
    #[must_use]
    pub fn max_sample(&self) -> u16 {
        match self.samples {
            Samples::U8(_) => u16::from(u8::MAX),
            Samples::U16(_) => u16::MAX,
        }
    }

    /// Red, green, blue and alpha of pixel `i`; alpha is the largest sample value for RGB.
    #[inline]
    #[must_use]
    pub fn rgba(&self, i: usize) -> [u16; 4] {
        let at = i * self.channels;
        let alpha = if self.channels == 4 { self.samples.get(at + 3) } else { self.max_sample() };
        [self.samples.get(at), self.samples.get(at + 1), self.samples.get(at + 2), alpha]
    }
}

/// Rows that stay together when some are picked.
const ROWS_TOGETHER: usize = 64;

/// Places from which rows are picked, at least: few of them say little of the whole.
const MIN_PLACES: usize = 3;

/// Rows of a picture of this width and height, spread over it, about `pixels` in all: so many together,
/// from three places at least.
#[must_use]
pub fn spread_rows((width, height): (usize, usize), pixels: usize) -> Vec<usize> {
    let groups = height.div_ceil(ROWS_TOGETHER);
    let wanted = pixels.div_ceil(width * ROWS_TOGETHER).max(MIN_PLACES).min(groups);
    let starts = (0..wanted).map(|i| (2 * i + 1) * groups / (2 * wanted) * ROWS_TOGETHER);
    starts.flat_map(|start| start..height.min(start + ROWS_TOGETHER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picked_rows_come_from_three_places_at_least() {
        let rows: Vec<usize> = (64..128).chain(320..384).chain(512..576).collect();
        assert_eq!(spread_rows((1, 640), 1), rows);
    }

    fn colors(samples: Samples<'_>, channels: usize) -> Option<OwnedSamples> {
        Pixels::new(samples, 2, 1, channels).unwrap().without_opaque_alpha()
    }

    #[test]
    fn alpha_is_left_out_where_every_pixel_is_opaque() {
        let found = colors(Samples::U8(&[1, 2, 3, 255, 4, 5, 6, 255]), 4);
        assert!(matches!(found, Some(OwnedSamples::U8(rgb)) if rgb == [1, 2, 3, 4, 5, 6]));
        let found = colors(Samples::U16(&[1, 2, 3, 65535, 4, 5, 6, 65535]), 4);
        assert!(matches!(found, Some(OwnedSamples::U16(rgb)) if rgb == [1, 2, 3, 4, 5, 6]));
        assert!(colors(Samples::U8(&[1, 2, 3, 255, 4, 5, 6, 254]), 4).is_none());
        assert!(colors(Samples::U16(&[1, 2, 3, 255, 4, 5, 6, 65535]), 4).is_none());
        assert!(colors(Samples::U8(&[1, 2, 3, 4, 5, 6]), 3).is_none());
    }
}
