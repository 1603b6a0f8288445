//! What players show, from frame to frame.

use super::entries::{Entries, Places, Point, squared};
use super::part::Part;

/// Channels of a pixel.
pub const CHANNELS: usize = 4;

/// Alpha from which on a pixel counts as opaque: GIF knows no other.
const OPAQUE_FROM: u8 = 128;

/// What is asked of a pixel by the next frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wish {
    /// What is there, a colour or nothing.
    Kept,
    /// What it showed before it was cleared.
    Again { color: [u8; 3], point: Point },
    /// A new colour. What is there may stay, if anything is.
    New { point: Point, shown: Option<Shown> },
}

impl Wish {
    /// Where the colour lies that is to be written.
    pub fn point(self) -> Option<Point> {
        match self {
            Self::Kept => None,
            Self::Again { point, .. } | Self::New { point, .. } => Some(point),
        }
    }
}

/// A wish, and what its squared error weighs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighed {
    pub wish: Wish,
    pub weight: f32,
}

/// What is there though something new is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    pub point: Point,
    /// The squared distance of what is asked for from what was asked for when it was written.
    pub change: f32,
    /// Frames for which the pixel has kept it though another colour was asked for.
    pub waited: u8,
}

#[derive(Debug, Clone, Copy)]
struct Pixel {
    /// What was asked for; nothing if it is not opaque.
    asked: [u8; CHANNELS],
    /// What it showed, and for which colour that was written.
    color: [u8; 3],
    meant: [u8; 3],
    /// Whether that is still there.
    is_there: bool,
    waited: u8,
}

const EMPTY: Pixel =
    Pixel { asked: [0; CHANNELS], color: [0; 3], meant: [0; 3], is_there: false, waited: 0 };

/// What players show.
pub struct Screen {
    width: usize,
    pixels: Vec<Pixel>,
}

impl Screen {
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, pixels: vec![EMPTY; width * height] }
    }

    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels of the screen.
    pub fn len(&self) -> usize {
        self.pixels.len()
    }

    /// What a frame asks of a pixel.
    pub fn wish(&self, pixel: usize, color: [u8; CHANNELS], places: &Places) -> Wish {
        let Pixel { asked, color: shown, meant, is_there, waited } = self.pixels[pixel];
        let is_same = is_opaque(asked) && asked[..3] == color[..3];
        if !is_opaque(color) || is_same && is_there {
            Wish::Kept
        } else if is_same {
            Wish::Again { color: shown, point: places.of(shown) }
        } else {
            let point = places.of([color[0], color[1], color[2]]);
            let change = || squared(point, places.of(meant));
            let shown =
                is_there.then(|| Shown { point: places.of(shown), change: change(), waited });
            Wish::New { point, shown }
        }
    }

    /// Shows a frame, whose part has got labels; the part is empty from then on if it `clears`.
    pub fn show(
        &mut self,
        frame: &[[u8; CHANNELS]],
        entries: &Entries,
        (part, labels): (Part, &[u8]),
        clears: bool,
    ) {
        for (pixel, &color) in self.pixels.iter_mut().zip(frame) {
            if is_opaque(color) {
                let is_new = pixel.asked != color;
                pixel.waited = if is_new { pixel.waited.saturating_add(1) } else { pixel.waited };
                pixel.asked = color;
            } else {
                *pixel = EMPTY;
            }
        }
        for (at, &label) in part.pixels(self.width).zip(labels) {
            let pixel = &mut self.pixels[at];
            if label != entries.kept() {
                pixel.color = entries.colors[usize::from(label)];
                pixel.meant = [pixel.asked[0], pixel.asked[1], pixel.asked[2]];
                (pixel.is_there, pixel.waited) = (true, 0);
            }
            if clears {
                pixel.is_there = false;
            }
        }
    }
}

/// Whether a pixel is drawn; the others are clear.
pub fn is_opaque(color: [u8; CHANNELS]) -> bool {
    color[3] >= OPAQUE_FROM
}
