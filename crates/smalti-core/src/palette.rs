//! From centroids to a palette: rounding, merging, ordering.

use crate::color::lightness;

/// A palette of 8-bit colours and what each centroid became.
#[derive(Debug, Clone, PartialEq)]
pub struct Palette {
    /// Straight sRGB with alpha; opaque images have alpha 255. All entries differ.
    pub colors: Vec<[u8; 4]>,
    /// The unrounded colours, 0..=255, `channels` values each, in the order of `colors`.
    pub centroids: Vec<f64>,
    /// For every centroid given its position in `colors`; 0 for those left out.
    pub entry_of: Vec<u32>,
}

/// Rounds the centroids to 8 bits, merges those that round to the same colour (to their mean
/// by `weights`) and orders the colours: see-through before opaque, then from dark to light.
/// Centroids of weight 0, which nothing was nearest to, are left out.
///
/// `srgb` holds `channels` values of 0..=255 a centroid. The order depends on nothing but the
/// colours themselves, so it is stable between runs and neighbours in it look alike.
#[must_use]
pub fn from_centroids(srgb: &[f64], channels: usize, weights: &[f64]) -> Palette {
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
    let (mut centroids, mut totals) = (vec![0.0; colors.len() * channels], vec![0.0; colors.len()]);
    for (k, &entry) in entry_of.iter().enumerate().filter(|&(k, _)| weights[k] > 0.0) {
        let entry = entry as usize;
        totals[entry] += weights[k];
        for c in 0..channels {
            centroids[entry * channels + c] += weights[k] * srgb[k * channels + c];
        }
    }
    for (centroid, total) in centroids.chunks_exact_mut(channels).zip(&totals) {
        centroid.iter_mut().for_each(|value| *value /= total);
    }
    Palette { colors, centroids, entry_of }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_colours_merge_and_the_rest_go_from_dark_to_light() {
        let srgb = [250.0, 250.0, 250.0, 10.2, 0.0, 0.0, 9.8, 0.0, 0.0];
        let palette = from_centroids(&srgb, 3, &[5.0, 1.0, 3.0]);
        assert_eq!(palette.colors, [[10, 0, 0, 255], [250, 250, 250, 255]]);
        assert_eq!(palette.entry_of, [1, 0, 0]);
        let expected = [(10.2 + 3.0 * 9.8) / 4.0, 0.0, 0.0, 250.0, 250.0, 250.0];
        for (found, expected) in palette.centroids.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn see_through_colours_come_first() {
        let srgb = [0.0, 0.0, 0.0, 255.0, 255.0, 255.0, 255.0, 128.0, 0.0, 0.0, 0.0, 0.0];
        let palette = from_centroids(&srgb, 4, &[1.0; 3]);
        assert_eq!(palette.colors, [[0, 0, 0, 0], [255, 255, 255, 128], [0, 0, 0, 255]]);
    }
}
