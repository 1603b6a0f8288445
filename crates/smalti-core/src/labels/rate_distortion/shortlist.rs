//! The palette where the search can reach it, and for any place the entries worth comparing.
//!
//! The search asks for the cheapest entries near millions of places. Space is cut into small
//! cubes; the entries nearest to a cube's centre are found once, when a place in it is first
//! asked for, and kept. Where entries crowd a cube, as the shades of a gradient do, smaller cubes are taken.
//! What a list holds depends on nothing but the cube, so the answers depend on neither order nor threads.

#![expect(clippy::inline_always, reason = "only what is inlined becomes wide vectors")]

use multiversion::multiversion;
use rustc_hash::FxHashMap;

use super::settings::MAX_COLORS;

/// Entries compared for a place: two vectors of eight.
pub const LISTED: usize = 16;

/// Sides of the cubes in percent of the space's range: a fraction of the distance between colours, in
/// most palettes of the first. The last is a third of the step between two greys of 8 bits.
const SIDES: [f32; 3] = [2.0, 0.5, 0.125];

/// Makes cubes' numbers positive, so that truncating rounds down.
const BIAS: f32 = 4096.0;

/// Lists that are kept at a time. Each takes about 200 bytes.
const MAX_LISTS: usize = 1 << 14;

/// A coordinate, and a cost, beyond all others: entries that are not there have it.
pub const FAR: f32 = 1e9;

/// The colours' places, coordinate by coordinate.
pub struct LabelCodebook<const D: usize> {
    places: Vec<[f32; D]>,
    /// The same coordinate by coordinate, for vector instructions.
    columns: [Vec<f32>; D],
}

impl<const D: usize> LabelCodebook<D> {
    /// A codebook of at most 256 places.
    pub fn new(places: Vec<[f32; D]>) -> Self {
        debug_assert!((1..=MAX_COLORS).contains(&places.len()));
        let columns = std::array::from_fn(|d| places.iter().map(|place| place[d]).collect());
        Self { places, columns }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Where an entry lies.
    #[inline]
    pub fn place(&self, entry: usize) -> &[f32; D] {
        &self.places[entry]
    }

    /// The list of at most `LISTED` entries.
    fn listed(&self, entries: impl Iterator<Item = u8>) -> Shortlist<D> {
        let mut list = Shortlist { entries: [0; LISTED], places: [[FAR; LISTED]; D] };
        let count = list.entries.iter_mut().zip(entries).map(|(own, entry)| *own = entry).count();
        list.entries[..count].sort_unstable();
        for (listed, column) in list.places.iter_mut().zip(&self.columns) {
            for (value, &entry) in listed.iter_mut().zip(&list.entries[..count]) {
                *value = column[usize::from(entry)];
            }
        }
        list
    }
}

/// The entries near a place.
pub struct Shortlist<const D: usize> {
    /// The entries, ascending.
    pub entries: [u8; LISTED],
    /// Their coordinates: `places[d][i]` is coordinate `d` of `entries[i]`.
    pub places: [[f32; LISTED]; D],
}

impl<const D: usize> Shortlist<D> {
    /// The squared distances of `place` to the entries.
    #[inline(always)]
    pub fn squares(&self, place: &[f32; D]) -> [f32; LISTED] {
        let mut squares = [0.0; LISTED];
        for d in 0..D {
            for i in 0..LISTED {
                let difference = place[d] - self.places[d][i];
                squares[i] += difference * difference;
            }
        }
        squares
    }
}

/// The least of the squared distances to the entries of a list.
#[inline(always)]
pub fn least(squares: &[f32; LISTED]) -> f32 {
    let mut lanes = [f32::INFINITY; 8];
    for i in 0..LISTED {
        lanes[i % 8] = if squares[i] < lanes[i % 8] { squares[i] } else { lanes[i % 8] };
    }
    // Not f32::min, which looks for NaN.
    let mut least = f32::INFINITY;
    for lane in lanes {
        least = if lane < least { lane } else { least };
    }
    least
}

/// A cube: its size as a position in [`SIDES`], and its place in steps of its side.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Cube<const D: usize> {
    size: usize,
    steps: [i32; D],
}

/// What is known of a cube.
#[derive(Clone, Copy)]
enum Known {
    /// The position of its list.
    Listed(usize),
    /// Smaller cubes are to be asked.
    Crowded,
}

/// Shortlists made so far.
pub struct Shortlists<'a, const D: usize> {
    codebook: &'a LabelCodebook<D>,
    cubes: FxHashMap<Cube<D>, Known>,
    lists: Vec<Shortlist<D>>,
    /// The list that was asked for last, if any: entries that are not far from what is asked for next.
    last: Option<usize>,
}

impl<'a, const D: usize> Shortlists<'a, D> {
    /// None made yet.
    pub fn new(codebook: &'a LabelCodebook<D>) -> Self {
        Self { codebook, cubes: FxHashMap::default(), lists: Vec::new(), last: None }
    }

    /// The entries near `place`.
    #[inline]
    pub fn near(&mut self, place: &[f32; D]) -> &Shortlist<D> {
        let mut size = 0;
        loop {
            let cube = Cube::around(place, size);
            let known = self.cubes.get(&cube).copied();
            if let Known::Listed(list) = known.unwrap_or_else(|| self.learn(cube)) {
                self.last = Some(list);
                return &self.lists[list];
            }
            size += 1;
        }
    }

    /// Lists the entries near a cube, unless entries crowd it and there are smaller ones.
    #[cold]
    fn learn(&mut self, cube: Cube<D>) -> Known {
        let center = cube.center();
        // As many entries as are listed are no farther than this: none that is farther is listed.
        let last = self.last.map(|last| self.lists[last].squares(&center));
        let most = last.map_or(f32::INFINITY, |squares| squares.into_iter().fold(0.0, f32::max));
        let mut keys = [0; MAX_COLORS];
        let found = within(&self.codebook.columns, most, &center, &mut keys);
        let keys = &mut keys[..found];
        let count = keys.len().min(LISTED);
        if count < keys.len() {
            keys.select_nth_unstable(count - 1);
        }
        let nearest = &keys[..count];
        // With the farthest listed entry a diagonal away, what is left out is at least half a diagonal
        // from any place in the cube. Such an entry may still be the nearest to a place. To be certain
        // would take smaller cubes in photographs too, where it gains nothing and takes twice the time.
        let diagonal = SIDES[cube.size] * (D as f32).sqrt();
        let is_crowded = |farthest: &u64| f32::from_bits((farthest >> 8) as u32).sqrt() < diagonal;
        let has_more = count < self.codebook.len() && cube.size + 1 < SIDES.len();
        let known = if has_more && nearest.iter().max().is_some_and(is_crowded) {
            Known::Crowded
        } else {
            self.make_room();
            self.lists.push(self.codebook.listed(nearest.iter().map(|key| *key as u8)));
            Known::Listed(self.lists.len() - 1)
        };
        self.cubes.insert(cube, known);
        known
    }

    /// Forgets everything before it becomes too much.
    fn make_room(&mut self) {
        if self.lists.len() == MAX_LISTS {
            self.cubes.clear();
            self.lists.clear();
            self.last = None;
        }
    }
}

/// Adds an entry to `keys` for each that is no farther than `most`, squared, and tells how many are:
/// keys are ordered by distance, then by entry.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn within<const D: usize>(
    columns: &[Vec<f32>; D],
    most: f32,
    center: &[f32; D],
    keys: &mut [u64; MAX_COLORS],
) -> usize {
    let mut squares = [0.0; MAX_COLORS];
    for (center, column) in center.iter().zip(columns) {
        for (square, value) in squares.iter_mut().zip(column) {
            *square += (center - value) * (center - value);
        }
    }
    let mut count = 0;
    for (entry, square) in squares[..columns[0].len()].iter().enumerate() {
        // Squares are not negative, so their bits are ordered as they are. A key that does not count is
        // overwritten.
        keys[count] = u64::from(square.to_bits()) << 8 | entry as u64;
        count += usize::from(*square <= most);
    }
    count
}

impl<const D: usize> Cube<D> {
    /// The cube of a size that holds `place`.
    #[inline]
    fn around(place: &[f32; D], size: usize) -> Self {
        let per_side = 1.0 / SIDES[size];
        Self { size, steps: place.map(|value| (value * per_side + BIAS) as i32) }
    }

    fn center(&self) -> [f32; D] {
        self.steps.map(|steps| (steps as f32 + 0.5 - BIAS) * SIDES[self.size])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn distance<const D: usize>(a: &[f32; D], b: &[f32; D]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
    }

    fn places(count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<[f32; 3]>> {
        prop::collection::vec(prop::array::uniform3(-40f32..140.0), count)
    }

    fn entries<const D: usize>(list: &Shortlist<D>, codebook: &LabelCodebook<D>) -> Vec<u8> {
        list.entries[..codebook.len().min(LISTED)].to_vec()
    }

    proptest! {
        #[test]
        fn what_is_listed_is_nearly_as_near_as_the_nearest(
            colors in places(1..=256),
            asked in places(1..=60),
        ) {
            let codebook = LabelCodebook::new(colors);
            let mut lists = Shortlists::new(&codebook);
            for place in &asked {
                let from = |entry: usize| distance(place, codebook.place(entry));
                let nearest = (0..codebook.len()).map(from).fold(f32::INFINITY, f32::min);
                let listed = entries(lists.near(place), &codebook);
                let found = listed.iter().map(|&entry| from(entry.into()));
                // Where it is not the nearest itself, both are at most half a diagonal farther from, or
                // nearer to, the centre.
                let diagonal = SIDES[0] * 3f32.sqrt();
                prop_assert!(found.fold(f32::INFINITY, f32::min) <= nearest + diagonal + 1e-3);
            }
        }

        #[test]
        fn the_nearest_shade_of_a_gradient_is_listed(step in 0.3f32..3.0, at in 0f32..100.0) {
            let codebook = LabelCodebook::new((0..256).map(|i| [i as f32 * step / 4.0; 3]).collect());
            let from = |entry: usize| distance(&[at; 3], codebook.place(entry));
            let nearest = (0..codebook.len()).map(from).fold(f32::INFINITY, f32::min);
            let listed = entries(Shortlists::new(&codebook).near(&[at; 3]), &codebook);
            prop_assert!(listed.iter().any(|&entry| from(entry.into()) <= nearest));
        }

        #[test]
        fn no_more_colours_than_are_listed_are_all_listed(
            colors in places(1..=LISTED),
            asked in places(1..=5),
        ) {
            let codebook = LabelCodebook::new(colors);
            let mut lists = Shortlists::new(&codebook);
            for place in &asked {
                let list = lists.near(place);
                let all: Vec<u8> = (0..codebook.len() as u8).collect();
                prop_assert_eq!(entries(list, &codebook), all);
                for i in 0..LISTED {
                    let kept = std::array::from_fn(|d| list.places[d][i]);
                    let expected = if i < codebook.len() { *codebook.place(i) } else { [FAR; 3] };
                    prop_assert_eq!(kept, expected);
                }
            }
        }

        #[test]
        fn lists_hold_the_nearest_to_a_cubes_centre(colors in places(17..=256), at in 0i32..50) {
            let codebook = LabelCodebook::new(colors);
            let places = [at as f32 * 2.0 + 0.01; 3];
            let found = entries(Shortlists::new(&codebook).near(&places), &codebook);
            prop_assert!(found.is_sorted_by(|a, b| a < b));
            let holds_nearest = |size: usize| {
                let center = Cube::around(&places, size).center();
                let mut all: Vec<u8> = (0..codebook.len()).map(|entry| entry as u8).collect();
                let from = |entry: u8| distance(&center, codebook.place(entry.into()));
                all.sort_by(|&a, &b| from(a).total_cmp(&from(b)));
                let farthest = found.iter().map(|&entry| from(entry)).fold(0.0, f32::max);
                farthest <= from(all[LISTED - 1]) + 1e-4
            };
            prop_assert!((0..SIDES.len()).any(holds_nearest));
        }
    }

    #[test]
    fn answers_depend_neither_on_their_order_nor_on_what_was_asked_for_before() {
        let noise = |i: usize| ((i * 2_654_435_761) >> 7) % 1000;
        let place = |i: usize| [0, 1, 2].map(|d| noise(3 * i + d) as f32 / 10.0);
        let codebook = LabelCodebook::new((0..200).map(place).collect());
        // More cubes than lists are kept.
        let asked: Vec<[f32; 3]> = (1000..1000 + 3 * MAX_LISTS).map(place).collect();
        let mut lists = Shortlists::new(&codebook);
        let forward: Vec<[u8; LISTED]> = asked.iter().map(|at| lists.near(at).entries).collect();
        let mut lists = Shortlists::new(&codebook);
        let mut back: Vec<[u8; LISTED]> =
            asked.iter().rev().map(|at| lists.near(at).entries).collect();
        back.reverse();
        assert!(forward == back);
    }
}
