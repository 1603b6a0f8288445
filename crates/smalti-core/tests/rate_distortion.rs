//! Labels that weigh bits, and targets, through the whole flow.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use smalti_core::Error;
use smalti_core::color::Space;
use smalti_core::encode::{self, PngCoder};
use smalti_core::goal::Goal;
use smalti_core::indexed_image::{IndexedImage, Indices, Mapped};
use smalti_core::labels::DitherMethod;
use smalti_core::map::MapOptions;
use smalti_core::metrics::{mse, ssimulacra2};
use smalti_core::pipeline::{Options, compress};
use smalti_core::pixels::{Pixels, Samples};
use smalti_core::preset::Preset;
use smalti_core::progress::Silent;

const SPACES: [Space; 3] = [Space::Srgb, Space::Linear, Space::Oklab];
const SIZE: (usize, usize) = (120, 80);

fn options(k: usize, goal: Goal, dither: Option<f64>) -> Options<'static> {
    let map = MapOptions {
        space: Space::Oklab,
        preset: Preset::of_effort(5).unwrap(),
        goal,
        dither,
        dither_method: DitherMethod::Diffusion,
        coder: &PngCoder { level: 2 },
    };
    Options { k, keep: &[], order: &[], map }
}

/// Bytes without a pattern that deflate could find (xorshift: G. Marsaglia, 2003).
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as u8
    };
    (0..count).map(|_| next()).collect()
}

/// A gradient with a bright disc and a little noise, as in a photograph.
fn photograph((width, height): (usize, usize)) -> Vec<u8> {
    let grain = noise(width * height * 3);
    let sample = |i: usize| {
        let (x, y, channel) = (i / 3 % width, i / 3 / width, i % 3);
        let slope = [180 * x / width, 160 * y / height, 150 * (x + y) / (width + height)];
        let (dx, dy) = (x.abs_diff(width / 3), y.abs_diff(height / 2));
        let disc = if dx * dx + dy * dy < height * height / 9 { [60, 20, 0] } else { [0; 3] };
        (slope[channel] + disc[channel] + usize::from(grain[i] / 16)) as u8
    };
    (0..width * height * 3).map(sample).collect()
}

fn of(samples: &[u8], (width, height): (usize, usize)) -> Pixels<'_> {
    Pixels::new(Samples::U8(samples), width, height, samples.len() / width / height).unwrap()
}

fn indices(compressed: &Mapped<Indices>) -> &[u8] {
    match compressed.image.indices() {
        Indices::U8(indices) => indices,
        other => panic!("more than 256 colours: {other:?}"),
    }
}

fn rebuilt(compressed: &Mapped<Indices>, channels: usize) -> Vec<u8> {
    let color = |&index: &u8| compressed.image.palette()[usize::from(index)][..channels].to_vec();
    indices(compressed).iter().flat_map(color).collect()
}

fn png_bytes(compressed: &Mapped<Indices>, (width, height): (usize, usize)) -> usize {
    let (palette, indices) = (compressed.image.palette().to_vec(), indices(compressed).to_vec());
    let image = IndexedImage::new(width, height, palette, indices).unwrap();
    let level = Preset::of_effort(5).unwrap().png_level;
    encode::png(&image, level, compressed.rate_weight > 0.0, &Silent).unwrap().len()
}

fn score(samples: &[u8], compressed: &Mapped<Indices>) -> f64 {
    let (rebuilt, size) =
        (rebuilt(compressed, 3), (compressed.image.width(), compressed.image.height()));
    ssimulacra2(&of(samples, size), &of(&rebuilt, size), &AtomicBool::new(false)).unwrap()
}

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

#[test]
fn the_default_costs_at_most_a_point() {
    let samples = photograph(SIZE);
    for k in [8, 64, 256] {
        let run = |goal| compress(&of(&samples, SIZE), &options(k, goal, None), &Silent).unwrap();
        let (free, found) = (run(Goal::RateWeight(0.0)), run(Goal::Affordable));
        assert!(score(&samples, &found) >= score(&samples, &free) - 1.0 - 1e-9);
        assert!(found.rate_weight > 0.0);
        let (bytes, most) = (png_bytes(&found, SIZE), png_bytes(&free, SIZE));
        assert!(bytes as f64 <= 1.02 * most as f64, "{k}: {bytes}, without weights {most}");
    }
}

#[test]
fn a_quality_is_reached_with_few_bytes_and_not_by_far() {
    let samples = photograph(SIZE);
    let mut last_bytes = 0;
    for quality in [35.0, 45.0, 55.0, 65.0] {
        let options = options(128, Goal::Quality(quality), None);
        let found = compress(&of(&samples, SIZE), &options, &Silent).unwrap();
        let (score, bytes) = (score(&samples, &found), png_bytes(&found, SIZE));
        assert!((quality..quality + 10.0).contains(&score), "{score} for {quality}");
        assert!(bytes > last_bytes, "{bytes} after {last_bytes}");
        last_bytes = bytes;
    }
}

/// An icon of hard edges, one with soft edges and a shadow, and stripes narrower than 8 pixels.
fn drawings() -> Vec<(Vec<u8>, (usize, usize))> {
    let disc = |side: usize, soft: f64| -> Vec<u8> {
        let sample = |i: usize| {
            let (x, y) = ((i / 3 % side) as f64, (i / 3 / side) as f64);
            let (dx, dy) = (x - side as f64 / 2.0, y - side as f64 / 2.2);
            let inside = ((side as f64 / 3.0 - (dx * dx + dy * dy).sqrt()) / soft).clamp(0.0, 1.0);
            (255.0 - inside * [40.0, 130.0, 220.0][i % 3]) as u8
        };
        (0..side * side * 3).map(sample).collect()
    };
    let stripe = |i: usize| [220, 40, 90, 0, 255, 130][(i / 3 % 12 / 2 + i % 3) % 6];
    let stripes = (0..12 * 5 * 3).map(stripe).collect();
    vec![(disc(48, 1.0), (48, 48)), (disc(64, 20.0), (64, 64)), (stripes, (12, 5))]
}

#[test]
fn a_lower_quality_never_needs_more_bytes_and_no_plain_picture_fewer() {
    let mut pictures = drawings();
    pictures.push((photograph(SIZE), SIZE));
    for (samples, size) in pictures {
        let run =
            |goal, dither| compress(&of(&samples, size), &options(128, goal, dither), &Silent);
        let plain = run(Goal::RateWeight(0.0), Some(0.0)).unwrap();
        let (plain_score, plain_bytes) = (score(&samples, &plain), png_bytes(&plain, size));
        let mut least = usize::MAX;
        for quality in [95.0, 90.0, 80.0, 70.0, 60.0, 40.0] {
            let Ok(found) = run(Goal::Quality(quality), None) else { continue };
            let bytes = png_bytes(&found, size);
            assert!(score(&samples, &found) >= quality);
            assert!(bytes <= least, "{size:?}, {quality}: {bytes} after {least}");
            // Small pictures must look right enlarged, too.
            if plain_score >= quality && size.0.min(size.1) >= 32 {
                assert!(bytes <= plain_bytes, "{size:?}, {quality}: {bytes}, plain {plain_bytes}");
            }
            least = bytes;
        }
        assert!(least < usize::MAX);
    }
}

#[test]
fn the_default_is_not_beaten_by_nearest_labels() {
    for (samples, size) in drawings() {
        for k in [8, 24, 64] {
            let run = |goal, dither| {
                let options = options(k, goal, dither);
                let found = compress(&of(&samples, size), &options, &Silent).unwrap();
                (score(&samples, &found), png_bytes(&found, size))
            };
            let plain = run(Goal::RateWeight(0.0), Some(0.0));
            let found = run(Goal::Affordable, None);
            assert!(found.0 >= plain.0 || found.1 <= plain.1, "{size:?}, {k}: {found:?} {plain:?}");
        }
    }
}

#[test]
fn a_quality_beyond_the_palette_is_refused_with_the_best_there_is() {
    let samples = photograph(SIZE);
    let run = |goal| compress(&of(&samples, SIZE), &options(6, goal, None), &Silent);
    let best = score(&samples, &run(Goal::RateWeight(0.0)).unwrap());
    assert_eq!(run(Goal::Quality(99.0)), Err(Error::QualityNotReached { quality: 99.0, best }));
    assert!(score(&samples, &run(Goal::Quality(best)).unwrap()) >= best);
}

#[test]
fn a_size_is_kept_and_nearly_used() {
    let samples = photograph(SIZE);
    let run = |goal| compress(&of(&samples, SIZE), &options(64, goal, None), &Silent).unwrap();
    let free = png_bytes(&run(Goal::RateWeight(0.0)), SIZE);
    let mut last_score = f64::INFINITY;
    for max_bytes in [2 * free, free, free * 3 / 4, free / 2, free / 4] {
        let found = run(Goal::MaxBytes(max_bytes));
        let (bytes, score) = (png_bytes(&found, SIZE), score(&samples, &found));
        assert!(bytes <= max_bytes);
        assert!(bytes as f64 > 0.85 * max_bytes.min(free) as f64, "{bytes} of {max_bytes}");
        assert!(score <= last_score + 2.0, "{score} after {last_score}");
        last_score = score;
    }
}

#[test]
fn a_size_below_all_is_refused_with_the_smallest_found() {
    let samples = photograph(SIZE);
    let run = |goal| compress(&of(&samples, SIZE), &options(64, goal, None), &Silent);
    let error = run(Goal::MaxBytes(60)).unwrap_err();
    let Error::SizeNotReached { max_bytes: 60, smallest } = error else {
        panic!("{error}");
    };
    let free = png_bytes(&run(Goal::RateWeight(0.0)).unwrap(), SIZE);
    assert!((61..free / 4).contains(&smallest), "{smallest} of {free}");
    // Nearly what the message names can be had; other trials find other sizes.
    let max_bytes = smallest * 5 / 4;
    assert!(png_bytes(&run(Goal::MaxBytes(max_bytes)).unwrap(), SIZE) <= max_bytes);
}

#[test]
fn goals_outside_their_ranges_are_refused() {
    let samples = noise(12);
    let run = |k, goal, dither| {
        compress(&of(&samples, (2, 2)), &options(k, goal, dither), &Silent).unwrap_err().to_string()
    };
    let affordable = Goal::Affordable;
    for weight in [-0.1, f64::INFINITY, f64::NAN] {
        let said = format!("rate_weight must be a finite number of at least 0, got {weight}");
        assert_eq!(run(4, Goal::RateWeight(weight), None), said);
    }
    for quality in [100.1, f64::NAN] {
        let said = format!("quality must be a number of at most 100 (SSIMULACRA2), got {quality}");
        assert_eq!(run(4, Goal::Quality(quality), None), said);
    }
    for dither in [-0.1, 1.1, f64::NAN] {
        let said = format!("dither must be between 0 and 1, got {dither}");
        assert_eq!(run(4, affordable, Some(dither)), said);
    }
    for (goal, dither) in [
        (Goal::RateWeight(0.1), None),
        (Goal::Quality(50.0), None),
        (Goal::MaxBytes(100), None),
        (affordable, Some(0.5)),
    ] {
        let said = "rate_weight, dither, dither_method, quality and max_bytes need a k of at most 256, got \
                    257";
        assert_eq!(run(257, goal, dither), said);
    }
}

#[test]
fn more_colours_than_can_be_weighed_are_mapped_to_the_nearest() {
    let samples = noise(3 * 1000);
    let run = |goal, dither| {
        compress(&of(&samples, (50, 20)), &options(300, goal, dither), &Silent).unwrap()
    };
    let plain = run(Goal::RateWeight(0.0), Some(0.0));
    assert_eq!(run(Goal::Affordable, None), plain);
    assert!(matches!(plain.image.indices(), Indices::U16(_)));
}
