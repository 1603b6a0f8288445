//! Colour spaces to cluster in, and alpha.
//!
//! K-Means minimises squared distances, so the space decides which errors it finds
//! large. `Srgb` is what the literature reports (squared error of the stored values),
//! `Linear` adds light as physics does, `Oklab` is close to what the eye sees
//! (B. Ottosson, "A perceptual color space for image processing", 2020,
//! <https://bottosson.github.io/posts/oklab/>).
//!
//! Transcendental functions come from the `libm` crate, so that the same input gives
//! the same bytes on every operating system.

use std::sync::LazyLock;

/// The space in which distances between colours are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// The stored sRGB values, scaled to 0..=255.
    Srgb,
    /// Linear light, 0..=1.
    Linear,
    /// `OKLab`: lightness 0..=1, a and b about -0.4..=0.4.
    Oklab,
}

impl Space {
    /// White's first coordinate in the space; black's is 0.
    #[must_use]
    pub fn range(self) -> f64 {
        match self {
            Self::Srgb => 255.0,
            Self::Linear | Self::Oklab => 1.0,
        }
    }

    /// The standard deviation of the greys from black to white, evenly distributed.
    #[must_use]
    pub fn grey_deviation(self) -> f64 {
        let coordinates: f64 = match self {
            Self::Srgb | Self::Linear => 3.0,
            Self::Oklab => 1.0,
        };
        self.range() * (coordinates / 12.0).sqrt()
    }

    /// The coordinates of the grey in the middle of sRGB's values.
    #[must_use]
    pub fn mid_grey(self) -> [f64; 3] {
        match self {
            Self::Srgb => [127.5; 3],
            Self::Linear => [srgb_to_linear(0.5); 3],
            Self::Oklab => linear_to_oklab([srgb_to_linear(0.5); 3]),
        }
    }

    /// The sRGB colour in 0..=1 at `coordinates`, clipped to the gamut.
    #[must_use]
    pub fn to_srgb(self, coordinates: [f64; 3]) -> [f64; 3] {
        match self {
            Self::Srgb => coordinates.map(|value| (value / 255.0).clamp(0.0, 1.0)),
            Self::Linear => coordinates.map(linear_to_srgb),
            Self::Oklab => oklab_to_linear(coordinates).map(linear_to_srgb),
        }
    }
}

/// Inverse transfer function of sRGB (IEC 61966-2-1), 0..=1 to 0..=1.
fn srgb_to_linear(value: f64) -> f64 {
    if value <= 0.040_45 { value / 12.92 } else { libm::pow((value + 0.055) / 1.055, 2.4) }
}

/// Transfer function of sRGB (IEC 61966-2-1); values outside 0..=1 are clipped.
fn linear_to_srgb(value: f64) -> f64 {
    let value = value.clamp(0.0, 1.0);
    let encoded = if value <= 0.003_130_8 {
        value * 12.92
    } else {
        1.055 * libm::pow(value, 1.0 / 2.4) - 0.055
    };
    encoded.clamp(0.0, 1.0)
}

fn linear_to_oklab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let l = libm::cbrt(0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b);
    let m = libm::cbrt(0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b);
    let s = libm::cbrt(0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b);
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

fn oklab_to_linear([lightness, a, b]: [f64; 3]) -> [f64; 3] {
    let l = cube(lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b);
    let m = cube(lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b);
    let s = cube(lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
}

fn cube(value: f64) -> f64 {
    value * value * value
}

/// `OKLab` lightness, 0..=1, of an 8-bit sRGB colour: the order of a palette.
#[must_use]
pub fn lightness(rgb: [u8; 3]) -> f64 {
    static LINEAR: LazyLock<Vec<f64>> =
        LazyLock::new(|| (0..=255u8).map(|v| srgb_to_linear(f64::from(v) / 255.0)).collect());
    linear_to_oklab(rgb.map(|value| LINEAR[usize::from(value)]))[0]
}

/// Converts raw samples of one bit depth to coordinates; the transfer function is tabulated.
#[derive(Debug)]
pub struct Converter {
    space: Space,
    /// What every sample value becomes before channels are mixed.
    table: Vec<f64>,
}

impl Converter {
    /// A converter for samples in 0..=`max_sample`.
    #[must_use]
    pub fn new(space: Space, max_sample: u16) -> Self {
        let scale = f64::from(max_sample);
        let per_channel = |value: u16| match space {
            // Multiply before dividing: 8-bit values come out exactly.
            Space::Srgb => f64::from(value) * 255.0 / scale,
            Space::Linear | Space::Oklab => srgb_to_linear(f64::from(value) / scale),
        };
        Self { space, table: (0..=max_sample).map(per_channel).collect() }
    }

    /// Coordinates of an opaque colour.
    #[inline]
    #[must_use]
    pub fn coordinates(&self, rgb: [u16; 3]) -> [f64; 3] {
        let channels = rgb.map(|sample| self.table[usize::from(sample)]);
        match self.space {
            Space::Srgb | Space::Linear => channels,
            Space::Oklab => linear_to_oklab(channels),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn oklab([r, g, b]: [u16; 3]) -> [f64; 3] {
        Converter::new(Space::Oklab, 255).coordinates([r, g, b])
    }

    #[test]
    fn oklab_of_white_is_one_and_grey_has_no_chroma() {
        let [l, a, b] = oklab([255; 3]);
        assert!((l - 1.0).abs() < 1e-6 && a.abs() < 1e-6 && b.abs() < 1e-6);
        let [_, a, b] = oklab([128; 3]);
        assert!(a.abs() < 1e-6 && b.abs() < 1e-6);
    }

    #[test]
    fn oklab_of_red_agrees_with_the_published_value() {
        // CSS Color 4 gives oklab(0.62796 0.22486 0.12585) for #ff0000.
        let red = oklab([255, 0, 0]);
        for (found, expected) in red.into_iter().zip([0.627_96, 0.224_86, 0.125_85]) {
            assert!((found - expected).abs() < 2e-5, "{found} is not {expected}");
        }
    }

    #[test]
    fn middle_grey_in_linear_light_is_0_2140() {
        assert!((srgb_to_linear(0.5) - 0.214_041_14).abs() < 1e-8);
    }

    proptest! {
        #[test]
        fn every_8_bit_colour_survives_the_round_trip(r: u8, g: u8, b: u8) {
            for space in [Space::Srgb, Space::Linear, Space::Oklab] {
                let rgb = [r.into(), g.into(), b.into()];
                let coordinates = Converter::new(space, 255).coordinates(rgb);
                let back = space.to_srgb(coordinates).map(|v| (v * 255.0).round() as u8);
                prop_assert_eq!(back, [r, g, b]);
            }
        }
    }
}
