//! Suites `client-xai`, `client-openai-python` and `client-openai-node`: the unmodified clients of those
//! APIs against the gateway, with its test key, whose prompts can ask for a failure.

use std::path::Path;
use std::process::Command;

use super::client::{TIME_LIMIT, against};
use super::{Context, SETTINGS};
use crate::gateway::Gateway;
use crate::outcome::{Checks, Report};
use crate::packages;

/// `ai` and `@ai-sdk/xai`.
pub(super) fn xai(context: &Context, checks: Checks) -> Report {
    node(context, checks, "xai.mjs", &[])
}

/// `openai` for Node.js.
pub(super) fn openai_node(context: &Context, checks: Checks) -> Report {
    node(context, checks, "openai_videos.mjs", &[("MODEL", "sora-2")])
}

/// `openai` for Python.
pub(super) fn openai_python(context: &Context, checks: Checks) -> Report {
    let program = packages::folder().join("openai_videos.py");
    match packages::python(&context.tools) {
        Ok(python) => run(context, checks, &python, &program, &[("MODEL", "sora-2")]),
        Err(why) => checks.skip(&why),
    }
}

fn node(context: &Context, checks: Checks, name: &str, more: &[(&str, &str)]) -> Report {
    match packages::node(&context.tools) {
        Ok((node, place)) => run(context, checks, &node, &place.join(name), more),
        Err(why) => checks.skip(&why),
    }
}

fn run(
    context: &Context,
    mut checks: Checks,
    interpreter: &Path,
    program: &Path,
    more: &[(&str, &str)],
) -> Report {
    let work = |checks: &mut Checks| -> anyhow::Result<()> {
        let gateway = Gateway::start(&context.binary, &SETTINGS)?;
        let mut command = Command::new(interpreter);
        command
            .arg(program)
            .env("BASE_URL", &gateway.base_url)
            .env("API_KEY", &gateway.test_api_key)
            .env("IS_GATEWAY", "1")
            .env("PROMPT_FAIL", "[[fail: as asked]]")
            .env("PROMPT_MODERATED", "[[moderated]]")
            .envs(more.iter().copied());
        against(gateway, command, TIME_LIMIT, checks)
    };
    if let Err(error) = work(&mut checks) {
        checks.failed("the program ran to its end", &format!("{error:#}"));
    }
    checks.end()
}
