//! The cells that superpixels begin as.

use std::ops::Range;

use super::image::FeatureImage;

/// Most rows that one thread compares at a time; all belong to one row of cells.
const STRIP_ROWS: usize = 64;

/// A disconnected part smaller than this share of a cell joins a neighbour.
const LEAST_PART: f64 = 0.25;

/// Fewest rows of a cell that an iteration looks at: means of fewer than 3 are worse.
const MIN_ROWS: usize = 3;

/// Largest step between rows that an iteration looks at: with 8, large cells do not settle in 10
/// iterations.
const MAX_STEP: usize = 6;

/// Nearly square cells that cover what is to be segmented.
#[derive(Debug)]
pub(super) struct Grid {
    columns: Range<usize>,
    rows: Range<usize>,
    /// Cells in a row and rows of cells.
    cells: [usize; 2],
    /// Whether a cell has pixels to be segmented.
    used: Vec<bool>,
}

/// Every `step`-th row: the rows whose numbers leave `phase` when divided by `step`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    step: usize,
    phase: usize,
}

impl Rows {
    /// The rows within `range`.
    pub fn within(self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let first = range.start + (self.phase + self.step - range.start % self.step) % self.step;
        (first..range.end).step_by(self.step)
    }
}

/// Some rows of pixels, all of one row of cells.
#[derive(Debug, Clone)]
pub(super) struct Strip {
    pub cell_row: usize,
    pub rows: Range<usize>,
}

impl Grid {
    /// About `count` cells for the pixels to be segmented; `None` if there is no such pixel.
    pub fn new(image: &FeatureImage<'_>, count: usize) -> Option<Self> {
        let (columns, rows, pixels) = extent(image)?;
        let (width, height) = (columns.len(), rows.len());
        let side = (pixels as f64 / count.min(pixels) as f64).sqrt();
        let among = |length: usize, cells: f64| (cells.round() as usize).clamp(1, length);
        let mut cells = [width, height].map(|length| among(length, length as f64 / side));
        // The longer side makes up for the rounding of the shorter one.
        let wanted = (width * height) as f64 / (side * side);
        let longer = usize::from(height > width);
        cells[longer] = among([width, height][longer], wanted / cells[1 - longer] as f64);
        let mut grid = Self { columns, rows, cells, used: vec![true; cells[0] * cells[1]] };
        if image.mask.is_some() {
            let used = |cell| {
                let (column, mut rows) = (grid.column(cell % cells[0]), grid.row(cell / cells[0]));
                rows.any(|y| column.clone().any(|x| image.is_inside(x, y)))
            };
            grid.used = (0..cells[0] * cells[1]).map(used).collect();
        }
        Some(grid)
    }

    /// Cells in a row.
    pub fn across(&self) -> usize {
        self.cells[0]
    }

    /// Rows of cells.
    pub fn down(&self) -> usize {
        self.cells[1]
    }

    /// The columns of pixels of a column of cells.
    pub fn column(&self, cell: usize) -> Range<usize> {
        part(&self.columns, cell, self.cells[0])
    }

    /// The rows of pixels of a row of cells.
    pub fn row(&self, cell: usize) -> Range<usize> {
        part(&self.rows, cell, self.cells[1])
    }

    /// The rows that have pixels to be segmented, and perhaps some between them that have not.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// Whether the cell has pixels to be segmented. Cells are numbered row by row.
    pub fn is_used(&self, cell: usize) -> bool {
        self.used[cell]
    }

    /// The cell and those around it that have pixels to be segmented, itself first.
    pub fn near(&self, column: usize, row: usize) -> impl Iterator<Item = usize> {
        let around = |at: usize, end: usize| at.saturating_sub(1)..(at + 2).min(end);
        let home = row * self.cells[0] + column;
        let columns = around(column, self.cells[0]);
        let cells = around(row, self.cells[1])
            .flat_map(move |row| columns.clone().map(move |column| row * self.cells[0] + column));
        let others = cells.filter(move |&cell| cell != home && self.used[cell]);
        std::iter::once(home).chain(others)
    }

    /// All rows of pixels in strips, from the top.
    pub fn strips(&self) -> Vec<Strip> {
        let strips = |cell_row: usize| {
            let rows = self.row(cell_row);
            let strip = move |start: usize| start..(start + STRIP_ROWS).min(rows.end);
            let starts = self.row(cell_row).step_by(STRIP_ROWS);
            starts.map(move |start| Strip { cell_row, rows: strip(start) })
        };
        (0..self.cells[1]).flat_map(strips).collect()
    }

    /// The rows that an iteration looks at.
    pub fn rows_of(&self, iteration: usize) -> Rows {
        let [width, height] = self.cell_size();
        let step = (width.min(height) as usize / MIN_ROWS).clamp(1, MAX_STEP);
        Rows { step, phase: iteration % step }
    }

    /// The variance of positions evenly distributed over a cell.
    pub fn variance(&self) -> f64 {
        self.cell_size().iter().map(|size| size * size / 12.0).sum()
    }

    /// Pixels that a connected part needs to be a superpixel of its own.
    pub fn least_size(&self) -> u32 {
        let [width, height] = self.cell_size();
        (width * height * LEAST_PART).ceil() as u32
    }

    fn cell_size(&self) -> [f64; 2] {
        let size = |pixels: usize, cells: usize| pixels as f64 / cells as f64;
        [size(self.columns.len(), self.cells[0]), size(self.rows.len(), self.cells[1])]
    }
}

/// The columns and rows that hold all pixels to be segmented, and the number of these.
fn extent(image: &FeatureImage<'_>) -> Option<(Range<usize>, Range<usize>, usize)> {
    let (width, height) = (image.width, image.height);
    let Some(mask) = image.mask else {
        return Some((0..width, 0..height, width * height));
    };
    let (mut columns, mut rows, mut pixels) = (width..0, height..0, 0);
    for (y, row) in mask.chunks_exact(width).enumerate() {
        if let Some(first) = row.iter().position(|&inside| inside) {
            let end = row.iter().rposition(|&inside| inside).map_or(width, |last| last + 1);
            columns = columns.start.min(first)..columns.end.max(end);
            rows = rows.start.min(y)..y + 1;
            pixels += row.iter().filter(|&&inside| inside).count();
        }
    }
    (pixels > 0).then_some((columns, rows, pixels))
}

/// One of `parts` nearly equal parts of a range.
fn part(range: &Range<usize>, index: usize, parts: usize) -> Range<usize> {
    let border = |i: usize| range.start + i * range.len() / parts;
    border(index)..border(index + 1)
}
