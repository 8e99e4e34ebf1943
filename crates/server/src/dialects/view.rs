//! What the words of all dialects are made from.

use rushes_domain::{State, TaskId, Timestamp};
use rushes_store::{ResultRow, TaskRow};

use crate::links::LinkSigner;

/// Highest progress of a task that has not ended.
const PERCENT_UNFINISHED_MAX: u8 = 99;

/// A task, and what of its words is not in its row.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The task.
    pub row: &'a TaskRow,
    /// Signs its links.
    pub links: &'a LinkSigner,
    /// The present moment.
    pub now: Timestamp,
    /// Its place among its account's waiting tasks, 1 for the next one, if that is known.
    pub queue_position: Option<u32>,
    /// Whether it is queued and no channel has room for it.
    pub is_held_back: bool,
}

impl<'a> View<'a> {
    /// Progress in per cent.
    pub fn percent(&self) -> u8 {
        percent(self.row)
    }

    /// The video, once the task has succeeded.
    pub fn result(&self) -> Option<&'a ResultRow> {
        self.row.result.as_ref().filter(|_| self.row.state == State::Succeeded)
    }

    /// Whether the video's time is over.
    pub fn is_expired(&self) -> bool {
        self.result().is_some_and(|result| is_expired(result, self.now))
    }

    /// The link to the video; empty until there is one.
    pub fn url(&self) -> String {
        if let Some(url) = link(self.row) {
            return url.to_owned();
        }
        let name = video_name(self.row.id);
        self.result().map(|_| self.links.sign(&name, self.now)).unwrap_or_default()
    }

    /// The link to the still picture, if there is one.
    pub fn poster_url(&self) -> Option<String> {
        let poster = self.result().and_then(|result| result.poster_path.as_ref());
        poster.map(|_| self.links.sign(&poster_name(self.row.id), self.now))
    }
}

/// The upstream's own address of the video, if that is what is given out.
pub fn link(row: &TaskRow) -> Option<&str> {
    let link = row.result_link.as_deref().filter(|_| row.state == State::Succeeded);
    link.filter(|link| !link.is_empty())
}

/// The name of a task's video in a link.
pub fn video_name(id: TaskId) -> String {
    format!("{id}.mp4")
}

/// The name of a task's still picture in a link.
pub fn poster_name(id: TaskId) -> String {
    format!("{id}.jpg")
}

/// True once the file is gone, or would be if the sweeper had been quicker.
pub fn is_expired(result: &ResultRow, now: Timestamp) -> bool {
    result.removed_at.is_some() || result.expires_at <= now
}

/// Progress as it is shown.
pub(super) fn percent(row: &TaskRow) -> u8 {
    match row.state {
        State::Parked | State::Queued => 0,
        state if state.is_terminal() => 100,
        _ => row.percent.min(PERCENT_UNFINISHED_MAX),
    }
}
