//! How often entries of the palette meet in a picture.

use std::ops::Range;

use super::paeth::visit_predictions;

/// How often entries stood where others, or they themselves, were predicted, or beside them, as a
/// square table.
pub struct Meetings {
    colors: usize,
    counts: Vec<f32>,
}

impl Meetings {
    /// Counts those of `colors` entries in `rows`.
    pub fn of(labels: &[u8], width: usize, rows: Range<usize>, colors: usize) -> Self {
        let mut meetings = Self { colors, counts: vec![0.0; colors * colors] };
        visit_predictions(labels, width, rows, |prediction, label| {
            // Outside the picture 0 is predicted, which a palette always has.
            meetings.counts[usize::from(prediction) * colors + usize::from(label)] += 1.0;
        });
        meetings
    }

    /// Counts how often entries stand beside each other or above in `rows`.
    pub fn of_neighbours(labels: &[u8], width: usize, rows: Range<usize>, colors: usize) -> Self {
        let mut meetings = Self { colors, counts: vec![0.0; colors * colors] };
        for y in rows {
            let row = &labels[y * width..][..width];
            for (&left, &label) in row.iter().zip(&row[1..]) {
                meetings.counts[usize::from(left) * colors + usize::from(label)] += 1.0;
            }
            if let Some(above) = y.checked_sub(1).map(|y| &labels[y * width..][..width]) {
                for (&up, &label) in above.iter().zip(row) {
                    meetings.counts[usize::from(up) * colors + usize::from(label)] += 1.0;
                }
            }
        }
        meetings
    }

    /// Adds those of other rows.
    pub fn add(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, count)| *sum += count);
    }

    /// How many entries there are.
    pub fn colors(&self) -> usize {
        self.colors
    }

    /// Whether an entry has pixels.
    pub fn has_pixels(&self, entry: u8) -> bool {
        self.counts.iter().skip(entry.into()).step_by(self.colors).any(|&count| count > 0.0)
    }

    /// The table in which it does not matter which of two was predicted; none meets itself.
    pub fn mutual(&self) -> Self {
        let mut counts = vec![0.0; self.counts.len()];
        for a in 0..self.colors {
            for b in (0..self.colors).filter(|&b| b != a) {
                counts[a * self.colors + b] =
                    self.counts[a * self.colors + b] + self.counts[b * self.colors + a];
            }
        }
        Self { colors: self.colors, counts }
    }

    /// How often an entry has met each other one.
    pub fn row(&self, a: usize) -> &[f32] {
        &self.counts[a * self.colors..][..self.colors]
    }

    /// The table with its entries in another order.
    pub fn ordered(&self, order: &[u8]) -> Self {
        let mut counts = vec![0.0; self.counts.len()];
        for (i, &a) in order.iter().enumerate() {
            for (j, &b) in order.iter().enumerate() {
                counts[i * self.colors + j] = self.row(usize::from(a))[usize::from(b)];
            }
        }
        Self { colors: self.colors, counts }
    }

    /// Lets two entries trade places.
    pub fn swap(&mut self, i: usize, j: usize) {
        for q in 0..self.colors {
            self.counts.swap(i * self.colors + q, j * self.colors + q);
        }
        for q in 0..self.colors {
            self.counts.swap(q * self.colors + i, q * self.colors + j);
        }
    }
}
