//! Suite `stranger`: what the README's first screen promises to somebody who has only the binary.

use std::path::Path;

use anyhow::{Context as _, ensure};

use super::Context;
use super::client::is_clean;
use super::shell::Shell;
use crate::gateway::{Gateway, Scratch, command};
use crate::mp4::Movie;
use crate::outcome::{Checks, Report};
use crate::tools::CURL;

/// The README's own prompt.
const PROMPT: &str = "a red sports car in neon rain 雨夜霓虹";

/// Runs the suite.
pub(super) fn run(context: &Context, mut checks: Checks) -> Report {
    if let Err(why) = context.tools.get(CURL) {
        return checks.skip(&why);
    }
    checks.check("`rushes generate` alone makes a video", generate(&context.binary));
    if let Err(error) = serve(&context.binary, &mut checks) {
        checks.failed("the suite ran to its end", &format!("{error:#}"));
    }
    checks.end()
}

fn generate(binary: &Path) -> anyhow::Result<()> {
    let scratch = Scratch::new("generate")?;
    let output = command(binary, scratch.path())
        .args(["generate", PROMPT, "--seconds", "4", "-o", "car.mp4"])
        .current_dir(scratch.path())
        .output()
        .context("the binary cannot be started")?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{}: {}", output.status, errors.trim());
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(printed.trim_end().ends_with("car.mp4"), "the path is not printed: {printed:?}");
    let file = std::fs::read(scratch.path().join("car.mp4")).context("there is no car.mp4")?;
    let movie = crate::mp4::read(&file)?;
    let expected = Movie { width: 1280, height: 720, duration_ms: 4000 };
    ensure!(movie == expected, "{movie:?} instead of {expected:?}");
    Ok(())
}

fn serve(binary: &Path, checks: &mut Checks) -> anyhow::Result<()> {
    let gateway = Gateway::start(binary, &[])?;
    let shell = Shell::new(&gateway.base_url, &gateway.api_key)?;
    checks.check("it prints how to sign in to the console", printed_sign_in(&gateway));
    let printed = printed_command(&gateway);
    if let Some(text) = checks.check("`rushes serve` prints a curl command", printed) {
        let created = shell.request(&text).and_then(|it| it.task_id().map(str::to_owned));
        let id = checks.check("the printed command is answered with a task", created);
        if let Some(id) = id {
            checks.check("a video comes of it", shell.video(&id).map(|_| ()));
        }
    }
    checks.check("the gateway stops cleanly", gateway.stop().and_then(is_clean));
    Ok(())
}

/// Looks for the console's address, a one-time link, and user and password.
fn printed_sign_in(gateway: &Gateway) -> anyhow::Result<()> {
    let printed = gateway.greeting();
    for wanted in [
        format!("{}/console/\n", gateway.base_url),
        format!("{}/console/login#t=", gateway.base_url),
        "owner, password ".to_owned(),
    ] {
        // What was printed holds secrets: it is not repeated.
        ensure!(printed.contains(&wanted), "it does not print {wanted:?}");
    }
    Ok(())
}

/// The curl command that the first start prints: its first line up to the one that no backslash
/// and no open quote continues.
fn printed_command(gateway: &Gateway) -> anyhow::Result<String> {
    let printed = gateway.greeting();
    let from = printed
        .lines()
        .position(|line| line.trim_start().starts_with("curl "))
        .with_context(|| format!("no line starts with curl: {printed:?}"))?;
    let mut text = String::new();
    for line in printed.lines().skip(from) {
        text.push_str(line);
        text.push('\n');
        let is_quoted = text.matches('\'').count() % 2 == 1;
        if !line.ends_with('\\') && !is_quoted {
            break;
        }
    }
    ensure!(text.contains(&gateway.api_key), "the key is not in it: {text}");
    Ok(text)
}
