//! File formats that the core writes itself.

mod png;

pub use png::png;
