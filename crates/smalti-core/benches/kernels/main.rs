//! How long each kernel of the engine takes, one by one, and the pipeline that they make up.
//!
//! ```text
//! make bench-core                                       everything, some four minutes
//! cargo bench -p smalti-core                            the same
//! cargo bench -p smalti-core -- assignment              one group, or whatever the name holds
//! cargo bench -p smalti-core -- assignment --quick      the same, less exact
//! RAYON_NUM_THREADS=1 cargo bench -p smalti-core        on one thread
//! ```
//!
//! The picture is made here ([`photograph`]): no files, the same samples everywhere. At the
//! usual size, 768 x 512 pixels, it has about 100,000 distinct colours, with alpha half as many
//! again. Palettes have 256 colours unless a name says otherwise, and distances are those of
//! sRGB. Compare figures with each other, as ratios, rather than with those of another machine.

mod clustering;
mod colors;
mod photograph;
mod pipeline;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

/// As few samples as Criterion takes: the slowest kernels take most of a second.
const SAMPLES: usize = 10;

/// Colours of a palette, unless a name says otherwise.
const K: usize = 256;

fn settings() -> Criterion {
    Criterion::default()
        .sample_size(SAMPLES)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
}

criterion_group! {
    name = kernels;
    config = settings();
    targets =
        colors::counting,
        colors::merging,
        colors::gathering,
        colors::blocks,
        clustering::initial_centroids,
        clustering::assignment,
        clustering::many_dimensions,
        clustering::iteration,
        clustering::swaps,
        colors::mapping,
        pipeline::efforts,
}
criterion_main!(kernels);
