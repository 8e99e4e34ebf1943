//! What a caller asks for, and the limits it is checked against before any work is done.

use crate::encode::EncodeError;
use crate::picture::PictureError;

/// Frames in one second of every film.
pub const FRAMES_PER_SECOND: u32 = 24;
/// Longest film, in seconds.
pub const SECONDS_MAX: u32 = 60;
/// Shortest side of a film, in pixels.
pub const SIDE_MIN: u32 = 64;
/// Longest side of a film, in pixels.
pub const SIDE_MAX: u32 = 1920;
/// Most pixels of one frame (full HD).
pub(crate) const FRAME_PIXELS_MAX: u32 = 1920 * 1088;
/// Most reference pictures of one film.
pub const IMAGES_MAX: usize = 16;
/// Most characters of a prompt.
pub const PROMPT_CHARACTERS_MAX: usize = 8192;

/// One film to be made.
#[derive(Debug, Clone, Default)]
pub struct RenderSpec {
    /// What to show, in any language; Chinese and English words steer scene and camera.
    pub prompt: String,
    /// Variation: the same prompt with another seed is another film.
    pub seed: u64,
    /// Width in pixels: even, [`SIDE_MIN`] to [`SIDE_MAX`].
    pub width: u32,
    /// Height in pixels: even, [`SIDE_MIN`] to [`SIDE_MAX`].
    pub height: u32,
    /// Length in seconds, 1 to [`SECONDS_MAX`].
    pub seconds: u32,
    /// Encoded PNG, JPEG, WebP or GIF files: none makes a scene, one a camera move, more a reel.
    pub images: Vec<Vec<u8>>,
    /// Whether the prompt is written at the bottom of the film.
    pub caption: bool,
}

/// Why a [`RenderSpec`] is refused; the text is fit to be shown to a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// A side is odd, too short or too long, or there are too many pixels.
    #[error(
        "A film of {width}x{height} pixels cannot be made: both sides must be even, from \
         {SIDE_MIN} to {SIDE_MAX}, and full HD at most."
    )]
    Size {
        /// The width asked for, in pixels.
        width: u32,
        /// The height asked for, in pixels.
        height: u32,
    },
    /// The length is out of range.
    #[error("A film of {0} seconds cannot be made: 1 to {SECONDS_MAX} are possible.")]
    Seconds(u32),
    /// There are too many pictures.
    #[error("{0} pictures are too many: {IMAGES_MAX} are possible.")]
    Images(usize),
    /// The prompt is too long.
    #[error("The prompt is too long: {PROMPT_CHARACTERS_MAX} characters are possible.")]
    Prompt,
}

/// Why there is no film.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// [`crate::Control::cancel`] was called.
    #[error("The render was cancelled.")]
    Cancelled,
    /// A picture cannot be used.
    #[error("Picture {} cannot be used.", .index + 1)]
    Image {
        /// Position in [`RenderSpec::images`], from 0.
        index: usize,
        /// What is wrong with it.
        source: PictureError,
    },
    /// The request itself cannot be met.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The encoder failed: a defect of this crate or of the machine, not of the request.
    #[error("The film could not be encoded.")]
    Encode(#[from] EncodeError),
}

impl RenderSpec {
    /// Number of frames: exactly `seconds` × 24.
    #[must_use]
    pub const fn frames(&self) -> u32 {
        self.seconds.saturating_mul(FRAMES_PER_SECOND)
    }

    /// Checks every limit that does not need the pictures to be read.
    ///
    /// # Errors
    /// The first limit that is broken.
    pub fn validate(&self) -> Result<(), SpecError> {
        let side = |side: u32| side.is_multiple_of(2) && (SIDE_MIN..=SIDE_MAX).contains(&side);
        let pixels = self.width.saturating_mul(self.height);
        if !side(self.width) || !side(self.height) || pixels > FRAME_PIXELS_MAX {
            return Err(SpecError::Size { width: self.width, height: self.height });
        }
        if !(1..=SECONDS_MAX).contains(&self.seconds) {
            return Err(SpecError::Seconds(self.seconds));
        }
        if self.images.len() > IMAGES_MAX {
            return Err(SpecError::Images(self.images.len()));
        }
        if self.prompt.chars().nth(PROMPT_CHARACTERS_MAX).is_some() {
            return Err(SpecError::Prompt);
        }
        Ok(())
    }
}
