//! Parts of the screen.

/// A part of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Columns before it.
    pub left: usize,
    /// Rows above it.
    pub top: usize,
    /// Its columns.
    pub width: usize,
    /// Its rows.
    pub height: usize,
}

impl Part {
    /// The first pixel alone.
    pub const PIXEL: Self = Self { left: 0, top: 0, width: 1, height: 1 };

    /// The smallest part that has all pixels, of a screen of a width, for which something is true.
    pub fn around(width: usize, pixels: impl Iterator<Item = bool>) -> Option<Self> {
        let mut sides: Option<[usize; 4]> = None;
        for (pixel, _) in pixels.enumerate().filter(|&(_, is_in)| is_in) {
            let (x, y) = (pixel % width, pixel / width);
            let [left, top, right, bottom] = sides.unwrap_or([x, y, x, y]);
            sides = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
        }
        sides.map(|[left, top, right, bottom]| Self {
            left,
            top,
            width: right - left + 1,
            height: bottom - top + 1,
        })
    }

    /// The smallest part that has both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let right = (self.left + self.width).max(other.left + other.width);
        let bottom = (self.top + self.height).max(other.top + other.height);
        Self { left, top, width: right - left, height: bottom - top }
    }

    /// The numbers of its pixels on a screen of a width, row by row.
    pub fn pixels(self, width: usize) -> impl Iterator<Item = usize> {
        let Self { left, top, .. } = self;
        (top..top + self.height).flat_map(move |y| y * width + left..y * width + left + self.width)
    }
}
