//! Tests of the preview renderer through its public interface; modules mirror `src`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod control;
mod film;
mod fit;
mod hostile;
mod inspect;
mod mp4;
mod picture;
mod prompt;
mod samples;
mod text;
