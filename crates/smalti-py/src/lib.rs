//! `smalti._core`: the core's functions for the Python package.
//!
//! Thin on purpose: no algorithm lives here. Arrays come in, the interpreter is released,
//! the core works, arrays go out. Arguments are described in `python/smalti/_core.pyi`.

#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands arguments over by value")]

mod arrays;
mod coordinates;
mod errors;
mod regions;
mod segmentation;
mod superpixels;
mod vectors;
mod work;

use pyo3::prelude::*;

/// The compiled core of smalti.
#[pymodule]
mod _core {
    use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use pyo3::types::PyBytes;
    use smalti_core::Error;
    use smalti_core::color_points::ColorSpace;
    use smalti_core::encode;
    use smalti_core::growing;
    use smalti_core::histogram::Histogram;
    use smalti_core::indexed_image::{IndexedImage, Indices};
    use smalti_core::kmeans::{Fit, Init, Settings, Stop};
    use smalti_core::labels::DitherMethod;
    use smalti_core::nearest::Assigned;
    use smalti_core::palette;
    use smalti_core::pipeline::{self, Goal, Options};
    use smalti_core::pixels::{Pixels, Samples};
    use smalti_core::points::WeightedPoints;
    use smalti_core::preset::Preset;
    use smalti_core::progress::{Silent, Stage};

    use crate::arrays::{self, AnyArray, ImageArray, PointsArray, RowsArray};
    use crate::coordinates::space_of;
    #[pymodule_export]
    use crate::coordinates::{color_coordinates, color_features, colors_at};
    use crate::errors::to_python;
    #[pymodule_export]
    use crate::regions::{
        absorb_small_regions, connected_regions, region_colors, region_geometries,
    };
    #[pymodule_export]
    use crate::segmentation::{
        block_means, class_labels, distinct_colors, fit_classes, mixed_features,
    };
    #[pymodule_export]
    use crate::superpixels::superpixels;
    use crate::vectors::{clustered, quantised};
    use crate::work;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("MAX_COLORS", pipeline::MAX_COLORS)
    }

    #[derive(FromPyObject)]
    enum InitArgument<'py> {
        Name(String),
        Centroids(PyReadonlyArray2<'py, f64>),
    }

    #[pyfunction]
    #[pyo3(signature = (points, sample_weight, k, init, *, n_init, max_iter, tol, seed, progress=None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of the Python function")]
    fn kmeans<'py>(
        py: Python<'py>,
        points: PointsArray<'py>,
        sample_weight: Option<PyReadonlyArray1<'py, f64>>,
        k: usize,
        init: InitArgument<'py>,
        n_init: usize,
        max_iter: usize,
        tol: f64,
        seed: u64,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(AnyArray<'py>, AnyArray<'py>, f64, usize, AnyArray<'py>, &'static str)> {
        let (count, dim) = points.shape();
        let init = match &init {
            InitArgument::Centroids(centroids) => Init::Given(arrays::values(centroids)?),
            InitArgument::Name(name) if name == "random" => Init::Random,
            InitArgument::Name(name) if name == "wu" => Init::Wu,
            InitArgument::Name(name) if name == "k-means++" => Init::greedy_kmeans_plusplus(k),
            InitArgument::Name(other) => {
                return Err(PyValueError::new_err(format!("unknown init {other:?}")));
            }
        };
        let settings = Settings { k, init, n_init, max_iter, tol, seed };
        let weights = sample_weight.as_ref().map(|weights| weights.as_slice()).transpose()?;
        let (fit, labels) = match &points {
            PointsArray::F64(rows) => {
                let values = rows.as_slice()?;
                work::run(py, progress.as_ref(), |progress| {
                    clustered(values, dim, weights, &settings, progress)
                })?
            }
            PointsArray::F32(rows) => {
                let values = rows.as_slice()?;
                work::run(py, progress.as_ref(), |progress| {
                    clustered(values, dim, weights, &settings, progress)
                })?
            }
            PointsArray::Colors(_) if sample_weight.is_some() => {
                return Err(PyValueError::new_err(
                    "8-bit colours are counted: they take no weights",
                ));
            }
            PointsArray::Colors(colors) => {
                let samples = Samples::U8(colors.as_slice()?);
                work::run(py, progress.as_ref(), |progress| {
                    pipeline::cluster(&Pixels::new(samples, count, 1, dim)?, &settings, progress)
                })?
            }
        };
        let found = fit.centroids.len() / dim;
        Ok((
            arrays::shaped(py, fit.centroids, [found, dim])?,
            arrays::indices(py, labels, [count])?,
            fit.inertia,
            fit.n_iter,
            arrays::flat(py, fit.history).into_any(),
            fit.ended_by.name(),
        ))
    }

    /// Codebooks of several sizes: the centroids of each, smallest first.
    #[pyfunction]
    #[pyo3(signature = (points, sample_weight, ks, *, max_iter, tol, progress=None))]
    fn grow<'py>(
        py: Python<'py>,
        points: PyReadonlyArray2<'py, f64>,
        sample_weight: PyReadonlyArray1<'py, f64>,
        ks: Vec<usize>,
        max_iter: usize,
        tol: f64,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Vec<AnyArray<'py>>> {
        let dim = points.shape()[1];
        let (values, weights) = (points.as_slice()?, sample_weight.as_slice()?);
        let fits = work::run(py, progress.as_ref(), |progress| {
            let (points, _) = WeightedPoints::distinct(values, dim, Some(weights))?;
            let tolerance = tol * points.mean_variance();
            growing::grow(&points, &ks, &Stop { max_iter, tolerance }, progress)
        })?;
        let shaped = |fit: Fit| {
            let count = fit.centroids.len() / dim;
            arrays::shaped(py, fit.centroids, [count, dim])
        };
        fits.into_iter().map(shaped).collect()
    }

    #[pyfunction]
    #[pyo3(signature = (points, centroids, *, progress=None))]
    fn nearest<'py>(
        py: Python<'py>,
        points: RowsArray<'py>,
        centroids: PyReadonlyArray2<'py, f64>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(AnyArray<'py>, AnyArray<'py>)> {
        let (count, dim) = (centroids.shape()[0], centroids.shape()[1]);
        let centroids = centroids.as_slice()?;
        let Assigned { labels, distances } = match &points {
            RowsArray::F64(rows) => {
                let values = rows.as_slice()?;
                work::run(py, progress.as_ref(), |progress| {
                    quantised(values, dim, centroids, progress)
                })?
            }
            RowsArray::F32(rows) => {
                let values = rows.as_slice()?;
                work::run(py, progress.as_ref(), |progress| {
                    quantised(values, dim, centroids, progress)
                })?
            }
        };
        let labels = Indices::smallest(labels.into_iter(), count);
        let points = distances.len();
        Ok((arrays::indices(py, labels, [points])?, arrays::flat(py, distances).into_any()))
    }

    #[pyfunction]
    #[pyo3(signature = (pixels, k, *, rate_weight, quality, max_bytes, dither, dither_method, keep, space, effort, progress=None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of the Python function")]
    fn compress<'py>(
        py: Python<'py>,
        pixels: ImageArray<'py>,
        k: usize,
        rate_weight: Option<f64>,
        quality: Option<f64>,
        max_bytes: Option<usize>,
        dither: Option<f64>,
        dither_method: &str,
        keep: PyReadonlyArray2<'py, u8>,
        space: &str,
        effort: u8,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(AnyArray<'py>, AnyArray<'py>, AnyArray<'py>, f64, f64)> {
        let pixels = pixels.pixels(py)?;
        let space = space_of(space)?;
        let dither_method = match dither_method {
            "diffusion" => DitherMethod::Diffusion,
            "blue-noise" => DitherMethod::BlueNoise,
            "ordered" => DitherMethod::Ordered,
            other => return Err(PyValueError::new_err(format!("unknown dither_method {other:?}"))),
        };
        let preset = Preset::of_effort(effort).map_err(|error| to_python(py, &error))?;
        let goal = match (rate_weight, quality, max_bytes) {
            (Some(weight), ..) => Goal::RateWeight(weight),
            (_, Some(quality), _) => Goal::Quality(quality),
            (.., Some(bytes)) => Goal::MaxBytes(bytes),
            (None, None, None) => Goal::Affordable,
        };
        let (keep, _) = keep.as_slice()?.as_chunks::<4>();
        let options = Options { k, space, preset, goal, dither, dither_method, keep };
        let compressed = work::run(py, progress.as_ref(), |progress| {
            pipeline::compress(&pixels, &options, progress)
        })?;
        let (channels, colors) = (pixels.channels(), compressed.palette.len());
        let palette: Vec<u8> =
            compressed.palette.iter().flat_map(|color| color[..channels].to_vec()).collect();
        Ok((
            arrays::indices(py, compressed.indices, [pixels.height(), pixels.width()])?,
            arrays::shaped(py, palette, [colors, channels])?,
            arrays::shaped(py, compressed.centroids, [colors, channels])?,
            compressed.rate_weight,
            compressed.dither,
        ))
    }

    #[pyfunction]
    #[pyo3(signature = (indices, palette, *, effort, weighed, progress=None))]
    fn encode_png<'py>(
        py: Python<'py>,
        indices: PyReadonlyArray2<'py, u8>,
        palette: PyReadonlyArray2<'py, u8>,
        effort: u8,
        weighed: bool,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (height, width) = (indices.shape()[0] as u32, indices.shape()[1] as u32);
        let mut colors = Vec::with_capacity(palette.shape()[0]);
        for entry in palette.as_slice()?.chunks_exact(palette.shape()[1]) {
            colors.push([entry[0], entry[1], entry[2], *entry.get(3).unwrap_or(&u8::MAX)]);
        }
        let refused = |error: Error| to_python(py, &error);
        let image = IndexedImage::new(width, height, colors, indices.as_slice()?.to_vec())
            .map_err(refused)?;
        let Preset { png_level, .. } = Preset::of_effort(effort).map_err(refused)?;
        let png = work::run_unstoppable(py, progress.as_ref(), Stage::Encode, move || {
            encode::png(&image, png_level, weighed, &Silent)
        })?;
        Ok(PyBytes::new(py, &png))
    }

    #[pyfunction]
    fn decode16<'py>(
        py: Python<'py>,
        file: &[u8],
        max_bytes: u64,
    ) -> PyResult<(AnyArray<'py>, Option<String>)> {
        let decoded = py
            .detach(|| smalti_core::decode::samples16(file, max_bytes))
            .map_err(|error| to_python(py, &error))?;
        let shape = [decoded.height, decoded.width, decoded.channels];
        Ok((arrays::shaped(py, decoded.samples, shape)?, decoded.profile_refused))
    }

    #[pyfunction]
    fn count_colors(py: Python<'_>, pixels: ImageArray<'_>) -> PyResult<usize> {
        let pixels = pixels.pixels(py)?;
        work::run(py, None, |progress| Ok(Histogram::of(&pixels, progress)?.len()))
    }

    /// The distinct colours of an image as points of a colour space, and how often each occurs.
    #[pyfunction]
    #[pyo3(signature = (pixels, space, *, progress=None))]
    fn color_points<'py>(
        py: Python<'py>,
        pixels: ImageArray<'py>,
        space: &str,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(AnyArray<'py>, AnyArray<'py>)> {
        let (pixels, space) = (pixels.pixels(py)?, space_of(space)?);
        let (points, counts, dim) = work::run(py, progress.as_ref(), |progress| {
            let histogram = Histogram::of(&pixels, progress)?;
            // As for a single cluster: with more, see-through colours would be set apart.
            let space = ColorSpace::new(&histogram, pixels.max_sample(), space, 1);
            let points = match space.dim() {
                3 => flat_colors::<3>(&histogram, &space),
                _ => flat_colors::<4>(&histogram, &space),
            };
            let counts: Vec<f64> = histogram.counts().iter().map(|&n| n as f64).collect();
            Ok((points, counts, space.dim()))
        })?;
        let points = arrays::shaped(py, points, [counts.len(), dim])?;
        Ok((points, arrays::flat(py, counts).into_any()))
    }

    fn flat_colors<const D: usize>(histogram: &Histogram, space: &ColorSpace) -> Vec<f64> {
        histogram.colors().flat_map(|color| space.coordinates::<D>(color)).collect()
    }

    #[pyfunction]
    fn mse(py: Python<'_>, reference: ImageArray<'_>, distorted: ImageArray<'_>) -> PyResult<f64> {
        let (a, b) = (reference.pixels(py)?, distorted.pixels(py)?);
        work::run(py, None, |_| smalti_core::metrics::mse(&a, &b))
    }

    #[pyfunction]
    fn ssimulacra2(
        py: Python<'_>,
        reference: ImageArray<'_>,
        distorted: ImageArray<'_>,
    ) -> PyResult<f64> {
        let (a, b) = (reference.pixels(py)?, distorted.pixels(py)?);
        work::run(py, None, |progress| {
            smalti_core::metrics::ssimulacra2(&a, &b, progress.cancelled())
        })
    }

    #[pyfunction]
    fn local_error(
        py: Python<'_>,
        reference: ImageArray<'_>,
        distorted: ImageArray<'_>,
    ) -> PyResult<(f64, (usize, usize))> {
        let (a, b) = (reference.pixels(py)?, distorted.pixels(py)?);
        let worst = work::run(py, None, |progress| {
            smalti_core::metrics::worst_local_error(&a, &b, progress)
        })?;
        Ok((worst.error, (worst.x, worst.y)))
    }

    #[pyfunction]
    fn local_errors<'py>(
        py: Python<'py>,
        reference: ImageArray<'py>,
        distorted: ImageArray<'py>,
    ) -> PyResult<AnyArray<'py>> {
        let (a, b) = (reference.pixels(py)?, distorted.pixels(py)?);
        let map =
            work::run(py, None, |progress| smalti_core::metrics::local_errors(&a, &b, progress))?;
        arrays::shaped(py, map, [a.height(), a.width()])
    }

    #[pyfunction]
    fn ordered_palette<'py>(
        py: Python<'py>,
        colors: PyReadonlyArray2<'py, u8>,
    ) -> PyResult<(AnyArray<'py>, AnyArray<'py>)> {
        let (count, channels) = (colors.shape()[0], colors.shape()[1]);
        let srgb: Vec<f64> = colors.as_slice()?.iter().copied().map(f64::from).collect();
        let palette = palette::from_centroids(&srgb, channels, &vec![1.0; count]);
        let ordered: Vec<u8> =
            palette.colors.iter().flat_map(|color| color[..channels].to_vec()).collect();
        let entries = Indices::smallest(palette.entry_of.iter().copied(), palette.colors.len());
        Ok((
            arrays::shaped(py, ordered, [palette.colors.len(), channels])?,
            arrays::indices(py, entries, [count])?,
        ))
    }
}
