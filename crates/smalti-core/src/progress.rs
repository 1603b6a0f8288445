//! How a long computation says where it is and asks whether to go on.

use crate::error::Result;

/// The stages of the pipeline that take time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Counting distinct colours.
    Histogram,
    /// Choosing the initial centroids.
    InitialCentroids,
    /// Assignment and update steps.
    KMeans,
    /// Moving centroids to where they are needed more.
    Swaps,
    /// Giving every pixel its index.
    Labels,
    /// Writing the file format.
    Encode,
    /// Dividing an image into superpixels.
    Superpixels,
}

impl Stage {
    /// The stage's identifier. It stays the same: callers compare it, and choose the words that
    /// people see.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Histogram => "histogram",
            Self::InitialCentroids => "initial-centroids",
            Self::KMeans => "kmeans",
            Self::Swaps => "swaps",
            Self::Labels => "labels",
            Self::Encode => "encode",
            Self::Superpixels => "superpixels",
        }
    }
}

/// Receives progress reports and may stop the computation.
pub trait Progress: Sync {
    /// Called between bounded pieces of work with the done fraction of `stage`, 0 to 1.
    ///
    /// # Errors
    /// Returns [`crate::Error::Interrupted`] to stop the computation.
    fn report(&self, stage: Stage, fraction: f64) -> Result<()>;

    /// Called within pieces of work, from any thread, to learn whether to go on.
    ///
    /// # Errors
    /// Returns [`crate::Error::Interrupted`] to stop the computation.
    fn go_on(&self) -> Result<()>;
}

/// Listens to nothing and never stops the computation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _stage: Stage, _fraction: f64) -> Result<()> {
        Ok(())
    }

    fn go_on(&self) -> Result<()> {
        Ok(())
    }
}
