//! The fake upstream as a process of its own, on a free loopback port.
//!
//! Guarantees: it has ended when its value is dropped. Not here: what it does (`fake-upstream`).

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::Context as _;

use crate::cargo;

/// The key that it asks for.
pub(crate) const API_KEY: &str = "fake-key";
/// How long one of its jobs takes, in milliseconds: longer than a poll.
const TAKES_MS: &str = "300";

/// A fake upstream; ends when dropped.
pub(crate) struct Upstream {
    child: Child,
    /// Where it listens.
    pub(crate) base_url: String,
    /// Held, so that it does not write into a pipe that nobody reads.
    _output: BufReader<ChildStdout>,
}

impl Upstream {
    /// Builds it if need be, starts it on a free port, and waits until it listens.
    pub(crate) fn start() -> anyhow::Result<Self> {
        cargo::run(&["build", "--workspace", "--bins", "--quiet"])?;
        let path = cargo::target_folder()?.join("debug").join("fake-upstream");
        let mut child = Command::new(path)
            .args(["--listen", "127.0.0.1:0", "--takes-ms", TAKES_MS, "--api-key", API_KEY])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the fake upstream cannot be started")?;
        let mut output = BufReader::new(child.stdout.take().context("it has no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let base_url = url.map(|url| url.trim_end_matches(';').to_owned());
        let mut upstream = Self { child, base_url: String::new(), _output: output };
        upstream.base_url = base_url.context("it did not say where it listens")?;
        Ok(upstream)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
