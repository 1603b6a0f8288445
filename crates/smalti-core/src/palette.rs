//! From centroids to a palette: rounding, merging, ordering.

use std::collections::HashMap;

use crate::color::lightness;

/// Most colours that a palette can have: indices of 16 bits hold them.
pub const MAX_COLORS: usize = 1 << 16;

/// What every fully transparent colour becomes.
pub(crate) const CLEAR: [u8; 4] = [0; 4];

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

impl ColorMap {
    /// The same with the palette's colours in the order in which `listed` has them; as it is if they are
    /// not all there.
    #[must_use]
    pub fn in_order_of(self, listed: &[[u8; 4]]) -> Self {
        let Self { palette: Palette { colors, centroids }, mut entries, lossy } = self;
        let mut first_places = HashMap::new();
        for (place, &color) in listed.iter().enumerate() {
            first_places.entry(if color[3] == 0 { CLEAR } else { color }).or_insert(place);
        }
        let places: Option<Vec<usize>> =
            colors.iter().map(|color| first_places.get(color).copied()).collect();
        let Some(places) = places else {
            return Self { palette: Palette { colors, centroids }, entries, lossy };
        };
        let mut order: Vec<usize> = (0..colors.len()).collect();
        order.sort_by_key(|&entry| places[entry]);
        let mut entry_of = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            entry_of[old] = new as u32;
        }
        entries.iter_mut().for_each(|entry| *entry = entry_of[*entry as usize]);
        let palette = Palette {
            colors: order.iter().map(|&entry| colors[entry]).collect(),
            centroids: order.iter().map(|&entry| centroids[entry]).collect(),
        };
        Self { palette, entries, lossy }
    }
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
    fn colours_stand_as_they_are_listed_if_all_of_them_are() {
        let colors = vec![[0, 0, 0, 0], [1, 1, 1, 255], [2, 2, 2, 255]];
        let palette = Palette::of_colors(colors.clone());
        let map = ColorMap { palette, entries: vec![0, 1, 2, 2], lossy: false };
        let listed = [[2, 2, 2, 255], [7, 7, 7, 255], [9, 9, 9, 0], [1, 1, 1, 255], [2, 2, 2, 255]];
        let found = map.clone().in_order_of(&listed);
        assert_eq!(found.palette.colors, [colors[2], colors[0], colors[1]]);
        assert_eq!(found.palette.centroids[0], [2.0, 2.0, 2.0, 255.0]);
        assert_eq!(found.entries, [1, 2, 0, 0]);
        assert_eq!(map.clone().in_order_of(&listed[1..3]), map);
        assert_eq!(map.clone().in_order_of(&[]), map);
    }

    #[test]
    fn see_through_colours_come_first() {
        let srgb = [0.0, 0.0, 0.0, 255.0, 255.0, 255.0, 255.0, 128.0, 0.0, 0.0, 0.0, 0.0];
        let (palette, _) = from_centroids(&srgb, 4, &[1.0; 3]);
        assert_eq!(palette.colors, [[0, 0, 0, 0], [255, 255, 255, 128], [0, 0, 0, 255]]);
    }
}
