//! How far a picture is from its original.

mod local_error;
mod scorer;

pub use local_error::{UNITS, WorstPlace, local_errors, worst_local_error};
pub use scorer::Scorer;

use std::sync::atomic::{AtomicBool, Ordering};

use enough::{Stop, StopReason};
use fast_ssim2::{
    PixelDescriptor, PixelSlice, Ssimulacra2Config, Ssimulacra2Error, StripConfig,
    compute_ssimulacra2_with_config,
};
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::pixels::{Pixels, Samples};

/// Pixels summed at a time; the sums are added in order.
const CHUNK: usize = 1 << 16;

/// Images of more pixels are scored in strips of rows, which needs a fifth of the memory
/// (0.7 instead of 3 GB at 24 megapixels) and shifts the score by about 0.02.
const WHOLE_IMAGE_UP_TO: usize = 1 << 22;

/// Rows of a strip.
const STRIP_ROWS: usize = 256;

/// Mean squared error over all samples, in units of 8-bit sRGB values squared.
///
/// 16-bit samples are scaled to 0..=255 first. With alpha, colours are premultiplied and alpha
/// is the fourth sample: what cannot be seen does not count.
///
/// # Errors
/// [`Error::SizeMismatch`] unless both images have the same size and channels.
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

/// SSIMULACRA2: 100 is identical, 90 hardly distinguishable, 70 good, 50 fair, below 30 poor.
///
/// J. Sneyers, <https://github.com/cloudinary/ssimulacra2>, as implemented by the `fast-ssim2`
/// crate. Images with alpha are scored over a dark and a light background; the worse counts.
///
/// It takes seconds for large images; setting `cancelled` from another thread ends it soon.
///
/// # Errors
/// [`Error::SizeMismatch`] unless both images have the same size and channels,
/// [`Error::Interrupted`] when cancelled, and [`Error::Metric`] with the implementation's reason.
pub fn ssimulacra2(
    reference: &Pixels<'_>,
    distorted: &Pixels<'_>,
    cancelled: &AtomicBool,
) -> Result<f64> {
    check_same_shape(reference, distorted)?;
    let stop = StopFlag(cancelled);
    let mut config = Ssimulacra2Config::default().with_stop(&stop);
    if reference.count() > WHOLE_IMAGE_UP_TO {
        config = strips(config);
    }
    let (bytes_a, bytes_b) = (native_bytes(reference), native_bytes(distorted));
    let a = slice(reference, &bytes_a)?;
    let b = slice(distorted, &bytes_b)?;
    scored(compute_ssimulacra2_with_config(&a, &b, &config))
}

fn strips(config: Ssimulacra2Config<'_>) -> Ssimulacra2Config<'_> {
    config.with_strip(StripConfig::new(STRIP_ROWS).with_parallel_strips(true))
}

fn scored<T>(result: std::result::Result<T, Ssimulacra2Error>) -> Result<T> {
    result.map_err(|error| match error {
        Ssimulacra2Error::Cancelled(_) => Error::Interrupted,
        other => Error::Metric(other.to_string()),
    })
}

struct StopFlag<'a>(&'a AtomicBool);

impl Stop for StopFlag<'_> {
    fn check(&self) -> std::result::Result<(), StopReason> {
        if self.0.load(Ordering::Relaxed) { Err(StopReason::Cancelled) } else { Ok(()) }
    }
}

fn check_same_shape(a: &Pixels<'_>, b: &Pixels<'_>) -> Result<()> {
    let pairs = [
        ("rows", a.height(), b.height()),
        ("columns", a.width(), b.width()),
        ("channels", a.channels(), b.channels()),
    ];
    for (unit, expected, found) in pairs {
        if expected != found {
            return Err(Error::SizeMismatch { what: "the second image", unit, found, expected });
        }
    }
    Ok(())
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

fn native_bytes<'a>(pixels: &Pixels<'a>) -> std::borrow::Cow<'a, [u8]> {
    match pixels.samples() {
        Samples::U8(samples) => samples.into(),
        Samples::U16(samples) => {
            samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect::<Vec<u8>>().into()
        }
    }
}

fn slice<'a>(pixels: &Pixels<'_>, bytes: &'a [u8]) -> Result<PixelSlice<'a>> {
    let descriptor = match (pixels.samples(), pixels.channels()) {
        (Samples::U8(_), 3) => PixelDescriptor::RGB8_SRGB,
        (Samples::U8(_), _) => PixelDescriptor::RGBA8_SRGB,
        (Samples::U16(_), 3) => PixelDescriptor::RGB16_SRGB,
        (Samples::U16(_), _) => PixelDescriptor::RGBA16_SRGB,
    };
    let (width, height) = (pixels.width() as u32, pixels.height() as u32);
    PixelSlice::new(bytes, width, height, bytes.len() / pixels.height(), descriptor)
        .map_err(|error| Error::Metric(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn identical_images_score_100_even_a_single_pixel() {
        let one = pixels(&[7, 8, 9], 3);
        assert_eq!(ssimulacra2(&one, &one, &AtomicBool::new(false)), Ok(100.0));
    }

    #[test]
    fn a_cancelled_score_is_not_computed() {
        let one = pixels(&[7, 8, 9], 3);
        assert_eq!(ssimulacra2(&one, &one, &AtomicBool::new(true)), Err(Error::Interrupted));
    }

    #[test]
    fn different_shapes_are_refused() {
        let error = mse(&pixels(&[0; 6], 3), &pixels(&[0; 3], 3)).unwrap_err();
        assert_eq!(error.to_string(), "the second image has 1 columns, but 2 are needed");
    }
}
