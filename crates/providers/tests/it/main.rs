//! One test binary; folders mirror `src/`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers stop the test they serve")]

mod fixture;
mod golden;
mod preview;
mod property;
mod registry;
mod support;
