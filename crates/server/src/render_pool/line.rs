//! Who is drawn next, and what is known of each job. No threads, no waiting.
//!
//! Guarantees: the line is bounded; accounts take turns; an end that nobody waits for any more
//! (forgotten, stopped, started anew) changes nothing; results that are kept have a limit in
//! number and bytes, and the oldest give way (their tasks are drawn again).

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use rushes_domain::{AccountId, Failure, TaskId};
use rushes_providers::{PoolFull, PoolState, RenderJob};
use rushes_render::Control;

/// Bytes of finished films that are kept in memory until they are fetched, at most.
const KEPT_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Ended jobs that are remembered, at most.
const KEPT_MAX: usize = 4_096;

/// How a render ended.
#[derive(Debug, Clone)]
pub(super) enum Ended {
    /// There is a film.
    Done { video: Bytes, poster: Bytes },
    /// There is none.
    Failed(Failure),
    /// It was stopped.
    Cancelled,
}

impl Ended {
    fn bytes(&self) -> usize {
        match self {
            Self::Done { video, poster } => video.len() + poster.len(),
            Self::Failed(_) | Self::Cancelled => 0,
        }
    }
}

/// A job that a slot has taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) job: RenderJob,
    pub(super) control: Arc<Control>,
}

#[derive(Debug)]
enum Entry {
    Waiting(AccountId),
    Running(Arc<Control>),
    Ended(Ended),
}

/// The line, the jobs being drawn and the ends that are kept.
#[derive(Debug)]
pub(super) struct Line {
    waiting_max: usize,
    waiting_count: usize,
    /// Accounts with waiting jobs, the next one in front.
    turns: VecDeque<AccountId>,
    waiting: HashMap<AccountId, VecDeque<RenderJob>>,
    entries: HashMap<TaskId, Entry>,
    /// Ended jobs, the oldest in front; may hold tasks that were forgotten since.
    kept: VecDeque<TaskId>,
    kept_bytes: usize,
    changed: BTreeSet<TaskId>,
    stopped: bool,
}

impl Line {
    pub(super) fn new(waiting_max: usize) -> Self {
        Self {
            waiting_max,
            waiting_count: 0,
            turns: VecDeque::new(),
            waiting: HashMap::new(),
            entries: HashMap::new(),
            kept: VecDeque::new(),
            kept_bytes: 0,
            changed: BTreeSet::new(),
            stopped: false,
        }
    }

    pub(super) fn room(&self) -> usize {
        if self.stopped { 0 } else { self.waiting_max.saturating_sub(self.waiting_count) }
    }

    /// Jobs that are being drawn.
    pub(super) fn running(&self) -> usize {
        self.entries.values().filter(|entry| matches!(entry, Entry::Running(_))).count()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Puts a job in line, unless the task has one that waits, runs or came to something.
    pub(super) fn start(&mut self, job: RenderJob) -> Result<(), PoolFull> {
        match self.entries.get(&job.task_id) {
            Some(Entry::Waiting(_) | Entry::Running(_) | Entry::Ended(Ended::Done { .. })) => {
                return Ok(());
            }
            Some(Entry::Ended(Ended::Failed(_) | Ended::Cancelled)) | None => {}
        }
        if self.room() == 0 {
            return Err(PoolFull);
        }
        let account_id = job.account_id;
        self.forget(job.task_id);
        self.entries.insert(job.task_id, Entry::Waiting(account_id));
        self.waiting_count += 1;
        let own = self.waiting.entry(account_id).or_default();
        if own.is_empty() {
            self.turns.push_back(account_id);
        }
        own.push_back(job);
        Ok(())
    }

    /// The oldest job of the account whose turn it is.
    pub(super) fn take(&mut self) -> Option<Taken> {
        let account_id = self.turns.pop_front()?;
        let own = self.waiting.get_mut(&account_id)?;
        let job = own.pop_front()?;
        if own.is_empty() {
            self.waiting.remove(&account_id);
        } else {
            self.turns.push_back(account_id);
        }
        self.waiting_count -= 1;
        let control = Arc::new(Control::new());
        self.entries.insert(job.task_id, Entry::Running(Arc::clone(&control)));
        self.changed.insert(job.task_id);
        Some(Taken { job, control })
    }

    /// Notes how a render ended, if it is still the one that the task waits for.
    pub(super) fn end(&mut self, task_id: TaskId, control: &Arc<Control>, ended: Ended) {
        let is_current = matches!(
            self.entries.get(&task_id),
            Some(Entry::Running(current)) if Arc::ptr_eq(current, control)
        );
        if is_current {
            self.keep(task_id, ended);
        }
    }

    pub(super) fn state(&self, task_id: TaskId) -> PoolState {
        match self.entries.get(&task_id) {
            None => PoolState::Unknown,
            Some(Entry::Waiting(_)) => PoolState::Waiting,
            Some(Entry::Running(control)) => {
                PoolState::Running { permille: control.progress_permille() }
            }
            Some(Entry::Ended(Ended::Done { video, poster })) => {
                PoolState::Done { video: video.clone(), poster: poster.clone() }
            }
            Some(Entry::Ended(Ended::Failed(failure))) => PoolState::Failed(failure.clone()),
            Some(Entry::Ended(Ended::Cancelled)) => PoolState::Cancelled,
        }
    }

    /// In line: ends now. Being drawn: told to stop. Ended: nothing.
    pub(super) fn cancel(&mut self, task_id: TaskId) {
        match self.entries.get(&task_id) {
            Some(Entry::Running(control)) => control.cancel(),
            Some(&Entry::Waiting(account_id)) => {
                self.leave_line(task_id, account_id);
                self.keep(task_id, Ended::Cancelled);
            }
            Some(Entry::Ended(_)) | None => {}
        }
    }

    /// Drops all that is known of the task.
    pub(super) fn forget(&mut self, task_id: TaskId) {
        match self.entries.remove(&task_id) {
            Some(Entry::Running(control)) => control.cancel(),
            Some(Entry::Waiting(account_id)) => self.leave_line(task_id, account_id),
            Some(Entry::Ended(ended)) => {
                self.kept_bytes -= ended.bytes();
                self.kept.retain(|kept| *kept != task_id);
            }
            None => {}
        }
        self.changed.remove(&task_id);
    }

    pub(super) fn take_changed(&mut self) -> Vec<TaskId> {
        std::mem::take(&mut self.changed).into_iter().collect()
    }

    /// Everything is forgotten first: a job stopped by this is lost, and so drawn again one day;
    /// it was not cancelled.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
        for entry in std::mem::take(&mut self.entries).into_values() {
            if let Entry::Running(control) = entry {
                control.cancel();
            }
        }
        self.turns.clear();
        self.waiting.clear();
        self.waiting_count = 0;
        self.kept.clear();
        self.kept_bytes = 0;
        self.changed.clear();
    }

    fn leave_line(&mut self, task_id: TaskId, account_id: AccountId) {
        let Some(own) = self.waiting.get_mut(&account_id) else { return };
        let length_before = own.len();
        own.retain(|job| job.task_id != task_id);
        self.waiting_count -= length_before - own.len();
        if own.is_empty() {
            self.waiting.remove(&account_id);
            self.turns.retain(|turn| *turn != account_id);
        }
    }

    fn keep(&mut self, task_id: TaskId, ended: Ended) {
        self.kept_bytes += ended.bytes();
        self.entries.insert(task_id, Entry::Ended(ended));
        self.kept.push_back(task_id);
        self.changed.insert(task_id);
        // The newest stays even if it is over the limit by itself.
        while self.kept.len() > 1
            && (self.kept.len() > KEPT_MAX || self.kept_bytes > KEPT_BYTES_MAX)
        {
            let Some(oldest) = self.kept.front().copied() else { return };
            self.forget(oldest);
        }
    }
}
