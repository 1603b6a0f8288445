//! K-Means of points that come in chunks: what one chunk tells of its points.
//!
//! Points that are too many for one machine's memory lie in chunks, on many machines. Each pass asks
//! every chunk for a little: how far its points reach ([`bounds`]), the members of each cluster,
//! added up ([`tally`]), points drawn at random ([`drawn`]), or points far from their centroids
//! ([`costliest`]). What two chunks tell is merged into what both together would tell. Merging is
//! associative and commutative, bit for bit, so that neither the chunks nor their order matter:
//! sums are integers, random numbers depend on a point's row, and ties go by coordinates.
//!
//! Cost of a pass: that of [`nearest`](crate::nearest::nearest), and some nanoseconds for each
//! coordinate.

mod bounds;
mod picks;
mod tally;

pub use bounds::bounds;
pub use picks::{Draw, Picks, costliest, drawn};
pub use tally::{Scale, Tally, tally};
