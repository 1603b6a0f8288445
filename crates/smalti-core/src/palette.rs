//! From centroids to a palette: rounding, merging, ordering.

use crate::color::lightness;

/// Most colours that a palette can have: indices of 16 bits hold them.
pub const MAX_COLORS: usize = 1 << 16;

/// A palette of 8-bit colours.
#[derive(Debug, Clone, PartialEq)]
pub struct Palette {
    /// Straight sRGB with alpha; opaque images have alpha 255.
    pub colors: Vec<[u8; 4]>,
    /// The unrounded colours, 0..=255, in the order of `colors`.
    pub centroids: Vec<[f64; 4]>,
}

impl Palette {
    /// A palette of colours that nothing was rounded to.
    #[must_use]
    pub fn of_colors(colors: Vec<[u8; 4]>) -> Self {
        let centroids = colors.iter().map(|color| color.map(f64::from)).collect();
        Self { colors, centroids }
    }
}

/// A palette, and for every distinct colour of a histogram its entry.
#[derive(Debug, Clone, PartialEq)]
pub struct ColorMap {
    /// The palette.
    pub palette: Palette,
    /// Positions in the palette, in the order of the histogram.
    pub entries: Vec<u32>,
    /// Whether the palette, which has 8 bits a sample, lacks colours of the histogram.
    pub lossy: bool,
}

/// Rounds the centroids to 8 bits, merges those that round to the same colour (to their mean
/// by `weights`) and orders the colours: see-through before opaque, then from dark to light.
/// Centroids of weight 0, which nothing was nearest to, are left out. Also returns the position of
/// every centroid in the palette; 0 for those left out.
///
/// `srgb` holds `channels` values of 0..=255 a centroid. The order depends on nothing but the
/// colours themselves, so it is stable between runs and neighbours in it look alike.
#[must_use]
pub fn from_centroids(srgb: &[f64], channels: usize, weights: &[f64]) -> (Palette, Vec<u32>) {
    let round = |centroid: &[f64]| -> [u8; 4] {
        let mut color = [u8::MAX; 4];
        for (byte, value) in color.iter_mut().zip(centroid) {
            *byte = value.round() as u8;
        }
        color
    };
    let rounded: Vec<[u8; 4]> = srgb.chunks_exact(channels).map(round).collect();
    let rank = |&k: &usize| {
        let [r, g, b, a] = rounded[k];
        // Lightness is not negative, so its bits are ordered as it is.
        (a == u8::MAX, lightness([r, g, b]).to_bits(), rounded[k])
    };
    let mut order: Vec<usize> = (0..rounded.len()).filter(|&k| weights[k] > 0.0).collect();
    order.sort_by_cached_key(rank);

    let mut colors: Vec<[u8; 4]> = Vec::new();
    let mut entry_of = vec![0; rounded.len()];
    for k in order {
        if colors.last() != Some(&rounded[k]) {
            colors.push(rounded[k]);
        }
        entry_of[k] = colors.len() as u32 - 1;
    }
    // Where there is no alpha channel everything is opaque.
    let empty: [f64; 4] = std::array::from_fn(|c| if c < channels { 0.0 } else { 255.0 });
    let (mut centroids, mut totals) = (vec![empty; colors.len()], vec![0.0; colors.len()]);
    for (k, &entry) in entry_of.iter().enumerate().filter(|&(k, _)| weights[k] > 0.0) {
        let entry = entry as usize;
        totals[entry] += weights[k];
        for c in 0..channels {
            centroids[entry][c] += weights[k] * srgb[k * channels + c];
        }
    }
    for (centroid, total) in centroids.iter_mut().zip(&totals) {
        centroid[..channels].iter_mut().for_each(|value| *value /= total);
    }
    (Palette { colors, centroids }, entry_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_colours_merge_and_the_rest_go_from_dark_to_light() {
        let srgb = [250.0, 250.0, 250.0, 10.2, 0.0, 0.0, 9.8, 0.0, 0.0];
        let (palette, entry_of) = from_centroids(&srgb, 3, &[5.0, 1.0, 3.0]);
        assert_eq!(palette.colors, [[10, 0, 0, 255], [250, 250, 250, 255]]);
        assert_eq!(entry_of, [1, 0, 0]);
        let expected = [[(10.2 + 3.0 * 9.8) / 4.0, 0.0, 0.0, 255.0], [250.0, 250.0, 250.0, 255.0]];
        for (found, expected) in
            palette.centroids.as_flattened().iter().zip(expected.as_flattened())
        {
            assert!((found - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn see_through_colours_come_first() {
        let srgb = [0.0, 0.0, 0.0, 255.0, 255.0, 255.0, 255.0, 128.0, 0.0, 0.0, 0.0, 0.0];
        let (palette, _) = from_centroids(&srgb, 4, &[1.0; 3]);
        assert_eq!(palette.colors, [[0, 0, 0, 0], [255, 255, 255, 128], [0, 0, 0, 255]]);
    }
}
