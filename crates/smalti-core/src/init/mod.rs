//! Initial centroids.

mod cumulative;
mod kmeans_plusplus;
mod masses;
mod random;
mod rows;
mod wu;

pub use kmeans_plusplus::kmeans_plusplus;
pub use masses::{BoxMasses, Masses};
pub use random::random;
pub use rows::RowMasses;
pub use wu::wu;
