//! `smalti._core`: the core's functions for the Python package.
//!
//! Thin on purpose: no algorithm lives here. Arrays come in, the interpreter is released,
//! the core works, arrays go out. This file registers the functions; one module a subject
//! holds them. Arguments are described in `python/smalti/_core.pyi`.

#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands arguments over by value")]

mod animation;
mod arrays;
mod chunks;
mod coder;
mod color_labels;
mod compress;
mod coordinates;
mod decode;
mod encode;
mod errors;
mod fit;
mod histogram;
mod metrics;
mod palette;
mod random;
mod raw_array;
mod regions;
mod segmentation;
mod superpixels;
mod vectors;
mod work;

use pyo3::prelude::*;

/// The compiled core of smalti.
#[pymodule]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::animation::{AnimationReader, FrameMapper, GifWriter};
    #[pymodule_export]
    use crate::chunks::{chunk_bounds, chunk_costliest, chunk_draws, chunk_tally};
    #[pymodule_export]
    use crate::color_labels::ColorLabels;
    #[pymodule_export]
    use crate::compress::compress;
    #[pymodule_export]
    use crate::coordinates::{color_coordinates, color_features, colors_at};
    #[pymodule_export]
    use crate::decode::{
        apply_gamma, apply_profile, decode_first, decode_png, decode16, read_header,
    };
    #[pymodule_export]
    use crate::encode::encode_png;
    #[pymodule_export]
    use crate::fit::ColorSum;
    #[pymodule_export]
    use crate::histogram::{
        color_counts, color_points, count_colors, count_indices, distinct_colors,
    };
    #[pymodule_export]
    use crate::metrics::{local_error, local_errors, mse, ssimulacra2};
    #[pymodule_export]
    use crate::palette::{looked_up, ordered_palette};
    #[pymodule_export]
    use crate::random::uniform;
    #[pymodule_export]
    use crate::regions::{
        RegionStream, absorb_small_regions, connected_regions, region_colors, region_geometries,
    };
    #[pymodule_export]
    use crate::segmentation::{block_means, class_gap, class_labels, fit_classes, mixed_features};
    #[pymodule_export]
    use crate::superpixels::superpixels;
    #[pymodule_export]
    use crate::vectors::{grow, kmeans, nearest};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("MAX_COLORS", smalti_core::palette::MAX_COLORS)
    }
}
