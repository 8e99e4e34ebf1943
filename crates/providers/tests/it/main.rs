//! One test binary; folders mirror `src/`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers stop the test they serve")]

mod preview;
mod registry;
mod support;
