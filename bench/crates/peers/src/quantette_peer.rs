//! quantette in the colour space sRGB, with its default options, in parallel; and in Oklab.
//!
//! Its `Pipeline` always works in Oklab, so that the same steps are put together here from its
//! parts, as its documentation does, for the objective that is measured: squared error in sRGB.
//! K-Means runs on f32, for with u8 quantette cuts the fractions of the centroids off, which
//! costs one unit of squared error at K = 256.

use crate::{Picture, Prepared, Quantised};
use quantette::deps::palette::Srgb;
use quantette::dither::FloydSteinberg;
use quantette::kmeans::{Kmeans, KmeansOptions};
use quantette::wu::{BinnerF32x3, BinnerU8x3, WuF32x3, WuU8x3};
use quantette::{ImageBuf, ImageRef, IndexedImage, PaletteSize, Pipeline, dedup};
use rayon::prelude::*;

/// Wu's quantiser and nothing after it: each pixel gets the colour of its box.
pub fn wu(picture: Picture, k: usize) -> Result<Prepared, String> {
    let (image, k) = checked(picture, k)?;
    Ok(Box::new(move || {
        let boxes = WuU8x3::run_image_par(image.as_ref(), BinnerU8x3::rgb()).expect("not empty");
        let indexed = image.map_to_indexed(boxes.parallel_color_map(k));
        quantised(indexed, |color| [color.red, color.green, color.blue].map(f32::from))
    }))
}

/// Wu's quantiser, then K-Means on samples, then the nearest colour of each pixel.
///
/// With `times_samples` 1 the options are the default: as many samples as pixels and 262,144 at
/// most. Otherwise so many times that maximum are drawn, which trades time for a lower error.
pub fn kmeans(picture: Picture, k: usize, times_samples: u32) -> Result<Prepared, String> {
    let (image, k) = checked(picture, k)?;
    let options = sampling(times_samples);
    Ok(Box::new(move || {
        let indexed = if image.num_pixels() >= pixels_worth_deduplicating(k) {
            kmeans_on_colors(image.as_ref(), k, options)
        } else {
            kmeans_on_pixels(image.as_ref(), k, options)
        };
        quantised(indexed, |color| [color.red, color.green, color.blue])
    }))
}

/// quantette's own pipeline in Oklab at its most accurate: K-Means with 16 times the samples.
///
/// It stays on one thread, for in parallel the dithering depends on the number of threads.
pub fn oklab(
    picture: Picture,
    k: usize,
    ditherer: Option<FloydSteinberg>,
) -> Result<Prepared, String> {
    let (image, k) = checked(picture, k)?;
    let pipeline = Pipeline::new().palette_size(k).quantize_method(sampling(16)).ditherer(ditherer);
    Ok(Box::new(move || {
        let indexed = pipeline.clone().input_image(image.as_ref()).output_srgb8_indexed_image();
        quantised(indexed, |color| [color.red, color.green, color.blue].map(f32::from))
    }))
}

fn sampling(times_samples: u32) -> KmeansOptions {
    let default = KmeansOptions::new();
    match times_samples {
        1 => default,
        _ => default
            .sampling_factor(f32::INFINITY)
            .max_samples(times_samples * default.get_max_samples()),
    }
}

/// Where quantette's `Pipeline` begins to work on distinct colours.
fn pixels_worth_deduplicating(k: PaletteSize) -> u32 {
    let vector_units = if cfg!(target_feature = "avx2") { 2 } else { 1 };
    (4096 * 4096 * vector_units) / u32::from(k.as_u16() / 32).max(1)
}

fn kmeans_on_colors(
    image: ImageRef<'_, Srgb<u8>>,
    k: PaletteSize,
    options: KmeansOptions,
) -> IndexedImage<Srgb<f32>> {
    let image = dedup::dedup_image_u8_3_counts_par(image).map(|colors| floats(&colors));
    let boxes = WuF32x3::run_indexed_image_counts_par(&image, binner()).expect("not empty");
    let fit = Kmeans::run_indexed_image_par(image.as_ref(), boxes.palette(k), options);
    image.map_to_indexed_par(fit.into_parallel_color_map())
}

fn kmeans_on_pixels(
    image: ImageRef<'_, Srgb<u8>>,
    k: PaletteSize,
    options: KmeansOptions,
) -> IndexedImage<Srgb<f32>> {
    let image = image.map_ref(floats);
    let boxes = WuF32x3::run_image_par(image.as_ref(), binner()).expect("not empty");
    let fit = Kmeans::run_image_par(image.as_ref(), boxes.palette(k), options);
    image.map_to_indexed(fit.into_parallel_color_map())
}

/// As many boxes a channel as quantette's own binner for 8-bit sRGB has.
const fn binner() -> BinnerF32x3<16, 32, 16> {
    BinnerF32x3::new([(0.0, 255.0); 3])
}

fn floats(colors: &[Srgb<u8>]) -> Vec<Srgb<f32>> {
    let float = |color: &Srgb<u8>| {
        Srgb::new(f32::from(color.red), f32::from(color.green), f32::from(color.blue))
    };
    colors.par_iter().map(float).collect()
}

fn checked(picture: Picture, k: usize) -> Result<(ImageBuf<Srgb<u8>>, PaletteSize), String> {
    let Picture { width, height, pixels } = picture;
    let colors = pixels.into_iter().map(|[r, g, b]| Srgb::new(r, g, b)).collect();
    let image =
        ImageBuf::new(width as u32, height as u32, colors).map_err(|error| error.to_string())?;
    let k = PaletteSize::try_from(k).map_err(|error| error.to_string())?;
    Ok((image, k))
}

fn quantised<Color>(
    indexed: IndexedImage<Color>,
    components: impl Fn(&Color) -> [f32; 3],
) -> Quantised {
    let (palette, indices) = indexed.into_parts();
    Quantised { palette: palette.iter().map(components).collect(), indices }
}
