//! The jobs that were taken: how many, when, and how far each is.

use std::time::{Duration, Instant};

use crate::script::{Behaviour, Phase, Script, takes_ms};

/// When the first job was taken: no clock is asked for it.
const FIRST_SECOND: u64 = 1_780_000_000;

/// A job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id in its dialect's spelling.
    pub id: String,
    /// What it was asked for with; `null` fields left out.
    pub request: serde_json::Value,
    /// The prompt.
    pub prompt: String,
    /// When it was taken, in a count of its own: a second for each job.
    pub created_at_seconds: u64,
    /// The idempotency key that it came with.
    pub idempotency_key: Option<String>,
    /// Sizes of the files that came with it, in bytes.
    pub files: Vec<usize>,
    /// Whether it was called off.
    pub is_cancelled: bool,
    pub(crate) script: Script,
    started: Instant,
    takes: Duration,
    pub(crate) polls: u32,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Waiting.
    Queued,
    /// Under way, in per cent.
    Running(u8),
    /// Over.
    Done,
    /// Called off.
    Cancelled,
}

impl Job {
    /// Where it stands now.
    pub fn stage(&self) -> Stage {
        if self.is_cancelled {
            return Stage::Cancelled;
        }
        let (gone, takes) = (self.started.elapsed(), self.takes);
        if gone >= takes {
            return Stage::Done;
        }
        let per_cent = gone.as_millis().saturating_mul(100) / takes.as_millis().max(1);
        match u8::try_from(per_cent).unwrap_or(99) {
            0..=9 => Stage::Queued,
            per_cent => Stage::Running(per_cent.min(99)),
        }
    }

    /// Counts a poll, and tells how many there were before.
    pub(crate) fn polled(&mut self) -> u32 {
        self.polls += 1;
        self.polls - 1
    }
}

/// All jobs of a server.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    pub(crate) all: Vec<Job>,
    pub(crate) max_running: usize,
}

/// A job that is asked for.
pub(crate) struct NewJob {
    pub(crate) id: String,
    pub(crate) prompt: String,
    pub(crate) request: serde_json::Value,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) files: Vec<usize>,
    pub(crate) script: Script,
}

impl Jobs {
    /// Takes a job; one with a key that was used before is that one.
    pub(crate) fn take(&mut self, new: NewJob, takes: Duration) -> String {
        if let Some(key) = &new.idempotency_key
            && let Some(known) =
                self.all.iter().find(|job| job.idempotency_key.as_ref() == Some(key))
        {
            return known.id.clone();
        }
        let takes = takes_ms(&new.prompt).map_or(takes, Duration::from_millis);
        let NewJob { id, prompt, request, idempotency_key, files, script } = new;
        self.all.push(Job {
            id: id.clone(),
            request,
            prompt,
            created_at_seconds: FIRST_SECOND + self.all.len() as u64,
            idempotency_key,
            files,
            is_cancelled: false,
            script,
            started: Instant::now(),
            takes,
            polls: 0,
        });
        let running = self
            .all
            .iter()
            .filter(|job| !matches!(job.stage(), Stage::Done | Stage::Cancelled))
            .count();
        self.max_running = self.max_running.max(running);
        id
    }

    pub(crate) fn find(&mut self, id: &str) -> Option<&mut Job> {
        self.all.iter_mut().find(|job| job.id == id)
    }

    /// What a job's script says for a phase, or else the server's.
    pub(crate) fn behaviour(
        &mut self,
        id: &str,
        phase: Phase,
        server: &mut Script,
    ) -> Option<Behaviour> {
        let own = self.find(id).and_then(|job| job.script.take(phase));
        own.or_else(|| server.take(phase))
    }
}
