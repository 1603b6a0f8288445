//! The ways in which a picture may be written: the filter, the bits an index, the palette's order, grey
//! samples. All of that is lossless; a quick deflate tells which are the smallest.
//!
//! Labels that weigh their bits ([`PngCoder`](super::PngCoder)) were chosen for no filter or for Paeth's,
//! 8 bits an index and the palette in its order, so these two are tried first. On drawings, where Paeth's is
//! not clearly better, and with other labels the palette is also put into the order that suits filters which
//! are chosen for every row, unless rows without a filter are clearly smaller. High levels try all that
//! oxipng knows, too.

use oxipng::{BitDepth, ColorType, Deflater, FilterStrategy, Options, RGBA8, RawImage};
use rayon::prelude::*;

use super::grey;
use crate::error::{Error, Result};
use crate::indexed_image::IndexedImage;
use crate::pixels::spread_rows;

/// The level from which oxipng's own ways are tried, too.
pub const ALL_WAYS_FROM: u8 = 4;

/// With no more colours than this fewer bits an index may be better.
const FEW_COLORS: usize = 16;

/// Up to this many pixels, as icons have, filters are tried in that order even where Paeth's is the best
/// before.
const FEW_PIXELS: usize = 1 << 18;

/// Where rows without a filter are smaller by this factor, no other order of the palette makes filtered
/// rows smaller than those. Of 38 interface graphics the last where one does has 1.13.
const CLEARLY_LESS: f64 = 1.15;

/// libdeflate's level that ranks ways as the best does, in a tenth of the time.
const QUICK_LEVEL: u8 = 8;

/// That which ranks pictures, and ways for many pixels.
const QUICKEST_LEVEL: u8 = 6;

/// The best one, which oxipng needs to choose among its own ways.
const BEST_LEVEL: u8 = 12;

/// That for what is compressed again in any case.
const FASTEST_LEVEL: u8 = 1;

/// Of more pixels, ways are ranked on rows spread over the picture, of about so many pixels.
pub const MANY_PIXELS: usize = 1 << 22;
const RANKED_PIXELS: usize = 1 << 20;

/// Ways that are compressed for good, at most, and by how much their quick sizes may exceed the least.
const FINALISTS: usize = 2;
const NEARLY_LEAST: f64 = 0.01;

/// From this level on, which is that of effort 6, there is more than one.
const FINALISTS_FROM: u8 = 3;

/// The filters that labels are chosen for, Paeth's first.
const FILTERS_OF_LABELS: [FilterStrategy; 2] = [FilterStrategy::PAETH, FilterStrategy::NONE];

/// Filters that suit a palette whose neighbours are neighbours in the picture. All but the first choose
/// one for every row.
const FILTERS_OF_MEETINGS: [FilterStrategy; 4] =
    [FilterStrategy::UP, FilterStrategy::MinSum, FilterStrategy::Entropy, FilterStrategy::BigEnt];

/// Filters that suit samples, which unlike indices are near each other where they look so.
const FILTERS_OF_SAMPLES: [FilterStrategy; 6] = [
    FilterStrategy::SUB,
    FilterStrategy::UP,
    FilterStrategy::AVERAGE,
    FilterStrategy::PAETH,
    FilterStrategy::MinSum,
    FilterStrategy::BigEnt,
];

fn raw(image: &IndexedImage) -> Result<RawImage> {
    let palette = image.palette().iter().map(|&[r, g, b, a]| RGBA8::new(r, g, b, a)).collect();
    RawImage::new(
        image.width() as u32,
        image.height() as u32,
        ColorType::Indexed { palette },
        BitDepth::Eight,
        image.indices().clone(),
    )
    .map_err(refused)
}

/// About how many bytes the smallest way takes; `chosen_for_png` as for [`png`](super::png()).
///
/// # Errors
/// [`Error::PngEncoding`] with oxipng's reason.
pub fn about(image: &IndexedImage, chosen_for_png: bool) -> Result<usize> {
    let mut ways = tried((image, Order::Own), &FILTERS_OF_LABELS, QUICKEST_LEVEL)?;
    if !chosen_for_png {
        let meeting = &image.in_order_of_meetings();
        ways.extend(tried((meeting, Order::Meetings), &FILTERS_OF_MEETINGS, QUICKEST_LEVEL)?);
    }
    Ok(ways.iter().map(|(_, file)| file.len()).min().unwrap_or_default())
}

/// The picture written in the ways that may be the smallest.
///
/// # Errors
/// [`Error::PngEncoding`] with oxipng's reason.
pub fn written(image: &IndexedImage, level: u8, chosen_for_png: bool) -> Result<Vec<Vec<u8>>> {
    let kind = Kind { level, chosen_for_png, is_grey: grey::suits(image) };
    let mut files: Vec<Vec<u8>> = if image.indices().len() > MANY_PIXELS {
        let rows = spread_rows((image.width(), image.height()), RANKED_PIXELS);
        let ways = ranked(&image.rows(&rows), kind)?;
        ways.iter().map(|(way, _)| way.file(image, FASTEST_LEVEL)).collect::<Result<_>>()?
    } else {
        ranked(image, kind)?.into_iter().map(|(_, file)| file).collect()
    };
    // These two are not ranked. A quick deflate says little of packed rows, which come first, for among
    // equals they take the least memory. oxipng's own ways are deflated better.
    if image.palette().len() <= FEW_COLORS {
        let packed = one_way(FilterStrategy::NONE, true, quick_level(image));
        files.insert(0, made(&raw(&image.in_order_of_appearance())?, &packed)?);
    }
    if level >= ALL_WAYS_FROM {
        files.push(made(&raw(image)?, &own_ways(image, level, best_level(image)))?);
    }
    Ok(files)
}

/// What decides on the ways that are ranked.
#[derive(Clone, Copy)]
struct Kind {
    level: u8,
    chosen_for_png: bool,
    is_grey: bool,
}

/// The order of the palette in a file.
#[derive(Clone, Copy)]
enum Order {
    /// That of the picture.
    Own,
    /// That in which colours appear.
    Appearance,
    /// For filters.
    Meetings,
}

/// How a picture may be written.
enum Way {
    /// With a palette, by one filter.
    Indexed(Order, FilterStrategy),
    /// As grey samples, by one of several filters at oxipng's level.
    Grey(u8),
}

impl Way {
    /// The picture written so. `compression` is libdeflate's level, save for grey samples: there it chooses
    /// among filters.
    fn file(&self, image: &IndexedImage, compression: u8) -> Result<Vec<u8>> {
        match self {
            Self::Indexed(order, filter) => {
                let options = one_way(filter.clone(), false, compression);
                match order {
                    Order::Own => made(&raw(image)?, &options),
                    Order::Appearance => made(&raw(&image.in_order_of_appearance())?, &options),
                    Order::Meetings => made(&raw(&image.in_order_of_meetings())?, &options),
                }
            }
            Self::Grey(level) => {
                let raw = grey::raw(image).map_err(refused)?;
                made(&raw, &grey_ways(image, *level))
            }
        }
    }
}

/// The smallest ways by a quick deflate, and their files: one, or two at high levels.
fn ranked(image: &IndexedImage, kind: Kind) -> Result<Vec<(Way, Vec<u8>)>> {
    let Kind { level, chosen_for_png, is_grey } = kind;
    let mut ways = indexed_ways(image, chosen_for_png)?;
    if is_grey {
        let way = Way::Grey(level);
        let file = way.file(image, quick_level(image))?;
        ways.push((way, file));
    }
    ways.sort_by_key(|(_, file)| file.len());
    let most = ways.first().map_or(0.0, |(_, least)| least.len() as f64 * (1.0 + NEARLY_LEAST));
    ways.truncate(if level >= FINALISTS_FROM { FINALISTS } else { 1 });
    ways.retain(|(_, file)| file.len() as f64 <= most);
    Ok(ways)
}

/// The ways of a file with a palette.
fn indexed_ways(image: &IndexedImage, chosen_for_png: bool) -> Result<Vec<(Way, Vec<u8>)>> {
    // Up stands for the filters of drawings that neither of the other two suits.
    let [paeth, none] = FILTERS_OF_LABELS;
    let level = quick_level(image);
    let mut ways = tried((image, Order::Own), &[paeth, none, FilterStrategy::UP], level)?;
    let [by_paeth, by_none, by_up] = [0, 1, 2].map(|i| ways[i].1.len() as f64);
    let suits_paeth = by_paeth <= by_none.min(by_up);
    let suits_none = by_none * CLEARLY_LESS <= by_paeth.min(by_up);
    let appearing = (&image.in_order_of_appearance(), Order::Appearance);
    ways.extend(tried(appearing, &[FilterStrategy::NONE], level)?);
    let is_icon = image.indices().len() <= FEW_PIXELS;
    if !(suits_none || suits_paeth && chosen_for_png && !is_icon) {
        let meeting = (&image.in_order_of_meetings(), Order::Meetings);
        ways.extend(tried(meeting, &FILTERS_OF_MEETINGS, level)?);
    }
    Ok(ways)
}

/// The picture, which has the order already, with each of the filters at a level of libdeflate.
fn tried(
    (image, order): (&IndexedImage, Order),
    filters: &[FilterStrategy],
    level: u8,
) -> Result<Vec<(Way, Vec<u8>)>> {
    let raw = raw(image)?;
    let way = |filter: &FilterStrategy| {
        let file = made(&raw, &one_way(filter.clone(), false, level))?;
        Ok((Way::Indexed(order, filter.clone()), file))
    };
    filters.par_iter().map(way).collect()
}

fn made(raw: &RawImage, options: &Options) -> Result<Vec<u8>> {
    raw.create_optimized_png(options).map_err(refused)
}

/// libdeflate's level that ranks ways.
fn quick_level(image: &IndexedImage) -> u8 {
    if image.indices().len() > MANY_PIXELS { QUICKEST_LEVEL } else { QUICK_LEVEL }
}

/// That for oxipng's own ways: they are made on one thread.
fn best_level(image: &IndexedImage) -> u8 {
    if image.indices().len() > MANY_PIXELS { QUICKEST_LEVEL } else { BEST_LEVEL }
}

/// oxipng's own choice of filters, bits an index and order of the palette.
fn own_ways(image: &IndexedImage, level: u8, compression: u8) -> Options {
    Options {
        deflater: Deflater::Libdeflater { compression },
        color_type_reduction: false,
        grayscale_reduction: false,
        // oxipng would drop colours without pixels, which someone has asked for.
        palette_reduction: image.uses_all_colors(),
        ..Options::from_preset(level)
    }
}

/// The same for grey samples.
fn grey_ways(image: &IndexedImage, level: u8) -> Options {
    let mut options = own_ways(image, level, quick_level(image));
    options.filters.extend(FILTERS_OF_SAMPLES);
    options
}

/// One filter and the palette in its order; 8 bits an index, or as few as there can be.
fn one_way(filter: FilterStrategy, packs: bool, compression: u8) -> Options {
    Options {
        filters: [filter].into_iter().collect(),
        deflater: Deflater::Libdeflater { compression },
        color_type_reduction: false,
        grayscale_reduction: false,
        palette_reduction: false,
        bit_depth_reduction: packs,
        ..Options::from_preset(0)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn refused(error: oxipng::PngError) -> Error {
    Error::PngEncoding(error.to_string())
}
