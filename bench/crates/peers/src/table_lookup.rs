//! No quantiser but the least that one can do: read every pixel, look its five highest bits a
//! channel up in a table, write a byte into a new array. What the memory allows.

use crate::{Picture, Prepared, Quantised};
use rayon::prelude::*;

const TABLE_LENGTH: usize = 1 << 15;
/// Large enough to make handing chunks to threads cost nothing, small enough to share them evenly.
const CHUNK_PIXELS: usize = 1 << 16;

/// The table cuts the cube into slices of equal height, so that the output means something.
pub fn prepare(picture: Picture, k: usize) -> Prepared {
    let table: Vec<u8> = (0..TABLE_LENGTH).map(|cell| (cell * k / TABLE_LENGTH) as u8).collect();
    // With its length in its type, looking a cell up needs no check of bounds.
    let table: Box<[u8; TABLE_LENGTH]> = table.try_into().expect("it has that length");
    let palette = (0..k).map(|label| [(256 * label / k) as f32, 128.0, 128.0]).collect::<Vec<_>>();
    Box::new(move || Quantised {
        palette: palette.clone(),
        indices: looked_up(&picture.pixels, &table),
    })
}

fn looked_up(pixels: &[[u8; 3]], table: &[u8; TABLE_LENGTH]) -> Vec<u8> {
    let mut indices = vec![0; pixels.len()];
    indices.par_chunks_mut(CHUNK_PIXELS).zip(pixels.par_chunks(CHUNK_PIXELS)).for_each(
        |(indices, pixels)| {
            for (index, &[r, g, b]) in indices.iter_mut().zip(pixels) {
                let [r, g, b] = [r, g, b].map(|value| usize::from(value >> 3));
                *index = table[r << 10 | g << 5 | b];
            }
        },
    );
    indices
}
