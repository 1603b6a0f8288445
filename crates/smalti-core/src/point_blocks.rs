//! Weighted points of few dimensions, laid out so that most of the search can be skipped.
//!
//! [`crate::histogram`] and [`z_order`] put points that lie near each other side by side. Points
//! are stored coordinate by coordinate in blocks of [`LANES`], for vector instructions. Boxes
//! surround runs of blocks: a *group* of a few blocks, a *region* of a few groups. A bound that
//! holds for a box holds for all its points.

use rayon::prelude::*;

use crate::morton;

/// Points in a block: one AVX-512 or two AVX2 registers of f64.
pub const LANES: usize = 8;

/// Blocks in a group. Smaller boxes leave fewer candidates and take longer to filter.
pub const GROUP: usize = 4;

/// Groups in a region.
pub const REGION: usize = 16;

/// `LANES` points, coordinate by coordinate.
#[derive(Debug, Clone, PartialEq)]
#[repr(align(64))]
pub struct Block<const D: usize> {
    /// Coordinates of the points; lanes left over repeat the last point.
    pub coordinates: [[f64; LANES]; D],
    /// Weights of the points; 0 in lanes left over.
    pub weights: [f64; LANES],
}

/// The smallest box around some points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds<const D: usize> {
    /// The least of each coordinate.
    pub low: [f64; D],
    /// The greatest of each coordinate.
    pub high: [f64; D],
}

impl<const D: usize> Bounds<D> {
    fn around(blocks: &[Block<D>]) -> Self {
        let mut bounds = Self { low: [f64::INFINITY; D], high: [f64::NEG_INFINITY; D] };
        for block in blocks {
            for (d, lanes) in block.coordinates.iter().enumerate() {
                bounds.low[d] = lanes.iter().copied().fold(bounds.low[d], f64::min);
                bounds.high[d] = lanes.iter().copied().fold(bounds.high[d], f64::max);
            }
        }
        bounds
    }
}

/// Weighted points in blocks, with the boxes of their groups and regions.
#[derive(Debug, Clone, PartialEq)]
pub struct PointBlocks<const D: usize> {
    len: usize,
    blocks: Vec<Block<D>>,
    groups: Vec<Bounds<D>>,
    regions: Vec<Bounds<D>>,
}

impl<const D: usize> PointBlocks<D> {
    /// Arranges at least one point, with one weight each; neighbours should stand side by side.
    #[must_use]
    pub fn new(points: &[[f64; D]], weights: &[f64]) -> Self {
        debug_assert!(points.len() == weights.len());
        Self::from_fn(points.len(), |i| (points[i], weights[i]))
    }

    /// Arranges `len` points, at least one, given with their weights by position.
    #[must_use]
    pub fn from_fn(len: usize, point: impl Fn(usize) -> ([f64; D], f64) + Sync) -> Self {
        debug_assert!(len > 0);
        let block = |b: usize| {
            let mut block = Block { coordinates: [[0.0; LANES]; D], weights: [0.0; LANES] };
            for lane in 0..LANES {
                let i = b * LANES + lane;
                let (at, weight) = point(i.min(len - 1));
                for d in 0..D {
                    block.coordinates[d][lane] = at[d];
                }
                block.weights[lane] = if i < len { weight } else { 0.0 };
            }
            block
        };
        let count = (0..len.div_ceil(LANES)).into_par_iter();
        let blocks: Vec<Block<D>> = count.with_min_len(GROUP * REGION).map(block).collect();
        let bounds = |size: usize| {
            let chunks = blocks.par_chunks(size).with_min_len(REGION);
            chunks.map(Bounds::around).collect()
        };
        let (groups, regions) = (bounds(GROUP), bounds(GROUP * REGION));
        Self { len, blocks, groups, regions }
    }

    /// Number of points, at least 1.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Always false: there is at least one point.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The points, `LANES` at a time.
    #[must_use]
    pub fn blocks(&self) -> &[Block<D>] {
        &self.blocks
    }

    /// The boxes around every `GROUP` blocks.
    #[must_use]
    pub fn groups(&self) -> &[Bounds<D>] {
        &self.groups
    }

    /// The boxes around every `REGION` groups.
    #[must_use]
    pub fn regions(&self) -> &[Bounds<D>] {
        &self.regions
    }

    /// Coordinates of point `i`.
    #[must_use]
    pub fn point(&self, i: usize) -> [f64; D] {
        self.blocks[i / LANES].coordinates.map(|lanes| lanes[i % LANES])
    }

    /// Weight of point `i`.
    #[must_use]
    pub fn weight(&self, i: usize) -> f64 {
        self.blocks[i / LANES].weights[i % LANES]
    }
}

/// Positions of the `points` in an order that keeps neighbours together.
///
/// Coordinates are rounded to 16 bits of their range; points equal then keep their order.
#[must_use]
pub fn z_order<const D: usize>(points: &[[f64; D]]) -> Vec<u32> {
    const { assert!(D <= 4, "a Z-order key has room for 4 coordinates") };
    let (mut low, mut high) = ([f64::INFINITY; D], [f64::NEG_INFINITY; D]);
    for point in points {
        for d in 0..D {
            low[d] = low[d].min(point[d]);
            high[d] = high[d].max(point[d]);
        }
    }
    // All coordinates have one step, so boxes are cubes. If all points are equal, the range is 0,
    // and 0 / 0 is converted to 0.
    let range = (0..D).map(|d| high[d] - low[d]).fold(0.0, f64::max);
    let mut keyed: Vec<(u64, u32)> = points
        .par_iter()
        .zip(0..points.len() as u32)
        .map(|(point, i)| {
            let mut rounded = [0; 4];
            for d in 0..D {
                rounded[d] = ((point[d] - low[d]) / range * f64::from(u16::MAX)) as u16;
            }
            (morton::key(rounded), i)
        })
        .collect();
    keyed.par_sort_unstable();
    keyed.into_iter().map(|(_, i)| i).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn points_and_weights_are_kept_and_boxed(
            rows in prop::collection::vec(([-9.0..9.0, -9.0..9.0, -9.0..9.0f64], 1u8..9), 1..700),
        ) {
            let (points, weights): (Vec<[f64; 3]>, Vec<f64>) =
                rows.into_iter().map(|(point, weight)| (point, f64::from(weight))).unzip();
            let found = PointBlocks::new(&points, &weights);
            prop_assert_eq!(found.len(), points.len());
            for (i, (point, weight)) in points.iter().zip(&weights).enumerate() {
                prop_assert_eq!((found.point(i), found.weight(i)), (*point, *weight));
                for bounds in [found.groups()[i / LANES / GROUP], found.regions()[i / LANES / GROUP / REGION]] {
                    for d in 0..3 {
                        prop_assert!(bounds.low[d] <= point[d] && point[d] <= bounds.high[d]);
                    }
                }
            }
            let total: f64 = found.blocks().iter().flat_map(|block| block.weights).sum();
            prop_assert_eq!(total, weights.iter().sum::<f64>());
        }

        #[test]
        fn z_order_is_a_permutation(points in prop::collection::vec([-9.0..9.0, -9.0..9.0f64], 1..99)) {
            let mut order = z_order(&points);
            order.sort_unstable();
            prop_assert_eq!(order, (0..points.len() as u32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn z_order_keeps_two_heaps_apart() {
        let points = [[0.0, 0.0], [9.0, 9.0], [0.1, 0.0], [9.0, 8.9], [0.0, 0.2]];
        assert_eq!(z_order(&points), [0, 2, 4, 3, 1]);
        assert_eq!(z_order(&[[5.0], [5.0]]), [0, 1]);
    }
}
