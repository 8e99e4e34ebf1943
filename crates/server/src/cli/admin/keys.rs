//! `rushes keys`.

use std::time::Duration;

use rushes_sdk::{ApiRequest, Response};
use serde_json::{Value, json};

use super::super::failure::Failure;
use super::super::output::note;
use super::super::text::parse_duration;
use super::{
    Desk, Fields, Limit, budget, count_or_none, dollars_or_none, limit, moment, moment_after,
    money, names_or_none, text,
};

#[derive(Debug, clap::Subcommand)]
pub(in super::super) enum Command {
    /// Make a key and print it. It is shown this once.
    Create(Create),
    /// List keys, without their secrets.
    List {
        /// Whose keys; your own unless said, on the gateway's machine the owner's.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
    /// Show one key with its limits and what it used.
    Show {
        /// The key's id.
        id: u64,
    },
    /// Change what a key may do.
    Set(Set),
    /// Let a key work again.
    Enable {
        /// The key's id.
        id: u64,
    },
    /// Refuse a key.
    Disable {
        /// The key's id.
        id: u64,
    },
    /// Delete a key for good.
    Delete {
        /// The key's id.
        id: u64,
    },
    /// Give a key a new secret and print it.
    Roll {
        /// The key's id.
        id: u64,
        /// How long the old secret still works, e.g. 24h; at most 7d. One from an earlier roll ends.
        #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "0")]
        grace: Duration,
    },
}

#[derive(Debug, clap::Args)]
pub(in super::super) struct Create {
    /// Whose key; your own unless said, on the gateway's machine the owner's.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// A test key: free, and only for the preview renderer.
    #[arg(long)]
    test: bool,
    #[command(flatten)]
    terms: Terms,
}

#[derive(Debug, clap::Args)]
pub(in super::super) struct Set {
    /// The key's id.
    id: u64,
    #[command(flatten)]
    terms: Terms,
}

/// What a key may do; the word `none` takes a limit away.
#[derive(Debug, clap::Args)]
struct Terms {
    /// What people call it.
    #[arg(long)]
    name: Option<String>,
    /// What it may spend in all.
    #[arg(long, value_name = "USD", value_parser = dollars_or_none)]
    budget: Option<Limit>,
    /// What it may spend in a calendar month (UTC).
    #[arg(long, value_name = "USD", value_parser = dollars_or_none)]
    month_budget: Option<Limit>,
    /// Models that it may use, with commas between them.
    #[arg(long, value_name = "MODELS", value_parser = names_or_none)]
    models: Option<Limit>,
    /// Addresses and networks that it may be used from, with commas between them.
    #[arg(long, value_name = "ADDRESSES", value_parser = names_or_none)]
    addresses: Option<Limit>,
    /// Some of generate, read, manage, with commas between them.
    #[arg(long, value_delimiter = ',')]
    scopes: Option<Vec<String>>,
    /// When it ends, from now, e.g. 30d.
    #[arg(long, value_name = "TIME", value_parser = ends)]
    expires_in: Option<Limit>,
    /// Creates in a minute.
    #[arg(long, value_name = "N", value_parser = count_or_none)]
    requests_per_minute: Option<Limit>,
    /// Tasks in flight at the same time.
    #[arg(long, value_name = "N", value_parser = count_or_none)]
    in_flight: Option<Limit>,
}

/// Reads a time from now, or `none`.
fn ends(text: &str) -> Result<Limit, String> {
    if text == super::NONE {
        return Ok(Limit(Value::Null));
    }
    parse_duration(text).map(|time| Limit(moment_after(time).into()))
}

impl Terms {
    fn fields(self) -> Fields {
        Fields::default()
            .set("name", self.name)
            .limit("budget", self.budget)
            .limit("month_budget", self.month_budget)
            .limit("models", self.models)
            .limit("addresses", self.addresses)
            .set("scopes", self.scopes)
            .limit("expires_at", self.expires_in)
            .limit("creates_per_minute", self.requests_per_minute)
            .limit("in_flight_max", self.in_flight)
    }
}

pub(super) async fn run(desk: &Desk<'_>, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(Create { user, test, terms }) => {
            let fields = terms.fields().set("kind", test.then_some("test"));
            let segments = desk.of_account(user.as_deref(), "keys");
            let answer = desk.call(ApiRequest::post(&segments, fields.into_value())).await?;
            note(&format!("key {}; it is shown this once:", answer.value["id"]));
            desk.done(&answer, &text(&answer.value["key"]))
        }
        Command::List { user } => {
            let segments = desk.of_account(user.as_deref(), "keys");
            list(desk, &desk.call(ApiRequest::get(&segments)).await?)
        }
        Command::Show { id } => show(desk, &at_key(desk, id, None, ApiRequest::get).await?),
        Command::Set(Set { id, terms }) => patch(desk, id, terms.fields().some()?).await,
        Command::Enable { id } => patch(desk, id, json!({ "enabled": true })).await,
        Command::Disable { id } => patch(desk, id, json!({ "enabled": false })).await,
        Command::Delete { id } => {
            let answer = at_key(desk, id, None, ApiRequest::delete).await?;
            desk.done(&answer, &format!("key {id} is deleted"))
        }
        Command::Roll { id, grace } => {
            let roll = |segments: &[&str]| {
                ApiRequest::post(segments, json!({ "grace_seconds": grace.as_secs() }))
            };
            let answer = at_key(desk, id, Some("roll"), roll).await?;
            note(&format!("key {id}'s new secret; it is shown this once:"));
            desk.done(&answer, &text(&answer.value["key"]))
        }
    }
}

/// A call at one key. An operator's own key is asked about its own account's keys first, and about
/// everybody's if it is none of those.
async fn at_key(
    desk: &Desk<'_>,
    id: u64,
    verb: Option<&str>,
    request: impl Fn(&[&str]) -> ApiRequest,
) -> Result<Response<Value>, Failure> {
    let id = id.to_string();
    let own = ["keys", &id].into_iter().chain(verb).collect::<Vec<_>>();
    let any = ["admin"].into_iter().chain(own.iter().copied()).collect::<Vec<_>>();
    if desk.target.is_local {
        return desk.call(request(&any)).await;
    }
    match desk.target.client.api(&request(&own)).await {
        Err(rushes_sdk::Error::Api { status: 404, .. }) => desk.call(request(&any)).await,
        outcome => Ok(outcome?),
    }
}

async fn patch(desk: &Desk<'_>, id: u64, change: Value) -> Result<(), Failure> {
    let request = |segments: &[&str]| ApiRequest::patch(segments, change.clone());
    show(desk, &at_key(desk, id, None, request).await?)
}

fn list(desk: &Desk<'_>, answer: &Response<Value>) -> Result<(), Failure> {
    let heading = [
        "ID",
        "NAME",
        "KEY",
        "KIND",
        "ENABLED",
        "USED",
        "BUDGET",
        "MONTH BUDGET",
        "SCOPES",
        "EXPIRES (UTC)",
        "LAST USED (UTC)",
    ];
    desk.list(answer, heading, |row| {
        [
            text(&row["id"]),
            text(&row["name"]),
            text(&row["mask"]),
            text(&row["kind"]),
            text(&row["enabled"]),
            money(&row["used"]),
            budget(&row["budget"]),
            budget(&row["month_budget"]),
            text(&row["scopes"]),
            moment(&row["expires_at"]),
            moment(&row["last_used_at"]),
        ]
    })
}

fn show(desk: &Desk<'_>, answer: &Response<Value>) -> Result<(), Failure> {
    let row = &answer.value;
    let any = |value: &Value| if value.is_null() { "any".to_owned() } else { text(value) };
    let never = |value: &Value| if value.is_null() { "never".to_owned() } else { moment(value) };
    desk.show(
        answer,
        &[
            ("key", format!("{} (id {}, {})", text(&row["mask"]), row["id"], text(&row["kind"]))),
            ("name", text(&row["name"])),
            ("account id", text(&row["account_id"])),
            ("enabled", text(&row["enabled"])),
            ("scopes", text(&row["scopes"])),
            ("models", any(&row["models"])),
            ("addresses", any(&row["addresses"])),
            ("budget", budget(&row["budget"])),
            ("used", money(&row["used"])),
            ("budget a month", budget(&row["month_budget"])),
            ("used this month", money(&row["month_used"])),
            ("creates a minute", limit(&row["creates_per_minute"])),
            ("in flight", limit(&row["in_flight_max"])),
            ("expires (UTC)", never(&row["expires_at"])),
            ("last used (UTC)", never(&row["last_used_at"])),
            ("last used from", text(&row["last_used_address"])),
            ("last used by", text(&row["last_used_client"])),
            ("made (UTC)", moment(&row["created_at"])),
            ("rolled (UTC)", never(&row["rolled_at"])),
            ("old secret until (UTC)", moment(&row["old_secret_expires_at"])),
        ],
    )
}
