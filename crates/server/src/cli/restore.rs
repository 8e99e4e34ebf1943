//! `rushes restore`.

use std::path::PathBuf;

use rushes_domain::Clock as _;
use serde_json::json;

use super::Global;
use super::backup::off_thread;
use super::config::Flags;
use super::failure::Failure;
use super::output::{Output, note};
use crate::backup;
use crate::clock::SystemClock;

/// From where.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A file that `rushes backup` wrote.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(
    global: &Global,
    arguments: Arguments,
    output: &Output,
) -> Result<(), Failure> {
    let Arguments { file, flags } = arguments;
    let data_dir = flags.load_local(global, "a backup is restored into")?.data_dir;
    let place = data_dir.clone();
    let restored = off_thread(move || backup::restore(&file, &place, SystemClock.now())).await?;
    let manifest = &restored.manifest;
    let body = json!({
        "object": "restored",
        "data_dir": data_dir.display().to_string(),
        "created_at": manifest.created_at,
        "accounts": manifest.accounts,
        "tasks": manifest.tasks,
        "unfinished_tasks": manifest.unfinished_tasks,
        "videos": manifest.videos,
        "secrets": manifest.secrets,
    });
    let shown = data_dir.display();
    output.result(body.to_string().as_bytes(), || {
        format!(
            "{shown}: {} accounts, {} tasks ({} unfinished), {} videos",
            manifest.accounts, manifest.tasks, manifest.unfinished_tasks, manifest.videos
        )
    })?;
    if !manifest.secrets {
        note(
            "the backup was made without secrets: keys work as before, but links that were given \
             out do not,\nunless you put the old secret.key into the directory before the start",
        );
    }
    note(&format!("start it with: rushes serve --data-dir {shown}"));
    Ok(())
}
