use proptest::prelude::*;
use pulp::{Arch, Simd, WithSimd};

use super::*;
use crate::progress::Silent;

fn by_definition<T: Real>(values: &[T], dim: usize, centroids: &[f64]) -> Assigned {
    compare_all(values, &Prototypes::new(centroids, dim), &Silent).unwrap()
}

/// Checks a search that knows nothing, and one that knows where centroids were before.
fn agrees<T: Real>(values: &[T], dim: usize, before: &[f64], centroids: &[f64]) {
    let weights: Vec<f64> = (0..values.len() / dim).map(|i| (i % 7 + 1) as f64).collect();
    let points = WeightedPoints::new(values.to_vec(), dim, weights).unwrap();
    let dense = Dense::new(&points);
    let first = dense.assign(before, &Silent).unwrap();
    assert_eq!(first.labels, by_definition(values, dim, before).labels);
    let expected = by_definition(values, dim, centroids);
    let again = dense.assign_again(centroids, (before, &first), &Silent).unwrap();
    assert_eq!(again.labels, expected.labels);
    let clusters = points.assign(centroids, &Silent).unwrap();
    let known = Clusters { gaps: Vec::new(), ..again };
    assert_eq!(known, clusters);
    // Without the minimum of points that `nearest` asks for.
    let frame = Frame::around(values, dim);
    if let Some(codebook) = Codebook::new(centroids, &frame, dim) {
        let mut found = Found::of(values.len() / dim);
        let search = Search { frame: &frame, codebook: &codebook, moves: None };
        search.assign(values, &mut found, &Silent).unwrap();
        assert_eq!(found.assigned, expected);
    }
}

/// Whole rows of what is given.
fn rows<T>(mut values: Vec<T>, dim: usize) -> Vec<T> {
    values.truncate((values.len() / dim).max(1) * dim);
    values
}

fn pseudo_random(count: usize, seed: usize) -> impl Iterator<Item = f64> {
    let value = |i: usize| (i * 2_654_435_761 + i * i * 40_503) % 100_003;
    (seed..seed + count).map(move |i| value(i) as f64 / 100_003.0 - 0.5)
}

#[test]
fn vectors_of_every_width_give_the_same_bits() {
    let dim = 19;
    let values: Vec<f32> = pseudo_random(700 * dim, 1).map(|v| v as f32).collect();
    let centroids: Vec<f64> = pseudo_random(83 * dim, 77_777).collect();
    let frame = Frame::around(&values, dim);
    let codebook = Codebook::new(&centroids, &frame, dim).unwrap();
    let search = Search { frame: &frame, codebook: &codebook, moves: None };
    let with = |dispatch: &dyn Fn(AssignChunk<'_, f32>) -> Result<()>| {
        let mut found = Found::of(700);
        let Found { assigned: Assigned { labels, distances }, gaps } = &mut found;
        let (search, rows, progress) = (&search, values.as_slice(), &Silent);
        dispatch(AssignChunk { search, rows, labels, distances, gaps, progress }).unwrap();
        found.assigned
    };
    let portable = with(&|chunk| chunk.with_simd(pulp::Scalar));
    assert_eq!(portable, by_definition(&values, dim, &centroids));
    assert_eq!(portable, with(&|chunk| Arch::new().dispatch(chunk)));
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = pulp::x86::V3::try_new() {
        assert_eq!(portable, with(&|chunk| Simd::vectorize(avx2, chunk)));
    }
}

#[test]
fn bounds_leave_points_out_that_are_far_from_other_centroids() {
    let values: Vec<f32> = (0..640).map(|i| (i % 2) as f32 * 100.0 + i as f32 / 1e4).collect();
    let points = WeightedPoints::new(values, 5, vec![1.0; 128]).unwrap();
    let dense = Dense::new(&points);
    let start = [[1.0; 5], [99.0; 5]].concat();
    let first = dense.assign(&start, &Silent).unwrap();
    for gap in &first.gaps {
        assert!(gap.own < gap.others, "{gap:?}");
    }
}

#[test]
fn centroids_too_far_for_single_precision_are_compared_in_double() {
    let values: Vec<f64> = pseudo_random(300 * 6, 5).collect();
    let mut centroids: Vec<f64> = pseudo_random(20 * 6, 900).collect();
    centroids[7] = 1e30;
    agrees(&values, 6, &centroids, &centroids);
}

proptest! {
    #[test]
    fn ties_go_to_the_lowest(
        dim in 1usize..9,
        values in prop::collection::vec(-3i8..3, 9..900),
        before in prop::collection::vec(-3i8..3, 9..300),
    ) {
        let values: Vec<f32> = rows(values, dim).into_iter().map(f32::from).collect();
        let before: Vec<f64> = rows(before, dim).into_iter().map(f64::from).collect();
        let moved: Vec<f64> = before.iter().rev().map(|v| v / 2.0).collect();
        agrees(&values, dim, &before, &moved);
    }

    #[test]
    fn any_numbers_get_the_labels_of_comparing_everything(
        dim in 1usize..40,
        values in prop::collection::vec(-1.0..1.0f64, 40..2000),
        centroids in prop::collection::vec(-1.0..1.0f64, 40..900),
        exponent in -200i32..70,
        offset in prop::sample::select(vec![0.0, 1.0, 1e3, 1e12]),
        step in prop::sample::select(vec![0.0, 1e-9, 1e-3, 0.3]),
    ) {
        let scale = 10f64.powi(exponent);
        let there = |v: f64| (v + offset) * scale;
        let values: Vec<f64> = rows(values, dim).into_iter().map(there).collect();
        let before: Vec<f64> = rows(centroids, dim).into_iter().map(there).collect();
        let moved: Vec<f64> = before.iter().zip(pseudo_random(before.len(), 3))
            .map(|(v, by)| v + by * step * scale)
            .collect();
        agrees(&values, dim, &before, &moved);
        let fits = exponent.abs() < 20 && offset < 1e12;
        if fits {
            let values: Vec<f32> = values.iter().map(|&v| v as f32).collect();
            agrees(&values, dim, &before, &moved);
        }
    }

    #[test]
    fn centroids_that_nearly_coincide_are_told_apart(
        values in prop::collection::vec(0.0..1.0f64, 5..900),
        steps in prop::collection::vec(-2i8..3, 5..300),
    ) {
        let near = |&step: &i8| 0.5 + f64::from(step) * f64::EPSILON;
        let (values, steps) = (rows(values, 5), rows(steps, 5));
        let centroids: Vec<f64> = steps.iter().map(near).collect();
        agrees(&values, 5, &centroids, &centroids);
    }
}
