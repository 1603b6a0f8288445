//! The search against slow ones: every labelling of a short row, and plain error diffusion.

use proptest::prelude::*;

use super::beam::{Band, BeamSearch, Limits, RIGHT};
use super::paeth::paeth;
use super::shortlist::{LabelCodebook, Shortlists};
use super::*;
use crate::color::Space;
use crate::color_points::ColorSpace;
use crate::histogram::Histogram;
use crate::pixels::{Pixels, Samples};
use crate::progress::Silent;

const NONE: Limits<'_> = Limits { kept: &[], held: &[], reach: f32::INFINITY };

const GREYS: [[u8; 4]; 3] = [[20, 20, 20, 255], [120, 120, 120, 255], [230, 230, 230, 255]];

pub fn in_scene<T>(samples: &[u8], width: usize, run: impl FnOnce(&Scene<'_, 3>) -> T) -> T {
    let height = samples.len() / 3 / width;
    let pixels = Pixels::new(Samples::U8(samples), width, height, 3).unwrap();
    let histogram = Histogram::of(&pixels, &Silent).unwrap();
    let space = ColorSpace::new(&histogram, 255, Space::Srgb, MAX_COLORS);
    let colors = SceneColors { histogram: &histogram, space: &space, kept: &[], given: None };
    run(&Scene::new(&pixels, &colors, &Silent).unwrap())
}

pub fn grey(values: &[u8]) -> Vec<u8> {
    values.iter().flat_map(|&value| [value; 3]).collect()
}

/// Samples without a pattern, in any quantity.
pub fn noise(count: usize, seed: usize) -> Vec<u8> {
    (0..count).map(|i| (((i + 7919 * seed) * 2_654_435_761) >> 11) as u8).collect()
}

/// A gradient from corner to corner, with some noise.
fn gradient(width: usize, height: usize) -> Vec<u8> {
    let grain = noise(width * height * 3, 3);
    let sample = |i: usize| {
        let (x, y, channel) = (i / 3 % width, i / 3 / width, i % 3);
        let slope = [200 * x / width, 200 * y / height, 100 * (x + y) / (width + height)];
        (slope[channel] + usize::from(grain[i] / 8)) as u8
    };
    (0..width * height * 3).map(sample).collect()
}

/// Settings for labels that count no bits and diffuse nothing.
fn plain() -> LabelSettings {
    LabelSettings {
        rate_weight: 0.0,
        model: BitModel::Paeth,
        dither: 0.0,
        method: DitherMethod::Diffusion,
        beam: 1,
        passes: 2,
        fixed_palette: false,
    }
}

fn codebook_of(scene: &Scene<'_, 3>, palette: &[[u8; 4]]) -> LabelCodebook<3> {
    LabelCodebook::new(palette.iter().map(|&color| scene.place(color)).collect())
}

fn squared(a: &[f32; 3], b: &[f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Labels that all name the first of the colours.
pub fn blank(palette: &[[u8; 4]], pixels: usize) -> IndexedImage {
    IndexedImage::new(pixels, 1, palette.to_vec(), vec![0; pixels]).unwrap()
}

/// Frequencies with which runs of up to six zeros are all literals and every difference that
/// three colours make is common: no way is ever too far behind.
fn short_runs() -> PaethPrices {
    let steps = [0, 0, 1, 255, 2, 254].repeat(50);
    let mut at = 0u8;
    let mut label = |step: u8| {
        at = at.wrapping_add(step);
        at
    };
    let labels: Vec<u8> = steps.into_iter().map(&mut label).collect();
    PaethPrices::new(&Residuals::of(&labels, labels.len(), 0..1), 1.5)
}

/// Frequencies of a picture with long runs.
fn long_runs() -> PaethPrices {
    let labels: Vec<u8> = (0..3000).map(|i| (i / 9 * 7 % 3) as u8).collect();
    PaethPrices::new(&Residuals::of(&labels, labels.len(), 0..1), 1.5)
}

/// What a labelling of row `y` costs, nothing diffused.
fn cost(
    scene: &Scene<'_, 3>,
    codebook: &LabelCodebook<3>,
    rates: &PaethPrices,
    (y, above): (usize, Option<&[u8]>),
    row: &[u8],
) -> f64 {
    let (mut left, mut above_left, mut run, mut sum) = (0, 0, 0u8, 0.0);
    for (x, &label) in row.iter().enumerate() {
        let i = y * scene.width + x;
        let up = above.map_or(0, |above| above[x]);
        let prediction = paeth(left, up, above_left);
        let price = if label == prediction {
            run += 1;
            rates.zero(run - 1)
        } else {
            run = 0;
            rates.literals_from(prediction)[usize::from(label)]
        };
        let error = squared(&scene.target(i), codebook.place(usize::from(label)));
        sum += f64::from(scene.weight(i) * error + price);
        (left, above_left) = (label, up);
    }
    sum
}

/// The labels that the search finds for row `y` and their cost.
fn searched_row(
    scene: &Scene<'_, 3>,
    codebook: &LabelCodebook<3>,
    rates: &PaethPrices,
    (y, above): (usize, Option<&[u8]>),
    beam: usize,
) -> f64 {
    let thresholds = None;
    let search =
        BeamSearch { scene, codebook, limits: NONE, prices: rates, dither: 0.0, thresholds, beam };
    let mut row = vec![0; scene.width];
    Band::new(&search, Shortlists::new(codebook)).label_row(y, above, &mut row);
    cost(scene, codebook, rates, (y, above), &row)
}

/// The least cost of all labellings of row `y` with three colours.
fn least_cost(
    scene: &Scene<'_, 3>,
    codebook: &LabelCodebook<3>,
    rates: &PaethPrices,
    place: (usize, Option<&[u8]>),
) -> f64 {
    let all = (0..3usize.pow(scene.width as u32)).map(|number| {
        let digit = |x: usize| (number / 3usize.pow(x as u32) % 3) as u8;
        let row: Vec<u8> = (0..scene.width).map(digit).collect();
        cost(scene, codebook, rates, place, &row)
    });
    all.fold(f64::INFINITY, f64::min)
}

/// Error diffusion as Floyd and Steinberg state it, from left to right, in bands of rows; what
/// would leave the picture at its sides goes straight down, to the right of it nowhere.
fn floyd_steinberg(
    scene: &Scene<'_, 3>,
    codebook: &LabelCodebook<3>,
    dither: f32,
    band_rows: usize,
) -> Vec<u8> {
    let (width, height) = (scene.width, scene.height);
    let mut targets: Vec<[f32; 3]> = (0..width * height).map(|i| scene.target(i)).collect();
    let mut labels = Vec::new();
    for i in 0..width * height {
        let (x, y) = (i % width, i / width);
        let target = targets[i];
        let distance = |entry: &usize| squared(&target, codebook.place(*entry));
        let nearer = |a: &usize, b: &usize| distance(a).total_cmp(&distance(b));
        let label = (0..codebook.len()).min_by(nearer).unwrap();
        labels.push(label as u8);
        let place = codebook.place(label);
        let mut pass = |to: usize, share: f32| {
            for d in 0..3 {
                targets[to][d] += (target[d] - place[d]) * dither * share / 16.0;
            }
        };
        if x + 1 < width {
            pass(i + 1, 7.0);
        }
        if y + 1 < height && (y + 1) % band_rows != 0 {
            pass(if x > 0 { i + width - 1 } else { i + width }, 3.0);
            pass(i + width, 5.0);
            pass(if x + 1 < width { i + width + 1 } else { i + width }, 1.0);
        }
    }
    labels
}

proptest! {
    #[test]
    fn a_wide_beam_finds_the_cheapest_of_all_labellings(
        values in prop::collection::vec(any::<u8>(), 12),
        above in prop::collection::vec(0u8..3, 6),
    ) {
        let rates = short_runs();
        in_scene(&grey(&values), 6, |scene| {
            let codebook = codebook_of(scene, &GREYS);
            for place in [(0, None), (1, Some(above.as_slice()))] {
                let found = searched_row(scene, &codebook, &rates, place, MAX_BEAM);
                let least = least_cost(scene, &codebook, &rates, place);
                prop_assert!((found - least).abs() <= 1e-4 * least, "{found} is not {least}");
            }
            Ok(())
        })?;
    }

    #[test]
    fn where_long_runs_are_matches_a_wide_beam_comes_close(
        values in prop::collection::vec(any::<u8>(), 8),
    ) {
        let rates = long_runs();
        in_scene(&grey(&values), 8, |scene| {
            let codebook = codebook_of(scene, &GREYS);
            let found = searched_row(scene, &codebook, &rates, (0, None), MAX_BEAM);
            let least = least_cost(scene, &codebook, &rates, (0, None));
            prop_assert!(found >= least * (1.0 - 1e-5) && found <= 1.1 * least, "{found} {least}");
            Ok(())
        })?;
    }

    #[test]
    fn without_rates_and_dither_every_pixel_has_its_nearest_colour(
        samples in prop::collection::vec(any::<u8>(), 3 * 40),
        palette in prop::collection::btree_set(any::<[u8; 3]>(), 1..=16),
        width in prop::sample::select(vec![1usize, 4, 8, 40]),
    ) {
        let palette: Vec<[u8; 4]> = palette.iter().map(|&[r, g, b]| [r, g, b, 255]).collect();
        let settings = LabelSettings { beam: 4, ..plain() };
        in_scene(&samples, width, |scene| {
            let start = blank(&palette, 40);
            let found = rate_distortion(scene, start, &settings, &Silent).unwrap();
            for (i, &label) in found.indices.iter().enumerate() {
                let from = |color: &[u8; 4]| squared(&scene.target(i), &scene.place(*color));
                let least = palette.iter().map(from).fold(f32::INFINITY, f32::min);
                prop_assert!(from(&found.palette[usize::from(label)]) <= least * (1.0 + 1e-5));
            }
            Ok(())
        })?;
    }

    #[test]
    fn whatever_the_settings_labels_stay_inside_a_palette_that_is_in_use(
        samples in prop::collection::vec(any::<u8>(), 3 * 60),
        colors in 1usize..=30,
        width in prop::sample::select(vec![1usize, 2, 6, 30, 60]),
        rate_weight in prop::sample::select(vec![0.0, 0.01, 0.3, 5.0, 1e3, 1e9, f64::MAX]),
        dither in 0.0..=1.0,
        beam in 1..=MAX_BEAM,
        passes in 1usize..4,
        model in prop::sample::select(vec![BitModel::Paeth, BitModel::Matches]),
    ) {
        let palette: Vec<[u8; 4]> = (0..colors).map(|i| [8 * i as u8, 90, 7, 255]).collect();
        let settings = LabelSettings { rate_weight, model, dither, beam, passes, ..plain() };
        in_scene(&samples, width, |scene| {
            let found = rate_distortion(scene, blank(&palette, 60), &settings, &Silent).unwrap();
            prop_assert_eq!(found.indices.len(), 60);
            let used: std::collections::BTreeSet<u8> = found.indices.iter().copied().collect();
            prop_assert!(used.into_iter().eq(0..found.palette.len() as u8));
            prop_assert_eq!(found.centroids.len(), found.palette.len());
            for (color, centroid) in found.palette.iter().zip(&found.centroids) {
                prop_assert!(palette.contains(color));
                prop_assert_eq!(color.map(f64::from), *centroid);
            }
            Ok(())
        })?;
    }
}

#[test]
fn wider_beams_find_cheaper_rows() {
    let (width, rows) = (60, 40);
    let palette: Vec<[u8; 4]> = (0..8).map(|i| [32 * i, 16 + 28 * i, 120, 255]).collect();
    in_scene(&gradient(width, rows), width, |scene| {
        let codebook = codebook_of(scene, &palette);
        let above: Vec<u8> = (0..width).map(|x| (x / 8) as u8).collect();
        for rates in [short_runs(), long_runs()] {
            let total = |beam| {
                let row = |y| searched_row(scene, &codebook, &rates, (y, Some(&above)), beam);
                (0..rows).map(row).sum::<f64>()
            };
            let totals = [1, 2, 4, 8, 16].map(total);
            assert!(totals.is_sorted_by(|narrow, wide| narrow >= wide), "{totals:?}");
            assert!(totals[4] < totals[0], "{totals:?}");
        }
    });
}

#[test]
fn without_rates_errors_are_diffused_as_floyd_and_steinberg_do() {
    let palette: Vec<[u8; 4]> = [[0, 0, 0], [255, 255, 255], [200, 40, 40], [30, 90, 160], [90; 3]]
        .map(|[r, g, b]| [r, g, b, 255])
        .to_vec();
    let noisy = noise(3 * 13 * 30, 1);
    // More rows than a band has.
    for (samples, width) in [(noisy, 13), (gradient(5, 300), 5), (gradient(1, 140), 1)] {
        in_scene(&samples, width, |scene| {
            let codebook = codebook_of(scene, &palette);
            for dither in [0.3f32, 0.75, 1.0] {
                let dithered = f64::from(dither);
                let settings = LabelSettings { dither: dithered, beam: 6, ..plain() };
                let start = blank(&palette, scene.width * scene.height);
                let found = rate_distortion(scene, start, &settings, &Silent).unwrap();
                let expected = floyd_steinberg(scene, &codebook, dither, BAND_ROWS);
                let colors = |palette: &[[u8; 4]], labels: &[u8]| -> Vec<[u8; 4]> {
                    labels.iter().map(|&label| palette[usize::from(label)]).collect()
                };
                assert!(colors(&found.palette, &found.indices) == colors(&palette, &expected));
            }
        });
    }
}

#[test]
fn the_shares_of_an_error_are_those_of_the_paper() {
    assert_eq!(RIGHT, 7.0 / 16.0);
}

/// Greys chosen without regard to bits for `samples` in rows of 60.
fn dithered(samples: &[u8], greys: [u8; 2], method: DitherMethod) -> Vec<u8> {
    let palette = greys.map(|grey| [grey, grey, grey, 255]);
    let settings = LabelSettings { dither: 1.0, method, beam: 4, ..plain() };
    let found = in_scene(samples, 60, |scene| {
        rate_distortion(scene, blank(&palette, samples.len() / 3), &settings, &Silent).unwrap()
    });
    found.indices.iter().map(|&label| found.palette[usize::from(label)][0]).collect()
}

const METHODS: [DitherMethod; 3] =
    [DitherMethod::Diffusion, DitherMethod::BlueNoise, DitherMethod::Ordered];

#[test]
fn a_dithered_flat_area_keeps_its_mean() {
    for method in METHODS {
        let values = dithered(&grey(&[100; 60 * 60]), [40, 140], method);
        let mean = values.into_iter().map(f64::from).sum::<f64>() / 3600.0;
        assert!((mean - 100.0).abs() < 2.0, "{mean} {method:?}");
    }
}

#[test]
fn a_flat_area_with_a_colour_nearby_has_no_dots() {
    // To the left what errors come from.
    let values: Vec<u8> =
        (0..60 * 60).map(|i| if i % 60 < 20 { 40 + (i * 37 % 100) as u8 } else { 100 }).collect();
    for method in METHODS {
        let found = dithered(&grey(&values), [40, 105], method);
        let inner = found.iter().enumerate().filter(|(i, _)| i % 60 > 20);
        assert!(inner.clone().all(|(_, &value)| value == 105), "{method:?}");
    }
}

#[test]
fn ordered_dither_gives_every_tile_its_share() {
    let found = dithered(&grey(&[100; 60 * 60]), [40, 140], DitherMethod::Ordered);
    // 0.6 of the way: thresholds 26/64 to 63/64, as (38 + 1/2)/64 is above it.
    let light = |i: &usize| found[i / 8 * 60 + i % 8] == 140;
    assert_eq!((0..64).filter(light).count(), 38);
    assert!((0..40).all(|i| found[i] == found[i + 8] && found[i] == found[8 * 60 + i]));
}

#[test]
fn a_pixel_is_flat_if_it_equals_all_its_neighbours() {
    let mut values = [7; 6 * 5];
    values[2 * 6 + 3] = 8;
    in_scene(&grey(&values), 6, |scene| {
        let flat: Vec<usize> = (0..30).filter(|&i| scene.is_flat(i % 6, i / 6)).collect();
        // All but the square around (3, 2).
        let around = |i: &usize| (2..=4).contains(&(i % 6)) && (1..=3).contains(&(i / 6));
        let expected: Vec<usize> = (0..30).filter(|i| !around(i)).collect();
        assert_eq!(flat, expected);
    });
}

#[test]
fn a_heavy_rate_weight_leaves_one_colour_and_a_light_one_all() {
    let samples = gradient(40, 40);
    let palette: Vec<[u8; 4]> = (0..8).map(|i| [32 * i, 16 + 28 * i, 60, 255]).collect();
    let colors_at = |rate_weight| {
        let settings = LabelSettings { rate_weight, beam: 4, passes: 3, ..plain() };
        let start = in_scene(&samples, 40, |scene| {
            let free = LabelSettings { rate_weight: 0.0, ..settings };
            rate_distortion(scene, blank(&palette, 1600), &free, &Silent).unwrap()
        });
        let found = in_scene(&samples, 40, |scene| {
            rate_distortion(scene, start.clone(), &settings, &Silent).unwrap()
        });
        (start.palette.len(), found.palette.len())
    };
    let (before, after) = colors_at(1e-6);
    assert_eq!(before, after);
    assert_eq!(colors_at(1e6).1, 1);
}

#[test]
fn spread_bands_are_some_of_the_bands_in_order() {
    let bands: Vec<Range<usize>> = (0..10).map(|i| 128 * i..128 * (i + 1)).collect();
    assert_eq!(spread(&bands, 2), [bands[2].clone(), bands[7].clone()]);
    assert_eq!(spread(&bands, 1), [bands[5].clone()]);
    assert_eq!(spread(&bands, 0), [bands[5].clone()]);
    assert_eq!(spread(&bands, 99), bands);
}
