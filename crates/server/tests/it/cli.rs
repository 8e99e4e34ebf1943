//! The command line as a user meets it: the built binary, an empty environment, exit codes and
//! what is on which stream (contract 8).

mod admin;
mod alone;
mod backup;
mod channels;
mod doctor;
mod embedded;
mod served;
mod serving;
mod webhooks;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::binary::command;

/// How a call ended.
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    /// Standard output as the one JSON value that it has to be.
    fn json(&self) -> Value {
        let value = serde_json::from_str(&self.stdout).ok();
        assert!(value.is_some(), "not one JSON value: {}\n{}", self.stdout, self.stderr);
        value.unwrap_or_default()
    }

    /// Fails with everything that was said unless the exit code is this one.
    fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// A `rushes` in `folder` with no environment but `HOME` and these variables.
fn rushes(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = command(folder);
    command.current_dir(folder).envs(environment.iter().copied()).args(arguments);
    command
}

/// The same, run to its end.
fn run(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Ended {
    rushes(folder, environment, arguments).output().expect("the binary runs").into()
}

/// The same with a line on standard input.
fn run_with_line(
    folder: &Path,
    environment: &[(&str, &str)],
    arguments: &[&str],
    line: &str,
) -> Ended {
    let mut child = rushes(folder, environment, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut input = child.stdin.take().expect("a pipe");
    writeln!(input, "{line}").expect("written");
    drop(input);
    child.wait_with_output().expect("it ends").into()
}

/// True if the file is an MP4 by its first box.
fn is_mp4(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes.get(4..8) == Some(b"ftyp"))
}

/// Names of the videos in a folder.
fn videos(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains(".mp4") || name.contains(".part"))
        .collect()
}
