//! `rushes doctor`: looks for trouble and says what to do about it.
//!
//! Guarantees: changes nothing but what opening the store changes, and with `--rebuild-usage` the
//! sums of usage; makes no data directory where there is none; names each invariant, also those that
//! cannot be looked at here. Exit 1 if anything fails; a warning is no failure.

use std::path::Path;

use rushes_sdk::ApiRequest;

use super::Global;
use super::config::Flags;
use super::failure::{Exit, Failure};
use super::output::{Output, Style};
use super::target::{Purpose, Target, running_server};
use super::text::escape;
use crate::app::STORE_FILE;
use crate::config::Config;
use crate::doctor::{self, Finding, Verdict};

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

pub(super) async fn run(
    global: &Global,
    arguments: Arguments,
    output: &Output,
) -> Result<(), Failure> {
    let config = arguments.flags.load(global)?;
    let rebuilt = if arguments.rebuild_usage { Some(rebuild_usage(&config).await?) } else { None };
    let lock = server(&config.data_dir).await;
    let mut findings = doctor::examine(&config, arguments.quick, lock).await;
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
        findings.iter().map(|finding| line(finding, &style)).collect::<Vec<_>>().join("\n")
    })?;
    match failed_count {
        0 => Ok(()),
        count => Err(Failure::new(Exit::TaskFailed, summary(count))),
    }
}

fn line(finding: &Finding, style: &Style) -> String {
    let word = match finding.verdict {
        Verdict::Ok => style.green("ok  "),
        Verdict::Warn => style.yellow("warn"),
        Verdict::Fail => style.red("FAIL"),
        Verdict::Skip => style.dim("-   "),
    };
    let name = finding.name.map(|name| format!("{name}: ")).unwrap_or_default();
    format!("{word}  {:<12}  {name}{}", finding.check, escape(&finding.detail))
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

/// Whether a server holds the directory, and whether it answers.
async fn server(data_dir: &Path) -> Finding {
    const CHECK: &str = "lock";
    let Some(note) = running_server(data_dir) else {
        if doctor::is_locked(data_dir) {
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
