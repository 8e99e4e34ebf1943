//! `rushes settings`.

use rushes_sdk::{ApiRequest, Response};
use serde_json::Value;

use super::super::failure::Failure;
use super::{Desk, Fields, text};

#[derive(Debug, clap::Subcommand)]
pub(in super::super) enum Command {
    /// Show the settings in force.
    Show,
    /// Change settings while the gateway runs.
    Set {
        /// Who may make an account by themselves.
        #[arg(long, value_name = "open|closed")]
        registration: Option<String>,
        /// Whether keys can be copied again; `off` drops the copies for good.
        #[arg(long, value_name = "on|off")]
        key_reveal: Option<String>,
        /// Whether prompts, addresses and images are forgotten when a task ends.
        #[arg(long, value_name = "on|off")]
        privacy: Option<String>,
    },
}

const SETTINGS: [&str; 2] = ["admin", "settings"];

pub(super) async fn run(desk: &Desk<'_>, command: Command) -> Result<(), Failure> {
    let request = match command {
        Command::Show => ApiRequest::get(&SETTINGS),
        Command::Set { registration, key_reveal, privacy } => {
            let fields = Fields::default()
                .set("registration", registration)
                .set("key_reveal", key_reveal)
                .set("privacy", privacy);
            ApiRequest::patch(&SETTINGS, fields.some()?).repeatable()
        }
    };
    show(desk, &desk.call(request).await?)
}

fn show(desk: &Desk<'_>, answer: &Response<Value>) -> Result<(), Failure> {
    let row = &answer.value;
    desk.show(
        answer,
        &[
            ("registration", text(&row["registration"])),
            ("key_reveal", text(&row["key_reveal"])),
            ("privacy", text(&row["privacy"])),
        ],
    )
}
