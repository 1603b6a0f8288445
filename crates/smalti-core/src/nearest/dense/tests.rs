use proptest::prelude::*;
use pulp::{Arch, Simd, WithSimd};

use super::codes::Codes;
use super::frame::{Columns, GROUP};
use super::heights::Heights;
use super::point_codes::{Meaning, PointCodes};
use super::prototype_codes::PrototypeCodes;
use super::vnni::{Kernel, kernel, portable};
use super::*;
use crate::nearest::{LANES, squared_distance};
use crate::progress::Silent;

fn by_definition<T: Real>(values: &[T], dim: usize, centroids: &[f64]) -> Assigned {
    compare_all(values, &Prototypes::new(centroids, dim), &Silent).unwrap()
}

/// Checks a search without clusters before it, and one with them.
fn agrees<T: Real>(values: &[T], dim: usize, before: &[f64], centroids: &[f64]) {
    let weights: Vec<f64> = (0..values.len() / dim).map(|i| (i % 7 + 1) as f64).collect();
    let points = WeightedPoints::new(values.to_vec(), dim, weights).unwrap();
    let dense = Dense::new(&points);
    let first = dense.assign(before, &Silent).unwrap();
    assert_eq!(first.labels, by_definition(values, dim, before).labels);
    let again = dense.assign_again(centroids, (before, &first), &Silent).unwrap();
    let known = Clusters { gaps: Vec::new(), ..again };
    assert_eq!(known, points.assign(centroids, &Silent).unwrap());
    // Whether or not bytes would pay.
    for kernel in [None, Some(portable::bound as Kernel), kernel()] {
        filters_agree(values, dim, before, centroids, kernel);
    }
}

/// The same for filters with products of bytes, or without.
fn filters_agree<T: Real>(
    values: &[T],
    dim: usize,
    before: &[f64],
    centroids: &[f64],
    kernel: Option<Kernel>,
) {
    let frame = Frame::around(values, dim);
    let prototypes = |centroids| {
        let mut prototypes = DensePrototypes::new(centroids, &frame, dim)?;
        prototypes.filter.codes = kernel.and_then(|kernel| Codes::by(kernel, centroids, &frame));
        Some(prototypes)
    };
    let (Some(first), Some(second)) = (prototypes(before), prototypes(centroids)) else { return };
    let mut found = Found::of(values.len() / dim);
    let search = DenseSearch { frame: &frame, prototypes: &first, moves: None };
    assign(&search, values, &mut found, &Silent).unwrap();
    assert_eq!(found.assigned, by_definition(values, dim, before));
    let moves = Moves::between(before, centroids, dim, frame.scale());
    let search = DenseSearch { frame: &frame, prototypes: &second, moves: Some(&moves) };
    assign(&search, values, &mut found, &Silent).unwrap();
    assert_eq!(found.assigned, by_definition(values, dim, centroids));
    check_gaps(values, dim, centroids, &found, &frame);
}

/// Checks that gaps are bounds.
fn check_gaps<T: Real>(
    values: &[T],
    dim: usize,
    centroids: &[f64],
    found: &Found,
    frame: &Frame<T>,
) {
    let seen = |row: &[f64]| frame.see(row).collect::<Vec<f64>>();
    let centroids: Vec<Vec<f64>> = centroids.chunks_exact(dim).map(seen).collect();
    for (i, (row, gap)) in values.chunks_exact(dim).zip(&found.gaps).enumerate() {
        let row = seen(&row.iter().map(|&value| value.into()).collect::<Vec<f64>>());
        let (own, others) = (f64::from(gap.own), f64::from(gap.others));
        for (k, centroid) in centroids.iter().enumerate() {
            let distance = squared_distance(&row, centroid).sqrt();
            if k == found.assigned.labels[i] as usize {
                assert!(own >= distance * (1.0 - 1e-9), "{gap:?} {distance}");
            } else {
                assert!(others <= distance * (1.0 + 1e-9), "{gap:?} {distance}");
            }
        }
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
    let expected = by_definition(&values, dim, &centroids);
    let frame = Frame::around(&values, dim);
    for kernel in [None, Some(portable::bound as Kernel)] {
        let mut prototypes = DensePrototypes::new(&centroids, &frame, dim).unwrap();
        prototypes.filter.codes = kernel.and_then(|kernel| Codes::by(kernel, &centroids, &frame));
        let search = DenseSearch { frame: &frame, prototypes: &prototypes, moves: None };
        let with = |dispatch: &dyn Fn(AssignChunk<'_, f32>) -> Result<()>| {
            let mut found = Found::of(700);
            let Found { assigned: Assigned { labels, distances }, gaps } = &mut found;
            let (search, rows, progress) = (&search, values.as_slice(), &Silent);
            dispatch(AssignChunk { search, rows, labels, distances, gaps, progress }).unwrap();
            found.assigned
        };
        assert_eq!(with(&|chunk| chunk.with_simd(pulp::Scalar)), expected);
        assert_eq!(with(&|chunk| Arch::new().dispatch(chunk)), expected);
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = pulp::x86::V3::try_new() {
            assert_eq!(with(&|chunk| Simd::vectorize(avx2, chunk)), expected);
        }
    }
}

/// A group of points and prototypes, as filters see them.
struct Coded {
    frame: Frame<f64>,
    columns: Columns,
    points: PointCodes,
    prototypes: PrototypeCodes,
}

impl Coded {
    /// The first points of `values`, seen from among all of them.
    fn of(values: &[f64], centroids: &[f64], dim: usize) -> Self {
        let frame = Frame::around(values, dim);
        let prototypes = PrototypeCodes::new(centroids, &frame);
        let (mut columns, points) = (Columns::new(dim), PointCodes::new(dim));
        let positions: Vec<usize> = (0..GROUP).collect();
        columns.set(pulp::Scalar, values, &positions, &frame);
        Self { frame, columns, points, prototypes }
    }

    /// What bounds by bytes mean, and the bounds.
    fn bound(&mut self, within: f32, kernel: Kernel) -> (Meaning, Vec<[f32; GROUP]>) {
        let mut bounds = vec![[0.0; GROUP]; self.prototypes.units.len()];
        let Self { columns, points, prototypes, .. } = self;
        let meaning = points.set(pulp::Scalar, columns, prototypes, &[within; GROUP]);
        kernel(points, prototypes, &mut bounds);
        (meaning, bounds)
    }
}

#[test]
fn vectors_of_bytes_give_the_bits_of_single_ones() {
    let Some(kernel) = kernel() else { return };
    for (dim, k) in [(1, 1), (4, 8), (5, 9), (67, 130)] {
        let values: Vec<f64> = pseudo_random(GROUP * dim, 8).collect();
        let centroids: Vec<f64> = pseudo_random(k * dim, 4444).collect();
        let mut coded = Coded::of(&values, &centroids, dim);
        for within in [f32::INFINITY, 0.1] {
            let (_, expected) = coded.bound(within, portable::bound);
            assert_eq!(coded.bound(within, kernel).1, expected);
        }
    }
}

#[test]
fn bounds_are_closer_where_the_nearest_is_near() {
    let dim = 8;
    let near_one: Vec<f64> = pseudo_random(GROUP * dim, 8).map(|v| 1.0 + v / 1e3).collect();
    // The origin is in the middle.
    let values = [near_one.clone(), vec![-1.0; GROUP * dim]].concat();
    let mut coded = Coded::of(&values, &near_one, dim);
    let least = |(meaning, bounds): (Meaning, Vec<[f32; GROUP]>)| bounds[0][0] - meaning.excess[0];
    let far = least(coded.bound(f32::INFINITY, portable::bound));
    let near = least(coded.bound(1e-2, portable::bound));
    let seen: Vec<f64> = coded.frame.see(&near_one[..dim]).collect();
    let height = -0.5 * (norm(&seen) * norm(&seen)) as f32;
    assert!(height - near < (height - far) / 10.0, "{height} {near} {far}");
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

    #[test]
    fn filters_find_at_most_the_heights_and_not_much_less(
        dim in 1usize..40,
        values in prop::collection::vec(-1.0..1.0f64, GROUP * 40),
        centroids in prop::collection::vec(-1.0..1.0f64, 40..400),
        exponent in -30i32..30,
        stretch in prop::sample::select(vec![1.0, 1e-4, 30.0]),
        within in prop::sample::select(vec![f32::INFINITY, 8.0, 1.0, 0.3]),
    ) {
        let scale = 10f64.powi(exponent);
        let values: Vec<f64> = values.iter().map(|v| v * scale).collect();
        let centroids: Vec<f64> =
            rows(centroids, dim).iter().map(|v| v * scale * stretch).collect();
        let mut coded = Coded::of(&values, &centroids, dim);
        let (meaning, by_bytes) = coded.bound(within, portable::bound);
        let mut by_floats = by_bytes.clone();
        let heights = Heights::new(&centroids, &coded.frame);
        heights.bound(pulp::Scalar, &coded.columns, &mut by_floats);
        let seen = |row| coded.frame.see(row).collect::<Vec<f64>>();
        let prototypes: Vec<Vec<f64>> = centroids.chunks_exact(dim).map(seen).collect();
        let reach = prototypes.iter().map(|z| norm(z)).fold(0.0, f64::max);
        for (p, row) in values.chunks_exact(dim).take(GROUP).enumerate() {
            let y = seen(row);
            prop_assert!(f64::from(coded.columns.squares[p]) <= norm(&y).powi(2));
            let size = (norm(&y) + reach) * reach;
            let excess = f64::from(meaning.excess[p]);
            let much =
                0.03 * (dim as f64).sqrt() * (size + f64::from(within).min(reach) * norm(&y));
            for (tile, prototypes) in prototypes.chunks(LANES).enumerate() {
                let height = |z: &Vec<f64>| {
                    let product: f64 = y.iter().zip(z).map(|(y, z)| y * z).sum();
                    norm(z).powi(2) / 2.0 - product
                };
                let least = prototypes.iter().map(height).fold(f64::INFINITY, f64::min);
                let bound = f64::from(by_floats[tile][p]);
                prop_assert!(bound <= least, "{bound} {least}");
                prop_assert!(bound >= least - 1e-5 * size - 1e-29, "{bound} {least}");
                let bound = f64::from(by_bytes[tile][p]) - excess;
                let near = |z: &&Vec<f64>| squared_distance(&y, z).sqrt() <= meaning.within[p].into();
                let least_near = prototypes.iter().filter(near).map(height);
                let least_near = least_near.fold(f64::INFINITY, f64::min);
                prop_assert!(bound <= least_near, "{bound} {least_near}");
                prop_assert!(bound >= least - much - 1e-29, "{bound} {least}");
            }
        }
    }
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|v| v * v).sum::<f64>().sqrt()
}
