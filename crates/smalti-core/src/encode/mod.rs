//! File formats that the core writes itself.

mod png;

pub use png::{png, png_by_zopfli};
