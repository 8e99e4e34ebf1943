//! Runs cargo and knows where things are in this workspace.
//!
//! Guarantees: cargo's own messages reach the terminal as they come; the target directory is the
//! one that cargo itself uses, whatever the environment says.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, anyhow, bail, ensure};
use serde_json::Value;

use crate::canary;
use crate::outcome::Counts;

/// The workspace's root folder.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// A cargo command in the workspace's root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs cargo; its output goes to the terminal.
pub(crate) fn run(arguments: &[&str]) -> anyhow::Result<()> {
    let status = cargo(arguments).status().context("cargo cannot be started")?;
    ensure!(status.success(), "`cargo {}` failed ({status})", arguments.join(" "));
    Ok(())
}

/// What cargo knows of the workspace and all its dependencies.
pub(crate) fn metadata(arguments: &[&str]) -> anyhow::Result<Value> {
    let mut command = cargo(&["metadata", "--format-version", "1"]);
    let output = command
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be started")?;
    ensure!(output.status.success(), "`cargo metadata` failed ({})", output.status);
    serde_json::from_slice(&output.stdout).context("`cargo metadata` printed no JSON")
}

/// The platform that cargo runs on and builds for.
pub(crate) fn host() -> anyhow::Result<String> {
    let output = cargo(&["--version", "--verbose"]).output().context("cargo cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`cargo --version --verbose` names no host")
}

/// Where cargo puts what it builds.
pub(crate) fn target_folder() -> anyhow::Result<PathBuf> {
    let metadata = metadata(&["--no-deps"])?;
    let text = metadata.get("target_directory").and_then(Value::as_str);
    text.map(PathBuf::from).context("`cargo metadata` names no target directory")
}

/// The gateway's binary of a profile (`debug` or `release`).
pub(crate) fn binary(profile: &str) -> anyhow::Result<PathBuf> {
    let name = format!("rushes{}", std::env::consts::EXE_SUFFIX);
    let path = target_folder()?.join(profile).join(name);
    if !path.is_file() {
        bail!("{} is missing although it was just built", path.display());
    }
    Ok(path)
}

/// Runs `cargo test`, shows its output and adds up its `test result:` lines. A secret in anything
/// that it or a server of its tests printed counts as a failure of its own; with `--show-output`
/// that includes what tests printed that went well, which is looked through but not shown.
pub(crate) fn test(arguments: &[&str]) -> anyhow::Result<Counts> {
    let mut command = cargo(arguments);
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().context("cargo cannot be started")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let errors = child.stderr.take().context("cargo has no standard error")?;
    let errors = std::thread::spawn(move || pass_on(errors, |line| eprintln!("{line}")));
    let mut counts = Counts::default();
    let mut is_hidden = false;
    let mut leaks = pass_on(output, |line| {
        is_hidden = is_of_successes(line, is_hidden);
        if !is_hidden || canary::is_leak(line) {
            println!("{line}");
        }
        if let Some(found) = parse_result(line) {
            counts.add(&found);
        }
    })?;
    leaks += errors.join().map_err(|_| anyhow!("the reader of standard error panicked"))??;
    if leaks == 0 {
        counts.passed += 1;
    } else {
        println!("{leaks} lines above hold a secret (see xtask/src/canary.rs)");
        counts.failed += 1;
    }
    let status = child.wait().context("cargo cannot be waited for")?;
    if !status.success() && counts.failed == 0 {
        println!("`cargo {}` failed ({status})", arguments.join(" "));
        counts.failed += 1;
    }
    Ok(counts)
}

/// Hands each line on and counts those that hold a secret.
fn pass_on(output: impl Read, mut line: impl FnMut(&str)) -> anyhow::Result<usize> {
    let mut leaks = 0;
    for bytes in BufReader::new(output).split(b'\n') {
        let bytes = bytes.context("cargo's output cannot be read")?;
        let text = String::from_utf8_lossy(&bytes);
        line(&text);
        leaks += usize::from(canary::is_leak(&text));
    }
    Ok(leaks)
}

/// True for the lines from `successes:` to the next heading or result.
fn is_of_successes(line: &str, was: bool) -> bool {
    match line {
        "successes:" => true,
        "failures:" => false,
        _ => was && !line.starts_with("test result: "),
    }
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; …`
fn parse_result(line: &str) -> Option<Counts> {
    let rest = line.strip_prefix("test result: ")?;
    let number = |word: &str| {
        let part = rest.split([';', '.']).find(|part| part.trim_end().ends_with(word))?;
        part.split_whitespace().next()?.parse::<usize>().ok()
    };
    Some(Counts {
        passed: number("passed")?,
        failed: number("failed")?,
        skipped: number("ignored")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; \
                    finished in 0.41s";
        let counts = parse_result(line).expect("a result line");
        assert_eq!((counts.passed, counts.failed, counts.skipped), (12, 3, 1));
        assert!(parse_result("test money::adds ... ok").is_none());
    }
}
