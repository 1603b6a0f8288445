//! Mean squared error.

use rayon::prelude::*;

use super::shape::check_same_shape;
use crate::error::Result;
use crate::pixels::Pixels;

/// Pixels summed at a time; the sums are added in order.
const CHUNK: usize = 1 << 16;

/// Mean squared error over all samples, in units of 8-bit sRGB values squared.
///
/// 16-bit samples are scaled to 0..=255 first. With alpha, colours are premultiplied and alpha
/// is the fourth sample: invisible colours do not count.
///
/// # Errors
/// [`crate::Error::SizeMismatch`] unless both images have the same size and channels.
pub fn mse(reference: &Pixels<'_>, distorted: &Pixels<'_>) -> Result<f64> {
    check_same_shape(reference, distorted)?;
    let (scale_a, scale_b) = (scale_to_8_bits(reference), scale_to_8_bits(distorted));
    let chunks = reference.count().div_ceil(CHUNK);
    let sums: Vec<f64> = (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            let range = chunk * CHUNK..((chunk + 1) * CHUNK).min(reference.count());
            let squares = range.map(|i| {
                let a = premultiplied(reference.rgba(i), scale_a);
                let b = premultiplied(distorted.rgba(i), scale_b);
                a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
            });
            squares.sum()
        })
        .collect();
    Ok(sums.iter().sum::<f64>() / (reference.count() * reference.channels()) as f64)
}

fn scale_to_8_bits(pixels: &Pixels<'_>) -> f64 {
    255.0 / f64::from(pixels.max_sample())
}

/// Colour times alpha and alpha, all in 0..=255; for opaque pixels the alphas cancel.
fn premultiplied(rgba: [u16; 4], scale: f64) -> [f64; 4] {
    let [r, g, b, a] = rgba.map(|sample| f64::from(sample) * scale);
    let alpha = a / 255.0;
    [r * alpha, g * alpha, b * alpha, a]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Samples;

    fn pixels(samples: &[u8], channels: usize) -> Pixels<'_> {
        Pixels::new(Samples::U8(samples), samples.len() / channels, 1, channels).unwrap()
    }

    #[test]
    fn mse_is_the_mean_over_all_samples() {
        let found = mse(&pixels(&[0, 0, 0, 10, 10, 10], 3), &pixels(&[3, 0, 0, 10, 10, 16], 3));
        assert_eq!(found, Ok((9.0 + 36.0) / 6.0));
    }

    #[test]
    fn colour_under_full_transparency_does_not_count() {
        assert_eq!(mse(&pixels(&[9, 9, 9, 0], 4), &pixels(&[200, 0, 0, 0], 4)), Ok(0.0));
    }

    #[test]
    fn depths_are_compared_on_one_scale() {
        let deep = [0u16, 257, 65535];
        let deep = Pixels::new(Samples::U16(&deep), 1, 1, 3).unwrap();
        assert_eq!(mse(&deep, &pixels(&[0, 1, 255], 3)), Ok(0.0));
    }

    #[test]
    fn different_shapes_are_refused() {
        let error = mse(&pixels(&[0; 6], 3), &pixels(&[0; 3], 3)).unwrap_err();
        assert_eq!(error.to_string(), "the second image has 1 columns, but 2 are needed");
    }
}
