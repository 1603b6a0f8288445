//! The algorithm written down plainly, pixel by pixel. Features are small whole numbers, which make
//! all sums exact, so the labels are the same.

use std::collections::BTreeMap;

use super::Case;
use crate::superpixels::OUTSIDE;

/// Features, x and y.
type Center = (Vec<f32>, f32, f32);

pub(super) struct Oracle<'a> {
    case: &'a Case,
    /// Cells in a row and rows of them, and the first and last columns and rows.
    cells: [usize; 2],
    origin: [usize; 2],
    extent: [usize; 2],
    smoothed: Vec<Vec<f32>>,
    used: Vec<bool>,
    weight: f32,
    charge: f32,
}

impl<'a> Oracle<'a> {
    pub fn new(case: &'a Case) -> Self {
        let mut oracle = Self {
            case,
            cells: [1, 1],
            origin: [0, 0],
            extent: [1, 1],
            smoothed: Vec::new(),
            used: vec![false],
            weight: 0.0,
            charge: 0.0,
        };
        if oracle.pixels().next().is_none() {
            return oracle;
        }
        oracle.lay_grid();
        oracle.smoothed = (0..case.width * case.height).map(|i| oracle.smooth(i)).collect();
        oracle.used = vec![false; oracle.cells[0] * oracle.cells[1]];
        for i in oracle.pixels().collect::<Vec<_>>() {
            let cell = oracle.cell_of(i);
            oracle.used[cell] = true;
        }
        let variance = oracle.variance();
        let compactness = case.settings.compactness;
        let spread: f64 = oracle.cell_size().iter().map(|size| size * size / 12.0).sum();
        oracle.weight = (compactness * compactness * variance / spread) as f32;
        oracle.charge = variance as f32 / 8.0;
        oracle
    }

    pub fn labels(&self) -> Vec<u32> {
        let case = self.case;
        let mut labels = vec![u32::MAX; case.width * case.height];
        if self.pixels().next().is_none() {
            return vec![OUTSIDE; labels.len()];
        }
        let mut centers: Vec<Center> = (0..self.used.len()).map(|cell| self.seed(cell)).collect();
        let step = self.step();
        for iteration in 0..case.settings.iterations {
            let looked_at = |i: &usize| i / case.width % step == iteration % step;
            self.update(&mut centers, self.pixels().filter(looked_at));
        }
        for i in self.pixels() {
            labels[i] = self.nearest(&centers, i) as u32;
        }
        let refined = self.refined(&centers, &labels);
        let [width, height] = self.cell_size();
        connected(&refined, case.width, (width * height / 4.0).ceil() as usize)
    }

    fn pixels(&self) -> impl Iterator<Item = usize> {
        (0..self.case.width * self.case.height).filter(|&i| self.case.is_inside(i))
    }

    fn lay_grid(&mut self) {
        let width = self.case.width;
        let count = self.pixels().count();
        let places = || self.pixels().map(|i| [i % width, i / width]);
        let origin = [0, 1].map(|axis| places().map(|place| place[axis]).min().unwrap());
        let ends = [0, 1].map(|axis| places().map(|place| place[axis]).max().unwrap() + 1);
        let extent = [ends[0] - origin[0], ends[1] - origin[1]];
        let side = (count as f64 / self.case.settings.count.min(count) as f64).sqrt();
        let round = |axis: usize, cells: f64| (cells.round() as usize).clamp(1, extent[axis]);
        let mut cells = [0, 1].map(|axis| round(axis, extent[axis] as f64 / side));
        let wanted = (extent[0] * extent[1]) as f64 / (side * side);
        if extent[1] > extent[0] {
            cells[1] = round(1, wanted / cells[0] as f64);
        } else {
            cells[0] = round(0, wanted / cells[1] as f64);
        }
        (self.origin, self.extent, self.cells) = (origin, extent, cells);
    }

    fn cell_size(&self) -> [f64; 2] {
        [0, 1].map(|axis| self.extent[axis] as f64 / self.cells[axis] as f64)
    }

    /// Where the cells begin and end on an axis.
    fn borders(&self, axis: usize, cell: usize) -> std::ops::Range<usize> {
        let border = |i: usize| self.origin[axis] + i * self.extent[axis] / self.cells[axis];
        border(cell)..border(cell + 1)
    }

    fn cell_of(&self, pixel: usize) -> usize {
        let place = [pixel % self.case.width, pixel / self.case.width];
        let [x, y] = [0, 1].map(|axis| {
            let holds = |cell: &usize| self.borders(axis, *cell).contains(&place[axis]);
            (0..self.cells[axis]).find(holds).unwrap()
        });
        y * self.cells[0] + x
    }

    /// Column and row of a pixel.
    fn place(&self, pixel: usize) -> [isize; 2] {
        [pixel % self.case.width, pixel / self.case.width].map(usize::cast_signed)
    }

    /// The pixel at a place, or the nearest to it.
    fn at(&self, x: isize, y: isize) -> usize {
        let inside =
            |at: isize, length: usize| at.clamp(0, length.cast_signed() - 1).cast_unsigned();
        inside(y, self.case.height) * self.case.width + inside(x, self.case.width)
    }

    /// The 9 pixels around one, itself included, row by row; those beyond the image are the nearest
    /// within.
    fn around(&self, pixel: usize) -> impl Iterator<Item = (isize, isize, usize)> {
        let [x, y] = self.place(pixel);
        (-1..=1).flat_map(move |dy| (-1..=1).map(move |dx| (dx, dy, self.at(x + dx, y + dy))))
    }

    fn smooth(&self, pixel: usize) -> Vec<f32> {
        let feature = |i: usize, d: usize| self.case.features[i * self.case.dim + d];
        let sum = |d: usize| {
            let parts = self.around(pixel).map(|(dx, dy, other)| {
                let other = if self.case.is_inside(other) { other } else { pixel };
                let weight = 0.25 / f32::from(1u8 << (dx.abs() + dy.abs()) as u8);
                weight * feature(other, d)
            });
            parts.sum()
        };
        (0..self.case.dim).map(sum).collect()
    }

    /// The rows that an iteration looks at are `step` apart.
    fn step(&self) -> usize {
        let [width, height] = self.cell_size();
        (width.min(height) as usize / 3).clamp(1, 6)
    }

    fn variance(&self) -> f64 {
        let looked_at = |&i: &usize| (i / self.case.width).is_multiple_of(self.step());
        let (mut scatter, mut count) = (0.0, 0.0);
        for cell in 0..self.used.len() {
            let of_cell = |&i: &usize| self.cell_of(i) == cell;
            let members: Vec<usize> = self.pixels().filter(looked_at).filter(of_cell).collect();
            let Some(&first) = members.first() else { continue };
            let (mut squares, mut of_mean) = (0.0, 0.0);
            for d in 0..self.case.dim {
                let difference =
                    |&i: &usize| f64::from(self.smoothed[i][d] - self.smoothed[first][d]);
                squares += members.iter().map(|i| difference(i) * difference(i)).sum::<f64>();
                let sum: f64 = members.iter().map(difference).sum();
                of_mean += sum * sum;
            }
            count += members.len() as f64;
            scatter += (squares - of_mean / members.len() as f64).max(0.0);
        }
        if count > 0.0 { scatter / count } else { 0.0 }
    }

    fn seed(&self, cell: usize) -> Center {
        let columns = self.borders(0, cell % self.cells[0]);
        let rows = self.borders(1, cell / self.cells[0]);
        let middle = [columns.start.midpoint(columns.end), rows.start.midpoint(rows.end)];
        let width = self.case.width;
        let members = || self.pixels().filter(|&i| self.cell_of(i) == cell);
        let apart = |i: usize| {
            let place = [i % width, i / width];
            [place[0].abs_diff(middle[0]), place[1].abs_diff(middle[1])]
        };
        let distance = |&i: &usize| apart(i).map(|side| side * side).iter().sum::<usize>();
        let Some(start) = members().min_by_key(distance) else {
            let place = middle[1] * width + middle[0];
            return (self.smoothed[place].clone(), middle[0] as f32, middle[1] as f32);
        };
        let beside = |i: &usize| {
            (i % width).abs_diff(start % width) <= 1 && (i / width).abs_diff(start / width) <= 1
        };
        let mut best = (f32::INFINITY, start);
        for i in members().filter(beside) {
            let change = self.change(i);
            if change < best.0 {
                best = (change, i);
            }
        }
        (self.smoothed[best.1].clone(), (best.1 % width) as f32, (best.1 / width) as f32)
    }

    fn change(&self, pixel: usize) -> f32 {
        let [x, y] = self.place(pixel);
        let mut change = 0.0;
        for (dx, dy) in [(1, 0), (0, 1)] {
            let ends = [self.at(x - dx, y - dy), self.at(x + dx, y + dy)];
            let [a, b] = ends.map(|i| if self.case.is_inside(i) { i } else { pixel });
            for (a, b) in self.smoothed[a].iter().zip(&self.smoothed[b]) {
                change += (a - b) * (a - b);
            }
        }
        change
    }

    fn distance(&self, center: &Center, pixel: usize) -> f32 {
        let dx = (pixel % self.case.width) as f32 - center.1;
        let dy = (pixel / self.case.width) as f32 - center.2;
        let mut distance = (dy * dy + dx * dx) * self.weight;
        for (value, center) in self.smoothed[pixel].iter().zip(&center.0) {
            distance += (value - center) * (value - center);
        }
        distance
    }

    fn nearest(&self, centers: &[Center], pixel: usize) -> usize {
        let home = self.cell_of(pixel);
        let place = |cell: usize| [cell % self.cells[0], cell / self.cells[0]];
        let [x, y] = place(home);
        let near = |cell: usize| place(cell)[0].abs_diff(x) <= 1 && place(cell)[1].abs_diff(y) <= 1;
        let mut best = (self.distance(&centers[home], pixel), home);
        for cell in (0..centers.len()).filter(|&cell| self.used[cell] && near(cell)) {
            let distance = self.distance(&centers[cell], pixel);
            if distance < best.0 {
                best = (distance, cell);
            }
        }
        best.1
    }

    fn update(&self, centers: &mut [Center], pixels: impl Iterator<Item = usize>) {
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for i in pixels {
            members.entry(self.nearest(centers, i)).or_default().push(i);
        }
        for (cell, members) in members {
            let mean = |value: &dyn Fn(usize) -> f64| {
                (members.iter().map(|&i| value(i)).sum::<f64>() / members.len() as f64) as f32
            };
            let features =
                (0..self.case.dim).map(|d| mean(&|i| f64::from(self.smoothed[i][d]))).collect();
            let width = self.case.width;
            centers[cell] =
                (features, mean(&|i| (i % width) as f64), mean(&|i| (i / width) as f64));
        }
    }

    fn refined(&self, centers: &[Center], labels: &[u32]) -> Vec<u32> {
        let mut refined = labels.to_vec();
        let [width, height] = [self.case.width, self.case.height].map(usize::cast_signed);
        for i in self.pixels() {
            let place = self.place(i);
            let neighbours: Vec<u32> = self
                .around(i)
                .filter(|&(dx, dy, other)| {
                    let there = [place[0] + dx, place[1] + dy];
                    let within = (0..width).contains(&there[0]) && (0..height).contains(&there[1]);
                    within && other != i && self.case.is_inside(other)
                })
                .map(|(_, _, other)| labels[other])
                .collect();
            let cost = |label: u32| {
                let others = neighbours.iter().filter(|&&other| other != label).count();
                self.distance(&centers[label as usize], i) + self.charge * others as f32
            };
            let mut best = (cost(labels[i]), labels[i]);
            if neighbours.iter().filter(|&&other| other == labels[i]).count() >= 4 {
                continue;
            }
            for &label in &neighbours {
                if cost(label) < best.0 {
                    best = (cost(label), label);
                }
            }
            refined[i] = best.1;
        }
        refined
    }
}

/// The connected region of equal labels that each pixel is in, in the order of their first pixels.
pub(super) fn regions(labels: &[u32], width: usize) -> Vec<usize> {
    let mut regions = vec![usize::MAX; labels.len()];
    let mut count = 0;
    for start in 0..labels.len() {
        if regions[start] != usize::MAX {
            continue;
        }
        let mut waiting = vec![start];
        regions[start] = count;
        while let Some(i) = waiting.pop() {
            for j in beside(i, width, labels.len()) {
                if regions[j] == usize::MAX && labels[j] == labels[i] {
                    regions[j] = count;
                    waiting.push(j);
                }
            }
        }
        count += 1;
    }
    regions
}

/// The pixels at the sides of one.
fn beside(i: usize, width: usize, pixels: usize) -> Vec<usize> {
    let mut beside = Vec::new();
    if i >= width {
        beside.push(i - width);
    }
    if !i.is_multiple_of(width) {
        beside.push(i - 1);
    }
    if !(i + 1).is_multiple_of(width) {
        beside.push(i + 1);
    }
    if i + width < pixels {
        beside.push(i + width);
    }
    beside
}

fn connected(labels: &[u32], width: usize, least: usize) -> Vec<u32> {
    let mut labels = labels.to_vec();
    loop {
        let regions = regions(&labels, width);
        let size = |region: usize| regions.iter().filter(|&&other| other == region).count();
        let inside = |i: usize| labels[i] != u32::MAX;
        // The lengths of the borders of each small region.
        let mut borders: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
        for i in (0..labels.len()).filter(|&i| inside(i) && size(regions[i]) < least) {
            for j in beside(i, width, labels.len()) {
                if inside(j) && regions[j] != regions[i] {
                    *borders.entry(regions[i]).or_default().entry(regions[j]).or_default() += 1;
                }
            }
        }
        // Region numbers serve as names: unlike labels, they are unique.
        let mut names: Vec<usize> = (0..=regions.iter().copied().max().unwrap_or(0)).collect();
        for (&small, neighbours) in &borders {
            let longest =
                neighbours.iter().max_by_key(|&(&name, &length)| (length, std::cmp::Reverse(name)));
            let (old, new) = (names[small], names[*longest.unwrap().0]);
            names.iter_mut().filter(|name| **name == old).for_each(|name| *name = new);
        }
        for i in 0..labels.len() {
            if labels[i] != u32::MAX {
                labels[i] = names[regions[i]] as u32;
            }
        }
        if borders.is_empty() {
            break;
        }
    }
    let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
    let numbered = labels.iter().map(|&label| {
        let next = numbers.len() as u32 + 1;
        if label == u32::MAX { OUTSIDE } else { *numbers.entry(label).or_insert(next) }
    });
    numbered.collect()
}
