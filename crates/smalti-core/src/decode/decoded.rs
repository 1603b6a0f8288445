//! What decoders hand over.

/// What a file says of its picture before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Frames of an animation; 1 without.
    pub frames: usize,
}

/// A decoded file, or its first picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The pixels.
    pub pixels: DecodedPixels,
    /// Bits a pixel, where a palette counts as the colours that it stands for.
    pub bits_per_pixel: usize,
    /// Frames that are played, and the still picture if it is none of them; 1 without animation.
    pub frames: usize,
    /// The EXIF of the file, if it has any.
    pub exif: Option<Vec<u8>>,
    /// Why what the file says of its colours was not used, if it was not.
    pub profile_refused: Option<String>,
}

/// Pixels as sRGB, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodedPixels {
    /// Positions in a palette, which may be too short for some; alpha counts if there is any.
    Indexed {
        /// One a pixel.
        indices: Vec<u8>,
        /// Colours with alpha.
        palette: Vec<[u8; 4]>,
        /// Whether the file tells alpha.
        has_alpha: bool,
    },
    /// Samples of 8 bits or fewer, and 3 or 4 of them a pixel.
    Bytes(Vec<u8>, usize),
    /// Samples of 16 bits, and 3 or 4 of them a pixel.
    Words(Vec<u16>, usize),
}
