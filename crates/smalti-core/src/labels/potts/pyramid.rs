//! The image as pixels, blocks of 2 x 2, of 4 x 4 and so on.
//!
//! The squared error of a block with one label is that of its mean, times its pixels, plus a term
//! that no label changes. So K-Means' error needs a block's mean and count only.

use std::borrow::Cow;

use rayon::prelude::*;

use super::features::{Features, OUTSIDE};
use super::model::Model;

/// Cells of one size with their means. A level's labels have a frame of [`OUTSIDE`], so that every
/// cell has eight neighbours.
pub struct Level<'a> {
    /// Cells in a row.
    pub width: usize,
    /// Rows of cells.
    pub height: usize,
    dim: usize,
    side: f32,
    means: Cow<'a, [f32]>,
    /// Pixels of each cell that are within the mask; without counts every cell is a pixel.
    counts: Option<Vec<f32>>,
    mask: Option<&'a [bool]>,
}

impl<'a> Level<'a> {
    /// The pixels themselves.
    pub fn pixels(features: &Features<'a>) -> Self {
        Self {
            width: features.width,
            height: features.height(),
            dim: features.dim,
            side: 1.0,
            means: Cow::Borrowed(features.values),
            counts: None,
            mask: features.mask,
        }
    }

    /// Pixels along a side of a cell.
    pub fn side(&self) -> f32 {
        self.side
    }

    /// Length of a row of labels, frame included.
    pub fn stride(&self) -> usize {
        self.width + 2
    }

    /// Coordinates of a cell.
    #[inline]
    pub fn mean(&self, i: usize) -> &[f32] {
        &self.means[i * self.dim..][..self.dim]
    }

    /// Pixels of a cell that are within the mask.
    #[inline]
    pub fn count(&self, i: usize) -> f32 {
        match (&self.counts, self.mask) {
            (Some(counts), _) => counts[i],
            (None, Some(mask)) => f32::from(u8::from(mask[i])),
            (None, None) => 1.0,
        }
    }

    /// Means of all cells, and their counts.
    pub fn into_parts(self) -> (Vec<f32>, Vec<f32>) {
        let counts = (0..self.width * self.height).map(|i| self.count(i)).collect();
        (self.means.into_owned(), counts)
    }

    /// Cells of twice the side.
    pub fn coarser(&self) -> Level<'static> {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut means = vec![0.0; width * height * self.dim];
        let mut counts = vec![0.0; width * height];
        let rows = means.par_chunks_mut(width * self.dim).zip(counts.par_chunks_mut(width));
        rows.enumerate().for_each(|(row, (means, counts))| {
            for y in 2 * row..self.height.min(2 * row + 2) {
                for x in 0..self.width {
                    let i = y * self.width + x;
                    let count = self.count(i);
                    counts[x / 2] += count;
                    let sums = &mut means[x / 2 * self.dim..][..self.dim];
                    sums.iter_mut().zip(self.mean(i)).for_each(|(sum, mean)| *sum += count * mean);
                }
            }
            for (mean, &count) in means.chunks_exact_mut(self.dim).zip(counts.iter()) {
                if count > 0.0 {
                    mean.iter_mut().for_each(|value| *value /= count);
                }
            }
        });
        Level {
            width,
            height,
            dim: self.dim,
            side: 2.0 * self.side,
            means: Cow::Owned(means),
            counts: Some(counts),
            mask: None,
        }
    }

    /// Every cell's nearest class.
    pub fn nearest<const K: usize>(&self, model: &Model<K>) -> Vec<u8> {
        self.labels(|x, y| {
            let i = y * self.width + x;
            model.nearest(self.mean(i))
        })
    }

    /// Gives the label of each cell of twice the side to the four cells that it consists of.
    pub fn refined(&self, coarse: &[u8]) -> Vec<u8> {
        let stride = self.width.div_ceil(2) + 2;
        self.labels(|x, y| coarse[(y / 2 + 1) * stride + x / 2 + 1])
    }

    fn labels(&self, label: impl Fn(usize, usize) -> u8 + Sync) -> Vec<u8> {
        let stride = self.stride();
        let mut labels = vec![OUTSIDE; stride * (self.height + 2)];
        let rows = labels.par_chunks_mut(stride).skip(1).take(self.height);
        rows.enumerate().for_each(|(y, row)| {
            for (x, place) in row[1..=self.width].iter_mut().enumerate() {
                if self.count(y * self.width + x) > 0.0 {
                    *place = label(x, y);
                }
            }
        });
        labels
    }

    /// Labels with a frame around them.
    pub fn framed(&self, labels: &[u8]) -> Vec<u8> {
        self.labels(|x, y| labels[y * self.width + x])
    }

    /// Labels without their frame.
    pub fn unframed(&self, labels: &[u8]) -> Vec<u8> {
        let rows = labels.chunks_exact(self.stride()).skip(1).take(self.height);
        rows.flat_map(|row| row[1..=self.width].iter().copied()).collect()
    }
}
