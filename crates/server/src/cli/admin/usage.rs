//! `rushes usage`.

use clap::ValueEnum;
use rushes_sdk::ApiRequest;

use super::super::failure::Failure;
use super::super::output::note;
use super::{Desk, money, text};

/// Which usage.
#[derive(Debug, clap::Args)]
pub(in super::super) struct Arguments {
    /// Whose; your own unless said, on the gateway's machine everybody's.
    name: Option<String>,
    /// What each line sums up.
    #[arg(long, value_enum, default_value_t = By::Day)]
    by: By,
    /// First day, such as 2026-11-01 (UTC); 30 days back unless said.
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Last day; today unless said.
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// As a table for spreadsheets.
    #[arg(long)]
    csv: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Day,
    Model,
    Key,
    Account,
}

impl By {
    const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Model => "model",
            Self::Key => "key",
            Self::Account => "account",
        }
    }
}

pub(super) async fn run(desk: &Desk<'_>, wanted: Arguments) -> Result<(), Failure> {
    let thing = if wanted.csv { "usage.csv" } else { "usage" };
    let is_all = desk.target.is_local || wanted.name.is_some() || wanted.by == By::Account;
    let segments = if is_all { vec!["admin", thing] } else { vec![thing] };
    let request = ApiRequest::get(&segments)
        .query("account", wanted.name)
        .query("group_by", Some(wanted.by.word()))
        .query("from", wanted.from)
        .query("to", wanted.to);
    if wanted.csv {
        return desk.table(request).await;
    }
    let answer = desk.call(request).await?;
    let heading = ["WHAT", "SUCCEEDED", "FAILED", "CANCELLED", "SECONDS", "PAID"];
    desk.list(&answer, heading, |row| {
        let name = [&row["day"], &row["model"], &row["key_name"], &row["account"]];
        let name = name.into_iter().map(text).find(|name| !name.is_empty()).unwrap_or_default();
        [
            name,
            text(&row["succeeded"]),
            text(&row["failed"]),
            text(&row["cancelled"]),
            text(&row["seconds"]),
            money(&row["amount"]),
        ]
    })?;
    if answer.value["has_more"] == true {
        note("these are the first; --csv has all of them, and the sum below is that of all");
    }
    let (total, from, to) = (&answer.value["total"], &answer.value["from"], &answer.value["to"]);
    note(&format!(
        "{} to {}: {} videos, {} s, {}",
        text(from),
        text(to),
        total["succeeded"],
        total["seconds"],
        money(&total["amount"])
    ));
    Ok(())
}
