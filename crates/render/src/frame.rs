//! One finished picture of the film: display-referred 8-bit RGBA, row by row, no padding.

/// A frame; alpha is always 255 when it is handed to the encoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Red, green, blue, alpha for every pixel.
    pub rgba: Vec<[u8; 4]>,
}

impl Frame {
    /// A black frame.
    #[must_use]
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, rgba: vec![[0, 0, 0, 255]; width * height] }
    }
}
