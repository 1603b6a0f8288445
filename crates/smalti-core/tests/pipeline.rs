//! The whole flow: the promises of compression, whatever the picture.

use proptest::prelude::*;
use smalti_core::Error;
use smalti_core::color::Space;
use smalti_core::decode::{self, DecodedPixels};
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
    Options { k, keep: &[], order: &[], map }
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

/// What a PNG shows, and whether it has a palette.
fn shown(file: &[u8], channels: usize) -> (Vec<u8>, bool) {
    match decode::png(file, 1 << 20).unwrap().pixels {
        DecodedPixels::Bytes(samples, _) => (samples, false),
        DecodedPixels::Indexed { indices, palette, .. } => {
            let color = |index: u8| palette[usize::from(index)][..channels].to_vec();
            (indices.into_iter().flat_map(color).collect(), true)
        }
        DecodedPixels::Words(..) => panic!("no more than 8 bits were written"),
    }
}

#[test]
fn png_is_grey_where_that_is_smaller_and_shows_the_same() {
    let shades: Vec<u8> = (0..=255).flat_map(|shade| [shade; 3]).collect();
    let two: Vec<u8> = (0..64).flat_map(|i| [u8::from(i % 3 == 0) * 255; 3]).collect();
    let clear: Vec<u8> = (0..200).flat_map(|i| [i, i, i, 255]).chain([0; 400]).collect();
    let veiled: Vec<u8> =
        (0..=255).flat_map(|i| [i / 16 * 17, i / 16 * 17, i / 16 * 17, i]).collect();
    let colored: Vec<u8> = (0..=255).flat_map(|shade| [shade, shade, 9]).collect();
    let cases = [(&shades, 3, 0), (&two, 3, 0), (&clear, 4, 0), (&veiled, 4, 0), (&colored, 3, 9)];
    for (samples, channels, blue) in cases {
        let image = compress(&row(samples, channels), &options(256, Space::Srgb), &Silent).unwrap();
        let (width, palette) = (image.image.width(), image.image.palette().to_vec());
        let image = IndexedImage::new(width, 1, palette, bytes(&image).to_vec()).unwrap();
        for level in [0, 2, 6] {
            let file = encode::png(&image, level, false, &Silent).unwrap();
            let (found, is_indexed) = shown(&file, channels);
            assert_eq!(is_indexed, blue == 9, "{channels}");
            let visible = |samples: &[u8]| -> Vec<u8> {
                let pixels = samples.chunks(channels);
                let pixel = |pixel: &[u8]| match pixel.get(3) {
                    Some(0) => vec![0; 4],
                    _ => pixel.to_vec(),
                };
                pixels.flat_map(pixel).collect()
            };
            assert_eq!(visible(&found), visible(samples));
        }
    }
}

#[test]
fn the_palette_keeps_the_order_that_the_picture_had() {
    let samples = [[9, 0, 0], [0, 200, 0], [0, 0, 90], [9, 0, 0]].concat();
    let order = [[0, 0, 90, 255], [1, 1, 1, 255], [9, 0, 0, 255], [0, 200, 0, 255]];
    let run = |order| {
        let options = Options { order, ..options(8, Space::Oklab) };
        compress(&row(&samples, 3), &options, &Silent).unwrap()
    };
    assert_eq!(run(&order).image.palette(), [order[0], order[2], order[3]]);
    assert_eq!(bytes(&run(&order)), [1, 2, 0, 1]);
    // One colour is not among these.
    assert_eq!(run(&order[1..]), run(&[]));
}

#[test]
fn alpha_that_nobody_can_see_costs_no_colours() {
    let opaque: Vec<u8> = noise(600, 4).chunks(4).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    let with_alpha = |alphas: [u8; 3]| {
        let mut samples = opaque.clone();
        for (i, pixel) in samples.chunks_mut(4).enumerate() {
            pixel[3] = alphas[i % 3];
        }
        let image = compress(&row(&samples, 4), &options(16, Space::Oklab), &Silent).unwrap().image;
        image.palette().to_vec()
    };
    assert_eq!(with_alpha([253, 254, 255]), with_alpha([255; 3]));
    assert!(with_alpha([252, 254, 255]).iter().any(|color| color[3] < 255));
    // A palette that holds all colours keeps them as they are.
    let few = [[1, 2, 3, 254], [4, 5, 6, 255]].concat();
    let found = compress(&row(&few, 4), &options(2, Space::Srgb), &Silent).unwrap();
    assert_eq!(found.image.palette(), [[1, 2, 3, 254], [4, 5, 6, 255]]);
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
