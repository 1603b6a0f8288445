//! Maps drawn by hand, and a flood fill that follows the definitions.

use proptest::prelude::*;

use super::*;
use crate::pixels::Samples;
use crate::progress::{Silent, Stage};
use Connectivity::{Eight, Four};

/// A letter for each class from `a`, a dot for what is outside; the labels and the width.
fn drawn(rows: &[&str]) -> (Vec<u8>, usize) {
    let label = |letter: u8| if letter == b'.' { OUTSIDE } else { letter - b'a' };
    (rows.iter().flat_map(|row| row.bytes().map(label)).collect(), rows[0].len())
}

fn found(rows: &[&str], connectivity: Connectivity) -> Regions {
    let (labels, width) = drawn(rows);
    regions(&labels, width, connectivity, &Silent).unwrap()
}

fn neighbours(
    position: usize,
    width: usize,
    height: usize,
    connectivity: Connectivity,
) -> Vec<Option<usize>> {
    let steps = [(0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)];
    let steps = if connectivity == Four { &steps[..4] } else { &steps[..] };
    let (x, y) = (position % width, position / width);
    let step = |&(dx, dy): &(isize, isize)| {
        let (x, y) = (x.checked_add_signed(dx)?, y.checked_add_signed(dy)?);
        (x < width && y < height).then_some(y * width + x)
    };
    steps.iter().map(step).collect()
}

fn flooded(labels: &[u8], width: usize, connectivity: Connectivity) -> Vec<u32> {
    let (mut numbers, mut count) = (vec![0; labels.len()], 0);
    for first in 0..labels.len() {
        if labels[first] == OUTSIDE || numbers[first] > 0 {
            continue;
        }
        count += 1;
        let mut waiting = vec![first];
        while let Some(position) = waiting.pop() {
            if labels[position] == labels[first] && numbers[position] == 0 {
                numbers[position] = count;
                let around = neighbours(position, width, labels.len() / width, connectivity);
                waiting.extend(around.into_iter().flatten());
            }
        }
    }
    numbers
}

fn counted(labels: &[u8], numbers: &[u32], width: usize, number: u32) -> Region {
    let height = labels.len() / width;
    let mut region = Region::EMPTY;
    for position in (0..labels.len()).filter(|&position| numbers[position] == number) {
        let (x, y) = (position % width, position / width);
        region.class = labels[position];
        region.area += 1;
        region.row_sum += y as u64;
        region.column_sum += x as u64;
        let [top, left, bottom, right] = region.bounds;
        let (column, row) = (x as u32, y as u32);
        region.bounds =
            [top.min(row), left.min(column), bottom.max(row + 1), right.max(column + 1)];
        let around = neighbours(position, width, height, Eight);
        let leads_out = |other: &&Option<usize>| other.is_none_or(|at| numbers[at] != number);
        region.edges += around[..4].iter().filter(leads_out).count() as u64;
        region.corners += around[4..].iter().filter(leads_out).count() as u64;
        region.touches_border |= around[..4].contains(&None);
    }
    region
}

/// Follows the definition of [`absorbed`], from scratch after every region.
fn naively_absorbed(
    labels: &[u8],
    width: usize,
    min_area: usize,
    connectivity: Connectivity,
) -> Vec<u8> {
    let mut labels = labels.to_vec();
    loop {
        let numbers = flooded(&labels, width, connectivity);
        let count = numbers.iter().copied().max().unwrap_or(0);
        let area = |number: u32| numbers.iter().filter(|&&n| n == number).count();
        let shared = |number: u32| {
            let mut shared = vec![0; count as usize + 1];
            for position in (0..labels.len()).filter(|&position| numbers[position] == number) {
                let around = neighbours(position, width, labels.len() / width, Four);
                for other in around.into_iter().flatten().map(|other| numbers[other]) {
                    shared[other as usize] += usize::from(other != number && other > 0);
                }
            }
            shared
        };
        let small =
            (1..=count).filter(|&n| area(n) < min_area && shared(n).iter().sum::<usize>() > 0);
        let Some(smallest) = small.min_by_key(|&number| (area(number), number)) else {
            return labels;
        };
        let shared = shared(smallest);
        let absorber = (1..=count).rev().max_by_key(|&number| shared[number as usize]).unwrap();
        let class = labels[numbers.iter().position(|&number| number == absorber).unwrap()];
        for position in (0..labels.len()).filter(|&position| numbers[position] == smallest) {
            labels[position] = class;
        }
    }
}

/// A map of few classes, some of it outside, taller than a band of rows at times.
fn maps() -> impl Strategy<Value = (Vec<u8>, usize)> {
    let label = prop_oneof![4 => 0u8..3, 1 => Just(OUTSIDE)];
    (1usize..12, prop::collection::vec(label, 1..1100)).prop_map(|(width, mut labels)| {
        labels.truncate((labels.len() / width).max(1) * width);
        labels.resize(labels.len().next_multiple_of(width), 0);
        (labels, width)
    })
}

#[test]
fn regions_are_numbered_in_the_order_of_their_first_pixels() {
    let rows = ["aab.", "acba", "bcaa"];
    assert_eq!(found(&rows, Four).numbers, [1, 1, 2, 0, 1, 3, 2, 4, 5, 3, 4, 4]);
    assert_eq!(found(&["ab", "ba"], Eight).numbers, [1, 2, 2, 1]);
    assert_eq!(found(&["ab", "ba"], Four).numbers, [1, 2, 3, 4]);
}

#[test]
fn arms_that_meet_further_down_are_one_region() {
    let rows = ["a.a.a", "a.aaa", "aaa.a"];
    assert_eq!(found(&rows, Four).figures.len(), 1);
}

#[test]
fn figures_are_those_counted_by_hand() {
    let found = found(&["....", ".aab", ".a.b"], Four);
    let expected = Region {
        class: 0,
        area: 3,
        bounds: [1, 1, 3, 3],
        row_sum: 4,
        column_sum: 4,
        edges: 8,
        corners: 10,
        touches_border: true,
    };
    assert_eq!(found.figures[0], expected);
    assert_eq!(found.figures[1].area, 2);
}

#[test]
fn nothing_but_outside_has_no_regions() {
    let found = found(&["...", "..."], Eight);
    assert_eq!((found.numbers, found.figures), (vec![0; 6], Vec::new()));
}

#[test]
fn mean_colours_weigh_by_alpha() {
    let samples = [200, 0, 10, 255, 100, 50, 10, 255, 9, 9, 9, 0, 60, 60, 60, 85];
    let pixels = Pixels::new(Samples::U8(&samples), 4, 1, 4).unwrap();
    let means = mean_colors(&[1, 1, 2, 2], 2, &pixels, &Silent).unwrap();
    assert_eq!(means, [[150.0, 25.0, 10.0], [60.0; 3]]);
    let clear = mean_colors(&[0, 0, 1, 0], 1, &pixels, &Silent).unwrap();
    assert_eq!(clear, [[0.0; 3]]);
}

#[test]
fn mean_colours_of_16_bits_are_told_as_of_8() {
    let samples = [257, 514, 65535, 257, 514, 65535];
    let pixels = Pixels::new(Samples::U16(&samples), 2, 1, 3).unwrap();
    assert_eq!(mean_colors(&[1, 1], 1, &pixels, &Silent).unwrap(), [[1.0, 2.0, 255.0]]);
}

fn after_absorbing(rows: &[&str], min_area: u64, connectivity: Connectivity) -> Vec<u8> {
    let (labels, width) = drawn(rows);
    absorbed(&labels, width, min_area, connectivity, &Silent).unwrap()
}

#[test]
fn a_speck_takes_the_class_it_shares_most_boundary_with() {
    let after = after_absorbing(&["aabb", "acbb", "aabb"], 2, Four);
    assert_eq!(after, drawn(&["aabb", "aabb", "aabb"]).0);
}

#[test]
fn of_equal_boundaries_the_first_region_absorbs() {
    assert_eq!(after_absorbing(&["bbcaa"], 2, Four), drawn(&["bbbaa"]).0);
}

#[test]
fn a_speck_that_changes_joins_all_regions_of_its_new_class() {
    // Without the right half, the left one and the speck would be too small themselves.
    assert_eq!(after_absorbing(&["aacaa", "bbbbb"], 5, Four), drawn(&["aaaaa", "bbbbb"]).0);
}

#[test]
fn what_has_no_neighbour_stays_however_small() {
    let rows = ["a..", ".b.", "..c"];
    assert_eq!(after_absorbing(&rows, 100, Eight), drawn(&rows).0);
    assert_eq!(after_absorbing(&["ab"], u64::MAX, Four), drawn(&["bb"]).0);
}

#[test]
fn a_speck_that_changes_joins_over_corners_only_where_they_connect() {
    let rows = ["bc..", "b.ba", "...a", "...a"];
    let (joined, alone) = (["bb..", "b.ba", "...a", "...a"], ["bb..", "b.aa", "...a", "...a"]);
    assert_eq!(after_absorbing(&rows, 3, Eight), drawn(&joined).0);
    assert_eq!(after_absorbing(&rows, 3, Four), drawn(&alone).0);
}

#[test]
fn it_stops_when_told() {
    struct Stopped;
    impl Progress for Stopped {
        fn report(&self, _: Stage, _: f64) -> Result<()> {
            Err(crate::Error::Interrupted)
        }
        fn go_on(&self) -> Result<()> {
            Err(crate::Error::Interrupted)
        }
    }
    let interrupted = crate::Error::Interrupted;
    assert_eq!(regions(&[0], 1, Four, &Stopped), Err(interrupted.clone()));
    assert_eq!(absorbed(&[0], 1, 5, Four, &Stopped), Err(interrupted.clone()));
    assert_eq!(outlines(&[1], 1, &[true], &Stopped), Err(interrupted));
}

proptest! {
    #[test]
    fn regions_are_those_of_a_flood_fill((labels, width) in maps(), corners: bool) {
        let connectivity = if corners { Eight } else { Four };
        let found = regions(&labels, width, connectivity, &Silent).unwrap();
        let numbers = flooded(&labels, width, connectivity);
        prop_assert_eq!(&found.numbers, &numbers);
        for (i, region) in found.figures.iter().enumerate() {
            prop_assert_eq!(*region, counted(&labels, &numbers, width, i as u32 + 1));
        }
        prop_assert_eq!(found.figures.len(), numbers.iter().copied().max().unwrap_or(0) as usize);
    }

    #[test]
    fn absorbing_does_as_defined(
        (labels, width) in maps(),
        rows in 1usize..14,
        min_area in 0usize..30,
        corners: bool,
    ) {
        let connectivity = if corners { Eight } else { Four };
        let labels = &labels[..labels.len().min(rows * width)];
        let after = absorbed(labels, width, min_area as u64, connectivity, &Silent).unwrap();
        prop_assert_eq!(after, naively_absorbed(labels, width, min_area, connectivity));
    }
}
