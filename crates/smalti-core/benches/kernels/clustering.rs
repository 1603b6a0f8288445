//! K-Means on points: initial centroids, the two steps, and swaps.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use rand::{RngExt, SeedableRng};
use smalti_core::color::Space;
use smalti_core::color_points::{ColorSpace, Gathered};
use smalti_core::histogram::Histogram;
use smalti_core::init::{BoxMasses, Masses, RowMasses, kmeans_plusplus, wu};
use smalti_core::kmeans::{Init, Stop, Terrain, lloyd, overrelaxed, swap_centroids};
use smalti_core::nearest::{Cloud, Dense, assign_blocks};
use smalti_core::point_blocks::PointBlocks;
use smalti_core::points::WeightedPoints;
use smalti_core::preset::{DEFAULT_EFFORT, Preset};
use smalti_core::progress::Silent;

use crate::K;
use crate::photograph::{Photograph, SIZE};

/// Numbers of centroids in the search for the nearest.
const CODEBOOKS: [usize; 3] = [16, 64, 256];

/// Vectors, their coordinates, and centroids.
const VECTORS: [(usize, usize, usize); 2] = [(100_000, 16, 256), (20_000, 128, 1024)];

/// Lloyd's steps from Wu's centroids to the codebook that is searched: it is as good as in the
/// middle of a fit, and as hard to prune.
const STEPS: usize = 10;

/// Efforts whose swaps are measured: rounds only, and rounds with trials.
const EFFORTS: [u8; 2] = [3, 5];

/// Samples of k-means++ without boxes take most of a second each.
const WITHOUT_BOXES: Duration = Duration::from_secs(10);

/// The distinct colours of a picture.
struct Colors<const D: usize> {
    space: ColorSpace,
    all: Forms<D>,
    /// The means of small boxes, as many as at the default effort.
    coarse: Forms<D>,
}

/// Weighted points in every form that a kernel takes.
struct Forms<const D: usize> {
    points: Vec<[f64; D]>,
    weights: Vec<f64>,
    blocks: PointBlocks<D>,
    rows: WeightedPoints,
}

impl<const D: usize> Colors<D> {
    fn of(picture: &Photograph) -> Self {
        let pixels = picture.pixels();
        let histogram = Histogram::of(&pixels, &Silent).expect("nobody stops it");
        let space = ColorSpace::new(&histogram, pixels.max_sample(), Space::Srgb, K);
        assert_eq!(space.dim(), D);
        let all = space.points::<D>(&histogram);
        let gathered = |max| Forms::new(all.gathered(&histogram, histogram.levels().at_most(max)));
        let coarse = gathered(preset(DEFAULT_EFFORT).coarse_per_color * K);
        Self { all: gathered(usize::MAX), coarse, space }
    }

    /// Wu's centroids of `points`.
    fn split(&self, points: &Forms<D>, k: usize) -> Vec<[f64; D]> {
        wu(&points.points, &points.weights, self.space.sheets_of(&points.points), k, &Silent)
            .expect("nobody stops it")
    }

    /// A codebook of `k` centroids near the end of a fit.
    fn codebook(&self, k: usize) -> Vec<[f64; D]> {
        let initial = self.split(&self.coarse, k);
        overrelaxed(&self.coarse.blocks, initial, STEPS, 1.0, &Silent).expect("nobody stops it")
    }
}

impl<const D: usize> Forms<D> {
    fn new(gathered: Gathered<D>) -> Self {
        let blocks = gathered.blocks();
        let Gathered { points, weights, .. } = gathered;
        let rows = WeightedPoints::new(points.concat(), D, weights.clone());
        Self { points, weights, blocks, rows: rows.expect("coordinates are finite") }
    }
}

/// Wu's splits and greedy k-means++, on all colours; the latter with and without boxes.
pub fn initial_centroids(criterion: &mut Criterion) {
    let colors = Colors::<3>::of(&Photograph::opaque(SIZE));
    let Init::KMeansPlusPlus { candidates } = Init::greedy_kmeans_plusplus(K) else {
        unreachable!("greedy k-means++ is k-means++");
    };
    let far_apart = |masses: &mut dyn Masses| {
        let mut rng = rand_pcg::Pcg64::seed_from_u64(0);
        kmeans_plusplus(masses, (&[], K), candidates, &mut rng, &Silent)
    };
    let mut group = criterion.benchmark_group("initial_centroids");
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function("wu", |bencher| bencher.iter(|| colors.split(&colors.all, K)));
    group.bench_function("wu_on_coarse_points", |bencher| {
        bencher.iter(|| colors.split(&colors.coarse, K));
    });
    group.bench_function("kmeans_plusplus", |bencher| {
        bencher.iter(|| far_apart(&mut BoxMasses::new(&colors.all.blocks)));
    });
    group.measurement_time(WITHOUT_BOXES);
    group.bench_function("kmeans_plusplus_without_boxes", |bencher| {
        bencher.iter(|| far_apart(&mut RowMasses::new(&colors.all.rows)));
    });
}

/// The nearest centroid of every colour, with and without pruning.
pub fn assignment(criterion: &mut Criterion) {
    assignment_of(criterion, "assignment_3d", &Colors::<3>::of(&Photograph::opaque(SIZE)));
    assignment_of(criterion, "assignment_4d", &Colors::<4>::of(&Photograph::cut_out(SIZE)));
}

fn assignment_of<const D: usize>(criterion: &mut Criterion, name: &str, colors: &Colors<D>) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(colors.all.rows.len() as u64));
    for k in CODEBOOKS {
        let codebook = colors.codebook(k);
        group.bench_function(BenchmarkId::new("pruned", k), |bencher| {
            bencher.iter(|| assign_blocks(&colors.all.blocks, &codebook, &Silent));
        });
        group.bench_function(BenchmarkId::new("every_pair", k), |bencher| {
            bencher.iter(|| colors.all.rows.assign(codebook.as_flattened(), &Silent));
        });
    }
}

/// The nearest centroid of vectors of many dimensions: compared in f64, and in lower precision
/// where that is certain.
pub fn many_dimensions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("assignment_of_vectors");
    group.sampling_mode(SamplingMode::Flat);
    for (count, dim, k) in VECTORS {
        let values: Vec<f32> = noise(count * dim).collect();
        let centroids: Vec<f64> = values[..k * dim].iter().map(|&value| value.into()).collect();
        let points = WeightedPoints::new(values, dim, vec![1.0; count]);
        let points = points.expect("coordinates are finite");
        let dense = Dense::new(&points);
        group.throughput(Throughput::Elements(count as u64));
        let size = format!("{dim}x{k}");
        group.bench_function(BenchmarkId::new("every_pair", &size), |bencher| {
            bencher.iter(|| points.assign(&centroids, &Silent));
        });
        group.bench_function(BenchmarkId::new("filtered", &size), |bencher| {
            bencher.iter(|| dense.assign(&centroids, &Silent));
        });
    }
}

/// Sums of four even numbers: nearly normal.
fn noise(count: usize) -> impl Iterator<Item = f32> {
    let mut random = rand_pcg::Pcg64::seed_from_u64(0);
    (0..count).map(move |_| (0..4).map(|_| random.random::<f32>() - 0.5).sum())
}

/// One of Lloyd's iterations on all colours, with the assignment that comes before it, and one
/// step on the coarse points.
pub fn iteration(criterion: &mut Criterion) {
    let colors = Colors::<3>::of(&Photograph::opaque(SIZE));
    let codebook = colors.codebook(K);
    let mut group = criterion.benchmark_group("iteration");
    group.bench_function("lloyd", |bencher| {
        let run = || lloyd(&colors.all.blocks, codebook.concat(), &Stop::after(1), &Silent);
        bencher.iter(run);
    });
    group.bench_function("step_on_coarse_points", |bencher| {
        bencher.iter(|| overrelaxed(&colors.coarse.blocks, codebook.clone(), 1, 1.0, &Silent));
    });
}

/// Swaps among the coarse points, as hard as an effort searches.
pub fn swaps(criterion: &mut Criterion) {
    let colors = Colors::<3>::of(&Photograph::opaque(SIZE));
    let codebook = colors.codebook(K);
    let Forms { points, weights, blocks, .. } = &colors.coarse;
    let terrain = Terrain { points, weights, blocks, locked: 0, apart: colors.space.apart() };
    let mut group = criterion.benchmark_group("swaps");
    group.sampling_mode(SamplingMode::Flat);
    for effort in EFFORTS {
        let search_by = preset(effort).fit.search;
        group.bench_function(BenchmarkId::new("effort", effort), |bencher| {
            bencher.iter(|| swap_centroids(&terrain, codebook.clone(), &search_by, &Silent));
        });
    }
}

fn preset(effort: u8) -> Preset {
    Preset::of_effort(effort).expect("an effort that exists")
}
