//! Labels that weigh bits, through the whole flow.

mod flow;

use flow::{SIZE, indices, noise, of, options, photograph, png_bytes, rebuilt};
use proptest::prelude::*;
use smalti_core::color::Space;
use smalti_core::goal::Goal;
use smalti_core::indexed_image::{Indices, Mapped};
use smalti_core::metrics::mse;
use smalti_core::pipeline::compress;
use smalti_core::progress::Silent;

const SPACES: [Space; 3] = [Space::Srgb, Space::Linear, Space::Oklab];

fn goals() -> impl Strategy<Value = Goal> {
    let weights = prop::sample::select(vec![0.0, 0.02, 0.5, 10.0, 60.0, 1e3, 1e6, 1e12]);
    prop_oneof![Just(Goal::Affordable), weights.prop_map(Goal::RateWeight)]
}

fn is_distinct_and_in_use(compressed: &Mapped<Indices>) -> bool {
    let colors: std::collections::BTreeSet<_> = compressed.image.palette().iter().collect();
    let used: std::collections::BTreeSet<_> = indices(compressed).iter().copied().collect();
    colors.len() == compressed.image.palette().len() && used.into_iter().eq(0..colors.len() as u8)
}

proptest! {
    #[test]
    fn transparent_and_opaque_pixels_stay_so_whatever_a_bit_is_worth(
        pixels in prop::collection::vec(
            (any::<[u8; 3]>(), prop_oneof![Just(0u8), Just(255), any::<u8>(), Just(254), Just(1)]),
            60..=60,
        ),
        width in prop::sample::select(vec![1usize, 6, 10, 60]),
        k in 2usize..9,
        goal in goals(),
        dither in prop::option::of(0.0..=1.0),
    ) {
        let samples: Vec<u8> = pixels.iter().flat_map(|&([r, g, b], a)| [r, g, b, a]).collect();
        for space in SPACES {
            let mut options = options(k, goal, dither);
            options.map.space = space;
            let found = compress(&of(&samples, (width, 60 / width)), &options, &Silent).unwrap();
            prop_assert!(is_distinct_and_in_use(&found));
            for (&(_, alpha), &index) in pixels.iter().zip(indices(&found)) {
                let kept = found.image.palette()[usize::from(index)][3];
                prop_assert!(alpha != 0 || kept == 0, "transparent became {}", kept);
                prop_assert!(alpha != 255 || kept == 255, "opaque became {}", kept);
            }
        }
    }

    #[test]
    fn the_palette_is_distinct_and_in_use_whatever_the_goal(
        colors in prop::collection::vec(any::<[u8; 3]>(), 48..=48),
        width in prop::sample::select(vec![1usize, 2, 8, 48]),
        k in 1usize..60,
        goal in goals(),
        dither in prop::option::of(0.0..=1.0),
    ) {
        let samples = colors.concat();
        let pixels = of(&samples, (width, 48 / width));
        let found = compress(&pixels, &options(k, goal, dither), &Silent).unwrap();
        prop_assert!(found.image.palette().len() <= k);
        prop_assert!(is_distinct_and_in_use(&found));
        prop_assert_eq!(found.image.centroids().len(), found.image.palette().len());
        for (color, centroid) in found.image.palette().iter().zip(found.image.centroids()) {
            let near = color.iter().zip(centroid).all(|(&c, v)| (f64::from(c) - v).abs() <= 0.5);
            prop_assert!(near, "{:?} is not {:?} rounded", color, centroid);
        }
    }

    #[test]
    fn a_palette_of_all_colours_leaves_the_picture_as_it_is(
        colors in prop::collection::vec(any::<[u8; 3]>(), 30..=30),
        dither in prop::option::of(0.0..=1.0),
    ) {
        // There are no errors to diffuse.
        let samples = colors.concat();
        let found = compress(&of(&samples, (6, 5)), &options(30, Goal::Affordable, dither), &Silent);
        prop_assert_eq!(rebuilt(&found.unwrap(), 3), samples);
    }
}

/// A clear, a translucent and a solid part, side by side and nested, with alphas that their
/// palette lacks: errors add up in alpha and flow across the borders.
#[test]
fn diffused_alpha_does_not_cross_from_part_to_part() {
    let (width, height) = (60, 60);
    let alpha = |x: usize, y: usize| match (x / 10 + y / 15) % 4 {
        0 => 0,
        1 if x.is_multiple_of(7) => 3,
        1 => 252,
        2 => 255,
        _ => 240,
    };
    let samples: Vec<u8> = (0..width * height)
        .flat_map(|i| [120, (i % 251) as u8, 40, alpha(i % width, i / width)])
        .collect();
    for (k, dither) in [(3, 1.0), (4, 1.0), (6, 1.0), (3, 0.6)] {
        for weight in [0.0, 0.1, 100.0] {
            let options = options(k, Goal::RateWeight(weight), Some(dither));
            let found = compress(&of(&samples, (width, height)), &options, &Silent).unwrap();
            for (pixel, &index) in samples.chunks_exact(4).zip(indices(&found)) {
                let kept = found.image.palette()[usize::from(index)][3];
                assert_eq!((pixel[3] == 0, pixel[3] == 255), (kept == 0, kept == 255));
            }
        }
    }
}

#[test]
fn threads_do_not_change_the_result() {
    // More rows than three bands have.
    let size = (32, 400);
    let samples = photograph(size);
    let bytes = png_bytes(
        &compress(&of(&samples, size), &options(24, Goal::RateWeight(0.1), None), &Silent).unwrap(),
        size,
    );
    let goals = [
        Goal::Affordable,
        Goal::RateWeight(0.0),
        Goal::RateWeight(0.3),
        Goal::Quality(5.0),
        Goal::MaxBytes(bytes),
    ];
    for goal in goals {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let options = options(24, goal, None);
            pool.install(|| compress(&of(&samples, size), &options, &Silent).unwrap())
        };
        let one = run(1);
        assert!(one == run(2) && one == run(5), "{goal:?}");
    }
}

#[test]
fn dearer_bits_make_smaller_files_and_larger_errors() {
    let samples = photograph(SIZE);
    let (mut last_bytes, mut last_error) = (usize::MAX, 0.0);
    let (mut sizes, mut errors) = (Vec::new(), Vec::new());
    for weight in [0.0, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0] {
        let options = options(48, Goal::RateWeight(weight), Some(0.0));
        let found = compress(&of(&samples, SIZE), &options, &Silent).unwrap();
        assert_eq!(found.rate_weight, weight);
        let bytes = png_bytes(&found, SIZE);
        let error = mse(&of(&samples, SIZE), &of(&rebuilt(&found, 3), SIZE)).unwrap();
        assert!(bytes as f64 <= 1.01 * last_bytes as f64, "{weight}: {bytes} after {last_bytes}");
        assert!(error >= 0.97 * last_error, "{weight}: {error} after {last_error}");
        (last_bytes, last_error) = (bytes, error);
        sizes.push(bytes);
        errors.push(error);
    }
    assert!(sizes[3] < sizes[0] / 2, "{sizes:?}");
    assert!(errors[3] > 1.15 * errors[0], "{errors:?}");
}

#[test]
fn pictures_of_one_row_column_or_pixel_are_labelled() {
    for size in [(1, 1), (1, 300), (300, 1), (2, 129)] {
        let samples = noise(size.0 * size.1 * 3);
        for k in [1, 2, 9] {
            for goal in [
                Goal::Affordable,
                Goal::RateWeight(0.0),
                Goal::RateWeight(0.4),
                Goal::Quality(-1e6),
                Goal::MaxBytes(1 << 20),
            ] {
                let options = options(k, goal, Some(0.5));
                let found = compress(&of(&samples, size), &options, &Silent).unwrap();
                assert_eq!(indices(&found).len(), size.0 * size.1);
                assert!(is_distinct_and_in_use(&found), "{size:?} {k} {goal:?}");
            }
        }
    }
}
