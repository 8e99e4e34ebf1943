//! The binary `rushes`: everything is in the library, so that tests and tools can use it too.

use std::process::ExitCode;

fn main() -> ExitCode {
    rushes_server::cli::main(std::env::args_os())
}
