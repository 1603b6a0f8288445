//! Labels for pixels from a palette: the picture's own or a given one.
//!
//! What every pixel gets at first is its nearest colour. Where bits count or errors are diffused,
//! labels are chosen anew from there ([`crate::labels::rate_distortion`]), with the rate weight that
//! the goal leads to ([`crate::targets`]).
//!
//! A palette that is the picture's own may change on the way: it is learned anew where it has lost
//! the colour of a small region, and drawings that are to reach a target try fewer colours. Who maps
//! to such a palette hands over a [`Refit`]. A given palette ([`to_palette`]) stays as it is.
//!
//! Parts of an image larger than memory look up what depends on colour alone ([`ColorLabels`]).
//!
//! The result is the same on any number of threads.

mod color_labels;
mod given;
mod mapper;
mod options;

pub use color_labels::ColorLabels;
pub use given::{GivenPalette, to_palette};
pub use mapper::{FitNearest, Mapper, NearestLabels, Refit};
pub use options::MapOptions;
