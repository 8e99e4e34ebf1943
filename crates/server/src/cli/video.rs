//! From a task's id to a file: what `generate` and `wait` share.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rushes_sdk::{Error, Response, Task};

use super::failure::{Exit, Failure};
use super::output::{Output, note};
use super::progress::Progress;
use super::target::Target;
use super::text::parse_duration;
use crate::lifecycle::stop_signal;

/// Characters of a task's id in a file name: its last ones, which are random.
const SHORT_ID_CHARS: usize = 8;
/// Names that are tried before giving up.
const NAMES_MAX: u32 = 1000;

/// What to do with the video.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Delivery {
    /// Where to put the video [default: a new name in the current folder].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How long to wait: 90, 90s, 10m or 1h. The task goes on afterwards.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_duration)]
    timeout: Duration,
    /// Open the video when it is finished.
    #[arg(long)]
    open: bool,
}

impl Delivery {
    /// Refuses what cannot work before anything is made or paid.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let Some(path) = &self.output else { return Ok(()) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match folder {
            Some(folder) if !folder.is_dir() => {
                Err(Failure::usage(format!("there is no folder {}", folder.display())))
            }
            _ => Ok(()),
        }
    }

    /// Waits for the task, fetches its video and prints the path, or with `--json` the task's body.
    pub(super) async fn deliver(
        &self,
        target: &Target,
        task_id: &str,
        slug: &str,
        output: &Output,
    ) -> Result<(), Failure> {
        let mut progress = Progress::new();
        let work = async {
            let wait = target.client.wait(task_id).timeout(self.timeout);
            let task = wait.on_progress(|at| progress.task(at)).await?;
            let path = self.fetch(target, &task, slug, &mut progress).await?;
            Ok::<_, Error>((task, path))
        };
        let outcome = tokio::select! {
            outcome = work => outcome,
            () = stop_signal() => {
                drop(progress);
                let message = format!("interrupted while waiting for {task_id}");
                return Err(Failure::new(Exit::Interrupted, message)
                    .with_hint(target.how_to_go_on(task_id)));
            }
        };
        drop(progress);
        let (task, path) = outcome.map_err(|error| {
            // What the server decided stays decided; anything else can be gone on with.
            let is_final =
                matches!(error, Error::TaskFailed { .. } | Error::Api { .. } | Error::Invalid(_));
            let failure = Failure::from(error);
            if is_final { failure } else { failure.with_hint(target.how_to_go_on(task_id)) }
        })?;
        self.present(target, &task, &path, output)
    }

    async fn fetch(
        &self,
        target: &Target,
        task: &Response<Task>,
        slug: &str,
        progress: &mut Progress,
    ) -> Result<PathBuf, Error> {
        if task.result_expired || task.result_url.is_empty() {
            return Err(Error::Invalid(format!("the video of {} is no longer kept", task.id)));
        }
        let path = self.path(&task.id, slug)?;
        if path.exists() {
            note(&format!("replacing {}", path.display()));
        }
        target.client.download(&task.result_url, &path, |at| progress.download(at)).await?;
        Ok(path)
    }

    /// The file that was asked for, or a name in the folder that nothing has yet.
    fn path(&self, task_id: &str, slug: &str) -> Result<PathBuf, Error> {
        let folder = match &self.output {
            Some(path) if !path.is_dir() => return Ok(path.clone()),
            Some(folder) => folder.as_path(),
            None => Path::new(""),
        };
        let short_at = task_id.len().saturating_sub(SHORT_ID_CHARS);
        let short = task_id
            .get(short_at..)
            .unwrap_or("")
            .replace(|character: char| !character.is_ascii_alphanumeric(), "");
        let name = |number: u32| match number {
            1 => folder.join(format!("{slug}-{short}.mp4")),
            _ => folder.join(format!("{slug}-{short}-{number}.mp4")),
        };
        (1..=NAMES_MAX)
            .map(name)
            .find(|path| !path.exists())
            .ok_or_else(|| Error::Invalid("no free file name; give one with -o".into()))
    }

    fn present(
        &self,
        target: &Target,
        task: &Response<Task>,
        path: &Path,
        output: &Output,
    ) -> Result<(), Failure> {
        if task.provider.as_deref() == Some("preview") && !target.is_temporary() {
            note("This is a preview drawn on the gateway's CPU, not an AI video.");
        }
        if output.json {
            note(&format!("saved {}", path.display()));
        }
        output.result(&task.body, || path.display().to_string())?;
        if self.open
            && let Err(source) = open(path)
        {
            note(&format!("{} cannot be opened: {source}", path.display()));
        }
        Ok(())
    }
}

/// Hands the file to the desktop's player and does not wait for it.
fn open(path: &Path) -> std::io::Result<()> {
    let path = path.canonicalize()?;
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = if cfg!(windows) {
        let mut command = Command::new("explorer");
        command.arg(&path);
        command
    } else {
        let mut command = Command::new(program);
        command.arg(&path);
        command
    };
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
}
