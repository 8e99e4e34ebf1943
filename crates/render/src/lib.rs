//! The preview renderer: a prompt and pictures go in, a real MP4 comes out.
//!
//! It is procedural drawing, **not an AI model**, and the file's metadata says so. The crate
//! guarantees that the same [`RenderSpec`] gives the same bytes for every number of threads on
//! every machine, that a film has exactly `seconds` × 24 frames, and that hostile pictures and
//! videos end in an error, never in a panic or unbounded memory. Pictures that go
//! elsewhere are made fit for that by [`fit()`]. It knows no network, clock, file system or async
//! runtime, and does not decide how many renders may run at once.

mod camera;
mod canvas;
mod caption;
mod control;
mod depth;
mod driver;
mod encode;
pub mod fit;
mod frame;
pub mod inspect;
mod math;
mod mp4;
mod noise;
mod overlay;
pub mod picture;
mod plate;
pub mod prompt;
mod reel;
mod resample;
mod scene;
mod sequence;
mod spec;
pub mod text;
mod texture;
mod tone;
mod yuv;

pub use control::Control;
pub use driver::{Video, render, still};
pub use encode::EncodeError;
pub use fit::{Fit, Fitted, fit};
pub use frame::Frame;
pub use inspect::{InspectError, VideoInfo, inspect, inspect_with_poster};
pub use picture::{Picture, PictureError, PictureFormat, Probe, decode, probe};
pub use spec::{
    FRAMES_PER_SECOND, IMAGES_MAX, PROMPT_CHARACTERS_MAX, RenderError, RenderSpec, SECONDS_MAX,
    SIDE_MAX, SIDE_MIN, SpecError,
};
