//! Frames that follow each other: labels that weigh error, bits and time.
//!
//! A pixel of a frame may keep what is on the screen, which is nearly free. It does so wherever the
//! source does not change, so that nothing crawls; and where the source changes by less than the eye
//! sees, if that is worth its bits. Where the palette that all frames share has no good colours for what is
//! new, a frame gets one of its own, if that is worth its bits.

mod costs;
mod dictionary;
mod entries;
mod nearest;
mod part;
mod screen;
mod search;

use rayon::prelude::*;

use crate::color::Space;
use crate::error::{Error, Result};
use crate::fit::{ColorCounts, FitOptions, fit};
use crate::histogram::Histogram;
use crate::labels::masking;
use crate::pixels::{Pixels, Samples};
use crate::preset::Preset;
use crate::progress::Silent;

use costs::PartCosts;
use entries::{Entries, Places};
use nearest::Nearest;
use screen::{CHANNELS, Screen, Weighed, is_opaque};
use search::Search;

pub use part::Part;

/// Colours that a frame can have, beside the label that keeps what is there.
pub const MAX_FRAME_COLORS: usize = 255;

/// Bits that a colour takes in the palette of a frame.
const COLOR_BITS: f32 = 24.0;

/// Bits for which a pixel is written rather than held.
const WRITTEN_BITS: f32 = 2.0;

/// Levels by which the samples of a pixel may change, for it to count as unchanged.
const ALIKE: u8 = 5;

/// A frame in labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedFrame {
    /// What is written of it.
    pub part: Part,
    /// The labels there; the number of colours stands for what is there already.
    pub labels: Vec<u8>,
    /// The palette, if it is the frame's own.
    pub palette: Option<Vec<[u8; 3]>>,
    /// Whether the part is cleared after it.
    pub clears: bool,
    /// Pixels that show another colour than they could, for the sake of bits.
    pub held: usize,
}

/// How frames are mapped.
#[derive(Debug, Clone, Copy)]
pub struct FrameOptions {
    /// Where distances are measured.
    pub space: Space,
    /// How hard to look for palettes of frames.
    pub preset: Preset,
    /// What a bit is worth in squared error, in percent of the space's range.
    pub weight: f64,
    /// How much of every error is made up for, 0 to 1.
    pub dither: f64,
    /// Whether frames may have palettes of their own.
    pub has_own_palettes: bool,
}

/// Maps frames, one after the other.
pub struct FrameMapper {
    shared: Entries,
    places: Places,
    screen: Screen,
    search: Search,
    options: FrameOptions,
}

impl FrameMapper {
    /// Begins an animation.
    ///
    /// # Errors
    /// [`Error::Empty`] and [`Error::TooManyPaletteColors`] for the palette.
    pub fn new(
        (width, height): (usize, usize),
        palette: &[[u8; 3]],
        options: FrameOptions,
    ) -> Result<Self> {
        let count = palette.len();
        if count == 0 {
            return Err(Error::Empty { what: "the palette", unit: "colour" });
        }
        if count > MAX_FRAME_COLORS {
            return Err(Error::TooManyPaletteColors { count, max: MAX_FRAME_COLORS });
        }
        let places = Places::new(options.space);
        Ok(Self {
            shared: Entries::new(palette.to_vec(), &places),
            places,
            screen: Screen::new(width, height),
            search: Search::new(options.weight as f32),
            options,
        })
    }

    /// Maps the next frame, red, green, blue and alpha of each pixel, when some of those that follow are
    /// known: the first tells what is to be cleared, all how long colours last.
    ///
    /// # Errors
    /// [`Error::SizeMismatch`] for a frame of another size.
    pub fn map(&mut self, frame: &[u8], following: &[&[u8]]) -> Result<MappedFrame> {
        let frame = self.pixels(frame)?;
        let following = following.iter().map(|each| self.pixels(each));
        let following = following.collect::<Result<Vec<_>>>()?;
        let cleared = following.first().and_then(|next| {
            let is_cleared = |(&now, &then)| is_opaque(now) && !is_opaque(then);
            Part::around(self.screen.width(), frame.iter().zip(*next).map(is_cleared))
        });
        let wishes = self.wishes(frame, &following);
        let own = if self.options.has_own_palettes { self.own(frame, &wishes)? } else { None };
        let shared = Nearest::new(&self.shared, &wishes);
        let own = own.as_ref().map(|entries| Nearest::new(entries, &wishes));
        let own = own.filter(|own| self.is_worth(own, &shared, &wishes));
        let (is_own, nearest) = (own.is_some(), own.unwrap_or(shared));
        let bits = (WRITTEN_BITS * self.options.weight as f32, self.options.dither as f32);
        let (part, mut costs) =
            PartCosts::new(&nearest, self.screen.width(), &wishes, cleared, bits);
        let labels = self.search.labels(&mut costs);
        let held = costs.held(&labels);
        let clears = cleared.is_some();
        self.screen.show(frame, nearest.entries, (part, &labels), clears);
        let palette = is_own.then(|| nearest.entries.colors.clone());
        Ok(MappedFrame { part, labels, palette, clears, held })
    }

    /// What is asked of each pixel.
    fn wishes(&self, frame: &[[u8; CHANNELS]], following: &[&[[u8; CHANNELS]]]) -> Vec<Weighed> {
        let lightness = |at: usize| luma(frame[at]);
        let weights = masking::weights(self.screen.width(), frame.len(), lightness);
        // An error counts in each frame that shows it.
        let lasts = |at: usize| {
            let is_alike = |then: &&&[[u8; CHANNELS]]| are_alike(frame[at], then[at]);
            1 + following.iter().take_while(is_alike).count()
        };
        let weighed = |at: usize| {
            let wish = self.screen.wish(at, frame[at], &self.places);
            let weight = wish.point().map_or(0.0, |_| weights[at] * lasts(at) as f32);
            Weighed { wish, weight }
        };
        (0..frame.len()).into_par_iter().map(weighed).collect()
    }

    /// A palette for what a frame writes; `None` if that is nothing.
    fn own(&self, frame: &[[u8; CHANNELS]], wishes: &[Weighed]) -> Result<Option<Entries>> {
        let written =
            wishes.iter().zip(frame).filter(|(weighed, _)| weighed.wish.point().is_some());
        let colors: Vec<u8> =
            written.flat_map(|(_, &[red, green, blue, _])| [red, green, blue]).collect();
        if colors.is_empty() {
            return Ok(None);
        }
        let pixels = Pixels::new(Samples::U8(&colors), colors.len() / 3, 1, 3)?;
        let histogram = &Histogram::of(&pixels, &Silent)?;
        let FrameOptions { space, preset, .. } = self.options;
        let counts = ColorCounts { histogram, max_sample: u8::MAX.into(), channels: 3 };
        let asked = FitOptions { k: self.shared.colors.len(), space, preset, keep: &[] };
        let found = fit(&counts, &asked, &Silent)?.palette.colors;
        let own = found.iter().map(|&[red, green, blue, _]| [red, green, blue]).collect();
        Ok(Some(Entries::new(own, &self.places)))
    }

    /// Whether a palette is worth its bits.
    fn is_worth(&self, own: &Nearest<'_>, shared: &Nearest<'_>, wishes: &[Weighed]) -> bool {
        let stored = (own.entries.colors.len() + 1).next_power_of_two();
        let bits = f64::from(COLOR_BITS) * stored as f64;
        shared.error(wishes) - own.error(wishes) > self.options.weight * bits
    }

    fn pixels<'a>(&self, frame: &'a [u8]) -> Result<&'a [[u8; CHANNELS]]> {
        let (pixels, rest) = frame.as_chunks();
        let (found, expected) = (pixels.len(), self.screen.len());
        if found != expected || !rest.is_empty() {
            return Err(Error::SizeMismatch { what: "a frame", unit: "pixels", found, expected });
        }
        Ok(pixels)
    }
}

/// Whether a pixel may go on showing a colour when another one is asked for.
fn are_alike(color: [u8; CHANNELS], other: [u8; CHANNELS]) -> bool {
    let near = |i: usize| color[i].abs_diff(other[i]) <= ALIKE;
    is_opaque(other) && near(0) && near(1) && near(2)
}

/// About the lightness of a colour, in percent.
fn luma([red, green, blue, _]: [u8; CHANNELS]) -> f32 {
    let sum = 2 * u32::from(red) + 5 * u32::from(green) + u32::from(blue);
    sum as f32 * (100.0 / 8.0 / 255.0)
}
