//! Indexed PNG: 1, 2, 4 or 8 bits an index, alpha in tRNS; or PNG's grey types, where that is smaller.
//!
//! The oxipng crate writes the picture in the ways that may be the smallest ([`super::ways`]). These are
//! then compressed for good ([`smalti_deflate`]). The result depends on neither threads nor time.

use img_parts::png::{Png, PngChunk};
use miniz_oxide::inflate::decompress_to_vec_zlib;
use rayon::prelude::*;
use smalti_deflate::Thoroughness;

use super::ways::{ALL_WAYS_FROM, MANY_PIXELS, about, written};
use super::{Coder, File};
use crate::error::Result;
use crate::indexed_image::{IndexedImage, Mapped};
use crate::labels::BitModel;
use crate::progress::Progress;

/// Below the high levels more pixels are compressed for good from no more than two starts: a third more
/// gains 0.2 to 2 % and takes twice the time. Of many pixels fewer earlier places are compared.
const LARGE_PIXELS: usize = 1 << 20;

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
        about(&picture.image, picture.rate_weight > 0.0)
    }
}

/// Encodes at `level`, 0 (fast) to 6 (small), which is oxipng's too; `chosen_for_png` if the labels
/// were chosen by [`PngCoder`]'s models of bits, for the palette in its order.
///
/// # Errors
/// [`Error::PngEncoding`](crate::Error::PngEncoding) with oxipng's reason, and what `progress` returns to stop.
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
        3 => (64, 4, 3, 3),
        4 => (96, 6, 3, 3),
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
        let decode::DecodedPixels::Indexed { indices, palette, .. } =
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
