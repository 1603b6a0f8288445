//! From a palette to an index for every pixel: the nearest colour, or the one that is worth its
//! bits.

mod nearest;
mod rate_distortion;

pub use nearest::nearest;
pub use rate_distortion::{
    DitherMethod, Labeled, MAX_COLORS, Scene, Settings, lost, rate_distortion, worst_shown,
};
