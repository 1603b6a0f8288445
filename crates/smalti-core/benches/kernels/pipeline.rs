//! The whole pipeline, from pixels to palette and indices.

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use smalti_core::color::Space;
use smalti_core::encode::PngCoder;
use smalti_core::goal::Goal;
use smalti_core::labels::DitherMethod;
use smalti_core::map::MapOptions;
use smalti_core::pipeline::{Options, compress};
use smalti_core::preset::Preset;
use smalti_core::progress::Silent;

use crate::K;
use crate::photograph::{Photograph, SIZE};

const EFFORTS: [u8; 3] = [1, 3, 5];

/// An opaque picture and a cut-out, at some efforts.
pub fn efforts(criterion: &mut Criterion) {
    let pictures =
        [("opaque", Photograph::opaque(SIZE)), ("translucent", Photograph::cut_out(SIZE))];
    let mut group = criterion.benchmark_group("pipeline");
    group.sampling_mode(SamplingMode::Flat);
    for (name, picture) in &pictures {
        let pixels = picture.pixels();
        group.throughput(Throughput::Elements(pixels.count() as u64));
        for effort in EFFORTS {
            let preset = Preset::of_effort(effort).expect("an effort that exists");
            let map = MapOptions {
                space: Space::Srgb,
                preset,
                goal: Goal::RateWeight(0.0),
                dither: Some(0.0),
                dither_method: DitherMethod::Diffusion,
                coder: &PngCoder { level: preset.png_level },
            };
            let options = Options { k: K, keep: &[], order: &[], map };
            group.bench_function(BenchmarkId::new(*name, effort), |bencher| {
                bencher.iter(|| compress(&pixels, &options, &Silent));
            });
        }
    }
}
