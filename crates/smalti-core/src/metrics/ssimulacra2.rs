//! SSIMULACRA2 of one picture, or of many pictures against one reference.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use enough::{Stop, StopReason};
use fast_ssim2::{
    PixelDescriptor, PixelSlice, Ssimulacra2Config, Ssimulacra2Error, Ssimulacra2Reference,
    StripConfig, compute_ssimulacra2_with_config,
};

use super::shape::check_same_shape;
use crate::error::{Error, Result};
use crate::pixels::{OwnedSamples, Pixels, Samples};
use crate::progress::Progress;

/// Images of more pixels are scored in strips of rows, which needs a fifth of the memory
/// (0.7 instead of 3 GB at 24 megapixels) and shifts the score by about 0.02.
const WHOLE_IMAGE_UP_TO: usize = 1 << 22;

/// Rows of a strip.
const STRIP_ROWS: usize = 256;

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
    let colors = reference.without_opaque_alpha().zip(distorted.without_opaque_alpha());
    if let Some((reference_colors, distorted_colors)) = colors {
        // One background is as good as the other.
        let reference = reference.with_samples(&reference_colors, 3)?;
        let distorted = distorted.with_samples(&distorted_colors, 3)?;
        return ssimulacra2(&reference, &distorted, cancelled);
    }
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

/// The metric looks at six sizes, each half of the one before, from 8 pixels on. Pictures with a side below
/// this have three or fewer of them, and wrong pixels may score well.
const SMALL_SIDE: usize = 32;

/// Enlarged pictures have no more pixels than this.
const ENLARGED_PIXELS: usize = 1 << 20;

/// Scores pictures against one reference and keeps the reference's part of the work.
///
/// What decides on small pictures is the lower one of two scores: theirs, and that of both enlarged
/// pixel by pixel, as icons are shown on many screens.
pub struct Scorer<'a> {
    reference: Pixels<'a>,
    bytes: Cow<'a, [u8]>,
    /// `None` for images that are scored in strips.
    prepared: Option<Ssimulacra2Reference>,
    /// How many times small images are enlarged, and what is prepared for that.
    enlarged: Option<(usize, Ssimulacra2Reference)>,
    stop: StopWhenAsked<'a>,
}

impl<'a> Scorer<'a> {
    /// Prepares for scores against `reference`; `progress` may stop them.
    ///
    /// # Errors
    /// What `progress` returns to stop, and [`Error::Metric`].
    pub fn new(reference: Pixels<'a>, progress: &'a dyn Progress) -> Result<Self> {
        let bytes = native_bytes(&reference);
        let stop = StopWhenAsked(progress);
        let config = Ssimulacra2Config::default().with_stop(&stop);
        let prepare = |pixels: &Pixels<'_>, bytes: &[u8]| {
            scored(Ssimulacra2Reference::new_with_config(&slice(pixels, bytes)?, &config))
        };
        let in_strips = reference.count() > WHOLE_IMAGE_UP_TO;
        let prepared = (!in_strips).then(|| prepare(&reference, &bytes)).transpose()?;
        let enlarged = enlargement(&reference)
            .map(|times| {
                let samples = reference.enlarged(times);
                let pixels = enlarged(&reference, &samples, times)?;
                Ok((times, prepare(&pixels, &native_bytes(&pixels))?))
            })
            .transpose()?;
        Ok(Self { reference, bytes, prepared, enlarged, stop })
    }

    /// Whether scores may be those of enlarged pictures.
    #[must_use]
    pub fn enlarges(&self) -> bool {
        self.enlarged.is_some()
    }

    /// The score of a picture of the same shape, see [`ssimulacra2`].
    ///
    /// # Errors
    /// Those of [`ssimulacra2`].
    pub fn score(&self, distorted: &Pixels<'_>) -> Result<f64> {
        check_same_shape(&self.reference, distorted)?;
        let bytes = native_bytes(distorted);
        let pixels = slice(distorted, &bytes)?;
        let config = Ssimulacra2Config::default().with_stop(&self.stop);
        let score = scored(if let Some(reference) = &self.prepared {
            reference.compare_with_config(&pixels, &config)
        } else {
            let reference = slice(&self.reference, &self.bytes)?;
            compute_ssimulacra2_with_config(&reference, &pixels, &strips(config))
        })?;
        let Some((times, reference)) = &self.enlarged else { return Ok(score) };
        let samples = distorted.enlarged(*times);
        let pixels = enlarged(distorted, &samples, *times)?;
        let bytes = native_bytes(&pixels);
        let config = Ssimulacra2Config::default().with_stop(&self.stop);
        let of_enlarged = scored(reference.compare_with_config(&slice(&pixels, &bytes)?, &config))?;
        Ok(score.min(of_enlarged))
    }
}

/// How many times a small picture is to be enlarged; `None` for others, and for long ones.
fn enlargement(picture: &Pixels<'_>) -> Option<usize> {
    let times = SMALL_SIDE.div_ceil(picture.width().min(picture.height()));
    (times > 1 && picture.count() * times * times <= ENLARGED_PIXELS).then_some(times)
}

fn enlarged<'a>(
    picture: &Pixels<'_>,
    samples: &'a OwnedSamples,
    times: usize,
) -> Result<Pixels<'a>> {
    let (width, height) = (picture.width() * times, picture.height() * times);
    Pixels::new(samples.borrowed(), width, height, picture.channels())
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

struct StopWhenAsked<'a>(&'a dyn Progress);

impl Stop for StopWhenAsked<'_> {
    fn check(&self) -> std::result::Result<(), StopReason> {
        self.0.go_on().map_err(|_| StopReason::Cancelled)
    }
}

fn native_bytes<'a>(pixels: &Pixels<'a>) -> Cow<'a, [u8]> {
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
    use crate::progress::Silent;

    fn pixels(samples: &[u8], channels: usize) -> Pixels<'_> {
        Pixels::new(Samples::U8(samples), samples.len() / channels, 1, channels).unwrap()
    }

    #[test]
    fn identical_images_score_100_even_a_single_pixel() {
        let one = pixels(&[7, 8, 9], 3);
        assert_eq!(ssimulacra2(&one, &one, &AtomicBool::new(false)), Ok(100.0));
    }

    #[test]
    fn wrong_pixels_of_small_pictures_do_not_decide_as_if_they_were_right() {
        let noise = |i: usize| ((i * 2_654_435_761) >> 9) as u8;
        for side in [2, 4, 7, 8, 16] {
            let samples: Vec<u8> = (0..3 * side * side).map(noise).collect();
            let mut wrong = samples.clone();
            wrong[..3].iter_mut().for_each(|sample| *sample = u8::MAX - *sample);
            let of = |samples| Pixels::new(Samples::U8(samples), side, side, 3).unwrap();
            let scorer = Scorer::new(of(&samples), &Silent).unwrap();
            assert_eq!(scorer.score(&of(&samples)), Ok(100.0));
            let score = scorer.score(&of(&wrong)).unwrap();
            assert!(score < 85.0, "{side}: {score}");
        }
    }

    #[test]
    fn an_opaque_alpha_makes_no_difference() {
        let noise = |i: usize| ((i * 2_654_435_761) >> 9) as u8;
        let rgb = |seed| (0..3 * 40 * 30).map(|i| noise(i) / 2 + noise(i + seed) / 9).collect();
        let with_alpha = |rgb: &Vec<u8>| -> Vec<u8> {
            rgb.chunks(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], u8::MAX]).collect()
        };
        let (one, other): (Vec<u8>, Vec<u8>) = (rgb(3), rgb(8));
        let score = |one: &[u8], other: &[u8], channels| {
            let of = |samples| Pixels::new(Samples::U8(samples), 40, 30, channels).unwrap();
            let scored_by = Scorer::new(of(one), &Silent).unwrap().score(&of(other));
            let score = ssimulacra2(&of(one), &of(other), &AtomicBool::new(false));
            assert_eq!(scored_by, score);
            score.unwrap()
        };
        let expected = score(&one, &other, 3);
        assert!((20.0..95.0).contains(&expected), "{expected}");
        assert_eq!(score(&with_alpha(&one), &with_alpha(&other), 4), expected);
    }

    #[test]
    fn a_cancelled_score_is_not_computed() {
        let one = pixels(&[7, 8, 9], 3);
        assert_eq!(ssimulacra2(&one, &one, &AtomicBool::new(true)), Err(Error::Interrupted));
    }
}
