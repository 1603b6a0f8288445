//! A palette, and where its colours lie.

use crate::color::{Converter, Space};

/// Coordinates in percent of the space's range.
pub type Point = [f32; 3];

const PERCENT: f64 = 100.0;

/// Places colours.
pub struct Places {
    converter: Converter,
    scale: f64,
}

impl Places {
    pub fn new(space: Space) -> Self {
        let (converter, scale) = (Converter::new(space, u8::MAX.into()), PERCENT / space.range());
        Self { converter, scale }
    }

    pub fn of(&self, color: [u8; 3]) -> Point {
        let coordinates = self.converter.coordinates(color.map(u16::from));
        coordinates.map(|coordinate| (coordinate * self.scale) as f32)
    }
}

/// Colours that labels stand for, at most [`super::MAX_FRAME_COLORS`].
pub struct Entries {
    pub colors: Vec<[u8; 3]>,
    pub points: Vec<Point>,
}

impl Entries {
    pub fn new(colors: Vec<[u8; 3]>, places: &Places) -> Self {
        let points = colors.iter().map(|&color| places.of(color)).collect();
        Self { colors, points }
    }

    /// The label that leaves a pixel as it is.
    pub fn kept(&self) -> u8 {
        self.colors.len() as u8
    }

    /// The label of a colour, if it is there.
    pub fn label(&self, color: [u8; 3]) -> Option<u8> {
        self.colors.iter().position(|&own| own == color).map(|label| label as u8)
    }
}

/// The squared distance of two places.
pub fn squared(a: Point, b: Point) -> f32 {
    let squares = [0, 1, 2].map(|i| (a[i] - b[i]) * (a[i] - b[i]));
    squares[0] + squares[1] + squares[2]
}
