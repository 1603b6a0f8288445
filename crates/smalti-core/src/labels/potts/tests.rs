use super::*;
use crate::progress::Silent;
use proptest::prelude::*;

const AXIS: f64 = std::f64::consts::SQRT_2 - 1.0;

fn map(values: &[f32], width: usize, mask: Option<&[bool]>, weight: f64, mu: &[f64]) -> Vec<u8> {
    potts(&Features { values, dim: 1, width, mask }, mu, Boundaries { weight, gap: None }, &Silent)
        .unwrap()
}

/// The energy of a label map and its part that is squared error, by the definition.
fn energy(values: &[f32], width: usize, labels: &[u8], mu: &[f64], beta: f64) -> f64 {
    let error = |(&x, &z): (&f32, &u8)| match z {
        OUTSIDE => 0.0,
        z => (f64::from(x) - mu[usize::from(z)]).powi(2),
    };
    let errors: f64 = values.iter().zip(labels).map(error).sum();
    let height = values.len() / width;
    let mut length = 0.0;
    let mut meet = |a: u8, b: u8, cost: f64| {
        let both = a != OUTSIDE && b != OUTSIDE;
        length += if both && a != b { cost } else { 0.0 };
    };
    for (i, &label) in labels.iter().enumerate() {
        let (x, y) = (i % width, i / width);
        let (right, down) = (x + 1 < width, y + 1 < height);
        if right {
            meet(label, labels[i + 1], AXIS);
        }
        if down {
            meet(label, labels[i + width], AXIS);
        }
        if right && down {
            meet(label, labels[i + width + 1], AXIS / std::f64::consts::SQRT_2);
        }
        if x > 0 && down {
            meet(label, labels[i + width - 1], AXIS / std::f64::consts::SQRT_2);
        }
    }
    errors + beta * length
}

/// The median over the classes of their mean gap between nearest and second nearest, by which weights
/// are scaled.
fn median_gap(values: &[f32], mask: &[bool], mu: &[f64]) -> f64 {
    let mut gaps: Vec<Vec<f64>> = vec![Vec::new(); mu.len()];
    for (&x, _) in values.iter().zip(mask).filter(|(_, inside)| **inside) {
        let square = |k: usize| (f64::from(x) - mu[k]).powi(2);
        let mut classes: Vec<usize> = (0..mu.len()).collect();
        classes.sort_by(|&a, &b| square(a).total_cmp(&square(b)));
        gaps[classes[0]].push(square(classes[1]) - square(classes[0]));
    }
    let occupied = gaps.iter().filter(|gaps| !gaps.is_empty());
    let mut means: Vec<f64> =
        occupied.map(|gaps| gaps.iter().sum::<f64>() / gaps.len() as f64).collect();
    means.sort_by(f64::total_cmp);
    f64::midpoint(means[(means.len() - 1) / 2], means[means.len() / 2])
}

fn all_maps(count: usize, classes: u8) -> impl Iterator<Item = Vec<u8>> {
    let total = usize::from(classes).pow(count as u32);
    (0..total).map(move |mut number| {
        let mut next = || {
            let label = (number % usize::from(classes)) as u8;
            number /= usize::from(classes);
            label
        };
        (0..count).map(|_| next()).collect()
    })
}

#[test]
fn without_weight_every_pixel_has_its_nearest_centroid() {
    let values = [0.0, 0.4, 0.6, 1.0, 0.5, 0.9];
    assert_eq!(map(&values, 3, None, 0.0, &[0.0, 1.0]), [0, 0, 1, 1, 0, 1]);
}

#[test]
fn a_speck_goes_where_its_neighbours_are_and_a_block_stays() {
    let mut values = vec![0.0; 256];
    values[5 * 16 + 2] = 1.0;
    for y in 8..14 {
        values[y * 16 + 8..y * 16 + 14].fill(1.0);
    }
    let labels = map(&values, 16, None, 0.5, &[0.0, 1.0]);
    let without_speck: Vec<u8> =
        values.iter().enumerate().map(|(i, &v)| if i == 82 { 0 } else { v as u8 }).collect();
    assert_eq!(labels, without_speck);
}

#[test]
fn lines_thinner_than_twice_the_weight_are_given_up() {
    // Two columns of 40; classes differ equally at all pixels: 2 pixels against 2 boundaries.
    let values: Vec<f32> =
        (0..1600).map(|i| f32::from(u8::from(matches!(i % 40, 20 | 21)))).collect();
    let kept = map(&values, 40, None, 0.9, &[0.0, 1.0]);
    assert_eq!(kept, values.iter().map(|&v| v as u8).collect::<Vec<u8>>());
    assert_eq!(map(&values, 40, None, 1.1, &[0.0, 1.0]), [0; 1600]);
}

#[test]
fn pixels_outside_have_no_label_and_tie_nothing_together() {
    let values = [0.0, 0.45, 9.0, 0.55, 1.0];
    let mask = [true, true, false, true, true];
    let labels = map(&values, 5, Some(&mask), 0.5, &[0.0, 1.0]);
    assert_eq!(labels, [0, 0, OUTSIDE, 1, 1]);
    assert_eq!(map(&values, 5, Some(&[false; 5]), 0.5, &[0.0, 1.0]), [OUTSIDE; 5]);
}

#[test]
fn means_of_blocks_are_those_of_the_pixels_inside() {
    let values = [1.0, 3.0, 10.0, 5.0, 7.0, 20.0, 0.0, 0.0, 30.0];
    let mask = [true, true, true, true, true, true, false, false, true];
    let features = Features { values: &values, dim: 1, width: 3, mask: Some(&mask) };
    let blocks = |halvings| block_means(&features, halvings, &Silent).unwrap();
    let halved =
        Blocks { means: vec![4.0, 15.0, 0.0, 30.0], counts: vec![4.0, 2.0, 0.0, 1.0], width: 2 };
    assert_eq!(blocks(1), halved);
    assert_eq!(blocks(2).counts, [7.0]);
    assert_eq!(blocks(0).counts, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |values: &[f32], width, mask, weight, mu: &[f64]| {
        let features = Features { values, dim: 2, width, mask };
        potts(&features, mu, Boundaries { weight, gap: None }, &Silent).unwrap_err()
    };
    let mu = [0.0; 4];
    assert!(matches!(refused(&[], 1, None, 0.0, &mu), Error::Empty { .. }));
    assert!(matches!(refused(&[0.0; 6], 2, None, 0.0, &mu), Error::SizeMismatch { .. }));
    assert!(matches!(refused(&[0.0; 4], 2, None, 0.0, &mu[..3]), Error::SizeMismatch { .. }));
    assert!(matches!(refused(&[0.0; 4], 2, None, 0.0, &[]), Error::InvalidK { .. }));
    assert!(matches!(refused(&[0.0; 4], 2, None, 0.0, &[0.0; 512]), Error::InvalidK { .. }));
    for weight in [-1.0, f64::NAN, f64::INFINITY] {
        let error = refused(&[0.0; 4], 2, None, weight, &mu);
        assert!(matches!(error, Error::InvalidSpatialWeight(_)));
    }
    let mask = Some(&[true][..]);
    assert!(matches!(refused(&[0.0; 4], 2, mask, 0.0, &mu), Error::SizeMismatch { .. }));
}

#[test]
fn images_of_a_pixel_or_two_have_labels() {
    for (width, height) in [(1, 1), (1, 2), (2, 1), (1, 3), (2, 2), (1, 65), (65, 1), (65, 2)] {
        let values: Vec<f32> = (0..width * height).map(|i| (i % 2) as f32).collect();
        for weight in [0.1, 1.0, 9.0] {
            assert_eq!(map(&values, width, None, weight, &[0.0, 1.0]).len(), values.len());
        }
    }
}

#[test]
fn an_immense_weight_leaves_one_class() {
    let values: Vec<f32> = (0..40 * 70).map(|i| f32::from(u8::from(i % 70 > 40))).collect();
    for weight in [100.0, 1e6, 1e38, 1e300] {
        assert_eq!(map(&values, 70, None, weight, &[0.0, 1.0]), [0; 40 * 70]);
    }
}

fn cells() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec((0u8..=20).prop_map(|v| f32::from(v) / 20.0), 1..9)
}

proptest! {
    #[test]
    fn a_single_row_or_column_is_minimised_exactly(values in cells(), upright: bool, weight in 0.05..2.0) {
        let mu = [0.1, 0.5, 0.8];
        let width = if upright { 1 } else { values.len() };
        let beta = weight * median_gap(&values, &vec![true; values.len()], &mu);
        let found = energy(&values, width, &map(&values, width, None, weight, &mu), &mu, beta);
        let cost = |labels: Vec<u8>| energy(&values, width, &labels, &mu, beta);
        let least = all_maps(values.len(), 3).map(cost).fold(f64::INFINITY, f64::min);
        prop_assert!(found <= least + 1e-5, "{found} is above {least}");
    }

    #[test]
    fn energy_is_close_to_the_least(values in prop::collection::vec(0u8..=20, 12), weight in 0.05..0.5) {
        let values: Vec<f32> = values.into_iter().map(|v| f32::from(v) / 20.0).collect();
        let mu = [0.1, 0.8];
        let beta = weight * median_gap(&values, &[true; 12], &mu);
        let found = energy(&values, 4, &map(&values, 4, None, weight, &mu), &mu, beta);
        let cost = |labels: Vec<u8>| energy(&values, 4, &labels, &mu, beta);
        let least = all_maps(12, 2).map(cost).fold(f64::INFINITY, f64::min);
        prop_assert!(found <= 1.3 * least + 1e-5, "{found} is far above {least}");
    }

    #[test]
    fn it_is_no_worse_than_the_nearest_centroids_and_the_same_on_any_number_of_threads(
        seed: u64, width in 1usize..90, height in 1usize..40, k in 2usize..20, weight in 0.0..3.0,
    ) {
        use rand::{Rng, SeedableRng};
        let mut rng = rand_pcg::Pcg64::seed_from_u64(seed);
        let mut byte = || (rng.next_u32() >> 24) as u8;
        let values: Vec<f32> = (0..width * height).map(|_| f32::from(byte()) / 255.0).collect();
        let mask: Vec<bool> = (0..width * height).map(|_| byte() > 30).collect();
        prop_assume!(mask.contains(&true));
        let mu: Vec<f64> = (0..k).map(|_| f64::from(byte()) / 255.0).collect();
        let beta = weight * median_gap(&values, &mask, &mu);
        let nearest = map(&values, width, Some(&mask), 0.0, &mu);
        let found = map(&values, width, Some(&mask), weight, &mu);
        let cost = |labels: &[u8]| energy(&values, width, labels, &mu, beta);
        prop_assert!(cost(&found) <= cost(&nearest) + 1e-4);
        prop_assert!(found.iter().zip(&mask).all(|(&z, &inside)| inside == (z != OUTSIDE)));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let alone = pool.install(|| map(&values, width, Some(&mask), weight, &mu));
        prop_assert_eq!(alone, found);
    }
}

#[test]
fn a_class_far_from_the_others_does_not_decide_what_boundaries_between_these_cost() {
    // A speck of 1 in 0 stays or goes whether or not there is a field of 100 beside.
    let near = |i: usize| if i == 40 { 1.0 } else { f32::from(u8::from(i % 9 > 4)) * 0.1 };
    let values: Vec<f32> = (0..81).map(near).collect();
    let beside: Vec<f32> = (0..81).flat_map(|i| [values[i], 100.0]).collect();
    let mask: Vec<bool> = (0..162).map(|i| i % 2 == 0).collect();
    let gap = |values: &[f32], mask: Option<&[bool]>, mu: &[f64]| {
        let features = Features { values, dim: 1, width: 9, mask };
        nearest(&features, mu, &Silent).unwrap().1
    };
    let masked = gap(&beside, Some(&mask), &[0.0, 1.0, 0.1]);
    assert!((masked - gap(&values, None, &[0.0, 1.0, 0.1])).abs() < 1e-12);
    let with_far = gap(&beside, None, &[0.0, 1.0, 0.1, 100.0]);
    assert!(with_far < 100.0 * masked, "{with_far} {masked}");
}
