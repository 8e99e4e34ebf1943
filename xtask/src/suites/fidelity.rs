//! Suites `fidelity-xai` and `fidelity-openai`: the unmodified clients of those APIs, straight against
//! the fake upstream. They show that what the channels are tested with is what the world speaks.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::Context;
use super::client::count;
use crate::outcome::{Checks, Report};
use crate::packages;
use crate::upstream::{API_KEY, Upstream};

/// How long a program may take: no job of the fake upstream's takes a second.
const TIME_LIMIT: Duration = Duration::from_secs(3 * 60);

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
