//! `rushes codes`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rushes_sdk::{ApiRequest, Response};
use serde_json::{Value, json};

use super::super::failure::Failure;
use super::super::output::note;
use super::super::text::parse_duration;
use super::{Desk, Fields, dollars, moment, moment_after, money, text};

#[derive(Debug, clap::Subcommand)]
pub(in super::super) enum Command {
    /// Make codes and print them, one on a line. They are shown this once.
    Create {
        /// What each is worth.
        #[arg(long, value_name = "USD", allow_negative_numbers = true)]
        amount: String,
        /// How many.
        #[arg(long, default_value_t = 1)]
        count: u32,
        /// A name by which to find them again.
        #[arg(long, value_name = "NAME")]
        batch: Option<String>,
        /// When they end, from now, e.g. 30d; never unless said.
        #[arg(long, value_name = "TIME", value_parser = parse_duration)]
        expires_in: Option<Duration>,
    },
    /// List codes, without their secrets.
    List {
        /// Only this batch.
        #[arg(long, value_name = "NAME")]
        batch: Option<String>,
        /// Only open, redeemed, revoked or expired ones.
        #[arg(long)]
        state: Option<String>,
        /// Codes on a page.
        #[arg(long)]
        limit: Option<u32>,
        /// The next page.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
    },
    /// Show one code, without its secret.
    Show {
        /// The code's id.
        id: u64,
    },
    /// Take a code back that nobody has redeemed.
    Revoke {
        /// The code's id.
        id: u64,
    },
    /// Redeem a code for the account of your key.
    Redeem {
        /// The code, as you have it.
        code: String,
    },
}

pub(super) async fn run(desk: &Desk<'_>, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create { amount, count, batch, expires_in } => {
            let fields = Fields::default()
                .set("amount", Some(dollars(&amount)))
                .set("count", Some(count))
                .set("batch", batch)
                .set("expires_at", expires_in.map(moment_after));
            let request = ApiRequest::post(&["admin", "codes"], fields.into_value());
            let answer = desk.call(request).await?;
            let codes = answer.value["data"].as_array().map_or(&[][..], Vec::as_slice);
            note(&format!("{} codes; they are shown this once:", codes.len()));
            desk.output.result(&answer.body, || {
                codes.iter().map(|code| text(&code["code"])).collect::<Vec<_>>().join("\n")
            })
        }
        Command::List { batch, state, limit, after } => {
            let request = ApiRequest::get(&["admin", "codes"])
                .query("batch", batch)
                .query("state", state)
                .query("limit", limit)
                .query("after", after);
            let heading = ["ID", "CODE", "BATCH", "WORTH", "STATE", "EXPIRES (UTC)", "REDEEMED BY"];
            let answer = desk.call(request).await?;
            let rows = answer.value["data"].as_array().map_or(&[][..], Vec::as_slice);
            let names = names(desk, rows).await;
            desk.list(&answer, heading, |row| {
                [
                    text(&row["id"]),
                    text(&row["mask"]),
                    text(&row["batch"]),
                    money(&row["amount"]),
                    text(&row["state"]),
                    moment(&row["expires_at"]),
                    name_of(row, &names),
                ]
            })
        }
        Command::Show { id } => {
            show(desk, &desk.call(ApiRequest::get(&["admin", "codes", &id.to_string()])).await?)
                .await
        }
        Command::Revoke { id } => {
            let request = ApiRequest::delete(&["admin", "codes", &id.to_string()]);
            desk.done(&desk.call(request).await?, &format!("code {id} is revoked"))
        }
        Command::Redeem { code } => {
            if desk.target.is_local {
                let hint = "set RUSHES_BASE_URL and RUSHES_API_KEY (scope \"manage\") to the \
                            customer's, or give the credit: rushes credit grant NAME USD";
                let why = "a code is redeemed for the account of a key, and none is used here";
                return Err(Failure::usage(why).with_hint(hint));
            }
            let answer = desk.call(ApiRequest::post(&["redeem"], json!({ "code": code }))).await?;
            let (worth, left) = (&answer.value["amount"], &answer.value["available_after"]);
            desk.done(&answer, &format!("{} came in; {} available", money(worth), money(left)))
        }
    }
}

/// Names of the accounts that redeemed these codes, whose rows have ids alone. With `--json`, where
/// they would not be shown, nobody is asked.
async fn names(desk: &Desk<'_>, rows: &[Value]) -> BTreeMap<u64, String> {
    let mut names = BTreeMap::new();
    if desk.output.json {
        return names;
    }
    let ids: BTreeSet<u64> = rows.iter().filter_map(|row| row["redeemed_by"].as_u64()).collect();
    for id in ids {
        let request = ApiRequest::get(&["admin", "accounts", &format!("id:{id}")]);
        // An account that cannot be asked for keeps its id.
        if let Ok(account) = desk.call(request).await {
            names.insert(id, text(&account.value["name"]));
        }
    }
    names
}

/// Who redeemed a code: the account's name, or what commands take instead.
fn name_of(row: &Value, names: &BTreeMap<u64, String>) -> String {
    let id = row["redeemed_by"].as_u64();
    id.map_or_else(String::new, |id| names.get(&id).cloned().unwrap_or_else(|| format!("id:{id}")))
}

async fn show(desk: &Desk<'_>, answer: &Response<Value>) -> Result<(), Failure> {
    let row = &answer.value;
    let names = names(desk, std::slice::from_ref(row)).await;
    desk.show(
        answer,
        &[
            ("code", format!("{} (id {})", text(&row["mask"]), row["id"])),
            ("batch", text(&row["batch"])),
            ("worth", money(&row["amount"])),
            ("state", text(&row["state"])),
            ("expires (UTC)", moment(&row["expires_at"])),
            ("redeemed by", name_of(row, &names)),
            ("redeemed (UTC)", moment(&row["redeemed_at"])),
            ("made (UTC)", moment(&row["created_at"])),
        ],
    )
}
