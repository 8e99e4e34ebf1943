//! Runs a client program of `tests/clients` and counts what it says.
//!
//! Such a program prints `ok NAME` or `not ok NAME: why` for each check, on a line of its own;
//! other lines are shown. A program that fails without having said so counts as one failure, and so
//! does one that does not end.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::{Context, SETTINGS};
use crate::canary;
use crate::gateway::Gateway;
use crate::outcome::{Checks, Report};
use crate::picture_server::PictureServer;
use crate::tools::Tool;

/// Between two polls, in milliseconds; the seed document recommends 5 s to people.
const POLL_INTERVAL_MS: &str = "250";

/// How long a program may take in all; a check of theirs waits five minutes for a video.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(20 * 60);

/// A client program.
pub(super) struct Program<'a> {
    /// What runs it.
    pub(super) tool: Tool,
    /// Its path below `tests/clients`.
    pub(super) path: &'a str,
    /// More words for it.
    pub(super) arguments: Vec<PathBuf>,
}

/// The folder of the client programs.
pub(super) fn folder() -> PathBuf {
    crate::cargo::root().join("tests").join("clients")
}

/// Runs the program against a gateway of its own.
pub(super) fn run(context: &Context, mut checks: Checks, program: &Program<'_>) -> Report {
    let interpreter = match context.tools.get(program.tool) {
        Ok(path) => path,
        Err(why) => return checks.skip(&why),
    };
    let outcome = run_in_gateway(context, &mut checks, &interpreter, program);
    if let Err(error) = outcome {
        checks.failed("the program ran to its end", &format!("{error:#}"));
    }
    checks.end()
}

fn run_in_gateway(
    context: &Context,
    checks: &mut Checks,
    interpreter: &Path,
    program: &Program<'_>,
) -> anyhow::Result<()> {
    let pictures = PictureServer::start().context("no server for pictures")?;
    let gateway = Gateway::start(&context.binary, &SETTINGS)?;
    let mut command = Command::new(interpreter);
    command
        .arg(folder().join(program.path))
        .args(&program.arguments)
        .env("BASE_URL", &gateway.base_url)
        .env("NEWAPI_API_KEY", &gateway.api_key)
        .env("TEST_API_KEY", &gateway.test_api_key)
        .env("IMAGE_BASE_URL", pictures.base_url())
        .env("POLL_INTERVAL_MS", POLL_INTERVAL_MS)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    against(gateway, command, TIME_LIMIT, checks)
}

/// Counts what a program says of its gateway, shows the gateway's log where a check failed, and stops
/// it. Nothing that the program talks to is reached by a proxy: it is all on loopback.
pub(super) fn against(
    gateway: Gateway,
    mut command: Command,
    time_limit: Duration,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    without_proxies(&mut command);
    let outcome = count(command, time_limit, checks);
    if !matches!(outcome, Ok(true)) {
        println!("{}", gateway.log_tail());
    }
    checks.check("the gateway stops cleanly", gateway.stop().and_then(is_clean));
    outcome.map(drop)
}

/// An exit code of 0.
pub(super) fn is_clean(status: std::process::ExitStatus) -> anyhow::Result<()> {
    anyhow::ensure!(status.success(), "it ended with {status}");
    Ok(())
}

/// Everything that is talked to is on loopback.
pub(super) fn without_proxies(command: &mut Command) {
    for proxy in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"] {
        command.env_remove(OsStr::new(proxy));
    }
}

/// True if every check held. A program that is not over within the limit is ended, and that is told.
pub(super) fn count(
    mut command: Command,
    time_limit: Duration,
    checks: &mut Checks,
) -> anyhow::Result<bool> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("the program cannot be started")?;
    let outcome = read(&mut child, time_limit, checks);
    if outcome.is_err() {
        // Also a program whose output could not be read is not left behind.
        let _ = child.kill();
    }
    let status = child.wait()?;
    let failed = outcome?;
    anyhow::ensure!(status.success() || failed, "the program ended with {status}");
    Ok(!failed)
}

/// Counts line by line what the program says until it says no more; tells whether a check failed.
fn read(child: &mut Child, time_limit: Duration, checks: &mut Checks) -> anyhow::Result<bool> {
    let started = Instant::now();
    let output = child.stdout.take().context("the program has no output")?;
    // Reading cannot be given up; waiting for what another thread reads can.
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || BufReader::new(output).lines().try_for_each(|line| sender.send(line)));
    let (mut failed, mut leaks) = (false, 0_usize);
    let mut last = "nothing at all".to_owned();
    loop {
        let line = match lines.recv_timeout(time_limit.saturating_sub(started.elapsed())) {
            Ok(line) => line?,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => anyhow::bail!(
                "the program was not over after {} s and was ended; the last it said: {last}",
                time_limit.as_secs()
            ),
        };
        leaks += usize::from(canary::is_leak(&line));
        if let Some(name) = line.strip_prefix("ok ") {
            checks.passed(name);
        } else if let Some(text) = line.strip_prefix("not ok ") {
            let (name, why) = text.split_once(": ").unwrap_or((text, "no reason given"));
            checks.failed(name, why);
            failed = true;
        } else {
            println!("           {line}");
        }
        last = line;
    }
    anyhow::ensure!(leaks == 0, "{leaks} lines above hold a secret (see xtask/src/canary.rs)");
    Ok(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_that_does_not_end_is_ended_and_its_last_words_are_told() {
        let mut checks = Checks::begin("a test's own");
        let command = shell("echo ok first; exec tail -f /dev/null");
        let outcome = count(command, Duration::from_millis(300), &mut checks);
        let why = format!("{:#}", outcome.unwrap_err());
        assert!(why.contains("was not over") && why.contains("ok first"), "{why}");
    }

    #[test]
    fn a_program_that_fails_without_a_word_is_no_success() {
        let mut checks = Checks::begin("a test's own");
        let limit = Duration::from_secs(20);
        assert!(count(shell("echo ok first; exit 3"), limit, &mut checks).is_err());
        assert!(!count(shell("echo not ok it: why; exit 1"), limit, &mut checks).unwrap());
        assert!(count(shell("echo ok first"), limit, &mut checks).unwrap());
    }
}
