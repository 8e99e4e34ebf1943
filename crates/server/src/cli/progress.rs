//! How a task and its download are shown: a bar on a terminal, plain lines elsewhere.
//!
//! Guarantees: goes to standard error only; a plain line is written when something changed, not
//! for every answer.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rushes_sdk::{Downloaded, TaskStatus};

use super::output::note;
use super::text::escape;

/// Between two movements of the spinner.
const TICK: Duration = Duration::from_millis(120);
/// Between two plain lines, in per cent.
const PLAIN_STEP_PERCENT: u8 = 10;

/// Shows one task's way.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    last: Option<(TaskStatus, u8)>,
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr());
            // The template is a constant; were it wrong, the plain bar would do.
            if let Ok(style) = ProgressStyle::with_template(
                "{spinner} [{bar:32}] {percent:>3}% {elapsed:>4} {wide_msg}",
            ) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.enable_steady_tick(TICK);
            bar
        });
        // A terminal that cannot move its cursor gets lines.
        let bar = bar.filter(|bar| !bar.is_hidden());
        Self { bar, last: None }
    }

    /// The task as it stands now. The bar leaves the id out: it stands in the line above, and a
    /// narrow terminal would cut it.
    pub(super) fn task(&mut self, task: &rushes_sdk::Progress) {
        let (percent, words) = (task.percent, words(task));
        if let Some(bar) = &self.bar {
            // 100 % means ended, with or without a video; the bar is about the video.
            let is_failure = task.status == TaskStatus::Failure;
            bar.set_position(if is_failure { 0 } else { percent.into() });
            bar.set_message(words);
            return;
        }
        let is_news = self.last.as_ref().is_none_or(|(status, shown)| {
            *status != task.status || percent >= shown.saturating_add(PLAIN_STEP_PERCENT)
        });
        if is_news {
            note(&format!("{} {words} {percent}%", escape(&task.task_id)));
            self.last = Some((task.status.clone(), percent));
        }
    }

    /// The download as it stands now.
    pub(super) fn download(&mut self, at: Downloaded) {
        if let Some(bar) = &self.bar {
            bar.set_length(at.total.unwrap_or(at.bytes).max(1));
            bar.set_position(at.bytes);
            bar.set_message("downloading");
        }
    }
}

/// The bar goes when its work is done or given up; the lines that follow start on a clean one.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn words(task: &rushes_sdk::Progress) -> String {
    match (&task.status, task.queue_position) {
        (TaskStatus::NotStart, _) => "held back by a limit".to_owned(),
        (TaskStatus::Queued, Some(position)) if position > 0 => {
            format!("queued, in place {position}")
        }
        (TaskStatus::Queued, _) => "queued".to_owned(),
        (TaskStatus::Submitted, _) => "handed over".to_owned(),
        (TaskStatus::InProgress, _) => "in progress".to_owned(),
        (TaskStatus::Success, _) => "done".to_owned(),
        (TaskStatus::Failure, _) => "failed".to_owned(),
        (TaskStatus::Other(word), _) => escape(word).into_owned(),
    }
}
