//! From what a file says of its colours to sRGB.

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, CmsError, ColorPrimaries, ColorProfile,
    DataColorSpace, Layout, MatrixCoefficients, ToneReprCurve, TransferCharacteristics,
    TransformExecutor, TransformOptions,
};
use rayon::prelude::*;
use std::sync::Arc;

/// Samples converted at a time: whole pixels, of 3 or of 4 channels.
const CHUNK: usize = 12 << 14;

/// The gamma of files that are meant to be sRGB, and how near it is near enough.
const SRGB_GAMMA: f64 = 1.0 / 2.2;
const SAME_GAMMA: f64 = 0.02;

/// x and y of sRGB's white, red, green and blue, and how near they are near enough.
const SRGB_PRIMARIES: Primaries = [[0.3127, 0.3290], [0.64, 0.33], [0.30, 0.60], [0.15, 0.06]];
const SAME_PRIMARY: f64 = 0.005;

/// Chromaticities of white, red, green and blue.
pub type Primaries = [[f64; 2]; 4];

/// A sample of 8 or of 16 bits.
pub trait Sample: Copy + Send + Sync {
    /// The largest value.
    const HIGHEST: u16;
    /// The value as 16 bits.
    fn widened(self) -> u16;
    /// The nearest value to one of 16 bits.
    fn narrowed(wide: u16) -> Self;
    /// A value of at most the largest.
    fn of(value: u16) -> Self;
    /// The value as an index.
    fn index(self) -> usize;
}

impl Sample for u8 {
    const HIGHEST: u16 = 255;
    fn widened(self) -> u16 {
        u16::from(self) * 257
    }
    fn narrowed(wide: u16) -> Self {
        ((u32::from(wide) + 128) / 257) as Self
    }
    fn of(value: u16) -> Self {
        value as Self
    }
    fn index(self) -> usize {
        usize::from(self)
    }
}

impl Sample for u16 {
    const HIGHEST: u16 = Self::MAX;
    fn widened(self) -> u16 {
        self
    }
    fn narrowed(wide: u16) -> Self {
        wide
    }
    fn of(value: u16) -> Self {
        value
    }
    fn index(self) -> usize {
        usize::from(self)
    }
}

/// What the samples of a file mean.
pub enum Meaning {
    /// sRGB.
    Srgb,
    /// Light to the power of this, in sRGB's primaries.
    Gamma(f64),
    /// What a profile says.
    Profile(Conversion),
}

impl Meaning {
    /// What an ICC profile of RGB says of pixels of so many channels, or one of grey of grey pictures.
    ///
    /// # Errors
    /// Why the profile cannot be used.
    pub fn of_profile(icc: &[u8], channels: usize, is_grey: bool) -> Result<Self, CmsError> {
        let profile = ColorProfile::new_from_slice(icc)?;
        match profile.color_space {
            DataColorSpace::Rgb => {}
            DataColorSpace::Gray if is_grey => {}
            _ => return Err(CmsError::UnsupportedProfileConnection),
        }
        Self::by(&profile, channels)
    }

    /// What code points for video say (ITU-T H.273), of RGB samples in their full range.
    ///
    /// # Errors
    /// If they name no colours, or such as pictures do not have.
    pub fn of_code_points(
        primaries: CicpColorPrimaries,
        transfer: TransferCharacteristics,
        channels: usize,
    ) -> Result<Self, CmsError> {
        if (primaries, transfer) == (CicpColorPrimaries::Bt709, TransferCharacteristics::Srgb) {
            return Ok(Self::Srgb);
        }
        let code_points = CicpProfile {
            color_primaries: primaries,
            transfer_characteristics: transfer,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        };
        // Where code points are unknown, the profile stays without curves.
        let profile = ColorProfile::new_from_cicp(code_points);
        if profile.red_trc.is_none() {
            return Err(CmsError::InvalidCicp);
        }
        Self::by(&profile, channels)
    }

    /// What PNG's gAMA says, and cHRM if there is one. A gamma of 0 says nothing.
    ///
    /// # Errors
    /// Why the primaries cannot be used.
    pub fn of_gamma(
        gamma: f64,
        primaries: Option<Primaries>,
        channels: usize,
    ) -> Result<Self, CmsError> {
        let own = primaries.filter(|primaries| is_usable(primaries) && !is_srgb(primaries));
        match own {
            _ if gamma <= 0.0 => Ok(Self::Srgb),
            Some(primaries) => Self::by(&profile_of(gamma, &primaries), channels),
            None => Ok(Self::of_gamma_alone(gamma)),
        }
    }

    /// What gAMA says in sRGB's primaries.
    fn of_gamma_alone(gamma: f64) -> Self {
        let is_srgb = gamma <= 0.0 || (gamma - SRGB_GAMMA).abs() < SAME_GAMMA;
        if is_srgb { Self::Srgb } else { Self::Gamma(gamma) }
    }

    fn by(profile: &ColorProfile, channels: usize) -> Result<Self, CmsError> {
        let conversion = Conversion::new(profile, channels)?;
        Ok(if conversion.is_visible()? { Self::Profile(conversion) } else { Self::Srgb })
    }
}

fn is_srgb(primaries: &Primaries) -> bool {
    let pairs = primaries.iter().flatten().zip(SRGB_PRIMARIES.iter().flatten());
    pairs.into_iter().all(|(own, srgb)| (own - srgb).abs() < SAME_PRIMARY)
}

/// Whether the colours span a triangle with white inside, so that light can be told by them.
fn is_usable(&[white, red, green, blue]: &Primaries) -> bool {
    let side = |[ax, ay]: [f64; 2], [bx, by]: [f64; 2]| {
        (bx - ax) * (white[1] - ay) - (by - ay) * (white[0] - ax)
    };
    let sides = [side(red, green), side(green, blue), side(blue, red)];
    let all_have_light = [white, red, green, blue].iter().all(|[_, y]| *y > 0.0);
    all_have_light
        && (sides.iter().all(|side| *side > 1e-4) || sides.iter().all(|side| *side < -1e-4))
}

fn profile_of(gamma: f64, primaries: &Primaries) -> ColorProfile {
    let [white, red, green, blue] =
        primaries.map(|[x, y]| Chromaticity { x: x as f32, y: y as f32 });
    let mut profile = ColorProfile::new_srgb();
    profile.update_rgb_colorimetry(white.to_xyyb(), ColorPrimaries { red, green, blue });
    let curve = Some(ToneReprCurve::Parametric(vec![(1.0 / gamma) as f32]));
    (profile.red_trc, profile.green_trc, profile.blue_trc) = (curve.clone(), curve.clone(), curve);
    profile
}

/// How samples are converted by a profile.
pub struct Conversion {
    transform: Arc<dyn TransformExecutor<u16> + Send + Sync>,
    /// Whether the transform takes one sample of a pixel, that of grey.
    of_grey: bool,
    channels: usize,
}

impl Conversion {
    fn new(profile: &ColorProfile, channels: usize) -> Result<Self, CmsError> {
        let srgb = ColorProfile::new_srgb();
        let of_grey = profile.color_space == DataColorSpace::Gray;
        let (from, to) = match channels {
            _ if of_grey => (Layout::Gray, Layout::Rgb),
            4 => (Layout::Rgba, Layout::Rgba),
            _ => (Layout::Rgb, Layout::Rgb),
        };
        let transform =
            profile.create_transform_16bit(from, &srgb, to, TransformOptions::default())?;
        Ok(Self { transform, of_grey, channels })
    }

    /// Converts 16-bit samples of whole pixels in place.
    fn apply(&self, samples: &mut [u16]) -> Result<(), CmsError> {
        let channels = self.channels;
        if self.of_grey {
            let grey: Vec<u16> = samples.iter().step_by(channels).copied().collect();
            let mut colors = vec![0; 3 * grey.len()];
            self.transform.transform(&grey, &mut colors)?;
            let pixels = samples.chunks_exact_mut(channels);
            pixels.zip(colors.chunks_exact(3)).for_each(|(to, from)| to[..3].copy_from_slice(from));
            return Ok(());
        }
        let before = samples.to_vec();
        self.transform.transform(&before, samples)
    }

    /// Whether any colour of a grid moves by more than one of 255 levels: a profile of sRGB, whose
    /// numbers are rounded, is to leave pictures as they are.
    fn is_visible(&self) -> Result<bool, CmsError> {
        let levels = || (0..=u16::MAX).step_by(4369);
        let mut grid: Vec<u16> = Vec::new();
        for red in levels() {
            for (green, blue) in levels().flat_map(|green| levels().map(move |blue| (green, blue)))
            {
                let color = if self.of_grey { [blue; 4] } else { [red, green, blue, u16::MAX] };
                grid.extend(&color[..self.channels]);
            }
        }
        let mut moved = grid.clone();
        self.apply(&mut moved)?;
        let moves = |(&before, &after)| u8::narrowed(before).abs_diff(u8::narrowed(after)) > 1;
        Ok(grid.iter().zip(&moved).any(moves))
    }
}

/// Converts samples, pixels of 3 or 4 channels, to sRGB in place; alpha stays as it is.
///
/// # Errors
/// What the colour management says of a profile; the samples are as they were, then.
pub fn convert<S: Sample>(
    samples: &mut [S],
    channels: usize,
    meaning: &Meaning,
) -> Result<(), CmsError> {
    match meaning {
        Meaning::Srgb => Ok(()),
        Meaning::Gamma(gamma) => {
            encode(samples, channels, *gamma);
            Ok(())
        }
        Meaning::Profile(conversion) => samples.par_chunks_mut(CHUNK).try_for_each(|chunk| {
            let mut wide: Vec<u16> = chunk.iter().map(|sample| sample.widened()).collect();
            conversion.apply(&mut wide)?;
            chunk.iter_mut().zip(wide).for_each(|(sample, wide)| *sample = S::narrowed(wide));
            Ok(())
        }),
    }
}

/// Converts samples, pixels of 3 or 4 channels, by an ICC profile to sRGB in place.
///
/// # Errors
/// Why the profile cannot be used; the samples are as they were, then.
pub fn apply_profile<S: Sample>(
    samples: &mut [S],
    channels: usize,
    icc: &[u8],
    is_grey: bool,
) -> Result<(), CmsError> {
    convert(samples, channels, &Meaning::of_profile(icc, channels, is_grey)?)
}

/// Converts samples that are light to the power of `gamma` to sRGB, unless they are sRGB about.
pub fn apply_gamma<S: Sample>(samples: &mut [S], channels: usize, gamma: f64) {
    if let Meaning::Gamma(gamma) = Meaning::of_gamma_alone(gamma) {
        encode(samples, channels, gamma);
    }
}

/// Encodes light to the power of a gamma as sRGB does.
fn encode<S: Sample>(samples: &mut [S], channels: usize, gamma: f64) {
    let highest = f64::from(S::HIGHEST);
    let encoded = |sample: u16| {
        let light = libm::pow(f64::from(sample) / highest, 1.0 / gamma);
        let encoded = if light <= 0.003_130_8 {
            12.92 * light
        } else {
            1.055 * libm::pow(light, 1.0 / 2.4) - 0.055
        };
        S::of(libm::rint(encoded * highest) as u16)
    };
    let table: Vec<S> = (0..=S::HIGHEST).map(encoded).collect();
    for pixel in samples.chunks_exact_mut(channels) {
        pixel[..3].iter_mut().for_each(|sample| *sample = table[sample.index()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADOBE: Primaries = [[0.3127, 0.3290], [0.64, 0.33], [0.21, 0.71], [0.15, 0.06]];

    fn converted(color: [u8; 3], meaning: &Meaning) -> [u8; 3] {
        let mut samples = color;
        convert(&mut samples, 3, meaning).unwrap();
        samples
    }

    #[test]
    fn samples_of_8_bits_are_widened_and_come_back() {
        assert!((0..=255u8).all(|sample| u8::narrowed(sample.widened()) == sample));
        assert_eq!((u8::narrowed(128), u8::narrowed(129), u8::narrowed(65_535)), (0, 1, 255));
    }

    #[test]
    fn primaries_count_only_if_they_are_others_than_those_of_srgb() {
        let profile = |primaries| {
            matches!(Meaning::of_gamma(0.454_55, primaries, 3), Ok(Meaning::Profile(_)))
        };
        assert!(profile(Some(ADOBE)));
        assert!(!profile(Some(SRGB_PRIMARIES)));
        assert!(!profile(None));
        let [white, red, green, _] = ADOBE;
        // No light, no triangle, white outside.
        assert!(!profile(Some([white, red, green, [0.2, 0.0]])));
        assert!(!profile(Some([white, red, green, red])));
        assert!(!profile(Some([[0.7, 0.7], red, green, [0.15, 0.06]])));
        assert!(matches!(Meaning::of_gamma(0.0, Some(ADOBE), 3), Ok(Meaning::Srgb)));
    }

    #[test]
    fn grey_stays_grey_and_other_primaries_move_colours_away_from_it() {
        let meaning = Meaning::of_gamma(1.0 / 2.2, Some(ADOBE), 3).unwrap();
        let [red, green, blue] = converted([128; 3], &meaning);
        assert!([red, green, blue].iter().all(|sample| sample.abs_diff(128) <= 1));
        assert_eq!(converted([0, 255, 0], &meaning), [0, 255, 0]);
        let [red, green, blue] = converted([100, 150, 100], &meaning);
        assert!(red < 75 && (149..152).contains(&green) && (95..100).contains(&blue));
    }

    #[test]
    fn alpha_stays_and_both_widths_agree() {
        let meaning =
            Meaning::of_code_points(CicpColorPrimaries::Smpte432, TransferCharacteristics::Srgb, 4)
                .unwrap();
        let mut bytes: Vec<u8> = (0..=255).flat_map(|i| [i, 255 - i, i / 2, 77]).collect();
        let mut words: Vec<u16> = bytes.iter().map(|byte| byte.widened()).collect();
        convert(&mut bytes, 4, &meaning).unwrap();
        convert(&mut words, 4, &meaning).unwrap();
        assert!(bytes.iter().skip(3).step_by(4).all(|&alpha| alpha == 77));
        assert!(bytes.iter().zip(&words).all(|(&byte, &word)| byte == u8::narrowed(word)));
    }

    #[test]
    fn code_points_of_srgb_and_unknown_ones() {
        let srgb = TransferCharacteristics::Srgb;
        let of = |primaries, transfer| Meaning::of_code_points(primaries, transfer, 3);
        assert!(matches!(of(CicpColorPrimaries::Bt709, srgb), Ok(Meaning::Srgb)));
        assert!(of(CicpColorPrimaries::Unspecified, srgb).is_err());
        let unknown = TransferCharacteristics::Unspecified;
        assert!(of(CicpColorPrimaries::Bt709, unknown).is_err());
    }
}
