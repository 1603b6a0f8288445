//! From palette entries of distinct colours to an index for every pixel.

mod nearest;

pub use nearest::nearest;
