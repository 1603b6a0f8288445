//! File formats that the core writes itself.

mod deflate;
mod png;

pub use png::png;
