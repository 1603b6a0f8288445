//! Every way the core can refuse, with the values that made it refuse.
//!
//! The messages are whole sentences because Python shows them unchanged: they
//! name the argument, the value it had and what is allowed.

/// Why a computation was refused or stopped.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// The number of clusters or colours is zero or larger than the field allows.
    #[error("k must be between 1 and {max}, got {k}")]
    InvalidK {
        /// The value asked for.
        k: usize,
        /// The largest value allowed here.
        max: usize,
    },
    /// The effort level lies outside 1..=9.
    #[error("effort must be between 1 and 9, got {0}")]
    InvalidEffort(u8),
    /// A rate weight below zero, or not a number.
    #[error("rate_weight must be a finite number of at least 0, got {0}")]
    InvalidRateWeight(f64),
    /// A weight of boundaries below zero, or not a number.
    #[error("spatial_weight must be a finite number of at least 0, got {0}")]
    InvalidSpatialWeight(f64),
    /// A score above the best, or not a number.
    #[error("quality must be a number of at most 100 (SSIMULACRA2), got {0}")]
    InvalidQuality(f64),
    /// No labels score as high.
    #[error(
        "quality {quality} cannot be reached with this many colours: the closest is \
         SSIMULACRA2 {best:.2}"
    )]
    QualityNotReached {
        /// The score asked for.
        quality: f64,
        /// The highest score found.
        best: f64,
    },
    /// No labels that were tried make as small a file.
    #[error("no file of at most {max_bytes} bytes was found: the smallest had {smallest}")]
    SizeNotReached {
        /// The size asked for.
        max_bytes: usize,
        /// The smallest size found.
        smallest: usize,
    },
    /// A share of the error outside 0..=1, or not a number.
    #[error("dither must be between 0 and 1, got {0}")]
    InvalidDither(f64),
    /// More colours than labels that weigh their bits, or are dithered, can tell apart.
    #[error(
        "rate_weight, dither, dither_method, quality and max_bytes need a k of at most {max}, \
         got {k}"
    )]
    TooManyColorsToWeigh {
        /// The value asked for.
        k: usize,
        /// The largest value allowed here.
        max: usize,
    },
    /// More colours to keep than the palette has.
    #[error("{count} colours cannot be kept with a k of {k}: it must be at least {count}")]
    TooManyKept {
        /// Colours to keep.
        count: usize,
        /// The palette's size.
        k: usize,
    },
    /// A see-through colour to keep in a picture without alpha.
    #[error(
        "colour {}, {}, {}, {} cannot be kept: it is see-through, and the image has no alpha channel",
        .0[0], .0[1], .0[2], .0[3]
    )]
    KeptAlpha([u8; 4]),
    /// An iteration or restart count of zero.
    #[error("{name} must be at least 1, got 0")]
    ZeroCount {
        /// The argument's name.
        name: &'static str,
    },
    /// Points of another dimension than colours have.
    #[error("init 'wu' is for colours: points must have 3 or 4 coordinates, got {0}")]
    InvalidDimension(usize),
    /// A tolerance below zero, or not a number.
    #[error("tol must be a finite number of at least 0, got {0}")]
    InvalidTolerance(f64),
    /// There is nothing to work on.
    #[error("{what} is empty: at least one {unit} is needed")]
    Empty {
        /// The argument's name.
        what: &'static str,
        /// What it should hold.
        unit: &'static str,
    },
    /// More points than 32 bits number.
    #[error("points has {count} rows, but at most {max} can be clustered at once")]
    TooManyPoints {
        /// The number given.
        count: usize,
        /// The largest number allowed.
        max: usize,
    },
    /// A coordinate is NaN or infinite.
    #[error("{what}[{row}, {column}] is {value}, but every value must be a finite number")]
    NotFinite {
        /// The argument's name.
        what: &'static str,
        /// Row of the first offending value.
        row: usize,
        /// Column of the first offending value.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// A coordinate is too large to be squared and added up in float64.
    #[error("{what}[{row}, {column}] is {value:e}, but values must lie within -{max:e} to {max:e}")]
    TooLarge {
        /// The argument's name.
        what: &'static str,
        /// Row of the first offending value.
        row: usize,
        /// Column of the first offending value.
        column: usize,
        /// The value found.
        value: f64,
        /// The largest magnitude allowed.
        max: f64,
    },
    /// A sample weight is zero, negative, NaN, infinite or too extreme to be added up.
    #[error(
        "sample_weight[{index}] is {value:?}, but weights must be greater than 0, \
         and within 1e-90 to 1e90"
    )]
    InvalidWeight {
        /// Position of the first offending weight.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// Two arguments whose sizes must agree do not.
    #[error("{what} has {found} {unit}, but {expected} are needed")]
    SizeMismatch {
        /// The argument's name.
        what: &'static str,
        /// What is counted.
        unit: &'static str,
        /// The count found.
        found: usize,
        /// The count needed.
        expected: usize,
    },
    /// A pixel has a number of channels that no stage understands.
    #[error("an image must have 3 (RGB) or 4 (RGBA) channels, got {0}")]
    InvalidChannels(usize),
    /// A pixel has no features, or more than can be compared.
    #[error("a pixel must have between 1 and {max} features, got {found}")]
    InvalidFeatureCount {
        /// The number given.
        found: usize,
        /// The largest number allowed.
        max: usize,
    },
    /// A compactness below zero, or not a number.
    #[error("compactness must be a finite number of at least 0, got {0}")]
    InvalidCompactness(f64),
    /// More colours than indices can tell apart.
    #[error("a palette has at most {max} colours, got {count}")]
    TooManyPaletteColors {
        /// The number given.
        count: usize,
        /// The largest number allowed.
        max: usize,
    },
    /// An index points past the end of the palette.
    #[error("index {index} at pixel {pixel} is outside the palette of {colors} colours")]
    IndexOutsidePalette {
        /// The index found.
        index: u32,
        /// Its position, counted row by row.
        pixel: usize,
        /// The palette's size.
        colors: usize,
    },
    /// More colours than an indexed PNG can hold.
    #[error(
        "an indexed PNG holds at most 256 colours, this image has {0}: \
         ask for fewer colours or save it as .npz"
    )]
    TooManyColorsForPng(usize),
    /// The PNG encoder refused.
    #[error("the PNG could not be encoded: {0}")]
    PngEncoding(String),
    /// A file could not be encoded.
    #[error("the file could not be encoded: {0}")]
    Encoding(String),
    /// Bytes that no sum of colours was packed into, or another version's.
    #[error("these bytes are no colours that this version has counted: {0}")]
    DamagedCounts(&'static str),
    /// A file could not be decoded.
    #[error("the image could not be decoded: {0}")]
    Decoding(String),
    /// A PNG is damaged.
    #[error("is damaged: {0}")]
    DamagedPng(String),
    /// Colours brighter than sRGB's white, by the transfer function named.
    #[error("is HDR ({0}), but colours are read up to sRGB's white: map its tones to sRGB first")]
    HighDynamicRange(&'static str),
    /// The quality metric refused.
    #[error("SSIMULACRA2 could not be computed: {0}")]
    Metric(String),
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;
