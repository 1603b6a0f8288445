//! The palette where the search can reach it, and for any place the entries worth comparing.
//!
//! The search asks for the cheapest entries near millions of places. Space is cut into small
//! cubes; the entries nearest to a cube's centre are found once, when a place in it is first
//! asked for, and kept until another cube needs the slot. What a slot holds depends on nothing
//! but the cube, so the answers depend on neither order nor threads.

use super::MAX_COLORS;

/// Entries compared for a place. With 256 colours the cheapest one is hardly ever farther down:
/// 32 entries change the bytes at equal quality by less than 0.1 %.
pub const LISTED: usize = 16;

/// Side of a cube in percent of the space's range: a fraction of the distance between colours.
const SIDE: f32 = 2.0;

/// Makes cubes' numbers positive, so that truncating rounds down.
const BIAS: f32 = 4096.0;

/// Bits of a slot's number. 2^13 slots of about 300 bytes fit the second-level cache.
const SLOT_BITS: u32 = 13;

/// A coordinate, and a cost, beyond all others: entries that are not there have it.
pub const FAR: f32 = 1e9;

/// The colours' places, coordinate by coordinate.
pub struct Codebook<const D: usize> {
    places: Vec<[f32; D]>,
}

impl<const D: usize> Codebook<D> {
    /// A codebook of at most 256 places.
    pub fn new(places: Vec<[f32; D]>) -> Self {
        debug_assert!((1..=MAX_COLORS).contains(&places.len()));
        Self { places }
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
}

/// The entries near a place.
pub struct Shortlist<const D: usize> {
    /// The entries, ascending.
    pub entries: [u8; LISTED],
    /// Their coordinates: `places[d][i]` is coordinate `d` of `entries[i]`.
    pub places: [[f32; LISTED]; D],
}

/// Shortlists made so far.
pub struct Shortlists<'a, const D: usize> {
    codebook: &'a Codebook<D>,
    slots: Vec<Option<([i32; D], Box<Shortlist<D>>)>>,
    distances: Vec<(f32, u8)>,
}

impl<'a, const D: usize> Shortlists<'a, D> {
    /// None made yet.
    pub fn new(codebook: &'a Codebook<D>) -> Self {
        let slots = (0..1 << SLOT_BITS).map(|_| None).collect();
        Self { codebook, slots, distances: Vec::with_capacity(codebook.len()) }
    }

    /// The entries near `place`.
    #[inline]
    pub fn near(&mut self, place: &[f32; D]) -> &Shortlist<D> {
        let cube = place.map(|value| (value * (1.0 / SIDE) + BIAS) as i32);
        let slot = slot_of(&cube);
        if !matches!(&self.slots[slot], Some((held, _)) if *held == cube) {
            let list = self.listed(&cube);
            self.slots[slot] = Some((cube, Box::new(list)));
        }
        self.slots[slot].as_ref().map_or_else(|| unreachable!("just filled"), |(_, list)| list)
    }

    #[cold]
    fn listed(&mut self, cube: &[i32; D]) -> Shortlist<D> {
        let center = cube.map(|c| (c as f32 + 0.5 - BIAS) * SIDE);
        self.distances.clear();
        self.distances.extend(self.codebook.places.iter().enumerate().map(|(entry, place)| {
            let squares = center.iter().zip(place).map(|(a, b)| (a - b) * (a - b));
            (squares.sum::<f32>(), entry as u8)
        }));
        let count = self.distances.len().min(LISTED);
        if count < self.distances.len() {
            let nearer = |a: &(f32, u8), b: &(f32, u8)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            self.distances.select_nth_unstable_by(count - 1, nearer);
        }
        let nearest = &mut self.distances[..count];
        nearest.sort_unstable_by_key(|&(_, entry)| entry);
        let mut list = Shortlist { entries: [0; LISTED], places: [[FAR; LISTED]; D] };
        for (i, &(_, entry)) in nearest.iter().enumerate() {
            list.entries[i] = entry;
            for d in 0..D {
                list.places[d][i] = self.codebook.places[usize::from(entry)][d];
            }
        }
        list
    }
}

/// Multiplicative hashing (Knuth, The Art of Computer Programming, vol. 3, 6.4).
#[inline]
fn slot_of<const D: usize>(cube: &[i32; D]) -> usize {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let mixed = cube.iter().fold(0u64, |mixed, &c| (mixed ^ c as u32 as u64).wrapping_mul(GOLDEN));
    (mixed >> (u64::BITS - SLOT_BITS)) as usize
}
