//! Regions that are too small join a neighbour.
//!
//! The smallest goes first. It takes the class of the neighbour with which it shares the longest
//! boundary. It becomes one region with it and with all others of that class that it touches. The
//! new region has at least twice the area. A region's outline is not kept but found anew by walking
//! its pixels, so no pixel is looked at more than log2(smallest area allowed) times.
//!
//! Cost: 24 megapixels with a million specks, to regions of at least 64 pixels, take 0.6 s of one
//! thread; noise (21 million specks) takes 3.8 s and 38 bytes a pixel.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::runs::{Connectivity, Runs, find, join};
use crate::error::Result;
use crate::labels::OUTSIDE;
use crate::progress::Progress;

/// Regions absorbed between two checks whether to go on.
const PATIENCE: usize = 1 << 12;

/// The labels after every region of fewer than `min_area` pixels that has a neighbour is absorbed.
///
/// The first pixel in reading order decides ties: the first of regions of one area is absorbed
/// first, and the first of neighbours with equally long boundaries absorbs. Neighbours share an
/// edge, whatever the connectivity. [`OUTSIDE`] is no neighbour, so a small region that nothing
/// else surrounds stays.
///
/// `labels` are rows of `width` classes or [`OUTSIDE`], [`super::MAX_PIXELS`] at most.
///
/// # Errors
/// [`crate::Error::Interrupted`] when `progress` says so.
pub fn absorbed(
    labels: &[u8],
    width: usize,
    min_area: u64,
    connectivity: Connectivity,
    progress: &dyn Progress,
) -> Result<Vec<u8>> {
    let runs = Runs::of(labels, width, progress)?;
    let (numbers, count) = runs.numbered(labels, OUTSIDE, connectivity, progress)?;
    let mut regions = Growing::new(labels, &runs, &numbers, count, connectivity, progress)?;
    let min_area = u32::try_from(min_area).unwrap_or(u32::MAX);
    // By area. A region grows to at least twice its area, so it joins none of the regions waiting.
    let mut small: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (region, &area) in regions.areas.iter().enumerate().skip(1) {
        if area < min_area {
            small.entry(area).or_default().push(region as u32);
        }
    }
    while let Some((area, mut waiting)) = small.pop_first() {
        waiting.sort_unstable();
        for (turn, region) in waiting.into_iter().enumerate() {
            if turn.is_multiple_of(PATIENCE) {
                progress.go_on()?;
            }
            if !regions.is_still(region, area) {
                continue;
            }
            if let Some((grown, area)) = regions.absorb(region)
                && area < min_area
            {
                small.entry(area).or_default().push(grown);
            }
        }
    }
    let classes: Vec<u8> = numbers.iter().map(|&number| regions.class_of(number)).collect();
    runs.spread(&classes, progress)
}

/// Regions that grow together; a region is named by the lowest number of those in it.
struct Growing<'a> {
    runs: &'a Runs,
    connectivity: Connectivity,
    /// The number of each pixel before anything grew, 0 outside.
    numbers: Vec<u32>,
    parents: Vec<u32>,
    areas: Vec<u32>,
    classes: Vec<u8>,
    /// The runs of a region in a ring: the one after each, and the last of each region.
    next: Vec<u32>,
    last: Vec<u32>,
    /// Of the region looked at: its neighbours, the edges shared with each (0 for all others), and
    /// the regions that it touches at a corner.
    neighbours: Vec<u32>,
    shared: Vec<u32>,
    corners: Vec<u32>,
}

impl<'a> Growing<'a> {
    fn new(
        labels: &[u8],
        runs: &'a Runs,
        numbers: &[u32],
        count: usize,
        connectivity: Connectivity,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let mut regions = Self {
            runs,
            connectivity,
            numbers: runs.spread(numbers, progress)?,
            parents: (0..=count as u32).collect(),
            areas: vec![0; count + 1],
            classes: vec![OUTSIDE; count + 1],
            next: (0..numbers.len() as u32).collect(),
            last: vec![u32::MAX; count + 1],
            neighbours: Vec::new(),
            shared: vec![0; count + 1],
            corners: Vec::new(),
        };
        for (run, &number) in numbers.iter().enumerate() {
            let (number, positions) = (number as usize, runs.positions(run));
            regions.areas[number] += positions.len() as u32;
            regions.classes[number] = labels[positions.start];
            if regions.last[number] != u32::MAX {
                regions.next.swap(run, regions.last[number] as usize);
            }
            regions.last[number] = run as u32;
        }
        Ok(regions)
    }

    /// Whether a region has been neither absorbed nor enlarged since it had this area.
    fn is_still(&self, region: u32, area: u32) -> bool {
        self.parents[region as usize] == region && self.areas[region as usize] == area
    }

    fn class_of(&mut self, number: u32) -> u8 {
        self.classes[find(&mut self.parents, number) as usize]
    }

    /// Gives a region to its neighbour. Returns the new region and its area, or `None` if there is
    /// no neighbour.
    fn absorb(&mut self, region: u32) -> Option<(u32, u32)> {
        self.look_around(region);
        let by_boundary =
            |&&neighbour: &&u32| (self.shared[neighbour as usize], Reverse(neighbour));
        let absorber = *self.neighbours.iter().max_by_key(by_boundary)?;
        let class = self.classes[absorber as usize];
        let mut grown = region;
        for touched in self.neighbours.iter().chain(&self.corners) {
            self.shared[*touched as usize] = 0;
            let other = find(&mut self.parents, *touched);
            // Regions of the class that touch become one, unless they are already.
            if self.classes[other as usize] == class && other != grown {
                let area = self.areas[grown as usize] + self.areas[other as usize];
                let (a, b) = (self.last[grown as usize], self.last[other as usize]);
                self.next.swap(a as usize, b as usize);
                grown = join(&mut self.parents, grown, other);
                self.areas[grown as usize] = area;
                self.classes[grown as usize] = class;
                self.last[grown as usize] = a;
            }
        }
        Some((grown, self.areas[grown as usize]))
    }

    /// Finds the neighbours of a region, what it shares with each, and what it touches.
    fn look_around(&mut self, region: u32) {
        self.neighbours.clear();
        self.corners.clear();
        let (width, pixels) = (self.runs.width(), self.numbers.len());
        let last = self.last[region as usize];
        let mut run = last;
        loop {
            run = self.next[run as usize];
            let positions = self.runs.positions(run as usize);
            let row = positions.start / width * width;
            let at_left = positions.start == row;
            let at_right = positions.end == row + width;
            if !at_left {
                self.meet_edge(region, positions.start - 1);
            }
            if !at_right {
                self.meet_edge(region, positions.end);
            }
            // Starts of the rows above and below, if there are such rows.
            let above = row.checked_sub(width);
            let below = Some(row + width).filter(|&below| below < pixels);
            for other in [above, below].into_iter().flatten() {
                let (start, end) = (other + positions.start - row, other + positions.end - row);
                (start..end).for_each(|position| self.meet_edge(region, position));
                if self.connectivity == Connectivity::Eight {
                    if !at_left {
                        self.meet_corner(region, start - 1);
                    }
                    if !at_right {
                        self.meet_corner(region, end);
                    }
                }
            }
            if run == last {
                break;
            }
        }
    }

    fn meet_edge(&mut self, region: u32, position: usize) {
        if let Some(other) = self.other_at(region, position) {
            if self.shared[other as usize] == 0 {
                self.neighbours.push(other);
            }
            self.shared[other as usize] += 1;
        }
    }

    fn meet_corner(&mut self, region: u32, position: usize) {
        let other = self.other_at(region, position);
        self.corners.extend(other);
    }

    /// The region at a pixel, unless it is this one or outside.
    fn other_at(&mut self, region: u32, position: usize) -> Option<u32> {
        let number = self.numbers[position];
        // Pixels outside have number 0, which no region joins.
        let other = find(&mut self.parents, number);
        (other != 0 && other != region).then_some(other)
    }
}
