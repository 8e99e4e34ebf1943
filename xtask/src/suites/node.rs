//! Suite `seed-node`: the JavaScript flow of the published document, in Node.

use super::Context;
use super::client::{self, Program};
use crate::outcome::{Checks, Report};
use crate::tools::NODE;

/// Runs the suite.
pub(super) fn run(context: &Context, checks: Checks) -> Report {
    let program = Program { tool: NODE, path: "node/seed.mjs", arguments: Vec::new() };
    client::run(context, checks, &program)
}
