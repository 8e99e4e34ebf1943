//! `rushes groups`.

use rushes_sdk::{ApiRequest, Response};
use serde_json::Value;

use super::super::failure::Failure;
use super::{Desk, Fields, Limit, count_or_none, limit, moment, names_or_none, text};

#[derive(Debug, clap::Subcommand)]
pub(in super::super) enum Command {
    /// Make a group.
    Create(Change),
    /// List groups.
    List,
    /// Show one group.
    Show {
        /// Name or id.
        name: String,
    },
    /// Change a group. Its accounts' tasks follow at once.
    Set(Change),
    /// Delete a group that nobody is in.
    Delete {
        /// Name or id.
        name: String,
    },
}

/// What a group is; the word `none` takes a limit away.
#[derive(Debug, clap::Args)]
pub(in super::super) struct Change {
    /// Name, or id of one that is there.
    name: String,
    /// Factor on every price, e.g. 0.8.
    #[arg(long, value_name = "FACTOR")]
    multiplier: Option<String>,
    /// Models that its accounts may use, with commas between them.
    #[arg(long, value_name = "MODELS", value_parser = names_or_none)]
    models: Option<Limit>,
    /// Tasks in flight of each account.
    #[arg(long, value_name = "N", value_parser = count_or_none)]
    in_flight: Option<Limit>,
    /// Tasks that may wait, of each account.
    #[arg(long, value_name = "N", value_parser = count_or_none)]
    waiting: Option<Limit>,
    /// Creates in a minute of each account.
    #[arg(long, value_name = "N", value_parser = count_or_none)]
    requests_per_minute: Option<Limit>,
    /// Tasks in flight of all its accounts together.
    #[arg(long, value_name = "N", value_parser = count_or_none)]
    total_in_flight: Option<Limit>,
    /// Tasks that may wait, of all its accounts together.
    #[arg(long, value_name = "N", value_parser = count_or_none)]
    total_waiting: Option<Limit>,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// A new name, for `set`.
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
}

impl Change {
    fn fields(self) -> Fields {
        Fields::default()
            .set("name", self.rename)
            .set("multiplier", self.multiplier)
            .limit("models", self.models)
            .limit("in_flight_max", self.in_flight)
            .limit("waiting_max", self.waiting)
            .limit("creates_per_minute", self.requests_per_minute)
            .limit("total_in_flight_max", self.total_in_flight)
            .limit("total_waiting_max", self.total_waiting)
            .set("description", self.description)
    }
}

pub(super) async fn run(desk: &Desk<'_>, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(new) => {
            let name = new.name.clone();
            let body = new.fields().set("name", Some(name)).into_value();
            show(desk, &desk.call(ApiRequest::post(&["admin", "groups"], body)).await?)
        }
        Command::List => {
            let answer = desk.call(ApiRequest::get(&["admin", "groups"])).await?;
            let heading = ["ID", "NAME", "FACTOR", "MODELS", "IN FLIGHT", "WAITING", "ACCOUNTS"];
            desk.list(&answer, heading, |row| {
                [
                    text(&row["id"]),
                    text(&row["name"]),
                    text(&row["multiplier"]),
                    all(&row["models"]),
                    default(&row["in_flight_max"]),
                    default(&row["waiting_max"]),
                    text(&row["accounts"]),
                ]
            })
        }
        Command::Show { name } => {
            show(desk, &desk.call(ApiRequest::get(&["admin", "groups", &name])).await?)
        }
        Command::Set(change) => {
            let name = change.name.clone();
            let request = ApiRequest::patch(&["admin", "groups", &name], change.fields().some()?);
            show(desk, &desk.call(request).await?)
        }
        Command::Delete { name } => {
            let answer = desk.call(ApiRequest::delete(&["admin", "groups", &name])).await?;
            desk.done(&answer, &format!("group {name} is deleted"))
        }
    }
}

fn all(value: &Value) -> String {
    if value.is_null() { "all".to_owned() } else { text(value) }
}

/// A limit of each account; without one of its own the configuration's holds.
fn default(value: &Value) -> String {
    if value.is_null() { "default".to_owned() } else { text(value) }
}

fn show(desk: &Desk<'_>, answer: &Response<Value>) -> Result<(), Failure> {
    let row = &answer.value;
    desk.show(
        answer,
        &[
            ("group", format!("{} (id {})", text(&row["name"]), row["id"])),
            ("description", text(&row["description"])),
            ("price factor", text(&row["multiplier"])),
            ("models", all(&row["models"])),
            ("in flight, each account", default(&row["in_flight_max"])),
            ("waiting, each account", default(&row["waiting_max"])),
            ("creates a minute, each account", default(&row["creates_per_minute"])),
            ("in flight, together", limit(&row["total_in_flight_max"])),
            ("waiting, together", limit(&row["total_waiting_max"])),
            ("accounts", text(&row["accounts"])),
            ("made (UTC)", moment(&row["created_at"])),
        ],
    )
}
