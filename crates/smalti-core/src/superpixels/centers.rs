//! The centres of superpixels, the sums that they are means of, and the candidates of a cell.

use super::grid::Grid;

/// The cell of a pixel and the 8 around it.
pub(super) const CANDIDATES: usize = 9;

/// A superpixel's mean features and position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Center<const D: usize> {
    pub features: [f32; D],
    pub x: f32,
    pub y: f32,
}

impl<const D: usize> Center<D> {
    /// The squared distance of a pixel, by the operations of `block::Cell` in the same order.
    #[inline]
    pub fn distance(&self, features: &[f32; D], [x, y]: [f32; 2], weight: f32) -> f32 {
        let (dx, dy) = (x - self.x, y - self.y);
        let mut distance = (dy * dy + dx * dx) * weight;
        for (value, center) in features.iter().zip(&self.features) {
            distance += (value - center) * (value - center);
        }
        distance
    }
}

/// The sums that a centre is the mean of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sum<const D: usize> {
    pub features: [f64; D],
    pub x: f64,
    pub y: f64,
    pub pixels: f64,
}

impl<const D: usize> Sum<D> {
    pub const ZERO: Self = Self { features: [0.0; D], x: 0.0, y: 0.0, pixels: 0.0 };

    #[inline]
    pub fn add(&mut self, other: &Self) {
        for (sum, value) in self.features.iter_mut().zip(other.features) {
            *sum += value;
        }
        self.x += other.x;
        self.y += other.y;
        self.pixels += other.pixels;
    }

    pub fn mean(&self) -> Center<D> {
        let mean = |sum: f64| (sum / self.pixels) as f32;
        Center { features: self.features.map(mean), x: mean(self.x), y: mean(self.y) }
    }
}

/// The centres that the pixels of a cell are compared with. The cell's own comes first, so it wins
/// ties.
pub(super) struct Near<const D: usize> {
    pub centers: [Center<D>; CANDIDATES],
    pub cells: [usize; CANDIDATES],
    pub count: usize,
}

impl<const D: usize> Near<D> {
    pub fn new(centers: &[Center<D>], grid: &Grid, column: usize, row: usize) -> Self {
        let home = row * grid.across() + column;
        let (mut near, mut cells, mut count) = ([centers[home]; CANDIDATES], [home; CANDIDATES], 0);
        for cell in grid.near(column, row) {
            (near[count], cells[count]) = (centers[cell], cell);
            count += 1;
        }
        Self { centers: near, cells, count }
    }
}
