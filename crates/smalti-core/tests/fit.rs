//! Palettes of histograms: of one image, or of many merged.

use smalti_core::Error;
use smalti_core::color::Space;
use smalti_core::fit::{ColorCounts, FitOptions, fit};
use smalti_core::histogram::Histogram;
use smalti_core::palette::Palette;
use smalti_core::pixels::{Pixels, Samples};
use smalti_core::preset::Preset;
use smalti_core::progress::Silent;

fn options(k: usize, keep: &[[u8; 4]]) -> FitOptions<'_> {
    FitOptions { k, space: Space::Oklab, preset: Preset::of_effort(5).unwrap(), keep }
}

fn counted(samples: &[u8], channels: usize) -> Histogram {
    let width = samples.len() / channels;
    let pixels = Pixels::new(Samples::U8(samples), width, 1, channels).unwrap();
    Histogram::of(&pixels, &Silent).unwrap()
}

fn palette(histogram: &Histogram, channels: usize, options: &FitOptions<'_>) -> Palette {
    let counts = ColorCounts { histogram, max_sample: 255, channels };
    fit(&counts, options, &Silent).unwrap().palette
}

/// An image whose colours lie around a grey, some of them see-through.
fn image(grey: usize, channels: usize) -> Vec<u8> {
    let sample = |i: usize| {
        let noise = (i * 2_654_435_761) >> 11;
        if i % channels == 3 { [0, 90, 255][noise % 3] } else { (grey + noise % 60) as u8 }
    };
    (0..4000 * channels).map(sample).collect()
}

#[test]
fn merged_histograms_have_the_palette_of_the_images_glued_together_in_any_order() {
    for channels in [3, 4] {
        let images = [20, 90, 180].map(|grey| image(grey, channels));
        let glued = counted(&images.concat(), channels);
        let [a, b, c] = images.each_ref().map(|samples| counted(samples, channels));
        let merged = [a.merge(&b).merge(&c), c.merge(&a.merge(&b)), b.merge(&c).merge(&a)];
        for options in [options(1, &[]), options(40, &[]), options(9, &[[7, 200, 9, 255]])] {
            let expected = palette(&glued, channels, &options);
            assert!(expected.colors.len() <= options.k);
            for histogram in &merged {
                assert_eq!(palette(histogram, channels, &options), expected);
            }
        }
    }
}

#[test]
fn the_palette_of_many_images_holds_the_colours_of_each() {
    let red = counted(&[200, 10, 10].repeat(50), 3);
    let blue = counted(&[10, 10, 200].repeat(5), 3);
    let found = palette(&red.merge(&blue), 3, &options(2, &[]));
    assert_eq!(found.colors, [[10, 10, 200, 255], [200, 10, 10, 255]]);
}

#[test]
fn every_colour_of_the_histogram_has_its_nearest_entry() {
    let histogram = counted(&image(60, 3), 3);
    let counts = ColorCounts { histogram: &histogram, max_sample: 255, channels: 3 };
    let options = FitOptions { space: Space::Srgb, ..options(12, &[]) };
    let found = fit(&counts, &options, &Silent).unwrap();
    assert!(found.lossy);
    for (color, &entry) in histogram.colors().zip(&found.entries) {
        let distance = |centroid: &[f64; 4]| -> f64 {
            (0..3).map(|c| (f64::from(color[c]) - centroid[c]).powi(2)).sum()
        };
        let own = distance(&found.palette.centroids[entry as usize]);
        let least = found.palette.centroids.iter().map(distance).fold(f64::INFINITY, f64::min);
        assert!(own <= least + 1e-9);
    }
}

#[test]
fn a_histogram_without_colours_is_refused() {
    let counts = ColorCounts { histogram: &Histogram::default(), max_sample: 255, channels: 3 };
    let error = fit(&counts, &options(4, &[]), &Silent).unwrap_err();
    assert_eq!(error, Error::Empty { what: "the histogram", unit: "colour" });
}
