//! The project's own commands, called as `cargo xtask COMMAND`.
//!
//! Guarantees: a command ends with an exit code that says what happened (0 all well, 1 something
//! failed, 2 wrong usage), and every process it started has ended before it does.
//! Not here: anything that ships.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program")]

mod bench;
mod canary;
mod cargo;
mod gateway;
mod http;
mod mp4;
mod outcome;
mod packages;
mod picture;
mod picture_server;
mod suites;
mod test;
mod tidy;
mod tools;
mod upstream;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test [--offline] [--suite NAME]   all tests, or one suite of them; --offline installs nothing,
       [--binary PATH]              --binary tries another build of the gateway from outside
  screenshots [FOLDER]              photographs every page of the console, in both languages and
                                    themes; below the target folder unless told otherwise
  gallery [FOLDER]                  contact sheets of every scene, shape and mode of the renderer; in
                                    docs/gallery unless told otherwise
  tidy                              the rules of structure that no compiler checks
  bench [--http] [--hostile] [--streams] [--renderer]
                                    measurements with release builds; all without a flag";

/// Draws the contact sheets by the renderer's own program.
fn gallery(folder: &str) -> anyhow::Result<()> {
    cargo::run(&["run", "--release", "-p", "rushes-render", "--example", "gallery", "--", folder])
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", rest @ ..] => test::Options::parse(rest).map(|options| test::run(&options)),
        ["screenshots"] => Ok(Ok(suites::screenshots(None))),
        ["screenshots", folder] => Ok(Ok(suites::screenshots(Some(folder)))),
        ["gallery"] => Ok(gallery("docs/gallery").map(|()| true)),
        ["gallery", folder] => Ok(gallery(folder).map(|()| true)),
        ["tidy"] => Ok(Ok(tidy::command())),
        ["bench", rest @ ..] => bench::Options::parse(rest).map(|options| bench::run(&options)),
        _ => Err(String::new()),
    };
    match outcome {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        Ok(Ok(false)) => ExitCode::FAILURE,
        Ok(Err(error)) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
        Err(problem) => {
            if !problem.is_empty() {
                eprintln!("error: {problem}\n");
            }
            let suites: Vec<&str> = test::names().collect();
            eprintln!("{USAGE}\n\nsuites: {}", suites.join(", "));
            ExitCode::from(2)
        }
    }
}
