//! The rings around pieces of regions, found row by row.
//!
//! A vertex lies between four pixels. Each group of neighbours of one label around it has a part of a
//! ring that goes through it: straight on, or around a corner. So lines grow from vertex to vertex, in
//! reading order, are joined where they meet, and close. Which labels lie around a vertex is all that
//! decides: no pixel beyond the row above is looked at. Only open lines are kept.
//!
//! Two pixels of one label that touch at a corner alone are kept apart. A ring may then go through
//! that corner twice, and is cut there, into rings that meet themselves nowhere: those of
//! [`super::outlines`].

use rustc_hash::FxHashMap;

use crate::labels::OUTSIDE;

/// Where there is nothing: no end of a line, no next corner.
const NONE: u32 = u32::MAX;

/// A corner of a line.
#[derive(Debug, Clone, Copy)]
struct Corner {
    place: [u32; 2],
    /// Whether two pixels of its label touch here at the corner alone.
    is_touched: bool,
    next: u32,
}

/// The corners of a ring, and whether each is touched.
type Ring = Vec<(bool, [u32; 2])>;

/// An open end of a line: its corner, and the other end.
#[derive(Debug, Clone, Copy)]
struct End {
    corner: u32,
    other: u32,
}

/// Values of which some are free.
#[derive(Debug)]
struct Store<T> {
    values: Vec<T>,
    free: Vec<u32>,
}

impl<T> Store<T> {
    const EMPTY: Self = Self { values: Vec::new(), free: Vec::new() };

    fn add(&mut self, value: T) -> u32 {
        if let Some(place) = self.free.pop() {
            self.values[place as usize] = value;
            return place;
        }
        self.values.push(value);
        self.values.len() as u32 - 1
    }
}

/// Lines whose other parts have not been seen.
#[derive(Debug)]
pub(super) struct OpenLines {
    corners: Store<Corner>,
    ends: Store<End>,
    /// The line that ends at the edge above each vertex, coming down, and the one that begins there,
    /// going up.
    above: Vec<(u32, u32)>,
}

/// A ring that has closed.
pub(super) struct Closed {
    /// The column of a pixel of its piece, in the row above the vertices.
    pub column: usize,
    /// Each stands once.
    pub corners: Vec<[u32; 2]>,
}

impl OpenLines {
    pub fn new(width: usize) -> Self {
        Self { corners: Store::EMPTY, ends: Store::EMPTY, above: vec![(NONE, NONE); width + 1] }
    }

    /// Goes through the vertices of row `y`, between two rows of labels, and hands over the rings that
    /// close there. The pixel that is told lies in the upper row.
    pub fn pass(&mut self, y: u32, upper: &[u8], lower: &[u8], mut closed: impl FnMut(Closed)) {
        let width = upper.len();
        // The line that comes along the edge to the left, below it, and the one that goes there, above.
        let mut left = (NONE, NONE);
        let (mut a, mut c) = (OUTSIDE, OUTSIDE);
        for x in 0..=width {
            let (b, d) = if x < width { (upper[x], lower[x]) } else { (OUTSIDE, OUTSIDE) };
            if a != b || c != d || a != c {
                let place = [x as u32, y];
                let mut vertex =
                    Vertex { lines: self, place, is_touched: false, rings: [None, None] };
                left = vertex.go_through([a, b, c, d], left);
                // The first is that of the pixel to the left.
                for (i, corners) in vertex.rings.into_iter().enumerate() {
                    let Some(corners) = corners else { continue };
                    let column = x + i - 1;
                    simple_rings(&corners, |corners| closed(Closed { column, corners }));
                }
            }
            (a, c) = (b, d);
        }
    }
}

/// A vertex while lines go through it.
struct Vertex<'a> {
    lines: &'a mut OpenLines,
    place: [u32; 2],
    is_touched: bool,
    /// The rings that have closed here: around the pixel above to the left, and to the right.
    rings: [Option<Ring>; 2],
}

impl Vertex<'_> {
    /// Leads lines through the vertex, given the labels above (a, b) and below (c, d), and what lies at
    /// the edge to the left. Returns what lies at the edge to the right.
    fn go_through(&mut self, [a, b, c, d]: [u8; 4], left: (u32, u32)) -> (u32, u32) {
        let x = self.place[0] as usize;
        let (up, mut down, mut right) = (self.lines.above[x], (NONE, NONE), (NONE, NONE));
        let (ab, bd, cd, ac) = (a == b, b == d, c == d, a == c);
        let is_in = |label: u8| label != OUTSIDE;
        // Pixels alone.
        self.is_touched = a == d && !ab && !ac;
        if !ab && !ac && is_in(a) {
            self.join(up.0, left.1, 0);
        }
        if !bd && !cd && is_in(d) {
            (right.0, down.1) = self.begin();
        }
        self.is_touched = b == c && !ab && !ac;
        if !ab && !bd && is_in(b) {
            right.1 = self.grow_back(up.1);
        }
        if !ac && !cd && is_in(c) {
            down.0 = self.grow(left.0);
        }
        self.is_touched = false;
        // Pairs, whose line goes straight on.
        if !ac && !bd {
            right.1 = if ab { left.1 } else { right.1 };
            right.0 = if cd { left.0 } else { right.0 };
        }
        if !ab && !cd {
            down.0 = if ac { up.0 } else { down.0 };
            down.1 = if bd { up.1 } else { down.1 };
        }
        // All but one.
        if ab && ac && !bd && is_in(a) {
            (down.0, right.1) = self.begin();
        }
        if ab && bd && !ac && is_in(a) {
            down.1 = self.grow_back(left.1);
        }
        if ac && cd && !ab && is_in(a) {
            right.0 = self.grow(up.0);
        }
        if bd && cd && !ab && is_in(b) {
            self.join(left.0, up.1, 1);
        }
        self.lines.above[x] = down;
        right
    }

    fn corner(&mut self) -> u32 {
        let (place, is_touched) = (self.place, self.is_touched);
        self.lines.corners.add(Corner { place, is_touched, next: NONE })
    }

    /// Begins a line; returns its last and its first end.
    fn begin(&mut self) -> (u32, u32) {
        let corner = self.corner();
        let first = self.lines.ends.add(End { corner, other: NONE });
        let last = self.lines.ends.add(End { corner, other: first });
        self.lines.ends.values[first as usize].other = last;
        (last, first)
    }

    /// Lets a line go on around a corner here.
    fn grow(&mut self, last: u32) -> u32 {
        let corner = self.corner();
        let lines = &mut *self.lines;
        let end = &mut lines.ends.values[last as usize];
        lines.corners.values[end.corner as usize].next = corner;
        end.corner = corner;
        last
    }

    /// Lets a line come from around a corner here.
    fn grow_back(&mut self, first: u32) -> u32 {
        let corner = self.corner();
        let lines = &mut *self.lines;
        let end = &mut lines.ends.values[first as usize];
        lines.corners.values[corner as usize].next = end.corner;
        end.corner = corner;
        first
    }

    /// Joins the end of a line and the beginning of one at a corner here. A ring that closes is the
    /// `which` of the two that may.
    fn join(&mut self, last: u32, first: u32, which: usize) {
        self.grow(last);
        let lines = &mut *self.lines;
        let (end, begin) = (lines.ends.values[last as usize], lines.ends.values[first as usize]);
        lines.ends.free.extend([last, first]);
        if end.other == first {
            self.rings[which] = Some(lines.taken(begin.corner));
            return;
        }
        lines.corners.values[end.corner as usize].next = begin.corner;
        lines.ends.values[end.other as usize].other = begin.other;
        lines.ends.values[begin.other as usize].other = end.other;
    }
}

impl OpenLines {
    /// Takes the corners of a line out of the store, from the first on.
    fn taken(&mut self, first: u32) -> Ring {
        let mut corners = Vec::new();
        let mut at = first;
        while at != NONE {
            let Corner { place, is_touched, next } = self.corners.values[at as usize];
            corners.push((is_touched, place));
            self.corners.free.push(at);
            at = next;
        }
        corners
    }
}

/// Cuts a ring where it goes through a corner twice, and hands over the parts.
fn simple_rings(corners: &[(bool, [u32; 2])], mut found: impl FnMut(Vec<[u32; 2]>)) {
    let mut open: Vec<[u32; 2]> = Vec::with_capacity(corners.len());
    let mut seen: FxHashMap<[u32; 2], usize> = FxHashMap::default();
    for &(is_touched, place) in corners {
        if is_touched {
            if let Some(start) = seen.get(&place).copied() {
                let part = open.split_off(start);
                for place in &part {
                    seen.remove(place);
                }
                found(from_first_edge(&part));
            }
            seen.insert(place, open.len());
        }
        open.push(place);
    }
    found(from_first_edge(&open));
}

/// The corners of a ring from the beginning of its first edge that leads east, in reading order.
fn from_first_edge(corners: &[[u32; 2]]) -> Vec<[u32; 2]> {
    let leads_east = |i: usize| {
        let next = corners[(i + 1) % corners.len()];
        next[1] == corners[i][1] && next[0] > corners[i][0]
    };
    let first = (0..corners.len())
        .filter(|&i| leads_east(i))
        .min_by_key(|&i| (corners[i][1], corners[i][0]))
        .unwrap_or(0);
    [&corners[first..], &corners[..first]].concat()
}
