//! `rushes users`.

use rushes_sdk::{ApiRequest, Response};
use serde_json::{Value, json};

use super::super::failure::Failure;
use super::super::output::{note, print};
use super::{Desk, Fields, dollars, moment, money, read_line, text};
use crate::ids::SystemIds;
use crate::passwords;

#[derive(Debug, clap::Subcommand)]
pub(in super::super) enum Command {
    /// Make an account.
    Create(Create),
    /// List accounts.
    List(List),
    /// Show one account with its money.
    Show {
        /// Name or id.
        name: String,
    },
    /// Change an account.
    Set(Set),
    /// Shut an account out: its keys are refused, its sessions end.
    Disable {
        /// Name or id.
        name: String,
    },
    /// Let an account in again.
    Enable {
        /// Name or id.
        name: String,
    },
    /// Set a new password and end all sessions; one is made and printed unless you give it.
    ResetPassword {
        /// Name or id.
        name: String,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print a link that signs the account in once, within 15 minutes.
    LoginLink {
        /// Name or id.
        name: String,
    },
    /// End all sessions of an account.
    EndSessions {
        /// Name or id.
        name: String,
    },
}

#[derive(Debug, clap::Args)]
pub(in super::super) struct Create {
    /// Letters, digits and . _ - @ +
    name: String,
    /// Opening credit in dollars.
    #[arg(long, value_name = "USD", allow_negative_numbers = true)]
    credit: Option<String>,
    /// Its group; `default` unless said.
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// `user` or `operator`.
    #[arg(long)]
    role: Option<String>,
    /// What people call it.
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Read a password from standard input; without one the account signs in by a link.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, clap::Args)]
pub(in super::super) struct List {
    /// Only accounts with this in their name.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only accounts of this group.
    #[arg(long)]
    group: Option<String>,
    /// Accounts on a page.
    #[arg(long)]
    limit: Option<u32>,
    /// The next page.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(in super::super) struct Set {
    /// Name or id.
    name: String,
    /// Its new group.
    #[arg(long)]
    group: Option<String>,
    /// `user` or `operator`.
    #[arg(long)]
    role: Option<String>,
    /// What people call it.
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
}

const ACCOUNTS: [&str; 2] = ["admin", "accounts"];

pub(super) async fn run(desk: &Desk<'_>, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(new) => create(desk, new).await,
        Command::List(wanted) => list(desk, wanted).await,
        Command::Show { name } => {
            show(desk, &desk.call(ApiRequest::get(&["admin", "accounts", &name])).await?)
        }
        Command::Set(Set { name, group, role, display_name }) => {
            let fields = Fields::default();
            let fields = fields.set("group", group).set("role", role);
            patch(desk, &name, fields.set("display_name", display_name).some()?).await
        }
        Command::Disable { name } => patch(desk, &name, json!({ "enabled": false })).await,
        Command::Enable { name } => patch(desk, &name, json!({ "enabled": true })).await,
        Command::ResetPassword { name, password_stdin } => {
            reset_password(desk, &name, password_stdin).await
        }
        Command::LoginLink { name } => login_link(desk, &name).await,
        Command::EndSessions { name } => {
            let request = ApiRequest::delete(&["admin", "accounts", &name, "sessions"]);
            let answer = desk.call(request).await?;
            desk.done(&answer, &format!("{} sessions ended", text(&answer.value["count"])))
        }
    }
}

async fn create(desk: &Desk<'_>, new: Create) -> Result<(), Failure> {
    let password = if new.password_stdin { Some(read_line("password")?) } else { None };
    let has_password = password.is_some();
    let fields = Fields::default()
        .set("name", Some(new.name.clone()))
        .set("credit", new.credit.as_deref().map(dollars))
        .set("group", new.group)
        .set("role", new.role)
        .set("display_name", new.display_name)
        .set("password", password);
    let answer = desk.call(ApiRequest::post(&ACCOUNTS, fields.into_value())).await?;
    show(desk, &answer)?;
    if !has_password {
        note(&format!("it signs in with: rushes users login-link {}", new.name));
    }
    note(&format!("it gets a key with: rushes keys create --user {}", new.name));
    Ok(())
}

async fn list(desk: &Desk<'_>, wanted: List) -> Result<(), Failure> {
    let request = ApiRequest::get(&ACCOUNTS)
        .query("search", wanted.search)
        .query("group", wanted.group)
        .query("limit", wanted.limit)
        .query("after", wanted.after);
    let heading = ["ID", "NAME", "ROLE", "GROUP", "ENABLED", "AVAILABLE", "HELD", "MADE (UTC)"];
    desk.list(&desk.call(request).await?, heading, |row| {
        [
            text(&row["id"]),
            text(&row["name"]),
            text(&row["role"]),
            text(&row["group"]),
            text(&row["enabled"]),
            money(&row["balance"]["available"]),
            money(&row["balance"]["pending"]),
            moment(&row["created_at"]),
        ]
    })
}

async fn patch(desk: &Desk<'_>, name: &str, change: Value) -> Result<(), Failure> {
    show(desk, &desk.call(ApiRequest::patch(&["admin", "accounts", name], change)).await?)
}

fn show(desk: &Desk<'_>, answer: &Response<Value>) -> Result<(), Failure> {
    let row = &answer.value;
    let balance = &row["balance"];
    let (waiting, in_flight) = (&row["tasks"]["waiting"], &row["tasks"]["in_flight"]);
    desk.show(
        answer,
        &[
            ("account", format!("{} (id {})", text(&row["name"]), text(&row["id"]))),
            ("display name", text(&row["display_name"])),
            ("role", text(&row["role"])),
            ("group", text(&row["group"])),
            ("enabled", text(&row["enabled"])),
            ("password", text(&row["has_password"])),
            ("available", money(&balance["available"])),
            ("held", money(&balance["pending"])),
            ("paid", money(&balance["posted"])),
            ("tasks", format!("{in_flight} in flight, {waiting} waiting")),
            ("made (UTC)", moment(&row["created_at"])),
        ],
    )
}

async fn reset_password(desk: &Desk<'_>, name: &str, from_stdin: bool) -> Result<(), Failure> {
    let password = if from_stdin { read_line("password")? } else { passwords::make(&SystemIds) };
    let segments = ["admin", "accounts", name, "password"];
    let request = ApiRequest::post(&segments, json!({ "password": password })).repeatable();
    let mut answer = desk.call(request).await?;
    if from_stdin {
        return desk.done(&answer, "the password is set, and all sessions are ended");
    }
    if let Some(fields) = answer.value.as_object_mut() {
        fields.insert("password".to_owned(), password.clone().into());
    }
    if desk.output.json {
        return print(answer.value.to_string().as_bytes());
    }
    note("the new password; it is shown this once, and all sessions are ended:");
    print(password.as_bytes())
}

pub(super) async fn login_link(desk: &Desk<'_>, name: &str) -> Result<(), Failure> {
    let segments = ["admin", "accounts", name, "login-link"];
    let answer = desk.call(ApiRequest::post(&segments, json!({}))).await?;
    if desk.target.is_embedded() {
        // The token holds in this data directory, the address ends with this command.
        note(
            "no gateway runs here: start it with `rushes serve`, and open this link with the \
             gateway's address\nin place of the one shown",
        );
    }
    note("this link signs in once, within 15 minutes:");
    desk.done(&answer, &text(&answer.value["url"]))
}
