//! What a player shows: frames are drawn on a canvas, one after the other, and taken off again.
//!
//! GIF and APNG share it. Where GIF says "restore to background", all browsers clear; so does this.

use super::super::refused;
use crate::error::Result;

/// Samples a pixel.
const SAMPLES: usize = 4;

/// What becomes of a frame's place before the next one is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposal {
    /// It stays.
    Keep,
    /// It becomes transparent.
    Clear,
    /// It becomes what it was.
    Restore,
}

/// Where a frame is drawn. It may reach beyond the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Columns before it.
    pub left: usize,
    /// Rows before it.
    pub top: usize,
    /// Its width.
    pub width: usize,
    /// Its height.
    pub height: usize,
}

/// The canvas, sRGB with straight alpha.
pub struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
    /// The pixels before the frame, if they are to come back.
    before: Vec<u8>,
    drawn: Option<(Place, Disposal)>,
}

impl Canvas {
    /// A transparent canvas, whose samples may take `max_bytes`.
    ///
    /// # Errors
    /// [`crate::error::Error::Decoding`] if it is too large.
    pub fn new(width: usize, height: usize, max_bytes: usize) -> Result<Self> {
        let size = width.checked_mul(height).and_then(|pixels| pixels.checked_mul(SAMPLES));
        let size = size.filter(|&size| size <= max_bytes);
        let size = size.ok_or_else(|| refused("it is too large"))?;
        Ok(Self { width, height, pixels: vec![0; size], before: Vec::new(), drawn: None })
    }

    /// Width and height.
    pub fn sides(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// What is shown, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Takes the frame before off, and draws the next one.
    ///
    /// `pixel` gets a place in the frame's pixels, counted row by row, and what is on the canvas there, and
    /// returns what is there from now on.
    pub fn draw(
        &mut self,
        place: Place,
        disposal: Disposal,
        mut pixel: impl FnMut(usize, [u8; SAMPLES]) -> [u8; SAMPLES],
    ) {
        self.dispose();
        if disposal == Disposal::Restore {
            self.before.clone_from(&self.pixels);
        }
        self.on_canvas(place, |at, shown| {
            let new = pixel(at, [shown[0], shown[1], shown[2], shown[3]]);
            shown.copy_from_slice(&new);
        });
        self.drawn = Some((place, disposal));
    }

    fn dispose(&mut self) {
        match self.drawn.take() {
            None | Some((_, Disposal::Keep)) => {}
            Some((place, Disposal::Clear)) => self.on_canvas(place, |_, shown| shown.fill(0)),
            Some((_, Disposal::Restore)) => std::mem::swap(&mut self.pixels, &mut self.before),
        }
    }

    /// Calls `each` for every pixel of a place that is on the canvas, with its number in the place.
    fn on_canvas(&mut self, place: Place, mut each: impl FnMut(usize, &mut [u8])) {
        let Place { left, top, width, height } = place;
        let row_bytes = self.width * SAMPLES;
        let seen = width.min(self.width.saturating_sub(left));
        if seen == 0 {
            return;
        }
        let rows = self.pixels.chunks_exact_mut(row_bytes).skip(top).take(height);
        for (y, row) in rows.enumerate() {
            let shown = row[left * SAMPLES..].chunks_exact_mut(SAMPLES).take(seen);
            shown.enumerate().for_each(|(x, shown)| each(y * width + x, shown));
        }
    }
}

/// A colour over another one, both with straight alpha (PNG, third edition, W3C 2025, section 13.16).
pub fn over(color: [u8; SAMPLES], below: [u8; SAMPLES]) -> [u8; SAMPLES] {
    const FULL: u32 = u8::MAX as u32;
    let (alpha, alpha_below) = (u32::from(color[3]), u32::from(below[3]));
    if alpha == FULL || alpha_below == 0 {
        return color;
    }
    if alpha == 0 {
        return below;
    }
    let (share, share_below) = (alpha * FULL, (FULL - alpha) * alpha_below);
    let total = share + share_below;
    let mixed = |i: usize| {
        let sum = u32::from(color[i]) * share + u32::from(below[i]) * share_below;
        ((sum + total / 2) / total) as u8
    };
    [mixed(0), mixed(1), mixed(2), ((total + FULL / 2) / FULL) as u8]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RED: [u8; 4] = [255, 0, 0, 255];
    const BLUE: [u8; 4] = [0, 0, 255, 255];
    const NONE: [u8; 4] = [0; 4];

    fn place(left: usize, top: usize, width: usize, height: usize) -> Place {
        Place { left, top, width, height }
    }

    fn shown(canvas: &Canvas) -> Vec<[u8; 4]> {
        canvas.pixels().chunks_exact(4).map(|pixel| pixel.try_into().unwrap()).collect()
    }

    #[test]
    fn frames_stay_are_cleared_or_make_way_for_what_was_there() {
        let mut canvas = Canvas::new(2, 1, 8).unwrap();
        canvas.draw(place(0, 0, 2, 1), Disposal::Keep, |_, _| RED);
        canvas.draw(place(1, 0, 1, 1), Disposal::Restore, |_, below| over(BLUE, below));
        assert_eq!(shown(&canvas), [RED, BLUE]);
        canvas.draw(place(0, 0, 1, 1), Disposal::Clear, |_, _| BLUE);
        assert_eq!(shown(&canvas), [BLUE, RED]);
        canvas.draw(place(0, 0, 0, 0), Disposal::Keep, |_, _| RED);
        assert_eq!(shown(&canvas), [NONE, RED]);
    }

    #[test]
    fn what_lies_beyond_the_canvas_is_not_drawn_and_pixels_keep_their_numbers() {
        let mut canvas = Canvas::new(3, 2, 24).unwrap();
        canvas.draw(place(2, 1, 4, 4), Disposal::Clear, |at, _| [at as u8, 9, 9, 255]);
        let mut expected = [NONE; 6];
        expected[5] = [0, 9, 9, 255];
        assert_eq!(shown(&canvas), expected);
        canvas.draw(place(7, 9, 1, 1), Disposal::Keep, |_, _| RED);
        assert_eq!(shown(&canvas), [NONE; 6]);
        canvas.draw(place(0, 0, 2, 2), Disposal::Keep, |at, _| [at as u8, 9, 9, 255]);
        assert_eq!(shown(&canvas)[4], [3, 9, 9, 255]);
    }

    #[test]
    fn a_canvas_that_takes_too_much_is_refused() {
        assert!(Canvas::new(4, 4, 63).is_err());
        assert!(Canvas::new(usize::MAX, 2, usize::MAX).is_err());
    }

    proptest! {
        #[test]
        fn over_is_what_its_formula_says(color: [u8; 4], below: [u8; 4]) {
            let mixed = over(color, below);
            let (a, b) = (f64::from(color[3]) / 255.0, f64::from(below[3]) / 255.0);
            let alpha = a + b * (1.0 - a);
            prop_assert!((f64::from(mixed[3]) - 255.0 * alpha).abs() <= 0.5 + 1e-9);
            for i in 0..3 {
                let sum = f64::from(color[i]) * a + f64::from(below[i]) * b * (1.0 - a);
                if alpha > 0.0 {
                    prop_assert!((f64::from(mixed[i]) - sum / alpha).abs() <= 0.5 + 1e-9);
                }
            }
        }
    }
}
