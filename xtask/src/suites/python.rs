//! Suite `python`: a client of Python's standard library alone.

use super::Context;
use super::client::{self, Program};
use crate::outcome::{Checks, Report};
use crate::tools::PYTHON;

/// Runs the suite.
pub(super) fn run(context: &Context, checks: Checks) -> Report {
    let program = Program { tool: PYTHON, path: "python/client.py", arguments: Vec::new() };
    client::run(context, checks, &program)
}
