//! A task's way, event by event.

use serde::{Deserialize, Deserializer};

use crate::task::{Task, TaskStatus, percent_of};

/// Where a task stands on its way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Progress {
    /// `task_` and 32 hex digits.
    pub task_id: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// From 0 to 100, never falling. 100 means that it ended, not that there is a video.
    #[serde(rename = "progress", deserialize_with = "percent")]
    pub percent: u8,
    /// Its place among those that wait, from 1 (the next one), while it waits and if the server has
    /// counted them.
    #[serde(default)]
    pub queue_position: Option<u32>,
}

/// `"30%"` as 30.
fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    String::deserialize(deserializer).map(|text| percent_of(&text))
}

impl Progress {
    /// A task that was just accepted.
    pub(crate) fn accepted(task_id: &str) -> Self {
        Self {
            task_id: task_id.to_owned(),
            status: TaskStatus::Queued,
            percent: 0,
            queue_position: None,
        }
    }

    /// What is new since `before`; nothing if all of it was told.
    pub(crate) fn since(&self, before: Option<&Self>) -> Option<TaskEvent> {
        match before {
            Some(before) if before.status == self.status => {
                let has_moved = self
                    .queue_position
                    .is_some_and(|position| before.queue_position != Some(position));
                let is_news = self.percent != before.percent || has_moved;
                is_news.then(|| TaskEvent::Progress(self.clone()))
            }
            _ => Some(TaskEvent::Status(self.clone())),
        }
    }
}

impl From<&Task> for Progress {
    fn from(task: &Task) -> Self {
        Self {
            task_id: task.id.clone(),
            status: task.status.clone(),
            percent: task.percent(),
            queue_position: task.queue_position,
        }
    }
}

/// Something that happened to a task, as [`Follow`](crate::Follow) tells it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TaskEvent {
    /// Its status changed, or this is the first word about it.
    Status(Progress),
    /// It went on within its status: the percentage, or its place in the queue.
    Progress(Progress),
    /// It ended, with a video or without; nothing follows.
    End(Box<Task>),
}

impl TaskEvent {
    /// Where the task stands with this event.
    pub fn progress(&self) -> Progress {
        match self {
            Self::Status(progress) | Self::Progress(progress) => progress.clone(),
            Self::End(task) => Progress::from(&**task),
        }
    }
}
