//! The outlines of regions along the edges of pixels, as polygons that geometry libraries accept.
//!
//! Libraries want rings that meet themselves nowhere, not even at a corner. A region that is
//! connected over corners has no such ring, so it is cut into pieces that are connected over edges;
//! each piece is a polygon with holes. Where two pixels of a piece touch at a corner alone, the
//! ring goes on from one to the other. The piece joins them along some other path, and that path
//! surrounds a hole of its own, which touches the outer ring. The rings are those of
//! `GDALPolygonize` for the pieces. For regions connected over corners `GDALPolygonize` gives rings
//! that meet themselves, which `QuPath` and others refuse.
//!
//! Cost: every edge is followed once. 24 megapixels with 40,000 regions and 7 million corners take
//! 1 s of one thread, their text included.

use super::runs::{Connectivity, Runs};
use crate::error::Result;
use crate::progress::Progress;

/// Outlines of regions as rings of corners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlines {
    /// Columns and rows of corners: the pixel in column x of row y lies between x and x + 1, and
    /// between y and y + 1.
    pub corners: Vec<[u32; 2]>,
    /// By region; of each region by piece; of each piece its outer ring and then its holes.
    pub rings: Vec<Ring>,
}

/// A closed line that meets itself nowhere. Outer rings turn from the axis of columns to that of
/// rows: their area by the shoelace formula is positive. Holes turn the other way round: theirs is
/// negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ring {
    /// The number of its region.
    pub region: u32,
    /// The number of its piece among those of all regions.
    pub piece: u32,
    /// The first of its corners in [`Outlines::corners`].
    pub start: usize,
    /// One after the last of its corners. Each stands once, and no three in a row lie on one line.
    pub end: usize,
}

impl Outlines {
    /// A ring's corners.
    #[must_use]
    pub fn corners_of(&self, ring: &Ring) -> &[[u32; 2]] {
        &self.corners[ring.start..ring.end]
    }

    /// The rings of each region.
    pub fn regions(&self) -> impl Iterator<Item = &[Ring]> {
        self.rings.chunk_by(|a, b| a.region == b.region)
    }
}

/// The outlines of those regions for which `wanted[number - 1]` is set.
///
/// `numbers` are rows of `width` numbers of regions, 0 for none; regions need not be connected.
///
/// # Errors
/// [`crate::Error::Interrupted`] when `progress` says so.
pub fn outlines(
    numbers: &[u32],
    width: usize,
    wanted: &[bool],
    progress: &dyn Progress,
) -> Result<Outlines> {
    let runs = Runs::of(numbers, width, progress)?;
    let (of_runs, _) = runs.numbered(numbers, 0, Connectivity::Four, progress)?;
    let pieces = Pieces { numbers: runs.spread(&of_runs, progress)?, width };
    let mut found = Outlines { corners: Vec::new(), rings: Vec::new() };
    let mut followed = Followed(vec![0; numbers.len().div_ceil(u64::BITS as usize)]);
    for y in 0..runs.height() {
        progress.go_on()?;
        for run in runs.row(y) {
            let positions = runs.positions(run);
            let region = numbers[positions.start];
            if region == 0 || !wanted[region as usize - 1] {
                continue;
            }
            // Every ring has an edge that lies above a pixel of its piece.
            for position in positions {
                if pieces.is_edge_above(position) && !followed.holds(position) {
                    let start = found.corners.len();
                    pieces.follow(position, &mut found.corners, &mut followed);
                    let (piece, end) = (of_runs[run], found.corners.len());
                    found.rings.push(Ring { region, piece, start, end });
                }
            }
        }
    }
    // The sort is stable, and the outer ring of a piece comes first: it holds the piece's first
    // edge in reading order.
    found.rings.sort_by_key(|ring| (ring.region, ring.piece));
    Ok(found)
}

/// The piece of each pixel, 0 for none.
struct Pieces {
    numbers: Vec<u32>,
    width: usize,
}

/// The edges above pixels that have been followed, a bit each.
struct Followed(Vec<u64>);

impl Followed {
    fn holds(&self, position: usize) -> bool {
        self.0[position / u64::BITS as usize] >> (position % u64::BITS as usize) & 1 == 1
    }

    fn add(&mut self, position: usize) {
        self.0[position / u64::BITS as usize] |= 1 << (position % u64::BITS as usize);
    }
}

/// The direction in which a ring goes on; the piece is to the right.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heading {
    East,
    South,
    West,
    North,
}

impl Heading {
    fn right(self) -> Self {
        match self {
            Self::East => Self::South,
            Self::South => Self::West,
            Self::West => Self::North,
            Self::North => Self::East,
        }
    }

    fn left(self) -> Self {
        self.right().right().right()
    }
}

impl Pieces {
    fn is_edge_above(&self, position: usize) -> bool {
        let above = position.checked_sub(self.width);
        above.is_none_or(|above| self.numbers[above] != self.numbers[position])
    }

    /// The piece of the pixel right of and below the corner (x, y), moved by (-`left`, -`up`).
    fn at(&self, x: usize, y: usize, left: usize, up: usize) -> u32 {
        match (x.checked_sub(left), y.checked_sub(up)) {
            (Some(x), Some(y)) if x < self.width => {
                self.numbers.get(y * self.width + x).copied().unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// Adds the corners of the ring that the edge above a pixel is on.
    ///
    /// The edge must be the first of its ring in reading order, so that it begins at a corner.
    fn follow(&self, position: usize, corners: &mut Vec<[u32; 2]>, followed: &mut Followed) {
        let piece = self.numbers[position];
        let start = (position % self.width, position / self.width);
        let ((mut x, mut y), mut heading) = (start, Heading::East);
        corners.push([x as u32, y as u32]);
        loop {
            let (left, right) = match heading {
                Heading::East => {
                    followed.add(y * self.width + x);
                    x += 1;
                    (self.at(x, y, 0, 1), self.at(x, y, 0, 0))
                }
                Heading::South => {
                    y += 1;
                    (self.at(x, y, 0, 0), self.at(x, y, 1, 0))
                }
                Heading::West => {
                    x -= 1;
                    (self.at(x, y, 1, 0), self.at(x, y, 1, 1))
                }
                Heading::North => {
                    y -= 1;
                    (self.at(x, y, 1, 1), self.at(x, y, 0, 1))
                }
            };
            // Left first: if two pixels touch at the corner, the ring goes on to the other.
            let turned = if left == piece {
                heading.left()
            } else if right == piece {
                continue;
            } else {
                heading.right()
            };
            heading = turned;
            if (x, y) == start && heading == Heading::East {
                return;
            }
            corners.push([x as u32, y as u32]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::progress::Silent;

    fn shoelace(corners: &[[u32; 2]]) -> i64 {
        let next = corners.iter().cycle().skip(1);
        let doubled = corners
            .iter()
            .zip(next)
            .map(|(a, b)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1]));
        doubled.sum::<i64>() / 2
    }

    /// All regions wanted, checked against what every set of outlines must be.
    fn checked(numbers: &[u32], width: usize) -> Outlines {
        let wanted = vec![true; numbers.iter().max().map_or(0, |&most| most as usize)];
        let found = outlines(numbers, width, &wanted, &Silent).unwrap();
        let mut painted = vec![0; numbers.len()];
        for rings in found.rings.chunk_by(|a, b| a.piece == b.piece) {
            for (i, ring) in rings.iter().enumerate() {
                let corners = found.corners_of(ring);
                assert_eq!(shoelace(corners) > 0, i == 0, "{rings:?}");
                let mut sorted = corners.to_vec();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), corners.len(), "a ring meets itself: {corners:?}");
                for (j, corner) in corners.iter().enumerate() {
                    let (before, after) = (
                        corners[(j + corners.len() - 1) % corners.len()],
                        corners[(j + 1) % corners.len()],
                    );
                    assert_eq!((before[0] == corner[0]), (after[1] == corner[1]), "{corners:?}");
                }
            }
            // Even-odd: pixels with an odd number of edges above them.
            for x in 0..width {
                let mut inside = false;
                for y in 0..numbers.len() / width {
                    let crossed = rings.iter().filter(|ring| {
                        let corners = found.corners_of(ring);
                        (0..corners.len()).any(|j| {
                            let (a, b) = (corners[j], corners[(j + 1) % corners.len()]);
                            let columns = a[0].min(b[0]) as usize..a[0].max(b[0]) as usize;
                            a[1] == b[1] && a[1] as usize == y && columns.contains(&x)
                        })
                    });
                    inside ^= crossed.count() % 2 == 1;
                    if inside {
                        assert_eq!(painted[y * width + x], 0, "pieces overlap");
                        painted[y * width + x] = rings[0].region;
                    }
                }
            }
        }
        assert_eq!(painted, numbers);
        found
    }

    fn rings_of(found: &Outlines) -> Vec<Vec<[u32; 2]>> {
        found.rings.iter().map(|ring| found.corners_of(ring).to_vec()).collect()
    }

    #[test]
    fn a_pixel_is_a_square() {
        let found = checked(&[0, 0, 0, 1, 0, 0], 2);
        assert_eq!(rings_of(&found), [[[1, 1], [2, 1], [2, 2], [1, 2]]]);
    }

    #[test]
    fn ends_that_touch_at_a_corner_close_a_hole_that_touches_the_outer_ring() {
        #[rustfmt::skip]
        let found = checked(&[
            1, 1, 1,
            1, 0, 1,
            1, 1, 0,
        ], 3);
        let outer = vec![[0, 0], [3, 0], [3, 2], [2, 2], [2, 3], [0, 3]];
        let hole = vec![[1, 2], [2, 2], [2, 1], [1, 1]];
        assert_eq!(rings_of(&found), [outer, hole]);
    }

    #[test]
    fn holes_that_touch_at_a_corner_are_two() {
        #[rustfmt::skip]
        let found = checked(&[
            1, 1, 1, 1,
            1, 0, 1, 1,
            1, 1, 0, 1,
            1, 1, 1, 1,
        ], 4);
        assert_eq!(found.rings.len(), 3);
    }

    #[test]
    fn pieces_that_touch_at_a_corner_have_rings_of_their_own() {
        let found = checked(&[1, 0, 0, 1], 2);
        let pieces: Vec<(u32, u32)> = found.rings.iter().map(|r| (r.region, r.piece)).collect();
        assert_eq!(pieces, [(1, 1), (1, 2)]);
    }

    #[test]
    fn an_island_lies_in_the_hole_of_its_lake() {
        #[rustfmt::skip]
        let found = checked(&[
            1, 1, 1, 1, 1,
            1, 2, 2, 2, 1,
            1, 2, 1, 2, 1,
            1, 2, 2, 2, 1,
            1, 1, 1, 1, 1,
        ], 5);
        // Land of region 1: the shore with a hole, and the island; then the lake with a hole.
        let rings: Vec<(u32, u32)> = found.rings.iter().map(|r| (r.region, r.piece)).collect();
        assert_eq!(rings, [(1, 1), (1, 1), (1, 3), (2, 2), (2, 2)]);
    }

    #[test]
    fn only_what_is_wanted_is_followed() {
        let found = outlines(&[1, 2, 3], 3, &[false, true, false], &Silent).unwrap();
        assert_eq!(rings_of(&found), [[[1, 0], [2, 0], [2, 1], [1, 1]]]);
    }

    proptest! {
        #[test]
        fn outlines_enclose_just_their_pixels(
            width in 1usize..14,
            values in prop::collection::vec(0u32..3, 1..150),
        ) {
            let height = values.len().div_ceil(width);
            let numbers: Vec<u32> = (0..width * height).map(|i| values[i % values.len()]).collect();
            checked(&numbers, width);
        }
    }
}
