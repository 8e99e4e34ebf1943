//! `rushes audit`.

use rushes_sdk::ApiRequest;

use super::super::failure::Failure;
use super::{Desk, brief, moment, text};

/// Which lines of the audit log.
#[derive(Debug, clap::Args)]
pub(in super::super) struct Arguments {
    /// Only what this one did.
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only this action, e.g. key.roll.
    #[arg(long)]
    action: Option<String>,
    /// Only what was done to this, e.g. "key 7".
    #[arg(long, value_name = "TEXT")]
    target: Option<String>,
    /// Only what concerns this account.
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Lines on a page.
    #[arg(long)]
    limit: Option<u32>,
    /// The next page.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// As a table for spreadsheets.
    #[arg(long, conflicts_with_all = ["limit", "after"])]
    csv: bool,
}

pub(super) async fn run(desk: &Desk<'_>, wanted: Arguments) -> Result<(), Failure> {
    let thing = if wanted.csv { "audit.csv" } else { "audit" };
    let request = ApiRequest::get(&["admin", thing])
        .query("actor", wanted.actor)
        .query("action", wanted.action)
        .query("object", wanted.target)
        .query("account", wanted.account)
        .query("limit", wanted.limit)
        .query("after", wanted.after);
    if wanted.csv {
        return desk.table(request).await;
    }
    let heading = ["ID", "TIME (UTC)", "WHO", "FROM", "ACTION", "TARGET", "AFTER"];
    desk.list(&desk.call(request).await?, heading, |row| {
        [
            text(&row["id"]),
            moment(&row["at"]),
            text(&row["actor"]),
            text(&row["address"]),
            text(&row["action"]),
            text(&row["target"]),
            brief(&row["after"]),
        ]
    })
}
