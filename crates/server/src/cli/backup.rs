//! `rushes backup`.

use std::io::{IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::path::PathBuf;

use rushes_domain::Clock as _;
use serde_json::json;

use super::Global;
use super::config::Flags;
use super::failure::{Exit, Failure};
use super::output::{Output, note};
use crate::backup::{self, BackupError, Options, Saved};
use crate::clock::SystemClock;
use crate::units::size;

/// What to save, and where.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The file to write (tar); not inside the data directory.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Leave the videos out: tasks, accounts and money only.
    #[arg(long)]
    without_files: bool,
    /// Leave out secret.key, bootstrap.json, and the copies of keys.
    #[arg(long)]
    without_secrets: bool,
    /// Replace the file if it is there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(
    global: &Global,
    arguments: Arguments,
    output: &Output,
) -> Result<(), Failure> {
    let Arguments { file, without_files, without_secrets, force, flags } = arguments;
    let data_dir = flags.load_local(global, "a backup is made of")?.data_dir;
    let options = Options { without_files, without_secrets, force, within: false };
    let target = file.clone();
    let save = move || {
        let mut shown = ProgressLine::default();
        let mut progress = |files: usize, bytes: u64| {
            shown.show(files, bytes);
            ControlFlow::Continue(())
        };
        let saved = backup::save(&data_dir, &target, options, SystemClock.now(), &mut progress);
        shown.clear();
        saved
    };
    let saved = off_thread(save).await?;
    for warning in &saved.warnings {
        note(&format!("warning: {warning}"));
    }
    if saved.withdrawn > 0 {
        note(&format!("{} videos ended their time meanwhile and are left out", saved.withdrawn));
    }
    report(&saved, &file, output)
}

fn report(saved: &Saved, file: &std::path::Path, output: &Output) -> Result<(), Failure> {
    let manifest = &saved.manifest;
    let body = json!({
        "object": "backup",
        "file": file.display().to_string(),
        "bytes": saved.bytes,
        "created_at": manifest.created_at,
        "schema_version": manifest.schema_version,
        "accounts": manifest.accounts,
        "tasks": manifest.tasks,
        "unfinished_tasks": manifest.unfinished_tasks,
        "videos": manifest.videos,
        "secrets": manifest.secrets,
        "files": manifest.files,
        "entries": manifest.entries.len(),
        "warnings": saved.warnings,
    });
    if manifest.secrets && !output.json {
        note("it holds secret.key and the first keys: keep it as you would keep them");
    }
    output.result(body.to_string().as_bytes(), || {
        format!(
            "{}: {} accounts, {} tasks, {} videos, {}",
            file.display(),
            manifest.accounts,
            manifest.tasks,
            manifest.videos,
            size(saved.bytes)
        )
    })
}

/// One line on a terminal that is written over and over.
#[derive(Default)]
struct ProgressLine {
    is_shown: bool,
}

impl ProgressLine {
    fn show(&mut self, files: usize, bytes: u64) {
        let mut out = std::io::stderr().lock();
        if out.is_terminal() {
            self.is_shown = true;
            // If nobody reads it there is nobody to tell.
            let _ = write!(out, "\r\u{1b}[K{files} files, {}", size(bytes));
            let _ = out.flush();
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}

/// Work on files, away from the threads that must not stand still.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => Ok(outcome?),
        Err(error) => Err(Failure::new(Exit::TaskFailed, error.to_string())),
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        let exit = match &error {
            BackupError::Io { .. } | BackupError::Store(_) => Exit::TaskFailed,
            _ => Exit::Refused,
        };
        Self::new(exit, error.to_string())
    }
}
