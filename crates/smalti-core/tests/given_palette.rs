//! Pixels mapped to a palette that was not made for them.

use proptest::prelude::*;
use smalti_core::color::Space;
use smalti_core::encode::{Coder, File, PngCoder};
use smalti_core::goal::Goal;
use smalti_core::indexed_image::{Indices, Mapped};
use smalti_core::labels::{BitModel, DitherMethod};
use smalti_core::map::{GivenPalette, MapOptions, to_palette};
use smalti_core::palette::MAX_COLORS;
use smalti_core::pixels::{Pixels, Samples};
use smalti_core::preset::Preset;
use smalti_core::progress::{Progress, Silent};
use smalti_core::{Error, Result};

const SPACES: [Space; 3] = [Space::Srgb, Space::Linear, Space::Oklab];
const SIZE: (usize, usize) = (60, 50);

fn options(goal: Goal, dither: Option<f64>) -> MapOptions<'static> {
    MapOptions {
        space: Space::Oklab,
        preset: Preset::of_effort(5).unwrap(),
        goal,
        dither,
        dither_method: DitherMethod::Diffusion,
        coder: &PngCoder { level: 2 },
    }
}

fn plain(space: Space) -> MapOptions<'static> {
    MapOptions { space, ..options(Goal::RateWeight(0.0), Some(0.0)) }
}

fn of(samples: &[u8], (width, height): (usize, usize)) -> Pixels<'_> {
    Pixels::new(Samples::U8(samples), width, height, samples.len() / width / height).unwrap()
}

fn given(colors: &[[u8; 4]]) -> GivenPalette<'_> {
    GivenPalette { colors, before: None }
}

fn indices(mapped: &Mapped<Indices>) -> Vec<u32> {
    match mapped.image.indices() {
        Indices::U8(indices) => indices.iter().map(|&i| i.into()).collect(),
        Indices::U16(indices) => indices.iter().map(|&i| i.into()).collect(),
        Indices::U32(indices) => indices.clone(),
    }
}

/// A gradient with a little noise.
fn photograph((width, height): (usize, usize)) -> Vec<u8> {
    let sample = |i: usize| {
        let (x, y, channel) = (i / 3 % width, i / 3 / width, i % 3);
        let slope = [180 * x / width, 160 * y / height, 150 * (x + y) / (width + height)];
        (slope[channel] + ((i * 2_654_435_761) >> 11) % 16) as u8
    };
    (0..width * height * 3).map(sample).collect()
}

/// Sixteen colours of which a picture may lack some, in no order, one of them twice.
fn palette() -> Vec<[u8; 4]> {
    let color = |i: usize| [37 * i % 251, 91 * i % 241, 53 * i % 239, 255].map(|v| v as u8);
    (0..15).map(|i| color(i * 7 % 15)).chain([color(21 % 15)]).collect()
}

fn goals() -> Vec<(Goal, Option<f64>)> {
    vec![
        (Goal::RateWeight(0.0), Some(0.0)),
        (Goal::RateWeight(0.0), Some(1.0)),
        (Goal::RateWeight(0.3), None),
        (Goal::RateWeight(1e6), Some(0.0)),
        (Goal::Affordable, None),
        (Goal::Quality(-1e6), None),
        (Goal::MaxBytes(1500), None),
    ]
}

#[test]
fn whatever_the_goal_colours_and_order_stay_and_duplicates_have_no_pixels() {
    let samples = photograph(SIZE);
    let colors = palette();
    let first = colors.iter().position(|color| *color == colors[15]).unwrap();
    assert!(first < 15);
    for (goal, dither) in goals() {
        let found =
            to_palette(&of(&samples, SIZE), &given(&colors), &options(goal, dither), &Silent);
        let found = found.unwrap();
        assert_eq!(found.image.palette(), colors, "{goal:?}");
        assert!(indices(&found).iter().all(|&index| index < 15), "{goal:?}");
    }
}

#[test]
fn a_drawing_that_is_to_reach_a_target_keeps_all_colours_of_a_given_palette() {
    // Flat areas, of which there are fewer than the palette has colours.
    let samples: Vec<u8> = (0..120 * 80).flat_map(|i| [(i % 120 / 20 * 40) as u8, 90, 7]).collect();
    let colors: Vec<[u8; 4]> = (0..=255).map(|v| [v, 90, 7, 255]).collect();
    for goal in [Goal::Quality(20.0), Goal::MaxBytes(2000)] {
        let pixels = of(&samples, (120, 80));
        let found = to_palette(&pixels, &given(&colors), &options(goal, None), &Silent).unwrap();
        assert_eq!(found.image.palette(), colors);
    }
}

proptest! {
    #[test]
    fn plain_labels_are_the_first_of_the_nearest_colours(
        samples in prop::collection::vec(any::<u8>(), 3 * 40),
        colors in prop::collection::vec(any::<[u8; 3]>(), 1..30),
        twice in 0usize..30,
    ) {
        let mut colors: Vec<[u8; 4]> = colors.iter().map(|&[r, g, b]| [r, g, b, 255]).collect();
        colors.push(colors[twice % colors.len()]);
        let found = to_palette(&of(&samples, (40, 1)), &given(&colors), &plain(Space::Srgb), &Silent);
        for (pixel, index) in samples.chunks_exact(3).zip(indices(&found.unwrap())) {
            let distance = |color: &[u8; 4]| -> i32 {
                pixel.iter().zip(color).map(|(&a, &b)| (i32::from(a) - i32::from(b)).pow(2)).sum()
            };
            let least = colors.iter().map(distance).min().unwrap();
            let first = colors.iter().position(|color| distance(color) == least).unwrap();
            prop_assert_eq!(index as usize, first);
        }
    }

    #[test]
    fn a_colour_of_the_palette_keeps_its_entry(
        colors in prop::collection::vec(
            (any::<[u8; 3]>(), prop_oneof![Just(0u8), Just(255), any::<u8>(), Just(254), Just(1)]),
            1..40,
        ),
        deep: bool,
    ) {
        let colors: Vec<[u8; 4]> = colors.iter().map(|&([r, g, b], a)| [r, g, b, a]).collect();
        let (samples, wide) = (colors.concat(), colors.concat().iter().map(|&v| u16::from(v) * 257).collect::<Vec<_>>());
        let samples = if deep { Samples::U16(&wide) } else { Samples::U8(&samples) };
        let pixels = Pixels::new(samples, colors.len(), 1, 4).unwrap();
        let shown = |color: [u8; 4]| if color[3] == 0 { [0; 4] } else { color };
        for space in SPACES {
            let found = to_palette(&pixels, &given(&colors), &plain(space), &Silent).unwrap();
            for (own, index) in colors.iter().zip(indices(&found)) {
                let first = colors.iter().position(|color| shown(*color) == shown(*own)).unwrap();
                prop_assert_eq!(index as usize, first);
            }
        }
    }

    #[test]
    fn clear_and_opaque_pixels_stay_so_where_the_palette_has_such_colours(
        pixels in prop::collection::vec(
            (any::<[u8; 3]>(), prop_oneof![Just(0u8), Just(255), any::<u8>(), Just(254), Just(1)]),
            60..=60,
        ),
        colors in prop::collection::vec(
            (any::<[u8; 3]>(), prop_oneof![Just(0u8), Just(255), any::<u8>()]), 1..40,
        ),
        width in prop::sample::select(vec![1usize, 6, 60]),
        (goal, dither) in prop::sample::select(goals()),
        method in prop::sample::select(vec![DitherMethod::Diffusion, DitherMethod::Ordered]),
    ) {
        let samples: Vec<u8> = pixels.iter().flat_map(|&([r, g, b], a)| [r, g, b, a]).collect();
        let colors: Vec<[u8; 4]> = colors.iter().map(|&([r, g, b], a)| [r, g, b, a]).collect();
        let has = |alpha: u8| colors.iter().any(|color| color[3] == alpha);
        let first_clear = colors.iter().position(|color| color[3] == 0);
        for space in SPACES {
            let options = MapOptions { space, dither_method: method, ..options(goal, dither) };
            let found = to_palette(&of(&samples, (width, 60 / width)), &given(&colors), &options, &Silent).unwrap();
            prop_assert_eq!(found.image.palette(), &colors[..]);
            for (&(_, alpha), index) in pixels.iter().zip(indices(&found)) {
                let shown = colors[index as usize][3];
                prop_assert!(alpha != 0 || first_clear.is_none_or(|clear| clear == index as usize));
                prop_assert!(alpha != 255 || !has(255) || shown == 255, "opaque became {}", shown);
            }
        }
    }
}

#[test]
fn a_translucent_pixel_takes_the_nearest_colour_of_all() {
    // An edge of white on nothing, and a palette whose one translucent colour is a shadow.
    let colors = [[0, 0, 0, 0], [0, 0, 0, 60], [255, 255, 255, 255]];
    let samples: Vec<u8> =
        [255, 250, 128, 10, 0].iter().flat_map(|&a| [255, 255, 255, a]).collect();
    for goal in [Goal::RateWeight(0.0), Goal::RateWeight(0.01)] {
        let options = options(goal, Some(0.0));
        let found = to_palette(&of(&samples, (5, 1)), &given(&colors), &options, &Silent).unwrap();
        let found = indices(&found);
        assert_eq!([found[0], found[1], found[3], found[4]], [2, 2, 0, 0], "{goal:?}");
    }
}

#[test]
fn an_image_without_alpha_may_get_a_palette_with_alpha_and_the_reverse() {
    let rgb = photograph((20, 10));
    let colors = [[0, 0, 0, 0], [90, 90, 90, 128], [20, 30, 40, 255], [160, 150, 140, 255]];
    for (goal, dither) in goals() {
        let options = options(goal, dither);
        let map = |colors: &[[u8; 4]], samples: &[u8]| {
            indices(&to_palette(&of(samples, (20, 10)), &given(colors), &options, &Silent).unwrap())
        };
        assert!(map(&colors, &rgb).iter().all(|&index| index >= 2), "{goal:?}");
        // Without opaque colours the others have to do.
        assert!(map(&colors[..2], &rgb).iter().all(|&index| index < 2), "{goal:?}");
        let rgba: Vec<u8> = rgb
            .chunks_exact(3)
            .enumerate()
            .flat_map(|(i, c)| [c[0], c[1], c[2], [0, 128, 255][i % 3]])
            .collect();
        assert!(map(&colors[2..], &rgba).iter().all(|&index| index < 2), "{goal:?}");
    }
}

#[test]
fn colours_far_from_the_palette_do_not_drive_diffused_errors_out_of_its_part_of_the_alpha_axis() {
    // Bright pixels and a dark palette, dithered in full: errors only grow. Many clear and
    // translucent colours are nearer to where they would lead than the one opaque colour is.
    let mut colors: Vec<[u8; 4]> = (0..100).map(|i| [255, 255, 155 + i, 1 + i]).collect();
    colors.push([0, 0, 0, 255]);
    let samples = [250, 250, 240, 255].repeat(100 * 40);
    for space in SPACES {
        let options = MapOptions { space, ..options(Goal::RateWeight(0.0), Some(1.0)) };
        let found =
            to_palette(&of(&samples, (100, 40)), &given(&colors), &options, &Silent).unwrap();
        assert!(indices(&found).iter().all(|&index| index == 100), "{space:?}");
    }
}

#[test]
fn labels_before_are_where_prices_begin_and_change_no_plain_label() {
    let samples = photograph(SIZE);
    let colors = palette();
    let before = vec![3; SIZE.0 * SIZE.1];
    let run = |options: &MapOptions<'_>, before| {
        let palette = GivenPalette { colors: &colors, before };
        to_palette(&of(&samples, SIZE), &palette, options, &Silent).unwrap()
    };
    let plain = plain(Space::Oklab);
    assert_eq!(run(&plain, Some(&before)), run(&plain, None));
    let weighed = options(Goal::RateWeight(0.3), None);
    assert_ne!(run(&weighed, Some(&before)), run(&weighed, None));
    // Nearest labels are what it begins with otherwise.
    let nearest: Vec<u8> = indices(&run(&plain, None)).iter().map(|&index| index as u8).collect();
    assert_eq!(run(&weighed, Some(&nearest)), run(&weighed, None));
}

#[test]
fn threads_do_not_change_the_result() {
    let size = (24, 400);
    let samples = photograph(size);
    let colors = palette();
    for (goal, dither) in goals() {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let options = options(goal, dither);
            pool.install(|| to_palette(&of(&samples, size), &given(&colors), &options, &Silent))
        };
        assert!(run(1) == run(4), "{goal:?}");
    }
}

/// A format whose files have as many bytes as the picture has changes of label along its rows.
struct Changes;

impl Coder for Changes {
    fn bit_model(&self, _is_drawing: bool) -> BitModel {
        BitModel::Matches
    }

    fn file(&self, picture: &Mapped, _progress: &dyn Progress) -> Result<File> {
        let rows = picture.image.indices().chunks_exact(picture.image.width());
        let changes = |row: &[u8]| row.windows(2).filter(|pair| pair[0] != pair[1]).count();
        Ok(File::Measured(rows.map(changes).sum()))
    }
}

#[test]
fn a_size_is_that_of_the_coders_file() {
    let samples = photograph(SIZE);
    let colors = palette();
    let run = |goal| {
        let options = MapOptions { coder: &Changes, ..options(goal, None) };
        to_palette(&of(&samples, SIZE), &given(&colors), &options, &Silent)
    };
    let changes = |mapped: &Mapped<Indices>| {
        let indices = indices(mapped);
        let rows = indices.chunks_exact(SIZE.0);
        rows.map(|row| row.windows(2).filter(|pair| pair[0] != pair[1]).count()).sum::<usize>()
    };
    let free = changes(&run(Goal::RateWeight(0.0)).unwrap());
    let found = changes(&run(Goal::MaxBytes(free / 2)).unwrap());
    assert!((1..=free / 2).contains(&found), "{found} of {free}");
}

#[test]
fn what_the_coder_returns_to_stop_stops_the_work() {
    struct Refusing;
    impl Coder for Refusing {
        fn bit_model(&self, _is_drawing: bool) -> BitModel {
            BitModel::Paeth
        }

        fn file(&self, _picture: &Mapped, _progress: &dyn Progress) -> Result<File> {
            Err(Error::Interrupted)
        }
    }
    let samples = photograph(SIZE);
    let options = MapOptions { coder: &Refusing, ..options(Goal::MaxBytes(999), None) };
    let found = to_palette(&of(&samples, SIZE), &given(&palette()), &options, &Silent);
    assert_eq!(found, Err(Error::Interrupted));
}

#[test]
fn three_hundred_colours_get_plain_labels_and_no_others() {
    let samples = photograph(SIZE);
    let colors: Vec<[u8; 4]> =
        (0..300).map(|i| [(i % 20 * 12) as u8, (i / 20 * 17) as u8, 90, 255]).collect();
    let run = |goal, dither| {
        to_palette(&of(&samples, SIZE), &given(&colors), &options(goal, dither), &Silent)
    };
    let found = run(Goal::RateWeight(0.0), Some(0.0)).unwrap();
    assert!(matches!(found.image.indices(), Indices::U16(_)));
    assert_eq!(run(Goal::Affordable, None).unwrap(), found);
    for (goal, dither) in
        [(Goal::RateWeight(0.1), None), (Goal::MaxBytes(99), None), (Goal::Affordable, Some(0.5))]
    {
        let expected = Error::TooManyColorsToWeigh { k: 300, max: 256 };
        assert_eq!(run(goal, dither), Err(expected));
    }
}

#[test]
fn palettes_and_labels_before_that_do_not_fit_are_refused() {
    let samples = photograph((4, 3));
    let run = |colors: &[[u8; 4]], before| {
        let palette = GivenPalette { colors, before };
        to_palette(&of(&samples, (4, 3)), &palette, &plain(Space::Oklab), &Silent).unwrap_err()
    };
    assert_eq!(run(&[], None), Error::Empty { what: "the palette", unit: "colour" });
    let count = MAX_COLORS + 1;
    let expected = Error::TooManyPaletteColors { count, max: MAX_COLORS };
    assert_eq!(run(&vec![[0, 0, 0, 255]; count], None), expected);
    let error = run(&palette(), Some(&[0; 5]));
    let (what, unit) = ("the labels before", "pixels");
    assert_eq!(error, Error::SizeMismatch { what, unit, found: 5, expected: 12 });
    let error = run(&palette()[..2], Some(&[0, 1, 1, 0, 2, 1, 1, 1, 1, 1, 1, 1]));
    assert_eq!(error, Error::IndexOutsidePalette { index: 2, pixel: 4, colors: 2 });
}
