//! Coordinates of an image's colours in a space, alpha included.
//!
//! A see-through colour is seen before some background, as `alpha colour + (1 - alpha) background`.
//! Take the squared difference of two such colours, averaged over all grey backgrounds from black
//! to white. It is the squared difference before the mean grey, plus the square of alpha's
//! difference times the variance of the greys. So the first three coordinates are
//! `alpha (colour - grey)`, where grey is sRGB's middle. The fourth is alpha times the standard
//! deviation of the greys.

use rayon::prelude::*;

use crate::color::{Converter, Space};
use crate::error::Result;
use crate::pixels::Pixels;
use crate::progress::Progress;

/// Pixels converted at a time by one thread.
const CHUNK: usize = 1 << 14;

/// Turns samples of one bit depth into coordinates of a space, and coordinates into colours.
#[derive(Debug)]
pub struct Coordinates {
    converter: Converter,
    space: Space,
    /// The background of see-through colours, in the space.
    grey: [f64; 3],
}

impl Coordinates {
    /// For samples in 0..=`max_sample`.
    #[must_use]
    pub fn new(space: Space, max_sample: u16) -> Self {
        Self { converter: Converter::new(space, max_sample), space, grey: space.mid_grey() }
    }

    /// The space that the coordinates are of.
    #[must_use]
    pub fn space(&self) -> Space {
        self.space
    }

    /// The three coordinates of an opaque colour.
    #[inline]
    #[must_use]
    pub fn opaque(&self, rgb: [u16; 3]) -> [f64; 3] {
        self.converter.coordinates(rgb)
    }

    /// The four coordinates of a colour with alpha in 0..=1.
    #[inline]
    #[must_use]
    pub fn see_through(&self, rgb: [u16; 3], alpha: f64) -> [f64; 4] {
        let color = self.converter.coordinates(rgb);
        let before_grey = |d: usize| (color[d] - self.grey[d]) * alpha;
        let height = alpha * self.space.grey_deviation();
        [before_grey(0), before_grey(1), before_grey(2), height]
    }

    /// The coordinates of every pixel, one after another: 4 for pixels with alpha, else 3.
    ///
    /// # Errors
    /// What `progress` returns to stop.
    pub fn of_pixels(&self, pixels: &Pixels<'_>, progress: &dyn Progress) -> Result<Vec<f64>> {
        let dim = pixels.channels();
        let max_sample = f64::from(pixels.max_sample());
        let mut found = vec![0.0; pixels.count() * dim];
        found.par_chunks_mut(CHUNK * dim).enumerate().try_for_each(|(chunk, places)| {
            progress.go_on()?;
            for (i, place) in (chunk * CHUNK..).zip(places.chunks_exact_mut(dim)) {
                let [r, g, b, alpha] = pixels.rgba(i);
                if dim == 3 {
                    place.copy_from_slice(&self.opaque([r, g, b]));
                } else {
                    let alpha = f64::from(alpha) / max_sample;
                    place.copy_from_slice(&self.see_through([r, g, b], alpha));
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The sRGB colour and straight alpha in 0..=255 at 3 or 4 `coordinates`.
    #[must_use]
    pub fn to_srgb(&self, coordinates: &[f64]) -> [f64; 4] {
        let mut color = [coordinates[0], coordinates[1], coordinates[2]];
        let mut alpha = 1.0;
        if let Some(height) = coordinates.get(3) {
            alpha = (height / self.space.grey_deviation()).clamp(0.0, 1.0);
            for (value, grey) in color.iter_mut().zip(self.grey) {
                *value = *value / alpha + grey;
            }
        }
        if alpha == 0.0 {
            return [0.0; 4];
        }
        let [r, g, b] = self.space.to_srgb(color).map(|v| v * 255.0);
        [r, g, b, alpha * 255.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Samples;
    use crate::progress::Silent;

    #[test]
    fn coordinates_lead_back_to_the_pixels_they_came_from() {
        let samples = [255, 0, 0, 255, 10, 200, 30, 128, 1, 2, 3, 1, 0, 0, 0, 0];
        let pixels = Pixels::new(Samples::U8(&samples), 2, 2, 4).unwrap();
        for space in [Space::Srgb, Space::Linear, Space::Oklab] {
            let coordinates = Coordinates::new(space, 255);
            let found = coordinates.of_pixels(&pixels, &Silent).unwrap();
            let back = found.chunks_exact(4).flat_map(|place| coordinates.to_srgb(place));
            let back: Vec<u8> = back.map(|value| value.round() as u8).collect();
            assert_eq!(back, samples, "{space:?}");
        }
    }

    #[test]
    fn in_srgb_they_are_the_stored_values_before_grey() {
        // Half of (255 - 127.5), and half of the greys' deviation of 255 / 2.
        let coordinates = Coordinates::new(Space::Srgb, 255);
        assert_eq!(coordinates.see_through([255, 127, 0], 0.5), [63.75, -0.25, -63.75, 63.75]);
        assert_eq!(coordinates.opaque([255, 127, 0]), [255.0, 127.0, 0.0]);
    }
}
