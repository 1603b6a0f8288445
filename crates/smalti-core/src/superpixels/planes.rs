//! The smoothed features, a plane for each coordinate: the form that many pixels are compared in.
//!
//! Smoothing weighs the 3 x 3 pixels around each by 1 2 1 in either direction. A pixel beyond the
//! image's border counts as the nearest pixel within, a pixel outside the mask as the one in the
//! middle: neither adds a colour that is not there.

use rayon::prelude::*;

use super::image::FeatureImage;
use crate::error::Result;
use crate::progress::Progress;

/// Pixels compared at once: one AVX-512 register of f32, two of AVX2.
pub(super) const LANES: usize = 16;

/// One value of each of [`LANES`] pixels.
pub(super) type Lanes = [f32; LANES];

/// Rows smoothed at a time by one thread.
const ROWS: usize = 16;

/// The features of all pixels and which of them are to be segmented.
#[derive(Debug)]
pub(super) struct Planes<'a, const D: usize> {
    /// Row by row, coordinate by coordinate, `pitch` values: one for each column and some more, so
    /// that [`LANES`] columns can be read from any column on.
    values: Vec<f32>,
    pitch: usize,
    image: FeatureImage<'a>,
}

impl<'a, const D: usize> Planes<'a, D> {
    pub fn new(image: &FeatureImage<'a>, progress: &dyn Progress) -> Result<Self> {
        let pitch = image.width + LANES;
        let mut values = vec![0.0; pitch * D * image.height];
        values.par_chunks_mut(ROWS * pitch * D).enumerate().try_for_each(|(chunk, rows)| {
            progress.go_on()?;
            let mut sums = vec![0.0; (image.width + 2) * image.dim];
            for (y, row) in (chunk * ROWS..).zip(rows.chunks_exact_mut(pitch * D)) {
                smooth_row(image, y, &mut sums, row, pitch);
                smooth_near_mask(image, y, row, pitch);
            }
            Ok(())
        })?;
        Ok(Self { values, pitch, image: *image })
    }

    pub fn width(&self) -> usize {
        self.image.width
    }

    pub fn height(&self) -> usize {
        self.image.height
    }

    /// Whether a pixel is to be segmented.
    #[inline]
    pub fn is_inside(&self, x: usize, y: usize) -> bool {
        self.image.is_inside(x, y)
    }

    /// Which of the pixels of a row are to be segmented, unless all are.
    #[inline]
    pub fn mask(&self, y: usize) -> Option<&[bool]> {
        let width = self.image.width;
        self.image.mask.map(|mask| &mask[y * width..(y + 1) * width])
    }

    /// The coordinates of row `y`, each with at least [`LANES`] values more than there are columns.
    #[inline]
    pub fn row(&self, y: usize) -> [&[f32]; D] {
        let row = &self.values[y * D * self.pitch..][..D * self.pitch];
        std::array::from_fn(|d| &row[d * self.pitch..][..self.pitch])
    }

    /// The features of a pixel.
    #[inline]
    pub fn pixel(&self, x: usize, y: usize) -> [f32; D] {
        self.row(y).map(|values| values[x])
    }
}

/// Smooths a row as if all pixels were to be segmented. `sums` has room for the row and for one
/// more pixel at either end.
fn smooth_row(
    image: &FeatureImage<'_>,
    y: usize,
    sums: &mut [f32],
    planes: &mut [f32],
    pitch: usize,
) {
    let (width, dim) = (image.width, image.dim);
    let row = |y: usize| &image.values[y * width * dim..][..width * dim];
    let (above, below) = (row(y.saturating_sub(1)), row((y + 1).min(image.height - 1)));
    let inner = &mut sums[dim..][..width * dim];
    for (((sum, above), middle), below) in inner.iter_mut().zip(above).zip(row(y)).zip(below) {
        *sum = weighed([*above, *middle, *below]);
    }
    sums.copy_within(dim..2 * dim, 0);
    sums.copy_within(width * dim..(width + 1) * dim, (width + 1) * dim);
    if dim == 3 {
        smoothed_across::<3>(sums, planes, pitch, width);
    } else {
        for (d, plane) in planes.chunks_exact_mut(pitch).take(dim).enumerate() {
            for (x, value) in plane[..width].iter_mut().enumerate() {
                let at = |i: usize| sums[(x + i) * dim + d];
                *value = weighed([at(0), at(1), at(2)]);
            }
        }
    }
}

/// Smooths along a row of sums of `D` coordinates, which begins with a pixel before the row.
fn smoothed_across<const D: usize>(sums: &[f32], planes: &mut [f32], pitch: usize, width: usize) {
    let pixels = sums.as_chunks::<D>().0;
    for x in 0..width {
        let [before, middle, after] = [pixels[x], pixels[x + 1], pixels[x + 2]];
        for d in 0..D {
            planes[d * pitch + x] = weighed([before[d], middle[d], after[d]]);
        }
    }
}

/// Smooths the pixels of a row again that lie beside pixels outside the mask.
fn smooth_near_mask(image: &FeatureImage<'_>, y: usize, planes: &mut [f32], pitch: usize) {
    if image.mask.is_none() {
        return;
    }
    let around = |at: usize, length: usize| [at.saturating_sub(1), at, (at + 1).min(length - 1)];
    let (width, rows) = (image.width, around(y, image.height));
    let is_whole = |x: usize| {
        let columns = around(x, width);
        rows.iter().all(|&row| columns.iter().all(|&column| image.is_inside(column, row)))
    };
    for x in (0..width).filter(|&x| !is_whole(x)) {
        for d in 0..image.dim {
            let at = |column: usize, row: usize| {
                let [column, row] =
                    if image.is_inside(column, row) { [column, row] } else { [x, y] };
                image.values[(row * width + column) * image.dim + d]
            };
            // The order of operations is that of whole rows: one colour stays one colour.
            let sums = around(x, width).map(|column| weighed(rows.map(|row| at(column, row))));
            planes[d * pitch + x] = weighed(sums);
        }
    }
}

#[inline]
fn weighed([before, middle, after]: [f32; 3]) -> f32 {
    0.25 * before + 0.5 * middle + 0.25 * after
}
