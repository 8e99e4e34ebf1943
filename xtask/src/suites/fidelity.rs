//! Suites `fidelity-xai` and `fidelity-openai`: the unmodified clients of those APIs, straight against
//! the fake upstream. They show that what the channels are tested with is what the world speaks.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

use super::Context;
use super::client::count;
use crate::outcome::{Checks, Report};
use crate::{cargo, packages};

/// The key that the fake upstream asks for.
const API_KEY: &str = "fake-key";
/// How long a program may take: no job of the fake upstream's takes a second.
const TIME_LIMIT: Duration = Duration::from_secs(3 * 60);
/// How long one of its jobs takes, in milliseconds: longer than a poll.
const TAKES_MS: &str = "300";

/// A fake upstream; ends when dropped.
struct Upstream {
    child: Child,
    base_url: String,
    /// Held, so that it does not write into a pipe that nobody reads.
    _output: BufReader<ChildStdout>,
}

impl Upstream {
    fn start() -> anyhow::Result<Self> {
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

/// `ai` and `@ai-sdk/xai`.
pub(super) fn xai(context: &Context, checks: Checks) -> Report {
    match packages::node(&context.tools) {
        Ok((node, place)) => run(checks, &node, &place.join("xai.mjs"), &[]),
        Err(why) => checks.skip(&why),
    }
}

/// `openai` for Python.
pub(super) fn openai(context: &Context, checks: Checks) -> Report {
    let program = packages::folder().join("openai_videos.py");
    match packages::python(&context.tools) {
        Ok(python) => run(checks, &python, &program, &[("MODEL", "sora-2")]),
        Err(why) => checks.skip(&why),
    }
}

fn run(mut checks: Checks, interpreter: &Path, program: &Path, more: &[(&str, &str)]) -> Report {
    let outcome = Upstream::start().and_then(|upstream| {
        let mut command = Command::new(interpreter);
        command
            .arg(program)
            .env("BASE_URL", &upstream.base_url)
            .env("API_KEY", API_KEY)
            .env("PROMPT_FAIL", "<<poll: fail>>")
            .env("PROMPT_MODERATED", "<<poll: moderated>>")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(more.iter().copied());
        super::client::without_proxies(&mut command);
        count(command, TIME_LIMIT, &mut checks)
    });
    if let Err(error) = outcome {
        checks.failed("the program ran to its end", &format!("{error:#}"));
    }
    checks.end()
}
