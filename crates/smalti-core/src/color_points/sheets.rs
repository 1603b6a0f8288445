//! The sheets along the alpha axis: clear, translucent and solid colours stay apart.

use crate::histogram::Histogram;

/// Distance between sheets, in units of the space's range. The largest distance within
/// a sheet is below 2 of these units (a unit cube's diagonal; `OKLab`'s is smaller), and two
/// sheets are farther apart than `APART`.
pub const SHEET_GAP: f64 = 4.0;

/// Distance that is exceeded between sheets only, in units of the space's range.
pub const APART: f64 = 3.0;

/// Sheets that an image has at most.
pub const SHEETS: usize = Sheet::ALL.len();

/// The parts of the alpha axis that are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sheet {
    Transparent,
    Translucent,
    Opaque,
}

impl Sheet {
    /// Along the axis.
    pub const ALL: [Self; 3] = [Self::Transparent, Self::Translucent, Self::Opaque];

    /// Where a colour of this alpha belongs.
    pub fn of(alpha: u16, max_sample: u16) -> Self {
        match alpha {
            0 => Self::Transparent,
            _ if alpha == max_sample => Self::Opaque,
            _ => Self::Translucent,
        }
    }

    /// Where a colour of 8 bits a sample belongs.
    pub fn of_8_bits([.., alpha]: [u8; 4]) -> Self {
        Self::of(alpha.into(), u8::MAX.into())
    }

    /// How far along the axis the sheet is set off, in units of the space's range.
    pub fn offset(self) -> f64 {
        match self {
            Self::Transparent => -SHEET_GAP,
            Self::Translucent => 0.0,
            Self::Opaque => SHEET_GAP,
        }
    }
}

/// Which sheets an image uses and whether there are clusters enough to keep them apart.
#[derive(Debug)]
pub struct Sheets {
    present: Vec<Sheet>,
    max_sample: u16,
    /// How many sheets can have a cluster.
    room: usize,
    /// Whether translucent colours may change sheets where there is not room for all.
    merge: bool,
}

impl Sheets {
    /// Those of an image that gets `k` clusters.
    pub fn new(histogram: &Histogram, max_sample: u16, k: usize) -> Self {
        let mut found = [false; Sheet::ALL.len()];
        for [.., alpha] in histogram.colors() {
            found[Sheet::of(alpha, max_sample) as usize] = true;
        }
        let present = Sheet::ALL.into_iter().filter(|&sheet| found[sheet as usize]).collect();
        Self { present, max_sample, room: k, merge: k > 1 }
    }

    /// Those of a palette that stays as it is, each with colours of its own.
    pub fn of_palette(palette: &[[u8; 4]], max_sample: u16) -> Self {
        let has = |sheet: Sheet| palette.iter().any(|&color| Sheet::of_8_bits(color) == sheet);
        let present = Sheet::ALL.into_iter().filter(|&sheet| has(sheet)).collect();
        Self { present, max_sample, room: SHEETS, merge: false }
    }

    /// Whether everything is opaque.
    pub fn all_opaque(&self) -> bool {
        self.present == [Sheet::Opaque]
    }

    /// Makes some of the clusters these colours, which must stay as they are.
    pub fn keep(&mut self, colors: &[[u8; 4]]) {
        let kept = |sheet: Sheet| colors.iter().any(|&color| Sheet::of_8_bits(color) == sheet);
        let covered = Sheet::ALL.into_iter().filter(|&sheet| kept(sheet)).count();
        self.room = self.room - colors.len() + covered;
        self.present = Sheet::ALL
            .into_iter()
            .filter(|sheet| kept(*sheet) || self.present.contains(sheet))
            .collect();
        self.merge = false;
    }

    /// Whether any sheet is kept apart from another.
    pub fn kept_apart(&self) -> bool {
        self.present.len() > 1 && (self.present.len() <= self.room || self.merge)
    }

    /// The sheet whose clusters alone are for colours of this alpha; `None` when all are.
    ///
    /// Clear and opaque colours stay so where there are such clusters; the others have the nearest.
    pub fn bound(&self, alpha: u16) -> Option<Sheet> {
        let sheet = Sheet::of(alpha, self.max_sample);
        (sheet != Sheet::Translucent && self.present.contains(&sheet)).then_some(sheet)
    }

    /// The sheet that a colour of this alpha is placed on; `None` when nothing is kept apart.
    fn placed(&self, alpha: u16) -> Option<Sheet> {
        let sheet = Sheet::of(alpha, self.max_sample);
        if self.present.len() <= self.room {
            Some(sheet)
        } else if !self.merge {
            None
        } else if sheet == Sheet::Translucent {
            let opaque = alpha > self.max_sample / 2;
            Some(if opaque { Sheet::Opaque } else { Sheet::Transparent })
        } else {
            Some(sheet)
        }
    }

    /// The alpha that a colour keeps: its own, unless it had to change sheets.
    pub fn kept_alpha(&self, alpha: u16) -> u16 {
        match self.placed(alpha) {
            Some(Sheet::Opaque) => self.max_sample,
            Some(Sheet::Transparent) => 0,
            Some(Sheet::Translucent) | None => alpha,
        }
    }

    /// How far along the axis a colour of this alpha is set off, in units of the space's range.
    pub fn offset(&self, alpha: u16) -> f64 {
        self.placed(alpha).map_or(0.0, Sheet::offset)
    }
}
