use proptest::prelude::*;

use super::*;
use crate::progress::Silent;
use oracle::Oracle;

mod oracle;

/// A small image to divide.
#[derive(Debug, Clone)]
struct Case {
    width: usize,
    height: usize,
    dim: usize,
    features: Vec<f32>,
    mask: Option<Vec<bool>>,
    settings: SuperpixelSettings,
}

impl Case {
    fn image(&self) -> FeatureImage<'_> {
        let size = (self.width, self.height);
        FeatureImage::new(&self.features, self.dim, size, self.mask.as_deref()).unwrap()
    }

    fn labels(&self) -> Vec<u32> {
        superpixels(&self.image(), &self.settings, &Silent).unwrap()
    }

    fn is_inside(&self, pixel: usize) -> bool {
        self.mask.as_ref().is_none_or(|mask| mask[pixel])
    }
}

fn settings(count: usize) -> SuperpixelSettings {
    SuperpixelSettings { count, compactness: 0.35, iterations: ITERATIONS }
}

/// One feature a pixel.
fn grey(width: usize, features: Vec<f32>, count: usize) -> Case {
    let height = features.len() / width;
    Case { width, height, dim: 1, features, mask: None, settings: settings(count) }
}

fn cases(dim: impl Strategy<Value = usize>) -> impl Strategy<Value = Case> {
    let sizes = (1usize..48, 1usize..48, dim);
    sizes.prop_flat_map(|(width, height, dim)| {
        let pixels = width * height;
        // Few values and patches of them make ties, islands and straight borders.
        let patch = 1usize..12;
        let values = prop::collection::vec(0u8..16, pixels * dim);
        let mask = prop::option::of(prop::collection::vec(prop::bool::weighted(0.8), pixels));
        let settings = (1usize..80, prop::sample::select(vec![0.0, 0.1, 0.3, 1.0, 20.0]));
        (values, patch, mask, settings).prop_map(move |(values, patch, mask, chosen)| {
            let at = |i: usize| {
                let (x, y) = (i / dim % width, i / dim / width);
                values[(y / patch * patch * width + x / patch * patch) * dim + i % dim]
            };
            let features = (0..pixels * dim).map(|i| f32::from(at(i))).collect();
            let settings =
                SuperpixelSettings { count: chosen.0, compactness: chosen.1, iterations: 5 };
            Case { width, height, dim, features, mask, settings }
        })
    })
}

/// Sizes of the superpixels. Fails unless each is connected, they count from 1 on in the order of
/// their first pixels, and the labelled pixels are those of the mask.
fn sizes(case: &Case, labels: &[u32]) -> Vec<usize> {
    for (pixel, &label) in labels.iter().enumerate() {
        assert_eq!(label == OUTSIDE, !case.is_inside(pixel), "at {pixel}");
    }
    let regions = oracle::regions(labels, case.width);
    let parts = regions.iter().max().map_or(0, |last| last + 1);
    let mut sizes = vec![0; parts];
    for (&region, &label) in regions.iter().zip(labels) {
        if label != OUTSIDE {
            sizes[region] += 1;
        }
    }
    // Regions are numbered in the order of their first pixels; those without a label count too.
    let mut names: Vec<u32> = Vec::new();
    for (&region, &label) in regions.iter().zip(labels) {
        if region == names.len() {
            names.push(label);
        }
    }
    names.retain(|&name| name != OUTSIDE);
    assert_eq!(names, (1..=names.len() as u32).collect::<Vec<_>>());
    sizes.retain(|&size| size > 0);
    sizes
}

#[test]
fn an_image_of_one_colour_becomes_its_grid() {
    // The mean of a colour with many digits must be that colour: else rounding would choose labels.
    let mask: Vec<bool> = (0..30 * 20).map(|i| i % 30 != 14 || i / 30 > 5).collect();
    for color in [7.5, 0.1, 1e-7, 12_345.678] {
        for mask in [None, Some(mask.clone())] {
            let case = Case { mask, ..grey(30, vec![color; 30 * 20], 6) };
            for (i, &label) in case.labels().iter().enumerate() {
                let cell = 1 + i / 30 / 10 * 3 + i % 30 / 10;
                assert_eq!(label as usize, if case.is_inside(i) { cell } else { 0 });
            }
        }
    }
}

#[test]
fn borders_follow_the_colours() {
    // The colour does not change in the middle of a row or of a column of cells.
    let at = |i: usize| if i % 64 + i / 64 < 51 { 0.0 } else { 1.0 };
    let features: Vec<f32> = (0..64 * 48).map(at).collect();
    let case = grey(64, features.clone(), 24);
    let labels = case.labels();
    let mut sides = vec![[0, 0]; 1 + *labels.iter().max().unwrap() as usize];
    for (&label, &value) in labels.iter().zip(&features) {
        sides[label as usize][value as usize] += 1;
    }
    // Parts cut off at corners are too small to stay by themselves.
    let wrong: u32 = sides.iter().map(|side| side[0].min(side[1])).sum();
    assert!(wrong < 64 * 48 / 50, "{sides:?}");
}

#[test]
fn as_many_superpixels_are_made_as_are_wanted() {
    let grain = |i: usize| (i * i % 97) as f32;
    for (width, height, count) in
        [(1000, 1, 10), (1, 1000, 10), (300, 200, 150), (40, 900, 90), (7, 5, 1), (2000, 3, 50)]
    {
        let smooth = (0..width * height).map(|i| (i % width + i / width) as f32 * 1e-3);
        let labels = grey(width, smooth.collect(), count).labels();
        let found = *labels.iter().max().unwrap() as usize;
        assert!(found.abs_diff(count) <= count / 10 + 1, "{found} for {count}");
        sizes(&grey(width, vec![0.0; width * height], count), &labels);
    }
    let case = grey(9, (0..63).map(grain).collect(), 1000);
    assert_eq!(case.labels(), (1..=63).collect::<Vec<u32>>());
}

#[test]
fn the_units_of_the_features_do_not_matter() {
    let features: Vec<f32> = (0..50 * 40).map(|i| (i % 50 / 9 * 7 % 5 + i % 3) as f32).collect();
    let case = grey(50, features, 30);
    for unit in [1024.0, 1.0 / 4096.0] {
        let features = case.features.iter().map(|value| value * unit).collect();
        assert_eq!(Case { features, ..case.clone() }.labels(), case.labels());
    }
}

#[test]
fn what_the_mask_leaves_out_has_no_influence() {
    let inside = |i: usize| {
        let (x, y) = (i % 60, i / 60);
        (5..25).contains(&x) && (3..30).contains(&y) || (40..58).contains(&x) && y > 20 || i == 59
    };
    let features: Vec<f32> = (0..60 * 44).map(|i| (i % 60 / 7 + i / 60 / 5) as f32).collect();
    let mut case = grey(60, features, 20);
    case.mask = Some((0..60 * 44).map(inside).collect());
    let labels = case.labels();
    // One pixel alone has no neighbour to join.
    assert_eq!(sizes(&case, &labels)[0], 1);
    for (i, value) in case.features.iter_mut().enumerate() {
        if !inside(i) {
            *value = f32::NAN;
        }
    }
    assert_eq!(case.labels(), labels);
    case.mask = Some(vec![false; 60 * 44]);
    assert_eq!(case.labels(), [OUTSIDE; 60 * 44]);
}

#[test]
fn a_mask_that_leaves_nothing_out_changes_nothing() {
    let mut case = grey(37, (0..37 * 29).map(|i| (i * 31 % 17) as f32).collect(), 25);
    let labels = case.labels();
    case.mask = Some(vec![true; 37 * 29]);
    assert_eq!(case.labels(), labels);
}

#[test]
fn small_parts_join_the_neighbour_with_the_longest_border() {
    let labels = vec![
        5, 5, 5, 5, 9, 9, //
        5, 8, 8, 9, 9, 9, //
        5, 5, 8, 9, 5, 9, //
        5, 5, 5, 9, 9, 9,
    ];
    let expected = [
        1, 1, 1, 1, 2, 2, //
        1, 1, 1, 2, 2, 2, //
        1, 1, 1, 2, 2, 2, //
        1, 1, 1, 2, 2, 2,
    ];
    assert_eq!(connected::connected(labels, 6, 4, &Silent).unwrap(), expected);
}

#[test]
fn separated_parts_that_are_large_enough_stay_apart() {
    let labels = vec![7, 7, 3, 7, 7, 7, 7, 3, 7, u32::MAX];
    let expected = [1, 1, 2, 3, 3, 1, 1, 2, 3, 0];
    assert_eq!(connected::connected(labels, 5, 2, &Silent).unwrap(), expected);
}

#[test]
fn settings_and_sizes_outside_their_ranges_are_refused() {
    let case = grey(2, vec![0.0; 4], 1);
    let refused =
        |changed: SuperpixelSettings| superpixels(&case.image(), &changed, &Silent).unwrap_err();
    let valid = settings(1);
    assert_eq!(refused(SuperpixelSettings { count: 0, ..valid }), Error::ZeroCount { name: "n" });
    assert_eq!(
        refused(SuperpixelSettings { iterations: 0, ..valid }),
        Error::ZeroCount { name: "iterations" }
    );
    for compactness in [-0.1, f64::INFINITY] {
        let found = refused(SuperpixelSettings { compactness, ..valid });
        assert_eq!(found, Error::InvalidCompactness(compactness));
    }
    let image = |values: &'static [f32], dim, size, mask| {
        FeatureImage::new(values, dim, size, mask).unwrap_err()
    };
    assert_eq!(
        image(&[], 0, (1, 1), None),
        Error::InvalidFeatureCount { found: 0, max: MAX_FEATURES }
    );
    assert!(matches!(image(&[], 1, (0, 3), None), Error::Empty { .. }));
    assert!(matches!(image(&[0.0; 5], 1, (2, 3), None), Error::SizeMismatch { found: 5, .. }));
    let mask = Some(&[true; 2][..]);
    assert!(matches!(image(&[0.0; 6], 1, (2, 3), mask), Error::SizeMismatch { found: 2, .. }));
}

#[test]
fn it_stops_when_told() {
    /// Stops at a report, or when asked for the first time after it.
    struct StopAfter(f64, std::sync::atomic::AtomicBool, bool);
    impl Progress for StopAfter {
        fn report(&self, _: Stage, fraction: f64) -> Result<()> {
            let over = fraction >= self.0;
            self.1.store(over, std::sync::atomic::Ordering::Relaxed);
            if over && self.2 { Err(Error::Interrupted) } else { Ok(()) }
        }
        fn go_on(&self) -> Result<()> {
            let over = self.1.load(std::sync::atomic::Ordering::Relaxed);
            if over { Err(Error::Interrupted) } else { Ok(()) }
        }
    }
    let case = grey(40, (0..1600).map(|i| (i % 7) as f32).collect(), 10);
    for fraction in [0.0, 0.1, 0.5, 0.9] {
        for at_report in [true, false] {
            let progress = StopAfter(fraction, false.into(), at_report);
            let found = superpixels(&case.image(), &case.settings, &progress);
            assert_eq!(found, Err(Error::Interrupted));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn labels_are_those_of_the_plain_algorithm(case in cases(1usize..=3)) {
        prop_assert_eq!(case.labels(), Oracle::new(&case).labels());
    }

    #[test]
    fn every_pixel_belongs_to_one_of_the_connected_superpixels(case in cases(1usize..=20)) {
        let labels = case.labels();
        let sizes = sizes(&case, &labels);
        if case.mask.is_none() {
            let cell = case.width * case.height / (case.settings.count + 8);
            let small = sizes.iter().filter(|&&size| size < cell / 8).count();
            prop_assert!(small == 0 || sizes.len() == 1, "{:?}", sizes);
        }
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            prop_assert_eq!(&pool.install(|| case.labels()), &labels);
        }
    }
}
