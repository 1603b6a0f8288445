//! Indexed PNG: 1, 2, 4 or 8 bits an index, alpha in tRNS; or PNG's grey types, where that is smaller.
//!
//! The oxipng crate writes the picture in several ways, which differ in the filter, the bits an index
//! and the palette's order in the file; all of that is lossless. A quick deflate tells which are the
//! smallest. These are then compressed for good ([`smalti_deflate`]). The result depends on neither
//! threads nor time.
//!
//! Labels that weigh their bits ([`PngCoder`]) were chosen for no filter or for Paeth's, 8 bits an
//! index and the palette in its order, so these two are tried first. On drawings, where Paeth's is not
//! clearly better, and with other labels the palette is also put into the order that suits filters which
//! are chosen for every row, unless rows without a filter are clearly smaller. High levels try all that
//! oxipng knows, too.

use img_parts::png::{Png, PngChunk};
use miniz_oxide::inflate::decompress_to_vec_zlib;
use oxipng::{BitDepth, ColorType, Deflater, FilterStrategy, Options, RGBA8, RawImage};
use rayon::prelude::*;
use smalti_deflate::Thoroughness;

use super::{Coder, File, grey};
use crate::error::{Error, Result};
use crate::indexed_image::{IndexedImage, Mapped};
use crate::labels::BitModel;
use crate::pixels::spread_rows;
use crate::progress::Progress;

/// The level from which oxipng's own ways are tried, too.
const ALL_WAYS_FROM: u8 = 4;

/// With no more colours than this fewer bits an index may be better.
const FEW_COLORS: usize = 16;

/// Up to this many pixels, as icons have, filters are tried in that order even where Paeth's is the best
/// before.
const FEW_PIXELS: usize = 1 << 18;

/// Where rows without a filter are smaller by this factor, no other order of the palette makes filtered
/// rows smaller than those. Of 38 interface graphics the last where one does has 1.13.
const CLEARLY_LESS: f64 = 1.15;

/// libdeflate's levels: one that ranks ways as the best does in a tenth of the time, another for
/// pictures of many pixels, the best, which oxipng needs to choose among its own ways, and one for what is
/// compressed again in any case.
const QUICK_LEVEL: u8 = 8;
const QUICKEST_LEVEL: u8 = 6;
const BEST_LEVEL: u8 = 12;
const FASTEST_LEVEL: u8 = 1;

/// Of more pixels, ways are ranked on rows spread over the picture, of about so many pixels.
const MANY_PIXELS: usize = 1 << 22;
const RANKED_PIXELS: usize = 1 << 20;

/// Below the high levels more pixels are compressed for good from no more than two starts: a third more
/// gains 0.2 to 2 % and takes twice the time. Of many pixels fewer earlier places are compared.
const LARGE_PIXELS: usize = 1 << 20;

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

/// PNG's chunk of compressed rows.
const IDAT: [u8; 4] = *b"IDAT";

/// PNG as the core writes it, at a level of 0 (fast) to 6 (small).
#[derive(Debug, Clone, Copy)]
pub struct PngCoder {
    /// The level.
    pub level: u8,
}

impl Coder for PngCoder {
    /// Most pictures are for PNG's Paeth filter, drawings that repeat themselves for none.
    fn bit_model(&self, is_drawing: bool) -> BitModel {
        if is_drawing { BitModel::Matches } else { BitModel::Paeth }
    }

    fn file(&self, picture: &Mapped, progress: &dyn Progress) -> Result<File> {
        let chosen_for_png = picture.rate_weight > 0.0;
        Ok(File::Written(png(&picture.image, self.level, chosen_for_png, progress)?))
    }

    /// The smallest of the ways that labels are chosen for, before it is compressed for good.
    fn about(&self, picture: &Mapped, progress: &dyn Progress) -> Result<usize> {
        progress.go_on()?;
        let image = &picture.image;
        let mut ways = tried(image, Order::Own, &FILTERS_OF_LABELS)?;
        if picture.rate_weight == 0.0 {
            let meeting = image.in_order_of_meetings();
            ways.extend(tried(&meeting, Order::Meetings, &FILTERS_OF_MEETINGS)?);
        }
        Ok(ways.iter().map(|(_, file)| file.len()).min().unwrap_or_default())
    }
}

/// Encodes at `level`, 0 (fast) to 6 (small), which is oxipng's too; `chosen_for_png` if the labels
/// were chosen by [`PngCoder`]'s models of bits, for the palette in its order.
///
/// # Errors
/// [`Error::PngEncoding`] with oxipng's reason, and what `progress` returns to stop.
pub fn png(
    image: &IndexedImage,
    level: u8,
    chosen_for_png: bool,
    progress: &dyn Progress,
) -> Result<Vec<u8>> {
    let thoroughness = thoroughness(level, image.indices().len());
    let files: Vec<Vec<u8>> = written(image, level, chosen_for_png)?
        .into_par_iter()
        .map(|png| compressed_again(png, thoroughness, progress))
        .collect::<Result<_>>()?;
    Ok(smallest(files))
}

fn smallest(files: Vec<Vec<u8>>) -> Vec<u8> {
    files.into_iter().min_by_key(Vec::len).unwrap_or_default()
}

/// How long deflate looks for the cheapest way to write the rows of so many pixels.
fn thoroughness(level: u8, pixels: usize) -> Thoroughness {
    let (depth, rounds, starts, finalists) = match level {
        0 => (8, 2, 1, 1),
        1 => (16, 3, 1, 1),
        2 => (32, 3, 1, 1),
        3 => (128, 4, 3, 3),
        4 => (128, 6, 3, 3),
        5 => (256, 10, 3, 3),
        _ => (256, 15, 3, 3),
    };
    let all = Thoroughness { depth, rounds, starts, finalists };
    if level >= ALL_WAYS_FROM || pixels <= LARGE_PIXELS {
        return all;
    }
    let depth = if pixels > MANY_PIXELS { depth.min(8) } else { depth };
    Thoroughness { depth, starts: starts.min(2), finalists: 1, ..all }
}

/// The same file with its rows compressed anew, if that is smaller.
fn compressed_again(
    file: Vec<u8>,
    thoroughness: Thoroughness,
    progress: &dyn Progress,
) -> Result<Vec<u8>> {
    let mut png =
        Png::from_bytes(file.clone().into()).unwrap_or_else(|_| unreachable!("oxipng writes PNG"));
    let chunk = png.chunks_mut().iter_mut().find(|chunk| chunk.kind() == IDAT);
    let Some(chunk) = chunk else { unreachable!("oxipng writes one chunk of rows") };
    let rows = decompress_to_vec_zlib(chunk.contents())
        .unwrap_or_else(|_| unreachable!("oxipng writes zlib streams"));
    let stream = smalti_deflate::zlib(&rows, thoroughness, || progress.go_on())?;
    *chunk = PngChunk::new(IDAT, stream.into());
    let again = png.encoder().bytes().to_vec();
    Ok(if again.len() < file.len() { again } else { file })
}

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

/// The picture written in the ways that may be the smallest.
fn written(image: &IndexedImage, level: u8, chosen_for_png: bool) -> Result<Vec<Vec<u8>>> {
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
    /// The picture written so, with libdeflate's level.
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
                made(&raw, &grey_ways(image, *level, compression))
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
    let mut ways = tried(image, Order::Own, &[paeth, none, FilterStrategy::UP])?;
    let [by_paeth, by_none, by_up] = [0, 1, 2].map(|i| ways[i].1.len() as f64);
    let suits_paeth = by_paeth <= by_none.min(by_up);
    let suits_none = by_none * CLEARLY_LESS <= by_paeth.min(by_up);
    let appearing = image.in_order_of_appearance();
    ways.extend(tried(&appearing, Order::Appearance, &[FilterStrategy::NONE])?);
    let is_icon = image.indices().len() <= FEW_PIXELS;
    if !(suits_none || suits_paeth && chosen_for_png && !is_icon) {
        let meeting = image.in_order_of_meetings();
        ways.extend(tried(&meeting, Order::Meetings, &FILTERS_OF_MEETINGS)?);
    }
    Ok(ways)
}

/// The picture, which has the order already, with each of the filters.
fn tried(
    image: &IndexedImage,
    order: Order,
    filters: &[FilterStrategy],
) -> Result<Vec<(Way, Vec<u8>)>> {
    let (raw, level) = (raw(image)?, quick_level(image));
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
fn grey_ways(image: &IndexedImage, level: u8, compression: u8) -> Options {
    let mut options = own_ways(image, level, compression);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;
    use crate::preset::Preset;
    use crate::progress::Silent;

    #[test]
    fn the_page_on_formats_tells_how_thorough_each_effort_is() {
        let page = include_str!("../../../../docs/formats.md");
        let of_effort = |effort| thoroughness(Preset::of_effort(effort).unwrap().png_level, 1);
        let row = |name: &str, number: fn(Thoroughness) -> usize| {
            let numbers = (1..=9).map(|effort| number(of_effort(effort)).to_string());
            format!("| {name} | {} |", numbers.collect::<Vec<_>>().join(" | "))
        };
        assert!(page.contains(&row("earlier places compared in vain", |thorough| thorough.depth)));
        assert!(page.contains(&row("rounds", |thorough| thorough.rounds)));
    }

    fn picture(file: &[u8]) -> Vec<[u8; 4]> {
        let decode::PngPixels::Indexed { indices, palette, .. } =
            decode::png(file, 1 << 20).unwrap().pixels
        else {
            unreachable!("the file is indexed")
        };
        indices.iter().map(|&index| palette[usize::from(index)]).collect()
    }

    #[test]
    fn the_picture_is_the_same_in_every_way_and_at_every_level() {
        for colors in [2, 5, 16, 40] {
            let palette: Vec<[u8; 4]> =
                (0..colors).map(|i| [6 * i, 90, 255 - 5 * i, 255]).collect();
            let label = |i: u32| (i * i / 97 % u32::from(colors)) as u8;
            let labels: Vec<u8> = (0..90 * 70).map(label).collect();
            let expected: Vec<[u8; 4]> =
                labels.iter().map(|&label| palette[usize::from(label)]).collect();
            let image = IndexedImage::new(90, 70, palette, labels).unwrap();
            for (level, chosen_for_png) in (0..=6).flat_map(|level| [(level, false), (level, true)])
            {
                let file = png(&image, level, chosen_for_png, &Silent).unwrap();
                assert!(picture(&file) == expected, "{colors} colours, level {level}");
            }
        }
    }

    #[test]
    fn what_is_compressed_again_is_smaller_and_tiny_files_stay_as_they_are() {
        let palette: Vec<[u8; 4]> = (0..200).map(|i| [i, 90, 255 - i, 255]).collect();
        let noise = |i: u32| i.wrapping_mul(2_654_435_761) >> 16;
        for (side, smaller) in [(1, false), (600, true)] {
            // Slopes with steps here and there, as labels of photographs are.
            let slope = |i: u32| (i % side / 9 + i / side / 7 + noise(i) % 13 / 12) as u8;
            let labels = (0..side * side).map(slope).collect();
            let image =
                IndexedImage::new(side as usize, side as usize, palette.clone(), labels).unwrap();
            let way = written(&image, 1, true).unwrap().swap_remove(0);
            let again = compressed_again(way.clone(), thoroughness(2, 1), &Silent).unwrap();
            assert_eq!(again.len() < way.len(), smaller, "{} {}", again.len(), way.len());
            assert!(picture(&again) == picture(&way));
        }
    }
}
