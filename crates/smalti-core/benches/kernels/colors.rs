//! From pixels to points, and back to pixels: everything that is done once for a picture.

use criterion::{BenchmarkId, Criterion, Throughput};
use smalti_core::color::Space;
use smalti_core::color_points::ColorSpace;
use smalti_core::histogram::Histogram;
use smalti_core::labels::nearest;
use smalti_core::pixels::{Pixels, Samples};
use smalti_core::progress::Silent;

use crate::K;
use crate::photograph::{Photograph, SIZE};

/// Too few pixels for cells: they are sorted.
const SMALL: (usize, usize) = (128, 96);

/// As few pixels as are counted in a table of all colours.
const LARGE: (usize, usize) = (4096, 4096);

/// Colours are gathered in this many boxes for each colour of the palette, at most: a sketch
/// and the coarse points of the default effort.
const PER_COLOR: [usize; 2] = [40, 120];

/// One way to count for each kind of picture; nanoseconds a pixel are the throughput's inverse.
pub fn counting(criterion: &mut Criterion) {
    let pictures = [
        ("small_by_sorting", Photograph::opaque(SMALL)),
        ("medium_by_cells", Photograph::opaque(SIZE)),
        ("large_by_table", Photograph::opaque(LARGE)),
        ("translucent_by_sorting", Photograph::cut_out(SIZE)),
    ];
    let mut group = criterion.benchmark_group("counting");
    for (name, picture) in &pictures {
        let pixels = picture.pixels();
        group.throughput(Throughput::Elements(pixels.count() as u64));
        group.bench_function(*name, |bencher| bencher.iter(|| Histogram::of(&pixels, &Silent)));
    }
}

/// The histograms of a picture's upper and lower half become one.
pub fn merging(criterion: &mut Criterion) {
    let picture = Photograph::opaque(SIZE);
    let Samples::U8(samples) = picture.pixels().samples() else {
        unreachable!("photographs have 8 bits");
    };
    let (width, height) = SIZE;
    let [upper, lower] = [0, 1].map(|half| {
        let size = samples.len() / 2;
        let samples = Samples::U8(&samples[half * size..(half + 1) * size]);
        count(&Pixels::new(samples, width, height / 2, 3).expect("half of the samples"))
    });
    let mut group = criterion.benchmark_group("merging");
    group.throughput(Throughput::Elements((upper.len() + lower.len()) as u64));
    group.bench_function("halves", |bencher| bencher.iter(|| upper.merge(&lower)));
}

/// Points become the means of small boxes, from all points or from those of smaller boxes, and so
/// do colours that have yet to become points; a name ends in the number of boxes.
pub fn gathering(criterion: &mut Criterion) {
    let (histogram, space) = opaque_colors();
    let points = space.points::<3>(&histogram);
    let mut group = criterion.benchmark_group("gathering");
    group.throughput(Throughput::Elements(histogram.len() as u64));
    group.bench_function("levels", |bencher| bencher.iter(|| histogram.levels()));
    let [sketch, coarse] = PER_COLOR.map(|per_color| histogram.levels().at_most(per_color * K));
    let finer = points.gathered(&histogram, coarse);
    group.bench_function(BenchmarkId::new("again", sketch.count), |bencher| {
        bencher.iter(|| points.gathered_again(&histogram, &finer, sketch));
    });
    for boxes in [sketch, coarse] {
        group.bench_function(BenchmarkId::new("points", boxes.count), |bencher| {
            bencher.iter(|| points.gathered(&histogram, boxes));
        });
        group.bench_function(BenchmarkId::new("colors", boxes.count), |bencher| {
            bencher.iter(|| space.points_in_boxes::<3>(&histogram, boxes, &Silent));
        });
    }
}

/// Distinct colours are converted and laid out for the search.
pub fn blocks(criterion: &mut Criterion) {
    let (histogram, space) = opaque_colors();
    let mut group = criterion.benchmark_group("blocks");
    group.throughput(Throughput::Elements(histogram.len() as u64));
    group.bench_function("of_all_colors", |bencher| {
        bencher.iter(|| space.blocks::<3>(&histogram, 0..histogram.len()));
    });
}

/// Every pixel takes its colour's entry: opaque ones from a table of all colours, others by a
/// search in the directory.
pub fn mapping(criterion: &mut Criterion) {
    let pictures = [("table", Photograph::opaque(SIZE)), ("directory", Photograph::cut_out(SIZE))];
    let mut group = criterion.benchmark_group("mapping");
    for (name, picture) in &pictures {
        let pixels = picture.pixels();
        let histogram = count(&pixels);
        // Which entry it is does not matter for the time.
        let entries: Vec<u32> = (0..histogram.len()).map(|i| (i % K) as u32).collect();
        group.throughput(Throughput::Elements(pixels.count() as u64));
        group.bench_function(*name, |bencher| {
            bencher.iter(|| nearest(&pixels, &histogram, &entries, K, &Silent));
        });
    }
}

fn opaque_colors() -> (Histogram, ColorSpace) {
    let picture = Photograph::opaque(SIZE);
    let histogram = count(&picture.pixels());
    let space = ColorSpace::new(&histogram, picture.pixels().max_sample(), Space::Srgb, K);
    (histogram, space)
}

fn count(pixels: &Pixels<'_>) -> Histogram {
    Histogram::of(pixels, &Silent).expect("nobody stops it")
}
