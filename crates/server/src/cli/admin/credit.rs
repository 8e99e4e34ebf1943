//! `rushes credit` and `rushes ledger`.

use rushes_sdk::ApiRequest;

use super::super::failure::Failure;
use super::super::output::note;
use super::{Desk, Fields, dollars, moment, money, text};
use crate::ids::{SystemIds, random_letters};

/// What the amounts of a ledger do; they have a sign only where the kind does not say it.
const LEGEND: &str = "LEFT is what can be spent: credit and void add to it, hold takes from it, \
                      post pays what was held and leaves it as it is, adj adds or takes";
/// Letters of a reference that is made here.
const REFERENCE_LETTERS: usize = 20;

#[derive(Debug, clap::Subcommand)]
pub(in super::super) enum Command {
    /// Give an account credit.
    Grant {
        /// Name or id.
        name: String,
        /// How much, in dollars.
        #[arg(value_name = "USD", allow_negative_numbers = true)]
        amount: String,
        /// Why; the customer reads it.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// What it answers to, e.g. an invoice: booked once for each.
        #[arg(long, value_name = "TEXT")]
        reference: Option<String>,
    },
    /// Correct what an account paid or got; a negative amount takes.
    Adjust {
        /// Name or id.
        name: String,
        /// How much, in dollars.
        #[arg(value_name = "USD", allow_hyphen_values = true)]
        amount: String,
        /// Why; the customer reads it.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The task that it is about.
        #[arg(long, value_name = "ID")]
        task: Option<String>,
    },
}

/// Whose ledger.
#[derive(Debug, clap::Args)]
pub(in super::super) struct LedgerArguments {
    /// Whose; your own unless said, on the gateway's machine the owner's.
    name: Option<String>,
    /// Lines on a page.
    #[arg(long)]
    limit: Option<u32>,
    /// The next page.
    #[arg(long, value_name = "NUMBER")]
    after: Option<String>,
    /// All of it as a table for spreadsheets.
    #[arg(long, conflicts_with_all = ["limit", "after"])]
    csv: bool,
}

pub(super) async fn run(desk: &Desk<'_>, command: Command) -> Result<(), Failure> {
    let request = match command {
        Command::Grant { name, amount, reason, reference } => {
            if dollars(&amount).starts_with('-') {
                let hint = format!("to take: rushes credit adjust {name} {amount} --reason TEXT");
                return Err(Failure::usage("a grant is positive").with_hint(hint));
            }
            // With a reference of its own a repetition after a broken line books nothing twice.
            let reference =
                reference.unwrap_or_else(|| random_letters(&SystemIds, REFERENCE_LETTERS));
            let fields = Fields::default()
                .set("amount", Some(dollars(&amount)))
                .set("reason", Some(reason))
                .set("reference", Some(reference));
            let segments = ["admin", "accounts", &name, "credit"];
            ApiRequest::post(&segments, fields.into_value()).repeatable()
        }
        Command::Adjust { name, amount, reason, task } => {
            let fields = Fields::default()
                .set("amount", Some(dollars(&amount)))
                .set("reason", Some(reason))
                .set("task_id", task);
            let segments = ["admin", "accounts", &name, "adjustments"];
            ApiRequest::post(&segments, fields.into_value())
        }
    };
    let answer = desk.call(request).await?;
    let (amount, left) = (&answer.value["amount"], &answer.value["available_after"]);
    desk.done(&answer, &format!("{} booked; {} available", money(amount), money(left)))
}

pub(super) async fn ledger(desk: &Desk<'_>, wanted: LedgerArguments) -> Result<(), Failure> {
    let thing = if wanted.csv { "ledger.csv" } else { "ledger" };
    let request = ApiRequest::get(&desk.of_account(wanted.name.as_deref(), thing));
    if wanted.csv {
        return desk.table(request).await;
    }
    let request = request.query("limit", wanted.limit).query("after", wanted.after);
    let heading = ["NUMBER", "TIME (UTC)", "KIND", "AMOUNT", "LEFT", "TASK", "REASON", "BY"];
    let answer = desk.call(request).await?;
    desk.list(&answer, heading, |row| {
        [
            text(&row["sequence"]),
            moment(&row["created_at"]),
            text(&row["kind"]),
            money(&row["amount"]),
            money(&row["available_after"]),
            text(&row["task_id"]),
            text(&row["reason"]),
            text(&row["actor"]),
        ]
    })?;
    let is_empty = answer.value["data"].as_array().is_none_or(Vec::is_empty);
    if !is_empty && !desk.output.json {
        note(LEGEND);
    }
    Ok(())
}
