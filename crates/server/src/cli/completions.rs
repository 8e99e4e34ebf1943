//! `rushes completions`.

use clap_complete::Shell;

use super::failure::Failure;
use super::output::print;

/// Which shell.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The shell to complete for.
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, command: &mut clap::Command) -> Result<(), Failure> {
    // Into memory first: the generator panics when a pipe closes.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "rushes", &mut script);
    print(script.trim_ascii_end())
}
