//! `rushes doctor`: looks for trouble and says what to do about it.
//!
//! Guarantees: changes nothing but what opening the store changes, and with `--rebuild-usage` the
//! sums of usage; makes no data directory where there is none; names each invariant, also those that
//! cannot be looked at here. Exit 1 if anything fails; a warning is no failure.

mod machine;
mod store;

use std::path::Path;

use rushes_sdk::ApiRequest;
use serde::Serialize;

use super::Global;
use super::config::Flags;
use super::failure::{Exit, Failure};
use super::output::{Output, Style};
use super::target::{Purpose, Target, running_server};
use super::text::escape;
use crate::app::STORE_FILE;
use crate::clock::SystemClock;
use crate::config::Config;

/// Where to look.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// First sum the usage of all days up anew from the ledger.
    #[arg(long)]
    rebuild_usage: bool,
    /// Look at the lengths of videos alone, not at every byte.
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    flags: Flags,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warn,
    Fail,
    Skip,
}

/// One line of the report.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    /// What the check is about, where its word does not say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    verdict: Verdict,
    detail: String,
}

impl Finding {
    const fn new(check: &'static str, verdict: Verdict, detail: String) -> Self {
        Self { check, name: None, verdict, detail }
    }

    const fn named(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(check, Verdict::Ok, detail.into())
    }

    fn warn(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(check, Verdict::Warn, detail.into())
    }

    fn fail(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(check, Verdict::Fail, detail.into())
    }

    fn skip(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(check, Verdict::Skip, detail.into())
    }

    fn line(&self, style: &Style) -> String {
        let word = match self.verdict {
            Verdict::Ok => style.green("ok  "),
            Verdict::Warn => style.yellow("warn"),
            Verdict::Fail => style.red("FAIL"),
            Verdict::Skip => style.dim("-   "),
        };
        let name = self.name.map(|name| format!("{name}: ")).unwrap_or_default();
        format!("{word}  {:<12}  {name}{}", self.check, escape(&self.detail))
    }
}

pub(super) async fn run(
    global: &Global,
    arguments: Arguments,
    output: &Output,
) -> Result<(), Failure> {
    let config = arguments.flags.load(global)?;
    let rebuilt = if arguments.rebuild_usage { Some(rebuild_usage(&config).await?) } else { None };
    let mut findings = examine(&config, arguments.quick).await;
    findings.extend(rebuilt);
    let failed_count = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count();
    let report = serde_json::json!({"ok": failed_count == 0, "checks": findings});
    let body = report.to_string().into_bytes();
    if failed_count > 0 && output.json {
        let failure = Failure::new(Exit::TaskFailed, summary(failed_count));
        return Err(failure.or_body(&body));
    }
    let style = Style::of_stdout();
    output.result(&body, || {
        findings.iter().map(|finding| finding.line(&style)).collect::<Vec<_>>().join("\n")
    })?;
    match failed_count {
        0 => Ok(()),
        count => Err(Failure::new(Exit::TaskFailed, summary(count))),
    }
}

fn summary(failed_count: usize) -> String {
    match failed_count {
        1 => "one check failed".to_owned(),
        count => format!("{count} checks failed"),
    }
}

/// Through the API, as everything that writes: by the server that runs here, or by one that is
/// started for it.
async fn rebuild_usage(config: &Config) -> Result<Finding, Failure> {
    const CHECK: &str = "usage";
    if !config.data_dir.join(STORE_FILE).exists() {
        return Ok(Finding::warn(CHECK, "no store yet, so there is nothing to sum up"));
    }
    let purpose = Purpose::Administration;
    let target = Target::of_data_dir(config.data_dir.clone(), purpose).await?;
    let request = ApiRequest::post(&["admin", "usage", "rebuild"], serde_json::json!({}));
    let outcome = target.client.api(&request.repeatable()).await;
    target.stop().await;
    let answer = outcome?;
    let (rows, wrong) = (&answer.value["rows"], &answer.value["wrong"]);
    Ok(Finding::ok(
        CHECK,
        format!("{rows} lines rebuilt from the ledger, {wrong} of them differed"),
    ))
}

async fn examine(config: &Config, is_quick: bool) -> Vec<Finding> {
    let data_dir = &config.data_dir;
    let shown = data_dir.display();
    let mut findings = vec![Finding::ok("config", "valid"), machine::clock(&SystemClock, data_dir)];
    if !data_dir.is_dir() {
        let detail = format!("{shown} is not there yet; the first `rushes serve` makes it");
        findings.push(Finding::warn("data", detail));
        findings.push(machine::nasm());
        return findings;
    }
    findings.push(Finding::ok("data", shown.to_string()));
    findings.push(machine::disk(data_dir, config.limits.storage_free_bytes_min));
    findings.push(machine::permissions(data_dir));
    findings.push(machine::secret(data_dir));
    findings.push(server(data_dir).await);
    findings.extend(store::examine(data_dir, is_quick).await);
    findings.push(machine::nasm());
    findings
}

/// Whether a server holds the directory, and whether it answers.
async fn server(data_dir: &Path) -> Finding {
    const CHECK: &str = "lock";
    let Some(note) = running_server(data_dir) else {
        if machine::is_locked(data_dir) {
            return Finding::warn(CHECK, "held by a process that has not said where it listens");
        }
        return Finding::ok(CHECK, "free; no server runs here");
    };
    let answer = match rushes_sdk::Client::new(&note.base_url, &note.token) {
        Ok(client) => client.api(&ApiRequest::get(&["admin", "system"])).await.map(drop),
        Err(error) => Err(error),
    };
    match answer {
        Ok(()) => Finding::ok(CHECK, format!("held by process {} at {}", note.pid, note.base_url)),
        Err(why) => {
            let detail = format!("held by process {}, which does not answer: {why}", note.pid);
            Finding::fail(CHECK, detail)
        }
    }
}
