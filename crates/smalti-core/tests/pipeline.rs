//! The whole flow: the promises of compression, whatever the picture.

use proptest::prelude::*;
use smalti_core::Error;
use smalti_core::color::Space;
use smalti_core::encode::{self, PngCoder};
use smalti_core::goal::Goal;
use smalti_core::indexed_image::{IndexedImage, Indices, Mapped};
use smalti_core::labels::DitherMethod;
use smalti_core::map::MapOptions;
use smalti_core::palette::MAX_COLORS;
use smalti_core::pipeline::{Options, compress};
use smalti_core::pixels::{Pixels, Samples};
use smalti_core::preset::Preset;
use smalti_core::progress::{Progress, Silent, Stage};

const SPACES: [Space; 3] = [Space::Srgb, Space::Linear, Space::Oklab];

fn options(k: usize, space: Space) -> Options<'static> {
    let map = MapOptions {
        space,
        preset: Preset::of_effort(5).unwrap(),
        goal: Goal::RateWeight(0.0),
        dither: Some(0.0),
        dither_method: DitherMethod::Diffusion,
        coder: &PngCoder { level: 2 },
    };
    Options { k, keep: &[], map }
}

fn row(samples: &[u8], channels: usize) -> Pixels<'_> {
    Pixels::new(Samples::U8(samples), samples.len() / channels, 1, channels).unwrap()
}

fn bytes(compressed: &Mapped<Indices>) -> &[u8] {
    match compressed.image.indices() {
        Indices::U8(indices) => indices,
        other => panic!("more than 256 colours: {other:?}"),
    }
}

/// A picture with many more colours than any test asks for, without a pattern in them.
fn noise(pixels: usize, channels: usize) -> Vec<u8> {
    (0..pixels * channels).map(|i| ((i * 2_654_435_761) >> 11) as u8).collect()
}

#[test]
fn two_flat_halves_are_kept_exactly() {
    let samples = [[200, 30, 30], [200, 30, 30], [0, 0, 9], [0, 0, 9]].concat();
    for space in SPACES {
        let found = compress(&row(&samples, 3), &options(2, space), &Silent).unwrap();
        assert_eq!(found.image.palette(), [[0, 0, 9, 255], [200, 30, 30, 255]]);
        assert_eq!(bytes(&found), [1, 1, 0, 0]);
    }
}

#[test]
fn one_colour_is_the_weighted_mean() {
    let samples = [[0, 0, 0], [0, 0, 0], [0, 0, 0], [100, 200, 40]].concat();
    let found = compress(&row(&samples, 3), &options(1, Space::Srgb), &Silent).unwrap();
    assert_eq!(found.image.palette(), [[25, 50, 10, 255]]);
    assert_eq!(found.image.centroids(), [[25.0, 50.0, 10.0, 255.0]]);
}

#[test]
fn threads_do_not_change_the_result() {
    let samples = noise(40_000, 3);
    for effort in [1, 3, 5, 7] {
        let preset = Preset::of_effort(effort).unwrap();
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut options = options(40, Space::Oklab);
            options.map.preset = preset;
            pool.install(|| compress(&row(&samples, 3), &options, &Silent).unwrap())
        };
        let one = run(1);
        assert!(one == run(2) && one == run(5) && one == run(16), "effort {effort}");
    }
}

#[test]
fn deep_samples_are_clustered_as_they_are() {
    // Two colours that 8 bits could not tell apart: the unrounded centroids can.
    let samples: Vec<u16> = [[25_700; 3], [25_750; 3]].concat();
    let pixels = Pixels::new(Samples::U16(&samples), 2, 1, 3).unwrap();
    let found = compress(&pixels, &options(1, Space::Srgb), &Silent).unwrap();
    assert!((found.image.centroids()[0][0] - 25_725.0 / 257.0).abs() < 1e-9);
}

#[test]
fn deep_samples_get_every_colour_that_8_bits_can_show() {
    let samples: Vec<u16> = (0..4096u16).flat_map(|i| [i * 16; 3]).collect();
    let pixels = Pixels::new(Samples::U16(&samples), 4096, 1, 3).unwrap();
    let found = compress(&pixels, &options(256, Space::Oklab), &Silent).unwrap();
    let greys: Vec<[u8; 4]> = (0..=255u8).map(|v| [v, v, v, 255]).collect();
    assert_eq!(found.image.palette(), greys);
    for (rgb, &index) in samples.chunks_exact(3).zip(bytes(&found)) {
        assert_eq!(u32::from(index), (u32::from(rgb[0]) + 128) / 257);
    }
}

#[test]
fn more_colours_need_wider_indices() {
    let samples: Vec<u8> =
        (0..300u16).flat_map(|i| [(i % 256) as u8, (i / 256) as u8, 7]).collect();
    let found = compress(&row(&samples, 3), &options(MAX_COLORS, Space::Srgb), &Silent).unwrap();
    assert_eq!(found.image.palette().len(), 300);
    assert!(matches!(found.image.indices(), Indices::U16(_)));
}

#[test]
fn gathering_colours_costs_none_of_those_asked_for() {
    // 40,000 distinct colours are fitted from 8,192 gathered ones at effort 1.
    let samples: Vec<u8> = (0..40_000u32).flat_map(|i| [i as u8, (i >> 8) as u8, 90]).collect();
    let preset = Preset::of_effort(1).unwrap();
    for k in [3, 256, 2000] {
        let mut options = options(k, Space::Srgb);
        options.map.preset = preset;
        let found = compress(&row(&samples, 3), &options, &Silent).unwrap();
        assert!(found.image.centroids().iter().flatten().all(|value| value.is_finite()));
        let used: std::collections::HashSet<u32> = match found.image.indices() {
            Indices::U8(indices) => indices.iter().map(|&i| i.into()).collect(),
            Indices::U16(indices) => indices.iter().map(|&i| i.into()).collect(),
            Indices::U32(indices) => indices.iter().copied().collect(),
        };
        assert_eq!(used.len(), found.image.palette().len());
        // A centroid may round to the same colour as its neighbour.
        assert!(
            found.image.palette().len() * 100 >= k * 98,
            "{} of {k}",
            found.image.palette().len()
        );
    }
}

#[test]
fn k_outside_its_range_is_refused() {
    for k in [0, MAX_COLORS + 1] {
        let error = compress(&row(&[0; 3], 3), &options(k, Space::Srgb), &Silent).unwrap_err();
        assert_eq!(error, Error::InvalidK { k, max: MAX_COLORS });
    }
}

#[test]
fn a_report_can_stop_the_work() {
    struct Impatient;
    impl Progress for Impatient {
        fn report(&self, stage: Stage, _fraction: f64) -> smalti_core::Result<()> {
            if stage == Stage::KMeans { Err(Error::Interrupted) } else { Ok(()) }
        }

        fn go_on(&self) -> smalti_core::Result<()> {
            Ok(())
        }
    }
    let samples = noise(5000, 3);
    let found = compress(&row(&samples, 3), &options(16, Space::Oklab), &Impatient);
    assert_eq!(found, Err(Error::Interrupted));
}

#[test]
fn png_is_indexed_even_when_grey_would_be_smaller() {
    let palette = (0..=255u8).map(|v| [v, v, v, 255]).collect();
    let image = IndexedImage::new(256, 1, palette, (0..=255).collect()).unwrap();
    let png = encode::png(&image, 2, false, &Silent).unwrap();
    let (bit_depth, color_type) = (png[24], png[25]);
    assert_eq!((bit_depth, color_type), (8, 3));
}

#[test]
fn an_alpha_channel_that_is_opaque_changes_nothing() {
    let rgb = noise(3000, 3);
    let rgba: Vec<u8> = rgb.chunks_exact(3).flat_map(|c| [c[0], c[1], c[2], 255]).collect();
    for space in SPACES {
        let without = compress(&row(&rgb, 3), &options(9, space), &Silent).unwrap();
        let with = compress(&row(&rgba, 4), &options(9, space), &Silent).unwrap();
        assert_eq!(with.image, without.image);
    }
}

proptest! {
    #[test]
    fn transparent_and_opaque_pixels_stay_so(
        pixels in prop::collection::vec(
            (any::<[u8; 3]>(), prop_oneof![Just(0u8), Just(255), any::<u8>(), Just(254), Just(1)]),
            1..60,
        ),
        k in 2usize..9,
    ) {
        let samples: Vec<u8> = pixels.iter().flat_map(|&([r, g, b], a)| [r, g, b, a]).collect();
        for space in SPACES {
            let found = compress(&row(&samples, 4), &options(k, space), &Silent).unwrap();
            prop_assert!(found.image.palette().len() <= k);
            for (&(_, alpha), &index) in pixels.iter().zip(bytes(&found)) {
                let kept = found.image.palette()[usize::from(index)][3];
                prop_assert!(alpha != 0 || kept == 0, "transparent became {}", kept);
                prop_assert!(alpha != 255 || kept == 255, "opaque became {}", kept);
            }
        }
    }

    #[test]
    fn white_stays_white_whatever_its_alpha(
        alphas in prop::collection::vec(any::<u8>(), 1..60),
        k in 1usize..6,
    ) {
        let samples: Vec<u8> = alphas.iter().flat_map(|&a| [255, 255, 255, a]).collect();
        for space in SPACES {
            let found = compress(&row(&samples, 4), &options(k, space), &Silent).unwrap();
            for color in found.image.palette() {
                prop_assert!(color[3] == 0 || color[..3] == [255; 3], "{:?}", color);
            }
        }
    }

    #[test]
    fn enough_colours_give_the_picture_back(
        pixels in prop::collection::vec(any::<[u8; 4]>(), 1..40),
    ) {
        let samples = pixels.concat();
        for space in SPACES {
            let found = compress(&row(&samples, 4), &options(64, space), &Silent).unwrap();
            for (&[r, g, b, a], &index) in pixels.iter().zip(bytes(&found)) {
                let kept = found.image.palette()[usize::from(index)];
                prop_assert_eq!(kept, if a == 0 { [0; 4] } else { [r, g, b, a] });
            }
        }
    }

    #[test]
    fn the_order_of_pixels_changes_nothing(
        pixels in prop::collection::vec(any::<[u8; 3]>(), 20..60),
        k in 1usize..8,
    ) {
        let mut reversed = pixels.clone();
        reversed.reverse();
        let run = |pixels: &[[u8; 3]]| {
            compress(&row(&pixels.concat(), 3), &options(k, Space::Oklab), &Silent).unwrap()
        };
        let (forward, backward) = (run(&pixels), run(&reversed));
        prop_assert_eq!(forward.image.palette(), backward.image.palette());
        let mut indices = bytes(&backward).to_vec();
        indices.reverse();
        prop_assert_eq!(bytes(&forward), indices);
    }
}
