//! Suite `chromium`: a browser plays and seeks a video that the gateway made.

use super::Context;
use super::client::{self, Program};
use crate::gateway::Scratch;
use crate::outcome::{Checks, Report};
use crate::tools::{CHROMIUM, NODE};

/// Runs the suite.
pub(super) fn run(context: &Context, checks: Checks) -> Report {
    let browser = match context.tools.get(CHROMIUM) {
        Ok(path) => path,
        Err(why) => return checks.skip(&why),
    };
    let profile = match Scratch::new("chromium") {
        Ok(folder) => folder,
        Err(error) => return checks.skip(&format!("{error:#}")),
    };
    let arguments = vec![browser, profile.path().to_owned()];
    let program = Program { tool: NODE, path: "browser/play.mjs", arguments };
    client::run(context, checks, &program)
}
