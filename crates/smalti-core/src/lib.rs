//! Image compression by K-Means vector quantisation.
//!
//! The flow has one direction and one room per stage. A palette is fitted to a histogram, and pixels
//! are mapped to a palette; the two meet in [`pipeline`] only.
//!
//! ```text
//! fit:  pixels -> histogram -> color_points -> init -> kmeans -> palette
//! map:  pixels, palette -> labels (nearest | dithered | rate-distortion) -> indexed_image -> encode
//! ```
//!
//! **Fit.** An image ([`pixels`]) is reduced to its distinct colours and their counts ([`histogram`])
//! in an order that keeps neighbours together ([`morton`]); histograms of many images merge. The
//! colours become weighted points of a colour space ([`color`], [`coordinates`], [`color_points`]),
//! laid out for the search ([`point_blocks`]). From initial centroids ([`init`]), longer steps, swaps
//! and Lloyd's algorithm ([`kmeans`]) find a codebook, with [`nearest`] as their assignment step. It
//! is rounded and ordered ([`palette`]). [`fit`] composes this.
//!
//! **Map.** Every pixel gets an index ([`labels`]): into a palette of the picture's own, which may be
//! fitted anew on the way, or into a given one, which stays as it is. What is asked for is a [`goal`];
//! [`targets`] find the rate weight that reaches it. Which bits are counted is told by the format's
//! coder, which also tells sizes and writes the picture ([`encode`]). The result is an
//! [`indexed_image`]. [`map`] composes this.
//!
//! [`pipeline`] composes both for one image, [`preset`] turns an effort level into their knobs,
//! [`metrics`] measures the result.
//!
//! Vectors of any dimension and either precision ([`real`]) enter as [`points`]; [`growing`] fits
//! codebooks of many sizes to them. Those that do not fit in memory are clustered by [`chunks`].
//!
//! For segmentation, pixels become features ([`color_features`]), whose classes K-Means finds.
//! [`labels`] can keep the pixels of a class together, and [`superpixels`] groups pixels that are
//! alike and near. A map of classes has connected [`regions`].
//!
//! Results are the same on any number of threads.

pub mod animation;
pub mod chunks;
pub mod color;
pub mod color_features;
pub mod color_points;
pub mod coordinates;
pub mod decode;
pub mod encode;
pub mod error;
pub mod fit;
pub mod goal;
pub mod growing;
pub mod histogram;
pub mod indexed_image;
pub mod init;
pub mod kmeans;
pub mod labels;
pub mod map;
pub mod metrics;
mod moments;
pub mod morton;
pub mod nearest;
pub mod palette;
pub mod pipeline;
pub mod pixels;
pub mod point_blocks;
pub mod points;
pub mod preset;
pub mod progress;
pub mod random;
pub mod real;
pub mod regions;
pub mod superpixels;
pub mod targets;

pub use error::{Error, Result};
