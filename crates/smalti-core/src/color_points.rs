//! The histogram as weighted points of a colour space, alpha included.
//!
//! Alpha is a fourth coordinate beside premultiplied colour. Fully transparent and fully
//! opaque colours must stay exactly so, or cut-outs get a visible veil and solid areas
//! become see-through. Therefore they lie on *sheets* of their own, set off along the
//! alpha axis by more than any distance within a sheet. With a centroid on every sheet
//! from the start (the [`ColorPoints::seeds`]), K-Means never mixes them. Where everything is
//! opaque there is no fourth coordinate, and an alpha channel changes nothing.

use rustc_hash::FxHashMap;

use crate::color::{Converter, Space};
use crate::error::Result;
use crate::histogram::Histogram;
use crate::points::WeightedPoints;

/// Distance between sheets, in units of the space's alpha range. The largest distance within
/// a sheet is below 2 of these units (a unit cube's diagonal; `OKLab`'s is smaller).
const SHEET_GAP: f64 = 4.0;

/// The parts of the alpha axis that are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Sheet {
    Transparent,
    Translucent,
    Opaque,
}

impl Sheet {
    const ALL: [Self; 3] = [Self::Transparent, Self::Translucent, Self::Opaque];

    fn of(alpha: u16, max_sample: u16) -> Self {
        match alpha {
            0 => Self::Transparent,
            _ if alpha == max_sample => Self::Opaque,
            _ => Self::Translucent,
        }
    }

    fn offset(self) -> f64 {
        match self {
            Self::Transparent => -SHEET_GAP,
            Self::Translucent => 0.0,
            Self::Opaque => SHEET_GAP,
        }
    }
}

/// Distinct colours as points to cluster, in the order of the histogram.
#[derive(Debug)]
pub struct ColorPoints {
    /// Three premultiplied coordinates, and alpha unless every colour is opaque.
    pub points: WeightedPoints,
    /// The heaviest colour of every sheet: centroids from the start. Empty without alpha.
    pub seeds: Vec<usize>,
    space: Space,
    max_sample: u16,
}

impl ColorPoints {
    /// Places every colour of `histogram` in `space`.
    ///
    /// When `k` is 2 and all three sheets are present, translucent colours become opaque or
    /// transparent, whichever is nearer; a single cluster has to mix everything.
    ///
    /// # Errors
    /// [`crate::Error::Empty`] for an empty histogram.
    pub fn new(histogram: &Histogram, max_sample: u16, space: Space, k: usize) -> Result<Self> {
        let converter = Converter::new(space, max_sample);
        let sheets = Sheets::new(histogram, max_sample, k);
        let dim = if sheets.present == [Sheet::Opaque] { 3 } else { 4 };
        let mut values = Vec::with_capacity(histogram.len() * dim);
        for rgba in histogram.colors() {
            let [r, g, b, a] = rgba;
            let (color, alpha) = converter.premultiplied([r, g, b, sheets.kept_alpha(a)]);
            values.extend_from_slice(&color);
            if dim == 4 {
                values.push((alpha + sheets.offset(a)) * space.alpha_range());
            }
        }
        let weights = histogram.counts().iter().map(|&count| count as f64).collect();
        let points = WeightedPoints::new(values, dim, weights)?;
        let seeds = if dim == 4 { sheets.heaviest(histogram) } else { Vec::new() };
        Ok(Self { points, seeds, space, max_sample })
    }

    /// The same colours gathered until at most `max_points` are left, for a quicker fit, but
    /// never to fewer than `min_points`; `None` when the colours are fitted as they are.
    ///
    /// Colours that agree in their leading bits become their mean, weighted by count; sheets
    /// stay apart. `histogram` is the one these points were made from.
    ///
    /// # Errors
    /// None in practice: means of valid points are valid.
    pub fn gathered(
        &self,
        histogram: &Histogram,
        min_points: usize,
        max_points: usize,
    ) -> Result<Option<Self>> {
        let bits = u16::BITS - self.max_sample.leading_zeros();
        let mut gathered = None;
        let mut left = self.points.len();
        for dropped in 1..bits {
            if left <= max_points {
                break;
            }
            let leading = |rgba: [u16; 4]| rgba.map(|sample| sample >> dropped);
            let (groups, count) = self.groups(histogram, leading);
            if count < min_points {
                break;
            }
            gathered = Some(groups);
            left = count;
        }
        gathered.map(|groups| self.merged(&groups, left)).transpose()
    }

    /// The means of the colours that are equal in 8 bits, and for every colour its mean's number;
    /// `None` when the samples have no more than 8 bits.
    ///
    /// A palette holds 8 bits: no more colours than these can be told apart.
    ///
    /// # Errors
    /// None in practice: means of valid points are valid.
    pub fn rounded(&self, histogram: &Histogram) -> Result<Option<(Self, Vec<usize>)>> {
        if u8::try_from(self.max_sample).is_ok() {
            return Ok(None);
        }
        let step = u32::from(self.max_sample) / u32::from(u8::MAX);
        let in_8_bits = |rgba: [u16; 4]| rgba.map(|v| ((u32::from(v) + step / 2) / step) as u16);
        let (groups, count) = self.groups(histogram, in_8_bits);
        Ok(Some((self.merged(&groups, count)?, groups)))
    }

    /// For every colour the number of its group, and how many groups there are; colours of one
    /// group have one `key` and lie on one sheet.
    fn groups(
        &self,
        histogram: &Histogram,
        key: impl Fn([u16; 4]) -> [u16; 4],
    ) -> (Vec<usize>, usize) {
        let mut numbers = FxHashMap::default();
        let group_of = |rgba: [u16; 4]| {
            let next = numbers.len();
            *numbers.entry((key(rgba), Sheet::of(rgba[3], self.max_sample))).or_insert(next)
        };
        (histogram.colors().map(group_of).collect(), numbers.len())
    }

    fn merged(&self, groups: &[usize], count: usize) -> Result<Self> {
        let dim = self.points.dim();
        let (mut values, mut weights) = (vec![0.0; count * dim], vec![0.0; count]);
        for (i, &group) in groups.iter().enumerate() {
            let weight = self.points.weights()[i];
            weights[group] += weight;
            let sums = &mut values[group * dim..(group + 1) * dim];
            sums.iter_mut().zip(self.points.row(i)).for_each(|(sum, value)| *sum += weight * value);
        }
        for (sums, weight) in values.chunks_exact_mut(dim).zip(&weights) {
            sums.iter_mut().for_each(|sum| *sum /= weight);
        }
        let seeds = self.seeds.iter().map(|&seed| groups[seed]).collect();
        let points = WeightedPoints::new(values, dim, weights)?;
        Ok(Self { points, seeds, ..*self })
    }

    /// The straight sRGB colour and alpha in 0..=255 of a centroid of these points.
    #[must_use]
    pub fn to_srgb(&self, centroid: &[f64]) -> [f64; 4] {
        let premultiplied = [centroid[0], centroid[1], centroid[2]];
        let range = self.space.alpha_range();
        let alpha = centroid.get(3).map_or(1.0, |alpha| (alpha / range).clamp(0.0, 1.0));
        if alpha == 0.0 {
            return [0.0; 4];
        }
        let [r, g, b] = self.space.to_srgb(premultiplied.map(|v| v / alpha)).map(|v| v * 255.0);
        [r, g, b, alpha * 255.0]
    }
}

/// Which sheets an image uses and whether `k` clusters suffice to keep them apart.
struct Sheets {
    present: Vec<Sheet>,
    max_sample: u16,
    k: usize,
}

impl Sheets {
    fn new(histogram: &Histogram, max_sample: u16, k: usize) -> Self {
        let mut present = Sheet::ALL.to_vec();
        present.retain(|sheet| histogram.colors().any(|c| Sheet::of(c[3], max_sample) == *sheet));
        Self { present, max_sample, k }
    }

    /// The sheet that a colour of this alpha is placed on; `None` when nothing is kept apart.
    fn placed(&self, alpha: u16) -> Option<Sheet> {
        let sheet = Sheet::of(alpha, self.max_sample);
        if self.present.len() <= self.k {
            Some(sheet)
        } else if self.k == 1 {
            None
        } else if sheet == Sheet::Translucent {
            let opaque = alpha > self.max_sample / 2;
            Some(if opaque { Sheet::Opaque } else { Sheet::Transparent })
        } else {
            Some(sheet)
        }
    }

    /// The alpha that a colour keeps: its own, unless it had to change sheets.
    fn kept_alpha(&self, alpha: u16) -> u16 {
        match self.placed(alpha) {
            Some(Sheet::Opaque) => self.max_sample,
            Some(Sheet::Transparent) => 0,
            Some(Sheet::Translucent) | None => alpha,
        }
    }

    fn offset(&self, alpha: u16) -> f64 {
        self.placed(alpha).map_or(0.0, Sheet::offset)
    }

    /// Positions of the heaviest colour on each sheet that is kept apart.
    fn heaviest(&self, histogram: &Histogram) -> Vec<usize> {
        let mut heaviest: [Option<(u64, usize)>; 3] = [None; 3];
        for (i, (rgba, &count)) in histogram.colors().zip(histogram.counts()).enumerate() {
            let Some(sheet) = self.placed(rgba[3]) else { continue };
            let slot = &mut heaviest[sheet as usize];
            if slot.is_none_or(|(most, _)| count > most) {
                *slot = Some((count, i));
            }
        }
        heaviest.into_iter().flatten().map(|(_, i)| i).collect()
    }
}
