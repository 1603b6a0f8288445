//! From a palette to an index for every pixel: the nearest colour, the one that is worth its
//! bits, or the one that keeps regions together.

pub mod masking;
mod nearest;
mod potts;
mod rate_distortion;

pub use nearest::nearest;
pub use potts::{
    Blocks, Boundaries, Features, MAX_CLASSES, OUTSIDE, block_means, class_gap, potts,
};
pub use rate_distortion::{
    BitModel, DitherMethod, GivenEntries, LabelSettings, MAX_COLORS, Scene, SceneColors, lost,
    rate_distortion, worst_shown,
};
